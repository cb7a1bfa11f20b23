"""The claim or the section at a place of a memo.

Places are counted in characters other than white space, because white space may still be tidied after the marks have
been removed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from advisor.report.claim_markers import CLOSE, END, ID, OPEN, read_id, stripped

Places = Callable[[int, int], str]
"""The name of the place at a line (from 1) and a column (from 0)."""

_PIECE = re.compile(f"{OPEN}({ID}){END}|({CLOSE})")
_CLAIM_ELEMENT = re.compile(r'\bid="claim-([^"]*)"')
_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)
_HEADING_ELEMENT = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"<(/?)svg\b")
_TAG = re.compile(r"<[^>]*>")


def places_in_memo(marked: str, memo: str) -> Places:
    """The places of a memo in Markdown, from the same memo with the marks of its claims."""
    spans = list(_spans(marked))
    unfenced = _FENCED.sub(lambda fenced: " " * len(fenced[0]), memo)
    headings = _headings((found.start(), found[1]) for found in _HEADING.finditer(unfenced))

    def named(line: int, column: int) -> str:
        at = _offset(memo, line, column)
        before = _shown(memo[:at])
        # White space belongs to a claim only if the claim continues after it.
        after = before + (not memo[at : at + 1].isspace())
        around = [(end - start, id) for start, end, id in spans if start < after and before < end]
        return f"claim `{min(around)[1]}`" if around else _section(headings, at)

    return named


def places_in_page(page: str) -> Places:
    """The places of a memo in HTML, whose claims are elements with an id."""
    claims = [(found.start(), found[1]) for found in _CLAIM_ELEMENT.finditer(page)]
    titles = ((found.start(), html.unescape(_TAG.sub("", found[1]))) for found in _HEADING_ELEMENT.finditer(page))
    headings = _headings(titles)
    pictures = [(found.start(), found[1]) for found in _PICTURE.finditer(page)]

    def named(line: int, column: int) -> str:
        at = _offset(page, line, column)
        if max((found for found in pictures if found[0] <= at), default=(0, "/"))[1] == "":
            return "a picture"
        claim = max((found for found in claims if found[0] <= at), default=(-1, ""))
        heading = max((found for found in headings if found[0] <= at), default=(-1, ""))
        return f"claim `{html.unescape(claim[1])}`" if claim > heading else _section(headings, at)

    return named


def _spans(marked: str) -> Iterator[tuple[int, int, str]]:
    """The start and the end of each claim, and its id."""
    opened: list[tuple[int, str]] = []
    length, done = 0, 0
    for mark in _PIECE.finditer(marked):
        length += _shown(stripped(marked[done : mark.start()]))
        done = mark.end()
        if mark[2] is None:
            opened.append((length, read_id(mark[1])))
        elif opened:
            start, id = opened.pop()
            yield start, length, id


def _shown(text: str) -> int:
    return sum(map(len, text.split()))


def _headings(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(at, " ".join(title.split())) for at, title in found]


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1 or len(text)
    return start + column


def _section(headings: list[tuple[int, str]], at: int) -> str:
    heading = max((found for found in headings if found[0] <= at), default=None)
    return f"section `{heading[1]}`" if heading else "the front matter"
