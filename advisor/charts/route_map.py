"""The route map: the recommended route over the volume and the most sensitive figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from advisor.charts.canvas import (
    COLOURS,
    INK,
    Chart,
    ChartTable,
    Plot,
    Scale,
    chart,
    scale_of,
    text_width,
)
from advisor.domain.cost_model import PRICE_OF, PRICES, VOLUMES, Costs, exact
from advisor.domain.offer import Encoded
from advisor.domain.quantity import Quantity, grouped
from advisor.domain.record import Decision
from advisor.domain.record_parts import Flip, RouteByAmounts, Status
from advisor.domain.scenario import FIELDS, Route, Scenario, validated
from advisor.evaluation.facts import answer_facts, with_range
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.rulebook.terms import Expression, parse_term
from advisor.wording import charts as words
from advisor.wording.labels import (
    HERE,
    NAMED,
    NO_ROUTE,
    NONE,
    SHORT,
    are,
    figure_name,
    figure_text,
    limit_text,
    on_scale,
    sentence,
    sentences,
    units_of,
)

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_HATCHES = {Route.SELF_HOST: "//", Route.OPEN_WEIGHT_API: "\\\\", Route.CLOSED_API: "--", None: ".."}
_TINT = 0.16
_KEY_WIDTH, _KEY_HEIGHT = 46, 17
"""The width of a legend entry beyond its words, and the height of its rows."""


def map_chart(decision: Decision) -> Chart | None:
    """The chart, if every figure that the rules read is known and the map has more than one route."""
    regions = regions_of(decision)
    if regions is None or len(regions.shares) < 2:
        return None
    texts = _title(regions), _description(regions), _table(regions)
    return chart("chart-map", *texts, partial(_draw, regions))


def _title(regions: Regions) -> str:
    name = figure_name(regions.figure, regions.decision)
    flips = regions.flips(regions.figure)
    if not flips:
        return words.VOLUME_CHANGES_IT.format(figure=name)
    nearest = min(flips, key=lambda flip: flip.factor)
    limit = limit_text(nearest, regions.decision)
    return words.RECOMMENDED_IF.format(routes=sentence(_led_to(nearest)), figure=name, limit=limit)


def _description(regions: Regions) -> str:
    decision, units = regions.decision, units_of(regions.decision)
    name, figure = figure_name(regions.figure, decision), str(decision.priced_scenario[regions.figure])
    month = grouped(Decimal(int(regions.facts[regions.month])))
    assert decision.route is not None
    here = {"volume": month, "units": units, "value": figure_text(regions.figure, figure, decision), "figure": name}
    route, verb = NAMED[decision.route], are([decision.route])
    parts = [words.RECOMMENDED_HERE.format(**here, route=route, are=verb)]
    for flip in regions.flips(*VOLUMES, regions.figure):
        turned = {"figure": figure_name(flip.field, decision), "limit": limit_text(flip, decision)}
        parts.append(words.ROUTE_IF.format(**turned, routes=_led_to(flip)))
    return sentences(parts)


def _table(regions: Regions) -> ChartTable:
    decision, rows = regions.decision, []
    for name in (*VOLUMES, regions.figure):
        if name in decision.priced_scenario:
            flips = regions.flips(name)
            texts = [
                (flip, words.LIMIT_LEADS_TO.format(limit=limit_text(flip, decision), routes=_led_to(flip)))
                for flip in flips
            ]
            below = next((text for flip, text in texts if flip.below), NONE)
            above = next((text for flip, text in texts if flip.above), NONE)
            now = figure_text(name, str(decision.priced_scenario[name]), decision)
            rows.append((sentence(figure_name(name, decision)), now, below, above))
    return ChartTable(words.MAP_HEADER, tuple(rows))


def _led_to(flip: Flip) -> str:
    if flip.route is None:
        return words.ONE_OF_SEVERAL if flip.status is Status.OPEN else NO_ROUTE
    return NAMED[flip.route]


def _draw(regions: Regions, figure: Figure) -> None:
    """The regions, the position of the scenario with its range of volumes, and a legend above them."""
    from matplotlib.transforms import IdentityTransform

    names = [SHORT[route] if route else NO_ROUTE for route in regions.shares] + [HERE]
    columns = int((figure.bbox.width - 12) // (max(map(text_width, names)) + _KEY_WIDTH))
    rows = -(-len(names) // columns)
    plot = Plot(figure, left=70, bottom=48, right=24, top=36 + _KEY_HEIGHT * rows)
    axes = plot.axes
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.grid(visible=False)
    axes.tick_params(axis="y", size=4)
    axes.spines[:].set_visible(True)
    keys = [_fill(plot, route, share) for route, share in regions.shares.items()]
    quantity = FIELDS[regions.figure].quantity
    regions.across.set(axes.xaxis)
    regions.upwards.set(axes.yaxis, "$" if quantity and quantity.money else "")
    up = sentence(figure_name(regions.figure, regions.decision))
    plot.label(on_scale(_across(regions), log=regions.across.log), on_scale(up, log=regions.upwards.log))
    volume, value = map(float, regions.here)
    known = [int(regions.facts[name]) for name in VOLUMES if name in regions.facts]
    ends = [[volume - min(known)], [max(known) - volume]] if min(known) < max(known) else None
    here = axes.errorbar(volume, value, xerr=ends, fmt="o", color=INK, markersize=8, elinewidth=1.6, clip_on=False)
    corner = (8, plot.height - 24)
    axes.legend(
        [*keys, here.lines[0]],
        names,
        ncols=columns,
        loc="upper left",
        bbox_to_anchor=corner,
        bbox_transform=IdentityTransform(),
    )


def _fill(plot: Plot, route: Route | None, share: NDArray[np.float64]) -> Any:
    """Fills the cells where a route's share is more than one half; returns the handles for the legend."""
    import numpy as np
    from matplotlib.patches import Patch

    colour = COLOURS[route] if route else INK
    places = (_centres(COLUMNS), _centres(ROWS), np.pad(share, 1, mode="edge"))
    style: dict[str, Any] = {"transform": plot.axes.transAxes}
    plot.axes.contourf(*places, (0.5, 2), colors=colour, alpha=_TINT, **style)
    hatching = plot.axes.contourf(*places, (0.5, 2), colors="none", hatches=[_HATCHES[route]], **style)
    hatching.set(edgecolor=colour, linewidth=0)
    plot.axes.contour(*places, (0.5,), colors=INK, linewidths=0.4, **style)
    tint = Patch(facecolor=colour, alpha=_TINT, linewidth=0)
    return tint, Patch(facecolor="none", edgecolor=colour, hatch=_HATCHES[route], linewidth=0)


def _centres(count: int) -> NDArray[np.float64]:
    """The centres of ``count`` cells as fractions of the axis, and its ends."""
    import numpy as np

    fine = np.linspace(0, 1, FINER * count)
    return np.concatenate(([0], fine.reshape(count, FINER).mean(axis=1), [1]))


def _across(regions: Regions) -> str:
    """The label of the horizontal axis."""
    scenario, units = regions.scenario, units_of(regions.decision)
    if scenario.low == scenario.high:
        return words.A_MONTH.format(units=units)
    return (words.EXPECTED_MONTH if regions.month == "monthly_images" else words.BUSIEST_MONTH).format(units=units)


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

        months = _steps(self.across, self.month, FINER * COLUMNS)
        figures = _steps(self.upwards, self.figure, FINER * ROWS)
        numbers = {name: int(value) for name, value in self.facts.items() if not isinstance(value, str)}
        columns = {name: np.array(value) for name, value in numbers.items()}
        for name in numbers.keys() & set(VOLUMES):
            in_proportion = [max(1, month * numbers[name] // numbers[self.month]) for month in months]
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
