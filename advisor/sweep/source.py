"""A table of scenarios as one Parquet file: the input itself, or staged from text; and the check of its columns.

Staged are the unchanged cells, with the line and the fault of each row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import FIELDS
from advisor.rulebook.symbols import MODEL
from advisor.sweep.paths import Format, TableFormat
from advisor.tabular.text_files import (
    MAX_LINE,
    BadRow,
    check_width,
    csv_rows,
    decoder_of,
    lines_of,
    object_in,
    text_of,
    write_rows,
)

LINE, FAULT, HELP, STRANGE, RAW = "line", "fault", "help", "strange", "raw"
"""The columns that staging adds to a text table: the line on which a row starts, the fault of the whole row and its
help, whether it holds an answer that text cannot represent, and in JSON Lines the line itself."""
ROW_NUMBER = "file_row_number"
_MOST_DIGITS = 38
RESULTS = ("route", "deciding_axis", "feasible_routes", "settled")
MAX_COLUMNS = 1_000
_WITHOUT_CATALOGUE = "leave out `--catalogue none`, or the column"
_TOO_ALIKE = "rename one of them; names that differ only in case count as the same"
Report = Callable[[int], None]
"""Receives the number of rows read so far."""
_TEXTS = tuple(spec.name for spec in FIELDS.values() if not (spec.quantity or spec.boolean or spec.choices))


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
        if self.format is Format.PARQUET:
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


def check_columns(names: Sequence[str], file: str, line: int | None, has_catalogue: bool) -> list[Problem]:
    """Warnings for columns that look like misspelt fields.

    Raises BadInput for names that cannot be written to OUT: empty, duplicate, or the name of a result.
    """
    problems = list(_faults(names, file, line, has_catalogue))
    if problems:
        raise BadInput(problems)
    return [
        Problem(
            f"the column {quoted(name)} is no scenario field and is carried along",
            file,
            line,
            None,
            close,
            level="warning",
        )
        for name in names
        if name not in FIELDS and (close := did_you_mean(name, FIELDS))
    ]


def _faults(names: Sequence[str], file: str, line: int | None, has_catalogue: bool) -> Iterator[Problem]:
    if len(names) > MAX_COLUMNS:
        what = f"there are {len(names):,} columns, more than {MAX_COLUMNS:,}"
        yield Problem(what, file, line, help="check that this is the right file")
        return
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        same = seen.setdefault(name.casefold(), number)
        if not name:
            yield Problem(f"column {number} has no name", file, line, help="name it, or leave it out")
        elif "\0" in name:
            yield Problem(f"the name {quoted(name)} holds the character U+0000", file, line, help="rename the column")
        elif same != number:
            yield Problem(
                f"the columns {same} and {number} are both called {quoted(name)}", file, line, help=_TOO_ALIKE
            )
        elif name == MODEL and not has_catalogue:
            what = f"the column {quoted(name)} names checkpoints of the catalogue, and this sweep decides without one"
            yield Problem(what, file, line, help=_WITHOUT_CATALOGUE)
        elif name.casefold() in RESULTS:
            yield Problem(f"a column is called {quoted(name)}, as one of the results", file, line, help="rename it")
    if names and not set(names) & set(FIELDS):
        yield Problem("no column is a scenario field", file, line, help=_separator(names[0]))


def _separator(first: str) -> str:
    if ";" in first or "\t" in first:
        return "separate the cells with commas"
    return "name the columns as the fields; `advisor schema scenario` lists them"


class _Number(str):
    """A number as it is written."""


_DECODER = decoder_of(_Number)


def csv_source(path: Path, kind: TableFormat, target: Path, report: Report) -> SourceTable:
    """Writes the cells to ``target``; an empty cell is null. A wrong number of cells is a fault of the row.

    Raises BadInput for a file that is not UTF-8 or not csv, with its line.
    """
    table = csv_rows(path, kind.packing)
    names = next((cells for _, cells in table), None)
    if names is None:
        raise BadInput(Problem("the file is empty", str(path), help="write the names of the columns on the first line"))

    def rows() -> Iterator[tuple[object, ...]]:
        for line, cells in table:
            try:
                check_width(cells, len(names))
                yield line, None, None, False, *(text or None for text in cells)
            except BadRow as bad:
                yield line, str(bad), bad.help, True, *[None] * len(names)

    number = write_rows(target, _schema(len(names), raw=False), rows(), report)
    return SourceTable(str(path), Format.CSV, target, tuple(names), tuple(map(cell, range(len(names)))), number)


def jsonl_source(path: Path, kind: TableFormat, target: Path, report: Report, carry_cells: bool) -> SourceTable:
    """Writes each line, and the cells of its fields, to ``target``; with ``carry_cells`` those of all names.

    A line that is not an object is a fault of that row. Raises BadInput if the first line is not an object.
    """
    names = _names(path, kind)
    cells = names if carry_cells else [name for name in names if name in FIELDS]

    def rows() -> Iterator[tuple[object, ...]]:
        for line, data in _lines(path, kind):
            try:
                text = text_of(data, first=True)
                row = object_in(text, _DECODER)
                strange = any(type(row.get(name)) not in (str, type(None)) for name in _TEXTS)
                yield line, None, None, strange, text if row else "{}", *(_text(row.get(name)) for name in cells)
            except BadRow as bad:
                yield line, str(bad), bad.help, True, None, *[None] * len(cells)

    number = write_rows(target, _schema(len(cells), raw=True), rows(), report)
    columns = {name: cell(place) for place, name in enumerate(cells)}
    return SourceTable(
        str(path), Format.JSONL, target, tuple(names), tuple(columns.get(name, "") for name in names), number
    )


def answers_in(line: str) -> dict[str, Any]:
    """The fields of a staged line, with exact numbers."""
    row = _DECODER.decode(line)
    return {name: _exactly(value) for name, value in row.items() if name in FIELDS}


def _schema(cells: int, *, raw: bool) -> pa.Schema:
    extras = [(LINE, pa.int64()), (FAULT, pa.string()), (HELP, pa.string()), (STRANGE, pa.bool_())]
    extras += [(RAW, pa.string())] if raw else []
    return pa.schema([*extras, *((cell(place), pa.string()) for place in range(cells))])


def _exactly(value: Any) -> Any:
    if not isinstance(value, _Number):
        return value
    return Decimal(value) if value.lstrip("-") in ("NaN", "Infinity") else strict_yaml.scalar(value)


def _names(path: Path, kind: TableFormat) -> list[str]:
    """Every name of every object, in the order in which they first appear."""
    names: dict[str, None] = {}
    for number, (line, data) in enumerate(_lines(path, kind)):
        try:
            names |= dict.fromkeys(object_in(text_of(data, first=True), _DECODER))
        except BadRow as bad:
            if number == 0 and not data.removeprefix(b"\xef\xbb\xbf").startswith(b"{"):
                raise BadInput(Problem(f"this is not JSON Lines: {bad}", str(path), line, help=bad.help)) from None
        if len(names) > MAX_COLUMNS:
            what = f"there are more than {MAX_COLUMNS:,} different names"
            raise BadInput(Problem(what, str(path), line, help="check that this is the right file"))
    return list(names)


def _lines(path: Path, kind: TableFormat) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, stripped unless it is too long."""
    for number, data in lines_of(path, kind.packing):
        if len(data) > MAX_LINE or (data := data.strip()):
            yield number, data


def _text(value: Any) -> str | None:
    """A value as a cell: text and numbers unchanged, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_json(name)}: {_json(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
