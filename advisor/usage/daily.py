"""Rows of files to days: each row once, summed by UTC day; over rows only filter, group and aggregate."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.quantity import plain
from advisor.usage.model import COLUMNS, NUMBERS, Basis, Day
from advisor.usage.normalise import AMOUNT
from advisor.usage.readers.access_log import LOGS
from advisor.usage.readers.json_pages import Bucket

Compute = Callable[[ir.Table, str], list[dict[str, Any]]]
"""The rows of an expression; the text is the name of the file in errors."""

_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_GROUPS = ("meter", "basis", "currency")
_KEPT = ("at", "ends", *_GROUPS, *NUMBERS, "identity", "unique")
_DIGITS = 60
"""Enough for exact sums of whatever a history may hold."""
_OF_SERVERS = (
    ": lines have no id, and those that occur in several files are taken for copies; if these files are the logs of "
    "different servers, too few count: end every line with the name of its server"
)


@dataclass(frozen=True)
class Part:
    """A file: its rows and their ``day_sums``; ``unique``: rows may have ids of their source's.

    Rows without ids can be compared where ``alike`` is the same.
    """

    name: str
    file: str
    rows: ir.Table
    sums: Sequence[dict[str, Any]]
    unique: bool
    alike: tuple[Any, ...]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The start of its first row, and the end of its last."""
        return min(row["first"] for row in self.sums), max(row["last"] for row in self.sums)


# ---- rows to sums, in an engine


def day_sums(rows: ir.Table) -> ir.Table:
    """The sums of each UTC day, meter, basis and currency. ``copies``, where there is such a column, says how often."""
    many = "copies" in rows.columns

    def total(name: str) -> Any:
        return (rows[name] * rows.copies if many else rows[name]).sum()

    return rows.group_by(rows["at"].date().name("day"), *_GROUPS).aggregate(
        **{name: total(name) for name in NUMBERS},
        rows=rows.copies.sum() if many else rows.count(),
        first=rows["at"].min(),
        last=rows.ends.max(),
        **({"faults": rows.fault.count()} if "fault" in rows.columns else {}),
        **{name: (rows[name] & rows.unique).sum() for name in ("differ", "unlike") if name in rows.columns},
    )


def _each_once(parts: Sequence[Part]) -> ir.Table:
    """Each row of several files once, with the number of its ``copies``.

    A row with an id of its source counts once however often it occurs; where its copies differ, the largest number and
    the best basis count. Other rows that occur several times in one file are several, and the file with the most of
    them says how many.
    """
    tables = [
        part.rows.select(  # in types that are the same for all files
            file=ibis.literal(number, type="int32"),
            **{name: part.rows[name].cast(AMOUNT) if name in NUMBERS else part.rows[name] for name in _KEPT},
        )
        for number, part in enumerate(parts)
    ]
    rows = ibis.union(*tables) if len(tables) > 1 else tables[0]
    ranked = rows.mutate(basis=ibis.cases(*((rows.basis == basis.value, basis.rank) for basis in Basis)))
    in_file = ranked.group_by(["file", "identity", "unique"]).aggregate(
        copies=ranked.count(), differ=_several(ranked, "at"), unlike=_unlike(ranked), **_largest(ranked)
    )
    once = in_file.group_by(["identity", "unique"]).aggregate(
        copies=in_file.copies.max(),
        differ=in_file.differ.max() | _several(in_file, "at"),
        unlike=in_file.unlike.max() | _unlike(in_file),
        **_largest(in_file),
    )
    return once.mutate(
        copies=ibis.ifelse(once.unique, ibis.literal(1, type="int64"), once.copies),
        basis=ibis.cases(*((once.basis == basis.rank, basis.value) for basis in Basis)),
    )


def _several(rows: ir.Table, name: str) -> Any:
    """Whether there is more than one value, nulls aside."""
    return (rows[name].min() != rows[name].max()).fill_null(False)


def _unlike(rows: ir.Table) -> Any:
    return _several(rows, "images") | _several(rows, "cost")


def _largest(rows: ir.Table) -> dict[str, Any]:
    largest = {name: rows[name].max() for name in ("ends", "meter", "currency", *NUMBERS)}
    return {"at": rows["at"].min(), "basis": rows.basis.min(), **largest}


# ---- rows that several files hold, or one file twice


def days_of(parts: Sequence[Part], rows_of: Compute) -> tuple[tuple[Day, ...], list[str]]:
    """One Day for each day, source, meter, basis and currency, in which every row counts once, and notes.

    Files are only compared where it can matter: with ids, or where their times overlap.
    """
    days: list[Day] = []
    notes: list[str] = []
    for name in dict.fromkeys(part.name for part in parts):
        counted: list[dict[str, Any]] = []
        for group in _groups([part for part in parts if part.name == name and part.sums]):
            if len(group) == 1 and not group[0].unique:
                counted += group[0].sums
            else:
                sums = rows_of(day_sums(_each_once(group)), group[0].file)
                counted += sums
                notes += _notes(name, group, sums)
        days += [_day(name, row) for row in _corrections_as_bills(counted)]
    return added_up(days), notes


def _groups(parts: Sequence[Part]) -> Iterator[Sequence[Part]]:
    """Files that may hold the same rows: all with ids, and others whose times overlap."""
    if any(part.unique for part in parts):
        yield parts
        return
    group: list[Part] = []
    for part in sorted(parts, key=lambda part: part.span):
        if group and part.span[0] > max(other.span[1] for other in group):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _notes(name: str, group: Sequence[Part], counted: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What was left out of a group of files, and why that may be wrong."""
    if left_out := sum(row["rows"] for part in group for row in part.sums) - sum(row["rows"] for row in counted):
        servers = _OF_SERVERS if name in {log.name for log in LOGS} and len(group) > 1 else ""
        yield f"{name}: {left_out:,} rows occur more than once and are counted once{servers}"
    elif len(same := _of_same_sums(group)) > 1:
        yield (
            f"{name}: {', '.join(same[:3])} state the same numbers for each day, and no row of one is in another: if "
            "they are of the same usage, leave one out, as it counts twice"
        )
    if differ := sum(row["differ"] or 0 for row in counted):
        what = "ids occur at several times; only the first of each counts, so check that they are ids of rows"
        yield f"{name}: {differ:,} {what}"
    if unlike := sum(row["unlike"] or 0 for row in counted):
        what = "rows have other numbers in another file or page, and the larger count"
        split = ": if they are of several projects, ask for `group_by=project_id`" if name.startswith("openai") else ""
        yield f"{name}: {unlike:,} {what}{split}"
    if len({part.alike for part in group}) > 1 and not all(part.unique for part in group):
        files = ", ".join(part.file for part in group[:3])
        yield (
            f"{name}: files of different columns cover the same days ({files}): "
            "a row in two of them counts twice, so leave one out where they say the same"
        )


def _of_same_sums(group: Sequence[Part]) -> list[str]:
    """The files, if any, whose days are the same as those of another: the same bill in another spelling, perhaps."""
    by_sums: dict[object, list[str]] = {}
    for part in group:
        days = frozenset(tuple(row[name] for name in ("day", *_GROUPS, *NUMBERS)) for row in part.sums)
        by_sums.setdefault(days, []).append(part.file)
    return next((files for files in by_sums.values() if len(files) > 1), [])


# ---- buckets of pages: whether several pages hold the same rows in different splits


def add_bucket(seen: list[tuple[Bucket, str]], bucket: Bucket, file: str) -> None:
    """Adds a bucket to those of all pages of its source, which are in order and do not overlap, with their files.

    Raises BadInput if it overlaps another one of another width, or of another split. Two of the same time may be split
    in two ways if one holds all results of the other.
    """
    span = (bucket.start, bucket.ends)
    place = bisect_left(seen, span, key=lambda one: (one[0].start, one[0].ends))
    for other, where in seen[max(place - 1, 0) : place + 1]:
        same = (other.start, other.ends) == span
        nested = bucket.results <= other.results or other.results <= bucket.results
        if same and (bucket.split_by == other.split_by or nested):
            return
        if other.start < bucket.ends and bucket.start < other.ends:
            how, before = (_by(bucket), _by(other)) if same else (_wide(bucket), _wide(other))
            what = f"duplicate day {bucket.start.date()}: {how} here, {before} in {where}"
            alike = "the same `group_by`" if same else "buckets of the same width"
            help = f"give the pages of one request for a day, all with {alike}"
            raise BadInput(Problem(f"{what}, so its images would count twice", file, help=help))
    seen.insert(place, (bucket, file))


def _by(bucket: Bucket) -> str:
    return f"grouped by {' and '.join(sorted(bucket.split_by))}" if bucket.split_by else "as a whole"


def _wide(bucket: Bucket) -> str:
    """As `in a bucket of 1 hour`."""
    width = bucket.ends - bucket.start
    name, unit = next((one for one in _UNITS if width % one[1] == timedelta(0)), ("second", timedelta(seconds=1)))
    return f"in a bucket of {width // unit} {name}{'' if width == unit else 's'}"


# ---- sums to days


def _corrections_as_bills(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A correction is added to that month's counted images, or to its costs if there are none."""

    def month(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["meter"], row["day"].year, row["day"].month

    def corrects(row: dict[str, Any]) -> bool:
        return row["basis"] == Basis.COUNTED and row["images"] is None

    derived = {month(row) for row in rows if row["basis"] == Basis.DERIVED}
    counted = {month(row) for row in rows if row["basis"] != Basis.DERIVED and not corrects(row)}
    for row in rows:
        yield {**row, "basis": Basis.DERIVED} if corrects(row) and month(row) in derived - counted else row


def _day(source: str, row: dict[str, Any]) -> Day:
    values = {name: row[name] for name in COLUMNS if name != "source"}
    for name in NUMBERS:
        if values[name] is not None:
            values[name] = int(values[name]) if name == "requests" else Decimal(plain(Decimal(values[name])))
    currency = None if values["cost"] is None else values["currency"]
    return Day(
        **{**values, "source": source, "basis": Basis(row["basis"]), "currency": currency, "rows": int(row["rows"])}
    )


def place_of(day: Day) -> tuple[date, str, str, str, str]:
    """What a Day is of: no two Days of one result share it."""
    return day.day, day.source, day.meter, day.basis, day.currency or ""


def added_up(days: Iterable[Day]) -> tuple[Day, ...]:
    """One Day for each place, in this order: the numbers that at least one of its days states, added up."""
    return tuple(sum_of(list(same)) for _, same in groupby(sorted(days, key=place_of), place_of))


def sum_of(days: Sequence[Day]) -> Day:
    """One Day of several."""
    with localcontext(Context(prec=_DIGITS)):
        stated = {name: [n for day in days if (n := getattr(day, name)) is not None] for name in NUMBERS}
        sums: dict[str, Any] = {name: sum(numbers) if numbers else None for name, numbers in stated.items()}
        return replace(
            days[0],
            **sums,
            rows=sum(day.rows for day in days),
            first=min(day.first for day in days),
            last=max(day.last for day in days),
        )
