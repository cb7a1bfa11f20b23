"""The differences between an expected and a found text, line by line or field by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from advisor.report.front_matter import Line

_MOST_LINES = 2_000
"""Between the first and the last difference. More lines are not aligned, because that takes quadratic time."""
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One difference: its place, the expected and the found text; None if there is none.

    ``where`` names a claim or a section of a memo, or the path of a field of a record.
    """

    where: str
    line: int | None
    expected: str | None
    found: str | None


def line_differences(
    expected: Sequence[Line], found: Sequence[Line], where: Callable[[int, int], str]
) -> Iterator[Difference]:
    """Differing lines in order; ``where`` names the place at a line and a column of the expected text."""
    start, end = _same_at_both_ends(expected, found)
    wanted, there = expected[start : len(expected) - end], found[start : len(found) - end]
    if max(len(wanted), len(there)) > _MOST_LINES:
        wanted, there = wanted[:1], there[:1]
    aligned = SequenceMatcher(None, [line.text for line in wanted], [line.text for line in there], autojunk=False)
    for tag, i, j, k, m in aligned.get_opcodes():
        if tag == "equal":
            continue
        for step, (one, other) in enumerate(zip_longest(wanted[i:j], there[k:m])):
            here = expected[max(0, start + min(i + step, j - 1))]
            column = _first_difference(one.text, other.text) if one and other else 0
            yield Difference(
                where(here.number, column),
                found[min(start + min(k + step, m), len(found) - 1)].number,
                one.text if one else None,
                other.text if other else None,
            )


def _same_at_both_ends(one: Sequence[Line], other: Sequence[Line]) -> tuple[int, int]:
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at].text != other[at].text), shorter)
    left = shorter - start
    return start, next((at for at in range(left) if one[-1 - at].text != other[-1 - at].text), left)


def _first_difference(one: str, other: str) -> int:
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def field_differences(expected: Any, found: Any, path: str = "") -> Iterator[Difference]:
    """Differing fields of two JSON values, in the order of the expected value."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in {**expected, **found}:
            pair = expected.get(name, _ABSENT), found.get(name, _ABSENT)
            yield from field_differences(*pair, f"{path}.{name}" if path else str(name))
    elif isinstance(expected, list) and isinstance(found, list):
        for at, pair in enumerate(zip_longest(expected, found, fillvalue=_ABSENT)):
            yield from field_differences(*pair, f"{path}[{at}]")
    elif expected != found or type(expected) is not type(found):
        yield Difference(path, None, _shown(expected), _shown(found))


def _shown(value: Any) -> str | None:
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def first_differing_line(expected: str, found: str) -> Difference:
    """The first line that differs between two different texts."""
    pairs = zip_longest(expected.split("\n"), found.split("\n"))
    number, (one, other) = next((at, pair) for at, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    return Difference("", number, one, other)
