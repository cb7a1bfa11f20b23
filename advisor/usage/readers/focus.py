"""Bills in FOCUS 1.0 to 1.3, the open specification of the FinOps Foundation."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Unit
from advisor.usage.dates import Columns
from advisor.usage.input_files import Container, Source
from advisor.usage.model import Basis, ReadOptions, makes_images
from advisor.usage.normalise import (
    AMOUNT,
    Cells,
    Fault,
    Remark,
    Shaped,
    Stated,
    all_of,
    currency_faults,
    end_faults,
    free_rows,
    number_faults,
    stamp_faults,
)

CATEGORY, START, END = "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd"
COST, MONEY = "EffectiveCost", "BillingCurrency"
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
_IDENTIFYING = (CATEGORY, START, COST)
_UNITS = {Unit.IMAGE: r"^([0-9]+ )?images?$", Unit.VIDEO_SECOND: r"^([0-9]+ )?(?:video )?seconds?$"}
_UNIT_COLUMNS = ("PricingUnit", "ConsumedUnit")
_MOST_DAYS = 31

SERVICE, PROVIDERS = "ServiceName", ("ServiceProviderName", "ProviderName")
_FINER = ("ServiceSubcategory", "SkuMeter", "ChargeDescription", "ResourceName", "ResourceType", "SkuId")
_OF_ONES_OWN = re.compile(r"x_\w*(?:model|service|product|sku)\w*", re.IGNORECASE)
_MOST_SERVICES = 5
_MOST_GROUPS = 10_000
_NO_NAMES = ("month", "currency", "cost", "in_images")

Group = Mapping[str, Any]
"""Rows of one month that are charged for the same: their cost, and whether some are counted in images."""


@dataclass(frozen=True)
class Focus:
    """``Usage`` rows: counted where the unit is images, else only their cost is known.

    Nor is that where a request is charged with nothing: LiteLLM's export has 0 where it knows no price.
    """

    name: str = "focus"
    periods: Columns = ((START, END), ("BillingPeriodStart", "BillingPeriodEnd"))

    def fits(self, source: Source) -> bool:
        """Whether these are columns of FOCUS."""
        return source.container in (Container.CSV, Container.PARQUET) and set(_IDENTIFYING) <= set(source.columns)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for a file without a column that is needed, or that ``--only`` names."""
        cells = replace(cells, null="NULL")
        _check_columns(cells, [CATEGORY, START, COST, MONEY, *(column for column, _ in options.only)])
        cells = cells.keep(at=cells.stamp(START), until=cells.stamp(END))
        block, quantity, in_images = _image_unit(cells, _UNITS[options.unit])
        cells = cells.keep(amount=block.try_cast(dt.Decimal(8, 0)), quantity=quantity, in_images=in_images)
        cells = cells.keep(images=(cells.table.quantity.try_cast(dt.Decimal(28, 10)) * cells.table.amount).cast(AMOUNT))
        category, start, end = cells.text(CATEGORY), cells.table.at, cells.table.until
        wanted: dict[str, Any] = defaultdict(ibis.or_)
        for column, text in options.only:
            wanted[column] |= cells.text(column).lower().contains(text.lower())
        by_image = [cells.text(unit).lower().re_search(_UNITS[Unit.IMAGE]).fill_null(False) for unit in _UNIT_COLUMNS]
        of_video = options.unit is Unit.VIDEO_SECOND
        counted = all_of([category == "Usage", *wanted.values(), *(~one for one in by_image if of_video)])
        images, amount, quantity = cells.table.images, cells.table.amount, cells.table.quantity
        cost, currency = cells.number(COST), cells.text(MONEY).upper()
        paid = ibis.ifelse(_by_request(cells) & (cost == 0) & amount.isnull(), ibis.null(cost.type()), cost)
        meter = ibis.coalesce(cells.text("ServiceProviderName"), cells.text("ProviderName")).lower()
        of_images = counted & amount.notnull()
        correction = _correction(cells, cost)
        faults = (
            *stamp_faults(start, cells.stated(START), options),
            *end_faults(start, end, cells.stated(END)),
            Fault("not a charge category", cells.stated(CATEGORY), ~category.isin(CATEGORIES).fill_null(False)),
            Fault("missing provider", cells.stated("ProviderName"), counted & meter.isnull()),
            *number_faults(cost, cells.stated(COST), counted, "cost", counted),
            Fault("missing currency", cells.stated(MONEY), counted & currency.isnull()),
            *currency_faults(currency, MONEY, counted, options),
            *number_faults(images, Stated("ConsumedQuantity", quantity, quantity.isnull()), of_images, "images"),
        )
        of_images |= counted & correction
        only = " ".join(f"--only {column}={text}" for column, text in options.only)
        return Shaped(
            cells,
            counted,
            start,
            meter,
            basis=ibis.ifelse(of_images, Basis.COUNTED.value, Basis.DERIVED.value),
            images=images,
            cost=paid,
            currency=ibis.ifelse(paid.isnull(), ibis.null("string"), currency),
            ends=ibis.coalesce(end, start),
            faults=faults,
            remarks=(
                _left_out(cells, category),
                free_rows(cells, of_images, cost, "a bill with a free tier or a credit has such rows, and they count"),
                _long(cells, counted, start, end),
            ),
            counts=f"charges of category Usage{' that fit ' + only if only else ''}",
            notes=("focus: rows by the image make no video and are left out",) if of_video else (),
            services=_charged_for(cells, counted, start, of_images, cost, currency),
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


def _by_request(cells: Cells) -> Any:
    """Whether a row is charged by the request, and there were some."""
    units = [cells.text(unit).lower().isin(("request", "requests")) for unit in _UNIT_COLUMNS]
    none = [cells.number(quantity) == 0 for quantity in ("PricingQuantity", "ConsumedQuantity")]
    return ibis.or_(*(unit.fill_null(False) for unit in units)) & ~all_of(none)


def _image_unit(cells: Cells, unit_of_images: str) -> tuple[Any, Any, Any]:
    """How many images a unit has (null if none are stated), the quantity as text, and whether a unit is images."""
    block, stated, named = ibis.null("string"), ibis.null("string"), ibis.literal(False)
    for unit, quantity in (("PricingUnit", "PricingQuantity"), ("ConsumedUnit", "ConsumedQuantity")):
        text = cells.text(unit).lower()
        images = text.re_search(unit_of_images).fill_null(False)
        found, named = images & cells.text(quantity).notnull(), named | images
        size = ibis.coalesce(text.re_extract(unit_of_images, 1).strip().nullif(""), "1")
        block, stated = ibis.ifelse(found, size, block), ibis.ifelse(found, cells.text(quantity), stated)
    return block, stated, named


def _correction(cells: Cells, cost: Any) -> Any:
    """Whether a row without a quantity mends the cost of images: in their unit, or a correction that names no unit."""
    marked = (cells.text("ChargeClass") == "Correction").fill_null(False)
    without_unit = cells.text("PricingUnit").isnull() & cells.text("ConsumedUnit").isnull()
    return ((marked | (cost < 0)) & cells.table.in_images) | (marked & without_unit)


def _left_out(cells: Cells, category: Any) -> Remark:
    """Rows of other categories, with what they cost."""
    table = cells.table
    rows = table.select(category=category, cost=cells.number(COST), currency=cells.text(MONEY).upper())
    others = rows.filter(rows.category != "Usage")
    sums = others.group_by("category", "currency").aggregate(rows=others.count(), cost=others.cost.sum())

    def notes(found: list[dict[str, Any]]) -> list[str]:
        known = [row for row in found if row["category"] in CATEGORIES]
        known.sort(key=lambda row: (CATEGORIES.index(row["category"]), row["currency"] or ""))
        money = [f"{row['cost'] or Decimal(0):,.2f} {row['currency'] or ''}".strip() for row in known]
        parts = [f"{row['rows']:,} {row['category']} ({cost})" for row, cost in zip(known, money, strict=True)]
        return [f"{cells.source.file}: rows other than Usage are left out: {', '.join(parts)}"] if parts else []

    return sums, notes


def _long(cells: Cells, counted: Any, start: Any, end: Any) -> Remark:
    """Charges that belong to no single month."""
    late = counted & (end > start + ibis.interval(days=_MOST_DAYS))

    def notes(found: list[dict[str, Any]]) -> list[str]:
        number = found[0]["rows"] or 0
        charges, count = "charges are", "count on the day they start"
        if number == 1:
            charges, count = "charge is", "counts on the day it starts"
        what = f"{number:,} {charges} for more than {_MOST_DAYS} days and {count}"
        return [f"{cells.source.file}: {what}"] if number else []

    return cells.table.aggregate(rows=late.sum()), notes


# ---- what a bill charges for: images may be only a part of it


def _charged_for(cells: Cells, counted: Any, start: Any, in_images: Any, cost: Any, currency: Any) -> ir.Table:
    """The rows by month and by all columns that name what they are charged for."""
    finer = [column for column in cells.source.columns if column in _FINER or _OF_ONES_OWN.fullmatch(column)]
    names = [column for column in (*PROVIDERS, SERVICE) if cells.has(column)] + finer
    rows = cells.table.select(
        counted=counted,
        month=start.year() * 100 + start.month(),
        in_images=in_images.fill_null(False),
        cost=cost,
        currency=currency,
        **{name: cells.text(name) for name in names},
    ).filter(ibis._.counted)
    groups = rows.group_by("month", "currency", *names).aggregate(cost=rows.cost.sum(), in_images=rows.in_images.max())
    return groups.limit(_MOST_GROUPS)


def services_note(groups: Sequence[Group], file: str, options: ReadOptions) -> list[str]:
    """Which services count, unless the user chose them."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for group in groups:
        sums[group.get(SERVICE) or "", group["currency"] or ""] += group["cost"] or 0
    if options.only or len({name for name, _ in sums}) < 2:
        return []
    dearest = sorted(sums, key=lambda key: (-sums[key], key))
    parts = [f"{name or 'without a name'} ({sums[name, unit]:,.2f} {unit})" for name, unit in dearest[:_MOST_SERVICES]]
    more = f" and {len(sums) - _MOST_SERVICES} more" if len(sums) > _MOST_SERVICES else ""
    how = f"`--only {SERVICE}=TEXT` leaves only some of them in"
    return [f"{file}: every service counts: {', '.join(parts)}{more}; {how}"]


def doubts(groups: Iterable[Group], file: str, options: ReadOptions) -> list[Problem]:
    """Why a cost that is not counted in images need not be that of images, with the option that says which is.

    Columns that the user chose by are not doubted.
    """
    groups = list(groups)
    counted_in = {group["month"] for group in groups if group["in_images"]}
    unsure = [group for group in groups if group["month"] not in counted_in]
    if options.unit is not Unit.IMAGE or not unsure:
        return []
    columns = [column for column in unsure[0] if column not in _NO_NAMES]
    named = (column for column in columns if column not in PROVIDERS and any(group[column] for group in unsure))
    naming = next(named, None)  # another column where ``ServiceName`` is empty
    if naming and all(makes_images([group[naming]]) for group in unsure):
        return []
    chosen = {column for column, _ in options.only}
    for column in sorted(columns, key=lambda column: column != naming):
        costs: dict[str, Decimal] = defaultdict(Decimal)
        for group in unsure:
            costs[group[column] or ""] += group["cost"] or 0
        several = len(costs) > 1 and column in (naming, *PROVIDERS) and naming not in chosen
        unlike = any(makes_images([name]) is False for name in costs)
        if column not in chosen and (several or unlike or (counted_in and not chosen)):
            return [_problem(costs, column, file)]
    return []


def _problem(costs: Mapping[str, Decimal], column: str, file: str) -> Problem:
    dearest = sorted(costs, key=lambda name: (-costs[name], name))
    shown = ", ".join(quoted(name) if name else "one without a name" for name in dearest[:_MOST_SERVICES])
    more = f" and {len(dearest) - _MOST_SERVICES} more" if len(dearest) > _MOST_SERVICES else ""
    likely = next((name for name in dearest if makes_images([name])), "TEXT")
    what = f"no row is counted in images, and what is charged for need not be images: {column} is {shown}{more}"
    help = f"choose the rows that are for images, as in --only '{column}={likely}'"
    return Problem(what, file, help=f"{help}; repeated, either counts")
