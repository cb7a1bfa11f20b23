"""Rows that cannot be decided: told with line, field, reason and help, in the words of scenario files."""

from __future__ import annotations

import pytest

from tests.sweep.sweeping import OUTCOME, PLAIN, Sweeping, outcomes

HEADER = ",".join(PLAIN)
ROW = ",".join(PLAIN.values())


def test_lines_and_words(sweeping: Sweeping) -> None:
    images = PLAIN["monthly_images"]
    rows = [
        f"fine,{ROW}",
        f"too few,{ROW.rpartition(',')[0]}",
        "",
        f'"two\nlines",{ROW.replace("tolerant", "tolerent")}',
        f"too many,{ROW},{ROW}",
        f"comma,{ROW.replace(images, chr(34) + '50,000' + chr(34))}",
        f"two faults,{ROW.replace('0.03', '-1').replace('prompt_only', 'adapters ')}",
        f"fine as well,{ROW}",
    ]
    (sweeping.folder / "in.csv").write_text(f"id,{HEADER}\n" + "\n".join(rows) + "\n")
    assert sweeping("in.csv", "out.csv") == (2, "2 rows decided: out.csv\n5 rows rejected: out.csv.rejects.csv\n")
    assert [row["id"] for row in sweeping.read("out.csv")] == ["fine", "fine as well"]
    assert outcomes(sweeping.read("out.csv")) == [OUTCOME] * 2
    controls = "`prompt_only`, `pinned_version`, `adapters` or `latents`"
    quotes = "put a cell that holds a comma or a line break in double quotes"
    assert sweeping.rejects("out.csv") == [
        ("3", "", "the cells of this row are 13, those of the header 14", quotes),
        (
            "5",
            "latency",
            "`tolerent` is not an option of `latency`",
            "did you mean `tolerant`? write `tolerant` or `predictable`",
        ),
        ("7", "", "the cells of this row are 27, those of the header 14", quotes),
        ("8", "monthly_images", "`50,000` is not a plain number", "write 50000: a plain number, images a month"),
        (
            "9",
            "control",
            "`adapters ` is not an option of `control`",
            f"did you mean `adapters`? write {controls}",
        ),
        ("9", "open_price", "`-1` is negative", "write a plain number, dollars per image, such as 0.03"),
    ]


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("open_price", "0.0300001", "`0.0300001` has more digits than are kept"),
        ("open_price", "0.03000000000000000001", "`0.03000000000000000001` has more digits than are kept"),
        ("open_price", "1000000.000001", "`1000000.000001` is more than 1,000,000, the most that is computed"),
        ("open_price", "0", "`0` is not more than zero"),
        ("open_price", "NaN", "`NaN` is not a plain number"),
        ("open_price", "0,03", "`0,03` is not a plain number"),
        ("images_per_gpu_hour", "0100", "`0100` starts with a zero, which some programs read as octal"),
        ("monthly_images", " 5", "` 5` is not a plain number"),
        ("monthly_images", "1,000", "`1,000` is not a plain number"),
        ("monthly_images", "5.5", "`5.5` is not a whole number"),
        ("monthly_images", "null", "`null` is not a plain number"),
        (
            "monthly_images",
            "1000000000000",
            "1,000,000,000,000 images a month at `open_price` cost more than $9,000,000,000",
        ),
        ("monthly_images_low", "50001", "`monthly_images_low` is 50,001, more than `monthly_images`, 50,000"),
        ("monthly_images_high", "49999", "`monthly_images` is 50,000, more than `monthly_images_high`, 49,999"),
        ("indemnity_required", "yes", "the text `yes` is neither true nor false"),
        ("indemnity_required", "1", "the text `1` is neither true nor false"),
        ("residency", "Anywhere", "`Anywhere` is not an option of `residency`"),
        ("title", "x" * 10_001, "the text has 10,001 characters, more than 10,000"),
    ],
)
def test_a_cell_is_read_as_a_scenario_file_would_be(field: str, cell: str, reason: str, sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, field: cell}])
    assert sweeping("in.csv", "out.csv").code == 2
    assert sweeping.read("out.csv") == []
    told = sweeping.rejects("out.csv")[0]
    assert told[2].startswith(reason)
    assert told[1] == ("monthly_images" if field == "monthly_images_high" else field)


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("open_price", "3e-2"),
        ("open_price", "+0.03"),
        ("open_price", ".03"),
        ("open_price", "0.030000000000000000"),
        ("monthly_images", "5e4"),
        ("monthly_images", "50000.0"),
        ("indemnity_required", "False"),
        ("train_on_outputs", "FALSE"),
        ("title", "x" * 10_000),
        ("title", "null"),
        ("region", ""),
    ],
)
def test_other_spellings_of_the_same_answer(field: str, cell: str, sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, field: cell}])
    assert sweeping("in.csv", "out.csv").code == 0
    assert outcomes(sweeping.read("out.csv")) == [OUTCOME]
    assert sweeping.read("out.csv")[0][field] == cell


def test_json_lines_that_are_no_rows(sweeping: Sweeping) -> None:
    lines = [
        '{"latency": "tolerant"}',
        "[1]",
        '{"latency": ',
        "",
        '{"latency": 1, "latency": 2}',
        '{"title": "\\ud800"}',
        '{"title": 5}',
        '{"open_price": true, "monthly_images": [1], "closed_price": 0.0400000001}',
        f'{{"title": "{"x" * 1_000_000}"}}',
    ]
    (sweeping.folder / "in.jsonl").write_bytes("\n".join(lines).encode() + b'\n{"title": "\xff"}\n')
    assert sweeping("in.jsonl", "out.jsonl").said.startswith("1 row decided, 1 of them still open")
    assert [row[:3] for row in sweeping.rejects("out.jsonl")] == [
        ("2", "", "this is not an object of names and values"),
        ("3", "", "this is not valid JSON: expecting value at character 12"),
        ("5", "", "duplicate key `latency`"),
        ("6", "", "a text holds half a character"),
        ("7", "title", "`5` is not text"),
        ("8", "monthly_images", "expected one value, not a list"),
        ("8", "open_price", "`true` is not a number"),
        ("8", "closed_price", "`0.0400000001` has more digits than are kept"),
        ("9", "", "the line is longer than 1,000,000 bytes"),
        ("10", "", "byte `0xff` is not UTF-8 text"),
    ]


def test_parquet_rows_are_numbered_and_their_values_exact(sweeping: Sweeping) -> None:
    numbers: dict[str, object] = {**PLAIN, "open_price": 0.03, "monthly_images": 50_000.0}
    rows = [numbers, {**numbers, "open_price": 0.1 + 0.2}, {**numbers, "monthly_images": float("nan")}, numbers]
    sweeping.write("in.parquet", rows)
    assert sweeping("in.parquet", "out.parquet").code == 2
    assert outcomes(sweeping.read("out.parquet")) == [OUTCOME] * 2
    assert [row[:3] for row in sweeping.rejects("out.parquet")] == [
        ("2", "open_price", "`0.30000000000000004` has more digits than are kept"),
        ("3", "monthly_images", "`NaN` is not a finite number"),
    ]


def test_rejects_of_an_earlier_sweep_are_removed(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, "latency": "x"}])
    assert sweeping("in.csv", "out.csv").code == 2
    sweeping.write("in.csv", [PLAIN])
    assert sweeping("in.csv", "out.csv").code == 0
    assert sorted(path.name for path in sweeping.folder.iterdir()) == ["in.csv", "out.csv"]


def test_rejects_go_where_they_are_told_to(sweeping: Sweeping) -> None:
    sweeping.write("in.csv", [{**PLAIN, "latency": "x"}])
    told = sweeping.folder / "bad.csv"
    assert sweeping("in.csv", "out.csv", "--rejects", str(told)).said.endswith("1 row rejected: bad.csv\n")
    assert told.read_text().count("\n") == 2
    assert not (sweeping.folder / "out.csv.rejects.csv").exists()


def test_nothing_deprecated_is_called(sweeping: Sweeping, recwarn: pytest.WarningsRecorder) -> None:
    sweeping.write("in.parquet", [PLAIN, {**PLAIN, "latency": ""}])
    assert sweeping("in.parquet", "out.parquet").code == 0
    assert [str(warning.message) for warning in recwarn if issubclass(warning.category, DeprecationWarning)] == []
