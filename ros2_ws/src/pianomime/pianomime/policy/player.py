"""Play with a policy: build its observations, execute its actions."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.planning.rollout import Act
from pianomime.policy.observation import Observation
from pianomime.policy.protocol import Action, Policy
from pianomime.score.goals import ScoreGoals
from pianomime.score.step_notes import NoteName, StepNote, in_window
from pianomime.simulation.simulator import Simulator
from pianomime.timing import Timing

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]


class PolicyPlayer:
    """A policy with the memory of what it last commanded."""

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

    def step(
        self,
        now: int,
        notes: Sequence[StepNote],
        sustain: Bools,
        joint_position: Array,
        key_position: Array,
    ) -> Command:
        """Return the command of the decision that begins.

        Args:
            now: Which decision of the score.
            notes: In sight; those beyond the horizon are not observed.
            sustain: (points,) the pedal.
            joint_position: (n,) measured [rad, m].
            key_position: (88,) how far each key is down, 0 .. 1.

        Raises:
            ModelError: The policy's action does not fit the hands.
        """
        observation = Observation(
            timing=self._timing,
            now=now,
            notes=in_window(notes, now, self.horizon),
            sustain=sustain,
            joint_position=joint_position,
            key_position=key_position,
            previous=self._previous,
        )
        action = self._policy.step(observation)
        action.check(self._timing.points, len(joint_position))
        self._action, self._observed = action, now
        return self._execute(action, 0, sustain)

    def carry_on(self, now: int, sustain: Bools) -> Command | None:
        """Return the command of a decision without an observation; None beyond the last action.

        Args:
            now: Which decision of the score.
            sustain: (points,) the pedal.

        Raises:
            ModelError: The action's later targets do not fit the hands.
        """
        ahead, action = now - self._observed, self._action
        if action is None or ahead < 0:
            return None
        if ahead >= len(action.targets):
            joints = action.targets.shape[2]
            self._action = action = action.complete()
            action.check(self._timing.points, joints)
        return self._execute(action, ahead, sustain) if ahead < len(action.targets) else None

    def _execute(self, action: Action, ahead: int, sustain: Bools) -> Command:
        target = action.targets[ahead]
        self._previous = target[-1]
        command = Command(target, sustain, self._timing.times_s)
        # A single target is in force at once, as in training, not after a line to it.
        return command.held() if (target == target[0]).all() else command


def policy_act(policy: Policy, goals: ScoreGoals, simulator: Simulator) -> Act:
    """Return the policy, with nothing played, as `roll_out` takes it."""
    player = PolicyPlayer(policy, simulator.timing)

    def act(step: int, measured: Array) -> Command:
        notes, sustain = goals.notes_in(step, player.horizon), goals.sustain_at(step)
        return player.step(step, notes, sustain, measured, simulator.key_position)

    return act
