import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.command import Command
from pianomime.fingering.fingering import assign_fingers
from pianomime.hands.embodiment import embodiment
from pianomime.hands.kinematics import HandKinematics
from pianomime.metrics.key_press import key_press_metrics
from pianomime.performance.struck import pedal_changes
from pianomime.piano.geometry import LOWEST_PITCH, key_y
from pianomime.planning.actuator_model import ActuatorModel
from pianomime.planning.feedforward import Feedforward
from pianomime.planning.fingertip_plan import NO_KEY, FingertipPlanConfig
from pianomime.planning.follower import Follower
from pianomime.planning.lead_over import LeadOver
from pianomime.planning.motion_limits import MotionLimits
from pianomime.planning.performance_plan import LEAD_IN_S, TAIL_S, plan_performance
from pianomime.planning.rollout import roll_out
from pianomime.planning.tracking import Tracker
from pianomime.planning.trajectory import TrajectoryConfig, TrajectoryFit
from pianomime.safety.clearance import Clearance
from pianomime.safety.gate_config import GateConfig
from pianomime.score.clips import load_clip
from pianomime.score.goals import ScoreGoals
from pianomime.score.score import Note, PedalEvent, Score
from pianomime.simulation.simulation import MidiKind, PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING, Timing

TIMING = Timing()
LEAD, TAIL = TIMING.steps(LEAD_IN_S), TIMING.steps(TAIL_S)
SHADOW = embodiment("pianomime")
CLIPS = Path(__file__).parents[5] / "shared/data/pianomime_clips.npz"


def plan(score, hands, limits=None, timing=TIMING):
    fingered = assign_fingers(score, timing, SHADOW)
    performance = plan_performance(fingered, hands, timing, limits=limits)
    return performance, ScoreGoals.of(fingered, timing)


def perform(performance, simulation, steps):
    follow = Follower.of(performance, simulation.hands)
    return roll_out(follow, performance.lead_in_s, steps, simulation)


@pytest.mark.parametrize("timing", [ROBOPIANIST_TIMING, TIMING], ids=["50 ms", "10 ms"])
def test_a_scale_with_chords_is_played_well(shadow_hands, timing):
    right = [Note(i * 0.3, i * 0.3 + 0.28, k) for i, k in enumerate((51, 53, 55, 56, 58, 56, 55))]
    left = [Note(i * 0.6, i * 0.6 + 0.55, k) for i in range(3) for k in (27, 31, 34)]
    score = Score.from_notes("song", right + left, [PedalEvent(0.5, True), PedalEvent(1.0, False)])
    performance, goals = plan(score, shadow_hands, timing=timing)
    simulation = PianoSimulation(shadow_hands, timing)
    rollout = roll_out(
        Follower.of(performance, simulation.hands), LEAD_IN_S, goals.steps + TAIL, simulation
    )
    assert not rollout.active[:LEAD].any()
    pressed = rollout.pressed[: goals.steps]
    assert key_press_metrics(goals.keys, pressed).f1 > 0.85
    pedal = [(event.time_s, event.down) for event in pedal_changes(rollout.events, LEAD_IN_S)]
    late_s = FingertipPlanConfig().lateness_s
    assert pedal == [
        (pytest.approx(0.5 + late_s, abs=0.03), True),
        (pytest.approx(1.0 + late_s, abs=0.03), False),
    ]
    assert not rollout.active[-1].any(), "the fingers are lifted at the end"


def test_a_wrist_keeps_its_place_while_the_forearm_leaps(pianomime_hands):
    right, rows = 1, 61
    kinematics = HandKinematics(pianomime_hands, right)
    wrist = kinematics.names.index("WRJ2")
    rng = np.random.default_rng(0)
    knots = rng.normal(0.0, 0.1, (rows // 3 + 1, kinematics.n))
    moving = [np.interp(np.arange(rows), 3 * np.arange(len(knots)), knot) for knot in knots.T]
    pose = kinematics.relaxed + np.transpose(moving)
    for name, lifted in (("forearm_tz", 0.0), ("WRJ1", -0.5)):  # clear of the keys
        pose[:, kinematics.names.index(name)] = lifted
    low, high = kinematics.lower, kinematics.upper
    pose = np.clip(pose, low + 0.2 * (high - low), high - 0.2 * (high - low))
    timing = ROBOPIANIST_TIMING
    no_keys = np.full((rows, 5), NO_KEY)
    asked = Feedforward(kinematics, timing.command_s, FingertipPlanConfig()).targets(pose, no_keys)
    at_rest = np.append(pose[0], np.zeros(kinematics.n))
    tracker = Tracker(kinematics, ActuatorModel(kinematics), timing.command_s)
    tracked = tracker.track(pose, asked, 0, at_rest)
    simulation = PianoSimulation(pianomime_hands, timing)
    off = []
    for targets in (asked, tracked.target):
        simulation.reset()
        full = np.zeros(len(pianomime_hands.joint_names))
        full[kinematics.joints] = kinematics.expand @ pose[0]
        simulation.place(full)
        places = [kinematics.pose(full)]
        for step in targets:
            full[kinematics.joints] = kinematics.expand @ step
            simulation.step(Command.hold(full, False, timing))
            places.append(kinematics.pose(simulation.joint_position))
        off.append(np.abs(places - pose)[:, wrist].mean())
    assert off[1] < 0.6 * off[0]


def test_loud_notes_are_struck_harder(pianomime_hands):
    rng = np.random.default_rng(0)
    keys = 40 + np.cumsum(rng.integers(-3, 4, 60)) % 24
    notes = [
        Note(i * 0.3, i * 0.3 + 0.25, int(key), int(rng.integers(25, 121)))
        for i, key in enumerate(keys)
    ]
    performance, goals = plan(Score.from_notes("dynamics", notes), pianomime_hands)
    simulation = PianoSimulation(pianomime_hands, TIMING)
    rollout = roll_out(
        Follower.of(performance, simulation.hands), LEAD_IN_S, goals.steps, simulation
    )
    struck = {
        (event.number - LOWEST_PITCH, round((event.time_s - LEAD_IN_S) / 0.3)): event.value
        for event in rollout.events
        if event.kind is MidiKind.NOTE_ON
    }
    pairs = [
        (note.velocity, struck[note.key, i])
        for i, note in enumerate(notes)
        if (note.key, i) in struck
    ]
    assert len(pairs) > 50
    assert np.corrcoef(np.transpose(pairs))[0, 1] > 0.7


def test_beyond_its_ends_the_plan_holds(pianomime_hands):
    performance, goals = plan(Score.from_notes("song", [Note(0.0, 0.2, 39)]), pianomime_hands)
    rest, follow = (
        np.zeros(len(pianomime_hands.joint_names)),
        Follower.of(performance, pianomime_hands),
    )
    for step, edge in ((-1000, -LEAD), (10**6, goals.steps + TAIL - 1)):
        beyond, at_edge = (follow(at, rest) for at in (step, edge))
        assert np.array_equal(beyond.target, at_edge.target)


def test_the_same_score_is_planned_the_same(pianomime_hands):
    score = Score.from_notes("song", [Note(0.0, 0.2, 39), Note(0.3, 0.6, 44)])
    first, second = (plan(score, pianomime_hands)[0] for _ in range(2))
    assert np.array_equal(first.target, second.target)


notes = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(0, 87)), min_size=1, max_size=20
)


@settings(max_examples=8, deadline=None)
@given(notes)
def test_any_score_gets_a_finite_plan_inside_the_limits(pianomime_hands, drawn):
    score = Score.from_notes("song", [Note(a * 0.05, (a + n) * 0.05, key) for a, n, key in drawn])
    performance, _ = plan(score, pianomime_hands)
    assert np.isfinite(performance.target).all()
    slack = 1e-9
    assert (performance.position >= pianomime_hands.lower - slack).all()
    assert (performance.position <= pianomime_hands.upper + slack).all()


ENDLESS = [Note(0.0, 15.0, 40), *(Note(i * 0.5, i * 0.5 + 0.4, 44 + i % 5) for i in range(29))]
OCTAVES_APART = [Note(0.0, 1.0, key) for key in (8, 20, 32, 44, 60, 72, 84)]
CROSSING = [Note(i * 0.2, i * 0.2 + 0.2, 10 + 3 * i if i % 2 else 76 - 3 * i) for i in range(22)]
FORTY_A_SECOND = [Note(i * 0.025, i * 0.025 + 0.02, 20 + (i * 11) % 50) for i in range(160)]


TWO_OCTAVES_IN_ONE_HAND = [Note(0.0, 1.0, 40, 64, 5), Note(0.0, 1.0, 64, 64, 9)]


@pytest.mark.parametrize(
    "hard",
    [ENDLESS, OCTAVES_APART, CROSSING, FORTY_A_SECOND, TWO_OCTAVES_IN_ONE_HAND],
    ids=["endless", "8va", "x", "fast", "two octaves"],
)
def test_what_cannot_be_played_is_played_as_well_as_it_goes(pianomime_hands, hard):
    score = Score.from_notes("hard", hard)
    performance, goals = plan(score, pianomime_hands)
    assert np.isfinite(performance.target).all()
    simulation = PianoSimulation(pianomime_hands, TIMING)
    rollout = roll_out(
        Follower.of(performance, simulation.hands), LEAD_IN_S, goals.steps, simulation
    )
    assert (goals.keys & rollout.pressed).any()


def test_hands_that_are_given_crossed_stay_within_their_limits(pianomime_hands):
    notes = [Note(i * 0.5, i * 0.5 + 0.4, 60, 64, 1) for i in range(4)]
    notes += [Note(i * 0.5 + 0.25, i * 0.5 + 0.7, 30, 64, 6) for i in range(4)]
    performance, _ = plan(Score.from_notes("crossed", notes), pianomime_hands)
    assert np.isfinite(performance.target).all()
    assert (performance.position >= pianomime_hands.lower - 1e-9).all()
    assert (performance.position <= pianomime_hands.upper + 1e-9).all()


def test_an_hour_of_music_gets_its_fingers():
    notes = [Note(6.0 * i, 6.0 * i + 0.8, 30 + (i * 7) % 24) for i in range(620)]
    score = Score.from_notes("long", notes)
    tracemalloc.start()
    fingered = assign_fingers(score, TIMING, SHADOW)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert all(note.finger >= 0 for note in fingered.notes)
    assert peak_mb < 10


def test_a_finger_is_up_before_its_hand_moves_on(fingertips_of):
    thumb, index = 5, 6
    config = FingertipPlanConfig.of(SHADOW)
    for key, over in ((46, 0.0), (60, config.leave)):
        notes = [Note(0.0, 0.4, 44, 64, thumb), Note(0.8, 1.2, key, 64, index)]
        score = Score.from_notes("leave", notes)
        tips = fingertips_of(score, config)
        row = np.flatnonzero(tips.contact[:, thumb])[-1] + 1
        assert tips.approach[row, thumb] == over
        assert (tips.position[row, thumb, 1] == key_y()[44]) == (over > 0)
        assert tips.time_s[row - 1] == pytest.approx(0.4 + config.release_s)


@pytest.mark.skipif(not CLIPS.exists(), reason="the clips are not beside the project")
def test_a_fit_goes_on_after_one_small_gain(fingertips_of, pianomime_hands):
    left, until_s = 0, 22.0
    score = load_clip(CLIPS, 101).score().without_fingers()
    fingered = assign_fingers(score, TIMING, SHADOW)
    tips = fingertips_of(fingered.until(until_s), FingertipPlanConfig.of(SHADOW))
    kinematics = HandKinematics(pianomime_hands, left)
    fit = TrajectoryFit(
        kinematics,
        tips,
        np.zeros((1, kinematics.n)),
        TrajectoryConfig.of(SHADOW),
        MotionLimits(),
        ActuatorModel(kinematics),
    )
    off_m = np.abs(kinematics.fingertips(fit.solve()).position - tips.position[:, :5])
    assert off_m[tips.contact[:, :5], 1].max() < 0.03, "stopped at the first: 0.11"


def fastest(performance, hands):
    """Velocity and acceleration of the fastest hinge, then of the fastest slide."""
    slides = hands.is_slide
    rates = [
        np.abs(np.diff(performance.position, n, axis=0)) / TIMING.decision_s**n for n in (1, 2)
    ]
    return [float(rate[:, some].max()) for some in (~slides, slides) for rate in rates]


LIMITS = MotionLimits(
    max_joint_velocity=4.0,
    max_joint_acceleration=80.0,
    max_slide_velocity=0.5,
    max_slide_acceleration=8.0,
)


@pytest.mark.parametrize("hard", [ENDLESS, CROSSING], ids=["endless", "x"])
def test_planned_joints_are_as_slow_as_asked(shadow_hands, hard):
    slow, _ = plan(Score.from_notes("hard", hard), shadow_hands, LIMITS)
    wanted = np.array([4.0, 80.0, 0.5, 8.0])
    assert (fastest(slow, shadow_hands) < 1.2 * wanted).all()
    usual, _ = plan(Score.from_notes("hard", hard), shadow_hands)
    assert (fastest(usual, shadow_hands) > 1.5 * wanted).any()


def test_slow_hands_play_slow_songs(pianomime_hands):
    keys = (51, 55, 53, 58, 55, 60, 56, 63)
    score = Score.from_notes("slow", [Note(i * 0.5, i * 0.5 + 0.45, k) for i, k in enumerate(keys)])
    performance, goals = plan(score, pianomime_hands, LIMITS)
    simulation = PianoSimulation(pianomime_hands, TIMING)
    rollout = roll_out(
        Follower.of(performance, simulation.hands), LEAD_IN_S, goals.steps, simulation
    )
    assert rollout.f1_per_step(goals).mean() > 0.995, "from as high as fast ones: 0.987"


def test_a_hurried_score_does_not_make_joints_jump(shadow_hands):
    hurried, _ = plan(Score.from_notes("fast", FORTY_A_SECOND), shadow_hands)
    assert (fastest(hurried, shadow_hands) < 1.2 * np.array([12.0, 600.0, 1.0, 40.0])).all()


def test_hands_that_play_side_by_side_do_not_touch(shadow_hands):
    right = (39, 41, 43, 44, 46, 44, 43, 41)
    left = (38, 36, 34, 32, 31, 32, 34, 36)
    notes = [
        Note(i * 0.4, i * 0.4 + 0.38, key) for keys in (right, left) for i, key in enumerate(keys)
    ]
    performance, _ = plan(Score.from_notes("close", notes), shadow_hands)
    clearance = Clearance(shadow_hands, GateConfig())
    assert min(clearance.apart_m(position) for position in performance.position) > 0.003


def test_a_note_without_a_finger_is_left_out(pianomime_hands):
    score = Score.from_notes("song", [Note(0.0, 0.2, 39)])
    performance = plan_performance(score, pianomime_hands, TIMING)
    assert not performance.strikes
    assert np.isfinite(performance.target).all()


def test_a_hand_at_rest_is_commanded_where_it_is(pianomime_hands):
    score = Score.from_notes("song", [Note(3.0, 3.2, 70, 64, 8)])
    performance = plan_performance(score, pianomime_hands, TIMING)
    left = [i for i, name in enumerate(pianomime_hands.joint_names) if name.startswith("lh")]
    still = slice(LEAD + 20, LEAD + 40)
    error = (performance.target[still, 0] - performance.position[still])[:, left]
    assert error == pytest.approx(np.zeros_like(error), abs=0.02)


def test_a_song_of_many_windows_is_planned_smoothly(pianomime_hands):
    notes = [Note(i * 0.5, i * 0.5 + 0.4, 45 + (5 * i) % 17) for i in range(90)]
    performance, goals = plan(Score.from_notes("long", notes), pianomime_hands)
    assert goals.steps > 2 * 400
    velocity = np.diff(performance.position, axis=0)
    bend = np.abs(np.diff(velocity, axis=0)).max(axis=1)
    seams = list(range(400, len(bend), 400))
    assert bend[seams].max() < np.quantile(bend, 0.99)


def test_hands_are_led_over_from_where_another_song_left_them(pianomime_hands):
    performance, _ = plan(Score.from_notes("song", [Note(0.5, 0.8, 39)]), pianomime_hands)
    n = len(pianomime_hands.joint_names)
    away = performance.position[0] + 0.1
    lead_over = LeadOver(n)
    first = Follower.of(performance, pianomime_hands)(-LEAD, away).target + lead_over.offset(
        performance, -LEAD, away
    )
    assert first == pytest.approx(performance.target[0] + 0.1), "no jump"
    before = lead_over.offset(performance, -1, away)
    assert np.abs(before).max() < 0.01
    assert not lead_over.offset(performance, 0, away).any()


def test_an_expert_replaced_in_its_first_song_adds_nothing(pianomime_hands):
    performance, _ = plan(Score.from_notes("song", [Note(0.5, 0.8, 39)]), pianomime_hands)
    lead_over = LeadOver(len(pianomime_hands.joint_names))
    assert not lead_over.offset(performance, 5, performance.position[0] + 0.1).any()
    lead_over.reset()
    assert lead_over.offset(performance, 5, performance.position[0] + 0.1).any(), "the second one"
