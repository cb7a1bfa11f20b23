"""Runs a refused command line in a folder of its own. What it prints is compared with the snapshot of the test.

`pytest --snapshot-update tests/bad_input` records the snapshots; read the difference before it lands.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Protocol

import pytest

from advisor.cli.main import run


class Refused(Protocol):
    """Runs a command that must be refused; its transcript."""

    def __call__(self, *arguments: str, standard_input: bytes | None = b"") -> str: ...


@pytest.fixture
def refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Moves into a folder of its own. The command must exit with 2, print nothing to stdout and write nothing there."""
    monkeypatch.chdir(tmp_path)

    def transcript(*arguments: str, standard_input: bytes | None = b"") -> str:
        before = _files()
        stream = None if standard_input is None else io.TextIOWrapper(io.BytesIO(standard_input), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
        capfd.readouterr()
        code = run(list(arguments))
        printed, said = capfd.readouterr()
        assert (code, printed) == (2, ""), said
        assert _files() == before, "nothing may be written"
        assert all(char.isprintable() or char == "\n" for char in said), "a terminal would obey it"
        return f"$ {' '.join(map(_shown, ('advisor', *arguments)))}\n{said}exit code {code}\n"

    return transcript


def _files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def _shown(argument: str) -> str:
    plain = argument if len(argument) < 80 else argument[:40] + "..."
    escaped = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in plain)
    return f"'{escaped}'" if not escaped or " " in escaped or "$" in escaped else escaped
