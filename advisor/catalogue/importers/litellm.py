"""LiteLLM's ``model_prices_and_context_window.json``: one flat object, model key -> fields, in dollars.

The fields do not mean what they are called: see each step of ``_price``. Source of the readings: the upstream file and
its issues, as ``docs/catalogue-import.md`` lists them.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from advisor.catalogue.importers.account import (
    Account,
    Line,
    Listing,
    PricedUnit,
    Reason,
    Refusal,
    account_of,
    amount,
    day_stated,
    load_object,
    priced,
    shown,
    sized_first,
    stated_first,
    tokens_of,
    without_retired,
)

LARGEST = "largest"
"""The size of keys with `max-x-max`."""
_TEMPLATE = "sample_spec"
_MODES = {
    "image_generation": PricedUnit.IMAGE,
    "image_edit": PricedUnit.IMAGE,
    "video_generation": PricedUnit.VIDEO_SECOND,
}
_FIREWORKS = "fireworks_ai"
_FIREWORKS_IMAGES = re.compile(
    r"(flux-|stable-diffusion|japanese-stable-diffusion|ssd-1b|playground-v2)", re.IGNORECASE
)
_PER_IMAGE_ON_FIREWORKS = "flux-kontext"
_MORE_OUTPUT = ("output_cost_per_image", "output_cost_per_pixel", "output_cost_per_video")
_QUALITIES = ("low", "medium", "high", "hd", "standard", "xhigh", "max")
_SIZE = re.compile(r"([1-9][0-9]{1,4}|max)-x-([1-9][0-9]{1,4}|max)")
_STEPS = re.compile(r"([1-9][0-9]{0,3}|max)-steps")
_VARIANT = re.compile(r"output_cost_per_image_(0\.5K|1K|2K|4K|512|1024|1536|2048)")
_PIXELS = {
    "0.5K": "512x512",
    "1K": "1024x1024",
    "2K": "2048x2048",
    "4K": "4096x4096",
    "480p": "854x480",
    "720p": "1280x720",
    "768p": "1366x768",
    "1080p": "1920x1080",
    "2k": "2560x1440",
    "4k": "3840x2160",
}
_RESOLUTION = re.compile(r"output_cost_per_second_(480p|720p|768p|1080p|2k|4k)")
_SECONDS = ("output_cost_per_second", "output_cost_per_video_per_second")
_IMAGE_TOKEN = "output_cost_per_image_token"
_TOKEN_FIELDS = (_IMAGE_TOKEN, "output_cost_per_token", "input_cost_per_token")


def read(text: str, file: str, on: datetime.date) -> Account:
    """The account of the file. ``on``: entries retired by then are refused. Raises BadInput."""
    entries = load_object(text, file, "LiteLLM's model_prices_and_context_window.json")
    found = account_of(_lines(key, fields) for key, fields in entries.items() if key != _TEMPLATE)
    lines = sized_first(stated_first(without_retired(found.lines, on), _IMAGE_TOKEN))
    return replace(found, lines=tuple(lines))


def _lines(key: str, fields: Any) -> Iterator[Line]:
    """The lines of one entry; none if it is about texts or speech."""
    if not isinstance(fields, dict):
        yield Refusal(Listing(key, "", "", key), Reason.MALFORMED, "the entry is not an object")
        return
    mode, provider = fields.get("mode"), fields.get("litellm_provider")
    provider = provider if isinstance(provider, str) else ""
    unit = _MODES.get(mode) if isinstance(mode, str) else None
    if unit is None:
        stated = next((field for field in fields if field.startswith(_MORE_OUTPUT)), None)
        if stated is None and provider == _FIREWORKS and _FIREWORKS_IMAGES.match(key.rpartition("/")[2]):
            stated = "output_cost_per_token"
        if stated is not None:
            listing = _listing(key, stated, provider, PricedUnit.IMAGE)
            yield Refusal(listing, Reason.OTHER_MODE, f"mode is {mode}, {stated} is {shown(fields.get(stated))}")
        return
    retires, fault = day_stated(fields.get("deprecation_date"), "deprecation_date")
    if fault:
        yield Refusal(_listing(key, "deprecation_date", provider, unit), Reason.MALFORMED, fault)
        return
    for line in _prices(key, provider, unit, fields):
        listing = replace(line.listing, retires=retires)
        is_edit = mode == "image_edit" or key.endswith("/edit")
        yield Refusal(listing, Reason.EDIT) if is_edit else replace(line, listing=listing)


def _listing(key: str, field: str, provider: str, unit: PricedUnit) -> Listing:
    """The key's parts: ``[provider/][quality/]1024-x-1024/[50-steps/]model``."""
    size, quality, steps, rest = None, None, None, list[str]()
    for part in key.split("/"):
        if found := _SIZE.fullmatch(part):
            size = f"{found[1]}x{found[2]}" if "max" not in found.groups() else LARGEST
            if rest and rest[-1] in _QUALITIES:
                quality = rest.pop()
        elif size and (found := _STEPS.fullmatch(part)):
            steps = int(found[1]) if found[1] != "max" else None
            quality = quality or ("max" if found[1] == "max" else None)
        else:
            rest.append(part)
    while len(rest) > 1 and rest[0] and provider.startswith(rest[0]):
        rest.pop(0)
    return Listing(key, field, provider, "/".join(rest), unit, size, quality, steps)


def _prices(key: str, provider: str, unit: PricedUnit, fields: Mapping[str, Any]) -> Iterator[Line]:
    """At least one line: a figure for each size that has its own field, else the first field that states a price."""
    if unit is PricedUnit.VIDEO_SECOND:
        yield from _seconds(key, provider, fields)
        return
    variants = [(field, found[1]) for field in fields if (found := _VARIANT.fullmatch(field))]
    for field, size in variants:
        listing = _listing(key, field, provider, unit)
        yield _stated(_with_size(listing, size), fields, Fraction(1))
    if not variants:
        yield _price(key, provider, fields)


def _with_size(listing: Listing, size: str) -> Listing:
    """The listing of one of several sizes: ``2K`` is the side of a square image, ``1080p`` the height of a video."""
    side = _PIXELS.get(size) or (f"{size}x{size}" if size.isdigit() else size)
    return replace(listing, size=side)


def _seconds(key: str, provider: str, fields: Mapping[str, Any]) -> Iterator[Line]:
    found = False
    for field in fields:
        resolution = _RESOLUTION.fullmatch(field)
        if resolution or field in _SECONDS:
            found = True
            listing = _listing(key, field, provider, PricedUnit.VIDEO_SECOND)
            yield _stated(_with_size(listing, resolution[1]) if resolution else listing, fields, Fraction(1))
    if not found:
        yield Refusal(_listing(key, "", provider, PricedUnit.VIDEO_SECOND), Reason.NO_PRICE)


def _price(key: str, provider: str, fields: Mapping[str, Any]) -> Line:
    """The price of one image. A field that holds 0 is passed over: upstream, 0.0 means that the price is missing."""

    def listing(field: str, unit: PricedUnit = PricedUnit.IMAGE) -> Listing:
        return _listing(key, field, provider, unit)

    size = listing("").size
    if _above_zero(fields, field := "output_cost_per_image"):
        stated = _stated(listing(field), fields, Fraction(1))
        of_tokens = _of_tokens(listing(_IMAGE_TOKEN), fields) if _above_zero(fields, _IMAGE_TOKEN) else stated
        return of_tokens if _disagree(stated, of_tokens) else stated
    if _above_zero(fields, field := "input_cost_per_image"):
        # The price of an output on OpenAI's sized keys and on xAI; else of an image that is sent in.
        if provider == "xai" or (provider == "openai" and size):
            return _stated(listing(field), fields, Fraction(1), note="upstream states the output price under this name")
        return Refusal(listing(field), Reason.INPUT_IMAGE, f"{field} is {shown(fields[field])}")
    for field in ("output_cost_per_pixel", "input_cost_per_pixel"):
        if _above_zero(fields, field):
            width, height = map(int, size.split("x")) if size and size != LARGEST else (1024, 1024)
            note = f"{shown(fields[field])} per pixel, {width} x {height} pixels"
            return _stated(listing(field), fields, Fraction(width * height), note=note)
    if provider == _FIREWORKS:
        return _fireworks(listing, key, fields)
    by_token = [field for field in _TOKEN_FIELDS if _above_zero(fields, field)]
    if by_token:
        return _of_tokens(listing(by_token[0]), fields)
    zero = next((field for field, value in fields.items() if "cost" in field and amount(value) == 0), None)
    if zero:
        return Refusal(listing(zero), Reason.ZERO, f"{zero} is 0")
    wrong = next((field for field in fields if field.startswith(_MORE_OUTPUT)), None)
    if wrong:
        return Refusal(listing(wrong), Reason.MALFORMED, f"{wrong} is {shown(fields[wrong])}")
    return Refusal(listing(""), Reason.NO_PRICE)


def _fireworks(listing: Any, key: str, fields: Mapping[str, Any]) -> Line:
    """Fireworks's prices per token are the published prices per step, or per image, divided by a million."""
    field = "output_cost_per_token"
    if not _above_zero(fields, field):
        return Refusal(listing(field), Reason.NO_PRICE)
    per_image = _PER_IMAGE_ON_FIREWORKS in key
    what = "image" if per_image else "denoising step"
    found = listing(field, PricedUnit.IMAGE if per_image else PricedUnit.STEP)
    note = f"{shown(fields[field])} x 1,000,000 read as dollars per {what}; inferred, to be verified"
    return _stated(found, fields, Fraction(1_000_000), "low", note)


def _of_tokens(listing: Listing, fields: Mapping[str, Any]) -> Line:
    known = tokens_of(listing.model) if listing.field == _IMAGE_TOKEN else None
    if known is None or (listing.size, listing.quality) not in ((None, None), (known.size, known.quality)):
        return Refusal(listing, Reason.TOKENS, f"{listing.field} is {shown(fields[listing.field])}")
    sized = replace(listing, size=known.size, quality=known.quality)
    note = f"{shown(fields[listing.field])} per token, {known.tokens:,} tokens an image ({known.source})"
    return _stated(sized, fields, Fraction(known.tokens), note=note)


def _disagree(stated: Line, of_tokens: Line) -> bool:
    """Whether a price an image is that of another size: more than 2 % off the tokens of an image of the usual size."""
    if isinstance(stated, Refusal) or isinstance(of_tokens, Refusal):
        return False
    return abs(stated.usd - of_tokens.usd) > of_tokens.usd / 50


def _stated(
    listing: Listing, fields: Mapping[str, Any], by: Fraction, confidence: str = "medium", note: str = ""
) -> Line:
    value = amount(fields[listing.field])
    if value is None:
        return Refusal(listing, Reason.MALFORMED, f"{listing.field} is {shown(fields[listing.field])}")
    return priced(listing, Fraction(value) * by, confidence, note)


def _above_zero(fields: Mapping[str, Any], field: str) -> bool:
    value = amount(fields.get(field))
    return value is not None and value != Decimal(0)
