"""Plain text on a terminal: its width, tables, wrapped prose, and the line that shows the progress of a run.

Not rich: its tables cut ids with an ellipsis when a column is narrowed, its display of progress runs a separate thread
and moves the cursor, and its import takes longer than the printing.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import TextIO

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


_SECONDS_BETWEEN = 0.1


class Progress:
    """Shows phases and rows if the stream is a terminal, else nothing. Plain text, without colours."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self.shows = self._stream.isatty()
        self._width = 0
        self._next = 0.0

    def phase(self, doing: str, total: int | None = None, unit: str = "rows") -> Callable[[int], None]:
        """Begins a phase; returns a function to call with the number done so far."""
        self._next = 0.0
        doing = printable(doing)

        def update(done: int) -> None:
            if self.shows and time.monotonic() >= self._next:
                self._next = time.monotonic() + _SECONDS_BETWEEN
                self._write(f"{doing}: {done:,}{f' of {total:,}' if total is not None else ''} {unit}")

        update(0)
        return update

    def clear(self) -> None:
        """Erases the line."""
        if self._width:
            self._write("")
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}" + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)


_WITHOUT_TERMINAL, _LEAST, _MOST = 80, 20, 100


def terminal_width() -> int:
    """Columns of the terminal, up to 100, which is as far as prose reads well; 80 without a terminal."""
    columns = os.get_terminal_size().columns if sys.stdout.isatty() else 0
    return max(_LEAST, min(columns or _WITHOUT_TERMINAL, _MOST))


def wrapped(text: str) -> str:
    """Each line of a text in lines of the terminal's width, broken between words; an indented line stays as it is."""
    width = terminal_width()
    return "".join(f"{line if line.startswith(' ') else _filled(line, width)}\n" for line in text.splitlines())


def _filled(line: str, width: int) -> str:
    return textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
