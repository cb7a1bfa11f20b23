"""A time zone as a table of its changes, so that a database need not know zones."""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FIRST_YEAR, LAST_YEAR = 2014, 2100
FARTHEST = timedelta(hours=14)
"""No clock on earth is further ahead of UTC, nor behind it."""
_FIXED = re.compile(r"([+-])(\d\d):?([0-5]\d)?")


@dataclass(frozen=True)
class Zone:
    """Clocks before ``until[i]`` are ``offsets[i]`` ahead of UTC, those behind the last of them ``offsets[-1]``."""

    name: str
    until: tuple[datetime, ...]
    offsets: tuple[timedelta, ...]


def zone_of(name: str, last_year: int) -> Zone | None:
    """A zone by its name (`Europe/Berlin`) or its offset (`+02:00`); None for UTC. Raises ValueError.

    >>> zone_of("+05:30", 2026).offsets[0], len(zone_of("Europe/Berlin", 2026).until)
    (datetime.timedelta(seconds=19800), 26)
    """
    if name.upper() in ("UTC", "Z", "GMT"):
        return None
    if fixed := _FIXED.fullmatch(name):
        offset = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        if offset > FARTHEST:
            raise ValueError(name)
        return Zone(name, (), (offset if fixed[1] == "+" else -offset,))
    try:
        info = ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(name) from None
    return _changes(name, info, min(last_year, LAST_YEAR))


def _changes(name: str, info: ZoneInfo, last_year: int) -> Zone:
    """A clock belongs to the old offset until it shows the hour of the change (fold=0), in gaps and in overlaps."""

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(info).utcoffset() or timedelta(0)

    moment, end = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(last_year, 12, 31, tzinfo=UTC)
    until: list[datetime] = []
    offsets = [offset(moment)]
    while moment < end:
        if (after := offset(moment + timedelta(days=1))) != offsets[-1]:
            start, before = moment, offsets[-1]
            seconds = bisect(range(86_400), False, key=lambda at: offset(start + timedelta(seconds=at)) != before)
            change = start + timedelta(seconds=seconds)
            until.append(change.replace(tzinfo=None) + max(offsets[-1], after))
            offsets.append(after)
        moment += timedelta(days=1)
    return Zone(name, tuple(until), tuple(offsets))
