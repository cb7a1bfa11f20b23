"""The formats of tables, by file name extension."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.tabular.text_files import Packing


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
