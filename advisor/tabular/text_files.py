"""Text files, packed or not: opened, read line by line within bounds, and decoded."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.common.diagnostics import BadInput, Problem, quoted

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
        raise _unreadable(path, packing, error) from None


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


def _unreadable(path: Path, packing: Packing, error: Exception) -> BadInput:
    if packing is Packing.NONE:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        help = "check the path and its permissions"
        return BadInput(Problem(f"the file cannot be read: {reason}", str(path), help=help))
    what = f"the {packing} file is damaged"
    if "truncated" in str(error).lower():
        what = f"the {packing} file is truncated: its end is missing"
    return BadInput(Problem(what, str(path), help="fetch or copy it again; nothing of it was used"))
