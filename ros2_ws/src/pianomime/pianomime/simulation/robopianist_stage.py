"""robopianist's stage and piano, with its own Shadow hands or without hands."""

from typing import Any, Final

import mujoco

from pianomime.hands.hand_spec import HandSpec
from pianomime.simulation.stand_ins import stand_in_for_audio
from pianomime.timing import PHYSICS_S, ROBOPIANIST_TIMING

_XML_DIGITS: Final = 17
"""Enough to write a double and read the same one."""


def empty_stage() -> mujoco.MjSpec:
    """Return the stage with the piano, without hands."""
    stand_in_for_audio()
    from robopianist.models.arenas.stage import Stage
    from robopianist.suite.tasks.base import PianoOnlyTask

    task = PianoOnlyTask(arena=Stage(), change_color_on_activation=True, **_timing())
    root = task.root_entity.mjcf_model
    return mujoco.MjSpec.from_string(root.to_xml_string(precision=_XML_DIGITS))


def build_shadow(spec: HandSpec) -> mujoco.MjModel:
    """Compile robopianist's own task with its Shadow hands, mounted as in `spec`."""
    stand_in_for_audio()
    from dm_control import mjcf
    from robopianist.models.arenas.stage import Stage
    from robopianist.suite.tasks.base import PianoTask

    task = PianoTask(
        arena=Stage(),
        gravity_compensation=spec.mounting.gravity_compensation,
        forearm_dofs=slide_names(spec),
        change_color_on_activation=True,
        **_timing(),
    )
    for side, hand in enumerate((task.left_hand, task.right_hand)):
        mount_shadow(spec, side, hand.mjcf_model)
        if not spec.hands_collide:
            _stop_hands_colliding(hand.mjcf_model)
    return mjcf.Physics.from_mjcf_model(task.root_entity.mjcf_model).model._model


def slide_names(spec: HandSpec) -> tuple[str, ...]:
    """Return robopianist's names of the forearm's slides, its `forearm_dofs`."""
    return tuple(slide.joint for slide in spec.mounting.slides)


def mount_shadow(spec: HandSpec, side: int, root: Any) -> None:
    """Set gains and ranges of the forearm's slides in the MJCF of one of robopianist's hands."""
    for slide in spec.mounting.slides:
        joint, actuator = root.find("joint", slide.joint), root.find("actuator", slide.joint)
        if slide.gain_n_m is not None:
            actuator.kp = slide.gain_n_m
        if slide.range_m is not None:
            joint.range = actuator.ctrlrange = slide.range_m[side]


def _timing() -> dict[str, float]:
    return {
        "physics_timestep": PHYSICS_S,
        "control_timestep": ROBOPIANIST_TIMING.decision_s,
    }


def _stop_hands_colliding(root: Any) -> None:
    """Let the hand's geoms touch the piano (contype 0, conaffinity 1) and nothing else."""
    from dm_control.mjcf import commit_defaults

    for geom in root.find_all("geom"):
        commit_defaults(geom, ["contype", "conaffinity"])
        if geom.contype != 0 or geom.conaffinity != 0:
            geom.contype, geom.conaffinity = 1, 0
