"""Columns at once: the extremes of the bounds, rulebooks of other shapes, and what is too large."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import VOLUMES
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import CHUNK, NumpyReading
from advisor.rulebook.loader import bundled_rulebook, load_rulebook
from advisor.rulebook.model import AnyOf, Comparison, Preference, Rulebook
from advisor.scenario_space.tabulation import table_of
from tests.helpers import reference
from tests.helpers.column_readings import (
    as_table,
    in_duckdb,
    in_words,
    most_of,
    on_duckdb,
    one_by_one,
    rows_of,
    rows_that_differ,
)
from tests.helpers.generated_columns import FLEET, LARGEST_MONTH, OPTIONS, Columns, answers_of, generate
from tests.helpers.strategies import scenario

ROOT = Path(__file__).parents[2]
RULEBOOK = bundled_rulebook()

NARROWER_OFFERS = """
  - id: licensed-checkpoint
    route: self_host
    label: a checkpoint with a revenue limit
    traits:
      leaves_premises: no
      offered_in_region: no
      commercial_use: no
      training_on_outputs: yes
      output_indemnity: yes
      revenue_cap_usd: 1000000
      model_access: proprietary
      control_depth: pinned_version
      shared_queue: no
      switching_cost: low
"""
MORE_PREFERENCES = """
- id: tiny-or-deep
  axis: licensing
  when: {any: [{monthly_images: {lt: 1000}}, {monthly_images: {ge: 5000000}, control: {ge: adapters}}]}
  prefer: closed_api
  over: [self_host, open_weight_api]
  because: generated
  source: generated
- id: own-beyond-a-million-dollars
  axis: latency
  when: {own_high: {gt: 1000000}, residency: {not: on_premises}}
  prefer: open_weight_api
  over: self_host
  because: generated
  source: generated
- id: a-cheap-hour
  axis: latency
  when: {not: {any: [{gpu_hour_price: {gt: 2}}, {gpu_month: {ge: own_low}}, {annual_revenue_usd: {le: 5000000}}]}}
  prefer: self_host
  over: closed_api
  because: generated
  source: generated
"""


AS_USED = {"gpu_billing": 0, "peak_to_mean": 1_000, "min_gpus": 1}


def extreme(**changes: int) -> Columns:
    """A permissive scenario as one row, with these numbers and places of options."""
    usual = {"monthly_images": 50_000, "open_price": 30_000, "closed_price": 40_000, "gpu_hour_price": 1_200_000}
    usual |= {"images_per_gpu_hour": 600_000, "monthly_overhead": 2_000_000_000}
    row = {**dict.fromkeys(OPTIONS, 0), **AS_USED, **usual, **changes}
    for end in ("monthly_images_low", "monthly_images_high"):
        row.setdefault(end, row["monthly_images"])
    columns = {name: np.array([value]) for name, value in row.items()}
    return columns | {name: columns[name].astype(bool) for name in ("indemnity_required", "train_on_outputs")}


DEAREST = {
    "monthly_images": 10**12,
    "images_per_gpu_hour": 10**12,
    "gpu_hour_price": 10**12,
    "closed_price": 9_000,
}
EXTREMES = {
    "a tie at the bounds": ({**DEAREST, "open_price": 9_000, "monthly_overhead": 8 * 10**15}, Route.SELF_HOST),
    "a micro-dollar beyond it": (
        {**DEAREST, "open_price": 8_999, "monthly_overhead": 7_999 * 10**12 + 1},
        Route.OPEN_WEIGHT_API,
    ),
    "a micro-dollar short of it": (
        {**DEAREST, "open_price": 8_999, "monthly_overhead": 7_999 * 10**12 - 1},
        Route.SELF_HOST,
    ),
    "a billionth of a micro-dollar beyond a tie": (
        {
            "monthly_images": 1,
            "gpu_hour_price": 1,
            "images_per_gpu_hour": 10**12,
            "open_price": 10**12,
            "closed_price": 10**12,
            "monthly_overhead": 10**12,
        },
        Route.OPEN_WEIGHT_API,
    ),
    "a quotient with no remainder on a tie": (
        {"monthly_images": 10**6, "gpu_hour_price": 30_000, "images_per_gpu_hour": 1_000, "monthly_overhead": 0},
        Route.SELF_HOST,
    ),
    "a product that would wrap to almost nothing": (
        {"monthly_images": 10**6, "gpu_hour_price": 18_446_744_074, "images_per_gpu_hour": 10**6},
        Route.OPEN_WEIGHT_API,
    ),
    "a product that would wrap below zero": (
        {"monthly_images": 10**6, "gpu_hour_price": 9_300_000_000, "images_per_gpu_hour": 10**6},
        Route.OPEN_WEIGHT_API,
    ),
}


def agreed(rulebook: Rulebook, columns: Columns) -> list[Route | None]:
    """The routes, once numpy, Ibis on DuckDB and Python are seen to agree."""
    outcomes = NumpyReading(table_of(rulebook)).decide(columns)
    assert rows_that_differ(on_duckdb(rulebook, columns), in_words(outcomes)) == []
    found = [outcomes.table[code] for code in outcomes.codes.tolist()]
    plain = PlainReading(rulebook)
    for row in range(min(rows_of(columns), 1_000)):
        assert one_by_one(rulebook, plain, columns, row) == found[row], {name: c[row] for name, c in columns.items()}
    return [outcome.route for outcome in found]


@pytest.mark.parametrize("case", EXTREMES)
def test_extremes_are_exact(case: str) -> None:
    changes, route = EXTREMES[case]
    columns = extreme(**changes)
    assert agreed(RULEBOOK, columns) == [route]
    answers = answers_of(columns, 0)
    scenario(answers)
    assert reference.decide(answers).left == {route}


def test_one_large_row_does_not_spoil_the_others() -> None:
    usual = generate(CHUNK + 5_000, seed=3)
    large = extreme(**DEAREST, open_price=9_000, monthly_overhead=LARGEST_MONTH - 10**15)
    mixed = {name: np.concatenate([column, large[name], column]) for name, column in usual.items()}
    alone = NumpyReading(table_of(RULEBOOK)).decide(usual).codes
    together = NumpyReading(table_of(RULEBOOK)).decide(mixed).codes
    assert (together == np.concatenate([alone, NumpyReading(table_of(RULEBOOK)).decide(large).codes, alone])).all()


def test_only_fields_that_can_matter_are_asked_for() -> None:
    names = NumpyReading(table_of(RULEBOOK)).names
    assert names == IbisReading(table_of(RULEBOOK)).names
    assert not {"output_use", "annual_revenue_usd", "monthly_images", "current_route"} & set(names)
    columns = generate(2_000, seed=4)
    before = NumpyReading(table_of(RULEBOOK)).decide(columns)
    fewer = NumpyReading(table_of(RULEBOOK)).decide({name: columns[name] for name in names})
    assert (before.codes == fewer.codes).all()
    for name in names:
        other = columns | {name: np.random.default_rng(5).permutation(columns[name])}
        assert (NumpyReading(table_of(RULEBOOK)).decide(other).codes != before.codes).any(), name


@pytest.fixture
def other_rules(tmp_path: Path) -> Rulebook:
    """The bundled rules with a second offer for one route, and preferences of every form."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    shutil.rmtree(folder / "cases")
    for file, more in (("routes.yaml", NARROWER_OFFERS), ("preferences.yaml", MORE_PREFERENCES)):
        path = folder / file
        text = path.read_text(encoding="utf-8").replace("revenue_cap_usd: none", "revenue_cap_usd: 5000000")
        path.write_text(text + more, encoding="utf-8")
    return load_rulebook(folder)


def test_other_rules_are_read_alike(other_rules: Rulebook) -> None:
    columns = generate(20_000, seed=7)
    rng = np.random.default_rng(8)
    caps = np.array([0, 10**8 - 1, 10**8, 10**8 + 1, 5 * 10**8, 5 * 10**8 + 1, 10**16])
    columns["annual_revenue_usd"] = rng.choice(caps, len(columns["open_price"]))
    routes = agreed(other_rules, columns)
    assert {*Route, None} == set(routes)
    assert {"output_use", "annual_revenue_usd", "monthly_images"} < set(NumpyReading(table_of(other_rules)).names)
    steps = {step.left: step.marks for step in table_of(other_rules).steps}
    assert steps["annual_revenue_usd"] == (10**8 + 1, 5 * 10**8 + 1)
    assert steps["monthly_images"] == (1_000, 5_000_000)


def test_a_quotient_is_not_rounded_before_it_is_compared_with_a_number(other_rules: Rulebook) -> None:
    """A millionth of a micro-dollar more than a million dollars is more than a million dollars."""
    fraction = {"monthly_images": 1_000, "gpu_hour_price": 1, "images_per_gpu_hour": 10**12, "open_price": 10**10}
    rows = [extreme(**fraction, monthly_overhead=overhead) for overhead in (10**12 - 1, 10**12)]
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    columns["annual_revenue_usd"] = np.zeros(2, np.int64)
    assert agreed(other_rules, columns) == [Route.SELF_HOST, Route.OPEN_WEIGHT_API]


def test_rules_that_always_say_the_same_read_only_the_inequality() -> None:
    bare = replace(RULEBOOK, gates=(), preferences=())
    ends, running_costs = VOLUMES[::2], ("gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
    assert set(NumpyReading(table_of(bare)).names) == {*ends, "open_price", *running_costs, *FLEET}
    assert agreed(bare, generate(100, seed=9)) == [None] * 100
    (closed,) = (rule for rule in RULEBOOK.preferences if rule.id == "open-keeps-the-way-out")
    always = replace(bare, preferences=(replace(closed, over=(Route.CLOSED_API, Route.SELF_HOST)),))
    assert agreed(always, generate(100, seed=9)) == [Route.OPEN_WEIGHT_API] * 100


def comparing(rulebook: Rulebook, pairs: int, rules: int) -> Rulebook:
    """The rulebook with preferences that compare so many pairs of terms, spread over so many rules."""
    terms = sorted(name for name in rulebook.terms if "rent" in name)
    found = [Comparison(left, "lt", right, against_name=True) for left, right in combinations(terms, 2)]
    found += [Comparison(left, "lt", right, against_name=True) for left, right in product(terms, ("own", "own_low"))]
    made = tuple(
        Preference(
            id=f"generated-{number}",
            axis=Axis.COST,
            when=AnyOf(tuple(found[number:pairs:rules])),
            because="generated",
            source="generated",
            file="generated",
            line=1,
            prefer=(tuple(Route)[number % 3],),
            over=(tuple(Route)[(number + 1) % 3],),
            running=frozenset(),
            out=frozenset(),
        )
        for number in range(rules)
    )
    return replace(rulebook, gates=(), preferences=made)


def test_rules_that_tell_much_apart_are_still_read_alike() -> None:
    rulebook = comparing(RULEBOOK, pairs=11, rules=4)
    assert table_of(rulebook).cells.size == 2**13
    agreed(rulebook, generate(3_000, seed=10))


@pytest.mark.parametrize(("pairs", "rules"), [(30, 1), (30, 6), (40, 3)])
def test_rules_that_tell_too_much_apart_are_refused(pairs: int, rules: int) -> None:
    with pytest.raises(BadInput, match="for whole columns at once these rules distinguish"):
        NumpyReading(table_of(comparing(RULEBOOK, pairs, rules)))


def test_a_database_is_given_no_long_literals() -> None:
    rulebook = comparing(RULEBOOK, pairs=18, rules=5)
    assert NumpyReading(table_of(rulebook)).names
    with pytest.raises(BadInput, match="in a database these rules distinguish 1,048,576 cases, more than 524,288"):
        IbisReading(table_of(rulebook))


def test_numbers_of_more_than_38_digits_are_refused() -> None:
    columns = extreme()
    table = in_duckdb(as_table(columns))
    with pytest.raises(BadInput, match="numbers of more than 38 digits"):
        IbisReading(table_of(RULEBOOK)).decide(table, {**most_of(columns), "closed_price": 10**30})


def test_columns_of_the_table_keep_their_names_and_values() -> None:
    columns = generate(50, seed=11)
    mine = as_table(columns).append_column("answers_", [list(range(50))]).append_column("numbers_", [["x"] * 50])
    table = in_duckdb(mine)
    found = IbisReading(table_of(RULEBOOK)).decide(table, most_of(columns)).to_pyarrow()
    assert found.column_names == [*mine.column_names, "route", "deciding_axis", "feasible_routes", "settled"]
    assert found.select(mine.column_names).to_pylist() == mine.to_pylist()
