"""A policy of your own: play the tune with one finger.

python your_policy.py [SONG]

When a decision begins, a policy observes the joints, the keys and the notes ahead, and answers with
joint targets. Yours may be a network; this one points a finger and moves the forearm.
"""

import sys

import numpy as np

import pianomime as pm
from pianomime.hands.hands_model import HandsModel
from pianomime.hands.kinematics import HandKinematics
from pianomime.piano.geometry import is_black, key_top, key_y
from pianomime.policy.observation import Observation
from pianomime.policy.protocol import Action
from pianomime.score.step_notes import StepNote, by_onset

RIGHT, INDEX = 1, 1
"""The right hand, and its finger that plays; 6 among the ten."""

POINTING = {"FFJ3": 0.8, "FFJ0": 0.8, "MFJ3": -0.2, "RFJ3": -0.2, "LFJ3": -0.2}
"""Posture with the index finger down and the others up [rad]."""

EARLY_S, LET_GO_S = 0.05, 0.15
"""Time by which a key is pressed before its note begins and released before it ends [s]."""


class OneFinger:
    """The right index finger plays the highest note of each onset."""

    lookahead_s = 0.5

    def __init__(self, hands: HandsModel) -> None:
        """Read the right hand off the model."""
        self._hand, self._n = HandKinematics(hands, RIGHT), len(hands.joint_names)
        self._pose = np.array([POINTING.get(name, 0.0) for name in self._hand.names])
        self._tip = self._hand.fingertips(self._pose[None]).position[0, INDEX]
        slides = np.eye(self._hand.n)[self._hand.slides]
        self._along = self._hand.carried(slides)  # (3, 3), which way each slide goes
        self.reset()

    def reset(self) -> None:
        """Forget what was played; `fingers` are those of notes, by key and first decision."""
        self.fingers: dict[tuple[int, int], int] = {}

    def step(self, observation: Observation) -> Action:
        """Return one target, held for this decision."""
        timing, now = observation.timing, observation.now
        note = self._due(observation)
        if note is not None:
            self.fingers = {(note.key, note.first): 6}
            pressed = note.first <= now + timing.steps(EARLY_S)
            goal = self._goal(note.key, pressed)
            self._pose[self._hand.slides] = self._along @ (goal - self._tip)
        pose = np.clip(self._pose, self._hand.lower, self._hand.upper)
        target = np.zeros(self._n)
        target[self._hand.joints] = self._hand.expand @ pose
        return Action.hold(target[None], timing)

    def _due(self, observation: Observation) -> StepNote | None:
        """Return the note to go to: the first whose key is not to be let go yet."""
        let_go = observation.timing.steps(LET_GO_S)
        for group in by_onset(observation.notes):
            tune = group[-1]
            if observation.now <= max(tune.first + 1, tune.last - let_go):
                return tune
        return None

    def _goal(self, key: int, pressed: bool) -> np.ndarray:
        """Return where the fingertip is to be [m, world]; deep, since the joints give way."""
        x = -0.005 if is_black()[key] else 0.045
        return np.array([x, key_y()[key], key_top()[key] + (-0.05 if pressed else 0.02)])


def main(song: str = "au_clair_de_la_lune") -> None:
    """Play a bundled piece or a MIDI file."""
    timing = pm.Timing()
    simulation = pm.PianoSimulation(pm.load_model(pm.embodiment("pianomime")), timing)
    score = pm.find_score(song)
    goals = pm.ScoreGoals.of(score, timing)
    act = pm.policy_act(OneFinger(simulation.hands), goals, simulation)
    rollout = pm.roll_out(act, 1.0, goals.steps, simulation)
    keys = pm.key_press_metrics(goals.keys, rollout.pressed)
    print(f"{score.title}: F1 {keys.f1:.3f}, precision {keys.precision:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
