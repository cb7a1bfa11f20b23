"""Rows that several files hold, or one file twice, counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from advisor.usage.aggregate import DIFFER, ROWS, UNLIKE, day_sums, each_once, of_file, together
from advisor.usage.daily import Sums
from advisor.usage.readers.gateways import LOGS

if TYPE_CHECKING:
    from advisor.usage.engines import Engine

_OF_SERVERS = (
    ": lines have no id, and those that occur in several files are taken for copies; if these files are the logs of "
    "different servers, too few count: end every line with the name of its server"
)


@dataclass(frozen=True)
class Part:
    """A file: its rows, their sums and from when to when they are; ``unique``: rows may have ids of their source's.

    Rows without ids can be compared where ``alike`` is the same.
    """

    name: str
    file: str
    rows: ir.Table
    sums: Sequence[dict[str, Any]]
    span: tuple[datetime, datetime] | None
    unique: bool
    alike: tuple[Any, ...]


def without_doubles(parts: Sequence[Part], engine: Engine) -> tuple[list[Sums], list[str]]:
    """The sums of each source, in which every row counts once, and notes on those left out.

    Files are only compared where it can matter: with ids, or where their times overlap.
    """
    sums: list[Sums] = []
    notes: list[str] = []
    for name in dict.fromkeys(part.name for part in parts):
        for group in _groups([part for part in parts if part.name == name and part.span]):
            if len(group) == 1 and not group[0].unique:
                sums.append((name, group[0].sums))
                continue
            counted, more = _compared(name, group, engine)
            sums.append((name, counted))
            notes += more
    return sums, notes


def _groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Files that may hold the same rows: all with ids, and others whose times overlap."""
    with_ids = [part for part in parts if part.unique]
    if with_ids:
        yield list(parts)
        return
    group: list[Part] = []
    end: datetime | None = None
    for part in sorted(parts, key=lambda part: part.span or (datetime.max, datetime.max)):
        first, last = part.span or (datetime.max, datetime.max)
        if group and end is not None and first > end:
            yield group
            group, end = [], None
        group.append(part)
        end = last if end is None else max(end, last)
    if group:
        yield group


def _compared(name: str, group: Sequence[Part], engine: Engine) -> tuple[list[dict[str, Any]], list[str]]:
    rows = together([of_file(part.rows, number) for number, part in enumerate(group)])
    counted = engine.rows_of(day_sums(each_once(rows)), group[0].file)
    notes = []
    left_out = sum(row[ROWS] for part in group for row in part.sums) - sum(row[ROWS] for row in counted)
    if left_out:
        servers = _OF_SERVERS if name in {log.name for log in LOGS} and len(group) > 1 else ""
        notes.append(f"{name}: {left_out:,} rows occur more than once and are counted once{servers}")
    differ = sum(row[DIFFER] or 0 for row in counted)
    if differ:
        what = "ids occur at several times; only the first of each counts, so check that they are ids of rows"
        notes.append(f"{name}: {differ:,} {what}")
    unlike = sum(row[UNLIKE] or 0 for row in counted)
    if unlike:
        what = "rows have other numbers in another file or page, and the larger count"
        split = ": if they are of several projects, ask for `group_by=project_id`" if name.startswith("openai") else ""
        notes.append(f"{name}: {unlike:,} {what}{split}")
    if len({part.alike for part in group}) > 1 and not all(part.unique for part in group):
        files = ", ".join(part.file for part in group[:3])
        notes.append(
            f"{name}: files of different columns cover the same days ({files}): "
            "a row in two of them counts twice, so leave one out where they say the same"
        )
    return counted, notes
