"""Builds the claims of a memo: one for each fact, with its rules and fields. Templates only phrase them.

Everything is in the record: nothing is decided or evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.cost_model import AMOUNTS_OF, VOLUME_ENDS, VOLUMES
from advisor.domain.record import Decision
from advisor.domain.record_parts import RuleUsed
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.report.claims.model import Claim
from advisor.report.claims.options import (
    ageing_claims,
    fleet_claims,
    forgone_claims,
    missing_of,
    narrowing_claims,
    offer_claims,
    option_claims,
    reason_claims,
)
from advisor.report.claims.turning import flip_claims, turning_claims

_ORIGIN = {"advisor_version", "rulebook_digest", "catalogue_digest", "decided_on", "schema_version"}


def claims_of(decision: Decision) -> list[Claim]:
    """Every claim of a memo on this decision. Raises BadInput for a record that lacks what a memo states."""
    if not decision.is_complete:
        what = f"this record has schema version {decision.schema_version}, which lacks what a memo states"
        raise BadInput(Problem(what, "the record", help="write it anew with `advisor decide --out`"))
    found = [
        *_outcome(decision),
        *reason_claims(decision),
        *forgone_claims(decision),
        *offer_claims(decision),
        *confidence_claims(decision),
        *narrowing_claims(decision),
        *_costs(decision),
        *fleet_claims(decision),
        *_conditions(decision),
        *ageing_claims(decision),
        *_conflicts(decision),
        *flip_claims(decision),
        *turning_claims(decision),
        *_questions(decision),
        *_consequences(decision),
        *(
            Claim(f"advice.{one.rule}", "advice", "advice", (one.rule,), (), one.model_dump())
            for one in decision.advice
        ),
        *_review_trigger(decision),
        *option_claims(decision),
        *input_claims(decision),
        *_rules(decision),
        Claim("provenance", "provenance", "provenance", figures=decision.model_dump(include=_ORIGIN)),
    ]
    assert len({claim.id for claim in found}) == len(found)
    return found


def reason_of(decision: Decision, rule: str) -> dict[str, Any]:
    """A gate of a conflict, with its axis and the routes it rules out."""
    steps = [step for step in decision.eliminated if step.rule == rule]
    return {
        "rule": rule,
        "axis": steps[0].axis,
        "because": steps[0].because,
        "routes": _distinct(step.route for step in steps),
    }


def _outcome(decision: Decision) -> Iterator[Claim]:
    deciding = tuple(decision.deciding_axes)
    dropped = _dropped(decision, deciding[:1])
    yield Claim(
        "outcome",
        "outcome",
        str(decision.status),
        decision.deciding_rules,
        figures={
            "route": decision.route,
            "axes": deciding,
            "dropped": dropped,
            "possible": decision.possible_routes,
            "offers": _offers_left(decision),
        },
    )
    if any(name in decision.scenario for name in VOLUMES):
        yield Claim("volume", "volume", "volume", (), ("monthly_images", *VOLUME_ENDS))
    if "current_route" in decision.scenario:
        figures = {"route": decision.scenario["current_route"]}
        yield Claim("current_route", "current_route", "current_route", (), ("current_route",), figures)
    if decision.migration:
        fields = ("current_route", "migration_cost", "payback_limit_months")
        figures = {**decision.migration.model_dump(), "missing": missing_of(decision, decision.migration.missing)}
        yield Claim("migration", "migration", "migration", fields=fields, figures=figures)


def _offers_left(decision: Decision) -> list[str]:
    """The remaining offers of the route if some were eliminated: the decision does not choose among them."""
    offers = [offer.offer for offer in decision.offers if offer.route is decision.route]
    left = [id for id in offers if id not in {step.offer for step in decision.eliminated}]
    return left if len(left) < len(offers) else []


def _dropped(decision: Decision, axes: tuple[Axis, ...]) -> list[dict[str, Any]]:
    """The routes that left the running on some axes, by how they did."""
    gone = [step.route for step in decision.eliminated if step.axis in axes]
    lost = [step.over for step in decision.preferences if step.axis in axes]
    eliminated = [route for route in gone if route not in decision.feasible_routes]
    by_kind = {"eliminated": _distinct(eliminated), "preferred": _distinct(lost)}
    return [{"how": how, "routes": routes} for how, routes in by_kind.items() if routes]


def _costs(decision: Decision) -> Iterator[Claim]:
    """What each option costs in a month, and from which volume own GPUs cost no more than it."""
    for route in Route:
        cost, compared = decision.monthly_costs.get(route), route in decision.crossovers
        if cost or compared:
            fields = (*AMOUNTS_OF[route], *(AMOUNTS_OF[Route.SELF_HOST] if compared else ()))
            figures = {
                "route": route,
                "months": cost.model_dump() if cost else {},
                "compared": compared,
                "owning_from": decision.owning_from.get(route),
            }
            yield Claim(f"cost.{route}", "costs", "cost", fields=fields, figures=figures)


def _conditions(decision: Decision) -> Iterator[Claim]:
    """What to verify for the route, for single offers, and what an unanswered question leaves unchecked."""
    for condition in decision.conditions:
        figures = condition.model_dump()
        yield Claim(f"condition.{condition.rule}", "conditions", "condition", (condition.rule,), figures=figures)
    for one in decision.offer_conditions:
        figures = {"offers": one.offers, "provided": one.provided}
        yield Claim(f"verify.{one.rule}", "offer_conditions", "verify", (one.rule,), figures=figures)
    for gate in decision.unchecked:
        fields, figures = tuple(gate.fields), {"fields": gate.fields, "provided": gate.provided}
        yield Claim(f"unchecked.{gate.rule}", "unchecked", "unchecked", (gate.rule,), fields, figures)


def _conflicts(decision: Decision) -> Iterator[Claim]:
    for number, conflict in enumerate(decision.conflicts, 1):
        figures = {"answers": conflict.answers, "reasons": [reason_of(decision, rule) for rule in conflict.rules]}
        yield Claim(
            f"conflict.{number}", "conflicts", "conflict", tuple(conflict.rules), tuple(conflict.answers), figures
        )
    for number, repair in enumerate(decision.repairs, 1):
        yield Claim(f"repair.{number}", "repairs", "repair", (), tuple(repair.changes), repair.model_dump())


def _questions(decision: Decision) -> Iterator[Claim]:
    for name in decision.open_questions:
        labels = {one.model: one.label for one in decision.by_model} if name == "model" else {}
        leads = [{**lead.model_dump(), "label": labels.get(lead.option)} for lead in decision.leads[name]]
        figures = {**_asked(name), "leads": leads}
        yield Claim(f"question.{name}", "questions", "question", (), (name,), figures)
    for name in decision.not_needed:
        figures = {
            **_asked(name),
            "but_not_all": name == "model" and any(one.none_possible for one in decision.by_model),
        }
        yield Claim(f"not_needed.{name}", "not_needed", "not_needed", (), (name,), figures)


def _asked(name: str) -> dict[str, Any]:
    spec = FIELDS[name]
    unit = spec.quantity.unit if spec.quantity else None
    return {"field": name, "axis": spec.axis, "options": spec.options, "unit": unit}


def _review_trigger(decision: Decision) -> Iterator[Claim]:
    """When to review the decision: the volume that ``advisor monitor`` compares with, or why there is none."""
    if trigger := decision.review_trigger:
        missing = missing_of(decision, trigger.missing)
        kind = "no_checkpoint" if missing == ["model"] and trigger.kind == "no_amounts" else trigger.kind
        figures = {**trigger.model_dump(), "missing": missing}
        yield Claim("lookout", "lookout", kind, (), ("monthly_images",), figures)


def _consequences(decision: Decision) -> Iterator[Claim]:
    """What the recommended route brings, what it costs besides money, and what leaving it takes."""
    if (route := decision.route) is None:
        return
    stated = {offer.traits.get("switching_cost") for offer in decision.offers if offer.route is route}
    leaving = stated.pop() if len(stated) == 1 else None
    yield Claim("good", "good", "gained", figures={"route": route})
    yield Claim("bad", "bad", "accepted", figures={"route": route})
    yield Claim("exit", "exit", "exit", figures={"route": route, "leaving": leaving})


def _rules(decision: Decision) -> Iterator[Claim]:
    """Every rule that was used, with its effect."""
    unchecked = {gate.rule: tuple(gate.fields) for gate in decision.unchecked}
    for rule in decision.rules:
        yield Claim(f"rule.{rule.rule}", "rules", "rule", (rule.rule,), figures=_effect(decision, rule, unchecked))


def _effect(decision: Decision, rule: RuleUsed, unchecked: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    steps = [step for step in decision.trace if step.rule == rule.rule]
    hit = [step for step in decision.eliminated if step.rule == rule.rule]
    chosen = [step for step in decision.preferences if step.rule == rule.rule]
    return {
        **rule.model_dump(include={"rule", "axis", "because", "source"}),
        "did": {kind: [step.on for step in steps if step.kind == kind] for kind in {s.kind: None for s in steps}},
        "out": _distinct(step.route for step in hit if step.route not in decision.feasible_routes),
        "offers_out": [step.offer for step in hit if step.route in decision.feasible_routes],
        "preferred": _distinct(step.preferred for step in chosen),
        "over": _distinct(step.over for step in chosen),
        "unanswered": () if rule.asked else unchecked[rule.rule],
        "is_fact": rule.kind != "gate" or bool(hit),
    }


def _distinct(routes: Iterable[Route]) -> list[Route]:
    return list(dict.fromkeys(routes))


def confidence_claims(decision: Decision) -> Iterator[Claim]:
    """Settled or not, how near the crossover, and what is unanswered."""
    compared = decision.comparison
    if compared is None:
        conflicting = tuple(dict.fromkeys(rule for conflict in decision.conflicts for rule in conflict.rules))
        kind = "turns" if [*turning_claims(decision)] else str(decision.status)
        yield Claim(f"confidence.{kind}", "confidence", kind, conflicting)
        return
    missing = missing_of(decision, compared.missing)
    kind = "checkpoint_open" if missing == ["model"] and compared.outcome == "amounts_open" else compared.outcome
    figures = {"missing": missing} if missing else {}
    yield Claim(f"confidence.{kind}", "confidence", kind, _comparing(decision), figures=figures)
    if compared.route and compared.near_crossover is not None:
        kind = "near" if compared.near_crossover else "clear"
        crossover = {"route": compared.route, "owning_from": decision.owning_from[compared.route]}
        yield Claim(f"confidence.{kind}", "confidence", kind, (), ("monthly_images",), crossover)
    ruled_out = any(one.none_possible for one in decision.by_model)
    said = {"model"} if missing == ["model"] and not ruled_out else set[str]()
    if set(decision.not_needed) - said:
        kind = "unanswered_checkpoint" if ruled_out else "unanswered"
        yield Claim(f"confidence.{kind}", "confidence", kind, (), tuple(decision.not_needed))


def _comparing(decision: Decision) -> tuple[str, ...]:
    """The applied preferences on cost or switching cost that compared amounts."""
    compared = {step.rule for step in decision.trace if step.kind == "prefer" and step.values}
    steps = [step for step in decision.preferences if step.axis in (Axis.COST, Axis.SWITCHING_COST)]
    return tuple(dict.fromkeys(step.rule for step in steps if step.rule in compared))


def input_claims(decision: Decision) -> Iterator[Claim]:
    """Every question with its answer, the assumed value, the amount of an offer, or that it is not known."""
    quotes = {quote.field: quote for quote in decision.quotes if quote.origin == "catalogue"}
    for name, spec in FIELDS.items():
        if name == "title":
            continue
        state, value = "answered", decision.scenario.get(name)
        if value is None:
            value = _assumed(decision, name)
            state = _unknown(decision, name) if value is None else "assumed"
            if name in decision.not_needed:
                state = "not needed"
        quote = quotes.get(name)
        if quote:
            value, state = quote.value, "from the catalogue"
        if value is not None or not spec.optional or name in (*decision.not_needed, *decision.open_questions):
            unit, money = (spec.quantity.unit, spec.quantity.money) if spec.quantity else ("", False)
            figures = {"field": name, "value": value, "unit": unit, "money": money}
            figures |= {"state": state, "quote": quote and quote.model_dump()}
            yield Claim(f"input.{name}", "inputs", "input", (), (name,), figures)


def _unknown(decision: Decision, name: str) -> str:
    """Why an amount is not known: on a route with offers of the catalogue it is not asked for."""
    asked = (*VOLUMES, "monthly_overhead")
    listed = {entry.route for entry in decision.shortlist if name in AMOUNTS_OF[entry.route]}
    if name in asked or not listed:
        return "not known yet"
    if not listed & {*decision.feasible_routes}:
        return "every offer is ruled out, see Offers"
    by_checkpoint = decision.by_model and name not in AMOUNTS_OF[Route.CLOSED_API]
    return "by checkpoint, see Offers" if by_checkpoint else "no price in the catalogue"


def _assumed(decision: Decision, name: str) -> Any:
    """The default of a field in the scenario's definition."""
    if name in VOLUME_ENDS:
        return decision.scenario.get("monthly_images")
    if name == "payback_limit_months" and decision.migration:
        return decision.migration.payback_limit_months
    return "image" if name == "unit" else None
