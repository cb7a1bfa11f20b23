"""The lines of a memo's box on why a route is recommended, or none can be, and on what is forgone."""

from __future__ import annotations

import re
from decimal import Decimal

from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from tests.report.held import (
    AXES,
    MONEY,
    NAMES,
    SHORT,
    Held,
    listed,
    near_money,
    plain_text,
    unique,
    why_not,
)


def why(held: Held, text: str) -> None:
    decision = held.decision
    if decision.status is Status.INFEASIBLE:
        clash(held, text)
        return
    some = "|".join(SHORT)
    found = re.fullmatch(r"(.*) a month, against (.*?)\. ([A-Z].*)|instead of (.*?)\. ([A-Z].*)", text)
    assert found, text
    deciding(held, found[3] or found[5])
    if found[1]:
        assert decision.route
        cost_is(held, decision.route, found[1])
    else:
        assert decision.route not in decision.monthly_costs
    rest = found[2] or found[4]
    others = re.findall(rf"(?:([$a-z0-9,. ]+?) for )?({some}), which (.*?)(?:, and (?=[$a]|{some})|$)", rest)
    assert [SHORT[name] for _, name, _ in others] == [route for route in Route if route is not decision.route]
    for cost, name, how in others:
        assert bool(cost) == bool(found[1])
        if cost:
            cost_is(held, SHORT[name], cost)
        left_on(held, SHORT[name], how)


def cost_is(held: Held, route: Route, text: str) -> None:
    """What a route costs in the expected month, or in the low and the high one."""
    costs = held.decision.monthly_costs
    if text == "an unknown cost":
        assert route not in costs
        return
    months = costs[route].months.values()
    for said, cost in zip(text.split(" to "), months, strict=True):
        found = re.fullmatch(MONEY, said)
        assert found, said
        assert near_money(found[1], Decimal(cost))


def left_on(held: Held, route: Route, how: str) -> None:
    """The axes on which a route was ruled out or lost."""
    if how == "no answer to the open questions recommends":
        assert why_not(held, route).startswith("no answer")
        return
    verb, _, axes = how.partition(" on ")
    reasons = re.split("; and (?=loses? on |(?:is|are) ruled out on )", why_not(held, route))
    found = [re.match(rf"{verb} on ([a-z ]+):", reason) for reason in reasons]
    assert all(found), (how, reasons)
    said, gone = listed(axes, AXES), [step for step in held.decision.eliminated if step.route is route]
    assert set(said) <= {AXES[match[1]] for match in found if match}
    assert verb.startswith("lose") or {step.offer for step in gone if step.axis in said} == {
        step.offer for step in gone
    }


def deciding(held: Held, text: str) -> None:
    axes = held.decision.deciding_axes
    one = re.fullmatch(r"The deciding axis is ([a-z ]+)\.", text)
    several = re.fullmatch(r"The deciding axes are ([a-z, ]+): each would have decided alone\.", text)
    if found := one or several:
        assert listed(found[1], AXES) == axes
        assert (len(axes) == 1) == bool(one)
    else:
        assert text == "No axis decides alone: without the rules of any one of them the route is the same."
        assert not axes


def clash(held: Held, text: str) -> None:
    """Which answers cannot hold together, and what each rule of the conflict takes out."""
    answers, _, rest = text.partition(" cannot hold together: ")
    parts = []
    for part in rest.split("; "):
        found = re.fullmatch(r"(.*) (?:is|are) ruled out on ([a-z ]+)", part)
        assert found, part
        parts.append((listed(found[1], NAMES), AXES[found[2]]))
    said = dict(re.findall(r"\(`([a-z_]+): ([a-z_0-9.-]+)`\)", answers))
    expected = [
        (
            {name: str(value).lower() for name, value in conflict.answers.items()},
            [
                (
                    unique(step.route for step in held.decision.eliminated if step.rule == rule),
                    held.rulebook.rules[rule].axis,
                )
                for rule in conflict.rules
            ],
        )
        for conflict in held.decision.conflicts
    ]
    assert (said, parts) in expected


def cheaper(held: Held, text: str) -> None:
    found = re.fullmatch(rf"({'|'.join(SHORT)}) would cost (.*?), but (.*)", text)
    assert found, text
    other, amounts, why = SHORT[found[1]], found[2], found[3]
    savings = held.cheaper()[other]
    if "expected" in savings:
        parts = {"expected": re.fullmatch(rf"{MONEY} a month less", amounts)}
    else:
        quietest, _, busiest = amounts.partition(" and ")
        parts = {
            "low": re.fullmatch(rf"{MONEY} a month less in the quietest plausible month", quietest),
            "high": re.fullmatch(rf"{MONEY} in the busiest", busiest),
        }
    for month, part in parts.items():
        assert part, amounts
        assert near_money(part[1], savings[month])
    if other in held.decision.feasible_routes:
        assert plain_text(why) == why_not(held, other)
    elif ":" not in why and "ruled out" in why:
        left_on(held, other, why)
    else:
        assert plain_text(why) == why_not(held, other)
