from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from pianomime.errors import ModelError
from pianomime.evaluation.players import planned
from pianomime.hands.embodiment import embodiment
from pianomime.planning.follower import Follower
from pianomime.planning.rollout import roll_out
from pianomime.refinement.residual_env import ResidualEnv
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

pytest.importorskip("stable_baselines3", reason="tools/setup learning brings it")

from pianomime.refinement.residual_learning import PpoConfig, learn_residual

SCORE = Score.from_notes("song", [Note(0.2 * i, 0.2 * i + 0.18, 50 + 2 * i) for i in range(4)])
GOALS = ScoreGoals.of(SCORE, TIMING)
HANDS = embodiment("pianomime")
SHORT = PpoConfig(steps=8, envs=1, rollout_steps=8, batch=8, epochs=1, width=8)


def f1_of(plan, simulation):
    played = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, GOALS.steps, simulation)
    return played.f1_per_step(GOALS).mean()


def test_training_that_goes_on_keeps_the_best_plan_so_far(tmp_path, simulation):
    _, good = planned(SCORE, simulation)
    poor = replace(good, target=np.zeros_like(good.target))
    np.save(tmp_path / "best.npy", good.target)  # as an earlier run would have left it
    make_env = partial(ResidualEnv.of, poor, GOALS, HANDS)
    learned = learn_residual(poor, GOALS, make_env, tmp_path, SHORT)
    assert learned.f1_before == pytest.approx(f1_of(poor, simulation))
    assert learned.f1 == pytest.approx(f1_of(good, simulation))
    assert learned.f1 > learned.f1_before + 0.2
    assert np.array_equal(np.load(tmp_path / "best.npy"), good.target)
    assert (tmp_path / "policy.zip").exists()
    np.save(tmp_path / "best.npy", good.target[:, :-1])
    with pytest.raises(ModelError, match=r"best\.npy: of other hands or another song"):
        learn_residual(poor, GOALS, make_env, tmp_path, SHORT)
    np.save(tmp_path / "best.npy", good.target)
    again = learn_residual(poor, GOALS, make_env, tmp_path, SHORT)
    assert again.f1 == learned.f1, "nothing was left to train"
