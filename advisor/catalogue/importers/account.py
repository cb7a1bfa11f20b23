"""What readers of price lists share: JSON of others with exact numbers, and the account that a list becomes.

The account has every image, video or GPU entry of the list, as a figure or as a refusal with its reason.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.quantity import MICRO, plain


class PricedUnit(StrEnum):
    """What one price pays for. A price per denoising step becomes one per image with the model's number of steps."""

    IMAGE = "image"
    STEP = "step"
    VIDEO_SECOND = "video_second"
    GPU_HOUR = "gpu_hour"


class Reason(StrEnum):
    """Why an entry is not used; ``words`` says it in a line."""

    words: str

    def __new__(cls, reason: str, words: str) -> Reason:
        """A member from its line in the table."""
        member = str.__new__(cls, reason)
        member._value_, member.words = reason, words
        return member

    ZERO = "zero", "the price is 0, so it is missing"
    NO_PRICE = "no_price", "no field states the price of an image or of a second of video"
    INPUT_IMAGE = "input_image", "only the price of an image that is sent in is stated"
    TOKENS = "tokens", "priced per token, and the number of tokens of an image is not known"
    OTHER_MODE = "other_mode", "listed under another mode than images or video"
    EDIT = "edit", "the price of an edit, not of a generated image"
    RETIRED = "retired", "retired by its provider"
    UNSIZED = "unsized", "the same model is listed by size or quality, which is used"
    IMPLAUSIBLE = "implausible", "out of any plausible range"
    MALFORMED = "malformed", "the entry does not have the form of the price list"
    OTHER_INSTANCE = (
        "other_instance",
        "an instance with fewer of this GPU, or a lower price, is used in the country or the EU",
    )
    UNKNOWN_MODEL = "unknown_model", "not in the catalogue: the model"
    OTHER_PROVIDER = "other_provider", "not in the catalogue: this model at this provider"
    UNKNOWN_REGION = "unknown_region", "the country of the region is not known"
    OTHER_VARIANT = "other_variant", "not in the catalogue: this size or quality of the model"
    DUPLICATE = "duplicate", "another entry of the file is about the same offer, and is used"
    AMBIGUOUS = "ambiguous", "the file states several prices of one offer"
    OLDER = "older", "the catalogue has a newer figure"
    LESS_CERTAIN = "less_certain", "the catalogue has a figure that is more certain"
    NOT_SELECTED = "not_selected", "left out by `--only`"


PLAUSIBLE = {
    PricedUnit.IMAGE: Decimal(10),
    PricedUnit.STEP: Decimal("0.05"),
    PricedUnit.VIDEO_SECOND: Decimal(20),
    PricedUnit.GPU_HOUR: Decimal(200),
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
    unit: PricedUnit = PricedUnit.IMAGE
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


def account_of(entries: Iterable[Iterable[Line]]) -> Account:
    """The account of entries by their lines; one without lines is counted with the others."""
    found = [tuple(lines) for lines in entries]
    return Account(tuple(chain.from_iterable(found)), found.count(()))


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
    by_size = {_model(line) for line in sized if line.listing.unit is PricedUnit.IMAGE}
    for line in lines:
        if (
            _model(line) in by_size
            and not line.listing.size
            and not (isinstance(line, Refusal) and line.reason is Reason.RETIRED)
        ):
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


def _variant(line: Line) -> tuple[str, str, PricedUnit, str | None, str | None]:
    return *_model(line), line.listing.size, line.listing.quality


def _model(line: Line) -> tuple[str, str, PricedUnit]:
    return line.listing.provider, line.listing.model, line.listing.unit


_MAX_DEPTH = 30
_MAX_KEY = 300


def load_object(text: str, file: str, what: str) -> dict[str, Any]:
    """The object in a text. ``what`` is what the file should be, for the help. Raises BadInput with file and line."""
    found = load_json(text, file)
    if not isinstance(found, dict):
        raise BadInput(Problem("this is not a JSON object", file, help=f"name {what}"))
    return found


def load_json(text: str, file: str) -> Any:
    """The value in a text; numbers are int or Decimal, or stay text if they have too many digits. Raises BadInput."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            key = next(name for name in names if names.count(name) > 1)
            what = f"duplicate key {quoted(key)}"
            raise BadInput(Problem(what, file, _second_line(text, key), help="keep one of them"))
        return found

    def refuse(constant: str) -> Any:
        raise BadInput(Problem(f"{quoted(constant)} is not a number", file, help="write a number, or null"))

    scalar = yaml_loader.scalar
    try:
        found = json.loads(text, object_pairs_hook=unique, parse_float=scalar, parse_int=scalar, parse_constant=refuse)
    except json.JSONDecodeError as error:
        what = f"this is not valid JSON: {error.msg.lower()}"
        raise BadInput(Problem(what, file, error.lineno, help="save the price list again as it is published")) from None
    except RecursionError:
        raise BadInput(_too_deep(file)) from None
    _check(found, file)
    return found


def amount(value: object) -> Decimal | None:
    """A number as it was read, exact; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def shown(value: object) -> str:
    """A value for a note or a refusal: numbers without exponent, anything else shortened and on one line.

    >>> shown(Decimal("5E-10")), shown(None)
    ('0.0000000005', 'null')
    """
    number = amount(value)
    return quoted(value).strip("`") if number is None else plain(number)


def _check(found: Any, file: str) -> None:
    """Refuses deep nesting, long keys and halves of characters, level by level."""
    level = [found]
    for _ in range(_MAX_DEPTH):
        level = [part for one in level for part in _parts(one, file)]
        if not level:
            return
    raise BadInput(_too_deep(file))


def _parts(value: Any, file: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, part in value.items():
            if len(key) > _MAX_KEY:
                what = f"the key {quoted(key)} is longer than {_MAX_KEY} characters"
                raise BadInput(Problem(what, file, help="check that this is the right file"))
            yield key
            yield part
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise BadInput(Problem("a text holds half a character", file, help="write the character itself")) from None


def _too_deep(file: str) -> Problem:
    return Problem(f"values are nested deeper than {_MAX_DEPTH} levels", file, help="check that this is the right file")


def _second_line(text: str, key: str) -> int | None:
    """The line of the second use of a key, where it can be found as text."""
    written = json.dumps(key, ensure_ascii=False)
    first = text.find(written)
    second = text.find(written, first + 1)
    return text.count("\n", 0, second) + 1 if first >= 0 and second >= 0 else None


@cache
def bundled_data(name: str) -> Any:
    """The content of a file of ``data/``."""
    file = Path(__file__).parent / "data" / name
    return yaml_loader.load(file.read_text(encoding="utf-8"), str(file))


def day_stated(value: object, what: str) -> tuple[datetime.date | None, str]:
    """The day that a list states, None for none; and what is wrong with it."""
    try:
        return (None if value is None else datetime.date.fromisoformat(str(value))), ""
    except ValueError:
        return None, f"{what} is {value}"


class ImageTokens(NamedTuple):
    """The tokens of one image of a size and quality, and where that is stated."""

    model: str
    size: str
    quality: str | None
    tokens: int
    source: str


def tokens_of(model: str) -> ImageTokens | None:
    """The tokens of an image of a model, by its upstream name without the provider; None if they are not known."""
    return _table().get(model.rpartition("/")[2])


@cache
def _table() -> dict[str, ImageTokens]:
    rows = bundled_data("image_tokens.yaml")["image_tokens"]
    return {
        name: ImageTokens(name, row["size"], row.get("quality"), row["tokens"], row["source"])
        for row in rows
        for name in row["models"]
    }
