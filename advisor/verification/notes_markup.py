"""The markup that review notes of a page may contain: elements that cannot change what the rest of the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.verification.diff import Difference

_ELEMENTS = ("p", "br", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote")
_TAG = re.compile(rf"</?(?:{'|'.join(_ELEMENTS)})>")
_SHOWN = 40


def markup_in_notes(notes: str) -> Iterator[Difference]:
    """Every ``<`` in the notes of a page that does not start an allowed element."""
    for found in re.finditer("<", notes):
        if not _TAG.match(notes, found.start()):
            allowed = ", ".join(f"<{name}>" for name in _ELEMENTS)
            piece = notes[found.start() : found.start() + _SHOWN].partition("\n")[0]
            yield Difference("the review notes of the page", None, f"text, {allowed} without attributes", piece)
