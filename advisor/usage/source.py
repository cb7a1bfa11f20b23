"""How the rows of a file are stored: its container and its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from advisor.tabular.text_files import Packing

LINE, BROKEN, VALUE = "line", "broken", "value"
"""The columns that reading a file line by line adds: where a row starts, the error of a whole row, and its text."""
ISO = "_iso"
"""The suffix of the column that holds dates of a spreadsheet in ISO."""
TEXT = "text"
"""The one column of a log."""


class Container(StrEnum):
    """The kinds of files of rows."""

    CSV = "csv"
    JSONL = "jsonl"
    JSON_ARRAY = "json array"
    PARQUET = "parquet"
    LINES = "lines"


class Page(NamedTuple):
    """The number of a page, of how many, and the rows of all of them."""

    number: int
    pages: int
    rows: int


class Lines(NamedTuple):
    """Lines of a log: the column that holds them, the first of them, and whether they come from a collector.

    A collector (docker, kubectl, journald) writes a prefix before each line, or wraps it in an object, and may hold the
    lines of several programs.
    """

    column: str
    first: tuple[str, ...]
    collected: bool


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
    """Columns of plain numbers, which a database may read as such; any other text makes the rows unreadable."""
    by_line: bool = False
    """Whether a database may misread it silently, so that it has to be read line by line."""
    lines: Lines | None = None
    shapes: tuple[frozenset[str], ...] = ()
    """The sets of keys that the first objects have, as ``shape_of``; of a log, the objects that its lines hold."""
    pages: tuple[Page, ...] = ()
    """The pages, if rows are under their key `data`."""

    def cell(self, column: str) -> str:
        """The name of a column in expressions, so that no name in the file can collide."""
        return self.cells[self.columns.index(column)]

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of all columns in expressions."""
        return tuple(f"c{place}" for place in range(len(self.columns)))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, and the keys seen of objects within objects."""
        nested = [] if self.lines else [key for shape in self.shapes for key in sorted(shape)]
        return tuple(dict.fromkeys([*self.columns, *nested]))

    def has(self, name: str) -> bool:
        """Whether a column or a nested key has this name."""
        return name in self.columns or (self.way_to(name) is not None and name in self.names)

    @property
    def holds_objects(self) -> bool:
        """Whether each row is one JSON object."""
        return self.container in (Container.JSONL, Container.JSON_ARRAY)

    def way_to(self, key: str) -> tuple[str, tuple[str, ...]] | None:
        """The column that holds a key and the keys to follow within it, the longest name of a column first."""
        parts = key.split(".")
        for size in range(len(parts), 0, -1):
            column = ".".join(parts[:size])
            if column in self.columns and (size == len(parts) or self.holds_objects):
                return column, tuple(parts[size:])
        return None


def shape_of(found: Mapping[str, Any], most: int = 4) -> frozenset[str]:
    """The keys of an object, those of objects within it as `a.b`, at most so deep."""
    shape: set[str] = set()
    for key, value in found.items():
        inner = isinstance(value, dict) and most > 1
        shape |= {f"{key}.{name}" for name in shape_of(value, most - 1)} if inner else {key}
    return frozenset(shape)
