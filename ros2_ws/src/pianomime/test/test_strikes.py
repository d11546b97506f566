from itertools import pairwise

import numpy as np
import pytest

from pianomime.hands.embodiment import embodiment
from pianomime.planning.fingertip_plan import FingertipPlanConfig
from pianomime.planning.row_times import LONGEST_S
from pianomime.planning.strikes import StrikeConfig, strikes
from pianomime.score.score import Note, Score

SHADOW = embodiment("pianomime")


def test_a_strike_has_rows_of_its_own_between_the_decisions(fingertips_of):
    config, note = FingertipPlanConfig(), Note(0.113, 0.327, 39, 64, 5)
    fingertips = fingertips_of(Score.from_notes("song", [note]), config)
    (played,) = strikes([note], SHADOW.layout, config)
    pressed = fingertips.time_s[fingertips.contact[:, 5]]
    assert pressed[[0, -1]] == pytest.approx([played.press_s, 0.327 + config.release_s])
    assert np.abs(fingertips.time_s - played.ready_s).min() < 1e-9
    down = (fingertips.time_s >= played.ready_s) & (fingertips.time_s <= played.press_s)
    assert (np.diff(fingertips.position[down, 5, 2]) < 0).all()
    assert not fingertips.contact[:, np.arange(10) != 5].any()
    assert np.diff(fingertips.time_s).max() < LONGEST_S + 1e-9


def test_two_strikes_at_once_share_a_row_and_none_is_lost(fingertips_of):
    notes = [Note(0.1, 0.5, 39, 64, 5), Note(0.104, 0.5, 43, 64, 7), Note(0.111, 0.5, 46, 64, 9)]
    fingertips = fingertips_of(Score.from_notes("chord", notes))
    first = [np.flatnonzero(fingertips.contact[:, finger])[0] for finger in (5, 7, 9)]
    assert first[0] == first[1] == first[2] - 1


def test_a_key_is_let_up_between_fast_repeats():
    config = StrikeConfig()
    notes = [Note(i / 13, i / 13 + 0.05, 39, 64, 5) for i in range(5)]
    played = strikes(notes, SHADOW.layout, config)
    for before, after in pairwise(played):
        assert before.release_s + config.rise_s <= after.ready_s + 1e-9
        assert after.press_s > after.ready_s


def test_a_finger_needed_elsewhere_leaves_its_key_in_time():
    held, then = Note(0.0, 2.0, 39, 64, 5), Note(1.0, 1.5, 46, 64, 5)
    score = Score.from_notes("song", [held, then])
    first, second = strikes(score.notes, SHADOW.layout, StrikeConfig())
    assert (first.key, second.key) == (39, 46)
    assert first.release_s <= second.ready_s - StrikeConfig().swing_s


def test_a_hand_lets_go_early_for_a_leap_and_for_nothing_else():
    right, octave = 5, 12
    notes = [Note(i * 0.4, i * 0.4 + 0.4, 44, 64, right) for i in range(2)]
    notes += [Note(0.8, 1.2, 44 + 2 * octave, 64, right), Note(0.0, 1.2, 10, 64, 0)]
    score = Score.from_notes("leap", notes)
    config = StrikeConfig()
    played = strikes(score.notes, SHADOW.layout, config)
    end_s = {(s.key, round(s.press_s, 1)): s.release_s - config.release_s for s in played}
    held_s = {(n.key, n.onset_s): end_s[n.key, n.onset_s] - n.onset_s for n in score.notes}
    assert held_s.pop((44, 0.4)) == pytest.approx(0.2), "no less than half the note"
    assert held_s.pop((44, 0.0)) < 0.4, "the key is struck again"
    assert held_s == pytest.approx({(68, 0.8): 0.4, (10, 0.0): 1.2})
