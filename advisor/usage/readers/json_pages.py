"""Pages of JSON, as billing APIs return them: bounded, with exact numbers and without duplicate keys.

Also what the pydantic models of pages share: types of values, and errors with file, line and path.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from advisor.tabular.text_files import BadRow, decoder_of
from advisor.usage.dates import FARTHEST
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Row, refused

MOST_DIGITS = 40
"""Digits of a number, on either side of its point. Costs arrive with 34 decimal places, images with nine digits."""
MOST_NESTED = 64
"""Lists and objects inside one another. The pages that are known have seven."""
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A lone surrogate, such as `"\\ud83d"`, which no text in UTF-8 can hold."""

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_NOT_WHITE = re.compile(r"[^ \t\n\r]")
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
_BOUNDS = {"greater_than_equal": "less than", "less_than_equal": "more than", "less_than": "not before"}


class Stream(list[object]):
    """Several documents in one file, one after the other, as in JSON Lines; ``lines`` says where each begins."""

    def __init__(self, documents: Sequence[object], lines: Sequence[int]) -> None:
        super().__init__(documents)
        self.lines = tuple(lines)


def parse(text: str, file: str) -> object:
    """The JSON value in the text, or a ``Stream`` where several follow each other.

    Numbers with a point are Decimal. Raises BadInput for what is not JSON (also NaN and Infinity), duplicate keys in
    one object, numbers of more than ``MOST_DIGITS`` digits, and nesting too deep to read.
    """
    _check_nesting(text, file)
    decoder = decoder_of(_number)
    documents, starts = list[object](), list[int]()
    line, counted, end = 1, 0, 0
    while (found := _NOT_WHITE.search(text, end)) is not None:
        at = found.start()
        line, counted = line + text.count("\n", counted, at), at
        try:
            document, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise BadInput(_not_json(error, text, file)) from None
        except BadRow as bad:
            raise BadInput(Problem(str(bad), file, line, help=bad.help)) from None
        documents.append(document)
        starts.append(line)
    if not documents:
        raise BadInput(Problem("the file is empty", file, help="save the answer of the service in it"))
    return documents[0] if len(documents) == 1 else Stream(documents, starts)


def objects(document: object) -> Iterator[dict[str, object]]:
    """The objects that a parsed file consists of; anything else is left out."""
    for one in document if isinstance(document, list) else (document,):
        for inner in one if isinstance(one, list) else (one,):
            if isinstance(inner, dict):
                yield inner


def first_in(page: object, key: str) -> dict[str, object] | None:
    """The first object in the list under this key of a page; None where there is none."""
    listed = page.get(key) if isinstance(page, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, dict) else None


def identity(*said: object) -> str:
    """The values that identify a row as one text, the same in every file that holds the row."""
    return json.dumps(said, default=str, separators=(",", ":"), sort_keys=True)


def numbered(rows: Sequence[Row]) -> list[Row]:
    """The rows of one bucket, each with an identity of its own: a source states no result of a bucket twice."""
    seen = Counter[str]()
    found = []
    for row in rows:
        seen[row.identity] += 1
        times = seen[row.identity]
        found.append(replace(row, identity=identity(row.identity, times)) if times > 1 else row)
    return found


def _check_nesting(text: str, file: str) -> None:
    """Before the decoder sees it: so that nothing that walks the document runs out of stack."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        mark = token[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > MOST_NESTED:
            what = f"the JSON is nested more than {MOST_NESTED} deep"
            help = "check that this is the page as the service gave it"
            raise BadInput(Problem(what, file, text.count("\n", 0, token.start()) + 1, help=help))


def _number(digits: str) -> int | Decimal:
    """A number, exactly. Raises BadRow for NaN and infinity, and for more digits than are read."""
    mantissa, _, exponent = digits.lower().partition("e")
    if not digits[-1].isdigit():
        raise BadRow(f"{quoted(digits)} is not a number", "JSON has numbers and null only")
    whole = not exponent and "." not in digits
    huge = len(exponent) > 4 or (exponent and abs(int(exponent)) > 400)
    if huge or len(mantissa) > (MOST_DIGITS if whole else 2 * MOST_DIGITS):
        raise BadRow(f"the number {quoted(digits)} is too long", f"at most {MOST_DIGITS} digits are read")
    return int(digits) if whole else Decimal(digits)


def _not_json(error: json.JSONDecodeError, text: str, file: str) -> Problem:
    within = " of a text" if error.msg.startswith("Unterminated string") else ""
    if within or not text[error.pos :].strip():
        help = "the download was cut off: fetch the page again"
        return Problem(f"the JSON ends in the middle{within}", file, error.lineno, help=help)
    what = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}"
    return Problem(what, file, error.lineno, help="check that the file holds JSON alone")


# ---- types of values


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


# ---- what a page holds


@dataclass(frozen=True)
class Bucket:
    """A bucket with results, and the keys that split them, for services where the request chooses these."""

    start: datetime
    ends: datetime
    split_by: frozenset[str] = frozenset()
    results: frozenset[object] = frozenset()


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
