"""Tables and command lines that are refused: one clear error, and nothing written."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sweep.sweeping import PLAIN, Sweeping


def _text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding="utf-8", newline="")


def _parquet(columns: dict[str, pa.Array]) -> Callable[[Path], object]:
    return lambda path: pq.write_table(pa.table(columns), path)


def _cut(path: Path) -> None:
    pq.write_table(pa.table({"latency": ["tolerant"] * 5_000}), path)
    path.write_bytes(path.read_bytes()[:-20])


def _rotten(path: Path) -> None:
    cells = {name: [f"{value}{number}" for number in range(5_000)] for name, value in PLAIN.items()}
    pq.write_table(pa.table(cells), path)
    data = bytearray(path.read_bytes())
    data[200:2_000] = bytes(1_800)
    path.write_bytes(data)


CASES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "missing": ("in.csv", lambda path: None, "there is no such file"),
    "folder": ("in.csv", Path.mkdir, "this is a folder, not a file"),
    "pipe": ("in.csv", os.mkfifo, "this is not a regular file"),
    "extension": ("in.txt", _text("latency\n"), "the name `in.txt` has no known extension"),
    "empty": ("in.csv", _text(""), "the file is empty"),
    "no field": ("in.csv", _text("a,b\n1,2\n"), "no column is a scenario field"),
    "semicolons": ("in.csv", _text("latency;title\n"), "separate the cells with commas"),
    "the same column twice": ("in.csv", _text("latency,id,id\n"), "the columns 2 and 3 are both called `id`"),
    "the same but for case": ("in.csv", _text("latency,Latency\n"), "the columns 1 and 2 are both called `Latency`"),
    "a result": ("in.csv", _text("latency,Settled\n"), "a column is called `Settled`, as one of the results"),
    "no name": ("in.csv", _text(",latency\n"), "column 1 has no name"),
    "too many columns": ("in.csv", _text(",".join(f"c{n}" for n in range(1_001))), "there are 1,001 columns"),
    "open quote": ("in.csv", _text('latency,title\na,b\na,"b\n'), "in.csv:3"),
    "text after a quote": ("in.csv", _text('latency,title\na,"b"c\n'), "something follows a closing quote"),
    "carriage returns": ("in.csv", _text("latency\rtolerant\r"), "there is a carriage return within a row"),
    "huge cell": ("in.csv", _text('latency\n"' + "x\n" * 600_000), "a cell that starts here is longer than 1,000,000"),
    "huge line": ("in.csv", _text("latency\n" + "x" * 1_100_000), "the line is longer than 1,000,000 bytes"),
    "not UTF-8": ("in.csv", lambda path: path.write_bytes(b"latency\nok\n\xff\n"), "in.csv:3"),
    "UTF-16": ("in.csv", lambda path: path.write_bytes("latency\n".encode("utf-16")), "this is UTF-16 text"),
    "NUL": ("in.csv", _text("latency\n\0\n"), "the character U+0000 cannot be part of a text"),
    "not gzip": ("in.csv.gz", _text("latency\n"), "the gzip file is damaged"),
    "gzip cut off": (
        "in.jsonl.gz",
        lambda path: path.write_bytes(gzip.compress(b'{"latency": "tolerant"}\n' * 999)[:-9]),
        "the gzip file is truncated: its end is missing",
    ),
    "a JSON list": ("in.jsonl", _text('[\n{"latency": "tolerant"}\n]\n'), "this is not JSON Lines"),
    "too many names": (
        "in.jsonl",
        _text("".join(f'{{"n{number}": 1}}\n' for number in range(1_002))),
        "there are more than 1,000 different names",
    ),
    "no Parquet": ("in.parquet", _text("latency\n"), "the file cannot be read as Parquet"),
    "Parquet cut off": ("in.parquet", _cut, "the file cannot be read as Parquet"),
    "rotten Parquet": ("in.parquet", _rotten, "the table cannot be computed"),
    "decimals too wide": (
        "in.parquet",
        _parquet({"latency": pa.array(["tolerant"]), "wide": pa.array([1], pa.decimal256(60, 0))}),
        "the column `wide` cannot be carried along",
    ),
    "a name DuckDB keeps": (
        "in.parquet",
        _parquet({"latency": pa.array(["tolerant"]), "file_row_number": pa.array([1])}),
        "the column `file_row_number` cannot be carried along",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_table_is_refused(case: str, sweeping: Sweeping) -> None:
    name, make, words = CASES[case]
    make(sweeping.folder / name)
    before = sorted(path.name for path in sweeping.folder.iterdir())
    done = sweeping(name, "out.csv")
    assert done.code == 2
    assert words in done.said
    assert done.said.startswith("error: ")
    assert "\n  help: " in done.said
    assert name in done.said
    assert sorted(path.name for path in sweeping.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("out", "options", "words"),
    [
        ("in.csv", [], "one file would be written over another"),
        ("./in.csv", [], "one file would be written over another"),
        ("hard.csv", [], "one file would be written over another"),
        ("folder.csv", [], "this is a folder, not a file"),
        ("nowhere/out.csv", [], "there is no such folder"),
        ("in.csv/out.csv", [], "the file cannot be written: not a directory"),
        ("out", [], "the name `out` has no known extension"),
        ("out.parquet.gz", [], "has no known extension"),
        ("out.csv", ["--rejects", "OUT"], "one file would be written over another"),
        ("out.csv", ["--rejects", "IN"], "one file would be written over another"),
        ("out.csv", ["--master", "local"], "`--master` is for Spark only"),
        ("out.csv", ["--on", "spark", "--reading", "run"], "`--reading run` does not run on Spark"),
        ("out.csv", ["--on", "mars"], "`mars` is not known here"),
        ("out.csv", ["--rules", "nowhere"], "there is no such rules folder"),
    ],
)
def test_a_command_line_is_refused(out: str, options: list[str], words: str, sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [PLAIN])
    (sweeping.folder / "hard.csv").hardlink_to(sweeping.folder / "in.csv")
    (sweeping.folder / "folder.csv").mkdir()
    paths = {"OUT": str(sweeping.folder / out), "IN": str(sweeping.folder / "in.csv")}
    before = (sweeping.folder / "in.csv").read_bytes()
    done = sweeping("in.csv", out, *(paths.get(option, option) for option in options))
    assert done.code == 2
    assert words in done.said
    assert (sweeping.folder / "in.csv").read_bytes() == before
    assert sorted(path.name for path in sweeping.folder.iterdir()) == ["folder.csv", "hard.csv", "in.csv"]


def test_a_column_close_to_a_field_is_warned_of_and_carried(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, "anual_revenue_usd": "5"}])
    done = sweeping("in.csv", "out.csv")
    assert done.code == 0
    assert done.said.startswith("warning: the column `anual_revenue_usd` is no scenario field and is carried along\n")
    assert "did you mean `annual_revenue_usd`?" in done.said
    assert sweeping.read("out.csv")[0]["anual_revenue_usd"] == "5"


def test_out_is_as_it_was_when_the_table_is_broken(sweeping: Sweeping) -> None:
    (sweeping.folder / "in.csv").write_text('latency\n"')
    (sweeping.folder / "out.csv").write_text("of yesterday")
    assert sweeping("in.csv", "out.csv").code == 2
    assert (sweeping.folder / "out.csv").read_text() == "of yesterday"


def test_a_column_of_checkpoints_needs_the_catalogue(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, "model": "flux-1-schnell"}, {**PLAIN, "model": "flux-1-schnel"}])
    done = sweeping("in.csv", "out.csv", "--catalogue", "none")
    assert done.code == 2
    assert "the column `model` names checkpoints of the catalogue, and this sweep decides without one" in done.said
    assert sweeping("in.csv", "out.csv").said.startswith("1 row decided: out.csv\n1 row rejected")
    ((line, field, _, help),) = sweeping.rejects("out.csv")
    assert (line, field) == ("3", "model")
    assert "did you mean `flux-1-schnell`?" in help
