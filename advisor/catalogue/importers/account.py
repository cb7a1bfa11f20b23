"""The account of a price list: every image, video or GPU entry of it, as a figure or as a refusal with its reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from advisor.domain.quantity import MICRO


class Unit(StrEnum):
    """What one price pays for. A price per denoising step becomes one per image with the model's number of steps."""

    IMAGE = "image"
    STEP = "step"
    VIDEO_SECOND = "video_second"
    GPU_HOUR = "gpu_hour"


class Reason(StrEnum):
    """Why an entry is not used; ``REASONS`` has the words."""

    ZERO = "zero"
    NO_PRICE = "no_price"
    INPUT_IMAGE = "input_image"
    TOKENS = "tokens"
    OTHER_MODE = "other_mode"
    EDIT = "edit"
    RETIRED = "retired"
    UNSIZED = "unsized"
    IMPLAUSIBLE = "implausible"
    MALFORMED = "malformed"
    OTHER_INSTANCE = "other_instance"
    UNKNOWN_MODEL = "unknown_model"
    OTHER_PROVIDER = "other_provider"
    UNKNOWN_REGION = "unknown_region"
    OTHER_VARIANT = "other_variant"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    OLDER = "older"
    LESS_CERTAIN = "less_certain"
    NOT_SELECTED = "not_selected"


REASONS = {
    Reason.ZERO: "the price is 0, so it is missing",
    Reason.NO_PRICE: "no field states the price of an image or of a second of video",
    Reason.INPUT_IMAGE: "only the price of an image that is sent in is stated",
    Reason.TOKENS: "priced per token, and the number of tokens of an image is not known",
    Reason.OTHER_MODE: "listed under another mode than images or video",
    Reason.EDIT: "the price of an edit, not of a generated image",
    Reason.RETIRED: "retired by its provider",
    Reason.UNSIZED: "the same model is listed by size or quality, which is used",
    Reason.IMPLAUSIBLE: "out of any plausible range",
    Reason.MALFORMED: "the entry does not have the form of the price list",
    Reason.OTHER_INSTANCE: "an instance with fewer of this GPU, or a lower price, is used in the country or the EU",
    Reason.UNKNOWN_MODEL: "not in the catalogue: the model",
    Reason.OTHER_PROVIDER: "not in the catalogue: this model at this provider",
    Reason.UNKNOWN_REGION: "the country of the region is not known",
    Reason.OTHER_VARIANT: "not in the catalogue: this size or quality of the model",
    Reason.DUPLICATE: "another entry of the file is about the same offer, and is used",
    Reason.AMBIGUOUS: "the file states several prices of one offer",
    Reason.OLDER: "the catalogue has a newer figure",
    Reason.LESS_CERTAIN: "the catalogue has a figure that is more certain",
    Reason.NOT_SELECTED: "left out by `--only`",
}
PLAUSIBLE = {
    Unit.IMAGE: Decimal(10),
    Unit.STEP: Decimal("0.05"),
    Unit.VIDEO_SECOND: Decimal(20),
    Unit.GPU_HOUR: Decimal(200),
}
"""The most that is believed, in dollars: several times the dearest known offer of each unit."""


@dataclass(frozen=True)
class Listing:
    """What an entry of a price list is about, in the words of the list.

    ``key`` and ``field`` are where the price is in the file; together they occur once in an account. ``model`` is
    without the provider, size and quality; for GPUs it is the name of the GPU, and ``region`` and ``pricing`` are set.
    """

    key: str
    field: str
    provider: str
    model: str
    unit: Unit = Unit.IMAGE
    size: str | None = None
    quality: str | None = None
    steps: int | None = None
    retires: datetime.date | None = None
    region: str | None = None
    pricing: str | None = None


@dataclass(frozen=True)
class Figure:
    """A price in dollars: more than 0, in whole micro-dollars. ``note`` says how it was derived, if it was."""

    listing: Listing
    usd: Decimal
    confidence: str = "medium"
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """An entry that is not used, why, and what the file says there."""

    listing: Listing
    reason: Reason
    detail: str = ""


Line = Figure | Refusal


@dataclass(frozen=True)
class Account:
    """A price list as read: each of its entries once, in the order of the file; ``others`` counts entries of texts,
    speech or plain computers, which are not read."""

    lines: tuple[Line, ...]
    others: int

    @property
    def figures(self) -> Iterator[Figure]:
        """The prices that can be used."""
        return (line for line in self.lines if isinstance(line, Figure))


def priced(listing: Listing, amount: Fraction | Decimal, confidence: str = "medium", note: str = "") -> Line:
    """The figure of an amount in dollars, to the nearest micro-dollar; refused if it is 0, negative or implausible."""
    if amount == 0:
        return Refusal(listing, Reason.ZERO, f"{listing.field} is 0")
    usd = micro(Fraction(amount))
    if not 0 < usd <= PLAUSIBLE[listing.unit]:
        return Refusal(listing, Reason.IMPLAUSIBLE, f"${usd:.6g} for one {listing.unit.replace('_', ' ')}")
    return Figure(listing, usd, confidence, note)


def micro(amount: Fraction) -> Decimal:
    """An amount to the nearest micro-dollar, in which prices are computed.

    >>> micro(Fraction("0.16700000017"))
    Decimal('0.167000')
    """
    return Decimal(round(amount * 10**MICRO)).scaleb(-MICRO)


def without_retired(lines: Iterable[Line], on: datetime.date) -> Iterator[Line]:
    """Refuses what its provider had retired by the date, whether it has a price or not."""
    for line in lines:
        ends = line.listing.retires
        yield line if ends is None or on < ends else Refusal(line.listing, Reason.RETIRED, f"since {ends}")


def sized_first(lines: Iterable[Line]) -> Iterator[Line]:
    """Refuses the unsized entries of an image model that the list also has by size."""
    lines = list(lines)
    sized = (line for line in lines if isinstance(line, Figure) and line.listing.size)
    by_size = {_model(line) for line in sized if line.listing.unit is Unit.IMAGE}
    for line in lines:
        if _model(line) in by_size and not line.listing.size and not _is(line, Reason.RETIRED):
            yield Refusal(line.listing, Reason.UNSIZED)
        else:
            yield line


def stated_first(lines: Iterable[Line], derived: str) -> Iterator[Line]:
    """Refuses the figures that are derived from the field ``derived`` where the list also states the price."""
    lines = list(lines)
    figures = [line for line in lines if isinstance(line, Figure)]
    stated = {_variant(line) for line in figures if line.listing.field != derived}
    for line in lines:
        if isinstance(line, Figure) and line.listing.field == derived and _variant(line) in stated:
            yield Refusal(line.listing, Reason.UNSIZED)
        else:
            yield line


def _variant(line: Line) -> tuple[str, str, Unit, str | None, str | None]:
    return *_model(line), line.listing.size, line.listing.quality


def _model(line: Line) -> tuple[str, str, Unit]:
    return line.listing.provider, line.listing.model, line.listing.unit


def _is(line: Line, reason: Reason) -> bool:
    return isinstance(line, Refusal) and line.reason is reason


def with_listing(line: Line, **changes: object) -> Line:
    """The same line about a listing with other values."""
    return replace(line, listing=replace(line.listing, **changes))  # type: ignore[arg-type]  # of Listing's own fields
