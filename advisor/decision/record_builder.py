"""Builds the record of an assessment: the outcome, the trace, the explanations, and everything a memo states."""

from __future__ import annotations

import datetime
from fractions import Fraction
from itertools import product
from typing import Any

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.decision.advice import advice_facts, advice_of, migration_of
from advisor.decision.ageing import ageing
from advisor.decision.assessment import Assessment
from advisor.decision.break_even import cost_comparison, review_trigger
from advisor.decision.fleet import fleet_of, owning_ranges, owning_up_to_peak
from advisor.decision.offer_fit import OfferFit
from advisor.decision.shortlist import assumes_few_step, by_model, few_step_twin, quotes, shortlist
from advisor.decision.where_it_turns import own_cost_steps, turning_points
from advisor.domain import record
from advisor.domain.cost_model import HOSTED, to_micro_dollars
from advisor.domain.formatting import amount_text
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.record import MAX_COMPARISONS, Decision, RouteByAmounts, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.compiler import Facts
from advisor.explanation.counterfactuals import Explainer, route_of
from advisor.rulebook.model import Gate, Preference, Rule, names_in_order
from advisor.rulebook.records import MAX_LENGTH
from advisor.rulebook.terms import chosen, term_text
from advisor.scenario_space.completions import leads


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


def _amount(cost: Fraction) -> str:
    return amount_text(to_micro_dollars(cost))


def crossovers(assessment: Assessment) -> dict[Route, str | None]:
    """N* against each hosted route, as far as the amounts are known; None where owning never wins."""
    found = {route: assessment.costs.crossover(route) for route in HOSTED}
    return {route: crossover.text() for route, crossover in found.items() if crossover is not None}


def owning_from(assessment: Assessment) -> dict[Route, str | None]:
    """For each crossover the least whole volume from which owning costs no more."""
    found = {route: assessment.costs.crossover(route) for route in HOSTED}
    volumes = {route: crossover.from_volume() for route, crossover in found.items() if crossover is not None}
    return {route: None if volume is None else str(volume) for route, volume in volumes.items()}


def monthly_costs(assessment: Assessment) -> dict[Route, record.MonthlyCost]:
    """What each route costs in the low, the expected and the high month, as far as the amounts are known."""
    scenario, costs = assessment.scenario, {}
    for route in Route:
        low, expected, high = (
            assessment.costs.monthly(route, volume) for volume in (scenario.low, scenario.monthly_images, scenario.high)
        )
        if low is not None and high is not None:
            costs[route] = record.MonthlyCost(
                low=_amount(low), expected=None if expected is None else _amount(expected), high=_amount(high)
            )
    return costs


def route_by_amounts(assessment: Assessment) -> RouteByAmounts | None:
    """The comparisons that the preferences make, and the route for each combination of them.

    None without a recommendation, if a relevant amount or need is unknown, or with too many comparisons.
    """
    completions, answers = assessment.completions, assessment.answers
    reached, pairs = completions.gate_outcomes.of(answers), completions.breakpoints.pairs
    if assessment.status is not Status.RECOMMENDED or completions.amounts.unknown(answers, ranged=False):
        return None
    if len(reached) != 1 or not 0 < len(pairs) <= MAX_COMPARISONS:
        return None
    (gate_outcome,) = reached
    sides = [tuple(term_text(chosen(side, answers)) for side in pair) for pair in pairs]
    if any(len(side) > MAX_LENGTH for pair in sides for side in pair):
        return None
    return RouteByAmounts(
        comparisons=[f"{left} < {right}" for left, right in sides],
        routes={
            "".join("01"[holds] for holds in truths): route_of(completions.outcome(gate_outcome, truths))
            for truths in product((False, True), repeat=len(pairs))
        },
    )
