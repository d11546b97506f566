"""What passes the gate, and what of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.errors import ConfigError
from pianomime.safety.clearance import Clearance
from pianomime.safety.command_gate import EXCESSES, NEXT_STEP, CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateState, Request, Verdict
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEP_S = TIMING.decision_s


@pytest.mark.parametrize("what", ["hand", "palm"])
def test_what_stops_is_slowed_before(what):
    with pytest.raises(ConfigError, match=f"{what}_stop_m = 0.2: must be at most {what}_slow_m"):
        GateConfig(**{f"{what}_stop_m": 0.2, f"{what}_slow_m": 0.1})


def test_a_good_command_passes_unchanged(bench):
    result = bench.submit()
    assert result.verdict is Verdict.ACCEPTED
    assert np.array_equal(result.target, [bench.middle])
    assert result.times_s == (0.0,)
    assert bench.gate.state is GateState.ACTIVE


def test_names_may_come_in_any_order(bench):
    order = np.random.default_rng(0).permutation(len(bench.middle))
    names = [bench.gate.joint_names[i] for i in order]
    assert np.array_equal(bench.submit(bench.middle[order], names=names).target, [bench.middle])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_rejects_all(bench, bad):
    bench.middle[3] = bad
    result = bench.submit()
    assert (result.verdict, result.detail) == (
        Verdict.REJECTED_NONFINITE,
        bench.gate.joint_names[3],
    )
    assert result.target is None


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda names: names[:-1], "55 positions"),
        (lambda names: ["rh_FFJ9", *names[1:]], "unknown: rh_FFJ9"),
        (lambda names: [names[1], *names[1:]], "missing: lh_forearm_tx"),
        (lambda names: [*names, names[0]], "56 names"),
    ],
)
def test_wrong_names_are_rejected_and_named(bench, change, detail):
    result = bench.submit(names=change(list(bench.gate.joint_names)))
    assert result.verdict is Verdict.REJECTED_NAMES
    assert detail in result.detail


def test_a_name_given_twice_is_rejected(bench):
    names = [*bench.gate.joint_names, bench.gate.joint_names[0]]
    result = bench.submit([*bench.middle, 0.0], names=names)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_NAMES, "twice: lh_forearm_tx")


@pytest.mark.parametrize(
    ("stamp_s", "detail"),
    [
        (0.0, "stamp 0.000 s means no time"),
        (4.8, "0.200 s old; at most 0.1 s"),
        (5.6, "0.600 s in the future"),
    ],
)
def test_old_future_and_missing_stamps_are_rejected(bench, stamp_s, detail):
    bench.now_s = 5.0
    bench.observe()
    result = bench.submit(stamp_s=stamp_s)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_STAMP, detail)


def test_only_the_owner_is_obeyed(bench):
    result = bench.submit(source="policy")
    assert result.verdict is Verdict.REJECTED_OWNER
    assert "'policy' is not the owner 'expert'" in result.detail


def test_targets_beyond_the_limits_are_clamped_and_named(new_bench):
    bench = new_bench(switch_s=0.0)
    bench.gate.arm(bench.now_s)
    bench.middle[1] = bench.upper[1] + 0.01
    bench.middle[5] = bench.lower[5] - 0.01
    bench.observe(np.clip(bench.middle, bench.lower, bench.upper))
    result = bench.submit()
    assert result.verdict is Verdict.CLAMPED
    assert result.detail == f"{bench.gate.joint_names[1]}, {bench.gate.joint_names[5]}"
    assert result.target[0, 1] == bench.upper[1]
    assert result.target[0, 5] == bench.lower[5]


def test_a_jump_is_limited_and_arrives(new_bench):
    bench = new_bench(max_target_velocity=4.0, max_target_acceleration=40.0)
    bench.gate.arm(bench.now_s)
    bench.submit()
    joint = bench.index("rh_FFJ3")
    start = bench.middle[joint]
    bench.middle[joint] = start + 0.8
    path = [start, start]
    for _ in range(20):
        bench.next_decision()
        result = bench.submit()
        path.append(result.target[0, joint])
    steps = np.diff(path)
    assert steps.max() <= 4.0 * STEP_S + 1e-9
    assert np.abs(np.diff(steps)).max() <= 40.0 * STEP_S**2 + 1e-9
    assert path[-1] == start + 0.8
    assert max(path) <= start + 0.8 + 40.0 * STEP_S**2
    assert result.verdict is Verdict.ACCEPTED, "it is there"


def test_a_step_gets_one_command(new_bench):
    bench = new_bench(max_target_velocity=4.0)
    bench.gate.arm(bench.now_s)
    bench.submit()
    joint = bench.index("rh_FFJ3")
    bench.middle[joint] += 0.8
    bench.next_decision()
    first = bench.submit().target
    again = bench.submit()
    assert (again.verdict, again.detail) == (Verdict.ACCEPTED, "for the same decision: as before")
    assert np.array_equal(again.target, first)
    assert bench.submit(stamp_s=bench.now_s - STEP_S).verdict is Verdict.REJECTED_STAMP
    bench.next_decision()
    assert bench.submit().target[0, joint] > first[0, joint], "the next step"


@pytest.mark.parametrize("rate_hz", [20, 33, 100, 500])
def test_who_commands_more_often_moves_no_faster(new_bench, rate_hz):
    bench = new_bench(max_target_velocity=1.0)
    joint = bench.index("rh_FFJ3")
    bench.middle[joint] = bench.lower[joint]
    bench.next_decision()
    bench.gate.arm(bench.now_s)
    begin = bench.submit().target[0, joint]
    bench.middle[joint] = bench.upper[joint]
    for _ in range(rate_hz):  # for a second
        bench.now_s += 1 / rate_hz
        bench.observe()
        result = bench.submit()
    assert 0.5 < result.target[0, joint] - begin < 1.0 / NEXT_STEP


@given(
    seed=st.integers(0, 2**32 - 1),
    velocity=st.floats(0.1, 40.0),
    acceleration=st.floats(1.0, 2000.0),
)
@settings(max_examples=30, deadline=None)
def test_whatever_is_asked_for_what_passes_keeps_the_limits(
    new_bench, seed, velocity, acceleration
):
    bench = new_bench(max_target_velocity=velocity, max_target_acceleration=acceleration)
    bench.gate.arm(bench.now_s)
    rng = np.random.default_rng(seed)
    last = None
    for _ in range(12):
        bench.next_decision()
        wild = rng.uniform(bench.lower - 1, bench.upper + 1)
        result = bench.submit(wild)
        if result.target is None:
            assert bench.gate.state is GateState.HALTING, "it is faulty"
            return
        assert np.all((bench.lower <= result.target) & (result.target <= bench.upper))
        if last is not None:
            hinges = [i for i, n in enumerate(bench.gate.joint_names[:-1]) if "forearm" not in n]
            assert np.abs(result.target - last)[0, hinges].max() <= velocity * STEP_S + 1e-9
        last = result.target


def test_a_source_that_is_faulty_is_halted(new_bench):
    bench = new_bench(max_target_velocity=1.0)
    bench.gate.arm(bench.now_s)
    bench.submit()
    for i in range(EXCESSES):
        bench.next_decision()
        wild = bench.middle.copy()
        wild[bench.index("rh_FFJ3")] += 0.7 * (-1) ** i
        result = bench.submit(wild)
    assert result.verdict is Verdict.REJECTED_STATE
    assert bench.gate.state is GateState.HALTING
    assert "5 times too fast" in bench.gate.reason


def test_hands_slow_down_and_stop_before_they_meet(robopianist_hands):
    hands = robopianist_hands
    config = GateConfig(hand_slow_m=0.06, hand_stop_m=0.02, palm_slow_m=0.0, palm_stop_m=0.0)
    gate = CommandGate(hands, config, TIMING)
    left, right = (gate.joint_names.index(f"{side}_forearm_tx") for side in ("lh", "rh"))
    clearance = Clearance(hands, config)
    apart = np.zeros(len(hands.joint_names))
    target = apart.copy()
    target[left], target[right] = hands.upper[left], hands.upper[right]
    here, seen, distances = apart.copy(), set(), []
    for step in range(80):
        stamp_s = 1.0 + STEP_S * step
        gate.observe(here, stamp_s, stamp_s)
        gate.arm(stamp_s)
        wanted = here.copy()
        for joint in (left, right):
            wanted[joint] += np.clip(target[joint] - here[joint], -0.02, 0.02)
        request = Request(gate.joint_names, [np.append(wanted, 0.0)], (0.0,), stamp_s)
        result = gate.submit("expert", request, stamp_s, stamp_s)
        seen.add(result.verdict)
        here = result.target[0, :-1]
        distances.append(clearance.apart_m(here))
    assert distances[0] > 0.06, "they begin well apart"
    assert min(distances) > 0.015
    assert Verdict.SLOWED in seen
    assert "apart" in result.detail
    scale, _ = clearance.scale(here, apart[None])
    assert scale == 1.0, "the way apart is free"


def test_a_palm_does_not_sink_into_the_piano(pianomime_hands):
    config = GateConfig(guard_hands=False)
    clearance = Clearance(pianomime_hands, config)
    names = pianomime_hands.joint_names
    low = np.zeros(len(names))
    for name in ("rh_forearm_tz", "lh_forearm_tz"):
        low[names.index(name)] = pianomime_hands.lower[names.index(name)]
    height_m = clearance._distances(low)[1]
    assert height_m > config.palm_slow_m
    low[names.index("rh_WRJ1")] = 0.3
    assert clearance._distances(low)[1] < config.palm_slow_m
    lower = low.copy()
    lower[names.index("rh_WRJ1")] = pianomime_hands.upper[names.index("rh_WRJ1")]
    scale, why = clearance.scale(low, lower[None])
    assert scale < 1.0
    assert "a palm" in why
