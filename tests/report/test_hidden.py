"""What is hidden or escaped in a text is the same on every version of Python."""

from __future__ import annotations

import unicodedata

from advisor.common.diagnostics import HIDDEN, printable
from advisor.report.templates import one_line

_CONTROLLING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"})
_NEWER_THAN_THIS_PYTHON = "\U0001fae8\U0001fadc"


def test_whatever_controls_or_is_blank_is_hidden() -> None:
    shown = [
        char
        for char in map(chr, range(0x110000))
        if unicodedata.category(char) in _CONTROLLING and char != " " and not HIDDEN.match(char)
    ]
    assert shown == []


def test_nothing_that_shows_is_hidden() -> None:
    never_used = range(0xE0000, 0x110000)
    hidden = [
        char
        for char in map(chr, range(never_used.start))
        if unicodedata.category(char) not in _CONTROLLING | {"Cn"} and HIDDEN.match(char)
    ]
    assert hidden == []


def test_a_character_this_python_may_not_know_is_kept() -> None:
    assert printable(_NEWER_THAN_THIS_PYTHON) == one_line(_NEWER_THAN_THIS_PYTHON) == _NEWER_THAN_THIS_PYTHON
