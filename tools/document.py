"""Write the generated parts of README.md: topics, parameters, options.

`python tools/document.py` rewrites them, `--check` only says whether they are up to date.
"""

import dataclasses
import sys
from pathlib import Path

from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from pianomime.config import Config
from pianomime_bringup.pianist import PianistConfig
from pianomime_common import topics
from pianomime_control.expert_config import ExpertConfig, PlannerConfig
from pianomime_control.gate_node import GateNodeConfig
from pianomime_description.description_config import DescriptionConfig
from pianomime_goals.goals_config import GoalsConfig
from pianomime_hardware.hardware_config import (
    EmulatorConfig,
    MidiKeyboardConfig,
    ShadowBridgeConfig,
)
from pianomime_perception.perception_config import PerceptionConfig, VideoSourceConfig
from pianomime_policy.policy_config import PolicyConfig
from pianomime_recorder.recorder_config import RecorderConfig
from pianomime_sim.sim_config import SimConfig
from pianomime_view.view_config import ViewConfig

README = Path(__file__).parents[1] / "README.md"
NODES: dict[str, type[Config]] = {
    "goals": GoalsConfig,
    "expert": ExpertConfig,
    "planner": PlannerConfig,
    "policy": PolicyConfig,
    "gate": GateNodeConfig,
    "sim": SimConfig,
    "recorder": RecorderConfig,
    "view": ViewConfig,
    "description": DescriptionConfig,
    "shadow_bridge": ShadowBridgeConfig,
    "midi_keyboard": MidiKeyboardConfig,
    "emulator": EmulatorConfig,
    "video_source": VideoSourceConfig,
    "perception": PerceptionConfig,
}


def topic_table() -> str:
    """Return every topic with type, quality of service and meaning."""
    rows = ["| topic | type | QoS | what |", "| --- | --- | --- | --- |"]
    for topic in (*topics.all_topics(("expert",)), *topics.PERCEPTION):
        package = topic.type.__module__.split(".")[0]
        latched = topic.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
        reliable = topic.qos.reliability == ReliabilityPolicy.RELIABLE
        kind = "reliable" if reliable else "best effort"
        qos = f"{kind}, {'latched, ' * latched}{topic.qos.depth}"
        rows.append(
            f"| `{topic.name}` | {package}/{topic.type.__name__} | {qos} | {topic.meaning} |"
        )
    return "\n".join(rows)


def field_table(config: type[Config]) -> str:
    """Return a configuration's fields with default, legal values and description."""
    rows = ["| name | default | legal | what |", "| --- | --- | --- | --- |"]
    for field in dataclasses.fields(config):
        meta = field.metadata
        legal = ", ".join(meta["one_of"])
        if meta["ge"] is not None or meta["le"] is not None:
            low, high = meta["ge"], meta["le"]
            legal = f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}"
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        rows.append(f"| `{field.name}` | {default} | {legal} | {meta['description']} |")
    return "\n".join(rows)


def parameter_tables() -> str:
    """Return the parameters of every node."""
    return "\n\n".join(f"`{node}`\n\n{field_table(config)}" for node, config in NODES.items())


SECTIONS = {
    "topics": topic_table,
    "parameters": parameter_tables,
    "arguments": lambda: field_table(PianistConfig),
}


def updated(text: str) -> str:
    """Return the README with its generated parts made anew."""
    for name, make in SECTIONS.items():
        begin, end = f"<!-- generated: {name} -->\n", f"\n<!-- end: {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = before + begin + make() + end + after
    return text


def main() -> None:
    """Rewrite or check."""
    text = README.read_text()
    new = updated(text)
    if "--check" in sys.argv:
        sys.exit("README.md is out of date; run python tools/document.py" if new != text else 0)
    README.write_text(new)


if __name__ == "__main__":
    main()
