"""Faults planted in the bundled rules, with the claim each breaks and what its scenarios show when they are decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest

from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.cost_model import own, rent
from advisor.domain.scenario import Route, Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.resolution import Judgement, judge
from advisor.rulebook.model import Rulebook


def judged(rulebook: Rulebook, scenario: Scenario) -> Judgement:
    return judge(rulebook, PlainReading(rulebook), answer_facts(scenario))


def without(rulebook: Rulebook, rule: str) -> Rulebook:
    return replace(
        rulebook,
        gates=tuple(gate for gate in rulebook.gates if gate.id != rule),
        preferences=tuple(preference for preference in rulebook.preferences if preference.id != rule),
    )


class Fault(NamedTuple):
    """A text of a file of the rules, what takes its place, the claim that fails, and the rules it names."""

    file: str
    text: str
    by: str
    claim: str
    rules: set[str]
    replays: Callable[[Rulebook, list[Scenario]], bool]


def rule(id: str, axis: str, when: str, says: str) -> str:
    return f"- id: {id}\n  axis: {axis}\n  when: {when}\n  {says}\n  because: of that\n  source: a test\n\n"


def prefer(id: str, axis: str, when: str, prefer: str, over: str) -> str:
    return rule(id, axis, when, f"prefer: {prefer}\n  over: {over}")


def left(rulebook: Rulebook, scenario: Scenario) -> tuple[Route, ...]:
    return judged(rulebook, scenario).verdict.left


def undecided(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    with pytest.raises(BadInput, match="these rules do not decide"):
        decide(scenarios[0], rulebook)
    return len(left(rulebook, scenarios[0])) > 1


def nothing_left_of_something(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    verdict = judged(rulebook, scenarios[0]).verdict
    return bool(verdict.feasible) and not verdict.left


def owning_wins_at_one_end(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    s = scenarios[0]
    assert s.gpu_hour_price is not None
    assert s.images_per_gpu_hour is not None
    asked = judged(rulebook, s).verdict.asked
    price = s.open_price if asked is Route.OPEN_WEIGHT_API else s.closed_price
    wins = []
    for N in (s.low, s.high):
        assert price is not None
        assert N is not None
        wins.append(rent(price, N) < own(s.gpu_hour_price, s.images_per_gpu_hour, s.monthly_overhead or 0, N))
    return wins == [True, False] and left(rulebook, s) == (Route.SELF_HOST,)


def falls_back(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    before, after = scenarios
    assert before.low is not None
    assert after.low is not None
    changed = {name for name, value in after.answers().items() if before.answers().get(name) != value}
    assert changed <= {"monthly_images", "monthly_images_low", "monthly_images_high"}
    assert before.low <= after.low
    return left(rulebook, before) == (Route.SELF_HOST,) and Route.SELF_HOST not in left(rulebook, after)


def hosted_on_premises(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    assert scenarios[0].residency == "on_premises"
    survivors = [route for route in judged(rulebook, scenarios[0]).verdict.feasible if route is not Route.SELF_HOST]
    return bool(survivors)


def fires_idly(rule: str) -> Callable[[Rulebook, list[Scenario]], bool]:
    def replays(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
        here = judged(rulebook, scenarios[0])
        fired = {id for match in here.gates for id in match.eliminating} | {pair.rule for pair in here.verdict.applied}
        return rule in fired and left(without(rulebook, rule), scenarios[0]) == here.verdict.left

    return replays


def both_fire(*rules: str) -> Callable[[Rulebook, list[Scenario]], bool]:
    def replays(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
        here = judged(rulebook, scenarios[0])
        return set(rules) <= {id for match in here.gates for id in match.eliminating} | set(here.matched)

    return replays


def no_scenario(rulebook: Rulebook, scenarios: list[Scenario]) -> bool:
    return not scenarios


OPEN_FIRST = "- id: open-keeps-the-way-out\n"
MODEST = "- id: best-while-modest\n"
ON_PREMISES = "when: {residency: on_premises, leaves_premises: yes}"
IN_REGION = "- id: stays-in-region\n"
OWN = "when: {open_weight_api: running, open_rent_low: {ge: own_low}, open_rent_high: {ge: own_high}}"
LATE = "- id: plan-the-exit\n"
FAULTS = {
    "a preference that can never fire": Fault(
        "preferences.yaml",
        OPEN_FIRST,
        prefer("dead", "cost", "{closed_api: out}", "closed_api", "self_host") + OPEN_FIRST,
        "no-idle-rule",
        {"dead"},
        no_scenario,
    ),
    "a gate that can never fire": Fault(
        "gates/residency.yaml",
        IN_REGION,
        rule(
            "dead-gate",
            "residency",
            "{residency: [anywhere, in_region], all: [{residency: on_premises}], leaves_premises: yes}",
            "eliminate: offer",
        )
        + IN_REGION,
        "no-idle-rule",
        {"dead-gate"},
        no_scenario,
    ),
    "advice that can never be given": Fault(
        "advice.yaml",
        LATE,
        rule("never-said", "cost", "{route: self_host, compared_with: none, settled: yes}", "advise: Read on.") + LATE,
        "no-idle-rule",
        {"never-said"},
        no_scenario,
    ),
    "a preference that fires and never decides": Fault(
        "preferences.yaml",
        OPEN_FIRST,
        prefer("idle", "switching_cost", "{output_use: commercial}", "open_weight_api", "closed_api") + OPEN_FIRST,
        "no-idle-rule",
        {"idle"},
        fires_idly("idle"),
    ),
    "a gate that another axis makes idle": Fault(
        "gates/residency.yaml",
        IN_REGION,
        rule(
            "idle-gate",
            "latency",
            "{residency: on_premises, latency: predictable, leaves_premises: yes}",
            "eliminate: offer",
        )
        + IN_REGION,
        "no-idle-rule",
        {"idle-gate"},
        fires_idly("idle-gate"),
    ),
    "two preferences of one axis against each other": Fault(
        "preferences.yaml",
        OPEN_FIRST,
        prefer("against", "cost", "{quality: best_preferred}", "closed_api", "self_host") + OPEN_FIRST,
        "no-contradiction",
        {"against", "own-above-crossover"},
        nothing_left_of_something,
    ),
    "against each other, so that nothing is left": Fault(
        "preferences.yaml",
        OPEN_FIRST,
        prefer("against", "cost", "{quality: best_preferred}", "closed_api", "self_host") + OPEN_FIRST,
        "one-route",
        {"against", "own-above-crossover"},
        nothing_left_of_something,
    ),
    "a preference dropped, so that two routes are left": Fault(
        "preferences.yaml",
        "  prefer: open_weight_api\n  over: closed_api\n",
        "  prefer: open_weight_api\n  over: self_host\n",
        "one-route",
        {"rent-below-crossover"},
        undecided,
    ),
    "an end of the range forgotten": Fault(
        "preferences.yaml",
        OWN,
        "when: {open_weight_api: running, open_rent_high: {ge: own_high}}",
        "cost-inequality",
        {"own-above-crossover"},
        owning_wins_at_one_end,
    ),
    "a volume from which renting wins again": Fault(
        "preferences.yaml",
        MODEST,
        prefer("again", "latency", "{monthly_images_low: {gt: 5000000}}", "open_weight_api", "self_host") + MODEST,
        "monotone-in-volume",
        {"again", "own-above-crossover"},
        falls_back,
    ),
    "a gate implied by another": Fault(
        "gates/residency.yaml",
        IN_REGION,
        rule(
            "narrower",
            "residency",
            "{residency: on_premises, latency: predictable, leaves_premises: yes}",
            "eliminate: offer",
        )
        + IN_REGION,
        "no-implied-rule",
        {"narrower", "stays-on-premises"},
        both_fire("narrower", "stays-on-premises"),
    ),
    "a preference implied by another": Fault(
        "preferences.yaml",
        OPEN_FIRST,
        prefer(
            "narrower",
            "cost",
            "{open_rent_low: {lt: own_low}, open_rent_high: {lt: own_high}, open_weight_api: running}",
            "closed_api",
            "self_host",
        )
        + OPEN_FIRST,
        "no-implied-rule",
        {"narrower", "rent-below-crossover"},
        both_fire("narrower", "rent-below-crossover"),
    ),
    "a gate that lets a hosted route back on premises": Fault(
        "gates/residency.yaml",
        ON_PREMISES,
        "when: {residency: on_premises, quality: [open_suffices, best_preferred], leaves_premises: yes}",
        "on-premises",
        {"stays-on-premises"},
        hosted_on_premises,
    ),
}
