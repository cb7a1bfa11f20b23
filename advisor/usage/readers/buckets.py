"""Buckets of time, in which some services answer: whether several pages hold the same rows in different splits."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from advisor.common.diagnostics import BadInput, Problem

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


@dataclass(frozen=True)
class Bucket:
    """A bucket with results, and the keys that split them, for services where the request chooses these."""

    start: datetime
    ends: datetime
    split_by: frozenset[str] = frozenset()
    results: frozenset[object] = frozenset()

    def agrees_with(self, other: Bucket) -> bool:
        """Whether two of the same time are split in one way, or one holds all results of the other."""
        return self.split_by == other.split_by or self.results <= other.results or other.results <= self.results


@dataclass
class Buckets:
    """Those of all pages of one source."""

    _spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    _seen: dict[tuple[datetime, datetime], tuple[Bucket, str]] = field(default_factory=dict)

    def add(self, bucket: Bucket, file: str) -> None:
        """Raises BadInput if a bucket overlaps another one of another width, or of another split."""
        span = (bucket.start, bucket.ends)
        if span in self._seen:
            other, where = self._seen[span]
            if not bucket.agrees_with(other):
                help = "give the pages of one request for a day, all with the same `group_by`"
                raise BadInput(_twice(bucket, _by(bucket.split_by), _by(other.split_by), where, file, help))
            return
        place = bisect_left(self._spans, span)
        for start, ends in self._spans[max(place - 1, 0) : place + 1]:
            if start < bucket.ends and bucket.start < ends:
                where = self._seen[start, ends][1]
                help = "give the pages of one request for a day, all with buckets of the same width"
                raise BadInput(_twice(bucket, _wide(span), _wide((start, ends)), where, file, help))
        insort(self._spans, span)
        self._seen[span] = bucket, file


def _twice(bucket: Bucket, how: str, before: str, where: str, file: str, help: str) -> Problem:
    day = bucket.start.date()
    return Problem(
        f"duplicate day {day}: {how} here, {before} in {where}, so its images would count twice", file, help=help
    )


def _by(keys: frozenset[str]) -> str:
    return f"grouped by {' and '.join(sorted(keys))}" if keys else "as a whole"


def _wide(span: tuple[datetime, datetime]) -> str:
    """As `in a bucket of 1 hour`."""
    width = span[1] - span[0]
    name, unit = next((one for one in _UNITS if width % one[1] == timedelta(0)), ("second", timedelta(seconds=1)))
    return f"in a bucket of {width // unit} {name}{'' if width == unit else 's'}"
