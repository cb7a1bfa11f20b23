"""Portfolios with answers missing: what is not asked cannot change who serves which workload."""

from __future__ import annotations

import copy
import datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.domain.quantity import plain
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS
from advisor.portfolio.plan import plan
from advisor.portfolio.record import PortfolioPlan
from tests.helpers.portfolios import parsed, portfolios
from tests.helpers.strategies import examples

ON = datetime.date(2026, 11, 27)
_NEVER_GONE = ("title", "pool", "gpu_billing", "min_gpus", "monthly_images_low", "monthly_images_high")
Place = tuple[str | int, ...]
"""The keys that lead to a field of a portfolio."""


def without_some(portfolio: dict[str, Any], random: Random) -> tuple[dict[str, Any], list[Place]]:
    """The portfolio with some fields removed, and where they were."""
    places: list[Place] = [("shared_overhead",)]
    places += [("pools", name, "gpu_hour_price") for name in portfolio["pools"]]
    for number, workload in enumerate(portfolio["workloads"]):
        places += [("workloads", number, name) for name in workload if name not in _NEVER_GONE]
    gone = random.sample(places, k=min(len(places), random.choice((1, 1, 2, 3, 5))))
    partial = copy.deepcopy(portfolio)
    for *path, last in gone:
        del _at(partial, path)[last]
    return partial, gone


def _at(portfolio: Any, path: list[str | int]) -> Any:
    for key in path:
        portfolio = portfolio[key]
    return portfolio


def completed(partial: dict[str, Any], gone: list[Place], random: Random) -> dict[str, Any]:
    """The portfolio with some value for each field that was removed."""
    whole = copy.deepcopy(partial)
    for *path, last in gone:
        spec = FIELDS["monthly_overhead" if last == "shared_overhead" else str(last)]
        if spec.quantity:
            usual = Decimal(spec.quantity.example)
            times = random.choice((Decimal(0), Decimal("0.01"), Decimal("0.5"), Decimal(1), Decimal(3), Decimal(100)))
            value: Any = plain(
                max(spec.quantity.least, usual * times).quantize(Decimal(1).scaleb(-spec.quantity.places))
            )
        else:
            value = random.choice(spec.options)
            value = value == "true" if spec.boolean else str(value)
        _at(whole, path)[last] = value
    return whole


def routes(made: PortfolioPlan) -> dict[str, Any]:
    """The route of each workload."""
    return {workload.title: workload.route for workload in made.workloads}


@pytest.mark.fuzz
@given(portfolios(most_workloads=5), st.integers(0, 2**32 - 1))
@examples(2_000, 60)
def test_what_is_not_asked_changes_no_route(portfolio: dict[str, Any], seed: int) -> None:
    random = Random(seed)
    partial, gone = without_some(portfolio, random)
    made = plan(parsed(partial), decided_on=ON)
    certain = routes(made)
    for whole in (portfolio, *(completed(partial, gone, random) for _ in range(4))):
        try:
            complete = routes(plan(parsed(whole), decided_on=ON))
        except BadInput:  # such a month costs more than is computed
            continue
        for workload in made.workloads:
            if not made.missing or workload.route is not None or workload.status is Status.INFEASIBLE:
                assert complete[workload.title] == certain[workload.title]


@pytest.mark.fuzz
@given(portfolios(most_workloads=5), st.integers(0, 2**32 - 1))
@examples(500, 20)
def test_the_answers_that_are_asked_for_lead_to_a_plan(portfolio: dict[str, Any], seed: int) -> None:
    partial, gone = without_some(portfolio, Random(seed))
    for _ in range(len(gone) + 1):
        made = plan(parsed(partial), decided_on=ON)
        assert (made.total_at_least is None) is bool(made.missing)
        status = Status.OPEN if made.missing else Status.RECOMMENDED
        assert made.status is (Status.INFEASIBLE if made.infeasible else status)
        if not made.missing:
            return
        for missing in made.missing:
            path = _path(portfolio, missing.workload, missing.field)
            assert tuple(path) in gone
            _at(partial, path[:-1])[path[-1]] = _at(portfolio, path)
    pytest.fail("questions are left although every one was answered")


def _path(portfolio: dict[str, Any], title: str | None, field: str) -> list[str | int]:
    if title is None:
        return list(field.split("."))
    number = next(n for n, workload in enumerate(portfolio["workloads"]) if workload["title"] == title)
    return ["workloads", number, field]


def portfolio_with(**changes: Any) -> dict[str, Any]:
    """Two workloads, of which one must be owned and one may be; ``changes`` are of the second."""
    needs = {
        "residency": "anywhere",
        "output_use": "commercial",
        "indemnity_required": False,
        "train_on_outputs": False,
        "quality": "open_suffices",
        "control": "prompt_only",
        "latency": "tolerant",
    }
    amounts: dict[str, Any] = {
        "monthly_images": 50_000,
        "open_price": "0.03",
        "closed_price": "0.04",
        "gpu_hour_price": "1.20",
        "images_per_gpu_hour": 600,
        "monthly_overhead": 2000,
    }
    core = {"title": "core", **needs, "residency": "on_premises", **amounts}
    other = {"title": "other", **needs, **amounts, **changes}
    workloads = [{name: value for name, value in w.items() if value is not None} for w in (core, other)]
    return {"shared_overhead": "500", "workloads": workloads}


def test_an_overhead_that_is_not_known_is_not_asked_where_owning_never_pays() -> None:
    made = plan(parsed(portfolio_with(open_price="0.001", monthly_overhead=None)), decided_on=ON)
    assert made.status is Status.RECOMMENDED
    assert routes(made) == {"core": "self_host", "other": "open_weight_api"}
    assert made.workloads[1].regret == {}
    assert made.total == made.total_at_least == "2650.00"


def test_a_cost_that_is_not_known_and_not_needed_is_not_zero() -> None:
    portfolio = portfolio_with()
    del portfolio["workloads"][0]["monthly_overhead"]
    made = plan(parsed(portfolio), decided_on=ON)
    assert made.status is Status.RECOMMENDED
    assert made.workloads[0].expected is None
    assert made.unknown_costs == ["core"]
    assert (made.total, made.lower_bound, made.total_at_least) == (None, None, "2000.00")
    assert made.gap == "0.00"


def test_missing_answers_are_named_by_workload_and_field() -> None:
    made = plan(parsed(portfolio_with(images_per_gpu_hour=None, quality=None)), decided_on=ON)
    assert made.status is Status.OPEN
    assert [(missing.workload, missing.field) for missing in made.missing] == [
        ("other", "quality"),
        ("other", "images_per_gpu_hour"),
    ]
    assert made.workloads[1].missing == ["quality", "images_per_gpu_hour"]
    assert routes(made) == {"core": "self_host", "other": None}


def test_a_shared_overhead_is_asked_for_only_where_it_can_matter() -> None:
    portfolio = portfolio_with()
    del portfolio["shared_overhead"]
    assert plan(parsed(portfolio), decided_on=ON).missing == []
    portfolio["workloads"][0]["residency"] = "anywhere"
    assert plan(parsed(portfolio), decided_on=ON).missing == []
    portfolio["workloads"][1]["monthly_images"] = 500_000
    asked = plan(parsed(portfolio), decided_on=ON).missing
    assert [(missing.workload, missing.field) for missing in asked] == [(None, "shared_overhead")]
