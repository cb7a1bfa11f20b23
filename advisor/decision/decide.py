"""Scenario + rulebook -> Decision: the engine decides, the explanations complete the record."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import advisor
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain import record
from advisor.domain.cost_model import Crossover, exact, payback_months, to_micro_dollars
from advisor.domain.formatting import amount_text, dollars, grouped, payback_text, plain
from advisor.domain.offer import Encoded, Unknown
from advisor.domain.record import Decision, Status
from advisor.domain.route_costs import Costs
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario, Unit, validated
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import answer_facts
from advisor.evaluation.judgement import Judgement, fold_of, judge, silences
from advisor.evaluation.protocol import Facts, Matcher
from advisor.explanation.record_sections import Explaining, route_of, status_of
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE
from advisor.scenario_space.completions import Outcome, completions_of

DEFAULT_PAYBACK_LIMIT = Decimal(12)
_PLACES = 2


def decide(
    scenario: Scenario,
    rulebook: Rulebook | None = None,
    *,
    decided_on: datetime.date | None = None,
    matcher: Matcher | None = None,
) -> Decision:
    """Decides one scenario with the bundled rulebook and the rules engine, unless others are given.

    ``decided_on`` is part of the input (today by default), so the same input gives the same record.
    Raises EngineFailure, and BadInput for rules that leave several routes.
    """
    rulebook = rulebook or bundled_rulebook()
    matcher = matcher or engine_reading(rulebook)
    return _Deciding(scenario, rulebook, matcher).decision(decided_on or datetime.date.today())


def decide_again(earlier: Decision, rulebook: Rulebook | None = None, file: str = "the record") -> Decision:
    """What the scenario of a record comes to under these rules, on its date. Raises BadInput, and as ``decide``."""
    try:
        decided_on = datetime.date.fromisoformat(earlier.decided_on)
    except ValueError:
        what = f"{quoted(earlier.decided_on)} is not a date"
        raise BadInput(Problem(what, file, field="decided_on", help="write YYYY-MM-DD")) from None
    return decide(validated(earlier.scenario, file), rulebook, decided_on=decided_on)


def outcome_facts(scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> Facts | None:
    """The outcome in the words advice asks for; None where there is no recommendation. Raises as ``decide`` does.

    No answer may be missing that changes what the gates eliminate.
    """
    deciding = _Deciding(scenario, rulebook, matcher)
    asked = deciding.judgement.verdict.asked
    return deciding.outcome(asked) if deciding.status is Status.RECOMMENDED else None


class _Deciding:
    """One decision while it is being made."""

    def __init__(self, scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> None:
        self.scenario, self.rulebook, self.matcher = scenario, rulebook, matcher
        self.costs = Costs(scenario)
        self.answers = answer_facts(scenario)
        self.judgement: Judgement = judge(rulebook, matcher, self.answers)
        self.facts = self.judgement.facts
        self.completions = completions_of(rulebook)
        self.unanswered = self.completions.unanswered(self.answers)
        self.needed = self.completions.open_questions(self.answers) if self.unanswered else ()
        self.outcomes: frozenset[Outcome] = (
            self.completions.outcomes(self.answers) if self.needed else self._certain_outcome()
        )
        if self.status is Status.OPEN and not self.needed:
            raise self._undecided()
        self.asked = self._asked()
        self.migration = self._migration()

    def _certain_outcome(self) -> frozenset[Outcome]:
        if not self.judgement.verdict.undecided:
            return frozenset((self.judgement.verdict.route,))
        return self.completions.outcomes(self.answers)

    def _undecided(self) -> BadInput:
        """The bundled rules always leave one route; others may not."""
        verdict = self.judgement.verdict
        routes = ", ".join(f"`{route}`" for route in Route if route in self.outcomes)
        what, help = f"{routes} are left, and no answer is missing", "`advisor rules test` shows which cases fail"
        if not verdict.left:
            last = self.rulebook.rules[verdict.applied[-1].rule].axis
            applied = dict.fromkeys(pair.rule for pair in verdict.applied)
            rules = ", ".join(f"`{rule}`" for rule in applied if self.rulebook.rules[rule].axis is last)
            what = f"{routes} are feasible, and each is dropped for another by {rules}"
            help = "`advisor rules prove` shows which preferences are against each other"
        return BadInput(Problem(f"these rules do not decide: {what}", "the rulebook", help=help))

    @property
    def status(self) -> Status:
        return status_of(self.outcomes)

    @property
    def route(self) -> Route | None:
        return route_of(self.outcomes)

    def decision(self, decided_on: datetime.date) -> Decision:
        verdict = self.judgement.verdict
        recommended = self.status is Status.RECOMMENDED
        advised = self.matcher.advice(self._outcome_facts()) if recommended else ()
        deciding = self._deciding_axes() if recommended else ()
        certain, infeasible = self.status is not Status.OPEN, self.status is Status.INFEASIBLE
        explaining = Explaining(self.rulebook, self.judgement, self.answers, self.scenario.answers())
        return Decision(
            schema_version=record.SCHEMA_VERSION,
            advisor_version=advisor.__version__,
            decided_on=decided_on.isoformat(),
            rulebook_digest=self.rulebook.digest,
            catalogue_digest=None,
            scenario=self.scenario.answers(),
            status=self.status,
            route=self.route,
            deciding_axis=deciding[0] if deciding else None,
            deciding_axes=list(deciding),
            feasible_routes=list(verdict.feasible),
            possible_routes=[route for route in Route if route in self.outcomes],
            may_be_infeasible=None in self.outcomes,
            settled=self._settled(self.asked),
            crossovers=self._crossovers(),
            monthly_costs=self._monthly_costs(),
            eliminated=self._eliminated(),
            preferences=self._preferences(),
            trace=self._trace(advised),
            conditions=self._conditions() if recommended else [],
            advice=[self._advice(rule) for rule in advised],
            migration=self.migration,
            conflicts=explaining.conflicts() if infeasible else [],
            repairs=explaining.repairs(self._expected_cost) if infeasible else [],
            flips=explaining.flips(next(iter(self.outcomes))) if certain else [],
            why_not=explaining.why_not(self.route) if certain else [],
            open_questions=[] if certain else list(self.needed),
            not_needed=[name for name in self.unanswered if not FIELDS[name].optional] if certain else [],
        )

    def _deciding_axes(self) -> tuple[Axis, ...]:
        """By silencing; with answers missing, what must change is the set of outcomes over all completions."""
        if len(self.judgement.verdict.left) == 1 and all(FIELDS[name].optional for name in self.unanswered):
            return self.judgement.deciding_axes
        for axes in silences(tuple(Axis)):
            if self.completions.outcomes(self.answers, frozenset(axes)) != self.outcomes:
                return axes
        return ()

    def _asked(self) -> Route | None:
        """The hosted route whose price stood in the cost inequality, whatever the answers that are missing are."""
        if self.status is Status.OPEN:
            return None
        asked = self.completions.asked(self.answers) if self.unanswered else {self.judgement.verdict.asked}
        return next(iter(asked)) if len(asked) == 1 else None

    def _settled(self, asked: Route | None) -> bool | None:
        return fold_of(self.rulebook).settled(asked, self.facts)

    def _crossovers(self) -> dict[Route, str | None]:
        found = {route: self.costs.crossover(route) for route in (Route.OPEN_WEIGHT_API, Route.CLOSED_API)}
        return {route: crossover.text(_PLACES) for route, crossover in found.items() if crossover is not None}

    def _expected_cost(self, route: Route) -> Fraction | None:
        return self.costs.monthly(route, self.scenario.monthly_images)

    def _monthly_costs(self) -> dict[Route, record.MonthlyCost]:
        costs = {}
        for route in Route:
            low, expected, high = (
                self.costs.monthly(route, volume)
                for volume in (self.scenario.low, self.scenario.monthly_images, self.scenario.high)
            )
            if low is not None and high is not None:
                costs[route] = record.MonthlyCost(
                    low=_amount(low), expected=None if expected is None else _amount(expected), high=_amount(high)
                )
        return costs

    def _eliminated(self) -> list[record.Elimination]:
        return [
            record.Elimination(
                route=offer.route,
                offer=offer.id,
                rule=id,
                axis=self.rulebook.rules[id].axis,
                because=self.rulebook.rules[id].because,
                source=self.rulebook.rules[id].source,
            )
            for offer, match in zip(self.judgement.offers, self.judgement.gates, strict=True)
            for id in match.eliminating
        ]

    def _preferences(self) -> list[record.PreferenceApplied]:
        if self.status is Status.OPEN:
            return []
        return [
            record.PreferenceApplied(
                rule=applied.rule,
                axis=self.rulebook.rules[applied.rule].axis,
                preferred=applied.preferred,
                over=applied.over,
                because=self.rulebook.rules[applied.rule].because,
                source=self.rulebook.rules[applied.rule].source,
            )
            for applied in self.judgement.verdict.applied
        ]

    def _conditions(self) -> list[record.Condition]:
        rules = {gate.id: gate for gate in self.rulebook.gates}
        survivors = [
            match.to_verify
            for offer, match in zip(self.judgement.offers, self.judgement.gates, strict=True)
            if offer.route is self.route and not match.eliminating
        ]
        shared = [id for id in rules if survivors and all(id in to_verify for to_verify in survivors)]
        return [
            record.Condition(
                route=offer_route,
                rule=id,
                axis=rules[id].axis,
                provided=rules[id].provided or "",
                source=rules[id].source,
            )
            for id in shared
            if (offer_route := self.route) is not None
        ]

    def _trace(self, advised: tuple[str, ...]) -> list[record.Fired]:
        steps = []
        for offer, match in zip(self.judgement.offers, self.judgement.gates, strict=True):
            facts = {**self.facts, **offer.traits}
            steps += [self._fired(id, "eliminate", offer.route, facts) for id in match.eliminating]
            steps += [self._fired(id, "verify", offer.route, facts) for id in match.to_verify]
        applied = dict.fromkeys(preference.rule for preference in self._preferences())
        steps += [self._fired(id, "prefer", None, self.facts) for id in applied]
        outcome = self._outcome_facts() if advised else {}
        steps += [self._fired(id, "advise", None, outcome) for id in advised]
        return steps

    def _fired(self, id: str, kind: str, route: Route | None, facts: Facts) -> record.Fired:
        rule = self.rulebook.rules[id]
        values = {name: self._value(name, facts[name]) for name in names_in_order(rule.when) if name in facts}
        return record.Fired(rule=id, axis=rule.axis, kind=kind, on=route, values=values)

    def _value(self, name: str, value: Encoded | Unknown) -> str:
        if isinstance(value, Unknown):
            return "unknown"
        known = self.rulebook.names.get(name)
        return known.decode(value) if known else str(value)

    def outcome(self, asked: Route | None) -> dict[str, Encoded]:
        """The outcome in the words advice asks for, where this hosted route stood in the cost inequality."""
        verdict, settled = self.judgement.verdict, self._settled(asked)
        feasible = {route.value: FEASIBLE if route in verdict.feasible else ELIMINATED for route in Route}
        return {
            **feasible,
            "route": str(self.route),
            "settled": "not_asked" if settled is None else ("yes" if settled else "no"),
            "compared_with": "none" if settled is None else str(asked),
            "moving": self._moving(),
        }

    def _outcome_facts(self) -> dict[str, Encoded]:
        """The facts with the outcome beside them, for the advice."""
        return {**self.facts, **self.outcome(self.asked)}

    def _advice(self, id: str) -> record.AdviceGiven:
        rule = next(rule for rule in self.rulebook.advice if rule.id == id)
        text = rule.advise.format_map(self._figures())
        return record.AdviceGiven(rule=id, axis=rule.axis, advise=text, because=rule.because, source=rule.source)

    def _figures(self) -> Mapping[str, str]:
        """What advice may print: volumes and amounts as people read them."""
        scenario, asked = self.scenario, self.asked
        constants = self.rulebook.constants
        crossover = self.costs.crossover(asked)
        faster = self.costs.crossover(asked, constants.get("few_step_speedup", 1))
        units = "seconds of video" if scenario.unit is Unit.VIDEO_SECOND else "images"
        here = self.route and self.costs.monthly(self.route, scenario.monthly_images)
        closed = self.costs.monthly(Route.CLOSED_API, scenario.monthly_images)
        gpu_month = self.facts.get("gpu_month")
        figures = {
            "units": units,
            "crossover": _volume(crossover),
            "owning_pays": _from_volume(crossover, units),
            "few_step_owning_pays": _from_volume(faster, units),
            "closed_saving": "" if not here or closed is None else dollars(to_micro_dollars(here - closed)),
            "gpu_month": "" if gpu_month is None else dollars(int(gpu_month)),
            "payback_months": _grouped(self.migration.payback_months if self.migration else None),
            "payback_limit_months": _grouped(self.migration.payback_limit_months if self.migration else None),
        }
        return {**{name: str(value) for name, value in constants.items()}, **figures}

    def _migration(self) -> record.Migration | None:
        current, route = self.scenario.current_route, self.route
        if current is None or route is None or current is route:
            return None
        now, then = (self.costs.monthly(which, self.scenario.low) for which in (current, route))
        saving = None if now is None or then is None else now - then
        cost = self.scenario.migration_cost
        limit = self.scenario.payback_limit_months
        limit = DEFAULT_PAYBACK_LIMIT if limit is None else limit
        payback = None if saving is None or cost is None else payback_months(cost, saving)
        known = saving is not None and (cost is not None or saving <= 0)
        return record.Migration(
            current_route=current,
            current_route_feasible=current in self.judgement.verdict.feasible,
            migration_cost=None if cost is None else plain(cost),
            monthly_saving=None if saving is None else _amount(saving),
            payback_months=None if payback is None else payback_text(payback, exact(limit)),
            payback_limit_months=plain(limit),
            worth_moving=(payback is not None and payback <= exact(limit)) if known else None,
        )

    def _moving(self) -> str:
        if self.migration is None:
            return "none"
        if not self.migration.current_route_feasible:
            return "has_to"
        if self.migration.worth_moving is None:
            return "not_known"
        if self.migration.worth_moving:
            return "worth_it"
        return "never" if self.migration.payback_months is None else "not_yet"


def _amount(cost: Fraction) -> str:
    return amount_text(to_micro_dollars(cost))


def _grouped(number: str | None) -> str:
    return "" if number is None else grouped(Decimal(number))


def _volume(crossover: Crossover | None) -> str:
    text = crossover.text(_PLACES) if crossover else None
    return grouped(Decimal(text)) if text else "no volume (owning never wins)"


def _from_volume(crossover: Crossover | None, units: str) -> str:
    if crossover is None or crossover.volume is None:
        return "at no volume"
    return f"from {_volume(crossover)} {units} a month on" if crossover.volume else "at every volume"
