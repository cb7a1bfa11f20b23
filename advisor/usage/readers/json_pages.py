"""Pages of JSON, as billing APIs return them: bounded, with exact numbers and without duplicate keys."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.tabular.text_files import BadRow, decoder_of
from advisor.usage.model import Row

MOST_DIGITS = 40
"""Digits of a number, on either side of its point. Costs arrive with 34 decimal places, images with nine digits."""
MOST_NESTED = 64
"""Lists and objects inside one another. The pages that are known have seven."""
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A lone surrogate, such as `"\\ud83d"`, which no text in UTF-8 can hold."""

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_WHITE = re.compile(r"[ \t\n\r]*")


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
        except BadRow as bad:
            raise BadInput(Problem(str(bad), file, line, help=bad.help)) from None
        documents.append(document)
        starts.append(line)
        at = _after_white(text, end)
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
        repeated = seen[row.identity] > 1
        found.append(replace(row, identity=identity(row.identity, seen[row.identity])) if repeated else row)
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
