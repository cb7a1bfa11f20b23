"""Bills in FOCUS 1.0 to 1.3, the open specification of the FinOps Foundation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from advisor.errors import BadInput, Problem, did_you_mean, quoted
from advisor.monitor.cells import AMOUNT, Cells, iso_stamp
from advisor.monitor.layout import Container
from advisor.monitor.options import ReadOptions
from advisor.monitor.shape import (
    Fault,
    Remark,
    Shaped,
    all_of,
    cost_faults,
    currency_faults,
    image_faults,
    stamp_faults,
)
from advisor.monitor.usage import Basis

CATEGORY, START, END, COST, MONEY = (
    "ChargeCategory",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "EffectiveCost",
    "BillingCurrency",
)
NEEDED = (CATEGORY, START, COST, MONEY)
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
_TELLING = (CATEGORY, START, COST)
_IMAGES = r"^([0-9]+ )?images?$"
_MOST_DAYS = 31
_MOST_SERVICES = 5


@dataclass(frozen=True)
class Focus:
    """``Usage`` rows: counted where the unit is images, else only their cost is known."""

    name: str = "focus"

    def fits(self, container: Container, columns: tuple[str, ...]) -> bool:
        """Whether these are columns of FOCUS."""
        return container in (Container.CSV, Container.PARQUET) and set(_TELLING) <= set(columns)

    def notes(self, options: ReadOptions) -> tuple[str, ...]:
        """Nothing that does not depend on the file."""
        return ()

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for a file without a column that is needed, or that ``--only`` names."""
        cells = Cells(cells.table, cells.source, null="NULL")
        _check_columns(cells, [*NEEDED, *(column for column, _ in options.only)])
        cells = cells.keep(at=_stamp(cells, START), until=_stamp(cells, END))
        block, quantity = _image_unit(cells)
        cells = cells.keep(amount=block.try_cast(dt.Decimal(8, 0)), quantity=quantity)
        cells = cells.keep(images=(cells.table.quantity.try_cast(dt.Decimal(28, 10)) * cells.table.amount).cast(AMOUNT))
        category, start, end = cells.text(CATEGORY), cells.table.at, cells.table.until
        wanted = [cells.text(column).lower().contains(text.lower()) for column, text in options.only]
        counted = all_of([category == "Usage", *wanted])
        images, amount, quantity = cells.table.images, cells.table.amount, cells.table.quantity
        cost, currency = cells.number(COST), cells.text(MONEY).upper()
        meter = ibis.coalesce(cells.text("ServiceProviderName"), cells.text("ProviderName")).lower()
        of_images = counted & amount.notnull()
        faults = (
            *stamp_faults(start, START, cells.text(START), options),
            Fault("this is no charge category", CATEGORY, category, category.isnull() | ~category.isin(CATEGORIES)),
            Fault("there is no provider", "ProviderName", meter, counted & meter.isnull()),
            *cost_faults(cost, COST, cells.text(COST), counted, required=True),
            Fault("there is no currency", MONEY, currency, counted & currency.isnull()),
            *currency_faults(currency, MONEY, counted, options),
            *image_faults(images, "ConsumedQuantity", quantity, of_images, negative=True),
        )
        return Shaped(
            cells,
            counted,
            start,
            meter,
            basis=ibis.ifelse(amount.notnull(), Basis.COUNTED.value, Basis.DERIVED.value),
            images=images,
            cost=cost,
            currency=currency,
            ends=ibis.coalesce(end, start),
            faults=faults,
            remarks=(_left_out(cells, category), _services(cells, counted, options), _long(cells, counted, start, end)),
        )


FOCUS = Focus()


def _check_columns(cells: Cells, needed: Sequence[str]) -> None:
    columns = cells.source.columns
    problems = [
        Problem(
            f"the column {quoted(name)} is missing",
            cells.source.file,
            1 if cells.source.container is Container.CSV else None,
            help=did_you_mean(name, columns) or "export the bill with this column",
        )
        for name in dict.fromkeys(needed)
        if not cells.has(name)
    ]
    if problems:
        raise BadInput(problems)


def _stamp(cells: Cells, column: str) -> Any:
    """An ISO stamp, or a date as `5/1/25`, which is 1 May 2025."""
    if not cells.is_text(column) or not cells.has(column):
        return cells.stamp(column)
    text, form = cells.text(column), r"^(\d{1,2})/(\d{1,2})/(?:20)?(\d\d)$"
    month, day = (text.re_extract(form, number).lpad(2, "0") for number in (1, 2))
    dated = ibis.literal("20") + text.re_extract(form, 3) + "-" + month + "-" + day
    american = ibis.ifelse(text.re_search(form), dated, ibis.null("string"))
    return ibis.ifelse(text.contains("/"), iso_stamp(american), iso_stamp(text))


def _image_unit(cells: Cells) -> tuple[Any, Any]:
    """How many images a unit has (null where it is none of images), and the quantity as it stands."""
    block, stands = ibis.null("string"), ibis.null("string")
    for unit, quantity in (("PricingUnit", "PricingQuantity"), ("ConsumedUnit", "ConsumedQuantity")):
        text = cells.text(unit).lower()
        found = all_of([text.re_search(_IMAGES), cells.text(quantity).notnull()])
        size = ibis.coalesce(text.re_extract(_IMAGES, 1).strip().nullif(""), "1")
        block, stands = ibis.ifelse(found, size, block), ibis.ifelse(found, cells.text(quantity), stands)
    return block, stands


def _left_out(cells: Cells, category: Any) -> Remark:
    """Rows of other categories, with what they cost."""
    table = cells.table
    rows = table.select(category=category, cost=cells.number(COST), currency=cells.text(MONEY).upper())
    others = rows.filter(rows.category != "Usage")
    sums = others.group_by("category", "currency").aggregate(rows=others.count(), cost=others.cost.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        parts = [
            f"{row['rows']:,} {row['category']} ({_money(row)})"
            for row in sorted(found, key=lambda row: (CATEGORIES.index(row["category"]), row["currency"] or ""))
            if row["category"] in CATEGORIES
        ]
        return [f"{cells.source.file}: rows other than Usage are left out: {', '.join(parts)}"] if parts else []

    return sums, notes


def _services(cells: Cells, counted: Any, options: ReadOptions) -> Remark:
    """Which services the rows are for, unless the user chose them."""
    table = cells.table.filter(counted)
    rows = table.select(service=cells.text("ServiceName"), cost=cells.number(COST), currency=cells.text(MONEY).upper())
    sums = rows.group_by("service", "currency").aggregate(cost=rows.cost.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        if options.only or len(found) < 2:
            return []
        dearest = sorted(found, key=lambda row: (-(row["cost"] or Decimal(0)), row["service"] or ""))
        parts = [f"{row['service'] or 'without a name'} ({_money(row)})" for row in dearest[:_MOST_SERVICES]]
        more = f" and {len(found) - _MOST_SERVICES} more" if len(found) > _MOST_SERVICES else ""
        how = "`--only ServiceName=TEXT` leaves only some of them in"
        return [f"{cells.source.file}: every service counts: {', '.join(parts)}{more}; {how}"]

    return sums, notes


def _long(cells: Cells, counted: Any, start: Any, end: Any) -> Remark:
    """Charges that belong to no single month."""
    rows = cells.table.select(counted=counted, start=start, end=end)
    late = rows.filter(rows.counted & (rows.end > rows.start + ibis.interval(days=_MOST_DAYS)))

    def notes(found: list[dict[str, Any]]) -> list[str]:
        number = found[0]["rows"]
        what = f"{number:,} charges are for more than {_MOST_DAYS} days and count on the day they start"
        return [f"{cells.source.file}: {what}"] if number else []

    return late.aggregate(rows=late.count()), notes


def _money(row: dict[str, Any]) -> str:
    return f"{row['cost'] or Decimal(0):,.2f} {row['currency'] or ''}".strip()
