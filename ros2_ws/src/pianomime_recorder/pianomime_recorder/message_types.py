"""Message types for the bag, with the original text of our own message definitions.

rosbags generates definitions without comments (and units) and with all constants at the top, where
viewers cannot associate them with their fields.
"""

from pathlib import Path
from typing import Final

from ament_index_python.packages import get_package_share_directory
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

PACKAGE: Final = "pianomime_msgs"
_LINE: Final = "=" * 80 + "\nMSG: "


class MessageTypes:
    """Definitions and hashes of Jazzy's messages and of pianomime_msgs."""

    def __init__(self) -> None:
        """Read the definitions of pianomime_msgs."""
        self._store = get_typestore(Stores.ROS2_JAZZY)
        folder = Path(get_package_share_directory(PACKAGE), "msg")
        self._texts = {f"{PACKAGE}/{p.stem}": p.read_text() for p in sorted(folder.glob("*.msg"))}
        for name, text in self._texts.items():
            self._store.register(get_types_from_msg(text, _with_msg(name)))

    def of(self, name: str) -> dict[str, str]:
        """Return the bag writer's arguments for a type: name, definition (ros2msg) and hash.

        Args:
            name: Package and message, for example std_msgs/Header.
        """
        generated, _ = self._store.generate_msgdef(_with_msg(name), ros_version=2)
        own, *others = generated.split(_LINE)
        parts = [self._texts.get(name, own)]
        for other in others:
            title, _, text = other.partition("\n")
            parts.append(f"{_LINE}{title}\n{self._texts.get(title, text)}")
        return {
            "msgtype": _with_msg(name),
            "msgdef": "".join(part if part.endswith("\n") else f"{part}\n" for part in parts),
            "rihs01": self._store.hash_rihs01(_with_msg(name)),
        }


def _with_msg(name: str) -> str:
    package, _, message = name.partition("/")
    return f"{package}/msg/{message}"
