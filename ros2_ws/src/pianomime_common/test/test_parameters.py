from dataclasses import dataclass

import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from pianomime.config import Config, parameter
from pianomime.errors import ConfigError
from pianomime_common.parameters import declare


@dataclass(frozen=True, kw_only=True)
class Example(Config):
    rate_hz: float = parameter(20.0, "Rate [Hz]", ge=1.0, le=100.0)
    count: int = parameter(3, "How many", ge=0)
    side: str = parameter("left", "Which", one_of=("left", "right"))
    gain: float = parameter(1.0, "Gain", ge=0.0, le=2.0, runtime=True)
    bias: float = parameter(0.0, "Bias", ge=-1.0, le=1.0, runtime=True)


@pytest.fixture
def make_node(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "91")
    rclpy.init()
    nodes = []

    def make(**given):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        nodes.append(Node("example", parameter_overrides=overrides))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.shutdown()


def test_parameters_fill_the_configuration(make_node):
    node = make_node(rate_hz=50.0, side="right", use_sim_time=True)
    assert declare(node, Example, print) == Example(rate_hz=50.0, side="right")
    assert node.get_parameter("count").value == 3


def test_a_whole_number_will_do_for_a_float(make_node):
    assert declare(make_node(rate_hz=50), Example, print).rate_hz == 50.0


def test_each_is_described_and_read_only(make_node):
    node = make_node()
    declare(node, Example, print)
    descriptor = node.describe_parameter("rate_hz")
    assert descriptor.description == "Rate [Hz]"
    assert descriptor.read_only
    assert descriptor.floating_point_range[0].to_value == 100.0
    assert node.describe_parameter("side").additional_constraints == "one of: left, right"
    assert not node.set_parameters([Parameter("rate_hz", value=5.0)])[0].successful


def test_a_running_node_takes_a_change_whole_or_not_at_all(make_node):
    node, taken = make_node(), []
    declare(node, Example, taken.append)
    bad = node.set_parameters_atomically(
        [Parameter("gain", value=0.5), Parameter("bias", value=3.0)]
    )
    assert not bad.successful
    assert not taken
    good = [Parameter("gain", value=0.5), Parameter("bias", value=0.25)]
    assert node.set_parameters_atomically(good).successful
    assert taken == [Example(gain=0.5, bias=0.25)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate_hz": 500.0}, r"rate_hz = 500.0: must be in \[1, 100\]"),
        ({"side": "up"}, "must be one of left, right"),
        ({"rate": 5.0}, "example: no parameter rate; there are: rate_hz, count, side, gain, bias"),
    ],
)
def test_bad_parameters_are_named(make_node, given, message):
    with pytest.raises(ConfigError, match=message):
        declare(make_node(**given), Example, print)
