import sys

import pytest

from pianomime.controllers.bundled import BUNDLED
from pianomime.controllers.registry import (
    controller_names,
    controller_table,
    find_controller,
    find_preparation,
)
from pianomime.errors import ControllerError

ROW = """
from dataclasses import dataclass
from pianomime.config import parameter
from pianomime.controllers.controller import Controller, Preparation
from pianomime.timing import Timing

@dataclass(frozen=True, kw_only=True)
class MineConfig(Timing):
    embodiment: str = parameter("pianomime", "hands")

def prepare(*_):
    raise NotImplementedError

columns = {{
    "name": "mine", "description": "plays", "package": "their_robot", "executable": "mine",
    "config": "their_robot:MineConfig",
    "preparations": (Preparation(name="mine", function="their_robot:prepare"),),
}}
ROW = Controller(**(columns | {columns}))
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package whose entry point leads to a module with a row."""

    def install(code, name="mine"):
        info = tmp_path / "their_robot-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their_robot\nVersion: 0.1\n")
        (info / "entry_points.txt").write_text(
            f"[pianomime.controllers]\n{name} = their_robot:ROW\n"
        )
        (tmp_path / "their_robot").mkdir()
        (tmp_path / "their_robot/__init__.py").write_text(code)
        (tmp_path / "their_robot/mine_node.py").touch()
        monkeypatch.syspath_prepend(tmp_path)
        controller_table.cache_clear()

    yield install
    controller_table.cache_clear()
    for module in [name for name in sys.modules if name.startswith("their_robot")]:
        del sys.modules[module]


def test_a_controller_of_another_package_is_one_like_the_others(install):
    install(ROW.format(columns={}))
    names = controller_names()
    assert names[:3] == ("expert", "planner", "policy")
    assert "mine" in names
    row = find_controller("mine")
    assert row.load_config().__name__ == "MineConfig"
    assert find_preparation("mine").load().__name__ == "prepare"
    assert controller_table().rows.items() >= {r.name: r for r in (*BUNDLED, row)}.items()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise ValueError('no\\narm')", "ValueError: no arm"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "AttributeError: module 'their_robot' has no attribute 'ROW'"),
        ("ROW = {'name': 'mine'}", "is of type dict; must be a Controller"),
        (ROW.format(columns={"name": "yours"}), "is named 'yours'; must be named as its entry"),
        (ROW.format(columns={"name": "My Arm"}), "name = 'My Arm': must be lower-case letters"),
        (ROW.format(columns={"arm": 1}), "unexpected keyword argument 'arm'"),
        (ROW.format(columns={"description": ""}), "description = '': must be a line of text"),
        (ROW.format(columns={"files": ("scores",)}), "files: 'scores': must be one of learned,"),
        (ROW.format(columns={"files": "demo"}), "files = 'demo': must be a tuple of str"),
        (ROW.format(columns={"config": "MineConfig"}), "'MineConfig': must be a dotted name"),
        (ROW.format(columns={"listens": ("score",)}), "listens = 'score': must be a dotted name"),
        (ROW.format(columns={"preparations": None}), "must be a tuple of Preparation"),
    ],
)
def test_a_row_that_is_no_good_is_named_and_costs_no_other(install, code, why):
    install(code)
    assert controller_table().rows.items() >= {row.name: row for row in BUNDLED}.items()
    for find in (find_controller, find_preparation):
        with pytest.raises(ControllerError) as error:
            find("mine")
        line = str(error.value)
        assert line.startswith("controller 'mine' of package their_robot (their_robot:ROW): ")
        assert why in line
        assert "\n" not in line
        assert [line] == [why for _, why in controller_table().broken]


@pytest.mark.parametrize("name", ["expert", "learned", "gate"])
def test_names_are_given_once(install, name):
    install(ROW.format(columns={"name": name}), name)
    assert controller_table().rows.items() >= {row.name: row for row in BUNDLED}.items()
    [(broken, why)] = controller_table().broken
    assert broken == name
    assert f"the name {name!r} is taken already" in why
    assert find_preparation("learned").function == "pianomime.evaluation.players:learned"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"config": "their_robot:NoConfig"}, "their_robot:NoConfig: AttributeError"),
        ({"config": "no_robot:Config"}, "no_robot:Config: ModuleNotFoundError"),
        ({"config": "their_robot:prepare"}, "must be a subclass of pianomime.config.Config"),
        ({"files": ("demo",)}, "their_robot:MineConfig: has no parameter demo"),
        ({"config": "pianomime.safety.gate_config:GateConfig"}, "no parameter embodiment, decisi"),
        ({"executable": "arm"}, "there is no module their_robot.arm_node"),
        ({"package": "no_robot"}, "no_robot.mine_node: ModuleNotFoundError"),
    ],
)
def test_what_a_row_leads_to_is_checked_before_it_is_used(install, columns, why):
    install(ROW.format(columns=columns))
    with pytest.raises(ControllerError, match="controller 'mine': ") as error:
        find_controller("mine").load_config()
    assert why in str(error.value)


def test_a_name_that_nobody_has_is_refused_with_those_there_are():
    with pytest.raises(ControllerError, match="'me': must be one of expert, planner, policy"):
        find_controller("me")
    with pytest.raises(ControllerError, match="'me': must be one of expert, learned, planner"):
        find_preparation("me")


def test_what_cannot_be_benched_says_so(install):
    install(ROW.format(columns={"preparations": ()}))
    with pytest.raises(ControllerError, match="controller 'mine': cannot be benched"):
        find_preparation("mine")
