"""Builds the record of an assessment: the outcome, the trace, the advice, the explanations, and what a memo states."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.decision.assessment import Assessment
from advisor.decision.break_even import (
    cost_comparison,
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
from advisor.domain.formatting import amount_text, dollars, grouped, payback_text, plain
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import FIELDS, Route, Unit
from advisor.evaluation.protocol import Facts
from advisor.explanation.record_sections import Explainer
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Gate, Preference, Rule
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE
from advisor.scenario_space.question_effects import leads


def record_of(assessment: Assessment, decided_on: datetime.date, catalogue: Catalogue | None = None) -> Decision:
    """The record of an assessment, with advice if a route is recommended; its offers are from ``catalogue``."""
    return _RecordBuilder(assessment, catalogue).decision(decided_on)


class _RecordBuilder:
    """Builds one record."""

    def __init__(self, assessment: Assessment, catalogue: Catalogue | None) -> None:
        self.catalogue = catalogue
        self.assessment, self.rulebook = assessment, assessment.rulebook
        self.judgement, self.scenario = assessment.judgement, assessment.scenario
        self.stated = assessment.stated.answers()
        self.offers = OfferFit(assessment)

    def decision(self, decided_on: datetime.date) -> Decision:
        """The whole record."""
        this, status = self.assessment, self.assessment.status
        recommended, infeasible = status is Status.RECOMMENDED, status is Status.INFEASIBLE
        certain = recommended or infeasible
        migration = migration_of(this)
        outcome: Facts = {**this.facts, **advice_facts(this, this.asked)} if recommended else {}
        assumed = assumes_few_step(this, self.catalogue)
        advised = self._advised(outcome, assumed) if recommended else ()
        trace, conditions = self._trace(advised, outcome), self._conditions() if recommended else []
        unchecked = self.offers.unchecked({condition.rule for condition in conditions})
        explaining = Explainer(self.rulebook, this.every_offer, this.answers, self.scenario.answers())
        listed, more = shortlist(this)
        used = quotes(this) if self.catalogue else []
        flips = explaining.flips(next(iter(this.outcomes))) if certain else []
        decision = Decision(
            schema_version=record.SCHEMA_VERSION,
            advisor_version=advisor.__version__,
            decided_on=decided_on.isoformat(),
            rulebook_digest=self.rulebook.digest,
            catalogue_digest=self.catalogue.digest if self.catalogue else None,
            scenario=self.stated,
            status=status,
            route=this.route,
            deciding_axis=this.deciding_axes[0] if this.deciding_axes else None,
            deciding_axes=list(this.deciding_axes),
            feasible_routes=list(self.judgement.verdict.feasible),
            possible_routes=[route for route in Route if route in this.outcomes],
            may_be_infeasible=None in this.outcomes,
            settled=this.settled,
            crossovers=crossovers(this),
            monthly_costs=monthly_costs(this),
            eliminated=eliminations(this),
            preferences=self._preferences(),
            trace=trace,
            conditions=conditions,
            advice=advice_of(this, advised, migration),
            migration=migration,
            conflicts=explaining.conflicts() if infeasible else [],
            repairs=explaining.repairs(self._expected_cost) if infeasible else [],
            flips=flips,
            why_not=explaining.why_not(this.route) if certain else [],
            open_questions=list(this.open_questions),
            not_needed=this.not_needed,
            offers_digest=self.rulebook.offers_digest,
            rules=self._rules(trace, unchecked),
            offers=self.offers.offers(),
            traits=self.offers.traits(),
            offer_conditions=self.offers.conditions({condition.rule for condition in conditions}),
            unchecked=unchecked,
            comparison=cost_comparison(this),
            leads={name: self._leads(name) for name in this.open_questions},
            review_trigger=None,
            route_by_amounts=route_by_amounts(this),
            few_step_speedup=self.rulebook.constants.get("few_step_speedup") if assumed else None,
            owning_from=owning_from(this),
            turning_points=turning_points(this),
            route_by_own_cost=own_cost_steps(this),
            fleet=fleet_of(this),
            owning_ranges=owning_ranges(this),
            owning_up_to_peak=owning_up_to_peak(this),
            quotes=used,
            ageing=ageing(used, flips, self.catalogue, decided_on),
            shortlist=listed,
            shortlist_more=more,
            by_model=by_model(this, self.catalogue),
            few_step_twin=few_step_twin(this, self.catalogue),
        )
        return decision.model_copy(update={"review_trigger": review_trigger(decision, self.scenario, self.rulebook)})

    def _advised(self, outcome: Facts, assumes_few_step: bool) -> tuple[str, ...]:
        """The advice that fires; what assumes a few-step model is left out where the catalogue has figures of one."""
        left_out = {rule.id for rule in self.rulebook.advice if not assumes_few_step and "{few_step_" in rule.advise}
        return tuple(id for id in self.assessment.matcher.advice(outcome) if id not in left_out)

    def _expected_cost(self, route: Route) -> Fraction | None:
        return self.assessment.costs.monthly(route, self.scenario.monthly_images)

    def _preferences(self) -> list[record.PreferenceApplied]:
        if self.assessment.status is Status.OPEN:
            return []
        return [
            record.PreferenceApplied(
                preferred=applied.preferred, over=applied.over, **_cited(self.rulebook.rules[applied.rule])
            )
            for applied in self.judgement.verdict.applied
        ]

    def _conditions(self) -> list[record.Condition]:
        """What to verify for every surviving offer of the route."""
        route = self.assessment.route
        survivors = [
            match.to_verify
            for offer, match in zip(self.judgement.offers, self.judgement.gates, strict=True)
            if offer.route is route and not match.eliminating
        ]
        return [
            record.Condition(
                route=route, rule=gate.id, axis=gate.axis, provided=gate.provided or "", source=gate.source
            )
            for gate in self.rulebook.gates
            if route and survivors and all(gate.id in to_verify for to_verify in survivors)
        ]

    def _trace(self, advised: tuple[str, ...], outcome: Facts) -> list[record.Fired]:
        facts, steps = self.assessment.facts, []
        for offer, match in zip(self.judgement.offers, self.judgement.gates, strict=True):
            of_offer = {**facts, **offer.traits}
            steps += [self._fired(id, "eliminate", offer.route, of_offer) for id in match.eliminating]
            steps += [self._fired(id, "verify", offer.route, of_offer) for id in match.to_verify]
        applied = dict.fromkeys(preference.rule for preference in self._preferences())
        steps += [self._fired(id, "prefer", None, facts) for id in applied]
        return steps + [self._fired(id, "advise", None, outcome) for id in advised]

    def _fired(self, id: str, kind: str, route: Route | None, facts: Facts) -> record.Fired:
        rule = self.rulebook.rules[id]
        values = {name: self._value(name, facts[name]) for name in names_in_order(rule.when) if name in facts}
        return record.Fired(rule=id, axis=rule.axis, kind=kind, on=route, values=values)

    def _value(self, name: str, value: Encoded | Unknown) -> str:
        if isinstance(value, Unknown):
            return "unknown"
        known = self.rulebook.names.get(name)
        return known.decode(value) if known else str(value)

    def _rules(self, trace: list[record.Fired], unchecked: list[record.Unchecked]) -> list[record.RuleUsed]:
        asked = dict.fromkeys((*(step.rule for step in trace), *self.offers.gates_asked))
        return [
            self._rule(self.rulebook.rules[id], id in asked)
            for id in dict.fromkeys((*asked, *(one.rule for one in unchecked)))
        ]

    def _rule(self, rule: Rule, asked: bool) -> record.RuleUsed:
        read = self.rulebook.reads((rule,))
        return record.RuleUsed(
            **_cited(rule),
            kind="gate" if isinstance(rule, Gate) else "preference" if isinstance(rule, Preference) else "advice",
            fields=[name for name in FIELDS if name in read],
            asked=asked,
        )

    def _leads(self, question: str) -> list[record.AnswerLead]:
        return [
            record.AnswerLead(
                option=option,
                routes=[route for route in Route if route in outcomes],
                none_possible=None in outcomes,
            )
            for option, outcomes in leads(self.assessment.completions, self.assessment.answers, question)
        ]


def eliminations(assessment: Assessment) -> list[record.Elimination]:
    """Each gate that rules an offer out; of a catalogue's offers only those that represent their route."""
    rulebook, judgement = assessment.rulebook, assessment.judgement
    return [
        record.Elimination(route=offer.route, offer=offer.id, **_cited(rulebook.rules[id]))
        for offer, match in zip(judgement.offers, judgement.gates, strict=True)
        for id in match.eliminating
    ]


def _cited(rule: Rule) -> dict[str, Any]:
    """The fields with which a record cites a rule."""
    return {"rule": rule.id, "axis": rule.axis, "because": rule.because, "source": rule.source}


DEFAULT_PAYBACK_LIMIT = Decimal(12)


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
        monthly_saving=None if saving is None else amount_text(to_micro_dollars(saving)),
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


def advice_of(
    assessment: Assessment, advised: Iterable[str], migration: record.Migration | None
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


def _figures(assessment: Assessment, migration: record.Migration | None) -> Mapping[str, str]:
    """The figures that advice may print, as people read them."""
    scenario, costs, constants = assessment.scenario, assessment.costs, assessment.rulebook.constants
    crossover = costs.crossover(assessment.asked)
    faster = costs.crossover(assessment.asked, constants.get("few_step_speedup", 1))
    units = "seconds of video" if scenario.unit is Unit.VIDEO_SECOND else "images"
    here = assessment.route and costs.monthly(assessment.route, scenario.monthly_images)
    closed = costs.monthly(Route.CLOSED_API, scenario.monthly_images)
    gpu_month, gpus = assessment.facts.get("gpu_month"), assessment.facts.get("gpus")
    own, expected = costs.own_gpus(overhead=Decimal(0)), scenario.monthly_images
    hours = None if own is None or expected is None else (own.hours_paid(expected), own.hours_used(expected))
    figures = {
        "units": units,
        "crossover": _volume(crossover),
        "owning_pays": _from_volume(crossover, units),
        "few_step_owning_pays": _from_volume(faster, units),
        "closed_saving": "" if not here or closed is None else dollars(to_micro_dollars(here - closed)),
        "gpu_month": "" if gpu_month is None else dollars(int(gpu_month)),
        "gpus": "" if gpus is None else _counted(int(gpus), "GPU"),
        "gpu_hours_paid": "" if hours is None else grouped(Decimal(rounded(hours[0], 0))),
        "gpu_hours_used": "" if hours is None else grouped(Decimal(rounded(hours[1], 0))),
        "payback_months": _grouped(migration.payback_months if migration else None),
        "payback_limit_months": _grouped(migration.payback_limit_months if migration else None),
    }
    return {**{name: str(value) for name, value in constants.items()}, **figures}


def _counted(number: int, thing: str) -> str:
    return f"{grouped(Decimal(number))} {thing}{'' if number == 1 else 's'}"


def _grouped(number: str | None) -> str:
    return "" if number is None else grouped(Decimal(number))


def _volume(crossover: Crossover | None) -> str:
    from_here = crossover.from_volume() if crossover else None
    return "no volume (owning never wins)" if from_here is None else grouped(from_here)


def _from_volume(crossover: Crossover | None, units: str) -> str:
    if crossover is None or crossover.volume is None:
        return "at no volume"
    return f"from {_volume(crossover)} {units} a month on" if crossover.volume else "at every volume"
