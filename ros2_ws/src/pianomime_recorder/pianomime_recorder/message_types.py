"""The types of what is recorded, with the text of our own messages as people wrote it.

rosbags would write texts of its own, without comments (and so without units) and with all constants
on top, from where viewers cannot tell which field they name.
"""

from pathlib import Path
from typing import Final

from ament_index_python.packages import get_package_share_directory
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

OURS: Final = "pianomime_msgs"
_LINE: Final = "=" * 80 + "\nMSG: "


class MessageTypes:
    """Definitions and hashes of Jazzy's messages and ours."""

    def __init__(self) -> None:
        """Read our messages."""
        self._store = get_typestore(Stores.ROS2_JAZZY)
        folder = Path(get_package_share_directory(OURS), "msg")
        self._texts = {f"{OURS}/{p.stem}": p.read_text() for p in sorted(folder.glob("*.msg"))}
        for name, text in self._texts.items():
            self._store.register(get_types_from_msg(text, _with_msg(name)))

    def of(self, name: str) -> dict[str, str]:
        """Return what a bag's writer wants to know of a type: name, definition (ros2msg), hash.

        Args:
            name: Package and message: std_msgs/Header.
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
