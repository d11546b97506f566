"""Commands of several points at the gate: every point is judged, and there is one verdict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.safety.clearance import Clearance
from pianomime.safety.command_gate import EXCESSES, CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateState, Request, Verdict
from pianomime.timing import Timing

FINE = Timing(command_s=0.01)


@pytest.fixture(scope="session")
def new_fine_bench(new_bench):
    def new(**config):
        bench = new_bench(FINE, switch_s=0.0, **config)
        assert bench.gate.arm(bench.now_s) == ""
        return bench

    return new


def way(bench, joint, by):
    """Return the points on a line that moves a joint by so much from the middle."""
    points = np.tile(bench.middle, (FINE.points, 1))
    points[:, bench.index(joint)] += by * np.arange(1, FINE.points + 1) / FINE.points
    return points


def test_points_that_keep_the_limits_pass_unchanged(new_fine_bench):
    bench = new_fine_bench()
    order = np.random.default_rng(0).permutation(len(bench.middle))
    names = [bench.gate.joint_names[i] for i in order]
    for by in (0.0, 0.1, 0.2):
        points = way(bench, "rh_FFJ3", by)
        result = bench.submit_points(points[:, order], names=names)
        assert (result.verdict, result.times_s) == (Verdict.ACCEPTED, FINE.times_s)
        assert np.array_equal(result.target, points)
        bench.next_decision()


def test_limits_hold_between_points(new_fine_bench):
    bench = new_fine_bench(max_target_velocity=4.0, max_target_acceleration=200.0)
    bench.submit_points([bench.middle] * FINE.points)
    joint, far = bench.index("rh_FFJ3"), bench.middle.copy()
    far[joint] += 0.8
    path = [bench.middle[joint]] * 2
    for _ in range(7):
        bench.next_decision()
        result = bench.submit_points([far] * FINE.points)
        path += result.target[:, joint].tolist()
        if len(path) < 20:
            assert (result.verdict, result.detail) == (Verdict.LIMITED, "rh_FFJ3")
    moved = np.diff(path)
    assert moved.max() == pytest.approx(4.0 * FINE.command_s), "as fast as it may"
    assert np.abs(np.diff(moved)).max() <= 200.0 * FINE.command_s**2 + 1e-9
    assert path[-1] == far[joint]
    assert result.verdict is Verdict.ACCEPTED, "it is there"


def test_a_point_in_the_middle_gets_the_command_its_verdict(new_fine_bench):
    bench = new_fine_bench(max_target_velocity=4.0)
    joint = bench.index("rh_FFJ3")
    bench.submit_points([bench.middle] * FINE.points)
    bench.next_decision()
    points = np.tile(bench.middle, (FINE.points, 1))
    points[2, joint] += 0.1  # back at once: from decision to decision nothing is seen of it
    result = bench.submit_points(points)
    assert (result.verdict, result.detail) == (Verdict.LIMITED, "rh_FFJ3")
    assert result.target[2, joint] == pytest.approx(bench.middle[joint] + 0.04)
    bench.next_decision()
    bench.submit_points([bench.middle] * FINE.points)
    bench.middle[joint] = bench.upper[joint]
    for _ in range(20):
        bench.next_decision()
        bench.submit_points([bench.middle] * FINE.points)
    bench.next_decision()
    points = np.tile(bench.middle, (FINE.points, 1))
    points[3, joint] += 0.01
    result = bench.submit_points(points)
    assert (result.verdict, result.detail) == (Verdict.CLAMPED, "rh_FFJ3")
    assert np.array_equal(result.target, [bench.middle] * FINE.points)


def test_a_value_that_is_not_finite_rejects_all_points(new_fine_bench):
    bench = new_fine_bench()
    points = way(bench, "rh_FFJ3", 0.1)
    points[3, bench.index("rh_MFJ3")] = np.nan
    result = bench.submit_points(points)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_NONFINITE, "rh_MFJ3")
    assert (result.target, bench.gate.state) == (None, GateState.ARMED)
    short = [*points[:2], points[2, :-1]]
    result = bench.submit_points(short, (0.01, 0.02, 0.03))
    assert (result.verdict, result.detail) == (Verdict.REJECTED_NAMES, "55 names, 54 positions")


@pytest.mark.parametrize(
    ("times_s", "detail"),
    [
        ((), "0 points; must be 1 to 100"),
        (np.linspace(0.0, 0.05, 10_000), "10000 points; must be 1 to 100"),
        ((0.01, 0.03, 0.02, 0.04), "point 2 is not after the one before"),
        ((0.01, 0.02, 0.02), "point 2 is not after the one before"),
        ((0.01, 0.03, 0.06), "a point at 0.06 s; a decision lasts 0.05 s"),
        ((-0.01, 0.01), "a point at -0.01 s"),
        ((0.01, np.nan), "a point at nan s"),
        ((0.01, np.inf), "a point at inf s"),
    ],
)
def test_points_that_no_decision_has_are_rejected(new_fine_bench, times_s, detail):
    bench = new_fine_bench()
    result = bench.submit_points([bench.middle] * len(times_s), times_s)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_POINTS, detail)
    assert (result.target, bench.gate.state) == (None, GateState.ARMED)
    assert bench.submit_points([bench.middle] * FINE.points).verdict.passed, "nothing is left of it"


def test_a_repeated_command_gets_the_same_points(new_fine_bench):
    bench = new_fine_bench(max_target_velocity=4.0)
    bench.submit_points([bench.middle] * FINE.points)
    bench.next_decision()
    joint, far = bench.index("rh_FFJ3"), way(bench, "rh_FFJ3", 0.8)[-1]
    first = bench.submit_points([far] * FINE.points)
    again = bench.submit_points(way(bench, "rh_FFJ3", -0.8))
    assert (first.verdict, again.verdict) == (Verdict.LIMITED, Verdict.ACCEPTED)
    assert again.detail == "for the same decision: as before"
    assert np.array_equal(again.target, first.target)
    assert again.times_s == first.times_s == FINE.times_s
    bench.next_decision()
    further = bench.submit_points([far] * FINE.points)
    assert further.target[0, joint] > first.target[-1, joint], "the next decision"


def test_a_source_that_is_faulty_between_its_points_is_halted(new_fine_bench):
    bench = new_fine_bench(max_target_velocity=1.0)
    bench.submit_points([bench.middle] * FINE.points)
    wild = np.tile(bench.middle, (FINE.points, 1))
    wild[2, bench.index("rh_FFJ3")] += 0.06  # in 10 ms: 6 times too fast
    for _ in range(EXCESSES):
        bench.next_decision()
        result = bench.submit_points(wild)
    assert result.verdict is Verdict.REJECTED_STATE
    assert "5 times too fast" in result.detail
    assert bench.gate.state is GateState.HALTING


def test_a_trajectory_may_begin_where_the_joints_are(new_fine_bench):
    bench = new_fine_bench()
    bench.submit_points([bench.middle] * FINE.points)
    for i in range(2 * EXCESSES):
        bench.next_decision()
        here = bench.middle + 0.01 * (-1) ** i
        here[-1] = bench.middle[-1]
        assert bench.submit_points([here, bench.middle], (0.0, 0.05)).verdict.passed


shapes = st.sampled_from(
    [(0.0,), (0.05,), (0.03,), (0.0, 0.05), (0.0, 0.02, 0.04), (0.01, 0.011, 0.05), FINE.times_s]
)


@given(seed=st.integers(0, 2**32 - 1), shapes=st.lists(shapes, min_size=8, max_size=8))
@settings(max_examples=20, deadline=None)
def test_no_choice_of_points_moves_joints_faster(new_fine_bench, seed, shapes):
    bench = new_fine_bench(max_target_velocity=2.0, max_target_acceleration=150.0)
    rng = np.random.default_rng(seed)
    hinges = [i for i, name in enumerate(bench.gate.joint_names[:-1]) if "forearm" not in name]
    last = bench.middle
    for times_s in shapes:
        spread = rng.choice([0.01, 0.045], (len(times_s), len(bench.middle)))
        wild = bench.middle + spread * rng.uniform(-1, 1, spread.shape)
        result = bench.submit_points(wild, times_s)
        if result.target is None:
            assert bench.gate.state is GateState.HALTING, "it is faulty"
            return
        moved = np.abs(np.diff(np.vstack([last, result.target]), axis=0))[:, hinges].max(axis=1)
        assert np.all(moved[1:] <= 2.0 * np.diff(times_s) + 1e-9)
        assert moved[0] <= 2.0 * (times_s[0] or FINE.decision_s) + 1e-9
        assert moved.sum() <= 2.0 * FINE.decision_s + 1e-5, "whatever points there are"
        last = result.target[-1]
        bench.next_decision()


def test_hands_that_would_meet_on_their_way_are_slowed(robopianist_hands):
    hands = robopianist_hands
    config = GateConfig(
        max_slide_target_acceleration=1000.0,
        hand_slow_m=0.5,
        hand_stop_m=0.02,
        palm_slow_m=0.0,
        palm_stop_m=0.0,
    )
    gate = CommandGate(hands, config, FINE)
    apart = np.zeros(len(gate.joint_names))
    gate.observe(apart[:-1], 1.0, 1.0)
    assert gate.arm(1.0) == ""
    points = np.zeros((FINE.points, len(apart)))
    joint = gate.joint_names.index("lh_forearm_tx")
    points[2, joint] = 0.03  # to the other, and back
    clearance = Clearance(hands, config)
    assert clearance.apart_m(points[2, :-1]) < clearance.apart_m(apart[:-1]) - 0.02
    result = gate.submit("expert", Request(gate.joint_names, points, FINE.times_s, 1.0), 1.0, 1.0)
    assert result.verdict is Verdict.SLOWED
    assert "apart" in result.detail
    assert 0 < result.target[2, joint] < 0.5 * points[2, joint]
    assert np.array_equal(result.target[[0, 1, 3, 4]], points[[0, 1, 3, 4]])
