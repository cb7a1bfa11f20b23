"""What the pydantic models of pages share: types of values, and validation errors with file, line and path."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Row
from advisor.usage.readers.json_pages import HALF_CHARACTER, MOST_DIGITS, Stream
from advisor.usage.time_zones import FARTHEST
from advisor.usage.validation import refused

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_MOST_SHOWN = 60
"""Characters of a key of the file's own that a path shows."""
_PLACES = -18
"""The exponent to which amounts are rounded: the error that floating point adds to a cost is smaller."""
_PRECISION = Context(prec=4 * MOST_DIGITS)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(rf"-?\d{{1,{MOST_DIGITS}}}(\.\d{{1,{MOST_DIGITS}}})?", re.ASCII)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_EXPECTED = {
    "string_type": "a text",
    "bool_type": "`true` or `false`",
    "int_type": "a whole number",
    "string_pattern_mismatch": "a currency such as `usd`",
    "date_type": "a date such as `2026-10-01`",
    "datetime_type": "a time such as `2026-10-01T12:00:00Z`",
    "is_instance_of": "a number",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
"""The types of pydantic's errors, as the value that was expected."""
_HELP = "check that this is the page as the service returned it"
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))
_BOUNDS = {"greater_than_equal": "less than", "less_than_equal": "more than", "less_than": "not before"}


def _shown(value: object) -> str:
    """Of lists and objects only their type is shown, as they may be deep and large."""
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else quoted(value)


def _whole_text(value: str) -> str:
    if HALF_CHARACTER.search(value):
        raise refused(f"{quoted(value)} holds half a character", "fix the text at its source")
    return value


def _whole_number(value: object) -> object:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _decimal(value: object) -> object:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _rounded(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    long = isinstance(exponent, int) and exponent < _PLACES
    return value.quantize(Decimal(1).scaleb(_PLACES), ROUND_HALF_EVEN, _PRECISION) if long else value


def _from_unix(value: object) -> datetime:
    if type(value) is int and 0 <= value < (_LATEST - _EARLIEST).total_seconds():
        return in_utc(_EARLIEST) + timedelta(seconds=value)
    help = "divide milliseconds by 1000" if type(value) is int else _HELP
    raise refused(f"{_shown(value)} is not a time in Unix seconds", help)


def _parsed(parse: Callable[[Any], object]) -> BeforeValidator:
    """What cannot be parsed stays as it is, so that its type is refused."""

    def parsed(value: Any) -> object:
        try:
            return parse(value)
        except (ValueError, TypeError, OverflowError):
            return value

    return BeforeValidator(parsed)


def _moment(text: str) -> datetime:
    stamp = datetime.fromisoformat(text)
    stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    if abs(stamp.utcoffset() or timedelta(0)) > FARTHEST:
        raise ValueError("an offset that no zone has")
    return stamp


def _day(text: str) -> date | str:
    return date.fromisoformat(text) if _DAY.fullmatch(text) else text


def in_utc(stamp: datetime) -> datetime:
    """A moment as naive UTC."""
    return stamp.astimezone(UTC).replace(tzinfo=None)


Text = Annotated[str, AfterValidator(_whole_text)]
Currency = Annotated[str, StringConstraints(pattern="^[A-Za-z]{3}$", to_upper=True)]
"""Three letters, in upper case."""
Count = Annotated[int, Field(ge=0, le=MOST_IMAGES_IN_A_ROW), BeforeValidator(_whole_number)]
"""12.0 is a whole number too."""
Number = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_rounded)]
"""Also as text, as OpenAI writes its costs."""
Quantity = Annotated[Number, Field(ge=-MOST_IMAGES_IN_A_ROW, le=MOST_IMAGES_IN_A_ROW)]
Dollars = Annotated[Number, Field(ge=-MOST_DOLLARS_IN_A_ROW, le=MOST_DOLLARS_IN_A_ROW)]
UnixSeconds = Annotated[datetime, BeforeValidator(_from_unix)]
"""As naive UTC."""
Moment = Annotated[datetime, Field(ge=_EARLIEST, lt=_LATEST), _parsed(_moment)]
"""ISO 8601 with its offset; without one it is UTC."""
UtcMoment = Annotated[Moment, AfterValidator(in_utc)]
"""ISO 8601 as naive UTC."""
Day = Annotated[date, Field(ge=_EARLIEST.date(), lt=_LATEST.date()), _parsed(_day)]
Many = Annotated[list[T], FailFast()]
"""A list, of which the first item with errors stops the validation."""


class PageObject(BaseModel):
    """An object of a page. Unknown keys are ignored, and null is the same as an absent key."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        return {key: part for key, part in value.items() if part is not None} if isinstance(value, dict) else value


class PageOfMany(PageObject):
    """A page of an answer that may have several: whether more follow, and the key of the next one."""

    has_more: bool | None = None
    next_page: Text | None = None
    next_cursor: Text | None = None
    next: Text | None = None


# ---- buckets of time: whether several pages hold the same rows in different splits


@dataclass(frozen=True)
class Bucket:
    """A bucket with results, and the keys that split them, for services where the request chooses these."""

    start: datetime
    ends: datetime
    split_by: frozenset[str] = frozenset()
    results: frozenset[object] = frozenset()

    def agrees_with(self, other: Bucket) -> bool:
        """Whether two of the same time are split in one way, or one holds all results of the other."""
        return self.split_by == other.split_by or self.results <= other.results or other.results <= self.results


@dataclass
class Buckets:
    """Those of all pages of one source."""

    _spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    _seen: dict[tuple[datetime, datetime], tuple[Bucket, str]] = field(default_factory=dict)

    def add(self, bucket: Bucket, file: str) -> None:
        """Raises BadInput if a bucket overlaps another one of another width, or of another split."""
        span = (bucket.start, bucket.ends)
        if span in self._seen:
            other, where = self._seen[span]
            if not bucket.agrees_with(other):
                help = "give the pages of one request for a day, all with the same `group_by`"
                raise BadInput(_twice(bucket, _by(bucket.split_by), _by(other.split_by), where, file, help))
            return
        place = bisect_left(self._spans, span)
        for start, ends in self._spans[max(place - 1, 0) : place + 1]:
            if start < bucket.ends and bucket.start < ends:
                where = self._seen[start, ends][1]
                help = "give the pages of one request for a day, all with buckets of the same width"
                raise BadInput(_twice(bucket, _wide(span), _wide((start, ends)), where, file, help))
        insort(self._spans, span)
        self._seen[span] = bucket, file


def _twice(bucket: Bucket, how: str, before: str, where: str, file: str, help: str) -> Problem:
    day = bucket.start.date()
    return Problem(
        f"duplicate day {day}: {how} here, {before} in {where}, so its images would count twice", file, help=help
    )


def _by(keys: frozenset[str]) -> str:
    return f"grouped by {' and '.join(sorted(keys))}" if keys else "as a whole"


def _wide(span: tuple[datetime, datetime]) -> str:
    """As `in a bucket of 1 hour`."""
    width = span[1] - span[0]
    name, unit = next((one for one in _UNITS if width % one[1] == timedelta(0)), ("second", timedelta(seconds=1)))
    return f"in a bucket of {width // unit} {name}{'' if width == unit else 's'}"


# ---- pages


@dataclass(frozen=True)
class PageReading:
    """What the pages of a file hold. ``buckets`` are those of time, if the request chooses how their rows are split;
    ``doubts`` are why the rows may not be of images; ``notes`` are sentences for people."""

    rows: Sequence[Row]
    notes: Sequence[str]
    buckets: Sequence[Bucket] = ()
    doubts: Sequence[Problem] = ()


@dataclass(frozen=True)
class JsonPage:
    """A page and its place: ``path`` is its index where the file is an array of pages."""

    value: object
    file: str
    line: int = 1
    path: tuple[int, ...] = ()

    def has(self, key: str) -> bool:
        """Whether the page has this key and its value is not null."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def read(self, model: type[M]) -> M:
        """The page by its model. Raises BadInput with the path of each error, as ``data[3].results[0].images``."""
        try:
            return model.model_validate(self.value)
        except ValidationError as error:
            raise BadInput([self._problem(one) for one in error.errors(include_url=False)]) from None

    def _problem(self, error: ErrorDetails) -> Problem:
        keys = (f"[{key}]" if isinstance(key, int) else f".{key[:_MOST_SHOWN]}" for key in (*self.path, *error["loc"]))
        field = "".join(keys).removesuffix(".[key]").removeprefix(".")
        what, help = _described(error)
        return Problem(what, self.file or None, self.line if self.file else None, field or None, help)


def pages(document: object, file: str = "") -> Iterator[JsonPage]:
    """The pages that a parsed file consists of: itself, those of an array, those of a stream (of arrays too)."""
    documents, lines = (document, document.lines) if isinstance(document, Stream) else ([document], [1])
    for one, line in zip(documents, lines, strict=True):
        if isinstance(one, list):
            yield from (JsonPage(page, file, line, (at,)) for at, page in enumerate(one))
        else:
            yield JsonPage(one, file, line)


def read_pages(model: type[M], document: object, file: str) -> list[tuple[int, M]]:
    """All pages by their model, with their lines. Raises BadInput."""
    return [(page.line, page.read(model)) for page in pages(document, file)]


def more_pages(of_pages: Sequence[tuple[int, PageOfMany]], cursor: str) -> list[str]:
    """The note that the last of these pages is not the last of the answer; ``cursor`` is the key of the next one."""
    last = of_pages[-1][1] if of_pages else None
    following = getattr(last, cursor, None)
    if last is None or not (last.has_more or (following and last.has_more is None)):
        return []
    return [f"more pages follow: {cursor} {quoted(following)}" if following else "more pages follow"]


def _described(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and the help."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "refused":
        return context["what"], context["help"]
    if kind == "missing":
        return f"`{error['loc'][-1]}` is missing", _HELP
    if kind in _BOUNDS:
        bound = next(iter(context.values()))
        shown = f"{bound:,}" if isinstance(bound, int | Decimal) else str(bound)
        return f"{quoted(value)} is {_BOUNDS[kind]} {shown}", "check this value at its source"
    expected = _EXPECTED.get(kind) or str(context.get("expected", "valid")).replace("'", "`")
    return f"{_shown(value)} is not {expected}", _HELP
