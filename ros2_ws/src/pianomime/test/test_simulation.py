import mujoco
import numpy as np
import pytest

from pianomime.command import Command
from pianomime.errors import ModelError
from pianomime.hands.embodiment import embodiment
from pianomime.metrics.key_press import key_press_metrics
from pianomime.piano.action import LET_OFF
from pianomime.score.score import Note, Score
from pianomime.simulation.flight_recorder import FlightRecorder, replay
from pianomime.simulation.model import load_model
from pianomime.simulation.reference import reference_environment
from pianomime.simulation.simulation import MidiKind, PianoSimulation, SimulationDivergedError
from pianomime.timing import PHYSICS_S, Timing
from pianomime.timing import ROBOPIANIST_TIMING as TIMING

STEPS = 300
FINE = Timing(command_s=0.01)


def wandering_targets(simulation, steps, seed=0):
    """Smooth targets that push the hands into the keys."""
    hands = simulation.hands
    rng = np.random.default_rng(seed)
    knots = rng.uniform(hands.lower, hands.upper, (steps // 10 + 2, len(hands.lower)))
    times = np.arange(steps) / 10
    low = times.astype(int)
    blend = (times - low)[:, None]
    targets = (1 - blend) * knots[low] + blend * knots[low + 1]
    down = [i for i, name in enumerate(hands.joint_names) if name.endswith("WRJ1")]
    targets[:, down] = hands.upper[down]
    return targets


def hold(target, sustain=False):
    return Command.hold(target, sustain, TIMING)


def wandering_commands(simulation, steps, sustain=False):
    """Return commands of as many points as the simulation's timing has."""
    timing, n = simulation.timing, len(simulation.hands.lower)
    targets = wandering_targets(simulation, steps * timing.points).reshape(steps, -1, n)
    pedal = np.full(timing.points, sustain)
    return [Command(points, pedal, timing.times_s) for points in targets]


@pytest.mark.parametrize("name", ["pianomime", "robopianist"])
def test_key_presses_and_metric_equal_robopianists(name):
    pytest.importorskip("note_seq")
    simulation = PianoSimulation(load_model(embodiment(name)), TIMING)
    notes = [Note(i / 2, i / 2 + 0.5, 20 + i % 50) for i in range(STEPS // 10)]
    scale = Score.from_notes("scale", notes)
    reference = reference_environment(embodiment(name), scale)
    from robopianist.wrappers.evaluation import MidiEvaluationWrapper  # needs the stand-ins

    environment = MidiEvaluationWrapper(reference)
    environment.reset()
    wanted = np.zeros((len(environment.task._notes), 88), bool)
    for step, notes in enumerate(environment.task._notes):
        wanted[step, [note.key for note in notes]] = True
    targets = wandering_targets(simulation, len(wanted))
    ours, theirs = np.zeros_like(wanted), np.zeros_like(wanted)
    n = simulation.model.nu // 2  # robopianist wants the right hand first, as its model has it
    for step, target in enumerate(targets):
        simulation.step(hold(target))
        ctrl = simulation.hands.coupling @ target
        time_step = environment.step(np.concatenate([ctrl[:n], ctrl[n:], [0.0]]))
        ours[step], theirs[step] = simulation.active, environment.task.piano.activation
    assert time_step.last()
    assert ours.any(axis=0).sum() > 5
    assert np.array_equal(ours, theirs)
    metrics, reference = key_press_metrics(wanted, ours), environment.get_musical_metrics()
    assert metrics.precision == pytest.approx(reference["precision"], abs=1e-12)
    assert metrics.recall == pytest.approx(reference["recall"], abs=1e-12)
    assert metrics.f1 == pytest.approx(reference["f1"], abs=1e-12)


@pytest.mark.parametrize("timing", [TIMING, FINE], ids=["50 ms", "10 ms"])
def test_the_same_commands_give_the_same_music(pianomime_hands, timing):
    simulation = PianoSimulation(pianomime_hands, timing)
    commands = wandering_commands(simulation, 60)

    def play(first):
        events = [event for command in commands[first:] for event in simulation.step(command)]
        return events, simulation.data.qpos.tolist()

    events, position = play(0)
    assert events
    simulation.reset()
    again = [event for command in commands[:30] for event in simulation.step(command)]
    state = simulation.save()
    rest, end = play(30)
    assert (again + rest, end) == (events, position), "to the last bit"
    simulation.restore(state)
    assert play(30) == (rest, end), "a saved state goes on as before, in mid-line too"


def test_actuators_targets_move_along_the_line(pianomime_hands, monkeypatch):
    simulation = PianoSimulation(pianomime_hands, FINE)
    seen, step_physics = [], mujoco.mj_step
    monkeypatch.setattr(
        mujoco, "mj_step", lambda *model: seen.append(model[1].ctrl.copy()) or step_physics(*model)
    )
    ends_s = PHYSICS_S * np.arange(1, FINE.substeps + 1)
    before = np.zeros(simulation.model.nu)
    for command in wandering_commands(simulation, 3):
        simulation.step(command)
        knots = np.vstack([before, command.target @ simulation.hands.coupling.T])
        line = [np.interp(ends_s, (0.0, *FINE.times_s), knot) for knot in knots.T]
        assert np.array(seen) == pytest.approx(np.transpose(line), abs=1e-12)
        before = knots[-1]
        seen.clear()
    held = command.held()
    simulation.step(held)
    assert np.array_equal(seen, [held.target[0] @ simulation.hands.coupling.T] * FINE.substeps)


def test_notes_begin_and_end_in_turn_within_their_step(simulation):
    sounding = set()
    for step, command in enumerate(wandering_commands(simulation, 80)):
        for event in simulation.step(command):
            assert TIMING.time_s(step) < event.time_s <= TIMING.time_s(step + 1) + 1e-9
            if event.kind is MidiKind.NOTE_ON:
                assert event.number not in sounding
                assert 1 <= event.value <= 127
                sounding.add(event.number)
            else:
                sounding.remove(event.number)
        assert sounding >= set(np.flatnonzero(simulation.key_position >= LET_OFF) + 21)


def test_the_pedal_makes_control_changes(simulation):
    rest = np.clip(np.zeros(len(simulation.hands.lower)), simulation.hands.lower, None)
    values = [
        [e.value for e in simulation.step(hold(rest, down)) if e.kind is MidiKind.CONTROL]
        for down in (False, True, True, False)
    ]
    assert values == [[], [127], [], [0]]


def test_the_pedal_changes_at_its_point(pianomime_hands):
    simulation = PianoSimulation(pianomime_hands, FINE)
    rest = np.zeros((FINE.points, len(simulation.hands.lower)))
    changes = []
    for pedal in ((False, True, True, False, True), (False, False, False, False, False)):
        for event in simulation.step(Command(rest, np.array(pedal), FINE.times_s)):
            changes.append((round(event.time_s, 6), event.value))
        changes.append(simulation.sustain)
    first = [(0.02, 127), (0.04, 0), (0.05, 127), True]
    assert changes == [*first, (0.06, 0), False], "the last point's is the end's, too"


def test_a_diverging_simulation_says_so_instead_of_starting_over(simulation):
    simulation.step(hold(simulation.hands.lower))
    simulation.data.qvel[:] = 1e12
    with pytest.raises(SimulationDivergedError, match="diverged"):
        simulation.step(hold(simulation.hands.lower))


@pytest.mark.parametrize("timing", [TIMING, FINE], ids=["50 ms", "10 ms"])
def test_what_led_to_a_break_can_be_played_again(pianomime_hands, timing, tmp_path):
    simulation = PianoSimulation(pianomime_hands, timing)
    flight = FlightRecorder(pianomime_hands.spec, timing)
    for step, command in enumerate(wandering_commands(simulation, 26, sustain=True)):
        if step == 25:
            simulation.data.qvel[3] = 1e12
        flight.record(simulation, command)
        if step < 25:
            simulation.step(command)
            continue
        with pytest.raises(SimulationDivergedError) as first:
            simulation.step(command)
    flight.write(tmp_path / "break.npz")
    with pytest.raises(SimulationDivergedError) as second:
        replay(tmp_path / "break.npz")
    assert str(second.value) == str(first.value)
    with pytest.raises(ModelError, match="no file of a flight recorder"):
        replay(tmp_path / "nowhere.npz")
    cut_off = tmp_path / "cut_off.npz"
    cut_off.write_bytes((tmp_path / "break.npz").read_bytes()[:200])
    with pytest.raises(ModelError, match="no file of a flight recorder"):
        replay(cut_off)


def test_time_is_exact(simulation):
    for _ in range(60):
        simulation.step(hold(simulation.hands.lower))
    assert simulation.time_s == 3.0
