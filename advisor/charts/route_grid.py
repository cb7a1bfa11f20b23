"""Which route is recommended at each place of a grid of volumes and one other figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.charts.scale import Scale, scale_of
from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import exact
from advisor.domain.offer import Encoded
from advisor.domain.quantity import Quantity
from advisor.domain.record import Decision, Flip, Status
from advisor.domain.route_costs import Costs
from advisor.domain.scenario import FIELDS, Route, Scenario, validated
from advisor.evaluation.facts import answer_facts, with_range
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.wording.labels import VOLUMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from advisor.evaluation.numpy_backend import NumpyReading

COLUMNS, ROWS = 64, 44
FINER = 4
"""Each place of the grid is decided this many times across and upwards, so that borders come out smooth."""
_FIGURES = ("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")
_PRICES = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
_IN_SIGHT = 10**4
"""A break point this many times above or below what the scenario has is told, not drawn."""


@dataclass(frozen=True)
class Regions:
    """A decision over two of its figures, the others as they are.

    ``facts`` are the answers in their smallest steps. Across lies the expected month (the best plausible one where
    none is expected), and the rest of the range moves in proportion; ``figure`` names the field that lies upwards.
    """

    decision: Decision
    scenario: Scenario
    facts: Mapping[str, Encoded]
    figure: str
    reading: NumpyReading

    @cached_property
    def month(self) -> str:
        """The field that lies across."""
        return "monthly_images" if "monthly_images" in self.facts else "monthly_images_high"

    @cached_property
    def here(self) -> tuple[Fraction, Fraction]:
        """Where the scenario stands: its month, and its figure."""
        return exact(int(self.facts[self.month])), exact(getattr(self.scenario, self.figure))

    @cached_property
    def across(self) -> Scale:
        """The volumes: every month of the scenario, and the break points and crossovers in sight."""
        known = [exact(int(self.facts[name])) for name in VOLUMES if name in self.facts]
        crossings = [Costs(self.scenario).crossover(route) for route in self.decision.feasible_routes]
        turns = [crossing.volume for crossing in crossings if crossing and crossing.volume]
        turns += [turn_of(flip) for flip in self.flips(*VOLUMES)]
        return _scale(self.month, [*known, *_in_sight(turns, self.here[0])])

    @cached_property
    def upwards(self) -> Scale:
        """The values of the figure: the scenario's, and its break points in sight."""
        turns = [turn_of(flip) for flip in self.flips(self.figure)]
        return _scale(self.figure, [self.here[1], *_in_sight(turns, self.here[1])])

    @cached_property
    def shares(self) -> dict[Route | None, NDArray[np.float64]]:
        """For each route recommended somewhere, and for none: its share of each of ROWS x COLUMNS places."""
        import numpy as np

        found = self.reading.decide(self._columns())
        shares: dict[Route | None, NDArray[np.float64]] = {}
        for route in (*Route, None):
            of_route = np.array([outcome.route is route for outcome in found.table])[found.codes]
            if of_route.any():
                shares[route] = of_route.reshape(ROWS, FINER, COLUMNS, FINER).mean(axis=(1, 3))
        return shares

    def flips(self, *fields: str) -> list[Flip]:
        """The break points of some numbers."""
        return [flip for flip in self.decision.flips if flip.field in fields and (flip.below or flip.above)]

    def _columns(self) -> dict[str, NDArray[Any]]:
        import numpy as np

        months, figures = (
            _steps(self.across, self.month, FINER * COLUMNS),
            _steps(self.upwards, self.figure, FINER * ROWS),
        )
        now = int(self.facts[self.month])
        columns: dict[str, NDArray[Any]] = {}
        for name in self.reading.names:
            if name in VOLUMES:
                in_proportion = [max(1, month * int(self.facts[name]) // now) for month in months]
                columns[name] = np.tile(np.array(in_proportion, np.int64), FINER * ROWS)
            elif name == self.figure:
                columns[name] = np.repeat(np.array(figures, np.int64), FINER * COLUMNS)
            else:
                columns[name] = np.full(FINER**2 * ROWS * COLUMNS, _place(name, self.facts[name]))
        return columns


def regions_of(decision: Decision, rulebook: Rulebook) -> Regions | None:
    """The regions, where a route is recommended and every figure that the rules read is known."""
    figure = most_sensitive(decision)
    if decision.status is not Status.RECOMMENDED or figure not in decision.scenario:
        return None
    from advisor.evaluation.numpy_backend import NumpyReading

    try:
        reading = NumpyReading(rulebook, deciding=False)
    except BadInput:  # more cases than can be tabulated: such a rulebook decides, but not by whole columns
        return None
    scenario = validated(decision.scenario, "the record")
    facts = with_range(answer_facts(scenario))
    known = all(name in facts for name in (*reading.names, "monthly_images_low", "monthly_images_high"))
    return Regions(decision, scenario, facts, figure, reading) if known else None


def most_sensitive(decision: Decision) -> str:
    """The figure, volumes apart, with the nearest break point in proportion; without any, the hosted route's price."""
    nearest: dict[str, Fraction] = {}
    for flip in decision.flips:
        if flip.field in _FIGURES and (flip.below or flip.above):
            times = distance(flip, decision)
            nearest[flip.field] = min(times, nearest.get(flip.field, times))
    if nearest:
        return min(nearest, key=lambda name: (nearest[name], _FIGURES.index(name)))
    hosted = [route for route in (decision.route, *decision.feasible_routes) if route in _PRICES]
    return _PRICES[hosted[0]] if hosted else "open_price"


def distance(flip: Flip, decision: Decision) -> Fraction:
    """How many times as much, or as little, the number has to become; from or to nothing counts as far."""
    now, turn = exact(str(decision.scenario[flip.field])), turn_of(flip)
    return max(turn / now, now / turn) if now and turn else Fraction(10**30)


def turn_of(flip: Flip) -> Fraction:
    """The value past which a number leads elsewhere."""
    return exact(flip.below or flip.above or 0)


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


def _place(name: str, value: Encoded) -> int:
    known = FIELD_NAMES[name]
    return known.options.index(value) if isinstance(value, str) else int(value)
