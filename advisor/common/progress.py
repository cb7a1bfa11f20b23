"""How far a run has come, on a terminal, in one line that is written over and wiped in the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from advisor.common.diagnostics import printable

_SECONDS_BETWEEN = 0.1


class Progress:
    """Shows phases and rows where the stream is a terminal, and nothing elsewhere. Plain text, without colours."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self.shows = self._stream.isatty()
        self._width = 0
        self._next = 0.0

    def phase(self, doing: str, total: int | None = None, unit: str = "rows") -> Callable[[int], None]:
        """Begins a phase; the function it returns is told how many are done."""
        self._next = 0.0
        doing = printable(doing)

        def told(done: int) -> None:
            if self.shows and time.monotonic() >= self._next:
                self._next = time.monotonic() + _SECONDS_BETWEEN
                self._write(f"{doing}: {done:,}{f' of {total:,}' if total is not None else ''} {unit}")

        told(0)
        return told

    def clear(self) -> None:
        """Wipes the line."""
        if self._width:
            self._write("")
            self._width = 0

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}" + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)
