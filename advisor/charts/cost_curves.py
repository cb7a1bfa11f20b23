"""What each route costs a month against the volume, and from where owning is cheaper."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from math import floor

from advisor.charts.canvas import HEIGHT, WIDTH, svg_of
from advisor.charts.cost_curves_drawing import draw_costs
from advisor.charts.cost_data import Curves, curves_of
from advisor.charts.model import Chart, Table
from advisor.domain.quantity import grouped
from advisor.domain.record import Decision
from advisor.domain.scenario import Route
from advisor.wording.labels import NAMED, NONE, SHORT, are, listed, sentence, units_of

_ID = "chart-costs"


def costs_chart(decision: Decision, width: int = WIDTH) -> Chart | None:
    """The chart, where two routes at least have a known cost and there is a volume to show them at."""
    curves = curves_of(decision)
    if curves is None:
        return None
    title, description = _title(curves), _description(curves)
    svg = svg_of(_ID, title, description, (width, HEIGHT), partial(draw_costs, curves))
    return Chart(_ID, title, description, svg, _table(curves))


def _title(curves: Curves) -> str:
    if not curves.owns:
        return _cheaper_of_two(curves)
    route = curves.compared
    if route not in curves.crossings:
        return f"Own GPUs never become cheaper than {NAMED[route]}"
    cheaper_from = floor(curves.crossings[route]) + 1
    if cheaper_from == 1:
        return f"Own GPUs are cheaper than {NAMED[route]} at every volume"
    return f"Own GPUs are cheaper than {NAMED[route]} from {grouped(cheaper_from)} {_units(curves)} a month"


def _cheaper_of_two(curves: Curves) -> str:
    first, second = sorted(curves.hosted, key=lambda route: curves.cost(route, Decimal(1)))
    if curves.cost(first, Decimal(1)) == curves.cost(second, Decimal(1)):
        return f"{sentence(NAMED[first])} and {NAMED[second]} cost the same at every volume"
    return f"{sentence(NAMED[first])} is cheaper than {NAMED[second]} at every volume"


def _description(curves: Curves) -> str:
    parts = [_month(curves, volume) for volume in curves.months]
    for route in curves.hosted:
        text = curves.crossing_text(route)
        faster = curves.few_step_crossing_text(route) if curves.speedup else None
        if text is not None and curves.crossings[route]:
            with_model = f", with a few-step model at {faster}" if faster else ""
            parts.append(f"own GPUs and {NAMED[route]} cost the same at {text} {_units(curves)} a month{with_model}")
    gone = [route for route in curves.routes if not curves.is_feasible(route)]
    if gone:
        parts.append(f"{listed([NAMED[route] for route in gone])} {are(gone)} ruled out, whatever the cost")
    return " ".join(f"{sentence(part)}." for part in parts)


def _month(curves: Curves, volume: Decimal) -> str:
    costs = [f"{NAMED[route]} {curves.cost_text(route, volume)}" for route in curves.routes]
    return f"at {grouped(volume)} {_units(curves)} a month: {listed(costs)}"


def _table(curves: Curves) -> Table:
    header = ["route", *(f"{grouped(volume)} {_units(curves)} a month" for volume in curves.months)]
    if curves.owns:
        header.append(f"costs the same as own GPUs at, {_units(curves)} a month")
    if curves.speedup:
        header.append("and at, with a few-step model")
    return Table(tuple(header), tuple(map(tuple, _rows(curves))))


def _rows(curves: Curves) -> Iterator[list[str]]:
    for route in curves.routes:
        owned = route is Route.SELF_HOST
        out = "" if curves.is_feasible(route) else ", ruled out"
        cells = [f"{sentence(SHORT[route])}{out}", *(curves.cost_text(route, volume) for volume in curves.months)]
        if curves.owns:
            cells.append(NONE if owned else curves.crossing_text(route) or "never")
        if curves.speedup:
            cells.append(NONE if owned else curves.few_step_crossing_text(route) or "never")
        yield cells
        if owned and curves.speedup:
            name = f"{sentence(SHORT[route])}, {curves.speedup} times as fast with a few-step model"
            yield [name, *map(curves.few_step_cost_text, curves.months), NONE, NONE]


def _units(curves: Curves) -> str:
    return units_of(curves.decision)
