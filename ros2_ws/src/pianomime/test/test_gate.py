from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianomime.errors import ConfigError
from pianomime.safety.clearance import Clearance
from pianomime.safety.command_gate import EXCESSES, CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateState, Verdict

DT_S = 0.05


@pytest.mark.parametrize("what", ["hand", "palm"])
def test_what_stops_is_slowed_before(what):
    with pytest.raises(ConfigError, match=f"{what}_stop_m = 0.2: must be at most {what}_slow_m"):
        GateConfig(**{f"{what}_stop_m": 0.2, f"{what}_slow_m": 0.1})


class Bench:
    """A gate with hands that follow, and two clocks that run together."""

    def __init__(self, hands, **config):
        self.config = GateConfig(guard_hands=False, **config)
        self.gate = CommandGate(hands, self.config, DT_S)
        self.lower = np.append(hands.lower, 0.0)
        self.upper = np.append(hands.upper, 1.0)
        self.middle = (self.lower + self.upper) / 2
        self.middle[self.index("rh_WRJ1")] = self.middle[self.index("lh_WRJ1")] = 0.0
        self.middle[-1] = 1.0
        self.now_s = 1.0
        self.observe()

    def index(self, name):
        return self.gate.joint_names.index(name)

    def observe(self, position=None):
        measured = self.middle if position is None else position
        self.gate.observe(measured[:-1], self.now_s, self.now_s)

    def submit(self, position=None, source="expert", names=None, stamp_s=None):
        position = self.middle if position is None else position
        return self.gate.submit(
            source,
            self.gate.joint_names if names is None else names,
            position,
            self.now_s if stamp_s is None else stamp_s,
            self.now_s,
            self.now_s,
        )

    def due(self):
        return self.gate.due(self.now_s, self.now_s)

    def pass_time(self, time_s, *, states=True):
        """Return what the gate commands meanwhile, each 10 ms."""
        targets = []
        for i in range(round(time_s / 0.01)):
            self.now_s = round(self.now_s + 0.01, 6)
            if states and i % 5 == 4:
                self.observe()
            targets.append(self.due())
        return targets


@pytest.fixture
def bench(pianomime_hands):
    bench = Bench(pianomime_hands)
    assert bench.gate.arm(bench.now_s) == ""
    return bench


def test_a_good_command_passes_unchanged(bench):
    result = bench.submit()
    assert result.verdict is Verdict.ACCEPTED
    assert np.array_equal(result.target, bench.middle)
    assert bench.gate.state is GateState.ACTIVE


def test_names_may_come_in_any_order(bench):
    order = np.random.default_rng(0).permutation(len(bench.middle))
    names = [bench.gate.joint_names[i] for i in order]
    assert np.array_equal(bench.submit(bench.middle[order], names=names).target, bench.middle)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_rejects_the_whole_command(bench, bad):
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


def test_targets_beyond_the_limits_are_clamped_and_named(pianomime_hands):
    bench = Bench(pianomime_hands, switch_s=0.0)
    bench.gate.arm(bench.now_s)
    bench.middle[1] = bench.upper[1] + 0.01
    bench.middle[5] = bench.lower[5] - 0.01
    bench.observe(np.clip(bench.middle, bench.lower, bench.upper))
    result = bench.submit()
    assert result.verdict is Verdict.CLAMPED
    assert result.detail == f"{bench.gate.joint_names[1]}, {bench.gate.joint_names[5]}"
    assert result.target[1] == bench.upper[1]
    assert result.target[5] == bench.lower[5]


def test_a_jump_is_limited_in_velocity_and_acceleration_and_arrives(pianomime_hands):
    bench = Bench(pianomime_hands, max_joint_velocity=4.0, max_joint_acceleration=40.0)
    bench.gate.arm(bench.now_s)
    bench.submit()
    joint = bench.index("rh_FFJ3")
    start = bench.middle[joint]
    bench.middle[joint] = start + 0.8
    path = [start, start]
    for _ in range(20):
        bench.now_s += DT_S
        bench.observe()
        result = bench.submit()
        path.append(result.target[joint])
    steps = np.diff(path)
    assert steps.max() <= 4.0 * DT_S + 1e-9
    assert np.abs(np.diff(steps)).max() <= 40.0 * DT_S**2 + 1e-9
    assert path[-1] == start + 0.8
    assert max(path) <= start + 0.8 + 40.0 * DT_S**2
    assert result.verdict is Verdict.ACCEPTED, "it is there"


@given(
    seed=st.integers(0, 2**32 - 1),
    velocity=st.floats(0.1, 40.0),
    acceleration=st.floats(1.0, 2000.0),
)
@settings(max_examples=30, deadline=None)
def test_whatever_is_asked_for_what_passes_keeps_the_limits(
    pianomime_hands, seed, velocity, acceleration
):
    bench = Bench(pianomime_hands, max_joint_velocity=velocity, max_joint_acceleration=acceleration)
    bench.gate.arm(bench.now_s)
    rng = np.random.default_rng(seed)
    last = None
    for _ in range(12):
        bench.now_s += DT_S
        bench.observe()
        wild = rng.uniform(bench.lower - 1, bench.upper + 1)
        result = bench.submit(wild)
        if result.target is None:
            assert bench.gate.state is GateState.HALTING, "it has lost it"
            return
        assert np.all((bench.lower <= result.target) & (result.target <= bench.upper))
        if last is not None:
            hinges = [i for i, n in enumerate(bench.gate.joint_names[:-1]) if "forearm" not in n]
            assert np.abs(result.target - last)[hinges].max() <= velocity * DT_S + 1e-9
        last = result.target


def test_a_source_that_has_lost_it_is_halted(pianomime_hands):
    bench = Bench(pianomime_hands, max_joint_velocity=1.0)
    bench.gate.arm(bench.now_s)
    bench.submit()
    for i in range(EXCESSES):
        bench.now_s += DT_S
        bench.observe()
        wild = bench.middle.copy()
        wild[bench.index("rh_FFJ3")] += 0.7 * (-1) ** i
        result = bench.submit(wild)
    assert result.verdict is Verdict.REJECTED_STATE
    assert bench.gate.state is GateState.HALTING
    assert "5 times too fast" in bench.gate.reason


def test_a_silent_source_makes_the_hands_rise_within_the_time_and_no_jump(bench):
    bench.submit()
    targets = bench.pass_time(0.6)
    first = next(i for i, target in enumerate(targets) if target is not None)
    assert (first + 1) * 0.01 <= 0.1
    lift = [bench.middle, *targets[first:]]
    wrist = bench.index("rh_WRJ1")
    heights = [target[wrist] for target in lift]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == bench.config.lift_wrist_rad
    assert np.abs(np.diff(lift, axis=0)[:, :-1]).max() < 0.1
    assert all(target[-1] == 0.0 for target in targets[first:]), "the pedal is up"
    assert bench.gate.state is GateState.HALTED
    assert "no command of expert" in bench.gate.reason
    assert bench.submit().verdict is Verdict.REJECTED_STATE, "until it is armed again"
    assert bench.gate.arm(bench.now_s) == ""
    assert bench.submit().verdict.passed


def test_a_halt_slows_down_what_moves(bench):
    joint = bench.index("rh_forearm_tx")
    for step in range(3):
        moving = bench.middle.copy()
        moving[joint] += 0.05 * step
        bench.submit(moving)
        bench.now_s += DT_S
        bench.observe()
    bench.gate.halt(bench.now_s, "asked")
    path = [target[joint] for target in bench.pass_time(0.3)]
    assert path[0] > moving[joint] + 0.005, "it goes on at first"
    assert abs(path[-1] - path[-2]) < 1e-4, "and comes to rest"
    assert not bench.gate.is_alarmed


def test_silence_in_lock_step_and_a_pause_are_no_faults(pianomime_hands, bench):
    waiting = Bench(pianomime_hands, lock_step=True, auto_arm=True)
    waiting.submit()
    assert waiting.pass_time(5.0) == [None] * 500
    bench.submit()
    for i in range(50):  # time stands still, and the hands say so
        bench.gate.observe(bench.middle[:-1], bench.now_s, bench.now_s + 0.2 * i)
        assert bench.gate.due(bench.now_s, bench.now_s + 0.2 * i + 0.1) is None
    assert bench.gate.state is GateState.ACTIVE


def test_simulated_hands_go_on_when_the_source_is_back_without_a_jump(pianomime_hands):
    bench = Bench(pianomime_hands, auto_arm=True)
    bench.submit()
    last = bench.pass_time(0.25)[-1]
    assert bench.gate.state is GateState.HALTING
    for _ in range(12):
        result = bench.submit()
        assert np.abs(result.target - last)[:-1].max() < 0.25
        last = result.target
        bench.now_s += DT_S
        bench.observe()
    assert np.array_equal(last, bench.middle)
    assert bench.gate.state is GateState.ACTIVE


def test_the_end_of_a_song_is_no_alarm_and_the_next_one_may_begin(pianomime_hands):
    bench = Bench(pianomime_hands, auto_arm=True)
    bench.submit()
    bench.gate.rest(bench.now_s)
    bench.pass_time(0.5)
    assert bench.gate.state is GateState.HALTED
    assert not bench.gate.is_alarmed
    assert bench.submit().verdict.passed


def test_after_a_halt_that_was_asked_for_even_simulated_hands_wait(pianomime_hands):
    bench = Bench(pianomime_hands, auto_arm=True)
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    bench.pass_time(0.5)
    assert bench.submit().verdict is Verdict.REJECTED_STATE
    assert bench.gate.arm(bench.now_s) == ""
    assert bench.submit().verdict.passed


def test_after_a_lift_the_first_command_is_led_over_to(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    lifted = bench.pass_time(0.5)[-1]
    assert bench.gate.arm(bench.now_s) == ""
    target = bench.submit().target
    assert np.abs(target - lifted)[:-1].max() < 1e-9
    bench.now_s += DT_S
    bench.observe()
    assert 0 < np.abs(bench.submit().target - lifted)[:-1].max() < 0.1


def test_hands_that_were_moved_while_disarmed_are_taken_from_where_they_are(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    bench.pass_time(0.5)
    assert bench.gate.disarm() == ""
    bench.now_s += 10
    assert bench.gate.arm(bench.now_s) == "no fresh joint_states"
    bench.middle[bench.index("rh_forearm_tx")] += 0.2
    bench.observe()
    assert bench.gate.arm(bench.now_s) == ""
    assert bench.submit().verdict is Verdict.ACCEPTED


def test_a_far_first_note_is_no_glitch(pianomime_hands):
    slow = {
        "max_forearm_velocity": 1.0,
        "max_forearm_acceleration": 20.0,
        "max_joint_velocity": 12.0,
    }
    bench = Bench(pianomime_hands, **slow)
    bench.gate.arm(bench.now_s)
    far = bench.middle.copy()
    far[bench.index("rh_forearm_tx")] = bench.upper[bench.index("rh_forearm_tx")]
    for _ in range(30):
        assert bench.submit(far).verdict.passed
        bench.now_s += DT_S
        bench.observe()
    assert bench.gate.state is GateState.ACTIVE


def test_hands_that_say_nothing_new_are_a_fault_left_by_a_reset_alone(bench):
    for _ in range(20):  # commands go on; the joint states do not
        result = bench.submit()
        bench.pass_time(DT_S, states=False)
    assert result.verdict is Verdict.REJECTED_STATE
    assert bench.gate.state is GateState.FAULT
    assert "no new joint_states" in bench.gate.reason
    assert "reset first" in bench.gate.arm(bench.now_s)
    assert bench.gate.reset(bench.now_s) == "no fresh joint_states"
    bench.observe()
    assert bench.gate.reset(bench.now_s) == ""
    assert bench.gate.state is GateState.DISARMED
    assert bench.gate.arm(bench.now_s) == ""
    assert bench.submit().verdict.passed


def test_hands_and_clock_that_are_dead_are_a_fault(bench):
    bench.submit()
    assert bench.gate.due(bench.now_s, bench.now_s + 0.4) is None
    assert bench.gate.due(bench.now_s, bench.now_s + 0.6) is not None
    assert bench.gate.state is GateState.FAULT


def test_a_halt_is_over_when_the_hands_have_come_to_rest(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    for step in range(12):  # the lift takes 6 steps; the hands lag behind it
        bench.now_s += DT_S
        here = bench.middle.copy()
        here[bench.index("rh_WRJ1")] -= 0.03 * min(step, 9)
        bench.observe(here)
        bench.due()
        assert (bench.gate.state is GateState.HALTED) == (step >= 10)


def test_hands_that_never_come_to_rest_are_not_waited_for(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    for step in range(20):
        bench.now_s += DT_S
        here = bench.middle.copy()
        here[bench.index("rh_WRJ1")] += 0.05 * (step % 2)
        bench.observe(here)
        bench.due()
    assert bench.gate.state is GateState.HALTED


def test_hands_that_fall_silent_while_they_are_held_up_are_a_fault(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    bench.pass_time(1.0)
    assert bench.gate.state is GateState.HALTED
    held = bench.gate.due(bench.now_s, bench.now_s + 0.4)
    assert bench.gate.state is GateState.HALTED
    assert np.array_equal(bench.gate.due(bench.now_s, bench.now_s + 0.6), held)
    assert bench.gate.state is GateState.FAULT
    assert bench.gate.is_alarmed
    assert bench.gate.reason == "asked, then no fresh joint_states"


def test_a_clock_that_goes_back_starts_from_where_the_hands_are(bench):
    bench.now_s = 50.0
    bench.observe()
    bench.submit()
    bench.now_s = 1.0
    here = bench.middle.copy()
    here[bench.index("rh_WRJ1")] += 0.1
    bench.observe(here)
    assert bench.gate.state is GateState.ARMED
    result = bench.submit(here)
    assert result.verdict.passed
    assert bench.submit(here, stamp_s=50.0).verdict is Verdict.REJECTED_STAMP


def test_a_change_of_source_is_led_over(pianomime_hands):
    bench = Bench(pianomime_hands, switch_s=0.3)
    bench.gate.arm(bench.now_s)
    bench.submit()
    bench.gate.configure(replace(bench.config, owner="policy"))
    other = bench.middle + 0.3 * np.where(bench.middle + 0.3 < bench.upper, 1, -1)
    other[-1] = 0.0
    other = np.clip(other, bench.lower, bench.upper)
    path = [bench.middle]
    for _ in range(8):
        path.append(bench.submit(other, source="policy").target)
        bench.now_s += DT_S
        bench.observe()
    assert np.array_equal(path[1][:-1], bench.middle[:-1]), "it begins where the other was"
    assert np.abs(np.diff(path, axis=0)[:, :-1]).max() < 0.1
    assert np.array_equal(path[-1], other)


def test_hands_slow_down_and_stop_before_they_meet(robopianist_hands):
    hands = robopianist_hands
    config = GateConfig(hand_slow_m=0.06, hand_stop_m=0.02, palm_slow_m=0.0, palm_stop_m=0.0)
    gate = CommandGate(hands, config, DT_S)
    left, right = (gate.joint_names.index(f"{side}_forearm_tx") for side in ("lh", "rh"))
    clearance = Clearance(hands, config)
    apart = np.zeros(len(hands.joint_names))
    target = apart.copy()
    target[left], target[right] = hands.upper[left], hands.upper[right]
    here, seen, distances = apart.copy(), set(), []
    for step in range(80):
        stamp_s = 1.0 + DT_S * step
        gate.observe(here, stamp_s, stamp_s)
        gate.arm(stamp_s)
        wanted = here.copy()
        for joint in (left, right):
            wanted[joint] += np.clip(target[joint] - here[joint], -0.02, 0.02)
        result = gate.submit(
            "expert", gate.joint_names, np.append(wanted, 0.0), stamp_s, stamp_s, stamp_s
        )
        seen.add(result.verdict)
        here = result.target[:-1]
        distances.append(clearance.apart_m(here))
    assert distances[0] > 0.06, "they begin well apart"
    assert min(distances) > 0.015
    assert Verdict.SLOWED in seen
    assert "apart" in result.detail
    scale, _ = clearance.scale(here, apart)
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
    scale, why = clearance.scale(low, lower)
    assert scale < 1.0
    assert "a palm" in why
