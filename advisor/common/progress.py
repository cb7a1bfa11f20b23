"""The progress of a run: one line on a terminal that is overwritten, and erased at the end.

Not rich: its display runs a separate thread and moves the cursor, and would not need less code.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from advisor.common.diagnostics import printable

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
