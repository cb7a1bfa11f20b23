"""Plans of generated portfolios are those of an independent program that tries every choice of owners."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given

from advisor.domain.cost_model import to_micro_dollars
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.portfolio.plan import plan
from advisor.portfolio.record import PortfolioPlan
from tests.helpers.portfolio_reference import Planned
from tests.helpers.portfolios import parsed, portfolios
from tests.helpers.strategies import examples

ON = datetime.date(2026, 11, 27)
pytestmark = pytest.mark.fuzz


def micro(amount: str | None) -> int | None:
    """An amount of a record as micro-dollars."""
    from fractions import Fraction

    return None if amount is None else to_micro_dollars(Fraction(amount))


def owners(made: PortfolioPlan) -> list[str]:
    """The titles of the owners in a plan."""
    return [workload.title for workload in made.workloads if workload.route is Route.SELF_HOST]


@given(portfolios())
@examples(2_000, 60)
def test_the_plan_is_that_of_brute_force(portfolio: dict[str, Any]) -> None:
    made, expected = plan(parsed(portfolio), decided_on=ON), Planned(portfolio)
    best = expected.best()
    assert owners(made) == list(best.owners)
    assert micro(made.total) == micro(made.lower_bound) == micro(made.total_at_least) == best.cost
    assert made.gap == "0.00"
    assert made.proven
    for workload in made.workloads:
        title = workload.title
        served = title in expected.served
        assert (workload.status is Status.RECOMMENDED) is served
        assert workload.hosted_route == expected.hosted[title]
        assert workload.route == (
            None if not served else "self_host" if title in best.owners else expected.hosted[title]
        )
    parts = [micro(workload.expected) or 0 for workload in made.workloads]
    assert sum(parts) + (expected.shared if best.owners else 0) == best.cost
    all_served = len(expected.served) == len(made.workloads)
    assert made.status is (Status.RECOMMENDED if all_served else Status.INFEASIBLE)


@given(portfolios())
@examples(500, 20)
def test_all_rented_all_owned_and_both_ends_of_the_range(portfolio: dict[str, Any]) -> None:
    made, expected = plan(parsed(portfolio), decided_on=ON), Planned(portfolio)
    can_rent, can_own = (all(fits[title] for title in expected.served) for fits in (expected.hosted, expected.ownable))
    assert micro(made.total_if_all_rented) == (expected.cost(()) if can_rent else None)
    assert micro(made.total_if_all_owned) == (expected.cost(tuple(expected.served)) if can_own else None)
    assert made.not_rentable == [title for title in expected.served if not expected.hosted[title]]
    assert made.not_ownable == [title for title in expected.served if not expected.ownable[title]]
    low, high = (Planned(portfolio, month).best().owners for month in ("low", "high"))
    assert made.owners_low == list(low)
    assert made.owners_high == list(high)
    assert made.settled is (low == high)


@given(portfolios(most_workloads=7))
@examples(500, 20)
def test_regrets_and_the_threshold_of_the_shared_overhead(portfolio: dict[str, Any]) -> None:
    made, expected = plan(parsed(portfolio), decided_on=ON), Planned(portfolio)
    for workload in made.workloads:
        for route, more in workload.regret.items():
            assert micro(more) == expected.regret(workload.title, route)
        assert workload.route is None or workload.regret[workload.route] == "0.00"
    free = Planned({**portfolio, "shared_overhead": "0"})
    below = micro(made.shared_overhead_pays_below)
    if all(expected.hosted[title] for title in expected.served):
        assert below == free.cost(()) - min(map(free.cost, free.choices()))
        assert below is not None
        assert made.shared_overhead_paid is (expected.shared < below)
    else:
        assert below is None


@given(portfolios(most_workloads=7))
@examples(500, 20)
def test_who_owns_only_because_others_do(portfolio: dict[str, Any]) -> None:
    made = plan(parsed(portfolio), decided_on=ON)
    for place, workload in enumerate(made.workloads):
        alone = Planned({**portfolio, "workloads": [portfolio["workloads"][place]]})
        owned = workload.route is Route.SELF_HOST
        assert (workload.owned_because_of_others or False) is (owned and not alone.best().owners)
