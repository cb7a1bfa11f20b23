"""Transcripts of commands, compared with the text kept for them.

`ADVISOR_RECORD_GOLDEN=1 pytest tests/verification` records them anew; read every one that changes before it lands.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advisor.cli.main import run

GOLDEN = Path(__file__).parent / "golden"
RECORDING = os.environ.get("ADVISOR_RECORD_GOLDEN") == "1"


def compare(case: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Runs a command here; what it prints, what it says on stderr and its exit code must be the golden ones."""
    capsys.readouterr()
    code = run(arguments)
    out, err = capsys.readouterr()
    said = f"on stderr:\n{err}" if err else ""
    text = f"$ advisor {' '.join(arguments)}\n{out}{said}exit code {code}\n"
    assert all(char.isprintable() or char == "\n" for char in text), "a terminal would obey it"
    golden = GOLDEN / f"{case}.txt"
    if RECORDING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert golden.is_file(), f"there is no golden text for this case yet: record it, and read it\n{text}"
    assert text == golden.read_text(encoding="utf-8")
