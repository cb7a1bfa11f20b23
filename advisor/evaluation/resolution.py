"""From what matched to the outcome, once for every carrier: gates first, then the preferences axis by axis.

The procedure is that of DESIGN, section 3. The cost inequality of Section 38.3.4 is judged at both ends of the range of
volumes. Whether it was asked depends on the routes in the running (``fold``), its result on the amounts alone: no rule
is used for either, so that `settled` means the same under every rulebook and in every reading. ``judge`` is the outcome
of one scenario: the fold over Python truths, cached, and the deciding axes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Generic, NamedTuple

from advisor.domain.cost_model import HOSTED, VOLUME_ENDS, gpus_formula, own_formula, rent_formula
from advisor.domain.offer import Encoded, Offer
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import PLAIN, B, GateMatch, Matcher, Truth
from advisor.evaluation.facts import (
    Amounts,
    Usage,
    amounts_of,
    cheapest,
    computations,
    of_model,
    places_of_model,
    usage_of,
    with_prices,
    with_terms,
)
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, MODEL
from advisor.rulebook.terms import Expression, Operation, Term, parse_term

Silenced = frozenset[Axis]
NOTHING: Silenced = frozenset()


class Applied(NamedTuple):
    """A preference that dropped ``over`` because ``preferred`` was still running."""

    rule: str
    preferred: Route
    over: Route


@dataclass(frozen=True)
class Folded(Generic[B]):
    """What gates and preferences leave, each as a truth of the carrier.

    ``asked``: for each hosted route, whether its price was in the cost inequality (of one route at most): own GPUs
    and this route were in the running when the axis was reached, whether or not a rule of it fired.
    """

    feasible: Mapping[Route, B]
    left: Mapping[Route, B]
    applied: Mapping[Applied, B]
    asked: Mapping[Route, B]


def fold(
    rulebook: Rulebook,
    truth: Truth[B],
    eliminated: Sequence[Mapping[Axis, B]],
    holds: Mapping[str, B],
    silenced: Silenced = NOTHING,
) -> Folded[B]:
    """Folds what matched.

    ``eliminated``: for each offer of the rulebook the axes that may eliminate it, and whether they do. ``holds``: for
    each preference whether its condition holds. The rules of a silenced axis are dropped.
    """
    survives = [
        truth.negate(truth.some([out for axis, out in axes.items() if axis not in silenced])) for axes in eliminated
    ]
    running = {
        route: truth.some(
            [alive for offer, alive in zip(rulebook.offers, survives, strict=True) if offer.route is route]
        )
        for route in Route
    }
    feasible, asked, applied = running, dict[Route, B](), dict[Applied, B]()
    for axis in Axis:
        fired = {} if axis in silenced else _fired(rulebook, truth, axis, holds, running)
        if axis is Axis.COST:
            asked = _asked(truth, running)
        running = {
            route: truth.every([on, *(truth.negate(drop) for pair, drop in fired.items() if pair.over is route)])
            for route, on in running.items()
        }
        applied |= fired
    return Folded(feasible, running, applied, asked)


def eliminating_axes(rulebook: Rulebook, truth: Truth[B], fires: Mapping[str, B]) -> dict[Axis, B]:
    """Whether each axis with gates eliminates an offer, from which of the gates fire on it."""
    by_axis: dict[Axis, list[B]] = {}
    for gate in rulebook.gates:
        by_axis.setdefault(gate.axis, []).append(fires[gate.id])
    return {axis: truth.some(fired) for axis, fired in by_axis.items()}


def _fired(
    rulebook: Rulebook, truth: Truth[B], axis: Axis, holds: Mapping[str, B], running: Mapping[Route, B]
) -> dict[Applied, B]:
    """The axis's preferences judged together on the routes running when it is reached."""
    return {
        Applied(rule.id, preferred, over): truth.every(
            [
                holds[rule.id],
                *(running[route] for route in Route if route in rule.running),
                *(truth.negate(running[route]) for route in Route if route in rule.out),
                running[preferred],
                running[over],
            ]
        )
        for rule in rulebook.preferences
        if rule.axis is axis
        for preferred in rule.prefer
        for over in rule.over
    }


def _asked(truth: Truth[B], running: Mapping[Route, B]) -> dict[Route, B]:
    """The inequality compares own GPUs with the first hosted route that is running."""
    asked: dict[Route, B] = {}
    for route in HOSTED:
        earlier = [truth.negate(running[other]) for other in asked]
        asked[route] = truth.every([running[Route.SELF_HOST], running[route], *earlier])
    return asked


Sides = tuple[Expression, Expression]
"""The cost of renting and of owning in one month: renting wins while the first is less than the second."""


def _term(name: str, formula: str, terms: Mapping[str, Term] | None = None) -> Term:
    return parse_term(name, formula, FIELD_NAMES, "the cost inequality", 1, terms)


def _sides(route: Route, volume: str) -> Sides:
    gpus = _term("gpus", gpus_formula(volume))
    own = _term("own", own_formula(volume), {"gpus": gpus})
    return _term("rent", rent_formula(route, volume)).expression, own.expression


INEQUALITY: Mapping[Route, tuple[Sides, ...]] = {
    route: tuple(_sides(route, volume) for volume in VOLUME_ENDS) for route in HOSTED
}
"""For each hosted route the inequality in the low and in the high month."""


def is_settled(truth: Truth[B], asked: Mapping[Route, B], wins: Mapping[Route, tuple[B, ...]]) -> B:
    """Whether the inequality was asked and has the same result in the low and in the high month.

    ``asked``: of each hosted route whether its price was in the inequality; ``wins``: whether renting wins in either
    month.
    """
    return truth.some(
        [
            truth.every([asked[route], truth.some([truth.every(list(ends)), truth.negate(truth.some(list(ends)))])])
            for route, ends in wins.items()
        ]
    )


_REMEMBERED = 1 << 16


@dataclass(frozen=True)
class Resolution:
    """What the gates and the preferences leave.

    ``asked`` is the hosted route whose price was in the cost inequality, None where it was not asked.
    """

    feasible: tuple[Route, ...]
    left: tuple[Route, ...]
    applied: tuple[Applied, ...]
    asked: Route | None

    @property
    def route(self) -> Route | None:
        """The route recommended, when exactly one is left."""
        return self.left[0] if len(self.left) == 1 else None

    @property
    def undecided(self) -> bool:
        """Whether the rules leave several routes, or drop every feasible one for another."""
        return self.route is None and bool(self.feasible)


class Fold:
    """The fold of one rulebook over what matched. Pure, so its results are cached."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._axes_of_gates = {gate.id: gate.axis for gate in rulebook.gates}
        self._axis_of = {rule.id: rule.axis for rule in rulebook.preferences}
        self._wins = {
            route: computations([Operation("-", rent, own) for rent, own in months])
            for route, months in INEQUALITY.items()
        }
        self.eliminating_axes = lru_cache(maxsize=_REMEMBERED)(self._eliminating_axes)
        self._resolution = lru_cache(maxsize=_REMEMBERED)(self._resolved)
        self.verdict = lru_cache(maxsize=_REMEMBERED)(self._verdict)
        self.deciding_axes = lru_cache(maxsize=_REMEMBERED)(self._deciding_axes)

    def _eliminating_axes(self, gates: tuple[GateMatch, ...]) -> tuple[frozenset[Axis], ...]:
        """The axes that eliminate each offer."""
        return tuple(frozenset(self._axes_of_gates[rule] for rule in match.eliminating) for match in gates)

    def _verdict(
        self, eliminated: tuple[frozenset[Axis], ...], matched: tuple[str, ...], silenced: Silenced = NOTHING
    ) -> Resolution:
        """``eliminated``: for each offer the axes that eliminate it. ``matched``: the preferences that hold."""
        speaking = tuple(rule for rule in matched if self._axis_of[rule] not in silenced)
        return self._resolution(tuple(not axes <= silenced for axes in eliminated), speaking)

    def _resolved(self, out: tuple[bool, ...], matched: tuple[str, ...]) -> Resolution:
        """``out``: for each offer whether it is eliminated. Few differ: the eliminating axis does not matter."""
        holds = {id: id in matched for id in self._axis_of}
        eliminated = [dict.fromkeys(Axis, True) if gone else {} for gone in out]
        folded = fold(self._rulebook, PLAIN, eliminated, holds)
        return Resolution(
            feasible=tuple(route for route, on in folded.feasible.items() if on),
            left=tuple(route for route, on in folded.left.items() if on),
            applied=tuple(pair for pair, dropped in folded.applied.items() if dropped),
            asked=next((route for route, is_asked in folded.asked.items() if is_asked), None),
        )

    def settled(self, asked: Route | None, facts: Mapping[str, Encoded]) -> bool | None:
        """Whether both ends of the range of volumes agree; None where it was not asked, or an amount is not known."""
        if asked is None:
            return None
        try:
            wins = tuple(difference < 0 for difference in self._wins[asked](facts))
        except KeyError:
            return None
        return is_settled(PLAIN, {asked: True}, {asked: wins})

    def _deciding_axes(self, eliminated: tuple[frozenset[Axis], ...], matched: tuple[str, ...]) -> tuple[Axis, ...]:
        """The smallest set of axes whose joint silence changes the routes left; only axes that say something count."""
        speaking = frozenset[Axis]().union(*eliminated) | {self._axis_of[rule] for rule in matched}
        return _decisive(speaking, lambda silenced: self.verdict(eliminated, matched, silenced).left)


def silences(axes: Collection[Axis]) -> list[tuple[Axis, ...]]:
    """Every set of some axes, small ones first, equal sizes by precedence."""
    ordered = [axis for axis in Axis if axis in axes]
    return [chosen for size in range(1, len(ordered) + 1) for chosen in combinations(ordered, size)]


def _decisive(speaking: Collection[Axis], left: Callable[[Silenced], tuple[Route, ...]]) -> tuple[Axis, ...]:
    """The first set of axes that, when silenced, changes the routes left; empty if none does."""
    found = left(NOTHING)
    return next((axes for axes in silences(speaking) if left(frozenset(axes)) != found), ())


@lru_cache(maxsize=64)
def fold_of(rulebook: Rulebook) -> Fold:
    """The fold of a rulebook, made once."""
    return Fold(rulebook)


@dataclass(frozen=True)
class Judgement:
    """The outcome of one set of answers on one backend; ``facts`` are the answers with the constants and the terms.

    ``offers`` compete, with their ``gates``; ``others`` holds the gates of the offers of other checkpoints.
    """

    facts: Mapping[str, Encoded]
    offers: tuple[Offer, ...]
    gates: tuple[GateMatch, ...]
    others: tuple[GateMatch, ...]
    matched: tuple[str, ...]
    verdict: Resolution
    settled: bool | None
    deciding_axes: tuple[Axis, ...]


def judge(rulebook: Rulebook, matcher: Matcher, answers: Mapping[str, Encoded]) -> Judgement:
    """Judges encoded answers: gates, prices, terms, preferences, then what they leave. Raises EngineFailure.

    The gates read no term, so that a price may depend on the offers that survive them: between gates and terms.
    """
    model = answers.get(MODEL)
    competing, places = of_model(rulebook, model), places_of_model(rulebook, model)
    fold, offers = fold_of(competing), competing.offers
    matches = matcher.gates(answers)
    gates = tuple(matches[place] for place in places)
    others = tuple(match for place, match in enumerate(matches) if place not in set(places))
    eliminated = fold.eliminating_axes(gates)

    def facts_without(silenced: Silenced) -> dict[str, Encoded]:
        prices = _prices(rulebook, offers, eliminated, usage_of(answers), silenced)
        return with_terms(rulebook, with_prices(rulebook, answers, prices))

    def left(silenced: Silenced) -> tuple[Route, ...]:
        return fold.verdict(eliminated, matcher.preferences(facts_without(silenced)), silenced).left

    facts = facts_without(NOTHING)
    matched = matcher.preferences(facts)
    verdict = fold.verdict(eliminated, matched)
    deciding: tuple[Axis, ...] = ()
    if verdict.left and rulebook.priced:  # a silenced axis can bring a cheaper offer back
        deciding = _decisive(frozenset[Axis]().union(*eliminated) | {rule.axis for rule in rulebook.preferences}, left)
    elif verdict.left:
        deciding = fold.deciding_axes(eliminated, matched)
    settled = fold.settled(verdict.asked, facts)
    return Judgement(facts, offers, gates, others, matched, verdict, settled, deciding)


def _prices(
    rulebook: Rulebook,
    offers: tuple[Offer, ...],
    eliminated: tuple[frozenset[Axis], ...],
    usage: Usage,
    silenced: Silenced,
) -> dict[Route, Amounts]:
    """What each priced route costs while some axes are silenced; a route without a surviving offer is absent."""
    found: dict[Route, Amounts] = {}
    for route in rulebook.priced:
        left = [
            offer for offer, axes in zip(offers, eliminated, strict=True) if offer.route is route and axes <= silenced
        ]
        if left:
            found[route] = cheapest(route, map(amounts_of, left), usage)
    return found
