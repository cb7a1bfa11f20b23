"""Runs `advisor sweep` in this process, and reads and writes the tables of its tests."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.cli.main import run
from tests.helpers.strategies import EXERCISE

RESULTS = ("route", "deciding_axis", "feasible_routes", "settled")
PLAIN = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in EXERCISE.items()}
"""Exercise 38.3.2 as cells."""
OUTCOME = ("open_weight_api", "cost", "self_host;open_weight_api;closed_api", "true")
"""What it comes to."""


class Done(NamedTuple):
    """How a sweep ended, and what it said."""

    code: int
    said: str


class Sweeping:
    """Sweeps in a folder of its own."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capfd = folder, capfd

    def __call__(self, source: str, out: str, *options: str) -> Done:
        self._capfd.readouterr()
        code = run(["sweep", str(self.folder / source), "--out", str(self.folder / out), *options])
        printed, said = self._capfd.readouterr()
        assert printed == "", "standard output is for data"
        assert not list(self.folder.glob(".*")), "something is left behind"
        return Done(code, said.replace(f"{self.folder}/", ""))

    def write(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows in the format of the name; cells of csv are written as they are."""
        path = self.folder / name
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)
            return
        with gzip.open(path, "wt", newline="") if name.endswith(".gz") else path.open("w", newline="") as file:
            if ".csv" in name:
                writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.writelines(json.dumps(row) + "\n" for row in rows)

    def read(self, name: str) -> list[dict[str, Any]]:
        """The rows of a file, by the format of its name."""
        path = self.folder / name
        if name.endswith(".parquet"):
            rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
            return rows
        text = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text(encoding="utf-8")
        if ".csv" in name:
            return list(csv.DictReader(text.splitlines(keepends=True)))
        return [json.loads(line) for line in text.splitlines()]

    def rejects(self, out: str) -> list[tuple[str, ...]]:
        """The rejects of a sweep, without their header."""
        with (self.folder / f"{out}.rejects.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["line", "field", "reason", "help"]
        return [tuple(row) for row in rows]


def outcomes(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """The results of rows, as csv would hold them."""
    return [tuple(_cell(row[name]) for name in RESULTS) for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
