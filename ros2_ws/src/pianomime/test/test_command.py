import numpy as np
import pytest

from pianomime.command import Command, line_weights
from pianomime.timing import Timing

FINE = Timing(command_s=0.01)
TARGET = np.array([1.0, -2.0, 3.0])


@pytest.mark.parametrize(
    "times_s", [(0.0,), (0.05,), (0.01, 0.02, 0.05), (0.0, 0.03), FINE.times_s]
)
def test_a_line_goes_through_its_points_and_holds_the_last(times_s):
    values = np.random.default_rng(0).normal(size=1 + len(times_s))
    instants_s = np.linspace(0.005, 0.06, 12)
    weights = line_weights(times_s, instants_s)
    assert weights.sum(axis=1) == pytest.approx(np.ones(12))
    line = np.interp(instants_s, (0.0, *times_s), values)
    assert weights @ values == pytest.approx(line)


def test_a_point_at_time_0_is_in_force_at_once():
    assert line_weights((0.0, 0.05), (0.0,)).tolist() == [[0.0, 1.0, 0.0]]
    assert line_weights((0.05,), (0.0,)).tolist() == [[1.0, 0.0]]


def test_a_command_is_held_and_moved_point_by_point():
    held = Command.hold(TARGET, True, FINE)
    assert (held.target.shape, held.sustain.tolist()) == ((5, 3), [True] * 5)
    assert held.times_s == FINE.times_s
    by = np.arange(15.0).reshape(5, 3)
    moved = held.moved(by)
    assert np.array_equal(moved.target, TARGET + by)
    assert np.array_equal(held.moved(by[0]).target, np.tile(TARGET + by[0], (5, 1)))
    last = moved.held()
    assert np.array_equal(last.target, moved.target[-1:])
    assert (last.times_s, last.sustain.tolist()) == ((0.0,), [True])
