"""The width of the terminal, and prose in lines of that width."""

from __future__ import annotations

import os
import sys
import textwrap

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
