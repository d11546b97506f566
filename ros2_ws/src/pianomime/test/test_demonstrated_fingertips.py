"""A pianist's fingering and fingertips: file format, and their use in planning."""

import numpy as np
import pytest

from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import N_PIANISTS_FINGERS
from pianomime.perception.demonstration import (
    Demonstration,
    DemonstrationError,
    load_demonstration,
    save_demonstration,
)
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.planning.performance_plan import LEAD_IN_S, TAIL_S, plan_performance
from pianomime.planning.strikes import strikes
from pianomime.score.clips import CLIP_TIMING
from pianomime.score.score import Note, Score
from pianomime.timing import Timing

SHADOW = embodiment("pianomime")


def test_a_demonstration_is_read_as_it_was_written(tune, tmp_path):
    score = assign_fingers(tune, CLIP_TIMING, SHADOW)
    finger = np.array([note.finger for note in score.notes])
    tips = np.random.default_rng(0).normal(size=(300, N_PIANISTS_FINGERS, 2))
    tips[5, 3] = np.nan
    save_demonstration(
        Demonstration(
            score.sha256,
            finger,
            np.full(len(finger), 0.9),
            tips,
            CLIP_TIMING.decision_s,
            {"title": "tune"},
        ),
        score,
        tmp_path,
    )
    loaded = load_demonstration(tmp_path)
    assert loaded.fingered(score.without_fingers()) == score
    assert loaded.tips_m == pytest.approx(tips, abs=1e-6, nan_ok=True)
    assert loaded.card == {"title": "tune"}
    with pytest.raises(DemonstrationError, match="not of the one given"):
        loaded.fingered(tune.transposed(1))
    loaded.check_timing(CLIP_TIMING)
    with pytest.raises(DemonstrationError, match=r"a step every 0.05 s; this run has .* 0.1 s"):
        loaded.check_timing(Timing(decision_s=0.1, command_s=0.05))


@pytest.mark.parametrize("name", ["card.json", "fingertips.npz", "fingering.csv"])
def test_a_broken_demonstration_is_refused_by_name(tune, tmp_path, name):
    score = assign_fingers(tune, CLIP_TIMING, SHADOW)
    finger = np.array([note.finger for note in score.notes])
    demonstration = Demonstration(
        score.sha256,
        finger,
        np.ones(len(finger)),
        np.zeros((9, N_PIANISTS_FINGERS, 2)),
        CLIP_TIMING.decision_s,
        {},
    )
    save_demonstration(demonstration, score, tmp_path)
    (tmp_path / name).write_bytes(b"\x80\x04 no such thing")
    with pytest.raises(DemonstrationError, match=str(tmp_path)):
        load_demonstration(tmp_path)


def test_fingers_keep_near_the_humans_and_press_where_they_did():
    config, time_s = FingertipPlanConfig(), np.arange(0.0, 1.0, 0.025)
    played = strikes([Note(0.5, 0.8, 39, 64, 5)], SHADOW.layout, config)
    demo_tips = np.full((len(time_s), N_PIANISTS_FINGERS, 2), np.nan)
    demo_tips[:, 6] = 0.06, 0.1
    demo_tips[:, 5] = 0.035, 0.0
    plan = plan_fingertips(played, time_s, SHADOW.layout, config, demo_tips)
    assert plan.position[6, 6, :2] == pytest.approx([0.06, 0.1])
    assert 0 < plan.approach[6, 6] < 1
    pressed = np.flatnonzero(plan.contact[:, 5])
    assert plan.position[pressed, 5, 0] == pytest.approx(np.full(len(pressed), 0.035))


def test_a_demonstration_may_be_longer_or_shorter(pianomime_hands):
    score = Score.from_notes("song", [Note(0.5, 0.8, 39, 64, 5)])
    for steps in (3, 500):
        demo_tips = np.zeros((steps, N_PIANISTS_FINGERS, 2))
        plan = plan_performance(score, pianomime_hands, CLIP_TIMING, demo_tips=demo_tips)
        assert len(plan.target) == CLIP_TIMING.steps(LEAD_IN_S + 0.8 + TAIL_S)
