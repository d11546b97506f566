from dataclasses import dataclass

import pytest

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Example(Config):
    rate_hz: float = parameter(20.0, "Rate [Hz]", ge=1.0, le=100.0)
    count: int = parameter(3, "How many", ge=0)
    side: str = parameter("left", "Which", one_of=("left", "right"))


def test_defaults_and_legal_values_pass():
    assert Example().rate_hz == 20.0
    assert Example(rate_hz=1, side="right").rate_hz == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate_hz": 0.5}, "rate_hz = 0.5: must be in [1, 100]"),
        ({"rate_hz": float("nan")}, "rate_hz = nan: must be in [1, 100]"),
        ({"count": -1}, "count = -1: must be in [0, inf]"),
        ({"count": "3"}, "count = '3': must be of type int"),
        ({"side": "up"}, "side = 'up': must be one of left, right"),
    ],
)
def test_an_illegal_value_is_named_with_the_legal_ones(given, message):
    with pytest.raises(ConfigError) as error:
        Example(**given)
    assert str(error.value) == message
