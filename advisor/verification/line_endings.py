"""Line endings that editors and checkouts change, as opposed to edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.report.front_matter import Line


@dataclass(frozen=True)
class NormalizedLines:
    """Lines with the line endings that they were written with.

    ``from_windows``: each of them had a carriage return, which is removed here.
    ``end_changed``: the last line end was missing, or empty lines followed it.
    """

    lines: tuple[Line, ...]
    from_windows: bool
    end_changed: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


def normalize_lines(lines: Sequence[Line]) -> NormalizedLines:
    """Removes carriage returns if every line has one, and ends the last line with exactly one line end.

    If only some lines have one, that is an edit, and they are kept.
    """
    *ended, last = lines
    from_windows = bool(ended) and "\r" not in last.text and all(line.text.endswith("\r") for line in ended)
    if from_windows:
        lines = [*(Line(line.number, line.text[:-1]) for line in ended), last]
    end = len(lines)
    while end and not lines[end - 1].text:
        end -= 1
    return NormalizedLines((*lines[:end], Line(lines[-1].number, "")), from_windows, end != len(lines) - 1)


def normalize_text(text: str) -> NormalizedLines:
    """``normalize_lines`` of a text."""
    return normalize_lines([Line(number, line) for number, line in enumerate(text.split("\n"), 1)])
