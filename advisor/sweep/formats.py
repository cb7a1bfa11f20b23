"""Which formats a table may have, by the extension of its name."""

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
class Kind:
    """A format, and how the file is compressed."""

    format: Format
    packing: Packing = Packing.NONE


_EXTENSIONS = {
    ".csv": Kind(Format.CSV),
    ".csv.gz": Kind(Format.CSV, Packing.GZIP),
    ".jsonl": Kind(Format.JSONL),
    ".jsonl.gz": Kind(Format.JSONL, Packing.GZIP),
    ".ndjson": Kind(Format.JSONL),
    ".ndjson.gz": Kind(Format.JSONL, Packing.GZIP),
    ".parquet": Kind(Format.PARQUET),
}


def kind_of(path: Path) -> Kind:
    """The kind of a file by the extension of its name. Raises BadInput.

    >>> kind_of(Path("sites.csv.gz"))
    Kind(format=<Format.CSV: 'csv'>, packing=<Packing.GZIP: 'gzip'>)
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
