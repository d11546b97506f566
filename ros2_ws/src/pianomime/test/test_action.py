"""When a key sounds."""

import numpy as np
import pytest

from pianomime.piano.action import DAMPER, LET_OFF, REPETITION, PianoAction
from pianomime.piano.geometry import N_KEYS


def events(depths):
    """Return what key 40 does at each depth: "." nothing, "s" strike, "d" damped, "b" both."""
    action, name = PianoAction(), {(0, 0): ".", (0, 1): "s", (1, 0): "d", (1, 1): "b"}
    happened = ""
    for depth in depths:
        keys = np.zeros(N_KEYS)
        keys[40] = depth
        damped, struck = action.update(keys)
        assert set(damped) | set(struck) <= {40}
        happened += name[40 in damped, 40 in struck]
    return happened


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        ([0.5, LET_OFF - 0.01, 0.0], "..."),
        ([0.5, LET_OFF, 1.0, DAMPER, DAMPER - 0.01], ".s..d"),
        ([1.0, LET_OFF - 0.1, 1.0, REPETITION, 1.0], "s...."),  # no chatter about the let-off
        ([1.0, REPETITION - 0.01, 1.0], "s.b"),  # again, before the damper falls
        ([1.0, 0.0, 1.0, 0.0], "sdsd"),
    ],
)
def test_a_key_sounds_between_let_off_and_damper(depths, expected):
    assert events(depths) == expected


def test_a_restored_action_goes_on_as_before():
    action = PianoAction()
    action.update(np.ones(N_KEYS))
    kept = action.save()
    action.update(np.zeros(N_KEYS))
    action.restore(kept)
    assert action.sounding.all()
    assert not len(action.update(np.ones(N_KEYS))[1]), "they are down and have struck"
