"""Files that were once read wrongly without a word, or refused without a reason."""

from __future__ import annotations

import gzip
import io
import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from advisor.common.diagnostics import BadInput
from advisor.common.terminal import Progress
from advisor.usage.engines import DuckDBEngine, UnreadableRows
from advisor.usage.input_files import inputs_of
from advisor.usage.model import Reading, ReadOptions
from advisor.usage.read import read_usage

MAPPING = "meter: any\ncolumns: {at: at, images: images, cost: cost}\n"
HEADER = "at,images,cost\n"
ROW = "2026-08-02T00:00:00Z,7,1\n"
LONG = "2026-08-01T00:00:00Z,5," + "1" * 35_000_000


def read(*files: Path, **options: Any) -> Reading:
    return read_usage([str(file) for file in files], ReadOptions(today=date(2026, 11, 23), **options))


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "columns.mapping.yaml"
    path.write_text(MAPPING)
    return path


@pytest.mark.parametrize("behind", ["", "\n", "\n" + ROW * 3])
@pytest.mark.parametrize("packed", [False, True])
def test_a_line_longer_than_the_database_can_hold_is_refused_wherever_it_stands(
    tmp_path: Path, mapping: Path, behind: str, packed: bool
) -> None:
    data = (HEADER + ROW * 3 + LONG + behind).encode()
    file = tmp_path / ("long.csv.gz" if packed else "long.csv")
    file.write_bytes(gzip.compress(data, 1) if packed else data)
    with pytest.raises(BadInput, match=r"the line is longer than 1,000,000 bytes\n.*long\.csv(\.gz)?:5"):
        read(file, mapping=mapping)


@pytest.mark.parametrize("packed", [False, True])
def test_long_lines_are_found_and_none_where_there_are_none(tmp_path: Path, packed: bool) -> None:
    chance = random.Random(6)
    for number in range(12):
        file = tmp_path / f"{number}.csv"
        around = [ROW * chance.randrange(900_000) for _ in range(2)]
        long_line = number % 2 == 0
        data = (around[0] + "1" * (10_100_000 if long_line else 900_000) + "\n" + around[1]).encode()
        file.write_bytes(gzip.compress(data, 1) if packed else data)
        ((found,), _) = inputs_of([str(file)], lambda done: None)
        assert found.long_line == long_line


@pytest.mark.parametrize("array", [False, True])
def test_keys_that_appear_late_decide_what_counts(tmp_path: Path, array: bool) -> None:
    rows = [
        {
            "request_id": f"r{number}",
            "call_type": "aimage_generation",
            "spend": 0.04,
            "startTime": "2026-08-01T00:00:00Z",
            **({"status": "failure"} if number > 250 else {"cache_hit": "True"} if number > 230 else {}),
        }
        for number in range(300)
    ]
    file = tmp_path / "late.json"
    file.write_text(json.dumps(rows) if array else "".join(json.dumps(row) + "\n" for row in rows))
    (day,) = read(file).days
    assert (day.requests, day.cost) == (231, Decimal("9.24"))


def test_a_key_that_differs_in_case_only_is_no_reason_to_fail(tmp_path: Path) -> None:
    row = {"request_id": "r", "call_type": "image_generation", "spend": 1, "startTime": "2026-08-01", "Status": "x"}
    file = tmp_path / "case.jsonl"
    file.write_text(json.dumps(row) + "\n")
    (day,) = read(file).days
    assert day.requests == 1


@pytest.mark.parametrize("time", ["unix_s", "unix_ms"])
@pytest.mark.parametrize("stamp", ["99999999999999", "-99999999999999", "99999999999999999"])
def test_an_epoch_out_of_range_is_a_row_that_cannot_be_read(tmp_path: Path, time: str, stamp: str) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text(MAPPING + f"time: {time}\n")
    file = tmp_path / "epoch.csv"
    file.write_text(f"{HEADER}{stamp},5,1\n")
    with pytest.raises(BadInput, match=r"the timestamp .*\n.*epoch\.csv:2"):
        read(file, mapping=mapping)


def test_rows_that_nobody_can_find_are_no_traceback(
    tmp_path: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise UnreadableRows("Out of Range\nand more")

    monkeypatch.setattr(DuckDBEngine, "rows_of", fails)
    file = tmp_path / "a.csv"
    file.write_text(HEADER + ROW)
    with pytest.raises(BadInput, match=r"the rows cannot be computed with: out of range\n.*a\.csv"):
        read(file, mapping=mapping)


def _page(images: int, start: int = 1_780_272_000, **keys: str) -> str:
    result = {"object": "organization.usage.images.result", "images": images, "num_model_requests": images, **keys}
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": [result]}
    return json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None})


@pytest.mark.parametrize(("other", "said"), [(1_500, True), (1_000, False)])
def test_other_numbers_under_the_same_identity_are_told(tmp_path: Path, other: int, said: bool) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file, images in zip(files, (1_000, other), strict=True):
        file.write_text(_page(images))
    reading = read(*files)
    assert [day.images for day in reading.days] == [other]
    what = "openai-usage: 1 rows have other numbers in another file or page, and the larger count: if they are of "
    assert any(note.startswith(what) and "group_by=project_id" in note for note in reading.notes) == said


def test_a_day_in_groups_of_two_kinds_is_refused(tmp_path: Path) -> None:
    whole, by_model = tmp_path / "whole.json", tmp_path / "by-model.json"
    whole.write_text(_page(1_000))
    by_model.write_text(_page(600, model="dall-e-3"))
    with pytest.raises(BadInput) as refused:
        read(whole, by_model)
    how = f"grouped by model here, as a whole in {whole}, so its images would count twice"
    assert str(refused.value).splitlines()[0] == f"error: duplicate day 2026-06-01: {how}"
    next_day = tmp_path / "next.json"
    next_day.write_text(_page(600, start=1_780_272_000 + 86_400, model="dall-e-3"))
    assert [day.images for day in read(whole, next_day).days] == [1_000, 600]


def test_a_page_of_the_future_is_listed_among_the_rejects(tmp_path: Path) -> None:
    file, rejects = tmp_path / "pages.json", tmp_path / "rejects.csv"
    file.write_text(_page(5) + "\n" + _page(7, start=4_000_000_000 - 4_000_000_000 % 86_400))
    with pytest.raises(BadInput, match="the timestamp is in the future"):
        read(file)
    reading = read(file, rejects=rejects)
    assert [day.images for day in reading.days] == [5]
    assert reading.rejected == 1
    assert f"{file}: 1 row that cannot be read is left out; see {rejects}" in reading.notes
    assert rejects.read_text().splitlines()[1].startswith(f"{file},2,the timestamp is in the future")


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "x" * 300_000])
def test_a_first_line_of_json_with_odd_breaks_or_of_great_length_is_told(tmp_path: Path, text: str) -> None:
    row = {"request_id": "r1", "prompt": text, "call_type": "image_edit", "spend": 1, "startTime": "2026-08-01"}
    file = tmp_path / "odd.jsonl"
    file.write_text("".join(json.dumps(row | {"request_id": key}, ensure_ascii=False) + "\n" for key in "abc"))
    (day,) = read(file).days
    assert day.requests == 3


@pytest.mark.parametrize(
    "header", [",at,images,cost", "\n\n,at,images,cost", ",at,images,cost\r", "\r\n,at,images,cost"]
)
def test_unnamed_columns_and_leading_blank_lines_are_read(tmp_path: Path, mapping: Path, header: str) -> None:
    file = tmp_path / "pandas.csv"
    file.write_bytes(f"{header}\n0,2026-08-01T00:00:00Z,5,1\n1,2026-08-01T00:00:00Z,6,2\n".encode())
    (day,) = read(file, mapping=mapping).days
    assert (day.images, day.cost, day.rows) == (Decimal(11), Decimal(3), 2)


def test_several_unnamed_columns_are_none_twice(tmp_path: Path, mapping: Path) -> None:
    file = tmp_path / "empty.csv"
    file.write_text("at,images,cost,,\n2026-08-01T00:00:00Z,5,1,,\n")
    (day,) = read(file, mapping=mapping).days
    assert (day.images, day.cost) == (Decimal(5), Decimal(1))
    file.write_text("at,images,cost,,\n2026-08-01T00:00:00Z,5,1,,\n,,,,\n")
    with pytest.raises(BadInput, match=r"missing timestamp\n.*empty\.csv:3"):
        read(file, mapping=mapping)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_no_control_characters_of_a_name() -> None:
    stream = _Terminal()
    Progress(stream).phase("reading a\x1b[31m\u202eb.csv")(1)
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()


def test_mapped_keys_may_appear_late_but_must_appear(tmp_path: Path) -> None:
    mapping = tmp_path / "late.mapping.yaml"
    mapping.write_text(MAPPING + "where: {ok: [true]}\n")
    rows: list[dict[str, Any]] = [{"at": "2026-08-01T00:00:00Z", "images": 1} for _ in range(50_000)]
    file = tmp_path / "late.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0] | {"ok": True, "cost": 3}]))
    (day,) = read(file, mapping=mapping).days
    assert (day.images, day.cost, day.rows) == (Decimal(1), Decimal(3), 1)
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0] | {"ok": True, "cots": 3}]))
    with pytest.raises(BadInput, match="the file has no column `cost`"):
        read(file, mapping=mapping)
