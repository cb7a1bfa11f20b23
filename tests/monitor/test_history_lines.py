"""A history of lines, as earlier versions wrote it: imported once, faults by their line, a torn last line left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.usage.history import History, append, observations_in, read_history
from advisor.usage.model import Day, Observation
from tests.monitor.history_examples import NOV, RUNS, after, line_of, line_values, lines_of, names_in, plain_day


def read_lines(content: bytes) -> History:
    return History(tuple(observations_in(content, Path("f"))))


def test_a_history_of_lines_is_read_and_imported_once(tmp_path: Path) -> None:
    path = tmp_path / "a.usage.jsonl"
    lines = lines_of(*(Observation(NOV, (plain_day(at),)) for at in range(3)))
    path.write_bytes(lines + b"\n" + lines + lines[:40])
    assert read_history(path).days() == tuple(map(plain_day, range(3)))
    assert path.read_bytes().startswith(lines), "reading leaves the file alone"
    assert append(path, [plain_day(2), plain_day(3)], NOV) == 1
    assert path.read_bytes().startswith(b"SQLite format 3\0")
    assert names_in(tmp_path) == [path.name]
    assert read_history(path).days() == tuple(map(plain_day, range(4)))
    assert append(path, [plain_day(2), plain_day(3)], NOV) == 0


@given(RUNS)
def test_lines_say_what_the_database_says(runs: list[tuple[list[Day], date]]) -> None:
    history, _, _ = after(runs)
    again = read_lines(lines_of(*history.observations))
    assert again == history
    assert history.observations == tuple(sorted(history.observations, key=history.observations.index))


def test_a_last_line_torn_or_changed_anywhere_is_left_out() -> None:
    first, second = (lines_of(Observation(NOV, (plain_day(at),))) for at in range(2))
    for length in range(len(second)):
        whole = length == len(second) - 1  # all but the newline is all
        assert read_lines(first + second[:length]).days() == (plain_day(0), plain_day(1))[: 1 + whole]
    for at in range(len('{"v":'), len(second) - 1):
        torn = second[:at] + b"\0" * (len(second) - 1 - at) + b"\n"
        assert read_lines(first + torn).days() == (plain_day(0),)
    assert read_lines(first + b"\0" * 100).days() == (plain_day(0),)


@given(st.data())
def test_a_changed_line_in_the_middle_is_refused_by_number(data: st.DataObject) -> None:
    lines = [lines_of(Observation(NOV, (plain_day(at),))) for at in range(4)]
    number = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(lines[number]) - 2))
    changed = bytearray(lines[number])
    changed[at] = data.draw(st.integers(33, 126).filter(lambda byte: byte != changed[at]))
    lines[number] = bytes(changed)
    with pytest.raises(BadInput) as refused:
        read_lines(b"".join(lines))
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, bool(problem.help)) == ("f", number + 1, True)


def test_a_line_of_another_version_is_refused_even_at_the_end() -> None:
    line = line_of({**line_values(Observation(NOV, (plain_day(0),))), "v": 2})
    with pytest.raises(BadInput, match="of version `2`"):
        read_lines(line)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=3), st.data())
def test_a_forged_line_gives_days_or_bad_input(strange: object, data: st.DataObject) -> None:
    line = line_values(Observation(NOV, (plain_day(0),)))
    inside = data.draw(st.sampled_from([line, line["parts"][0]]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = strange
    try:
        read_lines(line_of(line)).days()
    except BadInput as refused:
        (problem,) = refused.problems
        assert problem.line == 1
