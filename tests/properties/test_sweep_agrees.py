"""Whole columns and single scenarios are decided alike: engine, Python, numpy, and Ibis on DuckDB and Spark.

``ADVISOR_AGREE=1`` raises the number of generated scenarios to a million.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow.parquet as pq
import pytest

from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.ibis_backend import IbisReading
from advisor.evaluation.numpy_backend import NumpyReading, RowOutcomes
from advisor.rulebook.loader import bundled_rulebook
from advisor.scenario_space.tabulation import table_of
from tests.helpers import reference
from tests.helpers.column_readings import (
    ADDED,
    as_table,
    in_duckdb,
    in_words,
    most_of,
    on_duckdb,
    one_by_one,
    rows_of,
    rows_that_differ,
)
from tests.helpers.generated_columns import Columns, answers_of, facts_of, generate, on_ties
from tests.helpers.strategies import scenario

THOROUGH = os.environ.get("ADVISOR_AGREE") == "1"
ROWS = 1_000_000 if THOROUGH else 20_000
ONE_BY_ONE = 50_000 if THOROUGH else 2_000
ON_SPARK = 100_000 if THOROUGH else 1_000
BY_HAND = 500

RULEBOOK = bundled_rulebook()


@pytest.fixture(scope="module")
def columns() -> Columns:
    return generate(ROWS, seed=38)


@pytest.fixture(scope="module")
def outcomes(columns: Columns) -> RowOutcomes:
    return NumpyReading(table_of(RULEBOOK)).decide(columns)


def test_the_generated_scenarios_are_of_every_kind(columns: Columns, outcomes: RowOutcomes) -> None:
    ties = on_ties(columns)
    counts = Counter(outcomes.table[code] for code in outcomes.codes.tolist())
    shares = {outcome: count / ROWS for outcome, count in counts.items()}
    routes = {route: sum(s for o, s in shares.items() if o.route is route) for route in (*Route, None)}
    axes = {axis: sum(s for o, s in shares.items() if o.deciding_axis is axis) for axis in Axis}
    settled = {value: sum(s for o, s in shares.items() if o.settled is value) for value in (True, False, None)}
    beyond = NumpyReading(table_of(RULEBOOK)).beyond_int64(columns).mean()
    lines = [f"{ROWS:,} scenarios, {ties.mean():.1%} on a tie, {beyond:.1%} beyond int64, {len(counts)} outcomes"]
    for parts in (routes, axes, settled):
        lines += [", ".join(f"{key} {share:.1%}" for key, share in parts.items())]
    sys.stdout.write("\n".join(["", *lines, ""]))
    assert ties.mean() >= 0.2
    assert 0.05 < beyond < 0.5
    assert min(routes.values()) > 0.05
    assert min(axes.values()) > 0.02
    assert min(settled.values()) > 0.03
    assert all(outcome.route or not outcome.feasible_routes for outcome in counts)


def test_numpy_agrees_with_the_engine_and_with_python(columns: Columns, outcomes: RowOutcomes) -> None:
    engine, plain = engine_reading(RULEBOOK), PlainReading(RULEBOOK)
    for row in range(ONE_BY_ONE):
        expected = outcomes.table[outcomes.codes[row]]
        assert one_by_one(RULEBOOK, engine, columns, row) == expected, facts_of(columns, row)
        assert one_by_one(RULEBOOK, plain, columns, row) == expected, facts_of(columns, row)


def test_numpy_agrees_with_the_procedure_written_out_by_hand(columns: Columns, outcomes: RowOutcomes) -> None:
    for row in range(BY_HAND):
        answers = answers_of(columns, row)
        scenario(answers)
        decided = reference.decide(answers)
        found = outcomes.table[outcomes.codes[row]]
        assert frozenset(filter(None, [found.route])) == decided.left
        assert frozenset(found.feasible_routes) == decided.feasible
        assert found.settled == decided.settled
        assert found.deciding_axis == next(iter(reference.deciding_axes(answers)), None)


def test_ibis_on_duckdb_agrees_with_numpy_and_keeps_the_rows_in_order(columns: Columns, outcomes: RowOutcomes) -> None:
    found = on_duckdb(RULEBOOK, columns)
    assert found.column("row").to_pylist() == list(range(ROWS))
    assert rows_that_differ(found, in_words(outcomes)) == []
    small = small_amounts(columns)
    assert rows_of(small) > ROWS / 20
    assert rows_that_differ(on_duckdb(RULEBOOK, small), in_words(NumpyReading(table_of(RULEBOOK)).decide(small))) == []


def test_ibis_takes_wide_numbers_only_where_they_are_needed(columns: Columns) -> None:
    assert "DECIMAL" in query(columns)
    assert "DECIMAL" not in query(small_amounts(columns))


def small_amounts(columns: Columns) -> Columns:
    """The rows whose comparisons fit an int64 together."""
    caps = {"monthly_images_high": 10**4, "images_per_gpu_hour": 10**6, "gpu_hour_price": 10**8, "min_gpus": 100}
    caps |= {"open_price": 10**6, "closed_price": 10**6, "monthly_overhead": 10**11, "peak_to_mean": 10**4}
    rows = np.all([columns[name] <= cap for name, cap in caps.items()], axis=0)
    return {name: column[rows] for name, column in columns.items()}


def query(columns: Columns) -> str:
    table = in_duckdb(as_table(columns))
    return str(ibis.to_sql(IbisReading(table_of(RULEBOOK)).decide(table, most_of(columns))))


def _spark_missing() -> str | None:
    if not importlib.util.find_spec("pyspark"):
        return "pyspark is not installed"
    return None if shutil.which("java") else "there is no java"


@pytest.fixture
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.driver.host": "127.0.0.1"}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.mark.spark
@pytest.mark.skipif(_spark_missing() is not None, reason=str(_spark_missing()))
def test_spark_agrees_with_duckdb_row_for_row(spark: Any, tmp_path: Path) -> None:
    wide = generate(ON_SPARK, seed=6)
    for number, columns in enumerate([wide, small_amounts(wide)]):
        file = tmp_path / f"{number}.parquet"
        pq.write_table(as_table(columns), file)
        decided = IbisReading(table_of(RULEBOOK)).decide(spark.read_parquet(file), most_of(columns))
        found, expected = decided.to_pyarrow().sort_by("row"), on_duckdb(RULEBOOK, columns)
        assert found.column("row").to_pylist() == expected.column("row").to_pylist() == list(range(rows_of(columns)))
        assert rows_that_differ(found, {name: expected.column(name) for name in ADDED}) == []
        assert rows_that_differ(found, in_words(NumpyReading(table_of(RULEBOOK)).decide(columns))) == []
