"""The bundled checkpoint."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec


def bundled_checkpoint(hands: HandSpec) -> Path:
    """Return the path of the bundled policy for these hands.

    Raises:
        ModelError: No policy is bundled for them.
    """
    models = Path(get_package_share_directory("pianomime_policy"), "models")
    path = models / f"generalist_{hands.identity}.safetensors"
    if not path.exists():
        names = sorted(p.stem.removeprefix("generalist_") for p in models.glob("*.safetensors"))
        there = ", ".join(names)
        raise ModelError(
            f"no policy for embodiment {hands.identity!r}; there are policies for {there}"
        )
    return path
