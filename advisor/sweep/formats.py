"""Which formats a table may have, told by the extension of its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted


class Format(StrEnum):
    """What stands in a file of scenarios."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True)
class Kind:
    """A format, and whether the file is compressed with gzip."""

    format: Format
    gzip: bool = False


_EXTENSIONS = {
    ".csv": Kind(Format.CSV),
    ".csv.gz": Kind(Format.CSV, gzip=True),
    ".jsonl": Kind(Format.JSONL),
    ".jsonl.gz": Kind(Format.JSONL, gzip=True),
    ".ndjson": Kind(Format.JSONL),
    ".ndjson.gz": Kind(Format.JSONL, gzip=True),
    ".parquet": Kind(Format.PARQUET),
}


def kind_of(path: Path) -> Kind:
    """The kind of a file by the extension of its name. Raises BadInput.

    >>> kind_of(Path("sites.csv.gz"))
    Kind(format=<Format.CSV: 'csv'>, gzip=True)
    """
    name = path.name.lower()
    for extension, kind in _EXTENSIONS.items():
        if name.endswith(extension):
            return kind
    raise BadInput(
        Problem(
            f"the name {quoted(path.name)} does not tell the format",
            str(path),
            help="name a file that ends in .csv, .parquet or .jsonl; csv and jsonl may be followed by .gz",
        )
    )
