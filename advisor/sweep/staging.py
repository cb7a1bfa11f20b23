"""Text tables, read line by line and written to Parquet: cells as they stand, with the line each row starts on."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from advisor.common.diagnostics import BadInput, Problem
from advisor.sweep.formats import Kind
from advisor.sweep.source import FAULT, HELP, LINE, RAW, STRANGE, cell

MAX_LINE = 1_000_000
"""Bytes of one line of text, and characters of one cell."""
BATCH = 20_000
Told = Callable[[int], None]
"""Is told how many rows have been read."""


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[BufferedIOBase]:
    """The bytes of a text table. Raises BadInput where they cannot be read or unpacked."""
    try:
        with gzip.open(path, "rb") if kind.gzip else path.open("rb") as file:
            if file.read(4).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise BadInput(Problem("this is UTF-16 text, not UTF-8", str(path), help="save the file as UTF-8"))
            file.seek(0)
            yield file
    except (gzip.BadGzipFile, EOFError, zlib.error):
        what = "the file cannot be unpacked: it is not gzip, or it is cut off"
        raise BadInput(Problem(what, str(path), help="check that all of it is there")) from None


class Stage:
    """A Parquet file of cells that is written batch by batch."""

    def __init__(self, path: Path, cells: int, raw: bool) -> None:
        self.columns = tuple(map(cell, range(cells)))
        self.rows = 0
        extras = [(LINE, pa.int64()), (FAULT, pa.string()), (HELP, pa.string()), (STRANGE, pa.bool_())]
        extras += [(RAW, pa.string())] if raw else []
        self._schema = pa.schema([*extras, *((column, pa.string()) for column in self.columns)])
        self._empty = (None,) * cells
        self._writer = pq.ParquetWriter(path, self._schema)
        self._waiting: list[Sequence[object]] = []

    def add(self, line: int, cells: Sequence[str | None], strange: bool = False, raw: str | None = None) -> None:
        """A row that could be read."""
        beside = (line, None, None, strange) if raw is None else (line, None, None, strange, raw)
        self._append((*beside, *cells))

    def reject(self, line: int, fault: str, help: str, raw: bool = False) -> None:
        """A row that could not."""
        beside = (line, fault, help, True, None) if raw else (line, fault, help, True)
        self._append((*beside, *self._empty))

    def _append(self, row: Sequence[object]) -> None:
        self._waiting.append(row)
        self.rows += 1
        if len(self._waiting) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            pairs = zip(zip(*self._waiting, strict=True), self._schema, strict=True)
            arrays = [pa.array(column, field.type) for column, field in pairs]
            self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._waiting.clear()

    def close(self) -> None:
        """Writes what is waiting."""
        self._flush()
        self._writer.close()
