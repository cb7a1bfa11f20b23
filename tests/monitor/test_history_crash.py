"""The history when a run dies in the middle, when the disk is full, and when two runs write at once."""

from __future__ import annotations

import errno
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage.history import append, read_history
from advisor.usage.history_lines import Seen, line_of
from advisor.usage.model import Day
from tests.helpers.strategies import IN_CI
from tests.monitor.history_examples import plain_day

NOV = date(2026, 11, 23)
KILLS = 200 if IN_CI else 40
MONTH = 12
"""Days in a generated month."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.usage.jsonl"


def test_a_last_line_torn_anywhere_is_left_out_and_written_again(path: Path) -> None:
    append(path, [plain_day(0)], NOV)
    before = path.read_bytes()
    append(path, [plain_day(1)], NOV)
    after = path.read_bytes()
    for length in range(len(before), len(after)):
        path.write_bytes(after[:length])
        whole = length >= len(after) - 1  # all but the newline is all
        assert read_history(path).days() == (plain_day(0), plain_day(1))[: 1 + whole]
        assert read_history(path).torn == (None if whole or length == len(before) else 2)
        assert path.read_bytes() == after[:length], "reading leaves the file alone"
        assert append(path, [plain_day(0), plain_day(1), plain_day(2)], NOV) == 2 - whole
        assert read_history(path).days() == tuple(map(plain_day, range(3)))
        assert read_history(path).torn is None
        assert path.read_bytes().startswith(after)


def test_a_last_line_changed_anywhere_is_left_out(path: Path) -> None:
    append(path, [plain_day(0)], NOV)
    before = len(path.read_bytes())
    append(path, [plain_day(1)], NOV)
    after = path.read_bytes()
    start = before + len('{"v":')
    for at in range(start, len(after) - 1):
        path.write_bytes(after[:at] + b"\0" * (len(after) - 1 - at) + b"\n")
        assert read_history(path).days() == (plain_day(0),)
    assert append(path, [plain_day(1)], NOV) == 1
    assert path.read_bytes() == after


def test_zeros_after_the_lines_as_a_disk_without_power_leaves_them(path: Path) -> None:
    append(path, [plain_day(0)], NOV)
    path.write_bytes(path.read_bytes() + b"\0" * 100)
    assert read_history(path).days() == (plain_day(0),)
    append(path, [plain_day(1)], NOV)
    assert b"\0" not in path.read_bytes()


def month(number: int) -> list[Day]:
    return [plain_day(number * MONTH + at, images=number + at) for at in range(MONTH)]


class Pieces:
    """Stands for ``os.write``: writes a few bytes at a time with a rest between, and may die after so many bytes."""

    def __init__(self, write: Callable[[int, bytes], int], size: int, dies_after: int | None, rest: float = 0) -> None:
        self.write, self.size, self.left, self.rest = write, size, dies_after, rest

    def __call__(self, handle: int, content: Any, /) -> int:
        for at in range(0, len(content), self.size):
            piece = content[at : at + self.size]
            if self.left is not None and len(piece) >= self.left:
                self.write(handle, piece[: self.left])
                os.kill(os.getpid(), signal.SIGKILL)
            self.write(handle, piece)
            time.sleep(self.rest)
            self.left = None if self.left is None else self.left - len(piece)
        return len(content)


def child_appending(path: Path, pieces: Pieces, acknowledge: int) -> NoReturn:
    """Appends month after month, each month acknowledged with a byte when it is said to be on the disk."""
    write, os.write = os.write, pieces
    try:
        for number in range(6):
            append(path, month(number), NOV)
            write(acknowledge, b".")
    finally:
        os._exit(0)


def acknowledged(path: Path, pieces: Pieces, delay: float | None) -> int:
    """How many months a child had acknowledged when it was killed: after a delay, or by itself."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        child_appending(path, pieces, writer)
    os.close(writer)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as file:
        return len(file.read())


@pytest.mark.fuzz
def test_killed_at_any_point_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    seed = random.SystemRandom().getrandbits(32)
    chosen = random.Random(seed)
    all_bytes = sum(len(line_of_month(number)) for number in range(6))
    everything = tuple(day for number in range(6) for day in month(number))
    outcomes = set()
    for kill in range(KILLS):
        path = tmp_path / f"{kill}.usage.jsonl"
        by_itself = kill % 2 == 0
        dies_after = chosen.randint(1, all_bytes) if by_itself else None
        size = chosen.choice([1, 7, 100, 1000])
        delay = None if by_itself else chosen.uniform(0, 0.04)
        said = f"seed {seed}, kill {kill}, dies after {dies_after}, delay {delay}, pieces of {size}"
        done = acknowledged(path, Pieces(os.write, size, dies_after), delay)
        outcomes.add(done)

        history = read_history(path)
        days = history.days()
        assert set(days) <= set(everything), said
        assert set(days) >= set(everything[: done * MONTH]), said
        assert len(history.seen) == len({one.key for one in history.seen}), said
        append(path, everything, NOV)
        whole = read_history(path)
        assert whole.days() == everything, said
        assert (len(whole.seen), whole.torn) == (len(everything), None), said
    assert len(outcomes) > 3, f"seed {seed}: all were killed at the same point"


def line_of_month(number: int) -> bytes:
    return b"".join(line_of(Seen(NOV, (day,)), Path("f")) for day in month(number))


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def test_runs_at_the_same_time_lose_nothing(path: Path) -> None:
    def writes(numbers: Iterator[int]) -> Callable[[], None]:
        def work() -> None:
            os.write = Pieces(os.write, 50, None, rest=0.0002)
            for number in numbers:
                append(path, [plain_day(number)], NOV)
                append(path, [plain_day(1000)], NOV)

        return work

    children = [forked(writes(iter(range(first, 90, 3)))) for first in range(3)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    history = read_history(path)
    assert history.days() == tuple(map(plain_day, [*range(90), 1000]))
    assert len(history.seen) == 91
    assert history.torn is None


@pytest.mark.parametrize("room", [0, 1, 300])
def test_a_full_disk_leaves_the_file_as_it_was(path: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, [plain_day(0)], NOV)
    before = path.read_bytes()
    write = os.write

    def full(handle: int, content: bytes) -> int:
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content[:room])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(BadInput, match="no space left"):
        append(path, [plain_day(1), plain_day(2)], NOV)
    assert path.read_bytes() == before


def test_lines_are_on_the_disk_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synchronised: list[tuple[bool, int]] = []

    def fsync(handle: int) -> None:
        about = os.fstat(handle)
        synchronised.append((os.path.samestat(about, path.parent.stat()), path.stat().st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    append(path, [plain_day(0)], NOV)
    size = path.stat().st_size
    assert synchronised == [(False, size), (True, size)]
    append(path, [plain_day(1)], NOV)
    assert synchronised[2:] == [(False, path.stat().st_size)]
