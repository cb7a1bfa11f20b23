"""The history when a run dies in the middle, when the disk is full, and when two runs write at once."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage import history as module
from advisor.usage.history import append, read_history
from advisor.usage.model import Day, Observation
from tests.helpers.strategies import repeats
from tests.monitor.history_examples import lines_of, plain_day

NOV = date(2026, 11, 23)
KILLS = repeats(200, 40)
MONTH = 12
"""Days in a generated month."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.usage.sqlite"


def month(number: int) -> list[Day]:
    return [plain_day(number * MONTH + at, images=number + at) for at in range(MONTH)]


class _Dying:
    """Stands for ``sqlite3.connect``: its connections kill the process before so many statements have run."""

    def __init__(self, statements: int) -> None:
        self.left = statements
        self._connect = sqlite3.connect

    def __call__(self, *parts: Any, **more: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = self._connect(*parts, **more)
        database.set_trace_callback(self._count)
        return database

    def _count(self, statement: str) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def child_appending(path: Path, dies_after: int | None, acknowledge: int) -> NoReturn:
    """Appends month after month, each month acknowledged with a byte when it is said to be on the disk."""
    try:
        if dies_after is not None:
            sqlite3.connect = _Dying(dies_after)  # type: ignore[assignment]  # stands in for the real one
        for number in range(6):
            append(path, month(number), NOV)
            os.write(acknowledge, b".")
    finally:
        os._exit(0)


def acknowledged(path: Path, dies_after: int | None, delay: float | None) -> int:
    """How many months a child had acknowledged when it was killed: after a delay, or by itself."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        child_appending(path, dies_after, writer)
    os.close(writer)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as file:
        return len(file.read())


@pytest.mark.fuzz
@pytest.mark.parametrize("earlier_format", [False, True])
def test_killed_at_any_point_nothing_is_lost_or_doubled(tmp_path: Path, earlier_format: bool) -> None:
    seed = random.SystemRandom().getrandbits(32)
    chosen = random.Random(seed)
    old = tuple(plain_day(1000 + at) for at in range(3)) if earlier_format else ()
    everything = (*(day for number in range(6) for day in month(number)), *old)
    outcomes = set()
    for kill in range(KILLS):
        path = tmp_path / f"{kill}.usage"
        if old:
            path.write_bytes(lines_of(*(Observation(NOV, (day,)) for day in old)))
        dies_after = chosen.randint(0, 150) if kill % 2 == 0 else None
        delay = None if kill % 2 == 0 else chosen.uniform(0, 0.1)
        said = f"seed {seed}, kill {kill}, dies after {dies_after}, delay {delay}"
        done = acknowledged(path, dies_after, delay)
        outcomes.add(done)

        history = read_history(path)
        days = history.days()
        assert set(old) <= set(days) <= set(everything), said
        assert set(days) >= set(everything[: done * MONTH]), said
        assert len(history.observations) == len({one.key for one in history.observations}), said
        append(path, everything, NOV)
        whole = read_history(path)
        assert whole.days() == everything, said
        assert len(whole.observations) == len(everything), said
        assert not Path(f"{path}-journal").exists()
    assert len(outcomes) > 3, f"seed {seed}: all were killed at the same point"


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


@pytest.mark.parametrize("earlier_format", [False, True])
def test_runs_at_the_same_time_lose_nothing(path: Path, earlier_format: bool) -> None:
    if earlier_format:
        path.write_bytes(lines_of(Observation(NOV, (plain_day(1000),))))

    def writes(numbers: Iterator[int]) -> Callable[[], None]:
        def work() -> None:
            for number in numbers:
                append(path, [plain_day(number)], NOV)
                append(path, [plain_day(1000)], NOV)

        return work

    children = [forked(writes(iter(range(first, 90, 3)))) for first in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    history = read_history(path)
    assert history.days() == tuple(map(plain_day, [*range(90), 1000]))
    assert len(history.observations) == 91


def test_a_history_that_another_run_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.1)
    append(path, [plain_day(0)], NOV)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert read_history(path).days() == (plain_day(0),)
        with pytest.raises(BadInput, match="another run is using this history") as error:
            append(path, [plain_day(1)], NOV)
        assert "help: wait until it is done, and try again" in str(error.value)
        other.execute("ROLLBACK")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BadInput, match="another run is using this history"):
            read_history(path)
    assert append(path, [plain_day(1)], NOV) == 1


@pytest.mark.parametrize("room", [0, 100, 5000, 9000])
@pytest.mark.parametrize("earlier_format", [False, True])
def test_a_full_disk_leaves_what_there_was(path: Path, room: int, earlier_format: bool) -> None:
    if earlier_format:
        path.write_bytes(lines_of(Observation(NOV, (plain_day(0),))))
    else:
        append(path, [plain_day(0)], NOV)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        with pytest.raises(BadInput, match=r"cannot be (used|written)"):
            append(path, [plain_day(number) for number in range(1, 400)], NOV)

    assert os.waitpid(forked(work), 0)[1] == 0
    assert read_history(path).days() == (plain_day(0),)
    assert append(path, [plain_day(1)], NOV) == 1


def test_a_commit_survives_a_loss_of_power(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []

    def traced(*parts: Any, **more: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(*parts, **more)
        database.set_trace_callback(statements.append)
        return database

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", traced)
    append(path, [plain_day(0)], NOV)
    assert statements[0] == "PRAGMA synchronous = EXTRA"
    assert statements[-1] == "COMMIT"
    assert not [statement for statement in statements if "journal_mode" in statement]
