"""The teacher shows how to play a song, also from states into which mistakes lead.

The teacher is the whole-song plan with its feedback, which gives the right command in any state
near the plan. So chance disturbs the commands that are executed, and what is kept to learn from is
what the teacher would have commanded (as DART does: Laskey et al., CoRL 2017). With a student at
the wheel it is DAgger (Ross et al., AISTATS 2011).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pianomime.config import Config, parameter
from pianomime.learning.episode import Episode
from pianomime.learning.finger_lessons import note_table
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.policy.hand_frame import HandFrame, random_pose
from pianomime.score.goals import KeyGoals
from pianomime.score.score import Score
from pianomime.simulation.simulation import PianoSimulation

Array = NDArray[np.float64]

Drive = Callable[[int, Array, Array], Array]
"""From step of the score, joint positions (n,) and keys (88,) to joint targets (n,)."""


@dataclass(frozen=True, kw_only=True)
class DisturbanceConfig(Config):
    """How much chance there is."""

    joint: float = parameter(0.05, "Wandering of a finger joint's target [rad]", ge=0.0)
    forearm_m: float = parameter(0.005, "Wandering of a forearm's target [m]", ge=0.0)
    memory: float = parameter(0.8, "Share of the wandering that stays to the next step", ge=0, le=1)
    push_m: float = parameter(0.04, "Most that a push moves a forearm's target along y [m]", ge=0.0)
    push_steps: int = parameter(4, "How long a push lasts", ge=1)
    between_pushes: int = parameter(80, "Steps from push to push, in the mean", ge=1)
    random_start: float = parameter(
        0.4, "Share of episodes that begin with hands anywhere", ge=0, le=1
    )


@dataclass(frozen=True)
class Lesson:
    """A song and the teacher's plan for it."""

    score: Score
    goals: KeyGoals
    plan: PerformancePlan


def demonstrate(
    lesson: Lesson,
    simulation: PianoSimulation,
    frame: HandFrame,
    rng: np.random.Generator,
    scale: float,
    config: DisturbanceConfig,
    drive: Drive | None = None,
) -> Episode:
    """Play a lesson once.

    Args:
        lesson: With fingers.
        simulation: To play in.
        frame: Of its hands.
        rng: Chance.
        scale: Factor on the disturbances; at 0 there are none.
        config: The disturbances.
        drive: Who plays; None for the teacher.
    """
    plan, n = lesson.plan, len(simulation.hands.joint_names)
    steps = len(plan.target)
    simulation.reset()
    if rng.random() < config.random_start * (scale > 0):
        simulation.place(random_pose(frame, rng))
    off = _disturbances(frame, rng, steps, scale, config)
    pose, executed = np.empty((steps, n)), np.empty((steps, n))
    wanted, keys = np.empty((steps, n)), np.empty((steps, 88))
    for row in range(steps):
        step = row - plan.lead
        pose[row], keys[row] = simulation.joint_position, simulation.key_position
        wanted[row], sustain = plan.command(step, pose[row])
        target = wanted[row] if drive is None else drive(step, pose[row], keys[row])
        executed[row] = target + off[row]
        simulation.step(executed[row], sustain)
    return Episode(
        title=lesson.score.title,
        sha256=lesson.score.sha256,
        embodiment="pianomime" if simulation.hands.lifts else "robopianist",
        first_step=-plan.lead,
        pose=frame.poses(pose).astype(np.float32),
        executed=frame.poses(executed).astype(np.float32),
        wanted=frame.poses(wanted).astype(np.float32),
        planned=frame.poses(plan.position[:-1]).astype(np.float32),
        keys=keys.astype(np.float32),
        notes=note_table(lesson.score, lesson.goals),
    )


def _disturbances(
    frame: HandFrame, rng: np.random.Generator, steps: int, scale: float, config: DisturbanceConfig
) -> Array:
    """Return what is added to the joint targets, (steps, n)."""
    size = scale * np.where(frame.slides, config.forearm_m, config.joint)
    fresh = np.sqrt(1 - config.memory**2) * rng.standard_normal((steps, 2, frame.n))
    off = np.zeros((steps, 2, frame.n))
    for row in range(1, steps):
        off[row] = config.memory * off[row - 1] + fresh[row]
    off *= size
    pushes = rng.random((steps, 2)) < (scale > 0) / config.between_pushes
    for row, side in np.argwhere(pushes):
        by = rng.uniform(-config.push_m, config.push_m)
        off[row : row + config.push_steps, side, frame.along] += by
    return frame.joints(off)
