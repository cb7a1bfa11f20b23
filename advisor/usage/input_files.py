"""The files of a run: named, by pattern, packed or not, each of them once; and how the rows of one are stored."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import check_regular, is_file, is_folder, read_start
from advisor.tabular.text_files import MAX_LINE, Packing, unpacked

HEAD_BYTES = 256 * 1024
MOST_FILES = 10_000
_CHUNK = 1 << 20
_STRIDE = 8_000_000
_GLANCE = 1 << 12
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


@dataclass(frozen=True)
class Input:
    """A file: its name in messages, how it is packed, and its first bytes unpacked (``whole`` where that is all).

    The first bytes hold the first line to its end, unless it is far too long. ``long_line``: a line has more than
    ``MAX_LINE``; guaranteed above 10 MB, best effort below.
    """

    file: str
    path: Path
    packing: Packing
    head: bytes
    whole: bool
    long_line: bool = False


def inputs_of(patterns: Sequence[str], report: Callable[[int], None]) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """The files that names and patterns stand for, in their order, and notes on those named twice.

    A packed file is unpacked once to its end, so that one that is cut off is found. Raises BadInput.
    """
    if not patterns:
        raise BadInput(Problem("no file is named", help="name the bill or the log, as in `advisor monitor usage.csv`"))
    notes: list[str] = []
    seen: dict[tuple[int, int], str] = {}
    inputs: list[Input] = []
    for name in (name for pattern in patterns for name in named_by(pattern)):
        path = Path(name)
        key = _identity(path)
        if key in seen:
            same = "more than once" if seen[key] == name else f"also as {seen[key]}"
            notes.append(f"{name} is named {same}; it is read once")
            continue
        seen[key] = name
        if len(seen) > MOST_FILES:
            what = f"there are more than {MOST_FILES:,} files"
            raise BadInput(Problem(what, help="put them together, or name fewer"))
        inputs.append(_opened(path, report))
    return tuple(inputs), tuple(dict.fromkeys(notes))


def named_by(pattern: str) -> list[str]:
    """The files that a pattern fits, or the one it names. Raises BadInput where a pattern fits none."""
    if not any(sign in pattern for sign in "*?[") or is_file(Path(pattern)):
        return [pattern]
    found = glob.iglob(pattern, recursive=True)  # noqa: PTH207  # a pattern may begin with a folder
    names = sorted(name for name in found if not is_folder(Path(name)))
    if not names:
        raise BadInput(Problem("no file fits this pattern", pattern, help="check it, and put it in quotes"))
    return names


def resolved(path: Path) -> Path:
    """The path without links. Raises BadInput for links that lead in a circle."""
    try:
        path.stat()
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ELOOP:
            what = "this is a symbolic link that leads back to itself"
            raise BadInput(Problem(what, str(path), help="name the file that is meant")) from None
    return Path(os.path.realpath(path))


def _identity(path: Path) -> tuple[int, int]:
    if is_folder(path):
        raise BadInput(Problem("this is a folder, not a file", str(path), help=f"name its files, as in `{path}/*.csv`"))
    try:
        str(path).encode()
    except UnicodeEncodeError:
        what = "the name of the file is not UTF-8 text"
        raise BadInput(Problem(what, str(path), help="rename it")) from None
    check_regular(path)
    status = path.stat()
    return status.st_dev, status.st_ino


def _opened(path: Path, report: Callable[[int], None]) -> Input:
    first = read_start(path, 8)
    packed = next((kind for magic, kind in _MAGIC.items() if first.startswith(magic)), "none")
    if packed not in list(Packing):
        help = "unpack it; gzip and zstd can stay packed"
        raise BadInput(Problem(f"the file is packed with {packed}", str(path), help=help))
    packing = Packing(packed)
    head, whole, long_line = _checked_head(path, packing, report)
    if not head.strip():
        raise BadInput(Problem("the file is empty", str(path), help="check that this is the right file"))
    if packing is not Packing.NONE and head.startswith(b"PAR1"):
        raise BadInput(Problem("this is Parquet within a packed file", str(path), help="unpack it"))
    return Input(str(path), path, packing, head, whole, long_line)


def _checked_head(path: Path, packing: Packing, report: Callable[[int], None]) -> tuple[bytes, bool, bool]:
    """The first bytes, whether they are all, and whether a line is too long; a packed file is unpacked to its end."""
    most = MAX_LINE + _CHUNK
    head, done, since, long_line = b"", 0, 0, False
    if packing is Packing.NONE:
        with path.open("rb") as file:
            head, done, long_line = file.read(most), path.stat().st_size, _has_long_line(file)
    else:
        with unpacked(path, packing) as file:
            while chunk := file.read(_CHUNK):
                if len(head) < most:
                    head += chunk
                since = (0 if b"\n" in chunk else since) + len(chunk) - 1 - chunk.rfind(b"\n")
                long_line = long_line or since > MAX_LINE
                done += len(chunk)
                report(done // 1_000)
    first_line = head.find(b"\n") + 1 or len(head)
    head = head[: max(HEAD_BYTES, first_line)]
    return head, len(head) == done, long_line


def _has_long_line(file: BinaryIO) -> bool:
    size = file.seek(0, os.SEEK_END)
    for place in range(0, size - MAX_LINE, _STRIDE):
        file.seek(place)
        if b"\n" not in file.read(_GLANCE) and b"\n" not in file.read(MAX_LINE):
            return True
    return False


def stands_in(path: Path, packing: Packing, text: str) -> bool:
    """Whether a file contains a text. Raises BadInput if it cannot be read."""
    wanted, end = text.encode(errors="replace"), b""
    with unpacked(path, packing) as file:
        while chunk := file.read(_CHUNK):
            if wanted in end + chunk:
                return True
            end = (end + chunk)[-len(wanted) :]
    return False


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
