"""Portkey's ``pricing/<provider>.json``: the prices of one provider, in US cents.

The provider is the name of the file. The image and video rows of together-ai.json are in dollars, against the format's
documentation: read as cents, FLUX.1 [dev] would cost $0.00025 an image. Its flat prices of an image may be per
megapixel, so their confidence is low.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from advisor.catalogue.entries import MAX_STEPS
from advisor.catalogue.importers.account import (
    Account,
    Line,
    Listing,
    PricedUnit,
    Reason,
    Refusal,
    account_of,
    amount,
    load_object,
    priced,
)
from advisor.domain.quantity import plain

IN_DOLLARS = ("together-ai",)
_MEGAPIXEL = Fraction(1024 * 1024, 1_000_000)
_DEFAULT = "default"


def read(text: str, file: str, on: datetime.date, provider: str) -> Account:
    """The account of the file of one ``provider``, as its name without ``.json``. Raises BadInput."""
    entries = load_object(text, file, "a file of Portkey's `pricing` folder")
    return account_of(_lines(key, entry, provider) for key, entry in entries.items())


def _lines(key: str, entry: Any, provider: str) -> Iterator[Line]:
    """The lines of one model; none if it is priced by text tokens."""
    prices = _object(_object(entry).get("pricing_config")).get("pay_as_you_go")
    if not isinstance(prices, dict):
        return
    listing = partial(Listing, key, provider=provider, model=key)
    by_quality = prices.get("image")
    if isinstance(by_quality, dict):
        for quality, sizes in by_quality.items():
            for size, stated in _object(sizes).items():
                sized = listing(f"image.{quality}.{size}", size=_named(size), quality=_named(quality))
                yield _line(sized, stated, confidence="low" if provider in IN_DOLLARS else "medium")
    elif by_quality is not None:
        yield Refusal(listing("image"), Reason.MALFORMED, "image is not an object")
    more = _object(prices.get("additional_units"))
    steps = _object(more.get("default_steps")).get("price")
    if "megapixels" in more:
        known = steps if _are_steps(steps) else None
        square = listing("additional_units.megapixels", size="1024x1024", steps=known)
        yield _line(square, more["megapixels"], _MEGAPIXEL, "1024 x 1024 pixels are 1.048576 megapixels")
    if "video_seconds" in more:
        yield _line(listing("additional_units.video_seconds", unit=PricedUnit.VIDEO_SECOND), more["video_seconds"])


def _line(
    listing: Listing, stated: Any, by: Fraction = Fraction(1), note: str = "", confidence: str = "medium"
) -> Line:
    price = amount(_object(stated).get("price"))
    if price is None:
        return Refusal(listing, Reason.MALFORMED, f"{listing.field} has no price that is a number")
    dollars = listing.provider in IN_DOLLARS
    unit = f"{plain(price)} in dollars, as this file has its images" if dollars else f"{plain(price)} US cents"
    note = "; ".join(part for part in (unit, note) if part)
    return priced(listing, Fraction(price) * by / (1 if dollars else 100), confidence, note)


def _are_steps(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_STEPS


def _named(word: str) -> str | None:
    return None if word == _DEFAULT else word.replace("-x-", "x")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
