"""The one expression that everything goes through: rows in, sums a day out; filter, group and aggregate only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.usage.column_exprs import AMOUNT
from advisor.usage.model import Basis
from advisor.usage.normalise import (
    AT,
    BASIS,
    COST,
    CURRENCY,
    ENDS,
    FAULT,
    IDENTITY,
    IMAGES,
    METER,
    NUMBERS,
    UNIQUE,
)

DAY, FIRST, LAST, ROWS, FAULTS = "day", "first", "last", "rows", "faults"
COPIES, FILE, DIFFER, UNLIKE = "copies", "file", "differ", "unlike"
GROUPS = (METER, BASIS, CURRENCY)
_BEST_FIRST = tuple(basis.value for basis in Basis)
_KEPT = (AT, ENDS, *GROUPS, *NUMBERS, IDENTITY, UNIQUE)


def day_sums(rows: ir.Table) -> ir.Table:
    """The sums of each UTC day, meter, basis and currency. ``copies``, where there is such a column, says how often."""
    many = COPIES in rows.columns

    def total(name: str) -> Any:
        return (rows[name] * rows[COPIES] if many else rows[name]).sum()

    return rows.group_by(**{DAY: rows[AT].date()}, **{name: rows[name] for name in GROUPS}).aggregate(
        **{name: total(name) for name in NUMBERS},
        **{
            ROWS: rows[COPIES].sum() if many else rows.count(),
            FIRST: rows[AT].min(),
            LAST: rows[ENDS].max(),
        },
        **({FAULTS: rows[FAULT].count()} if FAULT in rows.columns else {}),
        **{name: (rows[name] & rows[UNIQUE]).sum() for name in (DIFFER, UNLIKE) if name in rows.columns},
    )


def of_file(rows: ir.Table, file: int) -> ir.Table:
    """The rows of one file among several, in types that are the same for all."""
    kept = {name: rows[name].cast(AMOUNT) if name in NUMBERS else rows[name] for name in _KEPT}
    return rows.select(**{FILE: ibis.literal(file, type="int32")}, **kept)


def each_once(rows: ir.Table) -> ir.Table:
    """Each row once, with the number of its ``copies``.

    A row with an id of its source counts once however often it occurs; where its copies differ, the largest number and
    the best basis count. Other rows that occur several times in one file are several, and the file with the most of
    them says how many.
    """
    ranked = rows.mutate(
        **{BASIS: ibis.cases(*((rows[BASIS] == basis, rank) for rank, basis in enumerate(_BEST_FIRST)))}
    )
    in_file = ranked.group_by([FILE, IDENTITY, UNIQUE]).aggregate(
        **{COPIES: ranked.count(), DIFFER: _several(ranked, AT), UNLIKE: _unlike(ranked)}, **_largest(ranked)
    )
    once = in_file.group_by([IDENTITY, UNIQUE]).aggregate(
        **{
            COPIES: in_file[COPIES].max(),
            DIFFER: in_file[DIFFER].max() | _several(in_file, AT),
            UNLIKE: in_file[UNLIKE].max() | _unlike(in_file),
        },
        **_largest(in_file),
    )
    return once.mutate(
        **{
            COPIES: ibis.ifelse(once[UNIQUE], ibis.literal(1, type="int64"), once[COPIES]),
            BASIS: ibis.cases(*((once[BASIS] == rank, basis) for rank, basis in enumerate(_BEST_FIRST))),
        }
    )


def _several(rows: ir.Table, name: str) -> Any:
    """Whether there is more than one value, nulls aside."""
    return (rows[name].min() != rows[name].max()).fill_null(False)


def _unlike(rows: ir.Table) -> Any:
    return _several(rows, IMAGES) | _several(rows, COST)


def _largest(rows: ir.Table) -> dict[str, Any]:
    largest = {name: rows[name].max() for name in (ENDS, METER, CURRENCY, *NUMBERS)}
    return {AT: rows[AT].min(), BASIS: rows[BASIS].min(), **largest}


def together(tables: Sequence[ir.Table]) -> ir.Table:
    """The rows of several files."""
    return ibis.union(*tables) if len(tables) > 1 else tables[0]
