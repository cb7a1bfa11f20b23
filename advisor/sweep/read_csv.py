"""Reads csv: commas, double quotes, UTF-8, every cell as the text it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.sweep.formats import Format, Kind
from advisor.sweep.source import Source
from advisor.sweep.staging import BATCH, MAX_LINE, Stage, Told, opened


def csv_source(path: Path, kind: Kind, target: Path, told: Told) -> Source:
    """Writes the cells to ``target``; an empty one is null. Too many or too few cells in a row are a fault of the row.

    Raises BadInput for a file that is not UTF-8 or not csv, with its line.
    """
    with opened(path, kind) as file:
        csv.field_size_limit(MAX_LINE)
        reader = csv.reader(_lines(file, str(path)), strict=True)
        records = _records(reader, str(path))
        names = next((cells for _, cells in records), None)
        if names is None:
            help = "write the names of the columns on the first line"
            raise BadInput(Problem("the file is empty", str(path), help=help))
        stage = Stage(target, len(names), raw=False)
        try:
            for line, cells in records:
                if len(cells) == len(names):
                    stage.add(line, [cell or None for cell in cells])
                else:
                    what = f"the cells of this row are {len(cells):,}, those of the header {len(names):,}"
                    stage.reject(line, what, "put a cell that holds a comma or a line break in double quotes")
                if stage.rows % BATCH == 0:
                    told(stage.rows)
        finally:
            stage.close()
    return Source(str(path), Format.CSV, target, tuple(names), stage.columns, stage.rows)


def _lines(file: BufferedIOBase, name: str) -> Iterator[str]:
    number = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        if len(data) > MAX_LINE:
            what = f"the line is longer than {MAX_LINE:,} bytes"
            raise BadInput(Problem(what, name, number, help="check that this is a csv file"))
        if b"\0" in data:
            what = "the character U+0000 cannot be part of a text"
            raise BadInput(Problem(what, name, number, help="check that this is a csv file"))
        try:
            yield data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            what = f"byte {quoted(hex(data[error.start]))} is not UTF-8 text"
            raise BadInput(Problem(what, name, number, help="save the file as UTF-8")) from None


def _records(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    """The line each record starts on, and its cells. Blank lines are skipped."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(_fault(str(error), name, line)) from None
        if cells:
            yield line, cells


def _fault(error: str, name: str, line: int) -> Problem:
    if error.startswith("field larger"):
        what = f"a cell that starts here is longer than {MAX_LINE:,} characters"
        return Problem(what, name, line, help="look for a quote that is never closed")
    if error.startswith("unexpected end"):
        return Problem("a quote is opened here and never closed", name, line, help="close it")
    if error.startswith("new-line character"):
        what = "a carriage return stands within a row"
        return Problem(what, name, line, help="end lines with a line feed, or put the cell in double quotes")
    help = "put the whole cell in double quotes, and write a quote within it twice"
    return Problem("something follows a closing quote", name, line, help=help)
