"""What the memo of any plan says is in its record, and the record can be recomputed from the memo."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.scenario import Route
from advisor.portfolio.memo import plan_body, plan_html, plan_markdown, plan_text
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import Portfolio, parse_portfolio
from advisor.portfolio.record import PortfolioPlan
from advisor.report.templates import money
from tests.helpers.portfolios import parsed, portfolio_of
from tests.helpers.strategies import examples
from tests.report.drawn import DAY

SHORT = {"self_host": "own GPUs", "open_weight_api": "the open-weight API", "closed_api": "the closed API"}


@st.composite
def stated_portfolios(draw: st.DrawFn) -> dict[str, Any]:
    """A portfolio; in one of three some answers are missing."""
    seed = draw(st.integers(0, 2**32 - 1))
    random = Random(seed)
    found = portfolio_of(random, most_workloads=6)
    if draw(st.integers(0, 2)) == 0:
        for workload in found["workloads"]:
            for name in random.sample(sorted(set(workload) - {"title", "pool"}), k=random.randint(0, 2)):
                del workload[name]
        if random.random() < 0.2:
            del found["shared_overhead"]
    return found


def planned(stated: dict[str, Any]) -> tuple[Portfolio, PortfolioPlan]:
    portfolio = parsed(stated)
    return portfolio, plan(portfolio, decided_on=DAY)


def rows(memo: str, first: str) -> list[list[str]]:
    """The rows of the table whose heading starts with this cell."""
    table = re.search(rf"^\| {first} \|.*\n\|[-:| ]*\|\n((?:\|.*\n)+)", memo, re.MULTILINE)
    assert table, memo
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table[1].splitlines()]


@pytest.mark.fuzz
@examples(200)
@given(stated_portfolios())
def test_the_tables_are_the_record(stated: dict[str, Any]) -> None:
    found = planned(stated)[1]
    memo = plan_markdown(found)
    for row, workload in zip(rows(memo, "workload"), found.workloads, strict=True):
        assert row[0] == workload.title
        assert row[2].startswith(SHORT[workload.route] if workload.route else ("no route", "still open"))
        assert row[4] == (money(workload.expected) if workload.expected else "not known" if workload.route else "")
        for route, more in workload.regret.items():
            cell = "" if more is None else f"{SHORT[route]}: {money(more.removeprefix('-'))}"
            assert cell in row[5] or route == workload.route
    if not found.missing and any(workload.route for workload in found.workloads):
        totals = {row[0]: row[1] for row in rows(memo, "plan")}
        assert totals["this plan"] == (
            money(found.total) if found.total else f"at least {money(found.total_at_least or '')}"
        )
        assert all(title in totals["everything owned"] for title in found.not_ownable)
    for title in (workload.title for workload in found.workloads):
        assert title in plan_text(found, 100).replace("\n", " ")
    assert plan_body(found)
    assert plan_html(found)


@pytest.mark.fuzz
@examples(200)
@given(stated_portfolios())
def test_the_rows_and_the_shared_overhead_add_up_to_the_total(stated: dict[str, Any]) -> None:
    found = planned(stated)[1]
    if found.total is not None:
        rows = sum(Decimal(workload.expected or 0) for workload in found.workloads)
        shared = Decimal(found.shared_overhead or 0) if found.shared_overhead_paid else Decimal(0)
        assert rows + shared == Decimal(found.total)


@pytest.mark.fuzz
@examples(100)
@given(stated_portfolios())
def test_what_the_memo_embeds_is_planned_the_same_again(stated: dict[str, Any]) -> None:
    found = planned(stated)[1]
    embedded = plan_markdown(found).partition("```yaml\n")[2].partition("```")[0]
    assert plan(parse_portfolio(embedded, "the memo"), decided_on=DAY).to_json() == found.to_json()


@pytest.mark.fuzz
@examples(100)
@given(stated_portfolios())
def test_each_reason_why_a_memo_of_its_own_differs_is_true(stated: dict[str, Any]) -> None:
    portfolio, found = planned(stated)
    memo = plan_markdown(found)
    lines = dict(re.findall(r'^\* "([^"]*)" (?:owns|is rented) here.*?: (.*)\.$', memo, re.MULTILINE))
    owners = {pool.name: set(pool.workloads) for pool in found.pools}
    differing = [one for one in found.workloads if None not in (one.route, one.alone) and one.route != one.alone]
    assert set(lines) == {one.title for one in differing}
    for one, workload in zip(found.workloads, portfolio.workloads, strict=True):
        said = lines.get(one.title, "")
        alone = decide(workload.scenario, decided_on=DAY)
        assert alone.route == one.alone
        others = owners.get(one.pool or "", set()) - {one.title}
        if "compared with own GPUs" in said:
            assert one.alone != one.hosted_route
        if "GPUs of its own" in said or "what others use" in said:
            assert others
        if "quietest and in the busiest" in said:
            assert (one.route, one.alone) == (Route.SELF_HOST, one.hosted_route)
            assert not others
        if "shared overhead" in said:
            assert not found.shared_overhead_paid
            assert one.alone is Route.SELF_HOST
        if "equal costs" in said:
            assert found.shared_overhead_paid
            assert not others
