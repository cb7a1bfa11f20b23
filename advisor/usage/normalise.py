"""The rows of a source as the columns of ``usage.Row``, with the first error of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.usage.column_exprs import AMOUNT, Cells, day, either, every, joined
from advisor.usage.model import MOST_IMAGES_IN_A_ROW, Basis
from advisor.usage.options import ReadOptions
from advisor.usage.source import BROKEN, LINE, VALUE

AT, ENDS, METER, BASIS = "at", "ends", "meter", "basis"
IMAGES, REQUESTS, MEGAPIXELS, COST, CURRENCY = "images", "requests", "megapixels", "cost", "currency"
IDENTITY, UNIQUE, FAULT, STANDS = "identity", "unique", "fault", "stands"
"""``FAULT`` is the index of the first error of a row, or null; ``STANDS`` is the offending value."""
NUMBERS = (IMAGES, REQUESTS, MEGAPIXELS, COST)
EARLIEST = datetime(2015, 1, 1)
LONGEST_YEARS = 10
IS_BROKEN = 0
_DIGITS = len(str(MOST_IMAGES_IN_A_ROW))

Remark = tuple[ir.Table, Callable[[list[dict[str, Any]]], list[str]]]
"""A table to compute, and the notes on its rows."""


@dataclass(frozen=True)
class Fault:
    """An error that a row may have, with its column and the offending value."""

    what: str
    field: str
    stands: Any
    wrong: Any


@dataclass(frozen=True)
class Shaped:
    """The normalised columns of a source. A number is None if the source does not state it.

    Without an ``identity`` a row is identified by all its cells. Rows count where ``counted``; faults are searched in
    every row, so those of one kind of row have that as a condition.
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
    """The services that a bill charges for."""

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
        place = {LINE: table[LINE], BROKEN: table[BROKEN], STANDS: self._value()} if LINE in table.columns else {}
        shaped = table.select(
            **{name: _number(column) if name in NUMBERS else column for name, column in columns.items()}, **place
        )
        return shaped.filter(shaped["counted"] | shaped[FAULT].notnull()).drop("counted")

    def _identity(self) -> Any:
        if self.identity is not None:
            return self.identity
        return joined([self.at.cast("string"), self.cells.everything()]).hexdigest("md5")

    def _value(self) -> Any:
        table = self.cells.table
        wrong = [(fault.wrong, fault.stands.cast("string")) for fault in self.faults]
        return ibis.cases((table[BROKEN].notnull(), table[VALUE]), *wrong, else_=ibis.null("string"))


def _which(wrong: list[tuple[Any, int]]) -> Any:
    """The index of the first error."""
    return ibis.cases(*wrong, else_=ibis.null("int16")).cast("int16")


def _whether(wrong: list[Any]) -> Any:
    """Only whether something is wrong, which is quicker to compute."""
    return ibis.ifelse(either(wrong), ibis.literal(1, type="int16"), ibis.null("int16"))


def _literal(value: Any, kind: str | None = None) -> Any:
    if isinstance(value, ir.Value):
        return value
    if value is None:
        return ibis.null(kind or "string")
    return ibis.literal(value.value if isinstance(value, Basis) else value)


def _number(value: Any) -> Any:
    return ibis.null(AMOUNT) if value is None else ibis.literal(value) if isinstance(value, int) else value


def stamp_faults(at: Any, field: str, value: Any, options: ReadOptions, absent: Any = None) -> tuple[Fault, ...]:
    """A timestamp that is missing or unreadable, too old, or in the future. Looked for in every row, counted or not."""
    latest = datetime.combine(options.today, time(), UTC) + timedelta(days=2)
    absent = value.isnull() if absent is None else absent
    return (
        Fault("missing timestamp", field, value, at.isnull() & absent),
        Fault("the timestamp cannot be read", field, value, at.isnull()),
        Fault(f"the timestamp is before {EARLIEST.year}", field, value, at < day(EARLIEST)),
        Fault(f"the timestamp is in the future (today is {options.today})", field, value, at >= day(latest)),
    )


def end_faults(at: Any, ends: Any, field: str, value: Any) -> tuple[Fault, ...]:
    """An end that cannot be read, lies before the start, or so far behind it that one of the two is wrong."""
    latest = at + ibis.interval(years=LONGEST_YEARS)
    return (
        Fault("the end cannot be read", field, value, value.notnull() & ends.isnull()),
        Fault("the charge ends before it starts", field, value, ends < at),
        Fault(f"the charge ends more than {LONGEST_YEARS} years after its start", field, value, ends > latest),
    )


def number_faults(
    number: Any, field: str, value: Any, counted: Any, *, missing: str, required: Any, absent: Any = None
) -> tuple[Fault, ...]:
    """A number that is missing where it is ``required``, unreadable or too large, in the rows that count."""
    absent, most = value.isnull() if absent is None else absent, MOST_IMAGES_IN_A_ROW
    return (
        Fault(f"missing {missing}", field, value, required & absent),
        Fault("not a plain number, or too large", field, value, counted & number.isnull() & ~absent),
        Fault(f"more than {most:,} cannot be in one row", field, value, counted & (number > _like(number, most))),
        Fault(f"less than -{most:,} cannot be in one row", field, value, counted & (number < _like(number, -most))),
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
    value: Any,
    counted: Any,
    *,
    absent: Any = None,
    called: str = "images",
    correction: Any = None,
) -> tuple[Fault, ...]:
    """The errors of a number of images or requests. Each row that counts has one, and it is not negative; that of a
    ``correction`` may be absent or negative.
    """
    usual, missing = counted if correction is None else counted & ~correction, f"number of {called}"
    return (
        *number_faults(number, field, value, counted, missing=missing, required=usual, absent=absent),
        Fault(f"the number of {called} is negative", field, value, usual & (number < _like(number, 0))),
    )


def cost_faults(
    number: Any, field: str, value: Any, counted: Any, *, absent: Any = None, required: bool = False
) -> tuple[Fault, ...]:
    """The errors of a cost, which may be negative: a correction."""
    in_rows = counted if required else ibis.literal(False)
    return number_faults(number, field, value, counted, missing="cost", required=in_rows, absent=absent)


def currency_faults(currency: Any, field: str, counted: Any, options: ReadOptions) -> tuple[Fault, ...]:
    """Another currency than the one that was asked for."""
    if options.currency is None:
        return ()
    asked = options.currency.upper()
    return (Fault(f"the currency is not {asked}", field, currency, counted & (currency != asked)),)


def all_of(conditions: Sequence[Any]) -> Any:
    """Whether all conditions hold, a null not holding."""
    return every([condition.fill_null(False) for condition in conditions])
