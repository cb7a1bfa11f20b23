"""How the rows of a file lie: its container, its columns, and the table of them that a database reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.monitor.inputs import Packing

LINE, BROKEN, VALUE = "line", "broken", "value"
"""What stands beside the cells once a file has been read line by line: where a row starts, what is wrong with it as a
whole, and what stands there instead."""
ISO = "_iso"
"""How the column ends that stands beside one of dates, where a spreadsheet wrote these."""
TEXT = "text"
"""The one column of a log."""


class Container(StrEnum):
    """What rows lie in."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON_ARRAY = "json array"
    PARQUET = "parquet"
    LINES = "lines"


@dataclass(frozen=True)
class Source:
    """A file of rows. ``columns`` are the names of a header, the keys seen in objects, or Parquet's own, in order."""

    file: str
    path: Path
    packing: Packing
    container: Container
    columns: tuple[str, ...]
    delimiter: str = ","
    numbers: tuple[str, ...] = ()
    """Columns of plain numbers, which a database may read as such; where one is no number, the rows are unreadable."""
    by_line: bool = False
    """Whether a database may read it wrongly without saying so, and only a reading line by line is right."""

    def cell(self, column: str) -> str:
        """What a column is called while it is computed with, so that no name of a user's can collide."""
        return f"c{self.columns.index(column)}"

    @property
    def cells(self) -> tuple[str, ...]:
        """All columns, as they are called while they are computed with."""
        return tuple(f"c{place}" for place in range(len(self.columns)))
