"""Ctrl-C in the command, also while it still imports what it needs."""

import sys
from types import ModuleType

import pytest

from pianomime_cli import cli


class Interrupted(ModuleType):
    """A module during whose import Ctrl-C is pressed."""

    def __getattr__(self, name):
        raise KeyboardInterrupt


def test_it_is_one_line_and_status_130(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["pianomime", "songs"])
    monkeypatch.setitem(sys.modules, "pianomime_cli.commands", Interrupted("commands"))
    monkeypatch.delattr("pianomime_cli.commands", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "pianomime: interrupted\n"
