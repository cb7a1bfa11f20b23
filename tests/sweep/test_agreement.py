"""All rows at once, one by one in Python, and one by one in the rules engine: the same on every row."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalogue.loader import bundled_catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.decide import decide
from advisor.domain.quantity import NotANumber
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS
from advisor.evaluation.compiler import Facts
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import OutcomeTable
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of
from advisor.sweep import run as deciding
from advisor.sweep import run as module
from advisor.sweep.fast_path import with_answers, with_irregular, with_numbers
from advisor.sweep.run import needed_fields, scenario_of
from tests.helpers.strategies import complete_answers
from tests.sweep.sweeping import PLAIN, RESULTS, Sweeping, outcomes

SPELLINGS = (
    *("1e3", "0100", " 5", "5 ", "1,000", "+1", "", "NaN", "-1", "-0", "0", "00", "0x10", "inf", "null", "~", "\uff15"),
    *("0.0000001", "0.03000000", ".5", "5.", "1_000", "1000000", "1000000.000001", "1000000000000", "1000000000001"),
    *(
        "1e400",
        "9" * 200,
        "12345678.123456",
        "123456789.123456",
        "0.30000000000000004",
        "0.001",
        "0.0001",
        "5\n",
        "\n5",
    ),
)
MODELS = ("flux-1-schnell", "flux-1-schnell", "sd-3-5-large", "qwen-image", "wan-2-1-i2v-14b", "nonesuch")
WORDS = ("", " anywhere", "Anywhere", "yes", "no", "True", "TRUE", "true", "FALSE", "tRue", "1", "adapters", "null")


def _cells(random: random.Random, oddity: float) -> dict[str, str]:
    row = {}
    for name, spec in FIELDS.items():
        if random.random() < (0.6 if spec.optional else oddity):
            row[name] = ""
        elif random.random() < oddity:
            row[name] = random.choice(SPELLINGS if spec.quantity else WORDS)
        elif spec.quantity:
            kept = random.randrange(spec.quantity.places + 1)
            row[name] = str(Decimal(random.randrange(1, 10 ** random.randrange(1, 8))).scaleb(-kept))
        else:
            row[name] = random.choice(spec.options or (MODELS if name == "model" else ("a", "\u00e9" * 10_000, "EU")))
    volumes = sorted(str(random.randrange(1, 10 ** random.randrange(1, 8))) for _ in range(3))
    ends = ("monthly_images_low", "monthly_images", "monthly_images_high")
    return row | dict(zip(ends, sorted(volumes, key=int), strict=True)) if random.random() < 0.9 else row


def _json(name: str, cell: str, random: random.Random) -> Any:
    if cell == "" and random.random() < 0.5:
        return None
    if FIELDS[name].boolean and cell in ("true", "false"):
        return cell == "true"
    if random.random() < 0.01:
        return random.choice([5, [1], True, {"a": 1}, 0.5])
    return cell


def _typed(name: str, cells: list[str], random: random.Random) -> pa.Array:
    spec = FIELDS[name]
    if spec.boolean:
        return pa.array([{"true": True, "false": False}.get(cell) for cell in cells])
    if not spec.quantity:
        return pa.array(cells)
    numbers = [Decimal(cell) if cell.replace(".", "", 1).isdecimal() and len(cell) < 15 else None for cell in cells]
    kind = random.choice(["double", "double", "float", "int32", "int64", "uint64", "decimal", "wide decimal"])
    if kind in ("double", "float"):
        return pa.array([None if number is None else float(number) for number in numbers], pa.type_for_alias(kind))
    if "decimal" in kind:
        places, type = (10, pa.decimal128(38, 10)) if kind == "wide decimal" else (6, pa.decimal128(24, 6))
        step = Decimal(1).scaleb(-places)
        return pa.array([None if number is None else number.quantize(step) for number in numbers], type)
    return pa.array([None if number is None else int(number) % 2**31 for number in numbers], pa.type_for_alias(kind))


@pytest.mark.parametrize("oddity", [0.002, 0.05])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("seed", [1, 2])
def test_at_once_and_one_by_one_agree(kind: str, seed: int, oddity: float, sweeping: Sweeping) -> None:
    chance = random.Random(f"{seed} {kind} {oddity}")
    rows = [_cells(chance, oddity) for _ in range(250)]
    if kind == "jsonl":
        sweeping.write("in.jsonl", [{name: _json(name, cell, chance) for name, cell in row.items()} for row in rows])
    elif kind == "parquet":
        columns = {name: _typed(name, [row[name] for row in rows], chance) for name in FIELDS}
        pq.write_table(pa.table(columns), sweeping.folder / "in.parquet", row_group_size=100)
    else:
        sweeping.write("in.csv", rows)
    at_once = sweeping(f"in.{kind}", f"a.{kind}")
    one_by_one = sweeping(f"in.{kind}", f"b.{kind}", "--reading", "run")
    assert at_once.said.replace("a.", "b.") == one_by_one.said
    assert sweeping.read(f"a.{kind}") == sweeping.read(f"b.{kind}")
    assert sweeping.rejects(f"a.{kind}") == sweeping.rejects(f"b.{kind}")
    assert len(sweeping.read(f"a.{kind}")) > 10, "hardly anything was decided"


def test_without_the_expression_every_row_comes_out_the_same(
    sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    sweeping.write("in.csv", [_cells(chance, 0.01) for _ in range(200)])
    sweeping("in.csv", "a.csv")
    monkeypatch.setattr(module, "_may_be_complete", lambda source, needed: False)
    sweeping("in.csv", "b.csv")
    assert (sweeping.folder / "a.csv").read_bytes() == (sweeping.folder / "b.csv").read_bytes()
    assert sweeping.rejects("a.csv") == sweeping.rejects("b.csv")


@settings(max_examples=15)
@given(st.lists(complete_answers(), min_size=1, max_size=40))
def test_complete_answers_in_plain_form_are_not_odd(many: list[dict[str, Any]]) -> None:
    names = dict.fromkeys(name for row in many for name in row)
    columns = {name: pa.array([_as_stored(row.get(name)) for row in many]) for name in names}
    assert _odd(columns) == [False] * len(many)


def _odd(columns: dict[str, Any]) -> list[bool]:
    rulebook = bundled_rulebook()
    needed = needed_fields(rulebook, IbisReading(table_of(rulebook)).names, has_catalogue=True)
    cells = {name: name for name in columns}
    table = with_irregular(with_numbers(ibis.memtable(pa.table(columns)), cells), cells, needed)
    return list(table["irregular"].to_pyarrow().to_pylist())


def _as_stored(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else value


def _mixed() -> list[dict[str, str]]:
    chance = random.Random(3)
    return [_cells(chance, 0.02) for _ in range(40)]


def _without_prices() -> list[dict[str, str]]:
    chance = random.Random(4)
    rows = [_cells(chance, 0.02) for _ in range(60)]
    unpriced = [{**row, **dict.fromkeys(chance.choice(PRICES), "")} for row in rows]
    return [{**row, "model": "" if row["model"] == "nonesuch" else row["model"]} for row in unpriced]


HOSTED, OWN = ("open_price", "closed_price"), ("gpu_hour_price", "images_per_gpu_hour")
PRICES = [(*HOSTED, *OWN), HOSTED, OWN, ("closed_price",), ("gpu_hour_price",), ("monthly_overhead", *OWN)]
ROWS = {
    "mixed": _mixed(),
    "each lacks one": [{**PLAIN, name: ""} for name in PLAIN],
    "prices of the catalogue": _without_prices(),
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_results_are_those_of_a_decision(rows: list[dict[str, str]], sweeping: Sweeping) -> None:
    sweeping.write("in.jsonl", rows)
    sweeping("in.jsonl", "out.jsonl")
    rulebook, catalogue = bundled_rulebook(), bundled_catalogue()
    for swept in sweeping.read("out.jsonl"):
        answers = {name: swept[name] for name in FIELDS if name in swept}
        decision = decide(scenario_of(answers, "row"), rulebook, catalogue=catalogue)
        expected: tuple[Any, ...] = (None,) * 4
        if decision.status is not Status.OPEN:
            expected = (decision.route, decision.deciding_axis, decision.feasible_routes, decision.settled)
        assert tuple(swept[name] for name in RESULTS) == expected


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("field", ["open_price", "monthly_images", "images_per_gpu_hour", "monthly_overhead"])
def test_a_number_is_taken_for_fine_only_where_the_validator_reads_the_same(field: str, spelling: str) -> None:
    (odd,) = _odd({name: [cell] for name, cell in {**PLAIN, field: spelling}.items()})
    quantity = FIELDS[field].quantity
    assert quantity is not None
    try:
        quantity.check(spelling)
    except NotANumber:
        assert odd


@settings(max_examples=10)
@given(st.lists(st.integers(1, 10**15), min_size=100, max_size=100))
def test_numbers_become_whole_steps(steps: list[int]) -> None:
    prices = [Decimal(number).scaleb(-6) for number in steps]
    stored = {"text": [str(price) for price in prices], "double": [float(price) for price in prices], "decimal": prices}
    for kind, cells in stored.items():
        table = with_numbers(ibis.memtable(pa.table({"cell": cells})), {"monthly_overhead": "cell"})
        table = with_irregular(table, {"monthly_overhead": "cell"}, ())
        answered = with_answers(table, {"monthly_overhead": "cell"}, ("monthly_overhead",), any_irregular=False)
        assert answered["monthly_overhead"].to_pyarrow().to_pylist() == steps, kind


def test_a_double_is_its_shortest_text() -> None:
    fine = [0.03, 1e-6, 0.1, 999999.999999]
    odd = [0.1 + 0.2, 1.5e-6, 1e-7, 5e-324, np.nextafter(0.03, 1), -0.03, float("inf"), float("nan")]
    cells = {**PLAIN, "monthly_images": "1"}
    columns = {name: [value] * len([*fine, *odd]) for name, value in cells.items()}
    assert _odd({**columns, "open_price": [*fine, *odd]}) == [False] * len(fine) + [True] * len(odd)


def test_rows_with_missing_columns_are_decided_where_nothing_can_change_them(sweeping: Sweeping) -> None:
    known = {"residency": "on_premises", "quality": "open_suffices", "indemnity_required": "false"}
    sweeping.write("in.csv", [known, dict.fromkeys(known, "")])
    assert sweeping("in.csv", "out.csv").said == "2 rows decided, 1 of them still open: out.csv\n"
    assert outcomes(sweeping.read("out.csv")) == [("self_host", "residency", "self_host", ""), ("", "", "", "")]


def test_the_engine_is_asked_for_every_row(sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    original = EngineReading.preferences

    def preferences(self: EngineReading, facts: Facts) -> tuple[str, ...]:
        asked.append(facts)
        return original(self, facts)

    monkeypatch.setattr(EngineReading, "preferences", preferences)
    sweeping.write("in.csv", [PLAIN] * 7)
    assert sweeping("in.csv", "out.csv", "--reading", "run").code == 0
    assert len(asked) == 7
    assert sweeping("in.csv", "out.csv").code == 0
    assert len(asked) == 7, "the sweep does without the engine"


def test_json_kinds_are_told_apart(sweeping: Sweeping) -> None:
    sweeping.write("in.jsonl", [PLAIN, {**PLAIN, "title": 5}, {**PLAIN, "region": True}, {**PLAIN, "title": "5"}])
    assert sweeping("in.jsonl", "out.jsonl").code == 2
    assert [row[:3] for row in sweeping.rejects("out.jsonl")] == [
        ("2", "title", "`5` is not text"),
        ("3", "region", "`true` is not text"),
    ]


def test_json_text_of_numbers_is_read_exactly(sweeping: Sweeping) -> None:
    line = json.dumps({**PLAIN, "open_price": "PRICE"}).replace('"PRICE"', "0.03000000000000000001")
    (sweeping.folder / "in.jsonl").write_text(line + "\n" + line.replace("0.03000000000000000001", "0.0300") + "\n")
    assert sweeping("in.jsonl", "out.jsonl").code == 2
    assert sweeping.rejects("out.jsonl")[0][:2] == ("1", "open_price")
    assert len(sweeping.read("out.jsonl")) == 1


def test_a_rulebook_too_large_to_tabulate_can_still_be_run(sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(rulebook: Rulebook) -> OutcomeTable:
        raise BadInput(Problem("these rules tell too many cases apart", "the rulebook"))

    sweeping.write("in.csv", [PLAIN, {**PLAIN, "latency": ""}])
    sweeping("in.csv", "a.csv")
    monkeypatch.setattr(deciding, "table_of", refused)
    monkeypatch.setattr(module, "table_of", refused)
    assert sweeping("in.csv", "b.csv", "--reading", "run").code == 0
    assert sweeping.read("a.csv") == sweeping.read("b.csv")
    assert sweeping("in.csv", "c.csv").said.startswith("error: these rules tell too many cases apart\n")
    assert not (sweeping.folder / "c.csv").exists()
