"""The price file of Karpenter's provider for GCP: region -> on_demand or spot -> instance -> dollars an hour.

It has no column of GPUs; which instance has which is in ``data/gcp_instances.yaml``. Of the instances with a GPU in a
country (or the EU), the one with the fewest of them is used, at its least price.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from advisor.catalogue.importers.account import (
    Account,
    Figure,
    Line,
    Listing,
    PricedUnit,
    Reason,
    Refusal,
    amount,
    bundled_data,
    load_object,
    priced,
    shown,
)
from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.quantity import plain

CLOUD = "gcp"
_PRICINGS = ("on_demand", "spot")


class _Instance(NamedTuple):
    gpu: str
    gpus: int


def read(text: str, file: str, on: datetime.date) -> Account:
    """The account of the file, in dollars per GPU-hour. Raises BadInput."""
    regions = load_object(text, file, "the initial-prices.json of karpenter-provider-gcp").get("prices")
    if not isinstance(regions, dict):
        help = "name the initial-prices.json of karpenter-provider-gcp"
        raise BadInput(Problem("there is no object of prices", file, field="prices", help=help))
    lines: list[tuple[int, Line]] = []
    others = 0
    for region, by_pricing in regions.items():
        for pricing in _PRICINGS:
            prices = by_pricing.get(pricing) if isinstance(by_pricing, dict) else None
            named = prices.items() if isinstance(prices, dict) else ()
            for instance, price in named:
                known = _instances().get(instance)
                others += known is None
                if known:
                    key = f"prices.{region}.{pricing}.{instance}"
                    lines.append((known.gpus, _line(key, known, region, pricing, price)))
    return Account(tuple(_smallest(lines)), others)


def _line(key: str, instance: _Instance, region: str, pricing: str, price: Any) -> Line:
    listing = Listing(key, pricing, CLOUD, instance.gpu, PricedUnit.GPU_HOUR, region=_code(region), pricing=pricing)
    if listing.region is None:
        return Refusal(listing, Reason.UNKNOWN_REGION, region)
    dollars = amount(price)
    if dollars is None:
        return Refusal(listing, Reason.MALFORMED, f"the price is {shown(price)}")
    note = (
        f"{key.rpartition('.')[2]} at {plain(dollars)} an hour, {instance.gpus} GPU{'s' if instance.gpus > 1 else ''}"
    )
    return priced(listing, Fraction(dollars) / instance.gpus, "high", note)


def _code(region: str) -> str | None:
    """The code of the country, or of the EU, that a region of the cloud is in; None if it is not known."""
    known = bundled_data("gcp_instances.yaml")["regions"]
    return next((str(code) for start, code in known.items() if region.startswith(start)), None)


def _smallest(lines: list[tuple[int, Line]]) -> Iterator[Line]:
    """Of each place, pricing and GPU the figure of the fewest GPUs, and of those of the least price."""
    best: dict[tuple[str | None, str | None, str], tuple[int, Figure]] = {}
    for gpus, line in lines:
        at = _place(line)
        if isinstance(line, Figure) and (at not in best or (gpus, line.usd) < (best[at][0], best[at][1].usd)):
            best[at] = gpus, line
    for _, line in lines:
        if isinstance(line, Figure) and line is not best[_place(line)][1]:
            yield Refusal(line.listing, Reason.OTHER_INSTANCE, f"${line.usd} per GPU-hour")
        else:
            yield line


def _place(line: Line) -> tuple[str | None, str | None, str]:
    return line.listing.region, line.listing.pricing, line.listing.model


@cache
def _instances() -> dict[str, _Instance]:
    return {
        name: _Instance(gpu, number)
        for gpu, named in bundled_data("gcp_instances.yaml")["instances"].items()
        for name, number in named.items()
    }
