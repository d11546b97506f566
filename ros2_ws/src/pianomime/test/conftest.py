import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pianomime.hands.embodiment import EMBODIMENTS, embodiment
from pianomime.hands.hands_model import HandsModel
from pianomime.planning.fingertip_plan import FingertipPlanConfig, plan_fingertips
from pianomime.planning.performance_plan import LEAD_IN_S, TAIL_S
from pianomime.planning.row_times import row_times
from pianomime.planning.strikes import strikes
from pianomime.policy.checkpoint import Checkpoint, load_checkpoint
from pianomime.policy.hand_frame import HandFrame
from pianomime.safety.command_gate import CommandGate
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import Request
from pianomime.score.score import Note, Score
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import ROBOPIANIST_TIMING

MODELS = Path(__file__).parents[5] / "shared/hands"
"""Models of hands that are not the project's."""

BUNDLED = Path(__file__).parents[4] / "models/generalist_pianomime.safetensors"


def find_hands(name: str) -> HandsModel:
    """Return the hands; skip the test where their models are absent."""
    if MODELS.is_dir():
        os.environ.setdefault("PIANOMIME_HANDS", str(MODELS))
    spec = embodiment(name)
    if not spec.model.package and "PIANOMIME_HANDS" not in os.environ:
        pytest.skip(f"no models of {name} in {MODELS}, and PIANOMIME_HANDS is not set")
    return load_model(spec)


@pytest.fixture(scope="session", params=EMBODIMENTS)
def hands(request) -> HandsModel:
    return find_hands(request.param)


@pytest.fixture(scope="session", params=("pianomime", "robopianist"))
def shadow_hands(request) -> HandsModel:
    return find_hands(request.param)


@pytest.fixture(scope="session")
def pianomime_hands() -> HandsModel:
    return load_model(embodiment("pianomime"))


@pytest.fixture(scope="session")
def robopianist_hands() -> HandsModel:
    return load_model(embodiment("robopianist"))


@pytest.fixture
def simulation(pianomime_hands) -> PianoSimulation:
    return PianoSimulation(pianomime_hands, ROBOPIANIST_TIMING)


@pytest.fixture(scope="session")
def frame(pianomime_hands) -> HandFrame:
    return HandFrame(pianomime_hands)


@pytest.fixture(scope="session")
def bundled() -> Checkpoint:
    return load_checkpoint(BUNDLED)


@pytest.fixture(scope="session")
def tune() -> Score:
    """A melody of six notes over a bass of two, 1.8 s."""
    melody = [Note(i * 0.3, i * 0.3 + 0.25, k) for i, k in enumerate((39, 43, 46, 51, 46, 43))]
    return Score.from_notes("tune", [*melody, Note(0.0, 0.9, 27), Note(0.9, 1.8, 22)])


class GateBench:
    """A gate with hands that follow, and two clocks that run together."""

    def __init__(self, hands, timing=ROBOPIANIST_TIMING, **config):
        self.config = GateConfig(guard_hands=False, **config)
        self.timing = timing
        self.gate = CommandGate(hands, self.config, timing)
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

    def next_decision(self):
        self.now_s += self.timing.decision_s
        self.observe()

    def submit(self, position=None, source="expert", names=None, stamp_s=None):
        """Submit a command of one point (n,)."""
        position = self.middle if position is None else position
        return self.submit_points([position], (0.0,), source, names, stamp_s)

    def submit_points(self, positions, times_s=None, source="expert", names=None, stamp_s=None):
        """Submit a command of several points, (points, n), at the timing's times if not given."""
        request = Request(
            self.gate.joint_names if names is None else names,
            positions,
            self.timing.times_s if times_s is None else times_s,
            self.now_s if stamp_s is None else stamp_s,
        )
        return self.gate.submit(source, request, self.now_s, self.now_s)

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


@pytest.fixture(scope="session")
def new_bench(pianomime_hands):
    return partial(GateBench, pianomime_hands)


@pytest.fixture
def bench(new_bench):
    bench = new_bench()
    assert bench.gate.arm(bench.now_s) == ""
    return bench


@pytest.fixture(scope="session")
def fingertips_of():
    """A function that plans the fingertips of a fingered score."""

    def plan(score, config=None):
        config, layout = config or FingertipPlanConfig(), embodiment("pianomime").layout
        played = strikes(score.notes, layout, config)
        end_s = max(note.offset_s for note in score.notes) + TAIL_S
        time_s = row_times(played, [-LEAD_IN_S], end_s, config)
        return plan_fingertips(played, time_s, layout, config)

    return plan
