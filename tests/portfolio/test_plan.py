"""What a plan says, beyond who owns: agreement with single decisions, the catalogue, pools, determinism."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given

from advisor.catalogue.loader import catalogue_in_use
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.cost_model import Costs, to_micro_dollars
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route, Scenario
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import parse_portfolio
from advisor.portfolio.record import PortfolioPlan
from tests.helpers.portfolios import parsed, portfolio_of, portfolios
from tests.helpers.strategies import EXERCISE, examples, scenario, with_fleets

ON = datetime.date(2026, 11, 27)
_PLAN = """
import datetime, sys
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import parse_portfolio
print(plan(parse_portfolio(sys.stdin.read(), "x"), decided_on=datetime.date(2026, 11, 27)).to_json())
"""


def one(answers: dict[str, Any], overhead: str = "0", **more: Any) -> dict[str, Any]:
    """A portfolio of one workload."""
    texts = {name: str(value) if isinstance(value, Decimal) else value for name, value in answers.items()}
    return {"shared_overhead": overhead, "workloads": [{"title": "only", **texts, **more}]}


def is_tie(answers: Scenario) -> bool:
    """Whether renting and owning cost the same in whole micro-dollars."""
    costs = Costs(answers)
    own = costs.monthly(Route.SELF_HOST, answers.monthly_images)
    rents = [costs.monthly(route, answers.monthly_images) for route in (Route.OPEN_WEIGHT_API, Route.CLOSED_API)]
    return own is not None and to_micro_dollars(own) in [to_micro_dollars(rent) for rent in rents if rent is not None]


@pytest.mark.fuzz
@given(with_fleets())
@examples(1_000, 50)
def test_a_portfolio_of_one_workload_is_its_decision(answers: dict[str, Any]) -> None:
    month = {
        name: value for name, value in answers.items() if name not in ("monthly_images_low", "monthly_images_high")
    }
    alone, made = decide(scenario(month), decided_on=ON), plan(parsed(one(month)), decided_on=ON)
    (workload,) = made.workloads
    assert workload.alone == alone.route
    if not is_tie(scenario(month)) and not _prefers_the_best_for_being_modest(month, workload.hosted_route):
        assert workload.route == alone.route
        assert made.status is alone.status


def _prefers_the_best_for_being_modest(answers: dict[str, Any], hosted: Route | None) -> bool:
    """Whether the decision alone may compare another hosted route: the closed one is best at modest volumes only."""
    return answers["quality"] == "best_preferred" and hosted is Route.CLOSED_API


def test_an_exact_tie_is_rented() -> None:
    made = plan(parsed(one(EXERCISE, monthly_images=50_000, monthly_overhead="1400")), decided_on=ON)
    assert made.workloads[0].regret == {
        Route.SELF_HOST: "0.00",
        Route.OPEN_WEIGHT_API: "0.00",
        Route.CLOSED_API: "500.00",
    }
    assert made.workloads[0].route is Route.OPEN_WEIGHT_API
    assert made.workloads[0].alone is Route.SELF_HOST


def test_equal_workloads_own_in_the_order_of_the_file() -> None:
    pool = {"gpu_hour_price": "1", "gpu_billing": "always_on"}
    answers = {k: v for k, v in one(EXERCISE)["workloads"][0].items() if k not in ("gpu_hour_price", "title")}
    # Each needs four tenths of a GPU: two of them pay for one, and three would need another one.
    answers |= {"pool": "main", "peak_to_mean": 1, "images_per_gpu_hour": 100, "monthly_images": 29_200}
    answers |= {"monthly_overhead": 0, "open_price": "0.0137"}
    workloads = [{"title": title, **answers} for title in ("b", "a", "c")]
    portfolio = {"shared_overhead": "0", "pools": {"main": pool}, "workloads": workloads}
    made = plan(parsed(portfolio), decided_on=ON)
    assert made.pools[0].workloads == ["b", "a"]
    assert made.pools[0].gpus == 1
    assert made.total == "1130.04"


def test_the_cost_of_a_pool_is_split_to_the_micro_dollar() -> None:
    portfolio = portfolio_of(Random(8), 12, 1)
    made = plan(parsed(portfolio), decided_on=ON)
    shares = [Decimal(workload.expected or "0") for workload in made.workloads if workload.route is Route.SELF_HOST]
    assert shares
    rest = [Decimal(w.expected or "0") for w in made.workloads if w.route not in (None, Route.SELF_HOST)]
    overhead = Decimal(portfolio["shared_overhead"]) if made.shared_overhead_paid else Decimal(0)
    assert sum(shares) + sum(rest) + overhead == Decimal(made.total or "0")


def test_prices_of_the_catalogue_are_used_and_quoted() -> None:
    catalogue = catalogue_in_use(None)
    answers = {k: v for k, v in EXERCISE.items() if k not in ("open_price", "gpu_hour_price", "images_per_gpu_hour")}
    portfolio = one(answers, "100", model="flux-1-schnell", monthly_images=50_000_000)
    made = plan(parsed(portfolio), catalogue=catalogue, decided_on=ON)
    alone = decide(parsed(portfolio).workloads[0].scenario, catalogue=catalogue, decided_on=ON)
    assert made.workloads[0].quotes == alone.quotes
    assert made.workloads[0].route == alone.route
    assert made.catalogue_digest == catalogue.digest
    costs = {route: cost.expected for route, cost in alone.monthly_costs.items()}
    assert made.workloads[0].expected == costs[made.workloads[0].route or Route.SELF_HOST]


def test_an_unknown_checkpoint_names_the_workload() -> None:
    portfolio = parsed(one(EXERCISE, model="flux-9"))
    with pytest.raises(BadInput, match="for workload `only`, "):
        plan(portfolio, catalogue=catalogue_in_use(None), decided_on=ON)


@pytest.mark.fuzz
@given(portfolios())
@examples(200, 20)
def test_the_order_of_pools_changes_nothing(portfolio: dict[str, Any]) -> None:
    turned = {**portfolio, "pools": dict(reversed(portfolio["pools"].items()))}
    one_way, other = plan(parsed(portfolio), decided_on=ON), plan(parsed(turned), decided_on=ON)
    assert _without_order(one_way) == _without_order(other)


def _without_order(made: PortfolioPlan) -> dict[str, Any]:
    data = json.loads(made.to_json())
    data["pools"].sort(key=lambda pool: pool["name"])
    return {name: value for name, value in data.items() if name != "portfolio"} | {"answers": data["portfolio"]}


@pytest.mark.fuzz
@given(portfolios())
@examples(200, 20)
def test_a_record_holds_its_portfolio(portfolio: dict[str, Any]) -> None:
    made = plan(parsed(portfolio), decided_on=ON)
    again = parse_portfolio(json.dumps(made.portfolio), "the record")
    assert plan(again, decided_on=ON).to_json() == made.to_json()
    assert PortfolioPlan.model_validate_json(made.to_json()) == made


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    text = json.dumps(portfolio_of(Random(5), 12, 3))
    printed = {
        subprocess.run(
            [sys.executable, "-c", _PLAN],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(printed) == 1


def test_a_workload_without_a_route_is_named_and_the_rest_is_planned() -> None:
    portfolio = one(EXERCISE, quality="frontier_only", residency="on_premises")
    portfolio["workloads"] += one(EXERCISE, title="other")["workloads"]
    made = plan(parsed(portfolio), decided_on=ON)
    assert made.status is Status.INFEASIBLE
    assert made.infeasible == ["only"]
    assert {elimination.rule for elimination in made.workloads[0].eliminated} >= {"stays-on-premises"}
    assert made.workloads[1].route is Route.OPEN_WEIGHT_API
    assert made.total == "1500.00"
