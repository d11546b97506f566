from dataclasses import replace

import numpy as np
import pytest

from pianomime.errors import ModelError
from pianomime.evaluation.players import Options, planned, planner
from pianomime.hands.embodiment import embodiment
from pianomime.hands.fingers import UNASSIGNED
from pianomime.hands.kinematics import HandKinematics
from pianomime.metrics.notes import note_metrics
from pianomime.performance.struck import struck_notes
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import LEAD_IN_S, TAIL_S
from pianomime.planning.played_plan import plan_by_playing
from pianomime.planning.rollout import roll_out
from pianomime.refinement.holding import hold_longer
from pianomime.refinement.iterative_learning import IterativeLearningConfig, learn
from pianomime.refinement.learned_file import (
    Card,
    LearnedPerformance,
    load_learned,
    save_learned,
    versions,
)
from pianomime.refinement.objective import Fault
from pianomime.refinement.onset import onsets
from pianomime.refinement.remedies import Remedies
from pianomime.refinement.retiming import strike_earlier
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, Score
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING as TIMING
from pianomime.timing import Timing

# Wide, fast and dense, so that a plan alone makes mistakes.
NOTES = [
    Note(0.1 * i, 0.1 * i + 0.09, key)
    for i, chord in enumerate([(20, 27, 32), (51, 55, 60), (16, 23, 28), (58, 63, 66)] * 3)
    for key in chord
]
SHADOW = embodiment("pianomime")
SCORE = Score.from_notes("leaps", NOTES)


@pytest.fixture(scope="module")
def song(pianomime_hands):
    simulation = PianoSimulation(pianomime_hands, TIMING)
    return *planned(SCORE, simulation), ScoreGoals.of(SCORE, TIMING), simulation


def practised(song, rollouts, simulators=1, **more):
    fingered, plan, _, simulation = song
    others = [PianoSimulation(simulation.hands, TIMING) for _ in range(simulators - 1)]
    config = IterativeLearningConfig(rollouts=rollouts, seed=1)
    return learn([(fingered, plan)], [simulation, *others], config, **more)


def f1_of(plan, goals, simulation):
    played = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, goals.steps, simulation)
    return played.f1_per_step(goals).mean()


def test_learning_improves_a_hard_song_and_reports_its_f1(song):
    result = practised(song, 25)
    assert result.quality.f1 > result.history[0].f1 + 0.05
    assert result.quality.note_f1 > result.history[0].note_f1
    values = [quality.value for quality in result.history]
    assert values == sorted(values)
    _, _, goals, simulation = song
    played = roll_out(
        Follower.of(result.plan, simulation.hands), result.plan.lead_in_s, goals.steps, simulation
    )
    assert played.f1_per_step(goals).mean() == result.quality.f1
    struck = struck_notes(played.events, LEAD_IN_S, goals.timing.time_s(len(played.active)))
    heard = note_metrics(SCORE, struck)
    assert result.quality.note_f1 == heard.note_f1
    assert result.quality.lateness_s == pytest.approx(heard.lateness_s)


@pytest.mark.parametrize("simulators", [1, 2])
def test_the_same_seed_learns_the_same(song, simulators):
    first, second = (practised(song, 5, simulators) for _ in range(2))
    assert first.history == second.history
    assert np.array_equal(first.plan.target, second.plan.target)
    _, plan, goals, simulation = song
    assert first.history[0].f1 == f1_of(plan, goals, simulation)
    assert first.quality.f1 == f1_of(first.plan, goals, simulation)
    assert first.quality.value >= first.history[0].value


def test_a_plan_by_playing_repeats_the_online_planner(song):
    _, _, goals, simulation = song
    played = planner(SCORE, simulation, Options()).perform()
    fingered, plan = plan_by_playing(SCORE, simulation)
    assert len(plan.target) == len(played.active) + TIMING.steps(TAIL_S)
    again = roll_out(Follower.of(plan, simulation.hands), LEAD_IN_S, goals.steps, simulation)
    assert np.array_equal(again.position, played.position)
    assert [(strike.key, strike.finger) for strike in plan.strikes] == [
        (note.key, note.finger) for note in fingered.notes
    ]


def test_learning_starts_from_the_better_of_two_plans(song):
    fingered, plan, _, simulation = song
    still = replace(plan, target=np.zeros_like(plan.target), position=np.zeros_like(plan.position))
    config = IterativeLearningConfig(rollouts=8, heat=2, seed=1)
    result = learn([(fingered, still), (fingered, plan)], [simulation], config)
    first, second, *_ = result.history
    assert first.value < second.value < result.quality.value
    assert np.array_equal(result.plan.position, plan.position)


def test_a_very_short_song_keeps_to_its_budget(song, monkeypatch):
    steps = []
    play_step = PianoSimulation.step

    def counted(self, *command):
        steps.append(self)
        return play_step(self, *command)

    monkeypatch.setattr(PianoSimulation, "step", counted)
    fingered, plan, goals, simulation = song
    config = IterativeLearningConfig(rollouts=16, heat=8)
    learn([(fingered, plan), (fingered, plan)], [simulation], config)
    length = plan.lead + goals.steps
    assert 16 * length <= len(steps) < 19 * length, "the last stretch is finished"


def test_a_hand_that_holds_longer_arrives_in_time(pianomime_hands):
    simulation = PianoSimulation(pianomime_hands, Timing())
    leap = Score.from_notes("leap", [Note(0.5, 1.45, 50, finger=7), Note(1.5, 2.0, 74, finger=7)])
    _, plan = planned(leap, simulation)
    first, second = plan.strikes
    right = HandKinematics(simulation.hands, 1)
    left_off = plan.lead + plan.timing.steps(first.release_s)
    change = hold_longer(plan, right, first.finger, left_off, np.random.default_rng(0))
    rows, by = change.rows, change.by[:, -1]
    assert rows.start == left_off
    assert rows.stop == plan.lead + plan.timing.steps(second.press_s)
    assert not np.delete(by, right.joints, axis=1).any()
    size = np.abs(by[:, right.joints]).max(axis=1)
    assert size[-1] < size.max() / 2  # by the next onset it has caught up


@pytest.mark.parametrize("by_s", [0.02, -0.02])
def test_a_strike_is_advanced_or_delayed(pianomime_hands, by_s):
    timing = Timing(command_s=0.01)
    simulation = PianoSimulation(pianomime_hands, timing)
    notes = [Note(t, t + 0.3, 50, finger=7) for t in (0.5, 1.0, 1.5)]
    score, plan = planned(Score.from_notes("three", notes), simulation)
    steps = ScoreGoals.of(score, timing).steps
    right = HandKinematics(simulation.hands, 1)
    change = strike_earlier(plan, right, plan.lead + timing.steps(1.0), by_s)

    def onsets_s(plan):
        played = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, steps, simulation)
        return np.array([onset.time_s for onset in onsets(played.events)])

    earlier_s = onsets_s(plan) - onsets_s(change.applied_to(plan))
    assert earlier_s[[0, 2]] == pytest.approx(0, abs=0.006)
    assert 0.4 < earlier_s[1] / by_s < 1.3


def test_a_strike_between_decision_ends_is_practised(song):
    _, plan, goals, simulation = song
    remedies = Remedies(goals.notes, plan.lead + goals.steps, plan.lead, simulation.hands)
    played = roll_out(Follower.of(plan, simulation.hands), plan.lead_in_s, goals.steps, simulation)
    rows = slice(plan.lead, plan.lead + 12)
    rng = np.random.default_rng(0)
    note = goals.notes[0]
    neighbour = Fault(plan.lead + note.first, note.key + 1, 0.5)
    changes = [remedies.propose(plan, played, rows, [neighbour], rng) for _ in range(20)]
    assert all(change.rows.start <= neighbour.row < change.rows.stop for change in changes)
    assert remedies.propose(plan, played, rows, [], rng) is None


def test_a_note_that_no_finger_plays_is_left_alone(song):
    _, _, _, simulation = song
    chord = Score.from_notes("wide", [Note(0.2, 0.6, key) for key in range(20, 64, 4)])
    fingered, plan = planned(chord, simulation)
    assert any(note.finger == UNASSIGNED for note in fingered.notes)
    config = IterativeLearningConfig(rollouts=4)
    assert learn([(fingered, plan)], [simulation], config).quality.f1 > 0


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_coarse_decisions_can_be_practised(pianomime_hands):
    timing = Timing(decision_s=0.5, command_s=0.1)
    simulation = PianoSimulation(pianomime_hands, timing)
    slow = SCORE.stretched(3.0)
    config = IterativeLearningConfig(rollouts=3, stretch_s=1.0)
    result = learn([planned(slow, simulation)], [simulation], config)
    assert result.quality.value >= result.history[0].value
    assert result.plan.target.shape[1] == timing.points


def test_learning_ends_when_progress_returns_false(song):
    reported = []
    result = practised(song, 50, progress=lambda best: reported.append(best) or len(reported) < 3)
    assert len(reported) == 3
    assert len(result.history) == 3


@pytest.fixture
def learned(song):
    fingered, plan, _, simulation = song
    card = Card(
        title="leaps",
        sha256=SCORE.sha256,
        embodiment="pianomime",
        timing=TIMING,
        joint_names=simulation.hands.joint_names,
        f1=0.9,
        f1_planned=0.8,
        how="test",
        seed=0,
        versions=versions(),
    )
    return LearnedPerformance(plan, tuple(note.finger for note in fingered.notes), card)


def test_a_learned_performance_is_read_as_it_was_written(learned, tmp_path):
    save_learned(learned, tmp_path / "leaps.npz")
    loaded = load_learned(tmp_path / "leaps.npz", SHADOW)
    assert loaded.card == learned.card
    assert loaded.fingers == learned.fingers
    assert len(set(loaded.fingers)) > 5, "as chosen for the score"
    assert (loaded.plan.timing, loaded.plan.lead) == (TIMING, learned.plan.lead)
    assert np.allclose(loaded.plan.target, learned.plan.target, atol=1e-6)
    assert np.array_equal(loaded.plan.sustain, learned.plan.sustain)
    loaded.check_score(SCORE.sha256)
    loaded.check_hands(SHADOW)
    loaded.check_timing(TIMING)


def test_another_score_hands_or_timing_are_refused_by_name(learned):
    with pytest.raises(ModelError, match="learned for score 'leaps'"):
        learned.check_score("0" * 64)
    with pytest.raises(ModelError, match="embodiment 'pianomime', not 'robopianist'"):
        learned.check_hands(embodiment("robopianist"))
    with pytest.raises(ModelError) as error:
        learned.check_timing(Timing(command_s=0.01))
    assert str(error.value) == (
        "the learned performance has a decision every 0.05 s with a target every 0.05 s; "
        "this run has a decision every 0.05 s with a target every 0.01 s"
    )
    with pytest.raises(ModelError, match="another order"):
        learned.check_joints(learned.card.joint_names[::-1])


def test_invalid_files_are_refused(learned, tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(ModelError, match="not a learned performance"):
        load_learned(path, SHADOW)
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ModelError, match="not a learned performance"):
        load_learned(path, SHADOW)
    broken = replace(learned.plan, target=np.full_like(learned.plan.target, np.nan))
    save_learned(replace(learned, plan=broken), path)
    with pytest.raises(ModelError, match="not finite"):
        load_learned(path, SHADOW)
