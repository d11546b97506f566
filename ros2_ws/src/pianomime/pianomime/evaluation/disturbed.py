"""A simulation that does not go as it should: hands begin anywhere, and are pushed in mid-song."""

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
"""Force on a hand's slide: moves a resting Shadow hand by 3 cm."""


class DisturbedSimulation(PianoSimulation):
    """Push one hand sideways for 0.1 s, every 5 s; which, and which way, is by chance."""

    def __init__(self, hands: HandsModel, timing: Timing, seed: tuple[int, ...]) -> None:
        """Take hands; `seed` is of the places and pushes."""
        self._seed = seed
        self._frame: HandFrame | None = None
        super().__init__(hands, timing)
        self._frame = HandFrame(hands)
        joints = [hands.along(side) for side in range(len(SIDES))]
        self._bodies = hands.model.jnt_bodyid[joints].tolist()
        self.reset()

    def reset(self) -> None:
        """Put the hands anywhere."""
        super().reset()
        self._rng = np.random.default_rng(self._seed)
        self._count = 0
        if self._frame is not None:
            self.place(random_pose(self._frame, self._rng))

    def step(self, command: Command) -> list[MidiEvent]:
        """Push if it is time to, and step."""
        self._count += 1
        phase = self._count % self.timing.steps(BETWEEN_PUSHES_S)
        if phase == 0:
            body = self._bodies[self._rng.integers(len(SIDES))]
            self.data.xfrc_applied[body, 1] = self._rng.choice((-PUSH_N, PUSH_N))
        if phase == self.timing.steps(PUSH_S):
            self.data.xfrc_applied[:] = 0.0
        return super().step(command)
