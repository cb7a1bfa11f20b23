"""What loads decides: a rulebook that passes the loader never fails with a defect, whatever the scenario."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor.decision import decide
from advisor.errors import BadInput
from advisor.maintenance.mutation.mutants import mutants
from advisor.readings.engine import EngineReading
from advisor.readings.numpy_reading import NumpyReading
from advisor.readings.plain import PlainReading
from advisor.record import parse_record
from advisor.report.render import memo_markdown
from advisor.rulebook.lint import findings
from advisor.rulebook.load import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES
from advisor.scenario import FIELDS, Route, Scenario
from tests.helpers.column_readings import in_words, on_duckdb, one_by_one, rows_that_differ
from tests.helpers.generated_columns import Columns, answers_of, generate
from tests.helpers.rulebook_edits import Drawing
from tests.helpers.strategies import FUZZ, scenario

DRAWN = FUZZ // 100 if FUZZ else 10
MUTANTS = 60
COLUMNS = generate(400, seed=21)


def decides(rulebook: Rulebook, found: Scenario, matcher: Any) -> bool:
    """Whether the scenario is decided, with its memo; where not, it is refused as bad input."""
    try:
        decision = decide(found, rulebook, matcher=matcher)
    except BadInput:
        return False
    assert parse_record(decision.to_json(), "record") == decision
    assert memo_markdown(decision, rulebook)
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
        outcomes = NumpyReading(rulebook).decide(columns)
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


def test_a_small_change_of_the_bundled_rules_decides_or_says_why_not() -> None:
    draw, decided = random.Random(2), 0
    changed = draw.sample(list(mutants(bundled_rulebook())), MUTANTS)
    for mutant in changed:
        decided += decides(mutant.rulebook, drawn_scenario(draw), PlainReading(mutant.rulebook))
    assert decided > MUTANTS / 2
