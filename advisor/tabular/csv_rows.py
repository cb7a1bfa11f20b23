"""The rows of csv, each with the line on which it starts: double quotes, UTF-8, every cell as the text it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem
from advisor.tabular.text_files import MAX_LINE, BadRow, Packing, lines_of, text_of


def csv_rows(path: Path, packing: Packing, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row, the header first; blank lines are skipped.

    Raises BadInput for a file that is not UTF-8 or not csv, with its line.
    """
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(_texts(path, packing), strict=True, delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(_fault(str(error), path, line)) from None
        if cells:
            yield line, cells


def check_width(cells: list[str], columns: int) -> None:
    """Raises BadRow for a row of more or fewer cells than its header."""
    if len(cells) != columns:
        what = f"the cells of this row are {len(cells):,}, those of the header {columns:,}"
        raise BadRow(what, "put a cell that holds a comma or a line break in double quotes")


def _texts(path: Path, packing: Packing) -> Iterator[str]:
    for number, line in lines_of(path, packing):
        try:
            yield text_of(line, first=number == 1) + "\n"
        except BadRow as bad:
            raise bad.in_file(path, number) from None


def _fault(error: str, path: Path, line: int) -> Problem:
    if error.startswith("field larger"):
        what = f"a cell that starts here is longer than {MAX_LINE:,} characters"
        return Problem(what, str(path), line, help="look for a quote that is never closed")
    if error.startswith("unexpected end"):
        return Problem("a quote is opened here and never closed", str(path), line, help="close it")
    if error.startswith("new-line character"):
        help = "end lines with a line feed, or put the cell in double quotes"
        return Problem("there is a carriage return within a row", str(path), line, help=help)
    help = "put the whole cell in double quotes, and write a quote within it twice"
    return Problem("something follows a closing quote", str(path), line, help=help)
