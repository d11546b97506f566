import numpy as np
import pytest

from pianomime.safety.command_gate import CommandGate, GateConfig, GateState, Verdict


@pytest.fixture
def gate(pianomime_hands):
    return CommandGate(pianomime_hands, GateConfig())


@pytest.fixture
def middle(gate):
    return (gate._lower + gate._upper) / 2


def test_a_good_command_passes_unchanged(gate, middle):
    result = gate.submit("expert", gate.joint_names, middle, 1.0, 1.05)
    assert result.verdict is Verdict.ACCEPTED
    assert np.array_equal(result.target, middle)


def test_names_may_come_in_any_order(gate, middle):
    order = np.random.default_rng(0).permutation(len(middle))
    names = [gate.joint_names[i] for i in order]
    assert np.array_equal(gate.submit("expert", names, middle[order], 1.0, 1.0).target, middle)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_rejects_the_whole_command(gate, middle, bad):
    middle[3] = bad
    result = gate.submit("expert", gate.joint_names, middle, 1.0, 1.0)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_NONFINITE, gate.joint_names[3])
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
def test_wrong_names_are_rejected_and_named(gate, middle, change, detail):
    result = gate.submit("expert", change(list(gate.joint_names)), middle, 1.0, 1.0)
    assert result.verdict is Verdict.REJECTED_NAMES
    assert detail in result.detail


def test_a_name_given_twice_is_rejected(gate, middle):
    names = [*gate.joint_names, gate.joint_names[0]]
    result = gate.submit("expert", names, [*middle, 0.0], 1.0, 1.0)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_NAMES, "twice: lh_forearm_tx")


@pytest.mark.parametrize(
    ("stamp_s", "detail"),
    [
        (0.0, "stamp 0.000 s means no time"),
        (4.8, "0.200 s old; at most 0.1 s"),
        (5.6, "0.600 s in the future"),
    ],
)
def test_old_future_and_missing_stamps_are_rejected(gate, middle, stamp_s, detail):
    result = gate.submit("expert", gate.joint_names, middle, stamp_s, 5.0)
    assert (result.verdict, result.detail) == (Verdict.REJECTED_STAMP, detail)


def test_only_the_owner_is_obeyed(gate, middle):
    result = gate.submit("policy", gate.joint_names, middle, 1.0, 1.0)
    assert result.verdict is Verdict.REJECTED_OWNER
    assert "'policy' is not the owner 'expert'" in result.detail


def test_targets_beyond_the_limits_are_clamped_and_named(gate, middle):
    middle[0], middle[5] = 100.0, -100.0
    result = gate.submit("expert", gate.joint_names, middle, 1.0, 1.0)
    assert result.verdict is Verdict.CLAMPED
    assert result.detail == f"{gate.joint_names[0]}, {gate.joint_names[5]}"
    assert result.target[0] == gate._upper[0]
    assert result.target[5] == gate._lower[5]


def test_a_halt_lifts_the_fingers_without_a_jump_and_lets_go_of_the_pedal(gate, middle):
    gate.submit("expert", gate.joint_names, middle, 1.0, 1.0)
    gate.halt(1.0)
    assert gate.submit("expert", gate.joint_names, middle, 1.0, 1.0).verdict is (
        Verdict.REJECTED_STATE
    )
    targets = [gate.halt_target(1.0 + 0.05 * i, middle[:-1]) for i in range(12)]
    wrist = gate.joint_names.index("rh_WRJ1")
    heights = [target[wrist] for target in targets]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == middle[wrist]
    assert heights[-1] == GateConfig().lift_wrist_rad
    assert np.abs(np.diff(targets, axis=0)).max() < 0.1
    assert all(target[-1] == 0.0 for target in targets)
    assert gate.state is GateState.HALTED


def test_a_halt_before_any_command_starts_from_where_the_hands_are(gate, middle):
    gate.halt(1.0)
    assert np.array_equal(gate.halt_target(1.0, middle[:-1])[:-1], middle[:-1])
