import numpy as np

from pianomime_sim.command_buffer import CommandBuffer

GROUPS = {"hand": ("a", "b"), "arm": ("c",)}


def buffer():
    return CommandBuffer(("a", "b", "c"), GROUPS)


def test_a_set_is_whole_when_all_groups_share_a_stamp():
    commands = buffer()
    assert commands.take("hand", ["a", "b"], np.array([1.0, 2.0]), 0.5)
    assert commands.stamp_of_all() is None
    assert commands.take("arm", ["c"], np.array([3.0]), 0.5)
    assert commands.stamp_of_all() == 0.5
    commands.take("arm", ["c"], np.array([4.0]), 0.55)
    assert commands.stamp_of_all() is None


def test_the_order_of_names_is_data():
    commands = buffer()
    commands.take("hand", ["b", "a"], np.array([2.0, 1.0]), 0.5)
    assert commands.target.tolist() == [1.0, 2.0, 0.0]


def test_what_is_not_the_groups_is_not_taken():
    commands = buffer()
    assert not commands.take("arm", ["a"], np.array([9.0]), 0.5)
    assert not commands.take("hand", ["a"], np.array([9.0]), 0.5)
    assert not commands.take("hand", ["a", "b"], np.array([9.0]), 0.5)
    assert commands.target.tolist() == [0.0, 0.0, 0.0]
