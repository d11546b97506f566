"""Reinforcement learning environment: a small residual added to the commands of a plan."""

from dataclasses import dataclass
from typing import Any, Final

import gymnasium
import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.hands.fingers import SIDES
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.kinematics import HandKinematics, both_fingertips
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import play_on
from pianomime.score.goals import ScoreGoals
from pianomime.simulation.model import load_model
from pianomime.simulation.simulation import PianoSimulation, SimulationState

Array = NDArray[np.float64]

_GAUSSIAN_AT_MARGIN: Final = 0.1
"""Value of dm_control's `tolerance` at its margin (dm_control/utils/rewards.py)."""


@dataclass(frozen=True, kw_only=True)
class ResidualConfig(Config):
    """Observation, action and reward; defaults as in the paper where given (section 3.2)."""

    bound: float = parameter(0.03, "Maximum residual, as a share of the joint's range", ge=1e-4)
    lookahead_s: float = parameter(0.5, "Lookahead of the observed goals [s]", ge=0.0)
    hit_share: float = parameter(
        0.95, "Weight of pressing goal keys, relative to avoiding other keys", ge=0.0, le=1.0
    )  # 0.5 in the paper; 0.95 was best in a reproduction
    mimic_weight: float = parameter(1 / 3, "Weight of the fingertip reward", ge=0.0, le=1.0)
    onset_weight: float = parameter(0.0, "Weight of the onset reward", ge=0.0, le=1.0)
    reference_start: float = parameter(
        0.5, "Share of episodes that start inside the song", ge=0.0, le=1.0
    )


class ResidualEnv(gymnasium.Env[Array, NDArray[np.float32]]):
    """Gymnasium environment; an episode is the rest of the song from its initial state.

    The action (na,) in [-1, 1] shifts each actuator's target by up to `bound` of its range. The
    observation contains joint positions and velocities, key positions, goals with lookahead,
    planned fingertips, the plan's command, and the elapsed share of the song.
    """

    def __init__(
        self,
        plan: PerformancePlan,
        goals: ScoreGoals,
        simulation: PianoSimulation,
        config: ResidualConfig | None = None,
    ) -> None:
        """Play the plan once, and record its states as initial states of episodes."""
        self._plan, self._goals, self.simulation = plan, goals, simulation
        self._config = config or ResidualConfig()
        hands = simulation.hands
        self._follower = Follower.of(plan, hands)
        kinematics = [HandKinematics(hands, side) for side in range(len(SIDES))]
        # Maps actions of both hands to joint targets; 1 moves an actuator by its bound.
        blocks = []
        for hand in kinematics:
            reach = self._config.bound * (hand.upper - hand.lower)
            block = np.zeros((len(hands.joint_names), hand.n))
            block[hand.joints] = hand.expand * reach
            blocks.append(block)
        self._residual = np.concatenate(blocks, axis=1)
        self._tips = both_fingertips(kinematics, plan.position)  # (rows, 10, 3)
        self._states = self._record()
        self._step = 0
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (self._residual.shape[1],), np.float32)
        self.observation_space = gymnasium.spaces.Box(
            -np.inf, np.inf, self._observe().shape, np.float64
        )

    @classmethod
    def of(cls, plan: PerformancePlan, goals: ScoreGoals, spec: HandSpec) -> "ResidualEnv":
        """Create an environment with its own simulation of the hands of `spec`."""
        return cls(plan, goals, PianoSimulation(load_model(spec), plan.timing))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Reset to the start of the lead-in or a random decision; `options["start"]` sets it."""
        super().reset(seed=seed)
        step = 0
        if self.np_random.uniform() < self._config.reference_start:
            step = int(self.np_random.integers(len(self._states)))
        self._step = (options or {}).get("start", step)
        self.simulation.restore(self._states[self._step])
        return self._observe(), {}

    def step(self, action: NDArray[np.float32]) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Play one decision; `info` has the pressed keys and the added joint targets."""
        was_active = self.simulation.active
        command = self._follower(self._step - self._plan.lead, self.simulation.joint_position)
        change = self._residual @ np.clip(action, -1.0, 1.0)
        self.simulation.step(command.moved(change))
        reward = self._reward(was_active)
        info = {"active": self.simulation.active, "change": change}
        self._step += 1
        ended = self._step >= self._plan.lead + self._goals.steps
        return self._observe(), reward, ended, False, info

    def _record(self) -> list[SimulationState]:
        simulation, lead = self.simulation, self._plan.lead
        simulation.reset()
        start, count = simulation.save(), lead + self._goals.steps
        played = play_on(self._follower, -lead, count, simulation, keep_states=True)
        simulation.restore(start)
        return [start, *played.states[:-1]]

    def _observe(self) -> Array:
        simulation = self.simulation
        step = self._step - self._plan.lead
        lookahead = self._plan.timing.steps(self._config.lookahead_s)
        goals = self._goals.keys_in(step, lookahead + 1)
        row = min(self._step, len(self._plan.target) - 1)
        return np.concatenate(
            [
                simulation.joint_position,
                0.1 * simulation.joint_velocity,
                simulation.key_position,
                goals.ravel().astype(float),
                self._tips[row + 1].ravel(),
                self._plan.target[row].ravel(),
                [float(self._goals.sustain_at(step)[0]), self._step / len(self._plan.target)],
            ]
        )

    def _reward(self, was_active: NDArray[np.bool_]) -> float:
        config, simulation = self._config, self.simulation
        before, goal_keys = self._goals.keys_in(self._step - self._plan.lead - 1, 2)
        up = 1.0 - simulation.key_position[goal_keys]
        hit = float(_tolerance(up, 0.05, 0.5).mean()) if goal_keys.any() else 1.0
        clean = 0.0 if (simulation.active & ~goal_keys).any() else 1.0
        keys = config.hit_share * hit + (1 - config.hit_share) * clean
        reward = (1 - config.mimic_weight) * keys + config.mimic_weight * self._mimic()
        struck, begins = simulation.active & ~was_active, goal_keys & ~before
        if config.onset_weight and begins.any():
            reward += config.onset_weight * float((struck & begins).sum() / begins.sum())
        return reward

    def _mimic(self) -> float:
        """Return the fingertip reward, 0 .. 1, from distances to the planned tips in x and y."""
        row = min(self._step + 1, len(self._tips) - 1)
        off = np.linalg.norm((self.simulation.fingertip_position - self._tips[row])[:, :2], axis=1)
        return float(_tolerance(off, 0.01, 0.05).mean())


def _tolerance(value: Array, bound: float, margin: float) -> Array:
    """Return 1 up to `bound`, and beyond it a Gaussian that is 0.1 at `bound` + `margin`."""
    beyond = np.maximum(value - bound, 0.0) / margin
    return np.asarray(np.exp(beyond**2 * np.log(_GAUSSIAN_AT_MARGIN)))
