"""The files of a sweep: formats, the checks before it starts, rejects, and the folder for work in progress."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.common.atomic_files import DISK_FULL, faults_of_writing
from advisor.common.diagnostics import BadInput, Problem, printable, quoted, reason
from advisor.common.files import check_regular, check_target, read_start, real, work_folder
from advisor.tabular.text_files import Packing

COLUMNS = ("line", "field", "reason", "help")
_HEADER = (",".join(COLUMNS) + "\n").encode()
PREFIX = ".advisor-sweep-"


class Format(StrEnum):
    """The format of a file of scenarios."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True)
class TableFormat:
    """The format and the compression of a file."""

    format: Format
    packing: Packing = Packing.NONE


_EXTENSIONS = {
    ".csv": TableFormat(Format.CSV),
    ".csv.gz": TableFormat(Format.CSV, Packing.GZIP),
    ".jsonl": TableFormat(Format.JSONL),
    ".jsonl.gz": TableFormat(Format.JSONL, Packing.GZIP),
    ".ndjson": TableFormat(Format.JSONL),
    ".ndjson.gz": TableFormat(Format.JSONL, Packing.GZIP),
    ".parquet": TableFormat(Format.PARQUET),
}


def format_of(path: Path) -> TableFormat:
    """The format of a file by the extension of its name. Raises BadInput.

    >>> format_of(Path("sites.csv.gz"))
    TableFormat(format=<Format.CSV: 'csv'>, packing=<Packing.GZIP: 'gzip'>)
    """
    name = path.name.lower()
    for extension, kind in _EXTENSIONS.items():
        if name.endswith(extension):
            return kind
    raise BadInput(
        Problem(
            f"the name {quoted(path.name)} has no known extension",
            str(path),
            help="name a file that ends in .csv, .parquet or .jsonl; csv and jsonl may be followed by .gz",
        )
    )


@dataclass(frozen=True)
class Paths:
    """Input, output and rejects; ``named`` says whether the user named the rejects file."""

    source: Path
    out: Path
    rejects: Path
    named: bool
    source_kind: TableFormat
    out_kind: TableFormat


def checked_paths(source: str, out: str, rejects: str | None) -> Paths:
    """The files of a sweep; rejects go to OUT's name and `.rejects.csv` unless named. Raises BadInput."""
    kinds = format_of(Path(source)), format_of(Path(out))
    paths = Paths(Path(source), Path(out), Path(rejects or f"{out}.rejects.csv"), bool(rejects), *kinds)
    check_regular(paths.source)
    for path in (paths.out.parent, *([paths.source] if paths.source_kind.format is Format.PARQUET else [])):
        _check_text(path)
    for path in (paths.out, paths.rejects):
        check_target(path)
    if not paths.named and paths.rejects.exists() and not is_of_rejects(paths.rejects):
        what = "rejected rows would be listed here, and this file is not such a list"
        raise BadInput(Problem(what, str(paths.rejects), help="name another file with --rejects FILE"))
    pairs = ((paths.source, paths.out), (paths.source, paths.rejects), (paths.out, paths.rejects))
    for one, other in pairs:
        if _same(one, other):
            raise BadInput(Problem("one file would be written over another", str(other), help="name another file"))
    return paths


def _check_text(path: Path) -> None:
    """Refuses a path that DuckDB cannot open. Raises BadInput."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise BadInput(Problem("the path is not UTF-8 text", str(path), help="rename it")) from None


def _same(one: Path, other: Path) -> bool:
    try:
        return real(one) == real(other) or (other.exists() and one.exists() and one.samefile(other))
    except (OSError, ValueError):
        return False


def is_of_rejects(path: Path) -> bool:
    """Whether a file is a list of rejects, which a sweep may replace or remove."""
    try:
        return not path.is_symlink() and read_start(path, len(_HEADER)) == _HEADER
    except BadInput:
        return False


class Rejects:
    """Writes the rejects to a file."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def add(self, line: int, problems: Iterable[Problem]) -> None:
        """Adds one row with all its faults."""
        self.rows += 1
        for problem in problems:
            self._writer.writerow((line, problem.field or "", printable(problem.what), printable(problem.help or "")))

    def close(self) -> None:
        """Finishes the file."""
        self._file.close()


@contextmanager
def sweep_work_folder(out: Path) -> Iterator[Path]:
    """A new folder next to OUT, removed at the end. Raises BadInput if none can be made, and if the disk is full."""
    with ExitStack() as working:
        try:
            folder = working.enter_context(work_folder(out.parent, PREFIX))
        except FileNotFoundError:
            raise BadInput(Problem("there is no such folder", str(out.parent), help="make it first")) from None
        except OSError as error:
            what = f"the file cannot be written: {reason(error)}"
            raise BadInput(Problem(what, str(out), help="name a folder you may write to")) from None
        try:
            yield folder
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            with faults_of_writing(out):
                raise
