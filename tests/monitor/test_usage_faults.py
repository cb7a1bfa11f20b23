"""Usage that cannot be read: half characters, keys that stand twice, booleans, quoted headers, circular links."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.usage.detect import _header
from advisor.usage.model import ReadOptions
from advisor.usage.read import read_usage

SCENARIO = Path(__file__).parents[2] / "examples" / "startup-year" / "startup.scenario.yaml"
GOOD = '{"at": "2026-10-01", "images": 2, "cost": 1}\n'
HALF = "\\ud83d"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "m.yaml"
    path.write_text("meter: m\ncolumns: {at: at, images: images, cost: cost}\n")
    return path


def refused(file: Path, mapping: Path | None = None) -> str:
    with pytest.raises(BadInput) as error:
        read_usage([str(file)], ReadOptions(today=date(2026, 11, 2), mapping=mapping))
    return str(error.value)


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ('{"at": "2026-10-02", "images": 1, "images": 9, "cost": 1}', "duplicate key `images`"),
        ('{"at": "2026-10-02", "at": "2026-10-02", "images": 9}', "duplicate key `at`"),
        (f'{{"at": "2026-10-02", "images": 1, "cost": "{HALF}"}}', "a text holds half a character"),
        (f'{{"at": "{HALF}", "images": 1}}', "a text holds half a character"),
        (f'{{"at": "2026-10-02", "images": 1, "cost": {{"a": "{HALF}"}}}}', "a text holds half a character"),
    ],
)
@pytest.mark.parametrize("name", ["usage.jsonl", "usage.json"])
def test_objects_at_fault_are_refused_with_their_line(
    row: str, what: str, name: str, tmp_path: Path, mapping: Path
) -> None:
    file = tmp_path / name
    file.write_text(GOOD + row + "\n" if name == "usage.jsonl" else f"[{GOOD},{row}]")
    said = refused(file, mapping)
    assert what in said
    assert f"{file}:2" in said


def test_a_name_of_half_characters_is_refused(tmp_path: Path, mapping: Path) -> None:
    text = f'{{"at": "2026-10-02", "images": 1, "cost": 1, "{HALF}": 1}}'
    for name, whole in (("usage.jsonl", text), ("usage.json", f"[{text}]")):
        (tmp_path / name).write_text(whole)
        assert "holds half a character" in refused(tmp_path / name, mapping)


@pytest.mark.parametrize("column", ["images", "cost"])
def test_booleans_are_no_numbers(column: str, tmp_path: Path, mapping: Path) -> None:
    file = tmp_path / "usage.parquet"
    pq.write_table(pa.table({"at": ["2026-10-02"], "images": [1], "cost": [1], column: [True]}), file)
    said = refused(file, mapping)
    assert "not a plain number, or too large: `true`" in said
    assert f"field `{column}`" in said


def test_booleans_are_no_quantities_of_a_bill(tmp_path: Path) -> None:
    texts = {"BillingCurrency": "USD", "ChargeCategory": "Usage", "ProviderName": "A", "PricingUnit": "images"}
    start = {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-10-02"}
    file = tmp_path / "usage.parquet"
    for column in ("EffectiveCost", "PricingQuantity"):
        row = {**texts, **start, "EffectiveCost": 1, "PricingQuantity": 1, column: True}
        pq.write_table(pa.Table.from_pylist([row]), file)
        assert "not a plain number, or too large: `true`" in refused(file)


@pytest.mark.parametrize(
    ("line", "cells", "delimiter"),
    [
        ('"a;b;c",at,images', 3, ","),
        ('"a\t\t\tb",at', 2, ","),
        ('"a,b,c,d";at', 2, ";"),
        ('at;"a|b|c|d|e"', 2, ";"),
        ('"a ""x;y;z"" ;;",at', 2, ","),
        ('at\timages\t"a,b,c,d"', 3, "\t"),
        ('5" disk;at;images', 3, ";"),
        ("at;a,b;images", 3, ";"),
    ],
)
def test_a_quoted_name_does_not_decide_what_separates_cells(line: str, cells: int, delimiter: str) -> None:
    found = _header(line + "\n")
    assert found is not None
    assert (len(found[0]), found[1]) == (cells, delimiter)


OPTIONS = ("--history", "--mapping", "--rejects", "--html")


@pytest.mark.parametrize("option", ["usage", "--decision", *OPTIONS])
@pytest.mark.parametrize("name", ["loop", "loop/file"])
def test_a_link_that_leads_back_to_itself(
    option: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "usage.jsonl").write_text(GOOD)
    path = str(tmp_path / name)
    usage = path if option == "usage" else str(tmp_path / "usage.jsonl")
    decision = path if option == "--decision" else str(SCENARIO)
    more = [option, path] if option in OPTIONS else []
    assert run(["monitor", usage, "--decision", decision, "--date", "2026-11-02", *more]) == 2
    said = capsys.readouterr().err
    assert "error: this is a symbolic link that leads back to itself" in said
    assert f"--> {path}" in said
    assert (tmp_path / "loop").is_symlink()


@pytest.mark.parametrize("option", ["--request-path", "--only"])
def test_an_option_of_half_characters(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "access.log"
    file.write_text('10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "POST /v1/x HTTP/1.1" 200 12 "-" "curl"\n')
    assert run(["monitor", str(file), "--decision", str(SCENARIO), "--no-history", option, "a=\udcff"]) == 2
    assert "is not UTF-8 text" in capsys.readouterr().err


def test_a_file_whose_name_is_no_text(tmp_path: Path, mapping: Path) -> None:
    file = tmp_path / "usage\udce4.jsonl"
    file.write_text(GOOD)
    assert "the name of the file is not UTF-8 text" in refused(file, mapping)


def test_the_order_of_dates_can_be_named(tmp_path: Path, mapping: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "usage.csv"
    file.write_text("at,images,cost\n01/08/2026,1,1\n")
    command = ["monitor", str(file), "--decision", str(SCENARIO), "--no-history", "--date", "2026-11-02"]
    command += ["--mapping", str(mapping), "--json"]
    assert run(command) == 2
    capsys.readouterr()
    assert run([*command, "--date-order", "day-first"]) == 0
    assert json.loads(capsys.readouterr().out)["months"][0]["month"] == "2026-08"
