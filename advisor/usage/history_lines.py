"""The format that histories had before they were databases: one JSON object a line, with a checksum. Only read.

::

    {"v":1,"read":"2026-11-23","day":"2026-10-01","source":"openai-costs","meter":"openai","parts":[{"basis":"counted",
    "images":"12","requests":null,"megapixels":null,"cost":"1.23","currency":"USD","rows":2,"first":"2026-10-01T00:00:00",
    "last":"2026-10-02T00:00:00"}],"check":"0f3a..."}
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.model import Observation, day_of

VERSION = 1
MAX_LINE_BYTES = 4_096

_CHECK_LENGTH = 12
_START = b'{"v":'


def observations_in(content: bytes, path: Path) -> list[Observation]:
    """What the lines say. A last line that a crash left incomplete is left out.

    Raises BadInput for any other line that is incomplete or was changed, for lines of another version, and for lines
    longer than ``MAX_LINE_BYTES``.
    """
    found: list[Observation] = []
    lines = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE_BYTES:
            what = f"this line has more than {MAX_LINE_BYTES:,} bytes"
            raise BadInput(Problem(what, str(path), number, help="check that this is a history that the monitor wrote"))
        values = _checked(line)
        if values is not None:
            found.append(_observation(values, path, number))
        elif line.strip():
            # What a crash can leave of the last line, so that no other file is taken for a history.
            incomplete = line.startswith(_START) or _START.startswith(line) or not line.strip(b"\0")
            if any(lines[number:]) or not incomplete:
                raise BadInput(_broken(path, number))
            break
    return found


def checksum(values: object) -> str:
    """The checksum of a line without its checksum."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK_LENGTH]


def _checked(line: bytes) -> dict[str, Any] | None:
    """The object of a line; None where its checksum is wrong."""
    try:
        values = json.loads(line.decode("ascii"))
        if not isinstance(values, dict):
            return None
        return values if values.pop("check", None) == checksum(values) else None
    except (ValueError, RecursionError):
        return None


def _broken(path: Path, number: int) -> Problem:
    help = "a history is only written by the monitor: restore the line from a copy, or take it out"
    return Problem("this line is not one that the monitor wrote, or it was changed since", str(path), number, help=help)


def _observation(values: dict[str, Any], path: Path, number: int) -> Observation:
    if values.get("v") != VERSION:
        help = "read it with the version of the advisor that wrote it"
        raise BadInput(Problem(f"this line is of version {quoted(values.get('v'))}", str(path), number, help=help))
    try:
        key = {name: values[name] for name in ("day", "source", "meter")}
        days = tuple(day_of({**part, **key}) for part in values["parts"])
        if not days:
            raise ValueError("no parts")
        return Observation(date.fromisoformat(values["read"]), days)
    except (KeyError, TypeError, ValueError):
        raise BadInput(_broken(path, number)) from None
