"""With prices of a catalogue and answers missing: what is not asked changes no route, whatever the checkpoint is."""

from __future__ import annotations

import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.loader import catalogue_in_use
from advisor.decision.competition import competing
from advisor.domain.record_parts import Status
from advisor.evaluation.facts import answer_facts
from advisor.portfolio.candidates import candidates_of
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import Portfolio
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.portfolios import parsed
from tests.helpers.strategies import examples
from tests.portfolio.test_partial import portfolio_with, routes

ON = datetime.date(2026, 11, 27)
_OPEN_PRICES = ("open_price", "gpu_hour_price", "images_per_gpu_hour")
"""Left out together: a price that is stated has the licence of a checkpoint only where one is named."""
_PRICES = (*_OPEN_PRICES, "closed_price")
_NEEDS: tuple[dict[str, Any], ...] = (
    {},
    {"quality": "frontier_only"},
    {"quality": "best_preferred"},
    {"control": "adapters"},
    {"residency": "on_premises"},
    {"annual_revenue_usd": 500_000},
    {"output_use": "internal"},
)


def without_prices(random: Random) -> dict[str, Any]:
    """Two workloads with some prices left to the catalogue, in most of them without a checkpoint."""
    portfolio = portfolio_with()
    portfolio["shared_overhead"] = random.choice(("0", "500", "20000"))
    for workload in portfolio["workloads"]:
        workload |= {"residency": "anywhere", **random.choice(_NEEDS)}
        workload["monthly_images"] = random.choice((100, 20_000, 1_000_000, 50_000_000))
        workload["monthly_overhead"] = random.choice((0, 2000, 50_000))
        for name in random.choice((_PRICES, _OPEN_PRICES, _OPEN_PRICES, ("closed_price",), ())):
            del workload[name]
        if random.random() < 0.2 and "open_price" not in workload:
            workload["model"] = "flux-1-schnell"
        if random.random() < 0.3:
            workload.pop(random.choice(("quality", "output_use", "monthly_overhead", "monthly_images")), None)
    return portfolio


def completed(portfolio: dict[str, Any], random: Random) -> dict[str, Any]:
    """The same with a checkpoint that competes, and the other answers that are missing."""
    catalogue, rulebook, workloads = catalogue_in_use(None), bundled_rulebook(), []
    values = {
        "quality": ("open_suffices", "best_preferred", "frontier_only"),
        "output_use": ("internal", "commercial"),
        "monthly_overhead": (0, 100, 10_000),
        "monthly_images": (1, 5_000, 1_000_000),
        "annual_revenue_usd": (1, 2_000_000, 10**9),
    }
    for workload in portfolio["workloads"]:
        answers = {name: random.choice(options) for name, options in values.items()} | workload
        scenario = parsed({"workloads": [answers]}).workloads[0].scenario
        models = competing(rulebook, catalogue, scenario, ON).models
        named = {"model": random.choice(models)} if models else {}
        workloads.append({**named, **answers})
    return {**portfolio, "workloads": workloads}


def is_completion(partial: Portfolio, whole: Portfolio) -> bool:
    """Whether the answers are among the completions: a checkpoint whose licence rules it out is not chosen."""
    for candidate, complete in zip(
        candidates_of(partial, bundled_rulebook(), catalogue_in_use(None), ON), whole.workloads, strict=True
    ):
        reached, answers = candidate.assessment.completions.gate_outcomes, answer_facts(complete.scenario)
        if not set(reached.of(answers)) <= set(reached.of(candidate.assessment.answers)):
            return False
    return True


@pytest.mark.fuzz
@given(st.integers(0, 2**32 - 1))
@examples(300, 15)
def test_what_is_not_asked_changes_no_route(seed: int) -> None:
    random, catalogue = Random(seed), catalogue_in_use(None)
    partial = parsed(without_prices(random))
    made = plan(partial, catalogue=catalogue, decided_on=ON)
    for _ in range(4):
        whole = parsed(completed(partial.answers(), random))
        if not is_completion(partial, whole):
            continue
        complete = plan(whole, catalogue=catalogue, decided_on=ON)
        for workload in made.workloads:
            if not made.missing or workload.route is not None or workload.status is Status.INFEASIBLE:
                assert routes(complete)[workload.title] == workload.route


def test_a_checkpoint_that_cannot_matter_is_not_asked_for() -> None:
    portfolio = portfolio_with(open_price=None, gpu_hour_price=None, images_per_gpu_hour=None, monthly_images=100)
    made = plan(parsed(portfolio), catalogue=catalogue_in_use(None), decided_on=ON)
    assert made.missing == []
    assert routes(made) == {"core": "self_host", "other": "open_weight_api"}
    assert made.workloads[1].expected is None
    assert made.unknown_costs == ["other"]
