"""The rows of a source as the columns of ``usage.Row``, with what is wrong with each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.usage.column_exprs import AMOUNT, Cells, day, either, every, joined
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis
from advisor.usage.options import ReadOptions
from advisor.usage.source import BROKEN, LINE, VALUE

AT, ENDS, METER, BASIS = "at", "ends", "meter", "basis"
IMAGES, REQUESTS, MEGAPIXELS, COST, CURRENCY = "images", "requests", "megapixels", "cost", "currency"
IDENTITY, UNIQUE, FAULT, STANDS = "identity", "unique", "fault", "stands"
"""``FAULT`` is the number of what is wrong with a row, null where nothing is; ``STANDS`` is what stands there."""
NUMBERS = (IMAGES, REQUESTS, MEGAPIXELS, COST)
EARLIEST = datetime(2015, 1, 1)
LONGEST_YEARS = 10
IS_BROKEN = 0
_DIGITS = len(str(MOST_IMAGES_IN_A_ROW))

Remark = tuple[ir.Table, Callable[[list[dict[str, Any]]], list[str]]]
"""A table to compute, and the notes that its rows come to."""


@dataclass(frozen=True)
class Fault:
    """One thing that may be wrong with a row, and the column and value in which it stands."""

    what: str
    field: str
    stands: Any
    wrong: Any


@dataclass(frozen=True)
class Shaped:
    """What a reader makes of the cells. A number is None where the source states none.

    Without an ``identity`` it is the whole row that tells one from another. Rows count where ``counted``; faults are
    looked for in every row, so those of one kind of row say so themselves.
    """

    cells: Cells
    counted: Any
    at: Any
    meter: Any
    basis: Any
    images: Any = None
    requests: Any = None
    megapixels: Any = None
    cost: Any = None
    currency: Any = None
    ends: Any = None
    identity: Any = None
    unique: Any = False
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Remark, ...] = ()
    services: ir.Table | None = None
    """What a bill charges for, where it charges for more than images."""

    @property
    def rows(self) -> ir.Table:
        """The rows that count, and those with a fault, as columns of ``usage.Row``."""
        table = self.cells.table
        broken = [(table[BROKEN].notnull(), IS_BROKEN)] if BROKEN in table.columns else []
        wrong = [(fault.wrong, number) for number, fault in enumerate(self.faults, 1)]
        columns = {
            AT: self.at,
            ENDS: self.at if self.ends is None else self.ends,
            METER: _literal(self.meter),
            BASIS: _literal(self.basis),
            IMAGES: self.images,
            REQUESTS: self.requests,
            MEGAPIXELS: self.megapixels,
            COST: self.cost,
            CURRENCY: _literal(self.currency, "string"),
            IDENTITY: self._identity(),
            UNIQUE: _literal(self.unique),
            FAULT: (_which([*broken, *wrong]) if broken else _whether([condition for condition, _ in wrong])),
            "counted": _literal(self.counted),
        }
        beside = {LINE: table[LINE], BROKEN: table[BROKEN], STANDS: self._stands()} if LINE in table.columns else {}
        shaped = table.select(
            **{name: _number(column) if name in NUMBERS else column for name, column in columns.items()}, **beside
        )
        return shaped.filter(shaped["counted"] | shaped[FAULT].notnull()).drop("counted")

    def _identity(self) -> Any:
        if self.identity is not None:
            return self.identity
        said = [self.at.cast("string"), self.cells.everything()]
        return joined(said).hexdigest("md5")

    def _stands(self) -> Any:
        table = self.cells.table
        wrong = [(fault.wrong, fault.stands.cast("string")) for fault in self.faults]
        return ibis.cases((table[BROKEN].notnull(), table[VALUE]), *wrong, else_=ibis.null("string"))


def _which(wrong: list[tuple[Any, int]]) -> Any:
    """The number of the first thing that is wrong."""
    return ibis.cases(*wrong, else_=ibis.null("int16")).cast("int16")


def _whether(wrong: list[Any]) -> Any:
    """Only that something is wrong, which is quicker to tell."""
    return ibis.ifelse(either(wrong), ibis.literal(1, type="int16"), ibis.null("int16"))


def _literal(value: Any, kind: str | None = None) -> Any:
    if isinstance(value, ir.Value):
        return value
    if value is None:
        return ibis.null(kind or "string")
    return ibis.literal(value.value if isinstance(value, Basis) else value)


def _number(value: Any) -> Any:
    return ibis.null(AMOUNT) if value is None else ibis.literal(value) if isinstance(value, int) else value


def stamp_faults(at: Any, field: str, stands: Any, options: ReadOptions, absent: Any = None) -> tuple[Fault, ...]:
    """A stamp that is missing or unreadable, too old, or in the future. Looked for in every row, counted or not."""
    latest = datetime.combine(options.today, time(), UTC) + timedelta(days=2)
    absent = stands.isnull() if absent is None else absent
    return (
        Fault("there is no stamp", field, stands, at.isnull() & absent),
        Fault("the stamp cannot be read", field, stands, at.isnull()),
        Fault(f"the stamp is before {EARLIEST.year}", field, stands, at < day(EARLIEST)),
        Fault(f"the stamp lies in the future, today being {options.today}", field, stands, at >= day(latest)),
    )


def end_faults(at: Any, ends: Any, field: str, stands: Any) -> tuple[Fault, ...]:
    """An end that cannot be read, lies before the start, or so far behind it that one of the two is wrong."""
    latest = at + ibis.interval(years=LONGEST_YEARS)
    return (
        Fault("the end cannot be read", field, stands, stands.notnull() & ends.isnull()),
        Fault("the charge ends before it starts", field, stands, ends < at),
        Fault(f"the charge ends more than {LONGEST_YEARS} years after its start", field, stands, ends > latest),
    )


def number_faults(
    number: Any, field: str, stands: Any, counted: Any, *, absent: Any, most: int, required: bool, called: str
) -> tuple[Fault, ...]:
    """A number that is missing, unreadable or too large, in the rows that count."""
    return (
        *([Fault(f"there is no number of {called}", field, stands, counted & absent)] if required else []),
        Fault("this is no plain number, or too large", field, stands, counted & number.isnull() & ~absent),
        Fault(f"more than {most:,} cannot be in one row", field, stands, counted & (number > _like(number, most))),
        Fault(f"less than -{most:,} cannot be in one row", field, stands, counted & (number < _like(number, -most))),
    )


def free_rows(cells: Cells, of_images: Any, cost: Any, why: str) -> Remark:
    """How many rows of images cost nothing, where the source means it."""
    rows = cells.table.select(of_images=of_images, free=of_images & (cost == 0))
    sums = rows.aggregate(of_images=rows.of_images.sum(), free=rows.free.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        row = found[0]
        what = f"{row['free'] or 0:,} of {row['of_images'] or 0:,} rows of images cost nothing"
        return [f"{cells.source.file}: {what}: {why}"] if row["free"] else []

    return sums, notes


def _like(number: Any, value: int) -> Any:
    """The value in the type of the number where it fits, so that the number is not widened to be compared."""
    kind = number.type()
    if kind.is_decimal() and (kind.precision or 0) - (kind.scale or 0) >= _DIGITS:
        return ibis.literal(Decimal(value), type=kind)
    return ibis.literal(value)


def image_faults(
    number: Any,
    field: str,
    stands: Any,
    counted: Any,
    *,
    absent: Any = None,
    called: str = "images",
    correction: Any = None,
) -> tuple[Fault, ...]:
    """What may be wrong with a number of images or requests. Every row states one, and none below zero but those of a
    ``correction``, which may also leave it empty.
    """
    absent = stands.isnull() if absent is None else absent
    usual = counted if correction is None else counted & ~correction
    most = MOST_IMAGES_IN_A_ROW
    return (
        Fault(f"there is no number of {called}", field, stands, usual & absent),
        *number_faults(number, field, stands, counted, absent=absent, most=most, required=False, called=called),
        Fault(f"the number of {called} is negative", field, stands, usual & (number < _like(number, 0))),
    )


def cost_faults(
    number: Any, field: str, stands: Any, counted: Any, *, absent: Any = None, required: bool = False
) -> tuple[Fault, ...]:
    """What may be wrong with a cost, which may be negative: a correction."""
    absent = stands.isnull() if absent is None else absent
    most = MOST_DOLLARS_IN_A_ROW
    return number_faults(number, field, stands, counted, absent=absent, most=most, required=required, called="money")


def currency_faults(currency: Any, field: str, counted: Any, options: ReadOptions) -> tuple[Fault, ...]:
    """Another currency than the one that was asked for."""
    if options.currency is None:
        return ()
    asked = options.currency.upper()
    return (Fault(f"the currency is not {asked}", field, currency, counted & (currency != asked)),)


def all_of(conditions: Sequence[Any]) -> Any:
    """Whether all conditions hold, a null not holding."""
    return every([condition.fill_null(False) for condition in conditions])
