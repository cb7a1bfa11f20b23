"""The records of a folder, or one record, with the figures from the catalogue that are old on a day."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_folder, read_text
from advisor.decision.offer_sections import ageing
from advisor.domain.record import AgeingFigure, is_record, parse_record
from advisor.domain.record_parts import CATALOGUE
from advisor.verification.decision_set import MAX_BYTES, FileKind


@dataclass(frozen=True)
class AgedRecord:
    """A record, how many of its figures are from the catalogue, and which of them are old."""

    path: Path
    figures: int
    old: tuple[AgeingFigure, ...]


def aged_records(path: Path, catalogue: Catalogue, on: datetime.date) -> Iterator[AgedRecord | BadInput]:
    """The record in a file, or every one below a folder, by path. Yields BadInput for what cannot be read."""
    paths = sorted(path.rglob(f"*{FileKind.RECORD}")) if is_folder(path) else [path]
    for each in paths:
        try:
            yield _aged(each, catalogue, on)
        except BadInput as error:
            yield error


def _aged(path: Path, catalogue: Catalogue, on: datetime.date) -> AgedRecord:
    text, file = read_text(str(path), MAX_BYTES), str(path)
    if not is_record(text):
        help = "name NAME.decision.json, which `advisor decide --out` writes"
        raise BadInput(Problem("this is not a decision record", file, help=help))
    record = parse_record(text, file)
    figures = sum(quote.origin == CATALOGUE for quote in record.quotes)
    return AgedRecord(path, figures, tuple(ageing(record.quotes, record.flips, catalogue, on)))
