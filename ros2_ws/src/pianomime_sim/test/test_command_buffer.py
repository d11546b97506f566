import numpy as np

from pianomime.hands.hands_model import PEDAL
from pianomime.safety.gate_types import Request, Verdict
from pianomime.timing import Timing
from pianomime_sim.command_buffer import CommandBuffer

JOINTS = ("a", "b", "c")
GROUPS = {"arm": ("c",), "pedal": (PEDAL,), "hand": ("a", "b")}


def buffer(command_s=0.05):
    return CommandBuffer(JOINTS, GROUPS, Timing(command_s=command_s))


def request(names, *positions, times_s=(0.0,), stamp_s=0.5):
    return Request(names, positions, times_s, stamp_s)


def test_a_set_is_whole_when_all_groups_share_a_stamp():
    commands = buffer()
    assert commands.take("hand", request(["a", "b"], [1.0, 2.0])) is None
    assert commands.take("pedal", request([PEDAL], [1.0])) is None
    assert commands.stamp_of_all() is None
    assert commands.take("arm", request(["c"], [3.0])) is None
    assert commands.stamp_of_all() == 0.5
    commands.take("arm", request(["c"], [4.0], stamp_s=0.55))
    assert commands.stamp_of_all() is None


def test_commands_have_the_order_of_the_joint_names():
    commands = buffer()
    commands.take("hand", request(["b", "a"], [2.0, 1.0]))
    commands.take("pedal", request([PEDAL], [1.0]))
    command = commands.command()
    assert command.target.tolist() == [[1.0, 2.0, 0.0]]
    assert command.sustain.tolist() == [True]
    assert command.times_s == (0.0,)


def test_what_is_not_the_groups_is_not_taken():
    commands = buffer()
    for group, unfit in (
        ("arm", request(["a"], [9.0])),
        ("hand", request(["a"], [9.0])),
        ("hand", request(["a", "b"], [9.0])),
    ):
        assert commands.take(group, unfit).verdict is Verdict.REJECTED_NAMES
    assert commands.command().target.tolist() == [[0.0, 0.0, 0.0]]


def test_points_that_no_decision_has_are_not_taken():
    commands = buffer(command_s=0.025)
    for unfit in (
        request(["c"], times_s=()),
        request(["c"], [1.0], [2.0], times_s=(0.05, 0.025)),
        request(["c"], [1.0], [2.0], times_s=(0.025, 0.075)),
        request(["c"], *[[1.0]] * 101, times_s=np.linspace(0.0, 0.05, 101)),
    ):
        assert commands.take("arm", unfit).verdict is Verdict.REJECTED_POINTS
    assert commands.command().target.tolist() == [[0.0, 0.0, 0.0]]


def test_groups_with_points_of_their_own_are_joined_by_lines():
    commands = buffer(command_s=0.025)
    commands.take("hand", request(["a", "b"], [1.0, 2.0], [3.0, 4.0], times_s=(0.025, 0.05)))
    commands.take("arm", request(["c"], [8.0], times_s=(0.05,)))
    command = commands.command()
    assert command.times_s == (0.025, 0.05)
    assert command.target.tolist() == [[1.0, 2.0, 4.0], [3.0, 4.0, 8.0]]


def test_a_command_is_followed_once_and_then_its_end_is_held():
    commands = buffer(command_s=0.025)
    commands.take("arm", request(["c"], [1.0], [2.0], times_s=(0.025, 0.05)))
    commands.command()
    held = commands.command()
    assert held.target.tolist() == [[0.0, 0.0, 2.0]]
    assert held.times_s == (0.0,)
    commands.take("arm", request(["c"], [4.0], times_s=(0.05,)))  # its line starts there
    commands.take("hand", request(["a", "b"], [5.0, 6.0], times_s=(0.025,)))
    assert commands.command().target[0].tolist() == [5.0, 6.0, 3.0]
