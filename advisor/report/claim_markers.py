"""Invisible marks in a memo's Markdown: where each claim starts and ends, and where a figure belongs.

They are private-use characters, which no text in a memo holds (``one_line`` takes them out), so that stripping them
leaves the memo, and keeping them tells which claim a piece of text belongs to.
"""

from __future__ import annotations

import re

OPEN, CLOSE, FIGURE, END = "\ue000", "\ue002", "\ue003", "\ue001"
_LETTERS = 0xE100
"""An id is written as private-use characters too, this far above its ASCII letters."""
_MARKS = re.compile("[\ue000-\uf8ff]")
ID = "[\ue120-\ue17e]*"


def marked(text: object, id: str) -> str:
    """The text between the marks of a claim."""
    return f"{OPEN}{_written(id)}{END}{text}{CLOSE}"


def figure(id: str) -> str:
    """The place of a figure, on a line of its own."""
    return f"{FIGURE}{_written(id)}{END}"


def stripped(text: str) -> str:
    """The text without any mark."""
    return _MARKS.sub("", text)


def read_id(written: str) -> str:
    """The reverse of how ``marked`` and ``figure`` write an id."""
    return "".join(chr(ord(letter) - _LETTERS) for letter in written)


def _written(id: str) -> str:
    return "".join(chr(_LETTERS + ord(letter)) for letter in id)
