"""What a bill in FOCUS charges for: images may be only a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.common.diagnostics import Problem, quoted
from advisor.domain.scenario import Unit
from advisor.usage.column_exprs import Cells
from advisor.usage.options import ReadOptions
from advisor.usage.readers.image_names import makes_images

SERVICE, PROVIDERS = "ServiceName", ("ServiceProviderName", "ProviderName")
_FINER = ("ServiceSubcategory", "SkuMeter", "ChargeDescription", "ResourceName", "ResourceType", "SkuId")
_OF_ONES_OWN = re.compile(r"x_\w*(?:model|service|product|sku)\w*", re.IGNORECASE)
_MOST_SERVICES = 5
_MOST_GROUPS = 10_000

Group = Mapping[str, Any]
"""Rows of one month that are charged for the same: their cost, and whether some are counted in images."""


def charged_for(cells: Cells, counted: Any, start: Any, in_images: Any, cost: Any, currency: Any) -> ir.Table:
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
    sums: dict[tuple[str, str], Decimal] = {}
    for group in groups:
        key = (group.get(SERVICE) or "", group["currency"] or "")
        sums[key] = sums.get(key, Decimal(0)) + (group["cost"] or 0)
    if options.only or len(sums) < 2:
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
    naming = _naming_column(unsure, columns)
    if naming and all(makes_images([group[naming]]) for group in unsure):
        return []
    chosen = {column for column, _ in options.only}
    for column in sorted(columns, key=lambda column: column != naming):
        costs = _costs(unsure, column)
        several = len(costs) > 1 and column in (naming, *PROVIDERS) and naming not in chosen
        unlike = any(makes_images([name]) is False for name in costs)
        if column not in chosen and (several or unlike or (counted_in and not chosen)):
            return [_problem(costs, column, file)]
    return []


_NO_NAMES = ("month", "currency", "cost", "in_images")


def _naming_column(groups: Sequence[Group], columns: Sequence[str]) -> str | None:
    """The column that names services: another one where ``ServiceName`` is empty."""
    named = [column for column in columns if column not in PROVIDERS and any(group[column] for group in groups)]
    return named[0] if named else None


def _costs(groups: Sequence[Group], column: str) -> dict[str, Decimal]:
    costs: dict[str, Decimal] = {}
    for group in groups:
        name = group[column] or ""
        costs[name] = costs.get(name, Decimal(0)) + (group["cost"] or 0)
    return costs


def _problem(costs: Mapping[str, Decimal], column: str, file: str) -> Problem:
    dearest = sorted(costs, key=lambda name: (-costs[name], name))
    shown = ", ".join(quoted(name) if name else "one without a name" for name in dearest[:_MOST_SERVICES])
    more = f" and {len(dearest) - _MOST_SERVICES} more" if len(dearest) > _MOST_SERVICES else ""
    likely = sorted((name for name in dearest if name), key=lambda name: makes_images([name]) is not True)
    what = f"no row is counted in images, and what is charged for need not be images: {column} is {shown}{more}"
    help = f"choose the rows that are for images, as in --only '{column}={likely[0] if likely else 'TEXT'}'"
    return Problem(what, file, help=f"{help}; repeated, either counts")
