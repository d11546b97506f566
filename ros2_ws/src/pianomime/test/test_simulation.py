import numpy as np
import pytest

from pianomime.errors import ModelError
from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.metrics.key_press import key_press_metrics
from pianomime.score.score import Note, Score
from pianomime.simulation.flight_recorder import FlightRecorder, replay
from pianomime.simulation.model import load_model
from pianomime.simulation.reference import reference_environment
from pianomime.simulation.simulation import MidiKind, PianoSimulation, SimulationDivergedError

STEPS = 1000


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


@pytest.mark.parametrize("name", EMBODIMENTS)
def test_key_presses_and_metric_equal_robopianists(name):
    pytest.importorskip("note_seq")
    simulation = PianoSimulation(load_model(embodiment(name)))
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
        simulation.step(target, sustain=False)
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


@pytest.fixture
def simulation():
    return PianoSimulation(load_model(embodiment("pianomime")))


def test_the_same_commands_give_the_same_music(simulation):
    targets = wandering_targets(simulation, 60)
    runs = []
    for _ in range(2):
        simulation.reset()
        events = [event for target in targets for event in simulation.step(target, False)]
        runs.append((events, simulation.data.qpos.copy()))
    assert runs[0][0] == runs[1][0] != []
    assert np.array_equal(runs[0][1], runs[1][1])


def test_notes_begin_and_end_in_turn_within_their_step(simulation):
    sounding = set()
    for step, target in enumerate(wandering_targets(simulation, 80)):
        for event in simulation.step(target, False):
            assert step * 0.05 < event.time_s <= (step + 1) * 0.05 + 1e-9
            if event.kind is MidiKind.NOTE_ON:
                assert event.number not in sounding
                assert 1 <= event.value <= 127
                sounding.add(event.number)
            else:
                sounding.remove(event.number)
        assert sounding == set(np.flatnonzero(simulation.active) + 21)


def test_the_pedal_makes_control_changes(simulation):
    rest = np.clip(np.zeros(len(simulation.hands.lower)), simulation.hands.lower, None)
    values = [
        [event.value for event in simulation.step(rest, down) if event.kind is MidiKind.CONTROL]
        for down in (False, True, True, False)
    ]
    assert values == [[], [127], [], [0]]


def test_a_diverging_simulation_says_so_instead_of_starting_over(simulation):
    simulation.step(simulation.hands.lower, False)
    simulation.data.qvel[:] = 1e12
    with pytest.raises(SimulationDivergedError, match="diverged"):
        simulation.step(simulation.hands.lower, False)


def test_what_led_to_a_break_can_be_played_again(simulation, tmp_path):
    simulation.reset()
    flight = FlightRecorder("pianomime")
    for step, target in enumerate(wandering_targets(simulation, 30)):
        if step == 25:
            simulation.data.qvel[3] = 1e12
        flight.take(simulation, target, sustain=True)
        if step < 25:
            simulation.step(target, sustain=True)
            continue
        with pytest.raises(SimulationDivergedError) as first:
            simulation.step(target, sustain=True)
        break
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
        simulation.step(simulation.hands.lower, False)
    assert simulation.time_s == 3.0
