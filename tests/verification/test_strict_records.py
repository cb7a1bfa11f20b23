"""Records whose values have another type, or another schema version, are refused by every command that reads them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import parse_record
from advisor.domain.scenario_io import read_scenario
from tests.helpers.strategies import some_of

EXAMPLES = Path(__file__).parents[2] / "examples"
OTHERS: dict[type, list[Any]] = {
    bool: ["true", 1],
    str: [1, True, ["a"], {}],
    int: ["1", 1.5, True, None],
    type(None): [{}, 5],
    list: ["a", {}, None],
    dict: ["a", []],
}
ANYTHING = ("to", "changes", "answers", "scenario", "from")
"""Where a record holds answers, which are of any type; those of the scenario are checked as in a scenario file."""
COMMANDS = [
    ["explain", "RECORD"],
    ["verify", "RECORD"],
    ["recheck", "FOLDER"],
    ["monitor", "FOLDER/usage.csv", "--decision", "RECORD"],
    ["rules", "diff", "RULES", "RULES", "--records", "FOLDER"],
]


def record_of(name: str) -> Any:
    return json.loads(_decided(name))


@cache
def _decided(name: str) -> str:
    scenario = read_scenario(str(EXAMPLES / f"{name}.scenario.yaml"))
    return decide(scenario, decided_on=datetime.date(2026, 1, 1)).to_json()


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value that has a type of its own."""
    if path and path[-1] in ANYTHING:
        return
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def changed(record: Any, path: tuple[str | int, ...], value: Any) -> str:
    copy = json.loads(json.dumps(record))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(copy, ensure_ascii=False)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(path.name.split(".")[0] for path in EXAMPLES.glob("*.scenario.yaml")))
def test_every_value_of_another_type_is_refused_with_its_place(name: str) -> None:
    record = record_of(name)
    assert parse_record(json.dumps(record), "file").to_json() == json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    for path in some_of(places(record), 8):
        at = record
        for key in path:
            at = at[key]
        for other in OTHERS[type(at)]:
            if path[-1] in ("few_step_speedup", "gpus") and (other is None or type(other) is int):
                continue
            place = ".".join(map(str, path))
            with pytest.raises(BadInput) as caught:
                parse_record(changed(record, path, other), "file")
            problem = caught.value.problems[0]
            assert (problem.field or "").startswith(place), problem
            assert problem.help


@pytest.fixture(params=COMMANDS, ids=" ".join)
def command(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    (tmp_path / "usage.csv").write_text("date,images,cost\n2026-01-01,5,1\n")
    named = {"RECORD": tmp_path / "x.decision.json", "FOLDER": tmp_path, "RULES": EXAMPLES.parent / "rules"}
    words: list[str] = request.param
    for name, path in named.items():
        words = [word.replace(name, str(path)) for word in words]
    return words


@pytest.mark.parametrize(
    ("path", "value", "what", "field"),
    [
        (("settled",), "true", 'input should be a valid boolean, not `"true"`', "settled"),
        (("crossovers", "closed_api"), 5, "input should be a valid string, not `5`", "crossovers.closed_api"),
        (("scenario", "open_price"), 0.03, "floats are refused: write Decimal or text", "scenario.open_price"),
        (("scenario", "latency"), "never", "`never` is not an option of `latency`", "scenario.latency"),
        (
            ("schema_version",),
            3,
            "this record has schema version `3`, and only 1 and 2 are read here",
            "schema_version",
        ),
        (("schema_version",), "1", 'this record has schema version `"1"`, and only 1 and 2', "schema_version"),
        (("schema_version",), True, "this record has schema version `true`, and only 1 and 2", "schema_version"),
        (("schema_version",), 1.0, "this record has schema version `1.0`, and only 1 and 2", "schema_version"),
    ],
)
def test_every_command_refuses_alike(
    command: list[str],
    path: tuple[str, ...],
    value: Any,
    what: str,
    field: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "x.decision.json").write_text(changed(record_of("exercise-38-3-2"), path, value))
    assert run(command) == 2
    error = capsys.readouterr().err
    assert what in error
    assert f"field `{field}`" in error
    assert "\n  help: " in error


def test_another_version_is_said_before_any_other_complaint() -> None:
    for text in ('{"schema_version": 3}', '{"schema_version": 0, "settled": "true", "more": 1}'):
        with pytest.raises(BadInput, match="this record has schema version") as caught:
            parse_record(text, "file")
        assert len(caught.value.problems) == 1


def test_a_name_that_stands_twice_is_refused() -> None:
    text = json.dumps(record_of("exercise-38-3-2")).replace('"settled": true', '"settled": false, "settled": true')
    with pytest.raises(BadInput, match="duplicate key `settled`"):
        parse_record(text, "file")
