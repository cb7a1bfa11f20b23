"""The fold, once for every carrier: gates first, then the preferences axis by axis (DESIGN, section 3).

Below it the cost inequality of Section 38.3.4 at both ends of the range of volumes, and when it is settled. Whether it
was asked depends on the routes in the running (``fold``), its result on the amounts alone: no rule is used for either,
so that `settled` means the same under every rulebook and in every reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple

from advisor.domain.cost_model import HOSTED, VOLUME_ENDS, gpus_formula, own_formula, rent_formula
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import B, Truth
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import Expression, Term, parse_term

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
