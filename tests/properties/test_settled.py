"""`settled` means one thing under every rulebook and in every reading: it was asked, and both ends agree."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.scenario import Axis
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading
from advisor.evaluation.numpy_backend import NumpyReading
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.tabulation import table_of
from tests.helpers import reference
from tests.helpers.column_readings import in_words, on_duckdb, one_by_one, rows_that_differ
from tests.helpers.generated_columns import Columns, answers_of, generate
from tests.helpers.strategies import repeats, scenario, some_of

ROOT = Path(__file__).parents[2]
BUNDLED = {rule: axis for rule, (axis, _, _) in reference.PREFERENCES.items()}
ON_COST = [rule for rule, axis in BUNDLED.items() if axis == "cost"]
UNSETTLED = ["rent-while-unsettled", "rent-closed-while-unsettled"]
ROWS, ONE_BY_ONE, IN_FULL = 2_000, repeats(150, 80), repeats(40, 4)


def moved(rules: list[str], axis: str) -> dict[str, str]:
    return BUNDLED | dict.fromkeys(rules, axis)


def without(*rules: str) -> dict[str, str]:
    return {rule: axis for rule, axis in BUNDLED.items() if rule not in rules}


def drawn(seed: int) -> dict[str, str]:
    """Some of the preferences, in another order and on any axis."""
    draw = random.Random(seed)
    rules = draw.sample(list(BUNDLED), draw.randint(5, len(BUNDLED)))
    return {rule: str(draw.choice([BUNDLED[rule], *Axis])) for rule in rules}


VARIANTS = {
    "as they are": BUNDLED,
    "in the opposite order": dict(reversed(BUNDLED.items())),
    "cost judged with the switching cost": moved(ON_COST, "switching_cost"),
    "cost judged before its axis": moved(ON_COST, "latency"),
    "one cost rule judged before its axis": moved(["rent-below-crossover"], "licensing"),
    "the unsettled judged on cost": moved(UNSETTLED, "cost"),
    "the unsettled judged before cost": moved(UNSETTLED, "control"),
    "quality judged after cost": moved(["best-while-modest", "best-of-the-hosted"], "switching_cost"),
    "the way out judged before cost": moved(["open-keeps-the-way-out"], "residency"),
    "without a rule about cost": without(*ON_COST, *UNSETTLED),
    "without a preference that reads an amount": without(*ON_COST, *UNSETTLED, "best-while-modest"),
    **{f"drawn with seed {seed}": drawn(seed) for seed in range(6)},
}


def write_rules(folder: Path, axes: dict[str, str], terms: dict[str, str] | None = None) -> Rulebook:
    """The bundled rules with these preferences in this order, on these axes, and some terms written otherwise."""
    shutil.copytree(ROOT / "rules", folder, ignore=shutil.ignore_patterns("cases"))
    file = folder / "preferences.yaml"
    records = {record.split("\n")[0]: record for record in file.read_text().split("- id: ")[1:]}
    text = "".join(f"- id: {re.sub('axis: .*', f'axis: {axis}', records[rule])}" for rule, axis in axes.items())
    file.write_text(text or "[]\n")
    for name, formula in (terms or {}).items():
        file = folder / "terms.yaml"
        file.write_text(re.sub(f"(?m)^  {name}: .*", f"  {name}: {formula}", file.read_text()))
    return load_rulebook(folder)


def check(rulebook: Rulebook, axes: dict[str, str], columns: Columns) -> None:
    """Engine, Python, numpy, DuckDB, the reference and the record say the same of every row."""
    outcomes = NumpyReading(table_of(rulebook)).decide(columns)
    assert rows_that_differ(on_duckdb(rulebook, columns), in_words(outcomes)) == []
    engine, plain = EngineReading(rulebook), PlainReading(rulebook)
    for row in range(ONE_BY_ONE):
        found, answers = outcomes.table[outcomes.codes[row]], answers_of(columns, row)
        assert one_by_one(rulebook, engine, columns, row) == found, answers
        assert one_by_one(rulebook, plain, columns, row) == found, answers
        expected = reference.decide_with(answers, axes)
        assert found.settled == expected.settled, answers
        assert frozenset(found.feasible_routes) == expected.feasible
        assert {found.route} - {None} == (expected.left if len(expected.left) == 1 else set()), answers
        if row < IN_FULL:
            try:
                record = decide(scenario(answers), rulebook, matcher=plain)
            except BadInput:
                assert len(expected.left) != 1
            else:
                assert record.settled == expected.settled, answers


@pytest.mark.fuzz
@pytest.mark.parametrize("variant", some_of(VARIANTS, 2))
def test_every_reading_says_the_same_of_settled(variant: str, tmp_path: Path) -> None:
    axes = VARIANTS[variant]
    check(write_rules(tmp_path / "rules", axes), axes, generate(ROWS, seed=11))


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "terms",
    [
        {
            "own_low": "monthly_overhead + (730 * gpu_hour_price * gpus_low if gpu_billing == always_on "
            "else monthly_images_low * gpu_hour_price / images_per_gpu_hour)"
        },
        {
            "open_rent_high": "monthly_images_high * open_price",
            "closed_rent_low": "1 * closed_price * monthly_images_low",
        },
    ],
)
def test_terms_written_otherwise_change_nothing(terms: dict[str, str], tmp_path: Path) -> None:
    check(write_rules(tmp_path / "rules", BUNDLED, terms), BUNDLED, generate(ROWS, seed=12))


def test_rules_that_decide_by_other_terms_do_not_change_what_settled_says(tmp_path: Path) -> None:
    """Renting counts double in the rules: which route is left is another matter, the inequality is the same."""
    doubled = {f"open_rent_{end}": f"2 * open_price * monthly_images_{end}" for end in ("low", "high")}
    rulebook, columns = write_rules(tmp_path / "rules", BUNDLED, doubled), generate(ROWS, seed=13)
    outcomes = NumpyReading(table_of(rulebook)).decide(columns)
    assert rows_that_differ(on_duckdb(rulebook, columns), in_words(outcomes)) == []
    differs = 0
    for row in range(ONE_BY_ONE):
        found, expected = outcomes.table[outcomes.codes[row]], reference.decide_with(answers_of(columns, row), BUNDLED)
        assert found.settled == expected.settled
        differs += {found.route} - {None} != expected.left
        assert one_by_one(rulebook, PlainReading(rulebook), columns, row) == found
    assert differs > 3


def test_the_reference_for_variants_is_the_reference() -> None:
    columns = generate(500, seed=14)
    for answers in (answers_of(columns, row) for row in range(500)):
        assert reference.decide_with(answers, BUNDLED) == reference.decide(answers)


def test_rows_of_every_kind_are_compared() -> None:
    columns = generate(ROWS, seed=11)
    answers = [answers_of(columns, row) for row in range(ONE_BY_ONE)]
    found = {
        variant: [reference.decide_with(one, axes).settled for one in answers] for variant, axes in VARIANTS.items()
    }
    assert all(len(set(values)) > 1 for values in found.values())
    assert len({tuple(values) for values in found.values()}) > 5
    assert min(found["as they are"].count(value) for value in (True, False, None)) >= 5


def test_decide_and_sweep_say_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rules(tmp_path / "rules", moved(ON_COST, "switching_cost"))
    rules = ["--rules", str(tmp_path / "rules")]
    assert run(["decide", str(ROOT / "examples/exercise-38-3-2.scenario.yaml"), "--json", *rules]) == 0
    record = json.loads(capsys.readouterr().out)
    (tmp_path / "rows.jsonl").write_text(json.dumps(record["scenario"]) + "\n")
    for reading in ([], ["--reading", "run"]):
        out = tmp_path / "out.jsonl"
        assert run(["sweep", str(tmp_path / "rows.jsonl"), "--out", str(out), *rules, *reading]) == 0
        assert json.loads(out.read_text())["settled"] is record["settled"] is True
        out.unlink()


@pytest.mark.parametrize(
    ("changes", "settled"),
    [
        ("output_use=", True),
        ("train_on_outputs=", True),
        ("latency=", None),
        ("indemnity_required=", None),
        ("monthly_overhead=", None),
    ],
)
def test_an_answer_that_is_missing_counts_where_it_can_matter(
    changes: str, settled: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows an answer that changes nothing of the inequality: it is settled all the same."""
    run(["decide", str(ROOT / "examples/exercise-38-3-2.scenario.yaml"), "--json", "--set", changes])
    assert json.loads(capsys.readouterr().out)["settled"] is settled
