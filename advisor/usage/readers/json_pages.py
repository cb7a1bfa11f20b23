"""Pages of JSON, as billing interfaces give them: parsed without traps, and read with the place in every error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TypeVar

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.usage.time_zones import FARTHEST

Read = TypeVar("Read")

MOST_DIGITS = 40
"""Digits of a number, on either side of its point. Costs arrive with 34 decimal places, images with nine digits."""
MOST_NESTED = 64
"""Lists and objects inside one another. The pages that are known have seven."""
MOST_SHOWN = 60
"""Characters of a key of the file's own that a path shows."""
PLACES = Decimal("1e-18")
"""Amounts are rounded here: what floating point adds to a cost lies below."""

HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""What `"\\ud83d"` alone stands for, which no text in UTF-8 can hold."""

_PRECISION = Context(prec=4 * MOST_DIGITS)
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_WHITE = re.compile(r"[ \t\n\r]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(rf"-?\d{{1,{MOST_DIGITS}}}(\.\d{{1,{MOST_DIGITS}}})?", re.ASCII)
_EARLIEST, _LATEST = datetime(1970, 1, 1), datetime(9000, 1, 1)


class Stream(list[object]):
    """Several documents in one file, one after the other, as in JSON Lines; ``lines`` says where each begins."""

    def __init__(self, documents: Sequence[object], lines: Sequence[int]) -> None:
        super().__init__(documents)
        self.lines = tuple(lines)


def parse(text: str, file: str) -> object:
    """The JSON value in the text, or a ``Stream`` where several follow each other.

    Numbers with a point are Decimal. Raises BadInput for what is not JSON (also NaN and Infinity), a key that stands
    twice in one object, numbers of more than ``MOST_DIGITS`` digits, and nesting too deep to read.
    """
    _check_nesting(text, file)
    decoder = json.JSONDecoder(
        parse_float=_decimal, parse_int=_int, parse_constant=_refused_constant, object_pairs_hook=unique_keys
    )
    documents: list[object] = []
    starts: list[int] = []
    at, line = _after_white(text, 0), 1
    counted = 0
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            document, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise BadInput(_not_json(error, text, file)) from None
        except RefusedError as refused:
            raise BadInput(Problem(refused.what, file, line, help=refused.help)) from None
        documents.append(document)
        starts.append(line)
        at = _after_white(text, end)
    if not documents:
        raise BadInput(Problem("the file is empty", file, help="save the answer of the service in it"))
    return documents[0] if len(documents) == 1 else Stream(documents, starts)


@dataclass(frozen=True)
class Part:
    """A value in a document and where it stands. ``field`` is the path to it, such as ``data[3].results[0].images``."""

    value: object
    file: str
    line: int = 1
    field: str = ""

    def refused(self, what: str, help: str) -> BadInput:
        """The error to raise for this value."""
        return BadInput(Problem(what, self.file or None, self.line if self.file else None, self.field or None, help))

    def expected(self, kind: str) -> BadInput:
        """The error for a value of another kind, such as ``a whole number``."""
        return self.refused(f"{_shown(self.value)} is not {kind}", f"there should be {kind} here")

    def has(self, key: str) -> bool:
        """True where this object has the key and its value is not null."""
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def child(self, key: str) -> Part:
        """What stands under the key of this object; the value None where nothing does. Raises BadInput."""
        if not isinstance(self.value, dict):
            raise self.expected("an object")
        return Part(self.value.get(key), self.file, self.line, f"{self.field}.{key}" if self.field else key)

    def required(self, key: str, read: Callable[[Part], Read]) -> Read:
        """What stands under the key, read. Raises BadInput also where nothing does."""
        child = self.child(key)
        if child.value is None:
            raise child.refused(f"`{key}` is missing", "check that this is the page as the service gave it")
        return read(child)

    def optional(self, key: str, read: Callable[[Part], Read]) -> Read | None:
        """What stands under the key, read; None where nothing or null does. Raises BadInput."""
        child = self.child(key)
        return None if child.value is None else read(child)


def pages(document: object, file: str = "") -> Iterator[Part]:
    """The objects that a parsed file consists of: itself, those of an array, those of a stream (of arrays too)."""
    whole = Part(document, file)
    if not isinstance(document, Stream):
        yield from items(whole) if isinstance(document, list) else (whole,)
        return
    for one, line in zip(document, document.lines, strict=True):
        part = Part(one, file, line)
        yield from items(part) if isinstance(one, list) else (part,)


def items(part: Part) -> list[Part]:
    """The values of a list."""
    if not isinstance(part.value, list):
        raise part.expected("a list")
    return [Part(value, part.file, part.line, f"{part.field}[{at}]") for at, value in enumerate(part.value)]


def entries(part: Part) -> list[tuple[str, Part]]:
    """The values of an object, with their keys."""
    if not isinstance(part.value, dict):
        raise part.expected("an object")
    fields = [Part(key, part.file, part.line, f"{part.field}.{key[:MOST_SHOWN]}") for key in part.value]
    return [(text(field), replace(field, value=part.value[text(field)])) for field in fields]


def objects(document: object) -> Iterator[dict[str, object]]:
    """The objects among what a parsed file consists of: for judging what it is, without complaint."""
    for one in document if isinstance(document, list) else (document,):
        for inner in one if isinstance(one, list) else (one,):
            if isinstance(inner, dict):
                yield inner


def more_pages(of_pages: Sequence[Part], cursor: str) -> list[str]:
    """The note that the last of these pages is not the last of the answer; ``cursor`` is the key of the next one."""
    last = of_pages[-1] if of_pages else None
    following = last.optional(cursor, text) if last else None
    if last is None or not (last.optional("has_more", flag) or (following and not last.has("has_more"))):
        return []
    return [f"more pages follow: {cursor} {quoted(following)}" if following else "more pages follow"]


def first_in(page: object, key: str) -> dict[str, object] | None:
    """The first object in the list under this key of a page; None where there is none."""
    listed = page.get(key) if isinstance(page, dict) else None
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, dict) else None


def text(part: Part) -> str:
    """A text."""
    if not isinstance(part.value, str):
        raise part.expected("a text")
    if HALF_CHARACTER.search(part.value):
        raise part.refused(f"{quoted(part.value)} holds half a character", "mend the text at its source")
    return part.value


def flag(part: Part) -> bool:
    """True or false."""
    if not isinstance(part.value, bool):
        raise part.expected("`true` or `false`")
    return part.value


def count(most: int) -> Callable[[Part], int]:
    """A whole number from 0 to ``most``; 12.0 is one too."""

    def read(part: Part) -> int:
        value = part.value
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise part.expected("a whole number")
        _within(part, value, 0, most)
        if value != int(value):
            raise part.expected("a whole number")
        return int(value)

    return read


def amount(most: int, least: int | None = None) -> Callable[[Part], Decimal]:
    """A number from ``least`` (by default ``-most``) to ``most``; also as text, as OpenAI writes its costs."""

    def read(part: Part) -> Decimal:
        value = part.value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise part.expected("a number")
        _within(part, value, -most if least is None else least, most)
        exact = Decimal(value)
        return exact.quantize(PLACES, ROUND_HALF_EVEN, _PRECISION) if _places(exact) > _places(PLACES) else exact

    return read


def seconds(part: Part) -> datetime:
    """A moment in Unix seconds, as naive UTC."""
    value = part.value
    if isinstance(value, bool) or not isinstance(value, int):
        raise part.expected("a time in Unix seconds")
    if not 0 <= value < (_LATEST - _EARLIEST).total_seconds():
        raise part.refused(f"{quoted(value)} is not a time in Unix seconds", "milliseconds are divided by 1000")
    return _EARLIEST + timedelta(seconds=value)


def moment(part: Part) -> datetime:
    """A moment in ISO 8601, such as ``2026-10-01T12:00:00.123Z``, with its offset; without one it is UTC."""
    if not isinstance(part.value, str):
        raise part.expected("a time such as `2026-10-01T12:00:00Z`")
    try:
        stamp = datetime.fromisoformat(part.value)
        stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
        utc = stamp.astimezone(UTC).replace(tzinfo=None)
        if abs(stamp.utcoffset() or timedelta(0)) > FARTHEST:
            raise ValueError("no such offset")
    except (ValueError, OverflowError):
        raise part.expected("a time such as `2026-10-01T12:00:00Z`") from None
    if not _EARLIEST <= utc < _LATEST:
        raise part.expected("a time of our days")
    return stamp


def utc(part: Part) -> datetime:
    """A moment in ISO 8601, as naive UTC."""
    return moment(part).astimezone(UTC).replace(tzinfo=None)


def day(part: Part) -> date:
    """A date such as ``2026-10-01``."""
    if not isinstance(part.value, str) or not _DAY.fullmatch(part.value):
        raise part.expected("a date such as `2026-10-01`")
    try:
        read = date.fromisoformat(part.value)
    except ValueError:
        raise part.expected("a date such as `2026-10-01`") from None
    if not _EARLIEST.date() <= read < _LATEST.date():
        raise part.expected("a date of our days")
    return read


def currency(part: Part) -> str:
    """A currency by its three letters, in upper case."""
    word = text(part)
    if not (len(word) == 3 and word.isascii() and word.isalpha()):
        raise part.expected("a currency such as `usd`")
    return word.upper()


def identity(*said: object) -> str:
    """One text for what tells a row from others, the same in every file that holds the row."""
    return json.dumps(said, default=str, separators=(",", ":"), sort_keys=True)


class RefusedError(Exception):
    """Raised inside the decoder, which does not know the file."""

    def __init__(self, what: str, help: str) -> None:
        super().__init__(what)
        self.what, self.help = what, help


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, for the decoder. Raises RefusedError for a key that stands twice."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            help = "which of the two holds cannot be told: mend the file"
            raise RefusedError(f"the key {quoted(key)} stands twice in one object", help)
        found[key] = value
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


def _int(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise RefusedError(f"{quoted(digits)} is too long a number", f"at most {MOST_DIGITS} digits are read")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    mantissa, _, exponent = digits.lower().partition("e")
    if len(mantissa) > 2 * MOST_DIGITS or len(exponent) > 4 or (exponent and abs(int(exponent)) > 400):
        raise RefusedError(f"{quoted(digits)} is too long a number", f"at most {MOST_DIGITS} digits are read")
    return Decimal(digits)


def _refused_constant(word: str) -> object:
    raise RefusedError(f"{quoted(word)} is not a number", "JSON has numbers and null only")


def _after_white(text: str, at: int) -> int:
    match = _WHITE.match(text, at)
    return match.end() if match else at


def _not_json(error: json.JSONDecodeError, text: str, file: str) -> Problem:
    if not text[error.pos :].strip():
        what, help = "the JSON ends in the middle", "the download was cut off: fetch the page again"
    elif error.msg.startswith("Unterminated string"):
        what, help = "the JSON ends in the middle of a text", "the download was cut off: fetch the page again"
    else:
        what, help = f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}", "check that the file holds JSON alone"
    return Problem(what, file, error.lineno, help=help)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _within(part: Part, value: int | Decimal, least: int, most: int) -> None:
    if not least <= value <= most:
        raise part.refused(f"{quoted(value)} is not between {least:,} and {most:,}", "check this number at its source")


def _shown(value: object) -> str:
    """A value in an error; of lists and objects only what they are, however deep and large."""
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else quoted(value)
