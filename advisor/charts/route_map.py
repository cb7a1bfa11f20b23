"""The route map: the recommended route over the volume and the most sensitive figure."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from advisor.charts.canvas import COLOURS, HEIGHT, INK, WIDTH, Chart, ChartTable, Plot, chart, text_width
from advisor.charts.route_grid import COLUMNS, FINER, ROWS, Regions, regions_of
from advisor.domain.cost_model import VOLUMES
from advisor.domain.formatting import grouped
from advisor.domain.record import Decision, Flip, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.wording.labels import (
    HERE,
    NAMED,
    NO_ROUTE,
    NONE,
    SHORT,
    are,
    figure_name,
    figure_text,
    on_scale,
    sentence,
    sentences,
    units_of,
)
from advisor.wording.limits import limit_text

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_HATCHES = {Route.SELF_HOST: "//", Route.OPEN_WEIGHT_API: "\\\\", Route.CLOSED_API: "--", None: ".."}
_TINT = 0.16
_KEY_WIDTH, _KEY_HEIGHT = 46, 17
"""The width of a legend entry beyond its words, and the height of its rows."""


def map_chart(decision: Decision, width: int = WIDTH) -> Chart | None:
    """The chart, if every figure that the rules read is known and the map has more than one route."""
    regions = regions_of(decision)
    if regions is None or len(regions.shares) < 2:
        return None
    texts = _title(regions), _description(regions), _table(regions)
    return chart("chart-map", *texts, partial(_draw, regions), (width, HEIGHT))


def _title(regions: Regions) -> str:
    name = figure_name(regions.figure, regions.decision)
    flips = regions.flips(regions.figure)
    if not flips:
        return f"No {name} changes the route at this volume, but the volume does"
    nearest = min(flips, key=lambda flip: flip.factor)
    return (
        f"{sentence(_led_to(nearest))} would be recommended if the {name} were {limit_text(nearest, regions.decision)}"
    )


def _description(regions: Regions) -> str:
    decision, units = regions.decision, units_of(regions.decision)
    name, figure = figure_name(regions.figure, decision), str(decision.priced_scenario[regions.figure])
    month = grouped(Decimal(int(regions.facts[regions.month])))
    assert decision.route is not None
    here = f"At {month} {units} a month and {figure_text(regions.figure, figure, decision)}"
    parts = [f"{here} for the {name}, {NAMED[decision.route]} {are([decision.route])} recommended"]
    parts += [
        f"with the {figure_name(flip.field, decision)} at {limit_text(flip, decision)} it would be {_led_to(flip)}"
        for flip in regions.flips(*VOLUMES, regions.figure)
    ]
    return sentences(parts)


def _table(regions: Regions) -> ChartTable:
    decision, rows = regions.decision, []
    for name in (*VOLUMES, regions.figure):
        if name in decision.priced_scenario:
            flips = regions.flips(name)
            below = next((f"{limit_text(flip, decision)}: {_led_to(flip)}" for flip in flips if flip.below), NONE)
            above = next((f"{limit_text(flip, decision)}: {_led_to(flip)}" for flip in flips if flip.above), NONE)
            now = figure_text(name, str(decision.priced_scenario[name]), decision)
            rows.append((sentence(figure_name(name, decision)), now, below, above))
    return ChartTable(("figure", "in this scenario", "another route if less", "another route if more"), tuple(rows))


def _led_to(flip: Flip) -> str:
    if flip.route is None:
        return "one of several routes" if flip.status is Status.OPEN else "no route"
    return NAMED[flip.route]


def _draw(regions: Regions, figure: Figure) -> None:
    """Draws the regions, the position of the scenario with its range of volumes, and a legend above them."""
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
    plot.scale(regions.across, regions.upwards, "$" if quantity and quantity.money else "")
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
        return f"{units} a month"
    if regions.month == "monthly_images":
        return f"{units} in the expected month, the range in proportion"
    return f"{units} in the busiest plausible month, the quietest in proportion"
