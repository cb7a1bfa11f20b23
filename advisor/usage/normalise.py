"""The rows of a source as the columns of ``Row``, with the first error of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from advisor.tabular.text_files import write_rows
from advisor.usage.column_exprs import AMOUNT, Cells, Stated, day, joined
from advisor.usage.model import MOST_IMAGES_IN_A_ROW, NUMBERS, Basis, Row
from advisor.usage.options import ReadOptions
from advisor.usage.source import BROKEN, LINE, VALUE

EARLIEST = datetime(2015, 1, 1)
LONGEST_YEARS = 10
_AMOUNT = pa.decimal128(38, 12)
_STEP = Decimal("1e-12")
_STAGED = pa.schema(
    [
        *((name, pa.timestamp("us")) for name in ("at", "ends")),
        *((name, pa.string()) for name in ("meter", "basis", "currency", "identity")),
        *((name, _AMOUNT) for name in NUMBERS),
        ("unique", pa.bool_()),
        (LINE, pa.int64()),
    ]
)
_DIGITS = len(str(MOST_IMAGES_IN_A_ROW))

Remark = tuple[ir.Table, Callable[[list[dict[str, Any]]], list[str]]]
"""A table to compute, and the notes on its rows."""


class Fault(NamedTuple):
    """An error that a row may have, where it is, and what the column states there."""

    what: str
    stated: Stated
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
    faults: Sequence[Fault] = ()
    remarks: Sequence[Remark] = ()
    services: ir.Table | None = None
    """The services that a bill charges for."""
    counts: str = "all"
    """Which rows count, for people."""
    notes: Sequence[str] = ()
    """What people should know of the numbers of this source."""

    @property
    def table(self) -> ir.Table:
        """The rows of the source."""
        return self.cells.table

    @property
    def rows(self) -> ir.Table:
        """The rows that count, and those with a fault, as columns of ``Row``.

        ``fault`` is the index of the first error of a row, 0 for one of the whole row, or null. Where rows are not yet
        located, it only says whether there is one, which is quicker to compute. ``value`` is the offending value.
        """
        identity = self.identity
        if identity is None:
            identity = joined([self.at.cast("string"), self.cells.everything()]).hexdigest("md5")
        columns = {
            "at": self.at,
            "ends": self.at if self.ends is None else self.ends,
            "meter": _column(self.meter),
            "basis": _column(self.basis),
            **{name: _column(getattr(self, name), AMOUNT) for name in NUMBERS},
            "currency": _column(self.currency),
            "identity": identity,
            "unique": _column(self.unique),
            "counted": _column(self.counted),
        }
        wrong, located = [fault.wrong for fault in self.faults], LINE in self.table.columns
        if located:
            broken, numbers = self.table[BROKEN], range(1, len(wrong) + 1)
            values = [fault.stated.text.cast("string") for fault in self.faults]
            number = ibis.cases((broken.notnull(), 0), *zip(wrong, numbers, strict=True), else_=ibis.null("int16"))
            value = ibis.cases(
                (broken.notnull(), self.table[VALUE]), *zip(wrong, values, strict=True), else_=ibis.null("string")
            )
            columns |= {"fault": number.cast("int16"), LINE: self.table[LINE], BROKEN: broken, "value": value}
        else:
            columns["fault"] = ibis.ifelse(ibis.or_(*wrong), ibis.literal(1, type="int16"), ibis.null("int16"))
        shaped = self.table.select(**columns)
        return shaped.filter(shaped.counted | shaped.fault.notnull()).drop("counted")


def _column(value: Any, kind: str | dt.Decimal = "string") -> Any:
    if value is None:
        return ibis.null(kind)
    return value if isinstance(value, ir.Value) else ibis.literal(value.value if isinstance(value, Basis) else value)


def stamp_faults(at: Any, stated: Stated, options: ReadOptions) -> list[Fault]:
    """A timestamp that is missing or unreadable, too old, or in the future. Looked for in every row, counted or not."""
    latest = datetime.combine(options.today, time(), UTC) + timedelta(days=2)
    return [
        Fault("missing timestamp", stated, at.isnull() & stated.absent),
        Fault("the timestamp cannot be read", stated, at.isnull()),
        Fault(f"the timestamp is before {EARLIEST.year}", stated, at < day(EARLIEST)),
        Fault(f"the timestamp is in the future (today is {options.today})", stated, at >= day(latest)),
    ]


def end_faults(at: Any, ends: Any, stated: Stated) -> list[Fault]:
    """An end that cannot be read, lies before the start, or so far behind it that one of the two is wrong."""
    latest = at + ibis.interval(years=LONGEST_YEARS)
    return [
        Fault("the end cannot be read", stated, ~stated.absent & ends.isnull()),
        Fault("the charge ends before it starts", stated, ends < at),
        Fault(f"the charge ends more than {LONGEST_YEARS} years after its start", stated, ends > latest),
    ]


def number_faults(number: Any, stated: Stated, counted: Any, called: str, required: Any = None) -> list[Fault]:
    """A number that is missing where it is ``required``, unreadable or too large, in the rows that count."""
    most = MOST_IMAGES_IN_A_ROW
    return [
        *([] if required is None else [Fault(f"missing {called}", stated, required & stated.absent)]),
        Fault("not a plain number, or too large", stated, counted & number.isnull() & ~stated.absent),
        Fault(f"more than {most:,} cannot be in one row", stated, counted & (number > _like(number, most))),
        Fault(f"less than -{most:,} cannot be in one row", stated, counted & (number < _like(number, -most))),
    ]


def image_faults(
    number: Any, stated: Stated, counted: Any, *, called: str = "images", correction: Any = None
) -> list[Fault]:
    """The errors of a number of images or requests. Each row that counts has one, and it is not negative; that of a
    ``correction`` may be absent or negative.
    """
    usual, called = counted if correction is None else counted & ~correction, f"number of {called}"
    negative = Fault(f"the {called} is negative", stated, usual & (number < _like(number, 0)))
    return [*number_faults(number, stated, counted, called, usual), negative]


def _like(number: Any, value: int) -> Any:
    """The value in the type of the number where it fits, so that the number is not widened to be compared."""
    kind = number.type()
    if kind.is_decimal() and (kind.precision or 0) - (kind.scale or 0) >= _DIGITS:
        return ibis.literal(Decimal(value), type=kind)
    return ibis.literal(value)


def currency_faults(currency: Any, column: str, counted: Any, options: ReadOptions) -> list[Fault]:
    """Another currency than the one that was asked for."""
    if options.currency is None:
        return []
    asked = options.currency.upper()
    wrong = counted & (currency != asked)
    return [Fault(f"the currency is not {asked}", Stated(column, currency, currency.isnull()), wrong)]


def free_rows(cells: Cells, of_images: Any, cost: Any, why: str) -> Remark:
    """How many rows of images cost nothing, where the source means it."""
    rows = cells.table.select(of_images=of_images, free=of_images & (cost == 0))
    sums = rows.aggregate(of_images=rows.of_images.sum(), free=rows.free.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        row = found[0]
        what = f"{row['free'] or 0:,} of {row['of_images'] or 0:,} rows of images cost nothing"
        return [f"{cells.source.file}: {what}: {why}"] if row["free"] else []

    return sums, notes


def all_of(conditions: Iterable[Any]) -> Any:
    """Whether all conditions hold, a null not holding."""
    return ibis.and_(*(condition.fill_null(False) for condition in conditions))


def stage_rows(rows: Iterable[Row], target: Path) -> None:
    """Writes rows of pages as a Parquet file, for the same expression as any table. Raises what reading them raises."""

    def value(row: Row, name: str) -> Any:
        found = getattr(row, name)
        amount = name in NUMBERS and found is not None
        return Decimal(found).quantize(_STEP, ROUND_HALF_EVEN) if amount else found

    write_rows(target, _STAGED, ([value(row, name) for name in _STAGED.names] for row in rows))
