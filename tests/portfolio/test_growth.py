"""The volume at which a workload's growth turns the plan is the least one, by planning anew by brute force."""

from __future__ import annotations

import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.portfolio.plan import plan
from tests.helpers.portfolio_reference import Planned
from tests.helpers.portfolios import parsed, portfolios
from tests.helpers.strategies import examples

ON = datetime.date(2026, 11, 27)
pytestmark = pytest.mark.fuzz


def grown(portfolio: dict[str, Any], title: str, volume: int) -> Planned:
    """The portfolio with another expected volume of one workload."""
    workloads = [
        {**workload, "monthly_images": volume} if workload["title"] == title else workload
        for workload in portfolio["workloads"]
    ]
    return Planned({**portfolio, "workloads": workloads})


@given(portfolios(most_workloads=5), st.integers(0, 2**32 - 1))
@examples(500, 20)
def test_growth_turns_the_plan_at_the_least_volume(portfolio: dict[str, Any], seed: int) -> None:
    made, random = plan(parsed(portfolio), decided_on=ON), Random(seed)
    before = Planned(portfolio).best().owners
    routes = {workload.title: workload.route for workload in made.workloads}
    for turn in made.growth:
        present = int(next(w for w in portfolio["workloads"] if w["title"] == turn.workload)["monthly_images"])
        last = int(turn.searched_up_to) if turn.volume is None else int(turn.volume) - 1
        assert last >= present
        for volume in {
            last,
            *(random.randint(present, last) for _ in range(4)),
            *range(present, min(last, present + 2)),
        }:
            assert grown(portfolio, turn.workload, volume).best().owners == before
        assert bool(turn.changes) is (turn.volume is not None)
        if turn.volume is not None:
            assert turn.volume == turn.searched_up_to
            after = grown(portfolio, turn.workload, int(turn.volume))
            owners = after.best().owners
            changes = {change.workload: (change.before, change.after) for change in turn.changes}
            assert changes == {
                title: (routes[title], "self_host" if title in owners else after.hosted[title])
                for title in after.served
                if (title in owners) is not (title in before)
            }


@given(portfolios(most_workloads=5))
@examples(100, 10)
def test_each_workload_with_a_choice_has_its_turn(portfolio: dict[str, Any]) -> None:
    made, expected = plan(parsed(portfolio), decided_on=ON), Planned(portfolio)
    free = [title for title in expected.served if expected.ownable[title] and expected.hosted[title]]
    assert [turn.workload for turn in made.growth] == free
