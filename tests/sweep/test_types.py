"""Parquet columns of every type where answers are expected: both readings say the same of each row."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.domain.scenario import FIELDS as SCENARIO_FIELDS
from tests.sweep.sweeping import PLAIN, Sweeping

_DAY, _HOUR = datetime.date(2026, 1, 1), datetime.time(1)
_UNREADABLE = pa.array([b"tolerant", b"\xff\xfe", None])
TYPES: dict[str, pa.Array] = {
    "null": pa.nulls(3),
    "bool": pa.array([True, False, None]),
    "int8": pa.array([1, 2, None], pa.int8()),
    "uint64": pa.array([1, 2**63, None], pa.uint64()),
    "float16": pa.array(np.array([1, 2, 0.5], "float16")),
    "float": pa.array([1, 0.5, None], pa.float32()),
    "double": pa.array([1, 0.5, None]),
    "date32": pa.array([_DAY, _DAY, None]),
    "date64": pa.array([_DAY, _DAY, None], pa.date64()),
    "date past the year 9999": pa.array([2**31 - 1, 2, None], pa.date32()),
    "time": pa.array([_HOUR, _HOUR, None], pa.time64("ns")),
    "timestamp": pa.array([1, 2, None], pa.timestamp("ns")),
    "timestamp past the year 9999": pa.array([2**62, 2, None], pa.timestamp("us")),
    "timestamp of a zone": pa.array([1, 2, None], pa.timestamp("us", "UTC")),
    "timestamp of no zone that exists": pa.array([1, 2, None], pa.timestamp("us", "Mars/Olympus")),
    "duration": pa.array([1, 2, None], pa.duration("us")),
    "binary": pa.array([b"tolerant", b"\xff", None]),
    "fixed binary": pa.array([b"1234", b"\xff" * 4, None], pa.binary(4)),
    "decimal": pa.array([Decimal(1), Decimal("2.50"), None], pa.decimal128(38, 20)),
    "list": pa.array([["tolerant"], [], None]),
    "list of nulls": pa.array([[], [], None]),
    "fixed list": pa.array([[1, 2], [3, 4], None], pa.list_(pa.int32(), 2)),
    "list of structs": pa.array([[{"a": 1}], [], None]),
    "struct": pa.array([{"a": [{"b": 1}]}, {"a": None}, None]),
    "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
    "words": pa.array(["tolerant", "1", None]),
    "large words": pa.array(["tolerant", "1", None], pa.large_string()),
    "views of words": pa.array(["tolerant", "1", None], pa.string_view()),
    "words by number": pa.array(["tolerant", "1", None]).dictionary_encode(),
    "numbers by number": pa.array([1, 2, None]).dictionary_encode(),
    "uuid": pa.array([b"0" * 16, b"1" * 16, None], pa.uuid()),
    "json": pa.array(['{"a": 1}', "1", None], pa.json_()),
}
FIELDS = ("latency", "open_price", "indemnity_required", "monthly_images", "quality", "monthly_images_low", "title")
HARMLESS = {"null", "words", "large words", "views of words", "words by number"}


def both(sweeping: Sweeping, columns: dict[str, Any]) -> tuple[str, list[Any], list[Any]]:
    """What is said, the rows and the rejects; both readings must agree."""
    cells = {name: pa.array([value] * 3) for name, value in PLAIN.items()} | columns
    pq.write_table(pa.table(cells), sweeping.folder / "in.parquet")
    found = []
    for reading in ("sweep", "run"):
        out = f"{reading}.jsonl"
        said = sweeping("in.parquet", out, "--reading", reading).said.replace(out, "OUT")
        rejected = (sweeping.folder / f"{out}.rejects.csv").exists()
        found.append((said, sweeping.read(out), sweeping.rejects(out) if rejected else []))
    assert found[0] == found[1]
    return found[0]


@pytest.mark.parametrize("number", range(len(TYPES)), ids=TYPES)
def test_a_column_of_any_type(number: int, sweeping: Sweeping) -> None:
    kind, column = list(TYPES.items())[number]
    field = FIELDS[number % len(FIELDS)]
    said, rows, rejects = both(sweeping, {field: column, "mine": column})
    assert not said.startswith("error")
    assert len(rows) + len({row[0] for row in rejects}) == 3
    assert all(place == field and help for _, place, _, help in rejects)
    said, rows, rejects = both(sweeping, dict.fromkeys(FIELDS, column))
    assert not said.startswith("error")
    if column[2].as_py() is None:
        assert len(rows) > 0, "what is null is not known yet, and no fault"
    if kind not in HARMLESS:
        assert {row[0] for row in rejects} >= {"1", "2"}, "no other type is an answer to all of them"


@pytest.mark.parametrize("field", SCENARIO_FIELDS)
def test_a_column_of_any_type_in_rows_that_are_complete(field: str, sweeping: Sweeping) -> None:
    for kind in ("null", "int8"):
        said, rows, rejects = both(sweeping, {field: TYPES[kind]})
        assert not said.startswith("error")
        assert len(rows) + len({row[0] for row in rejects}) == 3


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a\0b": pa.array(["x"] * 3)}, "the name `a\\x00b` holds the character U+0000"),
        ({"\0": pa.array(["x"] * 3)}, "the name `\\x00` holds the character U+0000"),
        ({"LATENCY": pa.array(["tolerant"] * 3)}, "the columns 7 and 14 are both called `LATENCY`"),
        ({"Route": pa.array(["x"] * 3)}, "a column is called `Route`, as one of the results"),
        ({"mine": pa.Array.from_buffers(pa.string(), 3, _UNREADABLE.buffers())}, "the table cannot be computed"),
        ({"latency": pa.Array.from_buffers(pa.string(), 3, _UNREADABLE.buffers())}, "the table cannot be computed"),
    ],
)
@pytest.mark.parametrize("reading", ["sweep", "run"])
def test_a_table_that_cannot_be_computed(columns: dict[str, Any], words: str, reading: str, sweeping: Sweeping) -> None:
    cells = {name: pa.array([value] * 3) for name, value in PLAIN.items()} | columns
    pq.write_table(pa.table(cells), sweeping.folder / "in.parquet")
    done = sweeping("in.parquet", "out.jsonl", "--reading", reading)
    assert done.code == 2
    assert done.said.startswith(f"error: {words}")
    assert "\n  help: " in done.said


def test_names_that_are_not_text(sweeping: Sweeping) -> None:
    path = sweeping.folder / "in.parquet"
    pq.write_table(pa.table({"latency": ["tolerant"], "BADNAME": [1]}), path)
    path.write_bytes(path.read_bytes().replace(b"BADNAME", b"BADNAM\xff"))
    done = sweeping("in.parquet", "out.csv")
    assert done.code == 2
    assert done.said.startswith("error: the file cannot be read as Parquet: ")


def test_a_name_of_json_lines_may_hold_no_nul(sweeping: Sweeping) -> None:
    (sweeping.folder / "in.jsonl").write_text('{"latency": "tolerant", "a\\u0000b": 1}\n')
    assert sweeping("in.jsonl", "out.csv").said.startswith("error: the name `a\\x00b` holds the character U+0000")
