"""Runs a command line in a folder of its own and compares what it says with the text kept for it.

`ADVISOR_RECORD_GOLDEN=1 pytest tests/bad_input` records the texts anew; read every one that changes before it lands.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from advisor.cli.main import run

GOLDEN = Path(__file__).parent / "golden"
RECORDING = os.environ.get("ADVISOR_RECORD_GOLDEN") == "1"


def refused(
    group: str,
    case: str,
    arguments: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    standard_input: bytes | None = b"",
) -> None:
    """Runs the command here: it must exit with 2, print nothing, write nothing, and say what the golden text says."""
    before = _files()
    stream = None if standard_input is None else io.TextIOWrapper(io.BytesIO(standard_input), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    capfd.readouterr()
    code = run(arguments)
    printed, said = capfd.readouterr()
    assert (code, printed) == (2, ""), said
    assert _files() == before, "nothing may be written"
    shown = " ".join(_shown(argument) for argument in ("advisor", *arguments))
    compare(group, case, f"$ {shown}\n{said}exit code {code}\n")


def compare(group: str, case: str, text: str) -> None:
    """Fails when the text is not the golden one."""
    golden = GOLDEN / group / f"{case}.txt"
    assert text.isprintable() or all(char.isprintable() or char == "\n" for char in text), "a terminal would obey it"
    if RECORDING:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
        return
    assert golden.is_file(), f"there is no golden text for this case yet: record it, and read it\n{text}"
    assert text == golden.read_text(encoding="utf-8")


def strays(group: str, cases: set[str]) -> set[str]:
    """Golden texts that belong to no case of the group."""
    return {path.stem for path in (GOLDEN / group).glob("*.txt")} - cases


def _files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def _shown(argument: str) -> str:
    plain = argument if len(argument) < 80 else argument[:40] + "..."
    escaped = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in plain)
    return f"'{escaped}'" if not escaped or " " in escaped or "$" in escaped else escaped
