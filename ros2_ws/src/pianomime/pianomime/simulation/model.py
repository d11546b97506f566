"""Build the hands-and-piano model from robopianist's models, once; then load it from a cache."""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import mujoco

from pianomime.atomic_file import atomic_path
from pianomime.hands.embodiment import Embodiment
from pianomime.timing import PHYSICS_S, ROBOPIANIST_TIMING


def load_model(body: Embodiment) -> mujoco.MjModel:
    """Return the compiled model of two hands with `body` at a piano.

    The first call for a body takes seconds; the compiled model is then kept in the user's cache
    folder under a hash of what it was made from.
    """
    path = cache_dir() / f"{body.name}-{content_hash(body)}.mjb"
    if path.exists():
        return mujoco.MjModel.from_binary_path(str(path))
    model = build_model(body)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:  # several nodes may build at the same time
            mujoco.mj_saveModel(model, str(part), None)
    except OSError:
        pass  # a read-only home costs a few seconds at each start, nothing else
    return model


def build_model(body: Embodiment) -> mujoco.MjModel:
    """Compose and compile the model with robopianist's own task, then apply `body`."""
    from pianomime.simulation.stand_ins import stand_in_for_audio

    stand_in_for_audio()
    from dm_control import mjcf
    from robopianist.models.arenas.stage import Stage
    from robopianist.suite.tasks.base import PianoTask

    task = PianoTask(
        arena=Stage(),
        gravity_compensation=body.gravity_compensation,
        forearm_dofs=body.forearm_dofs,
        change_color_on_activation=True,
        physics_timestep=PHYSICS_S,
        control_timestep=ROBOPIANIST_TIMING.decision_s,
    )
    for hand in (task.left_hand, task.right_hand):
        root = hand.mjcf_model
        for name in body.forearm_dofs:
            root.find("actuator", name).kp *= body.forearm_gain_scale
        root.find("joint", "forearm_ty").range = body.reach_m
        root.find("actuator", "forearm_ty").ctrlrange = body.reach_m
        if not body.hand_hand_collisions:
            _stop_hands_colliding(root)
    return mjcf.Physics.from_mjcf_model(task.root_entity.mjcf_model).model._model


def _stop_hands_colliding(root: "mjcf.RootElement") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Let the hand's geoms touch the piano (contype 0, conaffinity 1) and nothing else."""
    from dm_control.mjcf import commit_defaults

    for geom in root.find_all("geom"):
        commit_defaults(geom, ["contype", "conaffinity"])
        if geom.contype != 0 or geom.conaffinity != 0:
            geom.contype, geom.conaffinity = 1, 0


def content_hash(body: Embodiment) -> str:
    """Return a hash of all that a model is made from: equal hash, equal model."""
    packages = [f"{name}={version(name)}" for name in ("robopianist", "mujoco", "dm_control")]
    recipe = Path(__file__).read_bytes() + repr((body, packages)).encode()
    return hashlib.sha256(recipe).hexdigest()[:16]


def cache_dir() -> Path:
    """Return the folder for what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "pianomime")
