"""What earlier runs read of the usage: one SQLite file, to which observations are only ever added.

A log is rotated away and a bill reaches back two months; the history keeps the days. Observations of the same day,
source and meter may repeat each other: which of them count follows from what they say, never from their order.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from advisor.common.atomic_files import write_together, writing
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import read_start, real
from advisor.usage.daily import added_up, place_of, sum_of
from advisor.usage.model import COLUMNS, NUMBERS, Day, Observation, day_of, values_of

VERSION = 1
APPLICATION_ID = int.from_bytes(b"advH")
"""Marks the database as a history, in its header."""
MAX_BYTES = 50_000_000
WAIT_SECONDS = 30.0
"""How long a run waits for the lock of the history."""

_MAGIC, _ID_AT = b"SQLite format 3\0", slice(68, 72)
_HEADER_BYTES = 100
_SCHEMA = """\
CREATE TABLE usage (
    observation INTEGER NOT NULL, -- the rows of one observation share this number
    read_on TEXT NOT NULL,
    day TEXT NOT NULL,
    source TEXT NOT NULL,
    meter TEXT NOT NULL,
    basis TEXT NOT NULL,
    images TEXT,
    requests INTEGER,
    megapixels TEXT,
    cost TEXT,
    currency TEXT,
    rows INTEGER NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL
)"""
_SELECT = f"SELECT observation, read_on, {', '.join(COLUMNS)} FROM usage ORDER BY observation, rowid"
_INSERT = f"INSERT INTO usage VALUES ({', '.join('?' * (2 + len(COLUMNS)))})"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")


@dataclass(frozen=True)
class History:
    """The observations of a history."""

    observations: tuple[Observation, ...]

    def with_days(self, days: Iterable[Day], read_on: date) -> History:
        """The history as ``append`` would leave it; nothing is written."""
        return History((*self.observations, *_news(self.observations, _observed(days, read_on))))

    def days(self) -> tuple[Day, ...]:
        """What is known of each day: the sums over the observations that count, by basis and currency."""
        groups = _grouped(self.observations).values()
        return added_up(day for group in groups for one in counting(group) for day in one.days)

    def as_csv(self) -> str:
        """The days as csv, one row for each day, source, meter, basis and currency."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(values_of, self.days()))
        return text.getvalue()


def counting(group: Iterable[Observation]) -> list[Observation]:
    """Of all observations of one day of one source and meter, those that count: none of them overlap.

    Of those that overlap the one with the most rows counts, since what is read later reaches further. With equally many
    rows it is one that is not all zeros, then the one on the better basis, the one read later, the larger numbers.
    """
    taken: list[Observation] = []
    for observation in sorted(set(group), key=_rank, reverse=True):
        if not any(observation.overlaps(other) for other in taken):
            taken.append(observation)
    return taken


def read_history(path: Path) -> History:
    """The history in the file, also one of the earlier format; an empty one for a missing or empty file.

    Nothing is written, except that SQLite rolls back what a killed run left. Raises BadInput for a file that is
    damaged, not a history, larger than ``MAX_BYTES`` or not readable, or locked by other runs for ``WAIT_SECONDS``.
    """
    if not _header(path):
        return History(())
    if _is_of_lines(path):
        return History(tuple(observations_in(read_start(path, MAX_BYTES), path)))
    with _transaction(path, "BEGIN", "rw") as database:
        return History(tuple(_observations(database, path)))


def append(path: Path, days: Iterable[Day], read_on: date) -> int:
    """Adds what the history does not say already, in one transaction, and returns the number of observations added.

    A history of the earlier format is replaced by a database first. When this returns, all of it is on the disk. Raises
    BadInput as ``read_history`` does, where the file cannot be written, and for days that could not be read again; then
    the file holds what it held before.
    """
    observed = _observed(days, read_on)
    for observation in observed:
        _check(observation, path)
    if _is_of_lines(path):
        _replace_lines(path)
    with _transaction(path, "BEGIN IMMEDIATE", "rwc") as database:
        if _is_empty(database):
            _create(database)
        known = _observations(database, path)
        added = _news(known, observed)
        if added:
            _insert(database, added)
            if _number(database, "page_count") * _number(database, "page_size") > MAX_BYTES:
                raise BadInput(_too_large(path))
            database.execute("COMMIT")
        return len(added)


def _header(path: Path) -> bytes:
    """The first bytes of the file; none where it is missing or empty. Raises BadInput."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(_too_large(path))
    except FileNotFoundError:
        return b""
    except (OSError, ValueError):
        pass  # the next line says what is wrong
    return read_start(path, _HEADER_BYTES)


def _is_of_lines(path: Path) -> bool:
    """Whether the file may be a history of the earlier format. Raises BadInput for another database.

    If its journal exists, only SQLite can say what the file holds.
    """
    header = _header(path)
    if not header or Path(f"{real(path)}-journal").exists():
        return False
    if header.startswith(_MAGIC) and header[_ID_AT] != APPLICATION_ID.to_bytes(4):
        raise BadInput(_foreign(path))
    return not header.startswith(_MAGIC)


def _replace_lines(path: Path) -> None:
    """Replaces a history of lines by the same as a database: a killed run leaves the one or the other."""
    target = real(path)
    with writing(target.parent):
        if not _is_of_lines(target):
            return  # another run has replaced it meanwhile
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
            _create(database)
            _insert(database, observations_in(read_start(path, MAX_BYTES), path))
            content = database.serialize()
        write_together({target: content})


@contextmanager
def _transaction(path: Path, begin: str, mode: str) -> Iterator[sqlite3.Connection]:
    """A transaction, which is rolled back unless the block commits it. What SQLite raises becomes BadInput."""
    address = f"{real(path).absolute().as_uri()}?mode={mode}"
    try:
        with closing(sqlite3.connect(address, WAIT_SECONDS, isolation_level=None, uri=True)) as database:
            # FULL, and the folder as well: a commit survives a loss of power.
            database.execute("PRAGMA synchronous = EXTRA")
            database.execute("PRAGMA trusted_schema = OFF")
            database.execute(begin)
            yield database
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where a message quotes a damaged schema
        raise BadInput(_problem(error, path)) from None


def _create(database: sqlite3.Connection) -> None:
    database.execute(_SCHEMA)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")


def _is_empty(database: sqlite3.Connection) -> bool:
    """Whether nothing was ever committed, as where the first run was killed."""
    nothing = not database.execute("SELECT 1 FROM sqlite_schema").fetchone()
    return nothing and _number(database, "application_id") == 0


def _observations(database: sqlite3.Connection, path: Path) -> list[Observation]:
    """All observations, in the order in which they were added. Raises BadInput for what ``append`` never writes."""
    if _is_empty(database):
        return []
    if _number(database, "application_id") != APPLICATION_ID:
        raise BadInput(_foreign(path))
    version = _number(database, "user_version")
    if version != VERSION:
        help = "read it with the version of the advisor that wrote it"
        raise BadInput(Problem(f"this history is of version {quoted(version)}", str(path), help=help))
    schema = database.execute("SELECT sql FROM sqlite_schema").fetchall()
    if schema != [(_SCHEMA,)] or database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise BadInput(_damaged(path))
    days: dict[tuple[int, date], list[Day]] = defaultdict(list)
    try:
        for number, read_on, *values in database.execute(_SELECT):
            days[number, date.fromisoformat(read_on)].append(day_of(dict(zip(COLUMNS, values, strict=True))))
    except (TypeError, ValueError):
        raise BadInput(_damaged(path)) from None
    return [Observation(read_on, tuple(several)) for (_, read_on), several in days.items()]


def _insert(database: sqlite3.Connection, observations: Iterable[Observation]) -> None:
    (last,) = database.execute("SELECT coalesce(max(observation), 0) FROM usage").fetchone()
    for number, observation in enumerate(observations, last + 1):
        read_on = observation.read_on.isoformat()
        database.executemany(_INSERT, [(number, read_on, *values_of(day).values()) for day in observation.days])


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(f"PRAGMA {pragma}").fetchone()[0])


def _check(observation: Observation, path: Path) -> None:
    """Nothing is written that could not be read again. Raises BadInput."""
    try:
        if all(day_of(values_of(day)) == day for day in observation.days):
            return
    except (TypeError, ValueError):
        pass
    day, source, _ = observation.key
    what = f"what was read of {quoted(day)} from {quoted(source)} cannot be kept in a history"
    raise BadInput(Problem(what, str(path), help="check the dates of that day; --no-history leaves the history out"))


def _problem(error: Exception, path: Path) -> Problem:
    name = getattr(error, "sqlite_errorname", None) or "SQLITE_ERROR"
    if name.startswith("SQLITE_BUSY"):
        help = "wait until it is done, and try again"
        return Problem("another run is using this history", str(path), help=help)
    if name.startswith(_DAMAGED):
        return _damaged(path)
    help = "check the path, its permissions and the room on the disk"
    return Problem(f"the history cannot be used: {str(error).lower()}", str(path), help=help)


def _damaged(path: Path) -> Problem:
    help = "restore it from a copy, or begin a new one with --history FILE"
    return Problem("the history is damaged, or it was changed by another program", str(path), help=help)


def _foreign(path: Path) -> Problem:
    help = "name another file with --history FILE"
    return Problem("this database is not one that the monitor wrote", str(path), help=help)


def _too_large(path: Path) -> Problem:
    help = "years of days have a few megabytes: check that this is a history, or begin a new one"
    return Problem(f"there are more than {MAX_BYTES:,} bytes here", str(path), help=help)


def _observed(days: Iterable[Day], read_on: date) -> list[Observation]:
    groups = groupby(sorted(days, key=place_of), lambda day: place_of(day)[:3])
    return [Observation(read_on, tuple(several)) for _, several in groups]


def _news(known: Iterable[Observation], observed: Iterable[Observation]) -> list[Observation]:
    """The observations to add: those that say something new, or repeat what counted before something else did."""
    groups = _grouped(known)
    added = []
    for observation in observed:
        group = groups[observation.key]
        same = [other for other in group if other.days == observation.days]
        counts_already = any(other in same for other in counting(group))
        repeats = not counts_already and observation not in same and observation in counting([*group, observation])
        if not same or repeats:
            group.append(observation)
            added.append(observation)
    return added


def _grouped(known: Iterable[Observation]) -> dict[tuple[date, str, str], list[Observation]]:
    groups: dict[tuple[date, str, str], list[Observation]] = defaultdict(list)
    for observation in known:
        groups[observation.key].append(observation)
    return groups


def _rank(observation: Observation) -> tuple[object, ...]:
    """What counts first comes last. Ends in all the values, so that no two different observations are equal."""
    days, whole = observation.days, sum_of(observation.days)
    numbers = [getattr(whole, name) or 0 for name in NUMBERS]
    worst_basis = max(day.basis.rank for day in days)
    return whole.rows, any(numbers), -worst_basis, observation.read_on, *numbers, repr([values_of(day) for day in days])


# ---- the format that histories had before they were databases, which is only read: one JSON object a line
#
# {"v":1,"read":"2026-11-23","day":"2026-10-01","source":"openai-costs","meter":"openai","parts":[{"basis":"counted",
# "images":"12","requests":null,"megapixels":null,"cost":"1.23","currency":"USD","rows":2,"first":"2026-10-01T00:00:00",
# "last":"2026-10-02T00:00:00"}],"check":"0f3a..."}

MAX_LINE_BYTES = 4_096

_CHECK_LENGTH, _VERSION_OF_LINES = 12, 1
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
    if values.get("v") != _VERSION_OF_LINES:
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
