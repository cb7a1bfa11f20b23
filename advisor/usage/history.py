"""What earlier runs saw of the usage: a file of one line for each day of a source, only ever added to.

A log is rotated away and a bill reaches back two months; the history keeps the days. Lines of the same day, source and
meter may repeat each other, and two histories may be put together with ``cat`` in any order: which lines count is told
from what they say, never from where they stand. See ``counting``, and ``history_lines`` for a line.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import TypeVar

from advisor.common.diagnostics import BadInput, Problem
from advisor.usage.history_lines import Seen, line_of, said_by, seen_in
from advisor.usage.model import Basis, Day

MAX_BYTES = 50_000_000

_BEST_FIRST = tuple(Basis)
_DIGITS = 60

Number = TypeVar("Number", int, Decimal)


@dataclass(frozen=True)
class History:
    """The whole lines of a history. ``torn`` is the number of a last line that is not whole and was left out."""

    seen: tuple[Seen, ...]
    torn: int | None = None

    def with_days(self, days: Iterable[Day], read_on: date) -> History:
        """The history as ``append`` would leave it; nothing is written."""
        return History((*self.seen, *_news(self.seen, _sightings(days, read_on))))

    def days(self) -> tuple[Day, ...]:
        """What is known of each day: the sums over the lines that count, one Day for each basis and currency."""
        found = []
        for group in _grouped(self.seen).values():
            parts: dict[tuple[Basis, str | None], list[Day]] = defaultdict(list)
            for seen in counting(group):
                for day in seen.days:
                    parts[day.basis, day.currency].append(day)
            found += [_sum(several) for several in parts.values()]
        return tuple(sorted(found, key=_place))


def counting(group: Iterable[Seen]) -> list[Seen]:
    """Of all that was seen of one day of one source and meter, what counts: sightings that do not overlap.

    Of those that overlap the one with the most rows counts, since what is read later reaches further. With equally many
    rows it is one that is not all zeros, then the one on the better basis, the one read later, the larger numbers.
    """
    taken: list[Seen] = []
    for seen in sorted(set(group), key=_rank, reverse=True):
        if not any(seen.overlaps(other) for other in taken):
            taken.append(seen)
    return taken


def read_history(path: Path) -> History:
    """The history in the file; an empty one where there is no file.

    A last line that is not whole, as a crash in the middle of writing leaves it, is left out. Raises BadInput for any
    other line that is not whole, lines and files beyond ``MAX_LINE_BYTES`` and ``MAX_BYTES``, and what cannot be read.
    """
    try:
        with _opened(path, os.O_RDONLY) as handle:
            seen, _, torn = seen_in(_content(handle, path), path)
            return History(tuple(seen), torn)
    except FileNotFoundError:
        return History(())


def append(path: Path, days: Iterable[Day], read_on: date) -> int:
    """Adds what the file does not say already, and returns the number of lines added.

    The file is locked meanwhile, so that runs at the same time wait for each other. A last line that is not whole is
    cut off first. When this returns, the lines are on the disk. Raises BadInput as ``read_history`` does, and where the
    file cannot be written; then it is as it was.
    """
    with _opened(path, os.O_RDWR | os.O_CREAT | os.O_APPEND) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        content = _content(handle, path)
        known, whole_bytes, _ = seen_in(content, path)
        added = _news(known, _sightings(days, read_on))
        lines = b"".join(line_of(seen, path) for seen in added)
        if whole_bytes < len(content):
            os.ftruncate(handle, whole_bytes)
        elif content and not content.endswith(b"\n"):
            lines = b"\n" + lines
        if not added:
            return 0
        if whole_bytes + len(lines) > MAX_BYTES:
            raise BadInput(_too_large(path))
        _write(handle, lines, whole_bytes)
        if not content:
            _sync_folder(path)
        return len(added)


def _sightings(days: Iterable[Day], read_on: date) -> list[Seen]:
    return [Seen(read_on, tuple(sorted(several, key=_place))) for several in _grouped_days(days).values()]


def _news(known: Iterable[Seen], sightings: Iterable[Seen]) -> list[Seen]:
    """The sightings to add: those that say something new, or say again what counted before something else did."""
    groups = _grouped(known)
    added = []
    for seen in sightings:
        group = groups[seen.key]
        same = [other for other in group if other.days == seen.days]
        counts_already = any(other in same for other in counting(group))
        if not same or (not counts_already and seen not in same and seen in counting([*group, seen])):
            group.append(seen)
            added.append(seen)
    return added


def _grouped(known: Iterable[Seen]) -> dict[tuple[date, str, str], list[Seen]]:
    groups: dict[tuple[date, str, str], list[Seen]] = defaultdict(list)
    for seen in known:
        groups[seen.key].append(seen)
    return groups


def _grouped_days(days: Iterable[Day]) -> dict[tuple[date, str, str], list[Day]]:
    groups: dict[tuple[date, str, str], list[Day]] = defaultdict(list)
    for day in days:
        groups[day.day, day.source, day.meter].append(day)
    return groups


def _place(day: Day) -> tuple[date, str, str, str, str]:
    return day.day, day.source, day.meter, day.basis, day.currency or ""


def _rank(seen: Seen) -> tuple[object, ...]:
    """What counts first comes last. Ends in all that the line says, so that no two different ones are equal."""
    rows = sum(day.rows for day in seen.days)
    worst_basis = max(_BEST_FIRST.index(day.basis) for day in seen.days)
    whole = _sum(seen.days)
    numbers = [number or 0 for number in (whole.images, whole.requests, whole.megapixels, whole.cost)]
    return rows, any(numbers), -worst_basis, seen.read, *numbers, json.dumps(said_by(seen), sort_keys=True)


def _sum(several: Sequence[Day]) -> Day:
    """One Day of several: numbers that one of them states, added up."""
    one = several[0]
    with localcontext(Context(prec=_DIGITS)):
        return Day(
            day=one.day,
            source=one.source,
            meter=one.meter,
            basis=one.basis,
            images=_added([day.images for day in several]),
            requests=_added([day.requests for day in several]),
            megapixels=_added([day.megapixels for day in several]),
            cost=_added([day.cost for day in several]),
            currency=one.currency,
            rows=sum(day.rows for day in several),
            first=min(day.first for day in several),
            last=max(day.last for day in several),
        )


def _added(numbers: Iterable[Number | None]) -> Number | None:
    total: Number | None = None
    for number in numbers:
        if number is not None:
            total = number if total is None else total + number
    return total


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    """The file's handle. Raises FileNotFoundError where a file to be read is not there, else BadInput."""
    try:
        # A pipe would wait for its other end; a regular file does not mind.
        handle = os.open(path, flags | os.O_NONBLOCK, 0o666)
    except FileNotFoundError as error:
        if not flags & os.O_CREAT:
            raise
        raise BadInput(_unusable(path, error)) from None
    except (OSError, ValueError) as error:
        raise BadInput(_unusable(path, error)) from None
    try:
        yield handle
    except OSError as error:
        raise BadInput(_unusable(path, error)) from None
    finally:
        os.close(handle)


def _unusable(path: Path, error: OSError | ValueError) -> Problem:
    what = f"the history cannot be used: {(getattr(error, 'strerror', None) or str(error)).lower()}"
    return Problem(what, str(path), help="check the path, its permissions and the room on the disk")


def _content(handle: int, path: Path) -> bytes:
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        raise BadInput(Problem("this is not a regular file", str(path), help="name a file for the history"))
    if about.st_size > MAX_BYTES:
        raise BadInput(_too_large(path))
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        return file.read(MAX_BYTES + 1)


def _too_large(path: Path) -> Problem:
    help = "years of days have a few megabytes: check that this is a history, or begin a new one"
    return Problem(f"there are more than {MAX_BYTES:,} bytes here", str(path), help=help)


def _write(handle: int, lines: bytes, length: int) -> None:
    """All of the lines and onto the disk, or none: then the file has its earlier length again."""
    try:
        if os.write(handle, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, length)
        raise


def _sync_folder(path: Path) -> None:
    """A new file's name is on the disk only when its folder is."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
