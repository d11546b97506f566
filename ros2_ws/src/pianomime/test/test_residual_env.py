import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from pianomime.evaluation.players import planned
from pianomime.planning.follower import Follower
from pianomime.planning.rollout import roll_out
from pianomime.refinement.residual_env import ResidualConfig, ResidualEnv
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

SCORE = Score.from_notes("song", [Note(0.2 * i, 0.2 * i + 0.18, 50 + 2 * i) for i in range(4)])
GOALS = ScoreGoals.of(SCORE, TIMING)


@pytest.fixture(scope="module")
def plan(pianomime_hands):
    return planned(SCORE, PianoSimulation(pianomime_hands, TIMING))[1]


def env(plan, simulation, **config):
    return ResidualEnv(plan, GOALS, simulation, ResidualConfig(**config))


def play(env, start=0, action=0.0):
    env.reset(options={"start": start})
    rewards, active, ended = [], [], False
    while not ended:
        _, reward, ended, _, info = env.step(np.full(env.action_space.shape, action))
        rewards.append(reward)
        active.append(info["active"])
    return np.array(rewards), np.array(active)


def test_it_is_a_gymnasium_environment(plan, simulation):
    check_env(env(plan, simulation), skip_render_check=True)


def test_no_residual_plays_the_plan(plan, simulation):
    _, active = play(env(plan, simulation))
    rollout = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, GOALS.steps, simulation)
    assert np.array_equal(active, rollout.active)


def test_an_episode_from_inside_the_song_goes_on_as_planned(plan, simulation):
    environment = env(plan, simulation)
    _, whole = play(environment)
    _, rest = play(environment, start=25)
    assert np.array_equal(rest, whole[25:])


def test_wrong_keys_and_lost_fingertips_are_paid_less(plan, simulation):
    good, active = play(env(plan, simulation))
    bad, other = play(env(plan, simulation, bound=0.3), action=1.0)
    assert active.any()
    assert not np.array_equal(active, other)
    assert bad.mean() < good.mean() - 0.1
    assert good.max() <= 1.0


def test_the_share_of_starts_inside_the_song_is_configured(plan, simulation):
    for share, expected in ((0.0, {0}), (1.0, set(range(plan.lead + GOALS.steps)))):
        environment = env(plan, simulation, reference_start=share)
        environment.reset(seed=3)
        starts = set()
        for _ in range(30):
            environment.reset()
            starts.add(environment._step)
        assert starts <= expected
        assert len(starts) > 1 or share == 0.0
