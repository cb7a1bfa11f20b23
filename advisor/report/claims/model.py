"""A claim, and the invisible marks in a memo's Markdown: the start and the end of each claim, the places of figures.

The marks are private-use characters, which no other text in a memo contains (``one_line`` removes them). Without them
the text is the memo; with them each piece of text can be traced to its claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

OPEN, CLOSE, FIGURE, END = "\ue000", "\ue002", "\ue003", "\ue001"
_LETTERS = 0xE100
"""Ids are written as private-use characters: ASCII code plus this offset."""
_MARKS = re.compile("[\ue000-\uf8ff]")
ID = "[\ue120-\ue17e]*"


@dataclass(frozen=True)
class Claim:
    """One statement of a memo. ``kind`` names the macro that phrases it, ``section`` the part of the memo.

    ``rules`` and ``fields`` are its basis; ``figures`` holds what a template may print.
    """

    id: str
    section: str
    kind: str
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


def marked(text: object, id: str) -> str:
    """The text between the marks of a claim."""
    return f"{OPEN}{_written(id)}{END}{text}{CLOSE}"


def figure(id: str) -> str:
    """The mark for the place of a figure, on a separate line."""
    return f"{FIGURE}{_written(id)}{END}"


def stripped(text: str) -> str:
    """The text without any mark."""
    return _MARKS.sub("", text)


def read_id(written: str) -> str:
    """The id that ``marked`` or ``figure`` has written."""
    return "".join(chr(ord(letter) - _LETTERS) for letter in written)


def _written(id: str) -> str:
    return "".join(chr(_LETTERS + ord(letter)) for letter in id)
