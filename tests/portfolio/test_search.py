"""The exact search of one group: equal to every choice tried, with HiGHS or without, and honest where it stops."""

from __future__ import annotations

import sys
from collections.abc import Collection
from fractions import Fraction
from itertools import chain, combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.portfolio import joint
from advisor.portfolio.joint import OwnershipProblem, chooser, highs_owners, solve
from advisor.portfolio.ownership import Budget, Group, Item, Owners, Scoring, search
from tests.helpers.strategies import examples


def group_of(random: Random, number: int, *, alike: bool = False) -> Group:
    """A group in which many workloads nearly pay; ``alike``: few different figures, so that ties are frequent."""
    price, items = random.choice((730_000_000, 876_000_000, 1)), []
    for place in range(number):
        gpus = Fraction(random.randint(1, 8), 4) if alike else Fraction(random.randint(1, 10**9), 730 * 600_001)
        gain = int(price * gpus) + (random.choice((-1, 0, 0, 1)) if alike else random.randint(-(10**8), 10**8))
        own = random.choice((0, 10**6))
        forced = random.random() < 0.05
        items.append(Item(place, None if forced else max(0, own + gain), own, gpus))
    return Group(tuple(items), price, random.choice((1, 1, 3)))


def cost_of(group: Group, owners: Collection[int]) -> int:
    """What a month costs with these owners."""
    costs = [item.own if item.place in owners else item.rent for item in group.items]
    return group.gpu_month * group.gpus(owners) + sum(cost for cost in costs if cost is not None)


def best_of_all(group: Group, scoring: Scoring) -> Owners:
    """The owners of least score of all that there can be, tried one by one."""
    forced = {item.place for item in group.items if item.rent is None}
    free = [item.place for item in group.items if item.is_free]
    some = (chain(forced, chosen) for number in range(len(free) + 1) for chosen in combinations(free, number))
    score, owners = min((scoring.score(cost_of(group, places), places), places) for places in map(frozenset, some))
    return Owners(owners, score, score)


@pytest.mark.fuzz
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.booleans())
@examples(2_000, 100)
def test_the_search_finds_what_trying_every_choice_finds(seed: int, number: int, alike: bool) -> None:
    group, scoring = group_of(Random(seed), number, alike=alike), Scoring(number)
    assert search(group, scoring) == best_of_all(group, scoring)


@pytest.mark.fuzz
@given(st.integers(0, 2**32 - 1), st.integers(1, 10), st.booleans())
@examples(300, 20)
def test_with_highs_the_plan_is_the_same(seed: int, number: int, alike: bool) -> None:
    group, scoring = group_of(Random(seed), number, alike=alike), Scoring(number)
    assert chooser(scoring, small=-1)(group) == best_of_all(group, scoring)


def test_a_plan_of_highs_is_feasible_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    group, scoring = group_of(Random(1), 40), Scoring(40)
    owners = highs_owners(group)
    best = search(group, scoring)
    assert {item.place for item in group.items if item.rent is None} <= owners
    assert cost_of(group, owners) <= cost_of(group, best.owners) * 101 // 100
    assert capfd.readouterr() == ("", "")


def test_a_large_group_is_planned_with_highs_and_proven() -> None:
    group, scoring = group_of(Random(2), 60), Scoring(60)
    found = chooser(scoring)(group)
    assert found.proven
    assert found == search(group, scoring)


@pytest.mark.parametrize("most", [0, 20, 200])
def test_a_search_that_stops_says_what_is_proven(most: int) -> None:
    group, scoring = group_of(Random(3), 40), Scoring(40)
    best, stopped = search(group, scoring), search(group, scoring, budget=Budget(most))
    assert best.proven
    assert not stopped.proven
    assert stopped.bound < best.score <= stopped.score


def test_the_difference_of_a_search_that_stopped_is_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint, "Budget", lambda: Budget(20))
    group, scoring = group_of(Random(3), 40), Scoring(40)
    plan = solve(OwnershipProblem((group,), 0, scoring)).plan
    assert not plan.proven
    assert scoring.cost_of(plan.bound) < scoring.cost_of(plan.score)


def test_without_the_extra_a_large_group_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    small, large = (group_of(Random(4), number) for number in (8, 30))
    assert chooser(Scoring(8))(small).proven
    with pytest.raises(BadInput, match="the extra `portfolio`"):
        chooser(Scoring(30))(large)
