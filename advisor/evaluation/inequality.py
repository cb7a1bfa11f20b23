"""The cost inequality of Section 38.3.4 at both ends of the range of volumes, and when it is settled.

Whether it was asked depends on the routes in the running (``fold``), its result on the amounts alone: no rule is
used for either, so that `settled` means the same under every rulebook and in every reading.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.domain.cost_model import HOSTED, VOLUME_ENDS, gpus_formula, own_formula, rent_formula
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import B, Truth
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import Expression, Term, parse_term

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
