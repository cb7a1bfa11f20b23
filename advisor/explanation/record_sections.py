"""The explanations in the form of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.domain import record
from advisor.domain.offer import Encoded
from advisor.domain.record import Status
from advisor.domain.scenario import Route
from advisor.evaluation.resolution import Judgement
from advisor.explanation.counterfactuals import (
    Counterfactual,
    ShiftedNumber,
    answer_flips,
    counterfactuals_of,
    number_flips,
    shifted_numbers,
)
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL
from advisor.scenario_space.completions import Completions, Outcome, completions_of

MonthlyCost = Callable[[Route], Any]
"""The cost of a route in the expected month; None if it is not known."""
_MAX_CHOICES = 20_000


class Explainer:
    """Explains one decision that is certain: flips, conflicts, repairs, why not another route.

    ``stated`` holds the answers as a record shows them, ``answers`` as they are compared.
    """

    def __init__(
        self, rulebook: Rulebook, judgement: Judgement, answers: Mapping[str, Encoded], stated: Mapping[str, Any]
    ) -> None:
        self._rulebook, self._judgement = rulebook, judgement
        self._answers = answers
        self._stated = {**{name: ANSWER_NAMES[name].stated(value) for name, value in answers.items()}, **stated}
        completions = completions_of(rulebook)
        number = next(iter(completions.gate_outcomes.of(answers)), None)
        priced = _with_prices(completions, answers)
        self._passed = [moved for moved in shifted_numbers(completions, priced, number) if moved.field in answers]

    def flips(self, outcome: Outcome) -> list[record.Flip]:
        """Every single change of an answer, or of a number past a value, that changes the outcome."""
        completions = completions_of(self._rulebook)
        found = answer_flips(completions, self._answers, outcome)
        found += number_flips(completions, self._answers, outcome, self._passed)
        return [
            record.Flip(**part.model_dump(), status=status_of(flip.outcomes), route=route_of(flip.outcomes))
            for flip in found
            for part in self._change(flip)
        ]

    def conflicts(self) -> list[record.Conflict]:
        """Every minimal set of answers that cannot hold together, with the rules that these answers meet."""
        fields_of = {
            gate.id: frozenset(name for name in names_in_order(gate.when) if name in ANSWER_NAMES)
            for gate in self._rulebook.gates
        }
        eliminating = {rule for match in self._judgement.gates for rule in match.eliminating}
        return [
            record.Conflict(
                answers={name: self._stated[name] for name in ANSWER_NAMES if name in way and name in self._stated},
                rules=[rule for rule, fields in fields_of.items() if fields <= way and rule in eliminating],
            )
            for way in _conflicts(self._judgement, fields_of)
        ]

    def repairs(self, monthly_cost: MonthlyCost) -> list[record.Repair]:
        """Every minimal relaxation and its outcome: fewest answers first, then the cheapest route."""
        found = [
            record.Repair(
                changes={name: ANSWER_NAMES[name].stated(value) for name, value in change.answers},
                status=status_of(change.outcomes),
                route=route_of(change.outcomes),
            )
            for change in counterfactuals_of(self._rulebook).to_any_route(self._answers)
        ]

        def price(repair: record.Repair) -> tuple[bool, Any]:
            cost = monthly_cost(repair.route) if repair.route else None
            return cost is None, cost or 0

        return sorted(found, key=lambda repair: (len(repair.changes), *price(repair)))

    def why_not(self, recommended: Route | None) -> list[record.WhyNot]:
        """For every other route: the rules that dropped it, and the minimal changes that would recommend it."""
        gates = zip(self._judgement.offers, self._judgement.gates, strict=True)
        ruled_out: dict[Route, list[str]] = {}
        for offer, match in gates:
            ruled_out.setdefault(offer.route, []).extend(match.eliminating)
        to_route = counterfactuals_of(self._rulebook).to_route
        feasible, applied = self._judgement.verdict.feasible, self._judgement.verdict.applied
        return [
            record.WhyNot(
                route=route,
                ruled_out_by=[] if route in feasible else list(dict.fromkeys(ruled_out.get(route, ()))),
                lost_by=list(dict.fromkeys(step.rule for step in applied if step.over is route)),
                changes=[self._change(change) for change in to_route(self._answers, route, self._passed)],
            )
            for route in Route
            if route is not recommended
        ]

    def _change(self, change: Counterfactual) -> list[record.Change]:
        parts = [
            record.Change(field=name, from_=self._stated[name], to=ANSWER_NAMES[name].stated(value))
            for name, value in change.answers
        ]
        return [*parts, self._moved(change.number)] if change.number else parts

    def _moved(self, number: ShiftedNumber) -> record.Change:
        name, before = ANSWER_NAMES[number.field], self._stated[number.field]
        if not name.numeric:
            return record.Change(field=number.field, from_=before, to=name.decode(number.beyond))
        below, above = (None if value is None else name.decode(value) for value in (number.below, number.above))
        return record.Change(field=number.field, from_=before, below=below, above=above)


def _with_prices(completions: Completions, answers: Mapping[str, Encoded]) -> Mapping[str, Encoded]:
    """The answers with a price for the routes that are ruled out too, if it is certain what the gates make of them."""
    reached = completions.gate_outcomes.of(answers) if completions.priced_fields else ()
    return completions.priced(dict(answers), next(iter(reached))) if len(reached) == 1 else answers


def status_of(outcomes: frozenset[Outcome]) -> Status:
    """The status of a set of outcomes: one route, none, or several."""
    if len(outcomes) > 1:
        return Status.OPEN
    return Status.INFEASIBLE if None in outcomes else Status.RECOMMENDED


def route_of(outcomes: frozenset[Outcome]) -> Route | None:
    """The route, if there is exactly one outcome."""
    return next(iter(outcomes)) if len(outcomes) == 1 else None


def _conflicts(judgement: Judgement, fields_of: Mapping[str, frozenset[str]]) -> list[frozenset[str]]:
    """Every minimal set of answers that leaves no offer, the smallest first. Empty while some offer survives.

    ``fields_of`` are the answers that each gate reads.
    """
    ways: set[frozenset[str]] = {frozenset()}
    reasons = [[fields_of[rule] for rule in match.eliminating] for match in judgement.gates]
    reasons += [[frozenset((MODEL,)), *map(fields_of.__getitem__, match.eliminating)] for match in judgement.others]
    for found in set(map(frozenset, reasons)):
        ways = _minimal({way | fields for way in ways for fields in found})
        if len(ways) > _MAX_CHOICES:
            break
    precedence = list(ANSWER_NAMES)
    return sorted(filter(None, ways), key=lambda way: (len(way), sorted(map(precedence.index, way))))


def _minimal(ways: set[frozenset[str]]) -> set[frozenset[str]]:
    return {way for way in ways if not any(other < way for other in ways)}
