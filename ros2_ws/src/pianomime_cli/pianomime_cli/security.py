"""`pianomime security`: write an SROS 2 policy in which only the gate may command the hands.

The file is an input of `ros2 security create_permission`, with one enclave per node; see
https://design.ros2.org/articles/ros2_access_control_policies.html.
"""

import argparse
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pianomime.errors import OutputError
from pianomime_bringup.arguments import add_options, from_strings
from pianomime_bringup.node_topics import node_topics
from pianomime_bringup.pianist import PianistConfig, pianist_graph
from pianomime_common import topics
from pianomime_common.topics import Topic

_EVERY_NODE = ("/parameter_events", "/rosout", "~/transition_event", topics.DIAGNOSTICS.name)


CLIENT_SERVICES: Final = {
    "recorder": ("sim/set_pause",),
    "view": (
        "sim/set_pause", "sim/step_simulation", "gate/arm", "gate/reset",
        "gate/set_parameters_atomically",
    ),
}  # fmt: skip
"""Services that nodes call, keyed by node name."""


def add_parser(commands: Any) -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "security", help="write an access control policy for SROS 2", description=__doc__
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="policy file to create")
    add_options(parser, PianistConfig, skip={"song"})
    parser.set_defaults(run=_security)


def _security(options: argparse.Namespace) -> int:
    given = {k: v for k, v in vars(options).items() if isinstance(v, str)}
    text = policy(from_strings(PianistConfig, given | {"record": given.get("record", "bag")}))
    try:
        options.output.write_text(text)
    except OSError as error:
        raise OutputError(f"{options.output}: {error.strerror}") from error
    print(options.output)
    return 0


def policy(config: PianistConfig) -> str:
    """Return the policy of a graph; it grants each node exactly the permissions that it needs."""
    namespace = "/" + config.namespace.strip("/")
    clock = config.remappings.get(topics.CLOCK.name, topics.CLOCK.name)
    root = ET.Element("policy", version="0.2.0")
    enclaves = ET.SubElement(root, "enclaves")
    for spec in pianist_graph(config):
        node = node_topics(spec.name, config.controllers, config.hands, config.drivers_namespace)
        enclave = ET.SubElement(enclaves, "enclave", path=config.full_name(spec.name))
        profile = ET.SubElement(
            ET.SubElement(enclave, "profiles"), "profile", ns=namespace, node=spec.name
        )
        _allow(
            profile, "topics", "topic", {"publish": "ALLOW"}, _names(node.publishes, _EVERY_NODE)
        )
        _allow(
            profile,
            "topics",
            "topic",
            {"subscribe": "ALLOW"},
            _names(node.listens, ("/parameter_events", clock)),
        )
        _allow(profile, "services", "service", {"reply": "ALLOW"}, ("~/*",))
        if spec.name in CLIENT_SERVICES:
            services = CLIENT_SERVICES[spec.name]
            _allow(profile, "services", "service", {"request": "ALLOW"}, services)
        if spec.name == "goals":
            rights = {"call": "DENY", "execute": "ALLOW"}
            _allow(profile, "actions", "action", rights, ("play_score",))
        if spec.name == "view":
            rights = {"call": "ALLOW", "execute": "DENY"}
            _allow(profile, "actions", "action", rights, ("play_score",))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _names(of: Iterable[Topic], more: Iterable[str]) -> list[str]:
    return sorted({*(topic.name for topic in of), *more})


def _allow(
    profile: ET.Element, group: str, item: str, rights: dict[str, str], names: Iterable[str]
) -> None:
    element = ET.SubElement(profile, group, rights)
    for name in names:
        ET.SubElement(element, item).text = name
