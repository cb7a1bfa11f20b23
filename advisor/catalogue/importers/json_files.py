"""JSON of others: bounded, with exact numbers, without duplicate keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.quantity import plain

_MAX_DEPTH = 30
_MAX_KEY = 300


class _Duplicate(Exception):
    pass


class _Constant(Exception):
    pass


def load_object(text: str, file: str, what: str) -> dict[str, Any]:
    """The object in a text. ``what`` is what the file should be, for the help. Raises BadInput with file and line."""
    found = load(text, file)
    if not isinstance(found, dict):
        raise BadInput(Problem("this is not a JSON object", file, help=f"name {what}"))
    return found


def load(text: str, file: str) -> Any:
    """The value in a text; numbers are int or Decimal, or stay text if they have too many digits. Raises BadInput."""
    try:
        found = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=yaml_loader.scalar,
            parse_int=yaml_loader.scalar,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        what = f"this is not valid JSON: {error.msg.lower()}"
        raise BadInput(Problem(what, file, error.lineno, help="save the price list again as it is published")) from None
    except RecursionError:
        raise BadInput(_too_deep(file)) from None
    except _Constant as error:
        raise BadInput(Problem(f"{quoted(error)} is not a number", file, help="write a number, or null")) from None
    except _Duplicate as error:
        key = str(error)
        what = f"duplicate key {quoted(key)}"
        raise BadInput(Problem(what, file, _second_line(text, key), help="keep one of them")) from None
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


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Duplicate(next(name for name in names if names.count(name) > 1))
    return found


def _refuse_constant(text: str) -> Any:
    raise _Constant(text)


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
