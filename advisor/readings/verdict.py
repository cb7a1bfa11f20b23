"""From matched rules to the routes left: gates first, then the preferences axis by axis (DESIGN: the fold)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from advisor.offers import Encoded, Offer
from advisor.readings.matching import GateMatch, Matcher
from advisor.rulebook.model import Preference, Rulebook
from advisor.scenario import Axis, Route

Silenced = frozenset[Axis]
NOTHING: Silenced = frozenset()
_HOSTED = (Route.OPEN_WEIGHT_API, Route.CLOSED_API)
_REMEMBERED = 1 << 16


class Applied(NamedTuple):
    """A preference that dropped ``over`` because ``preferred`` was still running."""

    rule: str
    preferred: Route
    over: Route


@dataclass(frozen=True)
class Verdict:
    """What the gates and the preferences leave.

    ``asked`` is the hosted route whose price stood in the cost inequality, None where it was not asked; ``settled``
    says whether cost then decided.
    """

    feasible: tuple[Route, ...]
    left: tuple[Route, ...]
    applied: tuple[Applied, ...]
    asked: Route | None
    settled: bool | None

    @property
    def route(self) -> Route | None:
        """The route recommended, when exactly one is left."""
        return self.left[0] if len(self.left) == 1 else None


class Fold:
    """The gates' axes and the preferences of one rulebook, folded over what matched. Pure, so it remembers."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._offers = rulebook.offers
        self._by_axis: dict[Axis, list[Preference]] = {axis: [] for axis in Axis}
        for rule in rulebook.preferences:
            self._by_axis[rule.axis].append(rule)
        self._axes_of_gates = {gate.id: gate.axis for gate in rulebook.gates}
        self._axis_of = {rule.id: rule.axis for rule in rulebook.preferences}
        self.eliminating_axes = lru_cache(maxsize=_REMEMBERED)(self._eliminating_axes)
        self.verdict = lru_cache(maxsize=_REMEMBERED)(self._verdict)
        self.deciding_axes = lru_cache(maxsize=_REMEMBERED)(self._deciding_axes)

    def _eliminating_axes(self, gates: tuple[GateMatch, ...]) -> tuple[frozenset[Axis], ...]:
        """The axes that eliminate each offer."""
        return tuple(frozenset(self._axes_of_gates[rule] for rule in match.eliminating) for match in gates)

    def _verdict(
        self, eliminated: tuple[frozenset[Axis], ...], matched: tuple[str, ...], silenced: Silenced = NOTHING
    ) -> Verdict:
        """``eliminated``: for each offer the axes that take it out. ``matched``: the preferences that hold."""
        survivors = {offer.route for offer, axes in zip(self._offers, eliminated, strict=True) if axes <= silenced}
        running = feasible = tuple(route for route in Route if route in survivors)
        applied: list[Applied] = []
        asked: Route | None = None
        settled: bool | None = None
        for axis in Axis:
            fired = [] if axis in silenced else self._fired(axis, matched, running)
            if axis is Axis.COST and Route.SELF_HOST in running:
                asked = next((route for route in _HOSTED if route in running), None)
                settled = bool(fired) if asked else None
            dropped = {preference.over for preference in fired}
            running = tuple(route for route in running if route not in dropped)
            applied.extend(fired)
        return Verdict(feasible, running, tuple(applied), asked, settled)

    def _fired(self, axis: Axis, matched: tuple[str, ...], running: tuple[Route, ...]) -> list[Applied]:
        """The axis's preferences judged together on the routes running when it is reached."""
        still = frozenset(running)
        return [
            Applied(rule.id, preferred, over)
            for rule in self._by_axis[axis]
            if rule.id in matched and rule.running <= still and not rule.out & still
            for preferred in rule.prefer
            for over in rule.over
            if preferred in still and over in still
        ]

    def _deciding_axes(self, eliminated: tuple[frozenset[Axis], ...], matched: tuple[str, ...]) -> tuple[Axis, ...]:
        """The smallest set of axes whose joint silence changes the routes left; only axes that say something count."""
        speaking = frozenset[Axis]().union(*eliminated) | {self._axis_of[rule] for rule in matched}
        left = self.verdict(eliminated, matched).left
        for axes in silences(tuple(axis for axis in Axis if axis in speaking)):
            if self.verdict(eliminated, matched, frozenset(axes)).left != left:
                return axes
        return ()


def silences(axes: tuple[Axis, ...]) -> list[tuple[Axis, ...]]:
    """Every set of axes, small ones first, equal sizes by precedence."""
    return [chosen for size in range(1, len(axes) + 1) for chosen in combinations(axes, size)]


@lru_cache(maxsize=8)
def fold_of(rulebook: Rulebook) -> Fold:
    """The fold of a rulebook, made once."""
    return Fold(rulebook)


@dataclass(frozen=True)
class Judgement:
    """What one reading makes of one set of facts."""

    offers: tuple[Offer, ...]
    gates: tuple[GateMatch, ...]
    matched: tuple[str, ...]
    verdict: Verdict
    deciding_axes: tuple[Axis, ...]


def judge(rulebook: Rulebook, matcher: Matcher, facts: Mapping[str, Encoded]) -> Judgement:
    """Matches the facts (answers with terms) against gates and preferences, and folds. Raises EngineFailure."""
    fold = fold_of(rulebook)
    gates = matcher.gates(facts)
    matched = matcher.preferences(facts)
    eliminated = fold.eliminating_axes(gates)
    verdict = fold.verdict(eliminated, matched)
    deciding = fold.deciding_axes(eliminated, matched) if verdict.left else ()
    return Judgement(rulebook.offers, gates, matched, verdict, deciding)
