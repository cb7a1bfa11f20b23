"""A table of scenarios as one Parquet file: the input itself, or staged from text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.scenario import FIELDS
from advisor.sweep.formats import Format

LINE, FAULT, HELP, STRANGE, RAW = "line", "fault", "help", "strange", "raw"
"""The columns that staging adds to a text table: the line on which a row starts, the fault of the whole row and its
help, whether it holds an answer that text cannot represent, and in JSON Lines the line itself."""
ROW_NUMBER = "file_row_number"
_MOST_DIGITS = 38


def cell(place: int) -> str:
    """The internal name of the column at an index, which cannot collide with a user's name."""
    return f"c{place}"


@dataclass(frozen=True)
class SourceTable:
    """The rows of a table in ``path``, where column ``names[i]`` of ``file`` is called ``columns[i]``."""

    file: str
    format: Format
    path: Path
    names: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int

    @property
    def staged(self) -> bool:
        """Whether the table was text."""
        return self.format is not Format.PARQUET

    @property
    def fields(self) -> Mapping[str, str]:
        """The scenario fields and the columns of ``path`` that hold them."""
        pairs = zip(self.names, self.columns, strict=True)
        return {name: column for name, column in pairs if name in FIELDS}

    @property
    def cells(self) -> Mapping[str, str]:
        """The scenario fields and the columns of the table in the engines that hold them."""
        return {name: cell(place) for place, name in enumerate(self.names) if name in FIELDS}

    @property
    def extras(self) -> tuple[str, ...]:
        """The columns of ``path`` that staging added."""
        if not self.staged:
            return ()
        return (LINE, FAULT, HELP, STRANGE, *((RAW,) if self.format is Format.JSONL else ()))


def parquet_source(path: Path) -> SourceTable:
    """A Parquet file as a table. Raises BadInput if it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            names = tuple(schema.names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        first = str(error).partition("\n")[0].rstrip(".").lower()
        help = "check that it is a Parquet file and that all of it is there"
        raise BadInput(Problem(f"the file cannot be read as Parquet: {first}", str(path), help=help)) from None
    problems = [
        Problem(f"the column {quoted(column.name)} cannot be carried along", str(path), help=instead)
        for column in schema
        if (instead := _cannot_be_carried(column))
    ]
    if problems:
        raise BadInput(problems)
    return SourceTable(str(path), Format.PARQUET, path, names, names, rows)


def _cannot_be_carried(column: pa.Field) -> str | None:
    if column.name.casefold() == ROW_NUMBER:
        return "rename it: the database reserves this name"
    if pa.types.is_decimal(column.type) and column.type.precision > _MOST_DIGITS:
        return f"store it with at most {_MOST_DIGITS} digits"
    return None
