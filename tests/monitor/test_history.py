"""The history: what was appended comes back, once, in whatever order it was added; other files are left alone."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.usage import history as module
from advisor.usage.history import History, append, counting, read_history
from advisor.usage.model import Basis, Day, Observation
from tests.monitor.history_examples import (
    FIRST,
    NOV,
    READ_ON,
    READINGS,
    RUNS,
    after,
    days,
    names_in,
    observed,
    part_of,
    plain_day,
)

ANYTHING = (
    *[st.none() | st.decimals(), st.none() | st.integers(), st.none() | st.decimals(), st.none() | st.decimals()],
    *[st.none() | st.text(), st.integers(), st.datetimes(), st.datetimes()],
)
"""The numbers, the currency, the rows and the span of a Day, whatever they are."""
SAME_DAY = st.lists(
    st.tuples(st.lists(days(FIRST, ("nginx", "gateway")), min_size=1, max_size=3, unique_by=part_of), READ_ON).map(
        lambda run: observed(*run)[0]
    ),
    max_size=6,
)


@given(READINGS, READ_ON)
def test_what_one_run_saw_comes_back(seen: list[Day], on: date) -> None:
    history, _, _ = after([(seen, on)])
    assert len(history.days()) == len(seen)
    assert set(history.days()) == set(seen)
    assert {one.read_on for one in history.observations} <= {on}


@given(RUNS)
def test_the_same_runs_again_add_nothing(runs: list[tuple[list[Day], date]]) -> None:
    _, once, added = after(runs)
    _, twice, again = after([*runs, runs[-1]] if runs else runs)
    assert once == twice
    assert not runs or again[-1] == 0
    assert sum(added) == sum(again)


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
def test_the_order_of_observations_does_not_matter(
    some: list[tuple[list[Day], date]], others: list[tuple[list[Day], date]]
) -> None:
    a, b = (after(runs)[0].observations for runs in (some, others))
    assert History(a + b).days() == History(b + a).days()
    assert History(a + a).days() == History(a).days()
    assert History(a + b + a).days() == History(a + b).days()


@given(SAME_DAY, st.randoms(use_true_random=False))
def test_what_counts_does_not_overlap_and_does_not_depend_on_the_order(seen: list[Observation], random: object) -> None:
    taken = counting(seen)
    assert not any(one.overlaps(other) for at, one in enumerate(taken) for other in taken[:at])
    shuffled = seen[::-1] + seen
    assert counting(shuffled) == taken
    rows = {one: sum(day.rows for day in one.days) for one in seen}
    for one in seen:
        assert one in taken or any(one.overlaps(other) and rows[other] >= rows[one] for other in taken)


@given(SAME_DAY)
def test_the_days_are_plain_sums_of_what_counts(seen: list[Observation]) -> None:
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
def test_overlap_is_mutual_and_with_oneself(seen: list[Observation]) -> None:
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
    assert read_history(tmp_path / "none.usage.sqlite") == History(())
    assert read_history(tmp_path / "none.usage.sqlite").days() == ()


def test_the_history_is_a_plain_database(tmp_path: Path) -> None:
    path = tmp_path / "a.usage.sqlite"
    assert append(path, [plain_day(0)], NOV) == 1
    with closing(sqlite3.connect(path)) as database:
        (row,) = database.execute("SELECT * FROM usage").fetchall()
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    day = ("2026-10-01", "openai-costs", "openai", "counted", "7", None, None, "0.28", "USD", 1)
    assert row == (1, "2026-11-23", *day, "2026-10-01T00:00:00", "2026-10-02T00:00:00")


def _edited(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def _overwritten(at: int, content: bytes) -> Callable[[Path], None]:
    def overwrite(path: Path) -> None:
        data = path.read_bytes()
        path.write_bytes(data[:at] + content + data[at + len(content) :])

    return overwrite


WRONG: dict[str, tuple[Callable[[Path], Any], str]] = {
    "csv": (lambda path: path.write_bytes(b"date,images\n"), "not one that the monitor wrote"),
    "half a line": (lambda path: path.write_bytes(b"date,images"), "not one that the monitor wrote"),
    "json": (lambda path: path.write_bytes(b'{"object": "page"}'), "not one that the monitor wrote"),
    "bytes": (lambda path: path.write_bytes(b"\xff\xfe"), "not one that the monitor wrote"),
    "deep": (lambda path: path.write_bytes(b"[" * 4000), "not one that the monitor wrote"),
    "empty object": (lambda path: path.write_bytes(b"{}\n"), "not one that the monitor wrote"),
    "quotes": (lambda path: path.write_bytes(b'"' * 9 + b"\n"), "not one that the monitor wrote"),
    "a digit": (lambda path: path.write_bytes(b"0"), "not one that the monitor wrote"),
    "long line": (lambda path: path.write_bytes(b'{"v":1,' + b" " * 5000), "more than 4,096 bytes"),
    "another database": (lambda path: _edited(path, "PRAGMA application_id = 7"), "not one that the monitor wrote"),
    "later version": (lambda path: _edited(path, "PRAGMA user_version = 2"), "of version `2`"),
    "another table": (lambda path: _edited(path, "CREATE TABLE more (a)"), "is damaged"),
    "a view": (lambda path: _edited(path, "DROP TABLE usage", "CREATE VIEW usage AS SELECT 1"), "is damaged"),
    "a trigger": (
        lambda path: _edited(path, "CREATE TRIGGER t AFTER INSERT ON usage BEGIN DELETE FROM usage; END"),
        "is damaged",
    ),
    "no number": (lambda path: _edited(path, "UPDATE usage SET cost = 'x'"), "is damaged"),
    "no basis": (lambda path: _edited(path, "UPDATE usage SET basis = 'guessed'"), "is damaged"),
    "ends early": (lambda path: _edited(path, "UPDATE usage SET last = '2020-01-01T00:00:00'"), "is damaged"),
    "blob": (lambda path: _edited(path, "UPDATE usage SET source = x'ff00'"), "is damaged"),
    "not UTF-8": (lambda path: _edited(path, "UPDATE usage SET source = cast(x'ff' AS text)"), "is damaged"),
    "long text": (lambda path: _edited(path, "UPDATE usage SET meter = hex(zeroblob(3000))"), "is damaged"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:5000]), "is damaged"),
    "header alone": (lambda path: path.write_bytes(path.read_bytes()[:100]), "is damaged"),
    "bad page": (_overwritten(4096, b"\xff" * 200), "is damaged"),
    "bad header": (_overwritten(16, b"\xff" * 30), "is damaged"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_or_foreign_file_is_refused_and_not_touched(case: str, tmp_path: Path) -> None:
    path = tmp_path / "a.usage.sqlite"
    append(path, [plain_day(0), plain_day(1)], NOV)
    damage, said = WRONG[case]
    damage(path)
    before = path.read_bytes()
    for use in (lambda: read_history(path), lambda: append(path, [plain_day(2)], NOV)):
        with pytest.raises(BadInput, match=said) as error:
            use()
        assert "\n  help: " in str(error.value)
        assert f"--> {path}" in str(error.value)
        assert path.read_bytes() == before
        assert names_in(tmp_path) == [path.name]


def test_damage_anywhere_gives_days_or_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "a.usage.sqlite"
    append(path, list(map(plain_day, range(4))), NOV)
    whole = path.read_bytes()
    for at in range(0, len(whole), 23):
        _overwritten(at, bytes([whole[at] ^ 0xFF]))(path)
        with suppress(BadInput):
            read_history(path).days()
        path.write_bytes(whole)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.usage.sqlite"
    with pytest.raises(BadInput, match="cannot be kept in a history"):
        append(path, [replace(plain_day(0), meter="m" * 5000)], NOV)
    append(path, [plain_day(0)], NOV)
    before = path.read_bytes()
    monkeypatch.setattr(module, "MAX_BYTES", len(before))
    assert read_history(path).days()
    with pytest.raises(BadInput, match="bytes here"):
        append(path, [replace(plain_day(at), meter="m" * 4000) for at in range(1, 3)], NOV)
    assert path.read_bytes() == before
    monkeypatch.setattr(module, "MAX_BYTES", len(before) - 1)
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
    path = tmp_path / "a.usage.sqlite"
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
        {"requests": 2**63},
        {"source": "\ud800"},
    ],
)
def test_what_would_not_be_read_again_is_not_written(wrong: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "a.usage.sqlite"
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
