"""The bundled checkpoint."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec


def bundled_checkpoint(hands: HandSpec) -> Path:
    """Return the file of the policy for hands.

    Raises:
        ModelError: None is bundled for them.
    """
    models = Path(get_package_share_directory("pianomime_policy"), "models")
    path = models / f"generalist_{hands.identity}.safetensors"
    if not path.exists():
        there = sorted(p.stem.removeprefix("generalist_") for p in models.glob("*.safetensors"))
        raise ModelError(f"no policy for embodiment {hands.identity!r}; for: {', '.join(there)}")
    return path
