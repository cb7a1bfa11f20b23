"""What loads decides: a rulebook that passes the loader never fails with a defect, whatever the scenario."""

from __future__ import annotations

import json
import random
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import parse_record
from advisor.domain.scenario import FIELDS, Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.numpy_backend import NumpyReading
from advisor.report.templates import memo_markdown
from advisor.rule_testing.mutation import mutants
from advisor.rulebook.lint import findings
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.tabulation import table_of
from tests.helpers.column_readings import in_words, on_duckdb, one_by_one, rows_that_differ
from tests.helpers.generated_columns import Columns, answers_of, generate
from tests.helpers.rulebook_edits import RULES, Drawing
from tests.helpers.strategies import FUZZ, repeats, scenario, some_of

DRAWN = FUZZ // 100 if FUZZ else repeats(10, 3)
MUTANTS = repeats(60, 12)
EXAMPLE = str(RULES.parent / "examples" / "exercise-38-3-2.scenario.yaml")
RESULTS = ("route", "deciding_axis", "feasible_routes", "settled")
COLUMNS = generate(400, seed=21)


def decides(rulebook: Rulebook, found: Scenario, matcher: Any) -> bool:
    """Whether the scenario is decided, with its memo; where not, it is refused as bad input."""
    try:
        decision = decide(found, rulebook, matcher=matcher)
    except BadInput:
        return False
    assert parse_record(decision.to_json(), "record") == decision
    assert memo_markdown(decision)
    return True


def drawn_scenario(draw: random.Random) -> Scenario:
    """Complete or partial answers, with and without a route in use today."""
    while True:
        answers = answers_of(COLUMNS, draw.randrange(400))
        for name in draw.sample(list(answers), draw.choice([0, 0, 1, 3])):
            del answers[name]
        if draw.random() < 0.4:
            answers |= {"current_route": draw.choice(list(Route)), "migration_cost": draw.choice([0, 100, 10**6])}
        try:
            return scenario(answers)
        except BadInput:
            continue


def with_every_field(columns: Columns) -> Columns:
    """Also those that only rules of one's own read."""
    rng, more = np.random.default_rng(5), dict(columns)
    for name, known in FIELD_NAMES.items():
        quantity = FIELDS[name].quantity
        if name not in more:
            most = quantity.inside(quantity.most) if quantity else len(known.options)
            more[name] = rng.integers(0, min(most, 10**10), len(columns["open_price"]))
    return more


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(DRAWN))
def test_a_drawn_rulebook_that_loads_decides_or_says_why_not(seed: int, tmp_path: Path) -> None:
    rulebook = Drawing(seed).rulebook(tmp_path / "rules")
    if rulebook is None:
        pytest.skip("it does not load")
    findings(rulebook)
    draw, engine = random.Random(seed), EngineReading(rulebook)
    for _ in range(4):
        decides(rulebook, drawn_scenario(draw), engine)
    columns = with_every_field(COLUMNS)
    try:
        outcomes = NumpyReading(table_of(rulebook)).decide(columns)
        found = on_duckdb(rulebook, columns)
    except BadInput:
        return
    assert rows_that_differ(found, in_words(outcomes)) == []
    for row in range(20):
        assert one_by_one(rulebook, PlainReading(rulebook), columns, row) == outcomes.table[outcomes.codes[row]]


def test_drawn_rulebooks_load_and_decide(tmp_path: Path) -> None:
    draw, decided = random.Random(1), 0
    for seed in range(6):
        if rulebook := Drawing(seed).rulebook(tmp_path / str(seed)):
            decided += decides(rulebook, drawn_scenario(draw), PlainReading(rulebook))
    assert decided >= 2


@pytest.mark.fuzz
def test_a_small_change_of_the_bundled_rules_decides_or_says_why_not() -> None:
    draw, decided = random.Random(2), 0
    changed = draw.sample(list(mutants(bundled_rulebook())), MUTANTS)
    for mutant in changed:
        decided += decides(mutant.rulebook, drawn_scenario(draw), PlainReading(mutant.rulebook))
    assert decided > MUTANTS / 2


def edited(folder: Path, when: str, term: str = "") -> str:
    """The bundled rules with one more preference that never decides alone, and perhaps one more term."""
    shutil.copytree(RULES, folder, ignore=shutil.ignore_patterns("cases"))
    more = f"\n- {{id: one-more, axis: model_access, when: {when}, prefer: closed_api, over: open_weight_api,"
    with (folder / "preferences.yaml").open("a") as file:
        file.write(f"{more} because: of it, source: a test}}\n")
    with (folder / "terms.yaml").open("a") as file:
        file.write(f"  one_more: {term}\n" if term else "")
    return str(folder)


CONDITIONS = ("{one_more: {lt: 5}}", "{one_more: {ge: monthly_images}}", "{one_more: {gt: 0}}")
FORMULAS = ("'2000'", "gpu_month_hours", "2 * 3", "few_step_speedup * gpu_month_hours", "5 - 5")


@pytest.mark.fuzz
@pytest.mark.parametrize(("when", "term"), some_of(product(CONDITIONS, FORMULAS), 4))
def test_a_term_that_is_a_constant_decides_alike_everywhere(
    when: str, term: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = edited(tmp_path / "rules", when, term)
    assert run(["decide", EXAMPLE, "--json", "--rules", rules]) == 0
    record = json.loads(capsys.readouterr().out)
    (tmp_path / "rows.jsonl").write_text(json.dumps(record["scenario"]) + "\n")
    assert run(["sweep", str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "o.jsonl"), "--rules", rules]) == 0
    swept = json.loads((tmp_path / "o.jsonl").read_text())
    assert [swept[name] for name in RESULTS] == [record[name] for name in RESULTS]


@pytest.mark.parametrize("term", ["99999999999999999999 * 1", "'9223372036854775808'", "99999999999 * 99999999999"])
def test_a_constant_beyond_the_engine_is_refused_when_the_rules_are_loaded(
    term: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = edited(tmp_path / "rules", "{one_more: {lt: 5}}", term)
    for command in (["rules", "check"], ["decide", EXAMPLE]):
        assert run([*command, "--rules", rules]) == 2
        assert "error[engine-limit]: term `one_more`" in capsys.readouterr().err


def test_amounts_that_make_a_term_too_large_are_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = edited(tmp_path / "rules", "{one_more: {lt: own_low}}", "9999999999 * monthly_overhead")
    assert run(["decide", EXAMPLE, "--rules", rules]) == 2
    shown = capsys.readouterr()
    assert "`one_more` is 19,999,999,998,000,000,000, and the engine compares" in shown.err
    assert "help: check the amounts, and the numbers in terms.yaml" in shown.err
    assert run(["decide", EXAMPLE, "--set", "monthly_overhead=0", "--rules", rules]) == 0


def test_the_expected_month_is_asked_for_where_a_rule_reads_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The low and the high month do not say what is between them."""
    ends = ["--set", "monthly_images=", "--set", "monthly_images_low=40000", "--set", "monthly_images_high=60000"]
    assert run(["decide", EXAMPLE, *ends, "--json"]) == 0
    assert "monthly_images" not in json.loads(capsys.readouterr().out)["open_questions"]
    rules = edited(tmp_path / "within", "{monthly_images: {lt: 50000}}")
    assert run(["decide", EXAMPLE, *ends, "--json", "--rules", rules]) == 3
    record = json.loads(capsys.readouterr().out)
    assert record["open_questions"] == ["monthly_images"]
    assert set(record["possible_routes"]) == {"open_weight_api", "closed_api"}
    rules = edited(tmp_path / "beyond", "{monthly_images: {lt: 40000}}")
    assert run(["decide", EXAMPLE, *ends, "--json", "--rules", rules]) == 0
    assert json.loads(capsys.readouterr().out)["route"] == "open_weight_api"
