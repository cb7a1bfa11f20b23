"""Rows that cannot be read: an error, or left out and listed in a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, printable, quoted
from advisor.common.files import write_whole

COLUMNS = ("file", "line", "fault", "field", "value")
MOST = 100_000
SHOWN = 5
_SHOWN_LENGTH = 200


@dataclass(frozen=True)
class Reject:
    """A row, what is wrong with it, and the offending value of the field (no field: the row as a whole)."""

    file: str
    line: int
    fault: str
    field: str
    value: str | None


def refused(rejects: Sequence[Reject]) -> BadInput:
    """The first of them, how many there are, and what to do."""
    problems = [
        Problem(
            f"{reject.fault}: {quoted(reject.value)}" if reject.value else reject.fault,
            reject.file,
            reject.line,
            reject.field or None,
        )
        for reject in rejects[:SHOWN]
    ]
    number = len(rejects)
    more = f"{number:,} {'row' if number == 1 else 'rows'} cannot be read"
    help = "mend them, or leave them out and list them with --rejects FILE"
    return BadInput([*problems, Problem(more, rejects[0].file, help=help)])


def write_rejects(path: Path, rejects: Sequence[Reject]) -> None:
    """Writes them, one a row; only the names of the columns where there are none. Raises BadInput."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (reject.file, reject.line, reject.fault, reject.field, printable((reject.value or "")[:_SHOWN_LENGTH]))
        for reject in rejects
    )
    write_whole(path, text.getvalue())
