"""The history: what was appended comes back, once, however often and in whatever order it was put together."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.usage import history as module
from advisor.usage import history_lines
from advisor.usage.history import History, append, counting, read_history
from advisor.usage.history_lines import Seen, line_of, seen_in
from advisor.usage.model import Basis, Day
from tests.monitor.history_examples import FIRST, READ_ON, READINGS, RUNS, days, part_of, plain_day, sightings

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Thousands of small files, each synchronised: not on a disk."""
NOV = date(2026, 11, 23)
ANYTHING = (
    *[st.none() | st.decimals(), st.none() | st.integers(), st.none() | st.decimals(), st.none() | st.decimals()],
    *[st.none() | st.text(), st.integers(), st.datetimes(), st.datetimes()],
)
"""The numbers, the currency, the rows and the span of a Day, whatever they are."""
SAME_DAY = st.lists(
    st.tuples(st.lists(days(FIRST, ("nginx", "gateway")), min_size=1, max_size=3, unique_by=part_of), READ_ON).map(
        lambda run: sightings(*run)[0]
    ),
    max_size=6,
)


def after(runs: Iterable[tuple[list[Day], date]]) -> tuple[History, bytes, list[int]]:
    """The history of some runs, the file's bytes, and how many lines each added."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder, "a.usage.jsonl")
        added = [append(path, seen, read) for seen, read in runs]
        return read_history(path), path.read_bytes() if path.exists() else b"", added


def read(content: bytes) -> History:
    seen, _, torn = seen_in(content, Path("f"))
    return History(tuple(seen), torn)


@given(READINGS, READ_ON)
def test_what_one_run_saw_comes_back(seen: list[Day], on: date) -> None:
    history, _, _ = after([(seen, on)])
    assert len(history.days()) == len(seen)
    assert set(history.days()) == set(seen)
    assert {one.read for one in history.seen} <= {on}


@given(RUNS)
def test_the_same_runs_again_add_nothing(runs: list[tuple[list[Day], date]]) -> None:
    _, once, added = after(runs)
    _, twice, again = after([*runs, runs[-1]] if runs else runs)
    assert once == twice
    assert not runs or again[-1] == 0
    assert sum(added) == once.count(b"\n")


@given(RUNS, READINGS, READ_ON)
def test_judging_before_writing_knows_what_judging_after_would(
    runs: list[tuple[list[Day], date]], seen: list[Day], on: date
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.usage.jsonl"
        for days_, read in runs:
            append(path, days_, read)
        before = read_history(path).with_days(seen, on)
        append(path, seen, on)
        assert before.days() == read_history(path).days()


@given(READINGS, READ_ON, READ_ON)
def test_what_is_known_is_not_written_again_on_another_day(seen: list[Day], on: date, later: date) -> None:
    _, _, added = after([(seen, on), (seen, later)])
    assert added[1] == 0


@given(RUNS, RUNS)
def test_histories_put_together_in_either_order_are_the_same(
    some: list[tuple[list[Day], date]], others: list[tuple[list[Day], date]]
) -> None:
    _, a, _ = after(some)
    _, b, _ = after(others)
    assert read(a + b).days() == read(b + a).days()
    assert read(a + a).days() == read(a).days()
    assert read(a + b + a).days() == read(a + b).days()


@given(SAME_DAY, st.randoms(use_true_random=False))
def test_what_counts_does_not_overlap_and_does_not_depend_on_the_order(seen: list[Seen], random: object) -> None:
    taken = counting(seen)
    assert not any(one.overlaps(other) for at, one in enumerate(taken) for other in taken[:at])
    shuffled = seen[::-1] + seen
    assert counting(shuffled) == taken
    rows = {one: sum(day.rows for day in one.days) for one in seen}
    for one in seen:
        assert one in taken or any(one.overlaps(other) and rows[other] >= rows[one] for other in taken)


@given(SAME_DAY)
def test_the_days_are_plain_sums_of_what_counts(seen: list[Seen]) -> None:
    parts = [day for one in counting(seen) for day in one.days]
    found = History(tuple(seen)).days()
    assert {part_of(day) for day in found} == {part_of(day) for day in parts}
    for day in found:
        several = [part for part in parts if part_of(part) == part_of(day)]
        for field in ("images", "requests", "megapixels", "cost"):
            stated = [getattr(part, field) for part in several if getattr(part, field) is not None]
            assert getattr(day, field) == (sum(stated) if stated else None)
        assert day.rows == sum(part.rows for part in several)
        assert (day.first, day.last) == (min(p.first for p in several), max(p.last for p in several))


@given(SAME_DAY)
def test_overlap_is_mutual_and_with_oneself(seen: list[Seen]) -> None:
    for one in seen:
        assert one.overlaps(one)
        assert all(one.overlaps(other) == other.overlaps(one) for other in seen)


def log(first: str, last: str, rows: int, images: int = 1) -> Day:
    """A part of a log of the first day."""
    times = [datetime.fromisoformat(f"2026-10-01T{time}") for time in (first, last)]
    return replace(plain_day(0, images), rows=rows, first=times[0], last=times[1])


@pytest.mark.parametrize(
    ("readings", "images"),
    [
        ([log("00:00", "12:00", 100, 100), log("12:00", "23:59", 150, 150)], 250),  # rotated within a second
        ([log("00:00", "12:00", 100, 100), log("00:00", "23:59", 250, 250)], 250),  # grown
        ([log("00:00", "23:59", 250, 250), log("12:00", "23:59", 150, 150)], 250),  # a part of it again
        ([log("00:00", "00:00", 1, 1), log("00:00", "12:00", 9, 9)], 9),  # grown from a first request
        ([log("01:00", "01:00", 1, 1), log("01:00", "01:00", 2, 2)], 2),
        ([log("01:00", "01:00", 1, 1), log("02:00", "02:00", 1, 5)], 6),
        ([log("00:00", "12:00", 9, 100), log("00:00", "12:00", 9, 90)], 90),  # a bill, and its correction a day later
        ([log("00:00", "12:00", 9, 100), log("00:00", "12:00", 9, 90), log("00:00", "12:00", 9, 100)], 100),  # undone
        ([log("00:00", "12:00", 9, 0), log("00:00", "12:00", 9, 5)], 5),
        ([log("00:00", "12:00", 9, 5), log("00:00", "12:00", 8, 50)], 5),
    ],
)
def test_readings_on_following_days(readings: list[Day], images: int) -> None:
    history, _, _ = after([([day], NOV + timedelta(days=at)) for at, day in enumerate(readings)])
    (day,) = history.days()
    assert day.images == images


def test_a_bill_read_with_more_detail_takes_the_place_of_the_coarse_one() -> None:
    coarse = replace(plain_day(0), basis=Basis.DERIVED, images=None)
    for runs in ([coarse, plain_day(0)], [plain_day(0), coarse]):
        history, _, _ = after([([day], NOV + timedelta(days=at)) for at, day in enumerate(runs)])
        assert history.days() == (plain_day(0),)


def test_a_day_of_which_nothing_was_known_yet_gives_way_to_what_is_known() -> None:
    nothing = replace(plain_day(0), images=Decimal(0), cost=None, currency=None)
    paid = replace(plain_day(0), basis=Basis.DERIVED, images=None, cost=Decimal(5))
    for runs in ([nothing, paid], [paid, nothing]):
        history, _, _ = after([([day], NOV + timedelta(days=at)) for at, day in enumerate(runs)])
        assert history.days() == (paid,)


def test_a_file_that_is_not_there_is_an_empty_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none.usage.jsonl") == History(())
    assert read_history(tmp_path / "none.usage.jsonl").days() == ()


def test_a_line_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "a.usage.jsonl"
    assert append(path, [plain_day(0)], NOV) == 1
    line = json.loads(path.read_text())
    assert len(line.pop("check")) == 12
    assert line == {
        "v": 1,
        "read": "2026-11-23",
        "day": "2026-10-01",
        "source": "openai-costs",
        "meter": "openai",
        "parts": [
            {
                "basis": "counted",
                "images": "7",
                "requests": None,
                "megapixels": None,
                "cost": "0.28",
                "currency": "USD",
                "rows": 1,
                "first": "2026-10-01T00:00:00",
                "last": "2026-10-02T00:00:00",
            }
        ],
    }


@given(st.data())
def test_a_changed_line_in_the_middle_is_refused_by_number(data: st.DataObject) -> None:
    lines = [line_of(Seen(NOV, (plain_day(at),)), Path("f")) for at in range(4)]
    number = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(lines[number]) - 2))
    changed = bytearray(lines[number])
    changed[at] = data.draw(st.integers(33, 126).filter(lambda byte: byte != changed[at]))
    lines[number] = bytes(changed)
    with pytest.raises(BadInput) as refused:
        read(b"".join(lines))
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, bool(problem.help)) == ("f", number + 1, True)


@pytest.mark.parametrize(
    "content",
    [
        b"date,images\n",
        b"date,images",
        b'{"object": "page"}',
        b"\xff\xfe",
        b"[" * 4000,
        b"{}\n",
        b'"' * 9 + b"\n",
        b"0",
    ],
)
def test_another_file_is_refused_and_not_touched(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not one that the monitor wrote"):
        read_history(path)
    with pytest.raises(BadInput, match="not one that the monitor wrote"):
        append(path, [plain_day(0)], NOV)
    assert path.read_bytes() == content


def test_a_line_of_a_later_version_is_refused_even_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.usage.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr("advisor.usage.history_lines.VERSION", 2)
        append(path, [plain_day(0)], NOV)
    with pytest.raises(BadInput, match="of version `2`"):
        append(path, [plain_day(1)], NOV)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=3), st.data())
def test_a_forged_line_gives_days_or_bad_input(odd: object, data: st.DataObject) -> None:
    line = json.loads(line_of(Seen(NOV, (plain_day(0),)), Path("f")))
    del line["check"]
    inside = data.draw(st.sampled_from([line, line["parts"][0]]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = odd
    line["check"] = history_lines._check(line)
    try:
        read(json.dumps(line).encode() + b"\n").days()
    except BadInput as refused:
        (problem,) = refused.problems
        found = problem.line
    else:
        found = 1
    assert found == 1


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.usage.jsonl"
    with pytest.raises(BadInput, match="more than 4,096 bytes"):
        append(path, [replace(plain_day(0), meter="m" * 5000)], NOV)
    path.write_bytes(b'{"v":1,' + b" " * 5000)
    with pytest.raises(BadInput, match="more than 4,096 bytes"):
        read_history(path)
    path.unlink()
    append(path, [plain_day(0)], NOV)
    size = path.stat().st_size
    monkeypatch.setattr(module, "MAX_BYTES", size)
    assert read_history(path).days()
    with pytest.raises(BadInput, match="bytes here"):
        append(path, [plain_day(1)], NOV)
    assert path.stat().st_size == size
    monkeypatch.setattr(module, "MAX_BYTES", size - 1)
    with pytest.raises(BadInput, match="bytes here"):
        read_history(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none" / "a.jsonl", Path("a\0b")):
        with pytest.raises(BadInput):
            append(path, [plain_day(0)], NOV)
    for path in (tmp_path, tmp_path / "pipe", Path("a\0b")):
        with pytest.raises(BadInput):
            read_history(path)


def test_equal_numbers_written_differently_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.usage.jsonl"
    assert append(path, [replace(plain_day(0), images=Decimal(100), cost=Decimal("1.50"))], NOV) == 1
    assert append(path, [replace(plain_day(0), images=Decimal("1E+2"), cost=Decimal("1.5"))], NOV) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"last": datetime(2026, 9, 1)},
        {"cost": Decimal("NaN")},
        {"cost": Decimal("Infinity")},
        {"images": Decimal(10) ** 41},
        {"images": Decimal("1e-41")},
        {"requests": 1.5},
        {"first": datetime(2026, 9, 1, tzinfo=UTC), "last": datetime(2026, 10, 1, tzinfo=UTC)},
        {"day": date(10_000 - 1, 12, 31), "rows": True},
    ],
)
def test_what_would_not_be_read_again_is_not_written(wrong: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a.usage.jsonl"
    append(path, [plain_day(0)], NOV)
    before = path.read_bytes()
    with pytest.raises(BadInput, match="cannot be kept in a history") as error:
        append(path, [plain_day(1), replace(plain_day(2), **wrong)], NOV)  # type: ignore[arg-type]
    assert "help: check the dates of that day; --no-history leaves the history out" in str(error.value)
    assert path.read_bytes() == before


@given(st.lists(st.builds(Day, *[st.from_type(kind) for kind in (date, str, str, Basis)], *ANYTHING), max_size=3))
def test_whatever_is_accepted_is_read_again(seen: list[Day]) -> None:
    try:
        history, _, _ = after([(seen, NOV)])
    except BadInput:
        return
    assert {(day.day, day.source, day.meter) for day in history.days()} == {(d.day, d.source, d.meter) for d in seen}
