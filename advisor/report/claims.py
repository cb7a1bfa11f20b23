"""What a memo states: one claim a fact, with the rules and fields it rests on. Templates only phrase them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from advisor.cost import crossover_volume, exact
from advisor.quantity import plain
from advisor.record import Decision, Flip
from advisor.scenario import FIELDS, Axis, Route


@dataclass(frozen=True)
class Claim:
    """One statement of a memo. ``kind`` names the macro that phrases it, ``section`` where it stands."""

    id: str
    section: str
    kind: str
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


def claims_of(decision: Decision) -> list[Claim]:
    """Every claim of a memo on this decision, in the order of its sections."""
    found = [
        *_outcome(decision),
        *_narrowing(decision),
        *_costs(decision),
        *_conditions(decision),
        *_conflicts(decision),
        *_flips(decision),
        *_questions(decision),
        *_advice(decision),
        *_inputs(decision),
        *_provenance(decision),
    ]
    assert len({claim.id for claim in found}) == len(found)
    return found


def _outcome(decision: Decision) -> Iterator[Claim]:
    deciding = tuple(decision.deciding_axes)
    steps = [(step.rule, step.axis, step.because) for step in decision.eliminated]
    steps += [(step.rule, step.axis, step.because) for step in decision.preferences]
    rules = tuple(dict.fromkeys(rule for rule, axis, _ in steps if axis in deciding))
    yield Claim(
        "outcome",
        "outcome",
        str(decision.status),
        rules,
        figures={
            "route": decision.route,
            "axes": deciding,
            "reasons": _reasons(decision, deciding[:1]),
            "dropped": [route for route in Route if route is not decision.route],
            "possible": decision.possible_routes,
        },
    )
    if decision.settled is not None:
        yield Claim("settled", "outcome", "settled" if decision.settled else "unsettled", rules)
    if decision.migration:
        figures = {**decision.migration.model_dump(), "repaid_from": _repaid_from(decision)}
        fields = ("current_route", "migration_cost", "payback_limit_months")
        yield Claim("migration", "migration", "migration", fields=fields, figures=figures)


def _repaid_from(decision: Decision) -> str | None:
    """The monthly volume from which moving to own GPUs is repaid within the limit: N* with the cost spread over it."""
    moving = decision.migration
    if moving is None or decision.route is not Route.SELF_HOST or not moving.current_route_feasible:
        return None
    limit = Decimal(moving.payback_limit_months)
    if moving.payback_months is None or moving.migration_cost is None or not limit:
        return None
    answers = decision.scenario
    price = answers["open_price" if moving.current_route is Route.OPEN_WEIGHT_API else "closed_price"]
    overhead = exact(answers["monthly_overhead"]) + exact(moving.migration_cost) / exact(limit)
    return crossover_volume(price, answers["gpu_hour_price"], answers["images_per_gpu_hour"], overhead).text()


def _reasons(decision: Decision, axes: tuple[Axis, ...]) -> list[dict[str, Any]]:
    """Why routes left on these axes: each reason once, with the routes it holds for."""
    left = [(step.because, "eliminated", step.axis, step.route) for step in decision.eliminated]
    left = [step for step in left if step[-1] not in decision.feasible_routes]
    left += [(step.because, "preferred", step.axis, step.over) for step in decision.preferences]
    found: dict[tuple[str, str], dict[Route, None]] = {}
    for because, how, axis, route in left:
        if axis in axes:
            found.setdefault((because, how), {})[route] = None
    return [{"because": because, "how": how, "routes": list(routes)} for (because, how), routes in found.items()]


def _narrowing(decision: Decision) -> Iterator[Claim]:
    """Route after route leaves the field, axis by axis: gates first, as preferences judge only what survived them."""
    running = list(Route)
    values = {(step.rule, step.on): step.values for step in decision.trace}
    for elimination in sorted(decision.eliminated, key=lambda step: list(Axis).index(step.axis)):
        if elimination.route not in decision.feasible_routes and elimination.route in running:
            running.remove(elimination.route)
        yield Claim(
            f"eliminated.{elimination.offer}.{elimination.rule}",
            "narrowing",
            "eliminated",
            (elimination.rule,),
            tuple(name for name in values[elimination.rule, elimination.route] if name in FIELDS),
            {
                **elimination.model_dump(),
                "values": values[elimination.rule, elimination.route],
                "still": list(running),
            },
        )
    for rule, steps in groupby(decision.preferences, key=lambda step: step.rule):
        pairs = list(steps)
        for step in pairs:
            if step.over in running:
                running.remove(step.over)
        yield Claim(
            f"preferred.{rule}",
            "narrowing",
            "preferred",
            (rule,),
            tuple(name for name in values[rule, None] if name in FIELDS),
            {
                "rule": rule,
                "axis": pairs[0].axis,
                "preferred": list(dict.fromkeys(step.preferred for step in pairs)),
                "over": list(dict.fromkeys(step.over for step in pairs)),
                "because": pairs[0].because,
                "source": pairs[0].source,
                "values": values[rule, None],
                "still": list(running),
            },
        )


def _costs(decision: Decision) -> Iterator[Claim]:
    for route, cost in decision.monthly_costs.items():
        yield Claim(f"cost.{route}", "costs", "cost", figures={"route": route, **cost.model_dump()})
    for route, volume in decision.crossovers.items():
        kind = "crossover" if volume is not None else "no_crossover"
        yield Claim(f"crossover.{route}", "crossovers", kind, figures={"route": route, "volume": volume})


def _conditions(decision: Decision) -> Iterator[Claim]:
    for condition in decision.conditions:
        figures = condition.model_dump()
        yield Claim(f"condition.{condition.rule}", "conditions", "condition", (condition.rule,), figures=figures)


def _conflicts(decision: Decision) -> Iterator[Claim]:
    because = {step.rule: step.because for step in decision.eliminated}
    for number, conflict in enumerate(decision.conflicts, 1):
        reasons = [{"rule": rule, "because": because[rule]} for rule in conflict.rules]
        figures = {"answers": conflict.answers, "reasons": reasons}
        yield Claim(
            f"conflict.{number}", "conflicts", "conflict", tuple(conflict.rules), tuple(conflict.answers), figures
        )
    for number, repair in enumerate(decision.repairs, 1):
        yield Claim(f"repair.{number}", "repairs", "repair", (), tuple(repair.changes), repair.model_dump())


def _flips(decision: Decision) -> Iterator[Claim]:
    for number, flip in enumerate(decision.flips, 1):
        kind = "answer_flip" if flip.below is None and flip.above is None else "number_flip"
        figures = {**flip.model_dump(), "reached": _reached(flip)}
        yield Claim(f"flip.{number}", "flips", kind, (), (flip.field,), figures)


def _reached(flip: Flip) -> str | None:
    """The first value of a number at which the advice is another: one step past the last at which it is not."""
    quantity = FIELDS[flip.field].quantity
    if quantity is None or (flip.above is None and flip.below is None):
        return None
    step = Decimal(1).scaleb(-quantity.places)
    return plain(Decimal(flip.above) + step if flip.above is not None else Decimal(flip.below or 0) - step)


def _questions(decision: Decision) -> Iterator[Claim]:
    for name in decision.open_questions:
        yield Claim(f"question.{name}", "questions", "question", (), (name,), _asked(name))
    for name in decision.not_needed:
        yield Claim(f"not_needed.{name}", "not_needed", "not_needed", (), (name,), _asked(name))


def _asked(name: str) -> dict[str, Any]:
    spec = FIELDS[name]
    unit = spec.quantity.unit if spec.quantity else None
    return {"field": name, "axis": spec.axis, "options": spec.options, "unit": unit}


def _advice(decision: Decision) -> Iterator[Claim]:
    for advice in decision.advice:
        yield Claim(f"advice.{advice.rule}", "advice", "advice", (advice.rule,), figures=advice.model_dump())


def _inputs(decision: Decision) -> Iterator[Claim]:
    for name, spec in FIELDS.items():
        if name != "title" and (name in decision.scenario or not spec.optional):
            value = decision.scenario.get(name)
            unit = spec.quantity.unit if spec.quantity else ""
            figures = {
                "field": name,
                "value": value,
                "unit": unit,
                "money": bool(spec.quantity and spec.quantity.money),
            }
            yield Claim(f"input.{name}", "inputs", "input", (), (name,), figures)


def _provenance(decision: Decision) -> Iterator[Claim]:
    figures = {
        "advisor_version": decision.advisor_version,
        "rulebook_digest": decision.rulebook_digest,
        "decided_on": decision.decided_on,
        "schema_version": decision.schema_version,
    }
    yield Claim("provenance", "provenance", "provenance", figures=figures)
