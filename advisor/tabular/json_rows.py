"""Objects of JSON Lines and JSON arrays as rows, within bounds, every number read from its own digits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from advisor.common.diagnostics import quoted
from advisor.tabular.text_files import BadRow

_ONE_EACH = "write one JSON object a line"


def decoder_of(number: Callable[[str], Any]) -> json.JSONDecoder:
    """A decoder that reads numbers, also NaN and infinity, with ``number``, and raises BadRow for a duplicate key."""
    return json.JSONDecoder(object_pairs_hook=_unique, parse_float=number, parse_int=number, parse_constant=number)


def object_in(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """The one object in a text. Raises BadRow."""
    try:
        found = decoder.decode(text)
    except json.JSONDecodeError as error:
        what = f"this is not valid JSON: {error.msg.lower()} at character {error.colno:,}"
        raise BadRow(what, _ONE_EACH) from None
    except RecursionError:
        raise BadRow("values are nested too deep to be read", "write one value a field") from None
    return checked_object(found, text)


def checked_object(found: object, text: str) -> dict[str, Any]:
    """What was decoded from a text, if it is an object of whole characters. Raises BadRow."""
    if not isinstance(found, dict):
        raise BadRow("this is not an object of names and values", _ONE_EACH)
    if "\\ud" in text.lower():
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BadRow("a text holds half a character", "write the character itself") from None
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise BadRow(f"duplicate key {quoted(duplicate)}", "keep one of them")
    return row
