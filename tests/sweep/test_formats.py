"""Every format in and out: the same rows, in the same order, with what no rule reads carried along."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.helpers.strategies import EXERCISE
from tests.sweep.sweeping import OUTCOME, PLAIN, RESULTS, Sweeping, outcomes

ROOT = Path(__file__).parents[2]
FORMATS = ("csv", "csv.gz", "parquet", "jsonl", "ndjson", "jsonl.gz")
ROWS: list[dict[str, Any]] = [
    {"id": "1", "note": 'two\nlines, "quoted"', **PLAIN},
    {"id": "2", "note": "=1+1", **PLAIN, "residency": "on_premises", "quality": "frontier_only"},
    {"id": "3", "note": "\u0394 \U0001f3a8", **PLAIN, "monthly_images": "3000000"},
    {"id": "4", "note": "", **PLAIN, "quality": "", "latency": ""},
]
EXPECTED = [OUTCOME, ("", "", "", ""), ("self_host", "cost", OUTCOME[2], "true"), ("", "", "", "")]


@pytest.mark.parametrize(("source", "out"), list(product(FORMATS, FORMATS)))
def test_every_format_becomes_every_other(source: str, out: str, sweeping: Sweeping) -> None:
    sweeping.write(f"in.{source}", ROWS)
    done = sweeping(f"in.{source}", f"out.{out}")
    assert done == (0, f"4 rows decided, 1 of them still open: out.{out}\n")
    rows = sweeping.read(f"out.{out}")
    assert outcomes(rows) == EXPECTED
    assert [list(row) for row in rows] == [[*ROWS[0], *RESULTS]] * 4
    for before, after in zip(ROWS, rows, strict=True):
        assert {name: after[name] or "" for name in before} == before


def test_the_example_comes_out_as_documented(sweeping: Sweeping) -> None:
    (sweeping.folder / "sites.csv").write_bytes((ROOT / "examples" / "sweep" / "sites.csv").read_bytes())
    done = sweeping("sites.csv", "decided.csv")
    assert done.code == 2
    assert {row["id"]: row["route"] for row in sweeping.read("decided.csv")} == {
        "shop": "open_weight_api",
        "hospital": "self_host",
        "hobbyist": "open_weight_api",
        "film studio": "closed_api",
        "marketing": "self_host",
        "lab, sealed off": "self_host",
        "agency": "",
        "archive": "",
    }
    guide = (ROOT / "docs" / "sweep.md").read_text(encoding="utf-8")
    for line in [*done.said.splitlines(), *(sweeping.folder / "decided.csv.rejects.csv").read_text().splitlines()]:
        assert line in guide


def test_json_lines_keep_every_character_of_the_line(sweeping: Sweeping) -> None:
    cells = json.dumps({name: str(value) if isinstance(value, Decimal) else value for name, value in EXERCISE.items()})
    line = '{ "x":1.10, "y" : [1e3, {"z": 12345678901234567890123}], "t": "\\u00e9\\n"  ,' + cells[1:]
    (sweeping.folder / "in.jsonl").write_text(f"\ufeff{line}\n\n{{}}\r\n")
    assert sweeping("in.jsonl", "out.jsonl").code == 0
    first, second = (sweeping.folder / "out.jsonl").read_text().splitlines()
    assert first.startswith(line[:-1])
    assert json.loads(first)["route"] == "open_weight_api"
    assert second == '{"route": null, "deciding_axis": null, "feasible_routes": null, "settled": null}'


def test_json_numbers_keep_their_digits_in_other_formats(sweeping: Sweeping) -> None:
    (sweeping.folder / "in.jsonl").write_text(
        '{"latency": "tolerant", "x": 1.10, "y": [1e3, {"a": "\u00e9", "b": null}]}\n'
    )
    sweeping("in.jsonl", "out.csv")
    (row,) = sweeping.read("out.csv")
    assert (row["x"], row["y"]) == ("1.10", '[1e3, {"a": "\u00e9", "b": null}]')


def test_parquet_columns_keep_their_types(sweeping: Sweeping) -> None:
    columns = {
        "list": pa.array([[1, 2], None]),
        "struct": pa.array([{"a": 1}, {"a": None}]),
        "time": pa.array([datetime.datetime(2026, 11, 22, 1, 2, 3, 4), None]),
        "wide": pa.array([Decimal("1.50"), None], pa.decimal128(38, 2)),
        "bytes": pa.array([b"\x00\xff", b""]),
        "unsigned": pa.array([2**64 - 1, 0], pa.uint64()),
        "not a number": pa.array([float("nan"), 1.5]),
        'name with "quotes"; drop table': pa.array(["x", "y"]),
    }
    table = pa.table({**columns, **{name: pa.array([value] * 2) for name, value in EXERCISE.items()}})
    pq.write_table(table, sweeping.folder / "in.parquet")
    assert sweeping("in.parquet", "out.parquet").code == 0
    after = pq.read_table(sweeping.folder / "out.parquet")
    for name in columns:
        assert after.schema.field(name).type.equals(table.schema.field(name).type) or name in ("list", "struct")
        assert str(after.column(name).to_pylist()) == str(table.column(name).to_pylist())
    assert [str(after.schema.field(name).type) for name in RESULTS] == [
        "string",
        "string",
        "list<element: string>",
        "bool",
    ]
    sweeping("in.parquet", "out.jsonl")
    assert sweeping.read("out.jsonl")[0]["not a number"] is None, "JSON has no such number"


PRICES = {
    "double": pa.array([0.03]),
    "float": pa.array([0.03], pa.float32()),
    "decimal": pa.array([Decimal("0.03")], pa.decimal128(18, 6)),
    "wide decimal": pa.array([Decimal("0.03")], pa.decimal128(38, 10)),
    "text": pa.array(["0.03"]),
    "dictionary": pa.array(["0.03"]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", PRICES)
def test_numbers_of_every_type_are_exact(kind: str, sweeping: Sweeping) -> None:
    tie = {**EXERCISE, "monthly_images": 200_000, "monthly_overhead": 5600}
    table = {name: pa.array([value]) for name, value in tie.items()}
    table["open_price"] = PRICES[kind]
    pq.write_table(pa.table(table), sweeping.folder / "in.parquet")
    assert sweeping("in.parquet", "out.csv").code == 0
    # 0.03 * 200,000 = 1.20 * 200,000 / 600 + 5,600: a tie goes to owning; a trace less would rent.
    assert outcomes(sweeping.read("out.csv"))[0][:2] == ("self_host", "cost")


def test_the_order_is_kept_over_many_row_groups(sweeping: Sweeping) -> None:
    rows = 300_000
    table = {name: pa.array([value] * rows) for name, value in EXERCISE.items()}
    odd = np.arange(rows) % 9_973 == 0
    table["monthly_images"] = pa.array(np.where(odd, 1000.5, 1 + np.arange(rows, dtype=np.float64)))
    table["number"] = pa.array(np.arange(rows))
    pq.write_table(pa.table(table), sweeping.folder / "in.parquet", row_group_size=20_000)
    done = sweeping("in.parquet", "out.parquet")
    assert done.said.splitlines()[-1] == f"{odd.sum()} rows rejected: out.parquet.rejects.csv"
    after = pq.read_table(sweeping.folder / "out.parquet")
    kept = np.arange(rows)[~odd]
    assert np.array_equal(after.column("number").to_numpy(), kept)
    owned = np.array([route == "self_host" for route in after.column("route").to_pylist()])
    assert np.array_equal(owned, 1 + kept > 71_428), "N* is 71,428.57"
    assert [int(line) for line, *_ in sweeping.rejects("out.parquet")] == (1 + np.arange(rows)[odd]).tolist()


@pytest.mark.parametrize("source", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("out", ["csv", "parquet", "jsonl"])
def test_no_rows_are_no_fault(source: str, out: str, sweeping: Sweeping) -> None:
    if source == "csv":
        (sweeping.folder / "in.csv").write_text("\ufeffid,latency\n", encoding="utf-8")
    elif source == "jsonl":
        (sweeping.folder / "in.jsonl").write_text("")
    else:
        pq.write_table(
            pa.table({"id": pa.array([], pa.int64()), "latency": pa.array([], pa.string())}),
            sweeping.folder / "in.parquet",
        )
    assert sweeping(f"in.{source}", f"out.{out}") == (0, f"0 rows decided: out.{out}\n")
    assert sweeping.read(f"out.{out}") == []
    if out == "csv":
        names = "" if source == "jsonl" else "id,latency,"
        assert (sweeping.folder / "out.csv").read_text() == f"{names}{','.join(RESULTS)}\n"


def test_complete_rows_without_rows_keep_their_columns(sweeping: Sweeping) -> None:
    (sweeping.folder / "in.csv").write_text(",".join(PLAIN) + "\n")
    assert sweeping("in.csv", "out.csv").code == 0
    assert (sweeping.folder / "out.csv").read_text() == ",".join([*PLAIN, *RESULTS]) + "\n"


def test_paths_with_strange_names(sweeping: Sweeping) -> None:
    strange = "o'neil [x] residency=anywhere *?\u00e9"
    (sweeping.folder / strange).mkdir()
    sweeping.write(f"{strange}/in*.parquet", ROWS)
    assert sweeping(f"{strange}/in*.parquet", f'{strange}/o\'ut "2".csv').code == 0
    assert outcomes(sweeping.read(f'{strange}/o\'ut "2".csv')) == EXPECTED


def test_a_path_that_is_not_utf_8(sweeping: Sweeping) -> None:
    strange = os.fsdecode(b"caf\xe9")
    (sweeping.folder / strange).mkdir()
    for name in ("in.csv", "in.parquet"):
        sweeping.write(name, ROWS)
        shutil.copy(sweeping.folder / name, sweeping.folder / strange / name)
    for source, out in ((f"{strange}/in.parquet", "out.csv"), ("in.csv", f"{strange}/out.csv")):
        done = sweeping(source, out)
        assert done.code == 2
        assert done.said.startswith("error: the path is not UTF-8 text\n  --> ")
        assert done.said.endswith("\n  help: rename it\n")
    assert sweeping(f"{strange}/in.csv", f"{strange}.csv").code == 0
    assert outcomes(sweeping.read(f"{strange}.csv")) == EXPECTED


def test_a_name_is_no_pattern(sweeping: Sweeping) -> None:
    sweeping.write("in*.parquet", ROWS)
    sweeping.write("in of another.parquet", ROWS)
    assert sweeping("in*.parquet", "out.csv").code == 0
    assert outcomes(sweeping.read("out.csv")) == EXPECTED


def test_a_decimal_without_room_before_its_point_is_written_with_a_zero(sweeping: Sweeping) -> None:
    table = {name: pa.array([value]) for name, value in EXERCISE.items()}
    table["open_price"] = pa.array([Decimal("0.030000")], pa.decimal128(6, 6))
    table["share"] = pa.array([Decimal("-0.5")], pa.decimal128(1, 1))
    pq.write_table(pa.table(table), sweeping.folder / "in.parquet")
    assert sweeping("in.parquet", "out.csv").code == 0
    row = sweeping.read("out.csv")[0]
    assert (row["open_price"], row["share"]) == ("0.030000", "-0.5")
