"""The teacher demonstrates a song, also from states into which mistakes lead.

The teacher is the whole-song plan with its feedback, which gives the right command in any state
near the plan. So chance disturbs the commands that are executed, and what is learned from is what
the teacher would have commanded (as DART does: Laskey et al., CoRL 2017). Where a student plays, it
is DAgger (Ross et al., AISTATS 2011).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.command import Command
from pianomime.config import Config, parameter
from pianomime.learning.episode import Episode
from pianomime.piano.geometry import N_KEYS
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import Act, play_on
from pianomime.policy.hand_frame import HandFrame, random_pose
from pianomime.score.score import Score
from pianomime.score.step_notes import in_window, to_steps
from pianomime.simulation.simulation import PianoSimulation
from pianomime.timing import Timing

Array = NDArray[np.float64]

_MEMORY_S: Final = 0.1
"""Time after which `DisturbanceConfig.memory` is left [s]."""


@dataclass(frozen=True, kw_only=True)
class DisturbanceConfig(Config):
    """Random disturbances of the commands."""

    joint: float = parameter(0.05, "Wandering of a finger joint's target [rad]", ge=0.0)
    slide_m: float = parameter(0.005, "Wandering of a slide's target [m]", ge=0.0)
    memory: float = parameter(0.64, "Share of the wandering that is left after 0.1 s", ge=0, le=1)
    push_m: float = parameter(0.04, "Most that a push moves a hand's target along y [m]", ge=0.0)
    push_s: float = parameter(0.2, "Length of a push [s]", ge=0.0)
    between_pushes_s: float = parameter(4.0, "Mean time from push to push [s]", ge=0.1)
    random_start: float = parameter(
        0.4, "Share of episodes that begin with hands anywhere", ge=0, le=1
    )


@dataclass(frozen=True)
class Lesson:
    """A song and the teacher's plan for it.

    Attributes:
        score: With the teacher's fingers.
        plan: Of the whole song.
        embodiment: Identity of the hands.
    """

    score: Score
    plan: PerformancePlan
    embodiment: str


@dataclass(frozen=True)
class Disturbance:
    """Chance in one demonstration.

    Attributes:
        scale: Factor on the disturbances; at 0 there are none.
        rng: Chance.
        config: Their sizes at scale 1.
    """

    scale: float
    rng: np.random.Generator
    config: DisturbanceConfig = DisturbanceConfig()


def demonstrate(
    lesson: Lesson,
    simulation: PianoSimulation,
    frame: HandFrame,
    disturbance: Disturbance,
    drive: Act | None = None,
) -> Episode:
    """Play a lesson once.

    Args:
        lesson: What to play.
        simulation: To play in.
        frame: Of its hands.
        disturbance: Of the commands.
        drive: The student who plays; None for the teacher.
    """
    plan, n = lesson.plan, len(simulation.hands.joint_names)
    steps = len(plan.target)
    follow = Follower.of(plan, simulation.hands)
    start = _start(frame, disturbance)
    off = _disturbances(frame, steps, plan.timing, disturbance)
    executed, expert_action = np.empty((steps, n)), np.empty((steps, n))
    keys = np.empty((steps, N_KEYS), np.float32)

    def act(step: int, measured: Array) -> Command:
        row = step + plan.lead
        expert = follow(step, measured)
        command = (expert if drive is None else drive(step, measured)).moved(off[row])
        keys[row] = simulation.key_position
        expert_action[row] = expert.target.mean(axis=0)
        executed[row] = command.target.mean(axis=0)
        return command

    simulation.reset()
    if start is not None:
        simulation.place(start)
    rollout = play_on(act, -plan.lead, steps, simulation)
    notes = to_steps(lesson.score.notes, plan.timing)
    return Episode(
        title=lesson.score.title,
        sha256=lesson.score.sha256,
        embodiment=lesson.embodiment,
        timing=plan.timing,
        first_step=-plan.lead,
        pose=_poses(frame, rollout.position[:-1]),
        executed=_poses(frame, executed),
        expert_action=_poses(frame, expert_action),
        planned=_poses(frame, plan.position[:-1]),
        key_position=keys,
        notes=in_window(notes, 0, steps),
    )


def _poses(frame: HandFrame, position: Array) -> NDArray[np.float32]:
    return frame.poses(position).astype(np.float32)


def _start(frame: HandFrame, disturbance: Disturbance) -> Array | None:
    """Return joint positions (n,) to begin at [rad, m]; None for the zero pose."""
    rng, config = disturbance.rng, disturbance.config
    if rng.random() < config.random_start * (disturbance.scale > 0):
        return random_pose(frame, rng)
    return None


def _disturbances(frame: HandFrame, steps: int, timing: Timing, disturbance: Disturbance) -> Array:
    """Return what is added to the joint targets, (steps, n)."""
    scale, rng, config = disturbance.scale, disturbance.rng, disturbance.config
    memory = config.memory ** (timing.decision_s / _MEMORY_S)
    size = scale * np.where(frame.slides, config.slide_m, config.joint)
    fresh = np.sqrt(1 - memory**2) * rng.standard_normal((steps, 2, frame.n))
    off = np.zeros((steps, 2, frame.n))
    for row in range(1, steps):
        off[row] = memory * off[row - 1] + fresh[row]
    off *= size
    chance = (scale > 0) * timing.decision_s / config.between_pushes_s
    push_steps = max(1, timing.steps(config.push_s))
    for row, side in np.argwhere(rng.random((steps, 2)) < chance):
        by = rng.uniform(-config.push_m, config.push_m)
        off[row : row + push_steps, side, frame.along] += by
    return frame.joints(off)
