"""A csv of rows that cannot be decided, with line, field, reason and help."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, printable
from advisor.common.files import read_start

COLUMNS = ("line", "field", "reason", "help")
_HEADER = (",".join(COLUMNS) + "\n").encode()


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
