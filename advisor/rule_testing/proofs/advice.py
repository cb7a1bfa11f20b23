"""The outcome of every scenario at once, for the advice: the facts that ``decision`` computes, as free truths."""

from __future__ import annotations

from typing import Any

import z3

from advisor.decision.decide import DEFAULT_PAYBACK_LIMIT, decide
from advisor.domain.cost_model import HOSTED, PRICE_OF
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import compile_condition
from advisor.evaluation.python_backend import PlainReading
from advisor.evaluation.resolution import is_settled
from advisor.evaluation.z3_backend import LOGIC, Symbol, Truth
from advisor.rule_testing.proofs.properties import both_ends, owning
from advisor.rule_testing.proofs.symbolic_scenario import Example, SymbolicScenario
from advisor.rulebook.model import Advice
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE


def advised(world: SymbolicScenario, advice: Advice) -> Truth:
    """Whether some route is recommended and the advice fires, over free values."""
    facts = {**world.facts, **_outcome_facts(world)}
    holds = compile_condition(advice.when, LOGIC)(facts)[0]
    return LOGIC.every([LOGIC.some(list(world.recommended.values())), holds])


def is_advised(example: Example, advice: Advice) -> bool:
    """Whether the advice fires in the decision of the example."""
    decision = decide(example.scenario, example.rulebook, matcher=PlainReading(example.rulebook))
    return any(said.rule == advice.id for said in decision.advice)


def _outcome_facts(world: SymbolicScenario) -> dict[str, Symbol]:
    asked = world.folded.asked
    none_asked = LOGIC.negate(LOGIC.some(list(asked.values())))
    settled = is_settled(LOGIC, asked, {route: both_ends(world, route) for route in HOSTED})
    unsettled = LOGIC.negate(LOGIC.some([settled, none_asked]))
    feasible = {
        route.value: Symbol({FEASIBLE: on, ELIMINATED: LOGIC.negate(on)}) for route, on in world.folded.feasible.items()
    }
    return {
        **feasible,
        "route": Symbol(world.recommended),
        "settled": Symbol({"yes": settled, "no": unsettled, "not_asked": none_asked}),
        "compared_with": Symbol({**asked, "none": none_asked}),
        "moving": Symbol(_moving(world)),
    }


def _moving(world: SymbolicScenario) -> dict[str, Truth]:
    """The assessment of moving from the current route, for every pair of routes."""
    current, cost, limit = (world.facts[name] for name in ("current_route", "migration_cost", "payback_limit_months"))
    amounts = world.amounts
    months = z3.If(limit.answered, amounts["payback_limit_months"], int(DEFAULT_PAYBACK_LIMIT))
    found: dict[str, list[Truth]] = {word: [] for word in ("worth_it", "not_yet", "never", "has_to", "not_known")}
    for now in Route:
        for then in Route:
            if now is then:
                continue
            moves = LOGIC.every([current.answered, current.value[now], world.recommended[then]])
            may_stay = LOGIC.every([moves, world.folded.feasible[now]])
            saving = _monthly(world, now) - _monthly(world, then)
            saves = LOGIC.every([may_stay, saving > 0])
            repays = amounts["migration_cost"] <= months * saving
            found["has_to"].append(LOGIC.every([moves, LOGIC.negate(world.folded.feasible[now])]))
            found["never"].append(LOGIC.every([may_stay, saving <= 0]))
            found["not_known"].append(LOGIC.every([saves, LOGIC.negate(cost.answered)]))
            found["worth_it"].append(LOGIC.every([saves, cost.answered, repays]))
            found["not_yet"].append(LOGIC.every([saves, cost.answered, LOGIC.negate(repays)]))
    said = {word: LOGIC.some(truths) for word, truths in found.items()}
    return {**said, "none": LOGIC.negate(LOGIC.some(list(said.values())))}


def _monthly(world: SymbolicScenario, route: Route) -> Any:
    """Dollars a month at the low volume."""
    amounts = world.amounts
    N = amounts["monthly_images_low"]
    if route is Route.SELF_HOST:
        return owning(world, "monthly_images_low")
    return amounts[PRICE_OF[route]] * N
