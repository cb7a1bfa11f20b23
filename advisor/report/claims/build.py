"""What a memo states: one claim a fact, with the rules and fields it rests on. Templates only phrase them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from advisor.domain.cost_model import crossover_volume, exact
from advisor.domain.formatting import plain
from advisor.domain.record import Decision, Flip
from advisor.domain.scenario import FIELDS, Axis, Route, validated
from advisor.evaluation.facts import answer_facts
from advisor.report.claims.alternatives import SHOWN, ways
from advisor.report.claims.amounts import PRICED_BY, missing_amounts
from advisor.report.claims.conditions import condition_claims
from advisor.report.claims.confidence import confidence_claims, deciding_rules
from advisor.report.claims.consequences import consequence_claims, forgone_claims
from advisor.report.claims.eliminations import narrowing_claims
from advisor.report.claims.inputs import driver_claims, input_claims
from advisor.report.claims.model import Claim
from advisor.report.claims.options import gates_asked, option_claims
from advisor.report.claims.review_trigger import lookout_claims
from advisor.rulebook.model import Gate, Rulebook
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.question_effects import leads

__all__ = ["Claim", "claims_of"]


def claims_of(decision: Decision, rulebook: Rulebook) -> list[Claim]:
    """Every claim of a memo on this decision. ``rulebook`` is the one it was decided with."""
    conditions = list(condition_claims(decision, rulebook))
    unchecked = {rule: claim.fields for claim in conditions if claim.kind == "unchecked" for rule in claim.rules}
    found = [
        *_outcome(decision, rulebook),
        *forgone_claims(decision),
        *confidence_claims(decision, rulebook),
        *driver_claims(decision, rulebook),
        *narrowing_claims(decision),
        *_costs(decision),
        *conditions,
        *_conflicts(decision),
        *_flips(decision),
        *_questions(decision, rulebook),
        *consequence_claims(decision, rulebook),
        *_advice(decision),
        *lookout_claims(decision, rulebook),
        *option_claims(decision, rulebook),
        *_why_not(decision, rulebook),
        *input_claims(decision),
        *_rules(decision, rulebook, unchecked),
        *_provenance(decision),
    ]
    assert len({claim.id for claim in found}) == len(found)
    return found


def _outcome(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    deciding = tuple(decision.deciding_axes)
    yield Claim(
        "outcome",
        "outcome",
        str(decision.status),
        deciding_rules(decision),
        figures={
            "route": decision.route,
            "axes": deciding,
            "reasons": _reasons(decision, deciding[:1]),
            "dropped": [route for route in Route if route is not decision.route],
            "possible": decision.possible_routes,
            "offers": _offers_left(decision, rulebook),
        },
    )
    volumes = ("monthly_images", "monthly_images_low", "monthly_images_high")
    if any(name in decision.scenario for name in volumes):
        yield Claim("volume", "volume", "volume", (), volumes)
    if "current_route" in decision.scenario:
        figures = {"route": decision.scenario["current_route"]}
        yield Claim("current_route", "current_route", "current_route", (), ("current_route",), figures)
    if moving := decision.migration:
        figures = {
            **moving.model_dump(),
            "repaid_from": _repaid_from(decision),
            "missing": missing_amounts(decision, filter(None, (moving.current_route, decision.route)), ["low"]),
        }
        fields = ("current_route", "migration_cost", "payback_limit_months")
        yield Claim("migration", "migration", "migration", fields=fields, figures=figures)


def _offers_left(decision: Decision, rulebook: Rulebook) -> list[str]:
    """The offers of the route that no gate took out, where some are gone: which of them is chosen is not said."""
    offers = [offer.id for offer in rulebook.offers if offer.route is decision.route]
    left = [id for id in offers if id not in {step.offer for step in decision.eliminated}]
    return left if len(left) < len(offers) else []


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


def _costs(decision: Decision) -> Iterator[Claim]:
    for route, cost in decision.monthly_costs.items():
        yield Claim(
            f"cost.{route}", "costs", "cost", fields=PRICED_BY[route], figures={"route": route, **cost.model_dump()}
        )
    for route, volume in decision.crossovers.items():
        kind = "crossover" if volume is not None else "no_crossover"
        fields = (*PRICED_BY[route], *PRICED_BY[Route.SELF_HOST])
        yield Claim(f"crossover.{route}", "crossovers", kind, fields=fields, figures={"route": route, "volume": volume})


def _conflicts(decision: Decision) -> Iterator[Claim]:
    for number, conflict in enumerate(decision.conflicts, 1):
        figures = {"answers": conflict.answers, "reasons": [_ruling(decision, rule) for rule in conflict.rules]}
        yield Claim(
            f"conflict.{number}", "conflicts", "conflict", tuple(conflict.rules), tuple(conflict.answers), figures
        )
    for number, repair in enumerate(decision.repairs, 1):
        yield Claim(f"repair.{number}", "repairs", "repair", (), tuple(repair.changes), repair.model_dump())


def _ruling(decision: Decision, rule: str) -> dict[str, Any]:
    """A gate of a conflict, with every route it rules out."""
    steps = [step for step in decision.eliminated if step.rule == rule]
    routes = list(dict.fromkeys(step.route for step in steps))
    return {"rule": rule, "because": steps[0].because, "routes": routes}


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


def _questions(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    completions = completions_of(rulebook)
    answers = answer_facts(validated(decision.scenario, "the record"))
    for name in decision.open_questions:
        reached = [
            {
                "option": option,
                "routes": [route for route in Route if route in outcomes],
                "none_possible": None in outcomes,
            }
            for option, outcomes in leads(completions, answers, name)
        ]
        yield Claim(f"question.{name}", "questions", "question", (), (name,), {**_asked(name), "leads": reached})
    for name in decision.not_needed:
        yield Claim(f"not_needed.{name}", "not_needed", "not_needed", (), (name,), _asked(name))


def _asked(name: str) -> dict[str, Any]:
    spec = FIELDS[name]
    unit = spec.quantity.unit if spec.quantity else None
    return {"field": name, "axis": spec.axis, "options": spec.options, "unit": unit}


def _advice(decision: Decision) -> Iterator[Claim]:
    for advice in decision.advice:
        yield Claim(f"advice.{advice.rule}", "advice", "advice", (advice.rule,), figures=advice.model_dump())


def _why_not(decision: Decision, rulebook: Rulebook) -> Iterator[Claim]:
    for other in decision.why_not:
        found = ways(other.changes)
        figures = {
            "route": other.route,
            "ruled_out": [rulebook.rules[id] for id in other.ruled_out_by],
            "lost": [rulebook.rules[id] for id in other.lost_by],
            "ways": found[:SHOWN],
            "more": len(found) > SHOWN,
        }
        rules = (*other.ruled_out_by, *other.lost_by)
        yield Claim(f"why_not.{other.route}", "why_not", "why_not", rules, figures=figures)


def _rules(decision: Decision, rulebook: Rulebook, unchecked: Mapping[str, tuple[str, ...]]) -> Iterator[Claim]:
    """The rules that fired, in the order they did, the gates that every option in the running meets, and those that
    were not asked for want of an answer.
    """
    fired = list(dict.fromkeys(step.rule for step in decision.trace))
    met = [id for id in gates_asked(decision, rulebook) if id not in fired]
    for id in dict.fromkeys((*fired, *met, *unchecked)):
        rule, steps = rulebook.rules[id], [step for step in decision.trace if step.rule == id]
        hit = [step for step in decision.eliminated if step.rule == id]
        chosen = [step for step in decision.preferences if step.rule == id]
        figures = {
            "rule": id,
            "axis": rule.axis,
            "did": {kind: [step.on for step in steps if step.kind == kind] for kind in {s.kind: None for s in steps}},
            "out": _distinct(step.route for step in hit if step.route not in decision.feasible_routes),
            "offers_out": [step.offer for step in hit if step.route in decision.feasible_routes],
            "preferred": _distinct(step.preferred for step in chosen),
            "over": _distinct(step.over for step in chosen),
            "unanswered": () if id in (*fired, *met) else unchecked[id],
            "is_fact": not isinstance(rule, Gate) or bool(hit),
            "because": rule.because,
            "source": rule.source,
        }
        yield Claim(f"rule.{id}", "rules", "rule", (id,), figures=figures)


def _distinct(routes: Iterable[Route]) -> list[Route]:
    return list(dict.fromkeys(routes))


def _provenance(decision: Decision) -> Iterator[Claim]:
    figures = {
        "advisor_version": decision.advisor_version,
        "rulebook_digest": decision.rulebook_digest,
        "decided_on": decision.decided_on,
        "schema_version": decision.schema_version,
    }
    yield Claim("provenance", "provenance", "provenance", figures=figures)
