"""Line ends that editors and checkouts change, told apart from edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.report.front_matter import Line


@dataclass(frozen=True)
class Plain:
    """Lines as they were written.

    ``from_windows``: every one of them had got a carriage return since.
    ``end_changed``: the last had lost its line end, or empty lines had come after it.
    """

    lines: tuple[Line, ...]
    from_windows: bool
    end_changed: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


def plain(lines: Sequence[Line]) -> Plain:
    """Takes the carriage returns off where every line end has one, and ends the last line with one line end.

    Where only some line ends have one, that is an edit.
    """
    *ended, last = lines
    from_windows = bool(ended) and "\r" not in last.text and all(line.text.endswith("\r") for line in ended)
    if from_windows:
        lines = [*(Line(line.number, line.text[:-1]) for line in ended), last]
    end = len(lines)
    while end and not lines[end - 1].text:
        end -= 1
    return Plain((*lines[:end], Line(lines[-1].number, "")), from_windows, end != len(lines) - 1)


def plain_text(text: str) -> Plain:
    """The lines of a text, as ``plain`` takes them."""
    return plain([Line(number, line) for number, line in enumerate(text.split("\n"), 1)])
