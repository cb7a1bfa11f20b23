"""Line ends of a checkout on Windows, told apart from edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.report.review import Line


@dataclass(frozen=True)
class Plain:
    """Lines as they were written, and whether every one of them had got a carriage return since."""

    lines: tuple[Line, ...]
    from_windows: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


def plain(lines: Sequence[Line]) -> Plain:
    """Takes the carriage returns off where every line ends with one; where only some do, that is an edit."""
    *ended, last = lines
    if not ended or last.text or not all(line.text.endswith("\r") for line in ended):
        return Plain(tuple(lines), False)
    return Plain((*(Line(line.number, line.text[:-1]) for line in ended), last), True)


def plain_text(text: str) -> Plain:
    """The lines of a text, as ``plain`` takes them."""
    return plain([Line(number, line) for number, line in enumerate(text.split("\n"), 1)])
