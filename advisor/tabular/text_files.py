"""Text files within bounds: lines, csv rows, JSON objects; and rows written to Parquet for an engine to read."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem, quoted, reason

MAX_LINE = 1_000_000
"""Bytes of one line, and characters of one cell."""
_CHUNK = 1 << 16
_RIGHT_FILE = "check that this is the right file"


class Packing(StrEnum):
    """How a file is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"


class BadRow(ValueError):
    """What is wrong with a row as a whole; ``help`` says what to do."""

    def __init__(self, what: str, help: str) -> None:
        super().__init__(what)
        self.help = help

    def in_file(self, path: Path, line: int) -> BadInput:
        """The error where such a row makes the whole file unreadable."""
        return BadInput(Problem(str(self), str(path), line, help=self.help))


@contextmanager
def unpacked(path: Path, packing: Packing) -> Iterator[Any]:
    """The bytes of a file, unpacked. Raises BadInput where that fails, also within the block."""
    try:
        with path.open("rb") as file:
            yield file if packing is Packing.NONE else pa.CompressedInputStream(file, packing.value)
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        if packing is Packing.NONE:
            help = "check the path and its permissions"
            raise BadInput(Problem(f"the file cannot be read: {reason(error)}", str(path), help=help)) from None
        what = f"the {packing} file is damaged"
        if "truncated" in str(error).lower():
            what = f"the {packing} file is truncated: its end is missing"
        raise BadInput(Problem(what, str(path), help="fetch or copy it again; nothing of it was used")) from None


def lines_of(path: Path, packing: Packing) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, without its line feed. Of a line beyond ``MAX_LINE`` the end may be missing."""
    with unpacked(path, packing) as file:
        number, rest = 0, b""
        while chunk := file.read(_CHUNK):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                number += 1
                yield number, line
            rest = rest[: MAX_LINE + 1]
        if rest:
            yield number + 1, rest


def text_of(line: bytes, *, first: bool) -> str:
    """The text of a line; the first may begin with a byte order mark. Raises BadRow."""
    if len(line) > MAX_LINE:
        raise BadRow(f"the line is longer than {MAX_LINE:,} bytes", _RIGHT_FILE)
    if first and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadRow("this is UTF-16 text, not UTF-8", "save the file as UTF-8")
    if b"\0" in line:
        raise BadRow("the character U+0000 cannot be part of a text", _RIGHT_FILE)
    try:
        return line.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        what = f"byte {quoted(hex(line[error.start]))} is not UTF-8 text"
        raise BadRow(what, "save the file as UTF-8") from None


def csv_rows(path: Path, packing: Packing, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row, the header first; blank lines are skipped.

    Raises BadInput for a file that is not UTF-8 or not csv, with its line.
    """
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(_texts(path, packing), strict=True, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(_fault(str(error), path, line)) from None


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


_ONE_EACH = "write one JSON object a line"


def decoder_of(number: Callable[[str], Any]) -> json.JSONDecoder:
    """A decoder that reads numbers, also NaN and infinity, with ``number``, and raises BadRow for a duplicate key."""
    return json.JSONDecoder(object_pairs_hook=_unique, parse_float=number, parse_int=number, parse_constant=number)


def object_in(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """The one object in a text. Raises BadRow."""
    try:
        found = decoder.decode(text)
    except json.JSONDecodeError as error:
        what = f"this is not valid JSON: {error.msg.lower()} at character {error.colno:,}"
        raise BadRow(what, _ONE_EACH) from None
    except RecursionError:
        raise BadRow("values are nested too deep to be read", "write one value a field") from None
    return checked_object(found, text)


def checked_object(found: object, text: str) -> dict[str, Any]:
    """What was decoded from a text, if it is an object of whole characters. Raises BadRow."""
    if not isinstance(found, dict):
        raise BadRow("this is not an object of names and values", _ONE_EACH)
    if "\\ud" in text.lower():
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BadRow("a text holds half a character", "write the character itself") from None
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise BadRow(f"duplicate key {quoted(duplicate)}", "keep one of them")
    return row


BATCH = 20_000


def write_rows(
    path: Path, schema: pa.Schema, rows: Iterable[Sequence[object]], report: Callable[[int], None] = lambda rows: None
) -> int:
    """Writes the rows and returns their number, which ``report`` receives after each batch."""
    number, waiting = 0, iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(waiting, BATCH)):
            columns = zip(zip(*batch, strict=True), schema, strict=True)
            writer.write_table(pa.Table.from_arrays([pa.array(c, f.type) for c, f in columns], schema=schema))
            number += len(batch)
            report(number)
    return number
