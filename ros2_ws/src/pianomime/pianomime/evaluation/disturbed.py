"""Simulation with disturbances: random initial poses of the hands, and pushes while playing."""

from typing import Final

import numpy as np

from pianomime.command import Command
from pianomime.hands.fingers import SIDES
from pianomime.hands.hands_model import HandsModel
from pianomime.policy.hand_frame import HandFrame, random_pose
from pianomime.simulation.simulation import MidiEvent, PianoSimulation
from pianomime.timing import Timing

BETWEEN_PUSHES_S: Final = 5.0
PUSH_S: Final = 0.1
PUSH_N: Final = 40.0
"""Force on a hand's slide [N]; displaces a resting Shadow hand by 3 cm."""


class DisturbedSimulation(PianoSimulation):
    """Simulation in which a random hand is pushed to a random side for 0.1 s, every 5 s."""

    def __init__(self, hands: HandsModel, timing: Timing, seed: tuple[int, ...]) -> None:
        """Build the simulation; `seed` determines the initial poses and pushes."""
        self._seed = seed
        self._frame: HandFrame | None = None
        super().__init__(hands, timing)
        self._frame = HandFrame(hands)
        joints = [hands.along(side) for side in range(len(SIDES))]
        self._bodies = hands.model.jnt_bodyid[joints].tolist()
        self.reset()

    def reset(self) -> None:
        """Reset, and put the hands in a random pose."""
        super().reset()
        self._rng = np.random.default_rng(self._seed)
        self._count = 0
        if self._frame is not None:
            self.place(random_pose(self._frame, self._rng))

    def step(self, command: Command) -> list[MidiEvent]:
        """Start or end a push if it is due, then step."""
        self._count += 1
        phase = self._count % self.timing.steps(BETWEEN_PUSHES_S)
        if phase == 0:
            body = self._bodies[self._rng.integers(len(SIDES))]
            self.data.xfrc_applied[body, 1] = self._rng.choice((-PUSH_N, PUSH_N))
        if phase == max(1, self.timing.steps(PUSH_S)):
            self.data.xfrc_applied[:] = 0.0
        return super().step(command)
