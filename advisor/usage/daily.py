"""Rows of files to days: each row once, summed by UTC day; over rows only filter, group and aggregate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.domain.formatting import plain
from advisor.usage.column_exprs import AMOUNT
from advisor.usage.model import NUMBERS, Basis, Day
from advisor.usage.readers.access_log import LOGS

Compute = Callable[[ir.Table, str], list[dict[str, Any]]]
"""The rows of an expression; the text is the name of the file in errors."""

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
    def first(self) -> datetime:
        """The start of its first row."""
        first: datetime = min(row["first"] for row in self.sums)
        return first

    @property
    def last(self) -> datetime:
        """The end of its last row."""
        last: datetime = max(row["last"] for row in self.sums)
        return last


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
    tables = [_of_file(part.rows, number) for number, part in enumerate(parts)]
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


def _of_file(rows: ir.Table, file: int) -> ir.Table:
    """The rows of one file among several, in types that are the same for all."""
    kept = {name: rows[name].cast(AMOUNT) if name in NUMBERS else rows[name] for name in _KEPT}
    return rows.select(file=ibis.literal(file, type="int32"), **kept)


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
    for part in sorted(parts, key=lambda part: (part.first, part.last)):
        if group and part.first > max(other.last for other in group):
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
    numbers = {name: None if row[name] is None else Decimal(plain(Decimal(row[name]))) for name in NUMBERS}
    requests, cost = numbers["requests"], numbers["cost"]
    return Day(
        row["day"],
        source,
        row["meter"],
        Basis(row["basis"]),
        numbers["images"],
        None if requests is None else int(requests),
        numbers["megapixels"],
        cost,
        None if cost is None else row["currency"],
        int(row["rows"]),
        row["first"],
        row["last"],
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
