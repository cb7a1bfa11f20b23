"""Rows that cannot be decided, with line, field, reason and help, in a csv of their own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from advisor.errors import Problem, printable

COLUMNS = ("line", "field", "reason", "help")


class Rejects:
    """Writes the rejects to a file that is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._path = path
        self._file: TextIO | None = None

    def add(self, line: int, problems: Iterable[Problem]) -> None:
        """One row, with everything that is wrong with it."""
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)
        self.rows += 1
        writer = csv.writer(self._file, lineterminator="\n")
        for problem in problems:
            writer.writerow((line, problem.field or "", printable(problem.what), printable(problem.help or "")))

    def close(self) -> None:
        """Finishes the file."""
        if self._file is not None:
            self._file.close()
