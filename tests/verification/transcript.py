"""Transcripts of commands, compared with the snapshots of the tests."""

from __future__ import annotations

import pytest

from advisor.cli.main import run


def transcript(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, what it says on stderr, and its exit code."""
    capsys.readouterr()
    code = run(arguments)
    out, err = capsys.readouterr()
    said = f"on stderr:\n{err}" if err else ""
    text = f"$ advisor {' '.join(arguments)}\n{out}{said}exit code {code}\n"
    assert all(char.isprintable() or char == "\n" for char in text), "a terminal would obey it"
    return text
