"""Real samples of tables against a few lines of plain Python, and what is said and refused."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage.model import Basis, Reading, ReadOptions
from advisor.usage.read import read_usage

SAMPLES = Path(__file__).parent / "samples"
MAPPING = "meter: fal\ncolumns: {at: stamp, images: images, cost: cost}\nwhere: {status: [200, 201]}\n"
HEADER = "stamp,status,images,cost\n"
GOOD = "2026-10-31T23:30:00-02:00,200,2,0.06\n"


def read(*files: Path | str, **options: Any) -> Reading:
    return read_usage([str(file) for file in files], ReadOptions(today=date(2026, 11, 23), **options))


def refused(*files: Path | str, **options: Any) -> str:
    with pytest.raises(BadInput) as error:
        read(*files, **options)
    return str(error.value)


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "columns.mapping.yaml"
    path.write_text(MAPPING)
    return path


def _focus() -> Sequence[dict[str, str]]:
    with (SAMPLES / "focus-1.0-sample.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_real_bill_to_the_last_digit() -> None:
    expected: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for row in _focus():
        if row["ChargeCategory"] == "Usage":
            day = date.fromisoformat(row["ChargePeriodStart"][:10])
            expected[day, row["ProviderName"].lower()] += Decimal(row["EffectiveCost"])
    reading = read(SAMPLES / "focus-1.0-sample.csv")
    assert {(day.day, day.meter): day.cost for day in reading.days} == {
        key: pytest.approx(cost, abs=Decimal("1e-9")) for key, cost in expected.items()
    }
    assert {day.basis for day in reading.days} == {Basis.DERIVED}
    assert any("1 Credit (-3.00 USD), 2 Adjustment (0.00 USD)" in note for note in reading.notes)
    assert any("every service counts: Amazon Elastic Compute Cloud (16.00 USD)" in note for note in reading.notes)


def test_only_some_services() -> None:
    reading = read(SAMPLES / "focus-1.0-sample.csv", only=(("ServiceName", "kubernetes"),))
    rows = [row for row in _focus() if "kubernetes" in row["ServiceName"].lower() and row["ChargeCategory"] == "Usage"]
    assert sum(day.cost or 0 for day in reading.days) == pytest.approx(sum(Decimal(r["EffectiveCost"]) for r in rows))
    assert "there is no `--only`" not in refused(SAMPLES / "focus-1.0-sample.csv", only=(("ServiceNam", "x"),))
    assert "did you mean `ServiceName`?" in refused(SAMPLES / "focus-1.0-sample.csv", only=(("ServiceNam", "x"),))


@pytest.mark.parametrize("name", ["a1", "b1"])
def test_the_examples_of_the_specification(name: str) -> None:
    """A byte order mark, dates as 5/1/25: a purchase, and what it buys."""
    file = SAMPLES / f"focus-1.2-spec-virtual_currency_pricing_model_{name}.csv"
    with file.open(newline="", encoding="utf-8-sig") as text:
        usage = [row for row in csv.DictReader(text) if row["ChargeCategory"] == "Usage"]
    reading = read(file)
    assert sum(day.rows for day in reading.days) == len(usage)
    assert sum(day.cost or 0 for day in reading.days) == sum(Decimal(row["EffectiveCost"].strip()) for row in usage)


def test_other_samples() -> None:
    (day,) = read(SAMPLES / "envoy-default.access.log").days
    assert (day.day, day.source, day.meter, day.requests) == (date(2016, 4, 15), "envoy", "gateway", 1)
    said = refused(SAMPLES / "litellm-spend-logs.image.json")
    assert "the rows have no `startTime`" in said
    assert "help: export the table with its column `startTime`" in said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("yesterday,200,1,1\n", "the timestamp cannot be read: `yesterday`"),
        (",200,1,1\n", "missing timestamp"),
        ("2026-11-26,200,1,1\n", "the timestamp is in the future (today is 2026-11-23)"),
        ("2014-12-31,200,1,1\n", "the timestamp is before 2015"),
        ("2026-11-01,200,-1,1\n", "the number of images is negative: `-1"),
        ("2026-11-01,200,,1\n", "missing number of images"),
        ("2026-11-01,200,1000000000,1\n", "not a plain number, or too large: `1000000000`"),
        ("2026-11-01,200,100000001,1\n", "more than 100,000,000 cannot be in one row"),
        ('2026-11-01,200,1,"0,04"\n', "not a plain number, or too large: `0,04`"),
        ("2026-11-01,200,1\n", "the cells of this row are 3, those of the header 4"),
        (HEADER, "the header is repeated here"),
    ],
)
def test_rows_at_fault_are_told_or_listed(row: str, said: str, tmp_path: Path, mapping: Path) -> None:
    file, rejects = tmp_path / "usage.csv", tmp_path / "rejects.csv"
    file.write_text(HEADER + GOOD + row + GOOD)
    message = refused(file, mapping=mapping)
    assert said in message
    assert f"{file}:3" in message
    assert "--rejects FILE" in message
    reading = read(file, mapping=mapping, rejects=rejects)
    assert (reading.rejected, sum(day.images or 0 for day in reading.days)) == (1, 4)
    with rejects.open(newline="") as listed:
        (told,) = csv.DictReader(listed)
    assert (told["file"], told["line"]) == (str(file), "3")
    assert told["fault"] in message


def test_a_header_that_changes_is_an_error_whatever_is_listed(tmp_path: Path, mapping: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(HEADER + GOOD + "stamp,status,cost,images\n2026-11-01,200,0.5,1\n")
    for options in ({}, {"rejects": tmp_path / "rejects.csv"}):
        assert f"another header within the file\n  --> {file}:3" in refused(file, mapping=mapping, **options)


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
@pytest.mark.parametrize("cut", [8, 3000, 0])
def test_packed_files_that_are_cut_off(packing: str, cut: int, tmp_path: Path, mapping: Path) -> None:
    text = (HEADER + GOOD * 20_000 + "".join(f"2026-11-01,200,{n % 7},0.{n}\n" for n in range(9_000))).encode()
    packed = gzip.compress(text) if packing == "gzip" else pa.compress(text, codec="zstd", asbytes=True)
    file = tmp_path / "usage"
    file.write_bytes(packed[: len(packed) - cut] if cut else packed)
    if cut:
        assert f"the {packing} file is truncated" in refused(file, mapping=mapping)
    else:
        assert sum(day.rows for day in read(file, mapping=mapping).days) == 29_000


def test_a_file_named_twice_is_read_once(tmp_path: Path, mapping: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(HEADER + GOOD)
    os.link(file, tmp_path / "linked.csv")
    (tmp_path / "sym.csv").symlink_to(file)
    reading = read(tmp_path / "*.csv", file, mapping=mapping)
    assert sum(day.images or 0 for day in reading.days) == 2
    assert sum("it is read once" in note for note in reading.notes) == 2


def test_what_cannot_be_told(tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    file.write_text(HEADER + GOOD)
    assert "unrecognised file format" in refused(file)
    assert "this is not a file of format `focus`" in refused(file, format="focus")
    assert "did you mean `nginx`?" in refused(file, format="ngnix")
    assert "this is a folder" in refused(tmp_path)
    assert "there is no such file" in refused(tmp_path / "absent.csv")
    assert "no file fits this pattern" in refused(tmp_path / "*.absent")


def test_currencies_other_than_the_one_asked_for(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("meter: m\ncolumns: {at: stamp, cost: cost, currency: status}\n")
    file = tmp_path / "usage.csv"
    file.write_text(HEADER + "2026-11-01,usd,1,1\n2026-11-01,EUR,1,2\n")
    assert {day.currency: day.cost for day in read(file, mapping=mapping).days} == {"USD": 1, "EUR": 2}
    assert "the currency is not USD: `EUR`" in refused(file, mapping=mapping, currency="USD")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("meter: M!\ncolumns: {at: a, cost: b}", "invalid value `M!`"),
        ("columns: {at: a, cost: b}", "`meter` is missing"),
        ("meter: m\ncolumns: {cost: b}", "the column of timestamps is not mapped"),
        ("meter: m\ncolumns: {at: a}", "neither images nor requests nor cost are mapped"),
        ("meter: m\ncolumns: {at: a, image: b}", "did you mean `images`?"),
        ("meter: m\ncolumns: {at: a, cost: b}\ntimezone: Mars", "`Mars` is not a time zone"),
        ("meter: m\ncolumns: {at: a, cost: b}\ntime: '%d/%Q'", "`%Q` is not a part of a format"),
        ("meter: m\ncolumns: {at: stamp, cost: costs}", "did you mean `cost`?"),
    ],
)
def test_mappings_that_cannot_be_used(text: str, said: str, tmp_path: Path) -> None:
    mapping, file = tmp_path / "m.yaml", tmp_path / "usage.csv"
    mapping.write_text(text)
    file.write_text(HEADER + GOOD)
    assert said in refused(file, mapping=mapping)
