"""Folders that may not be read: a search in them finds nothing, which must not count as having nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import run
from advisor.common.files import bundled
from tests.bad_input.test_command_lines import EXAMPLE

RULES = str(bundled("rules"))
SAID = "the folder cannot be read: permission denied"


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Closes a folder to everybody: modes would not stop a superuser who runs these tests."""
    access, scandir = os.access, os.scandir

    def close(name: str) -> Path:
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path and access(asked, mode))

        def refusing(asked: Any) -> Any:
            if Path(asked) == path:
                raise PermissionError(errno.EACCES, "Permission denied", str(asked))
            return scandir(asked)

        monkeypatch.setattr(os, "scandir", refusing)
        return path

    return close


@pytest.mark.parametrize("part", [".", "gates", "cases"])
@pytest.mark.parametrize("command", [["rules", "test"], ["rules", "check"], ["decide", str(EXAMPLE)]])
def test_rules_are_not_read_without_a_part_of_them(
    command: list[str], part: str, closed: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    path = closed(f"rules/{part}")
    assert run([*command, "--rules", str(tmp_path / "rules")]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error == f"error[unreadable-file]: {SAID}\n  --> {path}\n  help: check its permissions\n"


@pytest.mark.parametrize(
    "command",
    [
        ["catalogue", "show", "--catalogue", "DIR"],
        ["catalogue", "age", "DIR"],
        ["rules", "diff", RULES, RULES, "--records", "DIR"],
        ["recheck", "DIR"],
    ],
    ids=" ".join,
)
def test_what_may_not_be_read_is_not_empty(
    command: list[str], closed: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(closed("locked"))
    assert run([path if word == "DIR" else word for word in command]) == 2
    error = capsys.readouterr().err
    assert f": {SAID}\n  --> {path}\n  help: check its permissions\n" in error
