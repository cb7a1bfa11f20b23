"""A line of the history: what one run saw of one day of one source and meter, with a checksum.

::

    {"v":1,"read":"2026-11-23","day":"2026-10-01","source":"openai-costs","meter":"openai","parts":[{"basis":"counted",
    "images":"12","requests":null,"megapixels":null,"cost":"1.23","currency":"USD","rows":2,"first":"2026-10-01T00:00:00",
    "last":"2026-10-02T00:00:00"}],"check":"0f3a..."}
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.model import Basis, Day

VERSION = 1
MAX_LINE_BYTES = 4_096

_CHECK_LENGTH = 12
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)


@dataclass(frozen=True)
class Seen:
    """All that one run saw of one day of one source and meter: a Day for each basis and currency."""

    read: date
    days: tuple[Day, ...]

    @property
    def key(self) -> tuple[date, str, str]:
        """Whose day it is: the day, the source and the meter."""
        one = self.days[0]
        return one.day, one.source, one.meter

    @property
    def first(self) -> datetime:
        """The earliest start of its rows."""
        return min(day.first for day in self.days)

    @property
    def last(self) -> datetime:
        """The latest end of its rows."""
        return max(day.last for day in self.days)

    def overlaps(self, other: Seen) -> bool:
        """True where both saw some of the same time, so that both may hold the same rows.

        Spans that touch do not overlap: the end of a bucket is exclusive, and a log that is rotated within a second
        ends and goes on in it. A span of one moment overlaps every span that holds or touches it: such a log is more
        often one that has grown since than one that was rotated after its only request.
        """
        if self.first == self.last or other.first == other.last:
            return self.first <= other.last and other.first <= self.last
        return self.first < other.last and other.first < self.last


def said_by(seen: Seen) -> dict[str, object]:
    """The line as an object, without its checksum."""
    day, source, meter = seen.key
    parts = [
        {
            "basis": part.basis.value,
            "images": _text_of(part.images),
            "requests": part.requests,
            "megapixels": _text_of(part.megapixels),
            "cost": _text_of(part.cost),
            "currency": part.currency,
            "rows": part.rows,
            "first": part.first.isoformat(),
            "last": part.last.isoformat(),
        }
        for part in seen.days
    ]
    whose = {"day": day.isoformat(), "source": source, "meter": meter}
    return {"v": VERSION, "read": seen.read.isoformat(), **whose, "parts": parts}


def _text_of(number: Decimal | None) -> str | None:
    """A number in digits, without an exponent and without zeros that say nothing."""
    if number is None:
        return None
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check(said: object) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_CHECK_LENGTH]


def line_of(seen: Seen, path: Path) -> bytes:
    """The line to write. Raises BadInput where it would be longer than ``MAX_LINE_BYTES``, or not be read again."""
    said = said_by(seen)
    line = json.dumps({**said, "check": _check(said)}, separators=(",", ":")).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        what = f"the line of {quoted(said['day'])} would have more than {MAX_LINE_BYTES:,} bytes"
        raise BadInput(Problem(what, str(path), help="give the source and the meter shorter names"))
    try:
        again, _, torn = seen_in(line, path)
    except BadInput:
        again, torn = [], None
    if torn or again != [seen]:
        what = f"what was read of {quoted(said['day'])} from {quoted(said['source'])} cannot be kept in a history"
        raise BadInput(
            Problem(what, str(path), help="check the dates of that day; --no-history leaves the history out")
        )
    return line


def seen_in(content: bytes, path: Path) -> tuple[list[Seen], int, int | None]:
    """What the lines say, how many bytes are whole lines, and the number of a last line that is not whole.

    Only a last line that begins as ours do can be taken for the remains of a crash. Raises BadInput for any other line
    that is not whole, and for lines of another version or longer than ``MAX_LINE_BYTES``.
    """
    seen: list[Seen] = []
    at, number = 0, 0
    while at < len(content):
        number += 1
        newline = content.find(b"\n", at)
        end = len(content) if newline < 0 else newline
        line = content[at:end]
        if len(line) > MAX_LINE_BYTES:
            what = f"this line has more than {MAX_LINE_BYTES:,} bytes"
            raise BadInput(Problem(what, str(path), number, help="check that this is a history that the monitor wrote"))
        said = _whole(line)
        if said is not None:
            seen.append(_seen(said, path, number))
        elif line.strip():
            if end < len(content) - 1 or not _begins_like_ours(line):
                raise BadInput(_broken(path, number))
            return seen, at, number
        at = end + 1
    return seen, len(content), None


def _whole(line: bytes) -> dict[str, object] | None:
    """What a line says; None where its checksum is not that of the rest."""
    try:
        said = json.loads(line.decode("ascii"))
        if not isinstance(said, dict):
            return None
        return said if said.pop("check", None) == _check(said) else None
    except (ValueError, RecursionError):
        return None


def _begins_like_ours(line: bytes) -> bool:
    """True for what a crash can leave of a line, so that no other file is ever cut off."""
    start = b'{"v":'
    return line.startswith(start) or start.startswith(line) or not line.strip(b"\0")


def _broken(path: Path, number: int) -> Problem:
    help = "a history is only written by the monitor: restore the line from a copy, or take it out"
    return Problem("this line is not one that the monitor wrote, or it was changed since", str(path), number, help=help)


def _seen(said: dict[str, object], path: Path, number: int) -> Seen:
    if said.get("v") != VERSION:
        help = "read it with the version of the advisor that wrote it"
        raise BadInput(Problem(f"this line is of version {quoted(said.get('v'))}", str(path), number, help=help))
    try:
        whose = (date.fromisoformat(_text(said["day"])), _text(said["source"]), _text(said["meter"]))
        parts = said["parts"]
        if not isinstance(parts, list) or not parts:
            raise ValueError("no parts")
        return Seen(date.fromisoformat(_text(said["read"])), tuple(_day(part, *whose) for part in parts))
    except (KeyError, TypeError, ValueError):
        raise BadInput(_broken(path, number)) from None


def _day(part: dict[str, object], day: date, source: str, meter: str) -> Day:
    """One part of a line. Raises KeyError, TypeError or ValueError for what the monitor does not write."""
    found = Day(
        day=day,
        source=source,
        meter=meter,
        basis=Basis(_text(part["basis"])),
        images=_number(part["images"]),
        requests=None if part["requests"] is None else _count(part["requests"]),
        megapixels=_number(part["megapixels"]),
        cost=_number(part["cost"]),
        currency=None if part["currency"] is None else _text(part["currency"]),
        rows=_count(part["rows"]),
        first=_stamp(part["first"]),
        last=_stamp(part["last"]),
    )
    if found.last < found.first:
        raise ValueError("ends before it starts")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _number(value: object) -> Decimal | None:
    if value is None:
        return None
    text = _text(value)
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def _stamp(value: object) -> datetime:
    stamp = datetime.fromisoformat(_text(value))
    if stamp.tzinfo is not None:
        raise ValueError("stamps are UTC and do not say so")
    return stamp
