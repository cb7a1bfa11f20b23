"""Builds the record of an assessment: the outcome, the trace, the advice, the explanations, and what a memo states."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment, judged
from advisor.decision.break_even import (
    cost_comparison,
    cost_text,
    crossovers,
    fleet_of,
    monthly_costs,
    own_cost_steps,
    owning_from,
    owning_ranges,
    owning_up_to_peak,
    review_trigger,
    route_by_amounts,
    turning_points,
)
from advisor.decision.offer_sections import (
    OfferFit,
    ageing,
    assumes_few_step,
    by_model,
    few_step_twin,
    quotes,
    shortlist,
)
from advisor.domain import record
from advisor.domain.cost_model import (
    Crossover,
    exact,
    missing_amounts,
    payback_months,
    rounded,
    to_micro_dollars,
)
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.quantity import dollars, grouped, payback_text, plain
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route, Unit
from advisor.evaluation.compiler import Facts
from advisor.explanation.counterfactuals import Explainer
from advisor.rulebook.model import Gate, Preference, Rule, names_in_order
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE
from advisor.scenario_space.completions import leads

DEFAULT_PAYBACK_LIMIT = Decimal(12)


def record_of(assessment: Assessment, decided_on: datetime.date, catalogue: Catalogue | None = None) -> Decision:
    """The record of an assessment, with advice if a route is recommended; its offers are from ``catalogue``."""
    rulebook, scenario, status = assessment.rulebook, assessment.scenario, assessment.status
    recommended, infeasible = status is Status.RECOMMENDED, status is Status.INFEASIBLE
    certain, verdict = recommended or infeasible, assessment.judgement.verdict
    migration = migration_of(assessment)
    outcome: Facts = {**assessment.facts, **advice_facts(assessment, assessment.asked)} if recommended else {}
    few_step = assumes_few_step(assessment, catalogue)
    advised = _advised(assessment, outcome, few_step) if recommended else []
    preferences = [] if status is Status.OPEN else _preferences(assessment)
    conditions = _conditions(assessment)
    to_verify = {condition.rule for condition in conditions}
    fit = OfferFit(assessment)
    unchecked = fit.unchecked(to_verify)
    trace = _trace(assessment, preferences, advised, outcome)
    explainer = Explainer(rulebook, assessment.every_offer, assessment.answers, scenario.answers())
    flips = explainer.flips(next(iter(assessment.outcomes))) if certain else []
    listed, more = shortlist(assessment)
    used = quotes(assessment) if catalogue else []
    decision = Decision(
        schema_version=record.SCHEMA_VERSION,
        advisor_version=advisor.__version__,
        decided_on=decided_on.isoformat(),
        rulebook_digest=rulebook.digest,
        catalogue_digest=catalogue.digest if catalogue else None,
        scenario=assessment.stated.answers(),
        status=status,
        route=assessment.route,
        deciding_axis=assessment.deciding_axes[0] if assessment.deciding_axes else None,
        deciding_axes=list(assessment.deciding_axes),
        feasible_routes=list(verdict.feasible),
        possible_routes=[route for route in Route if route in assessment.outcomes],
        may_be_infeasible=None in assessment.outcomes,
        settled=assessment.settled,
        crossovers=crossovers(assessment),
        monthly_costs=monthly_costs(assessment),
        eliminated=eliminations(assessment),
        preferences=preferences,
        trace=trace,
        conditions=conditions,
        advice=advice_of(assessment, advised, migration),
        migration=migration,
        conflicts=explainer.conflicts() if infeasible else [],
        repairs=explainer.repairs(assessment.expected_cost) if infeasible else [],
        flips=flips,
        why_not=explainer.why_not(assessment.route) if certain else [],
        open_questions=list(assessment.open_questions),
        not_needed=assessment.not_needed,
        offers_digest=rulebook.offers_digest,
        rules=_rules(assessment, trace, fit.gates_asked, unchecked),
        offers=[
            record.OfferJudged(offer=offer.id, route=offer.route, traits=dict(offer.stated))
            for offer in assessment.judgement.offers
        ],
        traits=fit.traits(),
        offer_conditions=fit.conditions(to_verify),
        unchecked=unchecked,
        comparison=cost_comparison(assessment),
        leads={name: _leads(assessment, name) for name in assessment.open_questions},
        review_trigger=None,
        route_by_amounts=route_by_amounts(assessment),
        few_step_speedup=rulebook.constants.get("few_step_speedup") if few_step else None,
        owning_from=owning_from(assessment),
        turning_points=turning_points(assessment),
        route_by_own_cost=own_cost_steps(assessment),
        fleet=fleet_of(assessment),
        owning_ranges=owning_ranges(assessment),
        owning_up_to_peak=owning_up_to_peak(assessment),
        quotes=used,
        ageing=ageing(used, flips, catalogue, decided_on),
        shortlist=listed,
        shortlist_more=more,
        by_model=by_model(assessment, catalogue),
        few_step_twin=few_step_twin(assessment, catalogue),
    )
    return decision.model_copy(update={"review_trigger": review_trigger(decision, scenario, rulebook)})


def _preferences(assessment: Assessment) -> list[record.PreferenceApplied]:
    return [
        record.PreferenceApplied(
            preferred=applied.preferred, over=applied.over, **_cited(assessment.rulebook.rules[applied.rule])
        )
        for applied in assessment.judgement.verdict.applied
    ]


def _conditions(assessment: Assessment) -> list[record.Condition]:
    """What to verify for every surviving offer of the recommended route."""
    route, judgement = assessment.route, assessment.judgement
    survivors = [match.to_verify for _, match in judged(judgement, route) if not match.eliminating] if route else []
    return [
        record.Condition(route=route, rule=gate.id, axis=gate.axis, provided=gate.provided or "", source=gate.source)
        for gate in assessment.rulebook.gates
        if route and survivors and all(gate.id in to_verify for to_verify in survivors)
    ]


def _trace(
    assessment: Assessment, preferences: list[record.PreferenceApplied], advised: list[str], outcome: Facts
) -> list[record.Fired]:
    """Every rule that fired, with the values it compared."""
    rulebook, facts, steps = assessment.rulebook, assessment.facts, list[record.Fired]()

    def text(name: str, value: Encoded | Unknown) -> str:
        known = rulebook.names.get(name)
        return "unknown" if isinstance(value, Unknown) else known.decode(value) if known else str(value)

    def fired(id: str, kind: str, route: Route | None, facts: Facts) -> record.Fired:
        rule = rulebook.rules[id]
        values = {name: text(name, facts[name]) for name in names_in_order(rule.when) if name in facts}
        return record.Fired(rule=id, axis=rule.axis, kind=kind, on=route, values=values)

    for offer, match in judged(assessment.judgement):
        of_offer = {**facts, **offer.traits}
        steps += [fired(id, "eliminate", offer.route, of_offer) for id in match.eliminating]
        steps += [fired(id, "verify", offer.route, of_offer) for id in match.to_verify]
    steps += [fired(id, "prefer", None, facts) for id in dict.fromkeys(step.rule for step in preferences)]
    return steps + [fired(id, "advise", None, outcome) for id in advised]


def _rules(
    assessment: Assessment, trace: list[record.Fired], asked: tuple[str, ...], unchecked: list[record.Unchecked]
) -> list[record.RuleUsed]:
    evaluated = dict.fromkeys((*(step.rule for step in trace), *asked))
    found = []
    for id in dict.fromkeys((*evaluated, *(one.rule for one in unchecked))):
        rule = assessment.rulebook.rules[id]
        read = assessment.rulebook.reads((rule,))
        kind = "gate" if isinstance(rule, Gate) else "preference" if isinstance(rule, Preference) else "advice"
        fields = [name for name in FIELDS if name in read]
        found.append(record.RuleUsed(**_cited(rule), kind=kind, fields=fields, asked=id in evaluated))
    return found


def _leads(assessment: Assessment, question: str) -> list[record.AnswerLead]:
    return [
        record.AnswerLead(
            option=option, routes=[route for route in Route if route in outcomes], none_possible=None in outcomes
        )
        for option, outcomes in leads(assessment.completions, assessment.answers, question)
    ]


def eliminations(assessment: Assessment) -> list[record.Elimination]:
    """Each gate that rules an offer out; of a catalogue's offers only those that represent their route."""
    return [
        record.Elimination(route=offer.route, offer=offer.id, **_cited(assessment.rulebook.rules[id]))
        for offer, match in judged(assessment.judgement)
        for id in match.eliminating
    ]


def _cited(rule: Rule) -> dict[str, Any]:
    """The fields with which a record cites a rule."""
    return {"rule": rule.id, "axis": rule.axis, "because": rule.because, "source": rule.source}


def migration_of(assessment: Assessment) -> record.Migration | None:
    """Cost and payback of moving from the current route; None if nothing has to move."""
    scenario, current, route = assessment.scenario, assessment.scenario.current_route, assessment.route
    if current is None or route is None or current is route:
        return None
    now, then = (assessment.costs.monthly(which, scenario.low) for which in (current, route))
    saving = None if now is None or then is None else now - then
    cost, limit = scenario.migration_cost, scenario.payback_limit_months
    limit = DEFAULT_PAYBACK_LIMIT if limit is None else limit
    payback = None if saving is None or cost is None else payback_months(cost, saving)
    known = saving is not None and (cost is not None or saving <= 0)
    feasible = current in assessment.judgement.verdict.feasible
    repaid = None
    if cost is not None and payback is not None and feasible and route is Route.SELF_HOST:
        repaid = assessment.costs.repaid_from(current, cost, limit)
    return record.Migration(
        current_route=current,
        current_route_feasible=feasible,
        migration_cost=None if cost is None else plain(cost),
        monthly_saving=cost_text(saving),
        payback_months=None if payback is None else payback_text(payback, exact(limit)),
        payback_limit_months=plain(limit),
        worth_moving=(payback is not None and payback <= exact(limit)) if known else None,
        repaid_from=None if repaid is None or repaid.volume is None else str(repaid.from_volume()),
        missing=missing_amounts(scenario.answers(), (current, route), ["low"]),
    )


def advice_facts(assessment: Assessment, asked: Route | None) -> dict[str, Encoded]:
    """The outcome as facts for advice rules, with this hosted route in the cost inequality."""
    feasible, settled = assessment.judgement.verdict.feasible, assessment.settled_against(asked)
    return {
        **{route.value: FEASIBLE if route in feasible else ELIMINATED for route in Route},
        "route": str(assessment.route),
        "settled": "not_asked" if settled is None else ("yes" if settled else "no"),
        "compared_with": "none" if settled is None else str(asked),
        "moving": _moving(migration_of(assessment)),
    }


def _advised(assessment: Assessment, outcome: Facts, assumes_few_step: bool) -> list[str]:
    """The advice that fires; what assumes a few-step model is left out where the catalogue has figures of one."""
    rules = {rule.id: rule for rule in assessment.rulebook.advice}
    found = assessment.matcher.advice(outcome)
    return [id for id in found if assumes_few_step or "{few_step_" not in rules[id].advise]


def advice_of(
    assessment: Assessment, advised: list[str], migration: record.Migration | None
) -> list[record.AdviceGiven]:
    """The advice of some rules with its figures filled in."""
    rules = {rule.id: rule for rule in assessment.rulebook.advice}
    figures = _figures(assessment, migration)
    return [
        record.AdviceGiven(
            rule=id,
            axis=rules[id].axis,
            advise=rules[id].advise.format_map(figures),
            because=rules[id].because,
            source=rules[id].source,
        )
        for id in advised
    ]


def _moving(migration: record.Migration | None) -> str:
    if migration is None:
        return "none"
    if not migration.current_route_feasible:
        return "has_to"
    if migration.worth_moving is None:
        return "not_known"
    if migration.worth_moving:
        return "worth_it"
    return "never" if migration.payback_months is None else "not_yet"


def _figures(assessment: Assessment, migration: record.Migration | None) -> dict[str, str]:
    """The figures that advice may print, as people read them; empty where one is not known."""
    scenario, costs, constants = assessment.scenario, assessment.costs, assessment.rulebook.constants
    expected, speedup = scenario.monthly_images, constants.get("few_step_speedup", 1)
    crossover, faster = costs.crossover(assessment.asked), costs.crossover(assessment.asked, speedup)
    units = "seconds of video" if scenario.unit is Unit.VIDEO_SECOND else "images"
    here = assessment.expected_cost(assessment.route) if assessment.route else None
    closed = assessment.expected_cost(Route.CLOSED_API)
    gpu_month, gpus = assessment.facts.get("gpu_month"), assessment.facts.get("gpus")
    own = costs.own_gpus(overhead=Decimal(0))
    hours = None if own is None or expected is None else (own.hours_paid(expected), own.hours_used(expected))
    paid, used = ("", "") if hours is None else (grouped(Decimal(rounded(each, 0))) for each in hours)
    return {
        **{name: str(value) for name, value in constants.items()},
        "units": units,
        "crossover": _volume(crossover),
        "owning_pays": _from_volume(crossover, units),
        "few_step_owning_pays": _from_volume(faster, units),
        "closed_saving": "" if not here or closed is None else dollars(to_micro_dollars(here - closed)),
        "gpu_month": "" if gpu_month is None else dollars(int(gpu_month)),
        "gpus": "" if gpus is None else f"{grouped(int(gpus))} GPU{'' if gpus == 1 else 's'}",
        "gpu_hours_paid": paid,
        "gpu_hours_used": used,
        "payback_months": grouped(Decimal(migration.payback_months)) if migration and migration.payback_months else "",
        "payback_limit_months": grouped(Decimal(migration.payback_limit_months)) if migration else "",
    }


def _volume(crossover: Crossover | None) -> str:
    from_here = crossover.from_volume() if crossover else None
    return "no volume (owning never wins)" if from_here is None else grouped(from_here)


def _from_volume(crossover: Crossover | None, units: str) -> str:
    if crossover is None or crossover.volume is None:
        return "at no volume"
    return f"from {_volume(crossover)} {units} a month on" if crossover.volume else "at every volume"
