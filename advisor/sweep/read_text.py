"""Converts text tables of scenarios to Parquet: unchanged cells, with the line and the fault of each row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.scenario import FIELDS
from advisor.sweep.paths import Format, TableFormat
from advisor.sweep.source import FAULT, HELP, LINE, MAX_COLUMNS, RAW, STRANGE, SourceTable, cell
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

Report = Callable[[int], None]
"""Receives the number of rows read so far."""

_TEXTS = tuple(spec.name for spec in FIELDS.values() if not (spec.quantity or spec.boolean or spec.choices))


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
