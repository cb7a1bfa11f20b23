"""The recommended route at each point of a grid of volumes and one other figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.charts.scale import Scale, scale_of
from advisor.domain.cost_model import PRICE_OF, PRICES, VOLUMES, Costs, exact
from advisor.domain.offer import Encoded
from advisor.domain.quantity import Quantity
from advisor.domain.record import Decision, Flip, RouteByAmounts
from advisor.domain.scenario import FIELDS, Route, Scenario, validated
from advisor.evaluation.facts import answer_facts, with_range
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import Expression, parse_term

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS, ROWS = 64, 44
FINER = 4
"""Each grid cell is sampled this many times in each direction, for smooth borders."""
_IN_SIGHT = 10**4
"""A break point this many times above or below the scenario's value is stated, not drawn."""


@dataclass(frozen=True)
class Regions:
    """A decision as a function of two of its figures, with the others fixed.

    ``facts`` are the answers in their smallest steps. The horizontal axis is the expected month (or the
    busiest plausible one), with the rest of the range in proportion; ``figure`` names the field of the vertical axis.
    """

    decision: Decision
    scenario: Scenario
    facts: Mapping[str, Encoded]
    figure: str
    by_amounts: RouteByAmounts

    @cached_property
    def month(self) -> str:
        """The field of the horizontal axis."""
        return "monthly_images" if "monthly_images" in self.facts else "monthly_images_high"

    @cached_property
    def here(self) -> tuple[Fraction, Fraction]:
        """The position of the scenario: its month, and its figure."""
        return exact(int(self.facts[self.month])), exact(getattr(self.scenario, self.figure))

    @cached_property
    def across(self) -> Scale:
        """The volumes: every month of the scenario, and the break points and crossovers in sight."""
        known = [exact(int(self.facts[name])) for name in VOLUMES if name in self.facts]
        crossings = [Costs(self.scenario).crossover(route) for route in self.decision.feasible_routes]
        turns = [crossing.volume for crossing in crossings if crossing and crossing.volume]
        turns += [flip.turn or Fraction(0) for flip in self.flips(*VOLUMES)]
        return _scale(self.month, [*known, *_in_sight(turns, self.here[0])])

    @cached_property
    def upwards(self) -> Scale:
        """The values of the figure: the scenario's, and its break points in sight."""
        turns = [flip.turn or Fraction(0) for flip in self.flips(self.figure)]
        return _scale(self.figure, [self.here[1], *_in_sight(turns, self.here[1])])

    @cached_property
    def shares(self) -> dict[Route | None, NDArray[np.float64]]:
        """For each recommended route, and for none: its share of each of ROWS x COLUMNS cells."""
        import numpy as np

        from advisor.evaluation.numpy_backend import less

        columns, code = self._columns(), np.zeros((FINER * ROWS, FINER * COLUMNS), np.int64)
        for comparison in self.by_amounts.comparisons:
            left, right = (_parsed(side) for side in comparison.split(" < "))
            code = 2 * code + less(left, right, columns)
        digits = len(self.by_amounts.comparisons)
        routes = [self.by_amounts.routes.get(f"{number:0{digits}b}") for number in range(2**digits)]
        shares: dict[Route | None, NDArray[np.float64]] = {}
        for route in (*Route, None):
            of_route = np.array([found is route for found in routes])[code]
            if of_route.any():
                shares[route] = of_route.reshape(ROWS, FINER, COLUMNS, FINER).mean(axis=(1, 3))
        return shares

    def flips(self, *fields: str) -> list[Flip]:
        """The break points of some numbers."""
        return [flip for flip in self.decision.flips if flip.field in fields and (flip.below or flip.above)]

    def _columns(self) -> dict[str, NDArray[Any]]:
        """The amounts over the grid: a number, a row of volumes, or a column of figures."""
        import numpy as np

        months, figures = (
            _steps(self.across, self.month, FINER * COLUMNS),
            _steps(self.upwards, self.figure, FINER * ROWS),
        )
        now = int(self.facts[self.month])
        columns = {name: np.array(value) for name, value in self.facts.items() if not isinstance(value, str)}
        for name in VOLUMES:
            if name in self.facts:
                in_proportion = [max(1, month * int(self.facts[name]) // now) for month in months]
                columns[name] = np.array(in_proportion, np.int64)
        return {**columns, self.figure: np.array(figures, np.int64)[:, np.newaxis]}


def regions_of(decision: Decision) -> Regions | None:
    """The regions, if the record has the route as a function of the amounts."""
    figure = most_sensitive(decision)
    if decision.route_by_amounts is None or figure not in decision.priced_scenario:
        return None
    scenario = validated(decision.priced_scenario, "the record")
    return Regions(decision, scenario, with_range(answer_facts(scenario)), figure, decision.route_by_amounts)


def most_sensitive(decision: Decision) -> str:
    """The figure, except volumes, with the relatively nearest break point; without any, the hosted route's price."""
    nearest: dict[str, Fraction] = {}
    for flip in decision.flips:
        if flip.field in PRICES and (flip.below or flip.above):
            nearest[flip.field] = min(flip.factor, nearest.get(flip.field, flip.factor))
    if nearest:
        return min(nearest, key=lambda name: (nearest[name], PRICES.index(name)))
    hosted = [PRICE_OF[route] for route in (decision.route, *decision.feasible_routes) if route and route in PRICE_OF]
    return hosted[0] if hosted else PRICES[0]


def _in_sight(turns: list[Fraction], now: Fraction) -> list[Fraction]:
    return [turn for turn in turns if not now or now / _IN_SIGHT <= turn <= now * _IN_SIGHT]


def _quantity(field: str) -> Quantity:
    quantity = FIELDS[field].quantity
    assert quantity is not None
    return quantity


def _scale(field: str, points: list[Fraction]) -> Scale:
    quantity = _quantity(field)
    return scale_of(points, float(max(quantity.least, quantity.outside(1))), float(quantity.most))


def _steps(scale: Scale, field: str, count: int) -> list[int]:
    """The values of a field along a scale, in its smallest steps."""
    quantity = _quantity(field)
    positions = [min(max(Decimal(value), quantity.least), quantity.most) for value in scale.positions(count)]
    return [max(quantity.inside(quantity.least), quantity.inside(position)) for position in positions]


def _parsed(side: str) -> Expression:
    return parse_term("comparison", side, FIELD_NAMES, "the record", 1).expression
