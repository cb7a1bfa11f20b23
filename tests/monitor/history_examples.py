"""Generated days of usage, and readings of them as runs of the monitor have them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from advisor.usage.history import History, append, checksum, read_history
from advisor.usage.model import Basis, Day, Observation, values_of

NOV = date(2026, 11, 23)
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Thousands of small files, each synchronised: not on a disk."""
FIRST = date(2026, 10, 1)
SOURCES = [("openai-costs", "openai"), ("fal-usage", "fal"), ("nginx", "gateway")]
AMOUNTS = st.decimals(min_value=-(10**8), max_value=10**8, places=6) | st.sampled_from([Decimal("1E+2"), Decimal(0)])


@st.composite
def days(draw: st.DrawFn, on: date | None = None, source: tuple[str, str] | None = None) -> Day:
    """A Day within a few days of the first, of a few sources: so that many are of the same day."""
    day = on or FIRST + timedelta(days=draw(st.integers(0, 3)))
    name, meter = source or draw(st.sampled_from(SOURCES))
    start, end = sorted(draw(st.tuples(st.integers(0, 6), st.integers(0, 6))))
    cost = draw(st.none() | AMOUNTS)
    return Day(
        day=day,
        source=name,
        meter=meter,
        basis=draw(st.sampled_from(Basis)),
        images=draw(st.none() | AMOUNTS),
        requests=draw(st.none() | st.integers(0, 10**8)),
        megapixels=draw(st.none() | AMOUNTS),
        cost=cost,
        currency=None if cost is None else draw(st.sampled_from(["USD", "EUR"])),
        rows=draw(st.integers(1, 4)),
        first=datetime.combine(day, time()) + timedelta(hours=4 * start),
        last=datetime.combine(day, time()) + timedelta(hours=4 * end),
    )


def part_of(day: Day) -> tuple[object, ...]:
    return day.day, day.source, day.meter, day.basis, day.currency


READ_ON = st.integers(0, 4).map(lambda after: date(2026, 11, 1) + timedelta(days=after))
READINGS = st.lists(days(), max_size=6, unique_by=part_of)
"""What one run sees: no two Days of the same day, source, meter, basis and currency."""
RUNS = st.lists(st.tuples(READINGS, READ_ON), max_size=5)


def observed(days: Iterable[Day], read: date) -> list[Observation]:
    """The observations of one run, computed by hand."""
    groups: dict[tuple[object, ...], list[Day]] = {}
    for day in days:
        groups.setdefault(part_of(day)[:3], []).append(day)
    return [Observation(read, tuple(group)) for group in groups.values()]


def line_values(observation: Observation) -> dict[str, Any]:
    """What a line of the earlier format said, without its checksum."""
    day, source, meter = observation.key
    parts = [
        {name: value for name, value in values_of(part).items() if name not in ("day", "source", "meter")}
        for part in observation.days
    ]
    key = {"day": day.isoformat(), "source": source, "meter": meter}
    return {"v": 1, "read": observation.read_on.isoformat(), **key, "parts": parts}


def line_of(values: dict[str, Any]) -> bytes:
    """A line of the earlier format, with its checksum."""
    return json.dumps({**values, "check": checksum(values)}, separators=(",", ":")).encode() + b"\n"


def lines_of(*observations: Observation) -> bytes:
    """A history in the earlier format."""
    return b"".join(line_of(line_values(observation)) for observation in observations)


def plain_day(number: int, images: int = 7) -> Day:
    """One whole day, the ``number``th, of one bill."""
    day = FIRST + timedelta(days=number)
    start = datetime.combine(day, time())
    return Day(
        day=day,
        source="openai-costs",
        meter="openai",
        basis=Basis.COUNTED,
        images=Decimal(images),
        requests=None,
        megapixels=None,
        cost=Decimal("0.04") * images,
        currency="USD",
        rows=1,
        first=start,
        last=start + timedelta(days=1),
    )


def names_in(folder: Path) -> list[str]:
    """The names of all files in a folder."""
    return [path.name for path in folder.iterdir()]


def after(runs: Iterable[tuple[list[Day], date]]) -> tuple[History, bytes, list[int]]:
    """The history of some runs, the file's bytes, and how many observations each added."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder, "a.usage.sqlite")
        added = [append(path, seen, read) for seen, read in runs]
        assert names_in(Path(folder)) == ["a.usage.sqlite"] * bool(runs)
        return read_history(path), path.read_bytes() if path.exists() else b"", added
