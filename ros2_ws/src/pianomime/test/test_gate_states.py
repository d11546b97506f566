"""When the gate halts, and what leads out of it."""

from dataclasses import replace

import numpy as np

from pianomime.safety.gate_types import GateState, Verdict
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEP_S = TIMING.decision_s


def test_a_silent_source_makes_the_hands_rise_in_time(bench):
    bench.submit()
    targets = bench.pass_time(0.6)
    first = next(i for i, target in enumerate(targets) if target is not None)
    assert (first + 1) * 0.01 <= 0.1
    lift = [bench.middle, *targets[first:]]
    wrist = bench.index("rh_WRJ1")
    heights = [target[wrist] for target in lift]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == -0.45
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
        bench.next_decision()
    bench.gate.halt(bench.now_s, "asked")
    path = [target[joint] for target in bench.pass_time(0.3)]
    assert path[0] > moving[joint] + 0.005, "it goes on at first"
    assert abs(path[-1] - path[-2]) < 1e-4, "and comes to rest"
    assert not bench.gate.is_alarmed


def test_silence_in_lock_step_and_a_pause_are_no_faults(new_bench, bench):
    waiting = new_bench(lock_step=True, auto_arm=True)
    waiting.submit()
    assert waiting.pass_time(5.0) == [None] * 500
    bench.submit()
    for i in range(50):  # time stands still, and the hands say so
        bench.gate.observe(bench.middle[:-1], bench.now_s, bench.now_s + 0.2 * i)
        assert bench.gate.due(bench.now_s, bench.now_s + 0.2 * i + 0.1) is None
    assert bench.gate.state is GateState.ACTIVE


def test_simulated_hands_go_on_when_the_source_is_back(new_bench):
    bench = new_bench(auto_arm=True)
    bench.submit()
    last = bench.pass_time(0.25)[-1]
    assert bench.gate.state is GateState.HALTING
    for _ in range(12):
        result = bench.submit()
        assert np.abs(result.target[0] - last)[:-1].max() < 0.25
        last = result.target[0]
        bench.next_decision()
    assert np.array_equal(last, bench.middle)
    assert bench.gate.state is GateState.ACTIVE


def test_the_end_of_a_song_is_no_alarm(new_bench):
    bench = new_bench(auto_arm=True)
    bench.submit()
    bench.gate.rest(bench.now_s)
    bench.pass_time(0.5)
    assert bench.gate.state is GateState.HALTED
    assert not bench.gate.is_alarmed
    assert bench.submit().verdict.passed


def test_after_a_requested_halt_simulated_hands_wait(new_bench):
    bench = new_bench(auto_arm=True)
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
    target = bench.submit().target[0]
    assert np.abs(target - lifted)[:-1].max() < 1e-9
    bench.next_decision()
    assert 0 < np.abs(bench.submit().target[0] - lifted)[:-1].max() < 0.1


def test_hands_moved_while_disarmed_start_where_they_are(bench):
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


def test_a_far_first_note_is_no_glitch(new_bench):
    slow = {
        "max_slide_target_velocity": 1.0,
        "max_slide_target_acceleration": 20.0,
        "max_target_velocity": 12.0,
    }
    bench = new_bench(**slow)
    bench.gate.arm(bench.now_s)
    far = bench.middle.copy()
    far[bench.index("rh_forearm_tx")] = bench.upper[bench.index("rh_forearm_tx")]
    for _ in range(30):
        assert bench.submit(far).verdict.passed
        bench.next_decision()
    assert bench.gate.state is GateState.ACTIVE


def test_stale_joint_states_are_a_fault_that_needs_a_reset(bench):
    for _ in range(20):  # commands go on; the joint states do not
        result = bench.submit()
        bench.pass_time(STEP_S, states=False)
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
        bench.now_s += STEP_S
        here = bench.middle.copy()
        here[bench.index("rh_WRJ1")] -= 0.03 * min(step, 9)
        bench.observe(here)
        bench.due()
        assert (bench.gate.state is GateState.HALTED) == (step >= 10)


def test_hands_that_never_come_to_rest_are_not_waited_for(bench):
    bench.submit()
    bench.gate.halt(bench.now_s, "asked")
    for step in range(20):
        bench.now_s += STEP_S
        here = bench.middle.copy()
        here[bench.index("rh_WRJ1")] += 0.05 * (step % 2)
        bench.observe(here)
        bench.due()
    assert bench.gate.state is GateState.HALTED


def test_hands_that_fall_silent_while_held_up_are_a_fault(bench):
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


def test_a_change_of_source_is_led_over(new_bench):
    bench = new_bench(switch_s=0.3)
    bench.gate.arm(bench.now_s)
    bench.submit()
    bench.gate.configure(replace(bench.config, owner="policy"))
    other = bench.middle + 0.3 * np.where(bench.middle + 0.3 < bench.upper, 1, -1)
    other[-1] = 0.0
    other = np.clip(other, bench.lower, bench.upper)
    path = [bench.middle]
    for _ in range(8):
        path.append(bench.submit(other, source="policy").target[0])
        bench.next_decision()
    assert np.array_equal(path[1][:-1], bench.middle[:-1]), "it begins where the other was"
    assert np.abs(np.diff(path, axis=0)[:, :-1]).max() < 0.1
    assert np.array_equal(path[-1], other)
