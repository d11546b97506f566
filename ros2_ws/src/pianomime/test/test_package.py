"""The library as a package: what `import pianomime` offers, and what is installed."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import pianomime

LIBRARY = Path(pianomime.__file__).parent


@pytest.mark.parametrize("name", pianomime.__all__)
def test_each_name_is_what_its_module_defines(name):
    value = getattr(pianomime, name)
    assert value is getattr(import_module(value.__module__), name)
    assert name in dir(pianomime)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(pianomime.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body for alias in node.names}
    modules = {name: f"pianomime.{module}" for name, module in pianomime._MODULES.items()}
    assert sorted(typed) == pianomime.__all__
    assert typed == modules


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'play_violin'"):
        pianomime.play_violin  # noqa: B018


def test_importing_it_loads_nothing_else():
    code = "import sys; there = set(sys.modules); import pianomime"
    code += "; print(*{name.split('.')[0] for name in set(sys.modules) - there})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) - sys.stdlib_module_names == {"pianomime"}


def test_every_file_is_installed(tmp_path):
    """And works where neither ROS nor the source tree is."""
    command = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path)]
    command += ["build", "--build-base", str(tmp_path / "build"), "--build-lib", str(tmp_path)]
    source = LIBRARY.resolve().parent
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    installed = tmp_path / "pianomime"
    assert files_in(installed) == files_in(source / "pianomime")
    code = "import pianomime; print(pianomime.find_score('twinkle').title, pianomime.__file__)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["twinkle", str(installed / "__init__.py")]


def files_in(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
