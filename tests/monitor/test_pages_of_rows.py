"""Rows without a page, and pages of rows: bare predictions of Replicate, and LiteLLM's `/spend/logs/ui`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage.model import Reading, ReadOptions
from advisor.usage.read import read_usage

pytestmark = pytest.mark.filterwarnings("ignore")
SAMPLES = Path(__file__).parent / "samples"
ROWS: list[dict[str, Any]] = [
    {
        "request_id": f"id-{number}",
        "call_type": "aimage_generation" if number % 4 else "acompletion",
        "spend": 0.04,
        "startTime": f"2026-10-{1 + number:02}T08:00:00.123000Z",
        "status": "success",
        "metadata": {"usage": {"data": [1, {"data": []}]}},
        "messages": '{"data": [{"request_id": "in a text", "call_type": "x", "spend": 1}]}',
    }
    for number in range(20)
]


def read(*files: Path, **options: Any) -> Reading:
    return read_usage([str(file) for file in files], ReadOptions(today=date(2026, 11, 23), **options))


def page(rows: Sequence[dict[str, Any]], number: int, of: int, *, first: bool = True) -> dict[str, Any]:
    counts = {"total": len(ROWS), "page": number, "page_size": 10, "total_pages": of}
    return {"data": rows, **counts} if first else {**counts, "data": rows}


@pytest.fixture(scope="module")
def of_the_table(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """What is read from the rows in one table."""
    table = tmp_path_factory.mktemp("rows") / "table.json"
    table.write_text(json.dumps(ROWS))
    return read(table)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", ["files", "lines", "array"])
def test_pages_of_spend_logs_are_the_table(
    indent: int | None, first: bool, how: str, of_the_table: Reading, tmp_path: Path
) -> None:
    pages = [page(ROWS[:10], 1, 2, first=first), page(ROWS[10:], 2, 2, first=first)]
    texts = [json.dumps(one, indent=indent) for one in pages]
    files = [tmp_path / f"page{number}.json" for number in (1, 2)]
    if how == "files":
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
    else:
        files[0].write_text("\n".join(texts) if how == "lines" else f"[{','.join(texts)}]")
    reading = read(*files) if how == "files" else read(files[0])
    assert reading.days == of_the_table.days
    assert sum(day.requests or 0 for day in reading.days) == 15
    assert not any("in none of" in note for note in reading.notes)


def test_pages_that_are_missing_are_named(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps(page(ROWS[10:], 2, 4)))
    assert "litellm-logs: of 4 pages with 20 rows, 3 are in none of the files: 1, 3, 4" in read(file).notes


def test_a_page_without_rows_is_read(tmp_path: Path) -> None:
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    files[0].write_text(json.dumps(page(ROWS, 1, 1)))
    files[1].write_text(json.dumps({"data": [], "total": 0, "page": 1, "page_size": 50, "total_pages": 0}))
    assert sum(day.requests or 0 for day in read(*files).days) == 15
    assert read(files[1]).days == ()


def test_a_row_of_a_page_at_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    rows = [ROWS[1], {**ROWS[2], "startTime": "yesterday"}, {**ROWS[3], "spend": "much"}]
    file = tmp_path / "page.json"
    text = json.dumps(page(rows, 1, 1), indent=1)
    file.write_text(text)
    with pytest.raises(BadInput, match="2 rows cannot be read"):
        read(file)
    reading = read(file, rejects=tmp_path / "r.csv")
    assert (sum(day.requests or 0 for day in reading.days), reading.rejected) == (1, 2)
    lines = [int(row.split(",")[1]) for row in (tmp_path / "r.csv").read_text().splitlines()[1:]]
    assert ["id-2" in text.splitlines()[line] for line in lines] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        '{"data": [{"request_id": "a", "call_type": "image_generation", "spend": 1',
        '{"data": [{"request_id": "a", "call_type": "image_generation", "spend": 1}, 5], "total_pages": 1}',
        '{"data": [{"request_id": "a", "call_type": "b", "spend": 1}]}{"data": {}}',
        '{"data": [], "total_pages": "x"}{',
        '{"data": [',
    ],
)
def test_pages_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(text)
    with pytest.raises(BadInput):
        read(file)


@pytest.mark.parametrize("name", ["replicate-predictions-list.images.json", "replicate-predictions-list.response.json"])
@pytest.mark.parametrize("how", ["array", "lines", "pages in an array"])
def test_bare_predictions_are_those_of_a_page(name: str, how: str, tmp_path: Path) -> None:
    saved = json.loads((SAMPLES / name).read_text())
    file = tmp_path / "p.json"
    predictions = saved["results"]
    if how == "lines":
        file.write_text("".join(json.dumps(one) + "\n" for one in predictions))
    else:
        file.write_text(json.dumps(predictions if how == "array" else [saved], indent=1))
    bare, paged = read(file), read(SAMPLES / name)
    assert bare.days == paged.days
    expected = [note.replace(str(SAMPLES / name), str(file)) for note in paged.notes[1:]]
    assert list(bare.notes[1:]) == [note for note in expected if how[0] == "p" or "more pages" not in note]


def test_a_bare_prediction_at_fault_is_told_with_its_place(tmp_path: Path) -> None:
    predictions = json.loads((SAMPLES / "replicate-predictions-list.images.json").read_text())["results"]
    del predictions[1]["status"]
    file = tmp_path / "p.json"
    file.write_text(json.dumps(predictions))
    with pytest.raises(BadInput, match=r"`status` is missing[^$]*field `\[1\].status`"):
        read(file)


def test_objects_of_other_services_are_no_predictions(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps([{"id": "a", "status": "completed", "created_at": 1, "object": "video"}]))
    with pytest.raises(BadInput, match="unrecognised file format"):
        read(file)
