import numpy as np
import pytest

from pianomime.errors import ConfigError, ModelError
from pianomime.timing import MAX_POINTS, ROBOPIANIST_TIMING, Timing


@pytest.mark.parametrize(
    ("decision_s", "command_s", "times_s", "substeps"),
    [
        (0.05, 0.05, (0.0,), 10),
        (0.05, 0.01, (0.01, 0.02, 0.03, 0.04, 0.05), 10),
        (0.03, 0.015, (0.015, 0.03), 6),
        (0.01, 0.005, (0.005, 0.01), 2),
        (0.5, 0.5, (0.0,), 100),
    ],
)
def test_points_are_spread_over_the_decision(decision_s, command_s, times_s, substeps):
    timing = Timing(decision_s=decision_s, command_s=command_s)
    assert timing.times_s == times_s
    assert (timing.points, timing.substeps) == (len(times_s), substeps)
    assert timing.rate_hz == pytest.approx(1 / decision_s)
    assert [timing.steps(timing.time_s(step)) for step in range(-50, 5000)] == [*range(-50, 5000)]


def test_the_finest_command_is_within_the_most_points():
    finest = Timing(decision_s=0.5, command_s=0.005)
    assert finest.points == MAX_POINTS
    assert np.all(np.diff(finest.times_s) > 0)
    assert finest.times_s[-1] == finest.decision_s


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"decision_s": 0.0}, "decision_s = 0.0: must be in [0.01, 0.5]"),
        ({"decision_s": -0.05}, "decision_s = -0.05: must be in [0.01, 0.5]"),
        ({"decision_s": float("nan")}, "decision_s = nan: must be in [0.01, 0.5]"),
        ({"command_s": float("inf")}, "command_s = inf: must be in [0.005, 0.5]"),
        ({"command_s": 0.001}, "command_s = 0.001: must be in [0.005, 0.5]"),
        ({"command_s": "0.01"}, "command_s = '0.01': must be of type float"),
        ({"command_s": 0.02}, "decision_s = 0.05: must be a multiple of command_s, 0.02 s"),
        ({"command_s": 0.1}, "decision_s = 0.05: must be a multiple of command_s, 0.1 s"),
        (
            {"decision_s": 0.049, "command_s": 0.007},
            "command_s = 0.007: must be a multiple of the physics step, 0.005 s",
        ),
    ],
)
def test_an_illegal_timing_is_named_in_one_line(values, message):
    with pytest.raises(ConfigError) as error:
        Timing(**values)
    assert str(error.value) == message


def test_a_stored_timing_comes_back_or_is_refused():
    timing = Timing(command_s=0.01)
    assert Timing.from_stored(timing.as_dict()) == timing
    broken = ({"decision_s": 0.05}, {**timing.as_dict(), "x": 1}, None, [0.05, 0.01])
    for stored in broken:
        with pytest.raises(ConfigError, match="must hold decision_s and command_s"):
            Timing.from_stored(stored)
    with pytest.raises(ConfigError, match="command_s = 'x': must be of type float"):
        Timing.from_stored({"decision_s": 0.05, "command_s": "x"})


def test_another_timing_is_refused_by_name():
    run = ROBOPIANIST_TIMING
    run.check_same(Timing(decision_s=0.05, command_s=0.05), "the bag", ModelError)
    with pytest.raises(ModelError) as error:
        run.check_same(Timing(command_s=0.01), "the bag", ModelError)
    assert str(error.value) == (
        "the bag has a decision every 0.05 s with a target every 0.01 s; "
        "this run has a decision every 0.05 s with a target every 0.05 s"
    )
