"""Plain-text tables that fit a width: columns are narrowed and their cells wrapped.

Not rich: its tables cut ids with an ellipsis when a column is narrowed, and its import takes longer than the printing.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from advisor.common.diagnostics import printable

Row = Sequence[str]
_GAP = "  "
_NARROWEST = 8
_UNBROKEN = re.compile(r"\S+")
_PIECES = re.compile(r"[^\s-]+-*")


def table(head: Row, groups: Iterable[tuple[str, Sequence[Row]]], width: int) -> list[str]:
    """Lines of one table in ``width`` columns; a group of rows with a title is printed below it."""
    groups = [(title, [[printable(cell) for cell in row] for row in rows]) for title, rows in groups]
    widths = _widths([head, *(row for _, rows in groups for row in rows)], width)
    lines = [*_row(head, widths), _GAP.join("-" * size for size in widths)]
    for title, rows in groups:
        lines += ["", f"{title}:"] if title else []
        for row in rows:
            lines += _row(row, widths)
    return lines


def _widths(rows: Sequence[Row], width: int) -> list[int]:
    """Each column as wide as its widest cell; if that is too much, the widest columns are narrowed.

    Cells are wrapped between words if that suffices, else at hyphens, else anywhere.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    spare = width - len(_GAP) * (len(widths) - 1)
    for least in (_longest(columns, _UNBROKEN), _longest(columns, _PIECES), [_NARROWEST] * len(widths)):
        while sum(widths) > spare and (narrowable := [n for n, size in enumerate(widths) if size > least[n]]):
            widths[max(narrowable, key=widths.__getitem__)] -= 1
    return widths


def _longest(columns: Iterable[Row], pieces: re.Pattern[str]) -> list[int]:
    return [max((len(piece) for cell in column for piece in pieces.findall(cell)), default=1) for column in columns]


def _row(row: Row, widths: Sequence[int]) -> list[str]:
    cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(row, widths, strict=True)]
    return [
        _GAP.join(part.ljust(size) for part, size in zip(line, widths, strict=True)).rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ]


def entry(name: str, text: str, indent: int, width: int) -> list[str]:
    """A name, and its text wrapped in a column to the right."""
    start = f"  {name}".ljust(indent)
    wrapped = textwrap.wrap(printable(text), max(width - indent, _NARROWEST), break_on_hyphens=False)
    return [f"{start if number == 0 else ' ' * indent}{line}" for number, line in enumerate(wrapped)]
