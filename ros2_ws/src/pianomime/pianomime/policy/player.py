"""Play with a policy: build its observations, execute its actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.fingering.online import NoteName
from pianomime.planning.rollout import Act
from pianomime.policy.observation import Observation
from pianomime.policy.protocol import Action, Policy
from pianomime.score.goals import ScoreGoals
from pianomime.score.step_notes import StepNote, in_window
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DecisionGoal:
    """What is asked of a decision.

    Attributes:
        now: Decision of the score.
        notes: In sight.
        sustain: (points,) whether the pedal is to be down.
    """

    now: int
    notes: Sequence[StepNote]
    sustain: NDArray[np.bool_]


class PolicyPlayer:
    """A policy at the keyboard, with the memory of what it last commanded."""

    def __init__(self, policy: Policy, timing: Timing) -> None:
        """Begin with nothing played."""
        self._policy, self._timing = policy, timing
        self.reset()

    @property
    def horizon(self) -> int:
        """Decisions whose notes the policy observes."""
        return self._timing.steps(self._policy.lookahead_s) + 1

    @property
    def fingers(self) -> Mapping[NoteName, int]:
        """Fingers that are decided of the notes in sight."""
        return self._policy.fingers

    def reset(self) -> None:
        """Forget what was played."""
        self._policy.reset()
        self._action: Action | None = None
        self._observed = 0  # decision of the action
        self._previous: Array | None = None

    def step(self, goal: DecisionGoal, joint_position: Array, key_position: Array) -> Command:
        """Return the command of the decision that begins.

        Args:
            goal: Notes beyond the horizon are not observed.
            joint_position: (n,) measured [rad, m].
            key_position: (88,) how far each key is down, 0 .. 1.

        Raises:
            ModelError: The policy's action does not fit the hands.
        """
        observation = Observation(
            timing=self._timing,
            now=goal.now,
            notes=in_window(goal.notes, goal.now, self.horizon),
            sustain=goal.sustain,
            joint_position=joint_position,
            key_position=key_position,
            previous=self._previous,
        )
        action = self._policy.step(observation)
        action.check(self._timing.points, len(joint_position))
        self._action, self._observed = action, goal.now
        command = self.carry_on(goal)
        assert command is not None
        return command

    def carry_on(self, goal: DecisionGoal) -> Command | None:
        """Return the command of a decision without an observation; None beyond the last action."""
        if self._action is None:
            return None
        ahead = goal.now - self._observed
        command = self._action.command(ahead, goal.sustain, self._timing)
        if command is not None:
            self._previous = command.target[-1]
        return command


def policy_act(policy: Policy, goals: ScoreGoals, simulation: PianoSimulation) -> Act:
    """Return the policy, with nothing played, as `roll_out` takes it."""
    player = PolicyPlayer(policy, simulation.timing)

    def act(step: int, measured: Array) -> Command:
        goal = DecisionGoal(step, goals.notes_in(step, player.horizon), goals.sustain_at(step))
        return player.step(goal, measured, simulation.key_position)

    return act
