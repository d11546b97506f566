"""Build the hands-and-piano model of an embodiment once; then load it from a cache."""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import mujoco

from pianomime.atomic_file import atomic_path
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.hands_model import HandsModel
from pianomime.simulation import mounted_hands, robopianist_stage


def load_model(spec: HandSpec) -> HandsModel:
    """Return the hands of `spec` in the compiled model of hands and piano.

    The first call for a description takes seconds; the compiled model is then kept in the user's
    cache folder under a hash of what it was made from.

    Raises:
        ModelError: A model file is missing, or the description does not fit it.
    """
    path = cache_dir() / f"{spec.name}-{content_hash(spec)}.mjb"
    if path.exists():
        return HandsModel.of(spec, mujoco.MjModel.from_binary_path(str(path)))
    hands = HandsModel.of(spec, build_model(spec))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:  # several nodes may build at the same time
            mujoco.mj_saveModel(hands.model, str(part), None)
    except OSError:
        pass  # a read-only home costs a few seconds at each start, nothing else
    return hands


def build_model(spec: HandSpec) -> mujoco.MjModel:
    """Compile the model of two hands of `spec` at robopianist's piano.

    Raises:
        ModelError: A model file is missing or is no model, or lacks what the description names.
    """
    if spec.model.package:
        return robopianist_stage.build_shadow(spec)
    return mounted_hands.build_mounted(spec, robopianist_stage.empty_stage())


def content_hash(spec: HandSpec) -> str:
    """Return a hash of all that a model is made from: equal hash, equal model.

    Raises:
        ModelError: A model file is missing or is no model.
    """
    digest = hashlib.sha256(spec.text.encode())
    for module in (__file__, mounted_hands.__file__, robopianist_stage.__file__):
        digest.update(Path(module).read_bytes())
    for name in ("robopianist", "mujoco", "dm_control"):
        digest.update(f"{name}={version(name)}".encode())
    if not spec.model.package:
        for file in mounted_hands.files_of(spec):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def cache_dir() -> Path:
    """Return the folder for what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "pianomime")
