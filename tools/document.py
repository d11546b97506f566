"""Write the generated parts of the documents: README.md, docs/nodes/, docs/api.md.

`python tools/document.py` rewrites them, `--check` only says whether they are up to date. `NODE`
prints the page of a node, or of a controller of another installed package.
"""

import ast
import dataclasses
import importlib
import inspect
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

import pianomime
from pianomime.config import Config
from pianomime.controllers.bundled import BUNDLED
from pianomime.controllers.registry import controller_names, find_controller
from pianomime.errors import ControllerError
from pianomime.hands.embodiment import embodiment
from pianomime_bringup.node_topics import node_topics
from pianomime_bringup.pianist import PianistConfig, pianist_graph
from pianomime_common import topics
from pianomime_common.piano_node import PianoNode
from pianomime_common.topics import Topic
from pianomime_control.gate_node import GateNodeConfig
from pianomime_description.description_config import DescriptionConfig
from pianomime_goals.goals_config import GoalsConfig
from pianomime_hardware.hardware_config import (
    EmulatorConfig,
    MidiKeyboardConfig,
    ShadowBridgeConfig,
)
from pianomime_perception.perception_config import PerceptionConfig, VideoSourceConfig
from pianomime_recorder.recorder_config import RecorderConfig
from pianomime_sim.sim_config import SimConfig
from pianomime_view.view_config import ViewConfig

ROOT = Path(__file__).parents[1]
CONTROLLERS = tuple(row.name for row in BUNDLED)
HANDS = embodiment(PianistConfig.embodiment)
NODES: dict[str, type[Config]] = {
    "goals": GoalsConfig,
    **{row.name: row.load_config() for row in BUNDLED},
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
WATCHERS = ("recorder", "view", "description")
"""They listen to nearly everything, which would hide the rest of the picture."""


def topic_table(shown: Iterable[Topic]) -> str:
    """Return topics with type, quality of service and meaning."""
    rows = ["| topic | type | QoS | what |", "| --- | --- | --- | --- |"]
    for topic in shown:
        latched = topic.qos.durability == DurabilityPolicy.TRANSIENT_LOCAL
        reliable = topic.qos.reliability == ReliabilityPolicy.RELIABLE
        kind = "reliable" if reliable else "best effort"
        qos = f"{kind}, {'latched, ' * latched}{topic.qos.depth}"
        rows.append(f"| `{topic.name}` | {topic.type_name} | {qos} | {topic.meaning} |")
    return "\n".join(rows)


def field_table(config: type[Config]) -> str:
    """Return a configuration's fields with default, legal values and description."""
    rows = ["| name | default | legal | what |", "| --- | --- | --- | --- |"]
    foreign = set(controller_names()) - set(CONTROLLERS)
    for field in dataclasses.fields(config):
        meta = field.metadata
        legal = ", ".join(value for value in meta["one_of"] if value not in foreign)
        if meta["ge"] is not None or meta["le"] is not None:
            low, high = meta["ge"], meta["le"]
            legal = f"{'' if low is None else f'{low:g}'} .. {'' if high is None else f'{high:g}'}"
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        rows.append(f"| `{field.name}` | {default} | {legal} | {meta['description']} |")
    return "\n".join(rows)


def node_module(name: str) -> ModuleType:
    """Return the module of a node."""
    if name not in NODES:
        return importlib.import_module(find_controller(name).module)
    package = NODES[name].__module__.split(".")[0]
    return importlib.import_module(f"{package}.{name}_node")


def node_class(module: ModuleType) -> type[PianoNode]:
    """Return the class of a node."""
    return next(
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, PianoNode)
        and value.__module__ == module.__name__
    )


def node_list() -> str:
    """Return every node with its package and page."""
    rows = ["| node | package | what |", "| --- | --- | --- |"]
    for name, config in NODES.items():
        what = inspect.getdoc(node_class(node_module(name))).splitlines()[0]
        package = config.__module__.split(".")[0]
        rows.append(f"| [`{name}`](docs/nodes/{name}.md) | `{package}` | {what} |")
    return "\n".join(rows)


def controller_list() -> str:
    """Return the project's controllers with their files and their names in `pianomime bench`."""
    rows = ["| controller | what | files | in `pianomime bench` |", "| --- | --- | --- | --- |"]
    for row in BUNDLED:
        files = ", ".join(f"`{name}`" for name in row.files)
        bench = ", ".join(f"`{preparation.name}`" for preparation in row.preparations)
        rows.append(f"| `{row.name}` | {row.description} | {files} | {bench} |")
    return "\n".join(rows)


def node_page(name: str) -> str:
    """Return the page of a node."""
    module = node_module(name)
    config = NODES[name] if name in NODES else find_controller(name).load_config()
    its = node_topics(name, (*CONTROLLERS, name) if name not in NODES else CONTROLLERS, HANDS)
    parts = [f"# {name}", module.__doc__.strip(), inspect.getdoc(node_class(module))]
    package, executable = module.__name__.removesuffix("_node").split(".")
    parts.append(f"```bash\nros2 run {package} {executable} --ros-args -p PARAMETER:=VALUE\n```")
    for title, shown in (("Publishes", its.publishes), ("Listens to", its.listens)):
        if shown:
            parts += [f"## {title}", topic_table(shown)]
    services = [f"- `{service}` ({kind})" for service, kind in served(module.__file__)]
    if services:
        parts += ["## Services", "\n".join(services)]
    if name == "goals":
        parts += ["## Actions", "- `play_score` (pianomime_msgs/PlayScore)"]
    parts += ["## Parameters", field_table(config)]
    return "\n\n".join(parts) + "\n"


def served(path: str) -> list[tuple[str, str]]:
    """Return name and type of the services that a node's module offers."""
    return [
        (node.args[1].value, node.args[0].id)
        for node in ast.walk(ast.parse(Path(path).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "serve"
    ]


def picture() -> str:
    """Return the graph of the simulated pianist."""
    names = [spec.name for spec in pianist_graph(PianistConfig())]
    players = [name for name in names if name not in WATCHERS]
    lines = ["```mermaid", "graph LR"]
    for sender in players:
        for receiver in players:
            heard = {topic.name for topic in node_topics(receiver, ("expert",), HANDS).listens}
            shared = [
                t.name for t in node_topics(sender, ("expert",), HANDS).publishes if t.name in heard
            ]
            groups = [name for name in shared if name.endswith("joint_trajectory")]
            label = [name for name in shared if name not in groups]
            label += ["*_controller/joint_trajectory"] if groups else []
            if label:
                lines.append(f'  {sender} -- "{", ".join(label)}" --> {receiver}')
    for watcher in WATCHERS:
        lines.append(f"  {' & '.join(players)} -.-> {watcher}")
    return "\n".join([*lines, "```"])


def api() -> str:
    """Return the public classes and functions of the library, by module."""
    library = ROOT / "ros2_ws/src/pianomime"
    parts = [
        "# The library",
        "`pianomime`, without ROS: what each module offers. The docstrings there say the rest: "
        "shapes, units, frames, errors, sources. `import pianomime` offers the most used by name: "
        f"{', '.join(f'`{name}`' for name in pianomime.__all__)}.",
    ]
    for path in sorted(library.glob("pianomime/**/*.py")):
        tree = ast.parse(path.read_text())
        public = [
            f"- `{node.name}`: {(ast.get_docstring(node) or '').splitlines()[0]}"
            for node in tree.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
        ]
        if public:
            name = ".".join(path.relative_to(library).with_suffix("").parts)
            what = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
            parts += [f"## {name}", what, "\n".join(public)]
    return "\n\n".join(parts) + "\n"


SECTIONS = {
    "topics": lambda: topic_table((*topics.all_topics(("expert",), HANDS), *topics.PERCEPTION)),
    "nodes": node_list,
    "controllers": controller_list,
    "picture": picture,
    "arguments": lambda: field_table(PianistConfig),
}


def readme() -> str:
    """Return the README with its generated parts updated."""
    text = (ROOT / "README.md").read_text()
    for name, make in SECTIONS.items():
        begin, end = f"<!-- generated: {name} -->\n", f"\n<!-- end: {name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = before + begin + make() + end + after
    return text


def documents() -> dict[Path, str]:
    """Return every file that is generated, wholly or in part."""
    pages = {ROOT / f"docs/nodes/{name}.md": node_page(name) for name in NODES}
    return {ROOT / "README.md": readme(), ROOT / "docs/api.md": api(), **pages}


def main() -> None:
    """Rewrite, check, or print the page of a node."""
    if sys.argv[1:] and "--check" not in sys.argv:
        try:
            print(node_page(sys.argv[1]), end="")
        except ControllerError as error:
            print(error, file=sys.stderr)
            sys.exit(2)
        return
    stale = {
        path: text
        for path, text in documents().items()
        if not path.exists() or path.read_text() != text
    }
    if "--check" in sys.argv:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        sys.exit(f"out of date: {names}; run python tools/document.py" if stale else 0)
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
