"""How the rows of a file lie: its container, its columns, and the table of them that a database reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from advisor.tabular.text_files import Packing

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


class Page(NamedTuple):
    """Which page of how many, and how many rows all of them have."""

    number: int
    pages: int
    rows: int


@dataclass(frozen=True)
class Lines:
    """Lines of a log: the column that holds them, the first of them, and whether a collector put them together.

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
    """Columns of plain numbers, which a database may read as such; where one is no number, the rows are unreadable."""
    by_line: bool = False
    """Whether a database may read it wrongly without saying so, and only a reading line by line is right."""
    lines: Lines | None = None
    """Where rows are lines of a log, the log."""
    shapes: tuple[frozenset[str], ...] = ()
    """The sets of keys, `a.b` for those of objects within objects, that the first objects have; of a log, the objects
    that its lines hold."""
    pages: tuple[Page, ...] = ()
    """Where rows lie under the key `data` of pages, those pages."""

    def cell(self, column: str) -> str:
        """What a column is called while it is computed with, so that no name of a user's can collide."""
        return f"c{self.columns.index(column)}"

    @property
    def cells(self) -> tuple[str, ...]:
        """All columns, as they are called while they are computed with."""
        return tuple(f"c{place}" for place in range(len(self.columns)))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, and the keys seen of objects within objects."""
        nested = (key for shape in self.shapes for key in sorted(shape))
        return tuple(dict.fromkeys([*self.columns, *(nested if self.lines is None else ())]))

    def has(self, name: str) -> bool:
        """Whether a column has this name, or a key of an object within an object."""
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
