"""What a chart is: a finding in words, the picture of it, and the same numbers as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A heading for each column, and rows of as many cells. Plain text: whoever prints it escapes it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """``title`` states the finding, ``description`` gives its figures, ``svg`` is one self-contained element."""

    id: str
    title: str
    description: str
    svg: str
    table: Table
