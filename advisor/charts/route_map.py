"""Where each route is recommended, over the volume and the figure that turns the decision soonest."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from advisor.charts.canvas import HEIGHT, WIDTH, svg_of
from advisor.charts.model import Chart, Table
from advisor.charts.route_map_data import Regions, distance, regions_of
from advisor.domain.quantity import grouped
from advisor.domain.record import Decision, Flip, Status
from advisor.wording.labels import NAMED, NONE, VOLUMES, are, figure_name, figure_text, sentence, units_of

_ID = "chart-map"


def map_chart(decision: Decision, width: int = WIDTH) -> Chart | None:
    """The chart, where every figure the rules read is known and not all of the map is one route."""
    regions = regions_of(decision)
    if regions is None or len(regions.shares) < 2:
        return None
    from advisor.charts.route_map_drawing import draw_map

    title, description = _title(regions), _description(regions)
    svg = svg_of(_ID, title, description, (width, HEIGHT), partial(draw_map, regions))
    return Chart(_ID, title, description, svg, _table(regions))


def _title(regions: Regions) -> str:
    name = figure_name(regions.figure, regions.decision)
    flips = regions.flips(regions.figure)
    if not flips:
        return f"No {name} changes the route at this volume, but the volume does"
    nearest = min(flips, key=lambda flip: distance(flip, regions.decision))
    return f"{sentence(_led_to(nearest))} would be recommended if the {name} were {_past(nearest, regions.decision)}"


def _description(regions: Regions) -> str:
    decision, units = regions.decision, units_of(regions.decision)
    name, figure = figure_name(regions.figure, decision), str(decision.scenario[regions.figure])
    month = grouped(Decimal(int(regions.facts[regions.month])))
    assert decision.route is not None
    here = f"At {month} {units} a month and {figure_text(regions.figure, figure, decision)}"
    parts = [f"{here} for the {name}, {NAMED[decision.route]} {are([decision.route])} recommended"]
    parts += [
        f"with the {figure_name(flip.field, decision)} {_past(flip, decision)} it would be {_led_to(flip)}"
        for flip in regions.flips(*VOLUMES, regions.figure)
    ]
    return " ".join(f"{sentence(part)}." for part in parts)


def _table(regions: Regions) -> Table:
    decision, rows = regions.decision, []
    for name in (*VOLUMES, regions.figure):
        if name in decision.scenario:
            flips = regions.flips(name)
            below = next((f"{_value(flip, decision)}: {_led_to(flip)}" for flip in flips if flip.below), NONE)
            above = next((f"{_value(flip, decision)}: {_led_to(flip)}" for flip in flips if flip.above), NONE)
            now = figure_text(name, str(decision.scenario[name]), decision)
            rows.append((sentence(figure_name(name, decision)), now, below, above))
    return Table(("figure", "in this scenario", "another route below", "another route above"), tuple(rows))


def _past(flip: Flip, decision: Decision) -> str:
    return f"{'below' if flip.below else 'above'} {_value(flip, decision)}"


def _value(flip: Flip, decision: Decision) -> str:
    return figure_text(flip.field, flip.below or flip.above or "", decision)


def _led_to(flip: Flip) -> str:
    if flip.route is None:
        return "one of several routes" if flip.status is Status.OPEN else "no route"
    return NAMED[flip.route]
