"""What a mapping can say of a table: nested keys, signs of numbers, and lines of text by a pattern."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.usage.mapping import load_mapping
from advisor.usage.model import SPARK, Reading, ReadOptions
from advisor.usage.read import read_usage
from tests.helpers.strategies import examples
from tests.monitor.usage_files import USED, Used, counted, sums_of

pytestmark = pytest.mark.filterwarnings("ignore")
TODAY = date(2026, 11, 23)
_FEW = examples(10)


def mapped(folder: Path, text: str) -> Path:
    path = folder / "m.yaml"
    path.write_text("meter: m\n" + text)
    return path


def read(folder: Path, mapping: str, file: Path, **options: Any) -> Reading:
    return read_usage([str(file)], ReadOptions(today=TODAY, mapping=mapped(folder, mapping), **options))


def refused(folder: Path, mapping: str, file: Path, **options: Any) -> str:
    with pytest.raises(BadInput) as error:
        read(folder, mapping, file, **options)
    return str(error.value)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def jsonl(path: Path, *objects: dict[str, Any]) -> Path:
    return written(path, "".join(json.dumps(one) + "\n" for one in objects))


NESTED = """
columns: {at: event.time, images: usage.images.made, cost: usage.cost, id: event.id}
where: {usage.ok: ['true']}
"""


def _nested(used: Used) -> dict[str, Any]:
    usage = {"images": {"made": used.images}, "cost": f"{used.cost:f}", "ok": used.ok}
    return {"event": {"time": used.at.isoformat() + "Z", "id": used.key}, "usage": usage, "n": [1, {"a": 2}]}


@pytest.mark.parametrize("kind", ["jsonl", "json"])
@_FEW
@given(records=USED.filter(lambda some: bool(some) and all(used.cost >= 0 for used in some)))
def test_keys_of_objects_within_objects(records: list[Used], kind: str, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("nested")
    objects = [_nested(used) for used in records]
    file = folder / f"usage.{kind}"
    if kind == "json":
        file.write_text(json.dumps(objects, indent=1))
    else:
        jsonl(file, *objects)
    assert sums_of(read(folder, NESTED, file).days) == counted(records)


def test_a_column_whose_name_has_a_dot_comes_first(tmp_path: Path) -> None:
    mapping = "columns: {at: t, images: usage.images}\n"
    row = {"t": "2026-10-01T00:00:00Z", "usage.images": 3, "usage": {"images": 5}}
    csv = written(tmp_path / "u.csv", "t,usage.images,usage\n2026-10-01T00:00:00Z,3,5\n")
    parquet = tmp_path / "u.parquet"
    pq.write_table(pa.table({name: [value] for name, value in row.items()}), parquet)
    for file in (csv, parquet, jsonl(tmp_path / "u.jsonl", row)):
        assert [day.images for day in read(tmp_path, mapping, file).days] == [3]


def test_an_object_under_a_name_with_a_dot_is_gone_into(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "u.jsonl", {"t": "2026-10-01T00:00:00Z", "a.b": {"c/d~e": 4}})
    assert [day.images for day in read(tmp_path, "columns: {at: t, images: a.b.c/d~e}\n", file).days] == [4]


def test_nested_keys_may_appear_late_but_must_appear(tmp_path: Path) -> None:
    plain = [{"t": "2026-10-01T00:00:00Z", "kind": "other"}] * 300
    late = {"t": "2026-10-01T00:00:00Z", "kind": "image", "usage": {"images": 7}}
    file = jsonl(tmp_path / "u.jsonl", *plain, late)
    mapping = "columns: {at: t, images: usage.%s}\nwhere: {kind: image}\n"
    assert [day.images for day in read(tmp_path, mapping % "images", file).days] == [7]
    assert "the file has no column `usage.imagse`" in refused(tmp_path, mapping % "imagse", file)


def test_a_nested_key_that_is_misspelt_is_told(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "u.jsonl", {"t": "2026-10-01T00:00:00Z", "usage": {"images": 7, "cost": None}})
    said = refused(tmp_path, "columns: {at: t, images: usage.image}\n", file)
    assert "the file has no column `usage.image`" in said
    assert "did you mean `usage.images`?" in said
    csv = written(tmp_path / "u.csv", "t,usage\n2026-10-01,5\n")
    assert "the file has no column `usage.image`" in refused(tmp_path, "columns: {at: t, images: usage.image}\n", csv)


@pytest.mark.parametrize("usage", [None, 5, "text", [1], {"images": None}, {"images": "x"}, {"images": [1]}, {}])
def test_a_row_without_the_nested_number_is_listed(usage: Any, tmp_path: Path) -> None:
    good = {"t": "2026-10-01T00:00:00Z", "usage": {"images": 7}}
    file = jsonl(tmp_path / "u.jsonl", good, {**good, "usage": usage})
    mapping = "columns: {at: t, images: usage.images}\n"
    assert "u.jsonl:2, field `usage.images`" in refused(tmp_path, mapping, file)
    reading = read(tmp_path, mapping, file, rejects=tmp_path / "r.csv")
    assert [day.images for day in reading.days] == [7]
    assert reading.rejected == 1


SIGNS = {
    "decimal: ','\nthousands: '.'\n": [("1.234,50", "1234.5"), ("1234,5", "1234.5"), ("-0,5", "-0.5"), ("7", "7")],
    "decimal: ','\nthousands: ' '\n": [
        ("1 234,5", "1234.5"),
        ("1\u00a0234\u00a0567,5", "1234567.5"),
        ("1\u202f234", "1234"),
    ],
    "decimal: ','\n": [("0,042", "0.042"), ("1234,5", "1234.5"), ("12", "12")],
    "thousands: ','\n": [("1,234.50", "1234.5"), ("1,234,567", "1234567"), ("0.042", "0.042")],
    'thousands: "\'"\n': [("1'234.5", "1234.5"), ("1\u2019234", "1234")],
}
NOT_WRITTEN_SO = {
    "decimal: ','\nthousands: '.'\n": ["1,234.5", "1.23", "1.2345", "12.34,5", "1..234", ",5", "1,2,3", "1e3", "$1,00"],
    "decimal: ','\nthousands: ' '\n": ["1.5", "1  234", "12 34", "1,234,5"],
    "decimal: ','\n": ["1.5", "1.234,5", "1 234", "1,", "--1"],
    "thousands: ','\n": ["1,23", "0,042", "1.234.567", "1,2345", "12,34.5"],
    'thousands: "\'"\n': ["1,5", "1 234", "1'23"],
}
COST = "columns: {at: t, cost: c}\n"


@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("cents", [False, True])
def test_numbers_are_read_by_the_signs_of_the_mapping(signs: str, cents: bool, tmp_path: Path) -> None:
    unit = "cost_unit: cents\n" if cents else ""
    for text, number in SIGNS[signs]:
        file = written(tmp_path / "u.csv", f"t;c\n2026-10-01;{text}\n")
        (day,) = read(tmp_path, COST + signs + unit, file).days
        assert day.cost == Decimal(number) / (100 if cents else 1)


@pytest.mark.parametrize("signs", NOT_WRITTEN_SO)
def test_numbers_with_other_signs_are_refused(signs: str, tmp_path: Path) -> None:
    numbers = NOT_WRITTEN_SO[signs]
    file = written(tmp_path / "u.csv", "t;c\n" + "".join(f"2026-10-01;{number}\n" for number in ["7", *numbers]))
    reading = read(tmp_path, COST + signs, file, rejects=tmp_path / "r.csv")
    assert [day.cost for day in reading.days] == [7]
    assert reading.rejected == len(numbers)


@_FEW
@given(
    number=st.decimals(-99_999_999, 99_999_999, places=3),
    signs=st.sampled_from([(",", "."), (",", " "), (".", ","), (".", "'")]),
)
def test_every_number_is_read_back(number: Decimal, signs: tuple[str, str], tmp_path_factory: Any) -> None:
    folder, (decimal, thousands) = tmp_path_factory.mktemp("signs"), signs
    text = f"{number:,}".translate({ord(","): thousands, ord("."): decimal})
    file = written(folder / "u.csv", f"t|c\n2026-10-01|{text}\n")
    mapping = f'{COST}decimal: "{decimal}"\nthousands: "{thousands}"\n'
    assert [day.cost for day in read(folder, mapping, file).days] == [number]


def test_dots_between_thousands_are_no_sign_in_json(tmp_path: Path) -> None:
    file = jsonl(tmp_path / "u.jsonl", {"t": "2026-10-01", "c": 1.234})
    said = refused(tmp_path, COST + "decimal: ','\nthousands: '.'\n", file)
    assert "a dot between thousands cannot be distinguished from the decimal point of a number in JSON" in said
    file = jsonl(tmp_path / "u.jsonl", {"t": "2026-10-01", "c": "1 234,5"})
    assert [day.cost for day in read(tmp_path, COST + "decimal: ','\nthousands: ' '\n", file).days] == [
        Decimal("1234.5")
    ]


PATTERN = r"""
pattern: '^(?P<at>\S+ \S+) (?P<level>[A-Z]+) (?:made (?P<images>\d+) images for \$(?P<cost>[\d.]+)|.*)$'
where: {level: INFO}
"""


def _line(used: Used) -> str:
    what = f"made {used.images} images for ${used.cost:f}" if used.ok else "made nothing"
    return f"{used.at.isoformat(sep=' ')} {'INFO' if used.ok else 'ERROR'} {what}"


@_FEW
@given(records=USED.filter(lambda some: bool(some) and all(used.cost >= 0 for used in some)))
def test_lines_of_text_by_a_pattern(records: list[Used], tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("lines")
    file = folder / "a.log"
    file.write_bytes(b"".join(f"{_line(used)}\r\n".encode() for used in records))
    assert sums_of(read(folder, PATTERN, file).days) == counted(records)


def test_groups_may_have_other_names(tmp_path: Path) -> None:
    mapping = "pattern: '^(?P<when>[^|]+)\\|(?P<n>\\d+)'\ncolumns: {at: when, images: n}\n"
    file = written(tmp_path / "a.log", "2026-10-01T00:00:00Z|3|x\n2026-10-01T00:00:01Z|4\n")
    assert [day.images for day in read(tmp_path, mapping, file).days] == [7]


def test_a_line_that_does_not_fit_is_listed(tmp_path: Path) -> None:
    file = written(tmp_path / "a.log", "2026-10-01 INFO made 3 images\n\n2026-10-01 INFO made 4 images\nTraceback\n")
    mapping = "pattern: '^(?P<at>\\S+) INFO made (?P<images>\\d+)'\n"
    said = refused(tmp_path, mapping, file)
    assert "the line does not match the pattern: `Traceback`" in said
    assert "a.log:4" in said
    reading = read(tmp_path, mapping, file, rejects=tmp_path / "r.csv")
    assert [day.images for day in reading.days] == [7]
    assert reading.rejected == 1


def test_files_whose_lines_do_not_fit_are_of_another_kind(tmp_path: Path) -> None:
    mapping = "pattern: '^(?P<at>\\S+) INFO made (?P<images>\\d+)'\n"
    file = written(tmp_path / "a.log", "nothing\nof\nthe kind\n")
    assert "most lines do not match the `pattern` of the mapping, such as `nothing`" in refused(tmp_path, mapping, file)
    file = written(tmp_path / "a.json", '{"a": 1}\n{"a": 2}\n')
    assert "this is JSON, and the mapping has a pattern for lines of text" in refused(tmp_path, mapping, file)
    line = '10.0.0.1 - - [2026-10-01T00:00:00Z] "POST /v1 HTTP/1.1" 200 1'
    assert [day.source for day in read(tmp_path, mapping, written(tmp_path / "n.log", line)).days] == ["nginx"]


def test_a_pattern_is_read_on_duckdb_only(tmp_path: Path) -> None:
    file = written(tmp_path / "a.log", "2026-10-01 3\n")
    options = ReadOptions(
        today=TODAY, mapping=mapped(tmp_path, "pattern: '^(?P<at>\\S+) (?P<images>\\d+)'\n"), on=SPARK
    )
    with pytest.raises(BadInput, match=r"a pattern on DuckDB only|pyspark is not installed"):
        read_usage([str(file)], options)


def test_no_pattern_takes_long(tmp_path: Path) -> None:
    mapping = "pattern: '^(?P<at>\\S+) (?:(?:(?:a+)+)+)+b?(?P<images>\\d+)?$'\n"
    file = written(tmp_path / "a.log", f"2026-10-01 {'a' * 50_000}c\n" * 20)
    assert "most lines do not match" in refused(tmp_path, mapping, file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {at: a, cost: b}\ndecimal: ';'\n", "invalid value `;`"),
        ("columns: {at: a, cost: b}\nthousands: '.'\n", "`.` cannot be both the decimal sign and the sign between"),
        ("columns: {at: a, cost: b}\ndecimal: ','\nthousands: ','\n", "`,` cannot be both the decimal sign"),
        ("columns: {at: a, cost: b}\nthousands: 3\n", "invalid value `3`"),
        ("columns: {at: a, cost: b}\npatern: x\n", "did you mean `pattern`?"),
        ("pattern: '(?P<at>x'\n", "invalid regular expression: missing )"),
        ("pattern: '(?P<at>x)(y)'\n", "a group has no name"),
        ("pattern: '(?P<at>x)(?P<at>y)'\n", "duplicate group `at`"),
        ("pattern: '^x$'\n", "the pattern has no group with a name"),
        ("pattern: '(?<at>x)'\n", "names of groups are written as"),
        ("pattern: '(?P<at>x)(?=y)'\n", "invalid regular expression: invalid perl operator"),
        ("pattern: '(?P<at>(?:x{1000}){1000})'\n", "invalid regular expression"),
        (f"pattern: '(?P<at>{'x' * 1_000})'\n", "the pattern is longer than 1,000 characters"),
        ("pattern: [a]\n", "invalid value `[a]`"),
        ("pattern: '(?P<when>x)(?P<images>y)'\n", "the column of timestamps is not mapped"),
        ("pattern: '(?P<at>x)'\n", "neither images nor requests nor cost are mapped"),
        ("pattern: '(?P<at>x)(?P<number>y)'\ncolumns: {images: numbr}\n", "did you mean `number`?"),
        ("pattern: '(?P<at>x)(?P<images>y)'\nwhere: {status: 200}\n", "the pattern has no group `status`"),
    ],
)
def test_what_a_mapping_cannot_say(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        load_mapping(mapped(tmp_path, text), 2027)
    assert said in str(error.value)
    assert "m.yaml" in str(error.value)
    assert "help: " in str(error.value)


def test_other_signs_and_patterns_are_other_mappings(tmp_path: Path) -> None:
    texts = [
        COST,
        COST + "decimal: ','\n",
        COST + "decimal: ','\nthousands: ' '\n",
        "pattern: '(?P<t>x)(?P<c>y)'\n" + COST,
        "pattern: '(?P<t>x)(?P<c>z)'\n" + COST,
    ]
    digests = [load_mapping(mapped(tmp_path, text), 2027).digest for text in texts]
    assert len(set(digests)) == len(digests)
    assert load_mapping(mapped(tmp_path, COST + "decimal: '.'\n"), 2027).digest == digests[0]
