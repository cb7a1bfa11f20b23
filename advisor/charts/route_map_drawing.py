"""The drawing of the map: regions tinted and hatched, their names inside, the scenario's place marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.lib.stride_tricks import sliding_window_view

from advisor.charts.canvas import COLOURS, GROUND, HEIGHT, INK, LINE_HEIGHT, Box, Plot, spread, text_width
from advisor.charts.route_map_data import COLUMNS, FINER, ROWS, Regions
from advisor.domain.scenario import FIELDS, Route
from advisor.wording.labels import HERE, NO_ROUTE, SHORT, VOLUMES, figure_name, on_scale, sentence, units_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.bool_]
    Shares = NDArray[np.float64]

_HATCHES = {Route.SELF_HOST: "//", Route.OPEN_WEIGHT_API: "\\\\", Route.CLOSED_API: "--", None: ".."}
_DOT = 8


def draw_map(regions: Regions, figure: Figure) -> None:
    """Everything on the map."""
    plot = Plot(figure, Box(70, 48, figure.get_size_inches()[0] * 72 - 24, HEIGHT - 46))
    shares = regions.shares
    _fill(plot, shares)
    quantity = FIELDS[regions.figure].quantity
    plot.scale(regions.across, regions.upwards, "$" if quantity and quantity.money else "")
    up = sentence(figure_name(regions.figure, regions.decision))
    across = on_scale(_across(regions), log=regions.across.log)
    plot.label(across, on_scale(up, log=regions.upwards.log), HEIGHT - 12)
    taken = np.zeros((ROWS, COLUMNS), bool)
    for box in _mark(plot, regions):
        taken[_places(plot, box)] = True
    outside = []
    for route, share in shares.items():
        box_or_none = _room_for(plot, _name(route), (share > 0.5) & ~taken)
        if box_or_none:
            taken[_places(plot, box_or_none)] = True
            _chip(plot, box_or_none, _name(route), bold=True)
        else:
            outside.append(route)
    _name_outside(plot, {_name(route): shares[route] for route in outside})


def _fill(plot: Plot, shares: dict[Route | None, Shares]) -> None:
    """Tint, hatching and border of each region: where its share is more than one half."""
    axes = plot.axes
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.grid(visible=False)
    axes.tick_params(axis="y", size=4)
    axes.spines[:].set_visible(True)
    across, up = (_middles(count) for count in (COLUMNS, ROWS))
    for place, (route, share) in enumerate(shares.items()):
        colour, values = COLOURS[route] if route else INK, np.pad(share, 1, mode="edge")
        axes.contourf(across, up, values, (0.5, 2), colors=colour, alpha=0.16, transform=axes.transAxes)
        hatching = axes.contourf(
            across, up, values, (0.5, 2), colors="none", hatches=[_HATCHES[route]], transform=axes.transAxes
        )
        hatching.set(edgecolor=colour, linewidth=0)
        if place:
            axes.contour(across, up, values, (0.5,), colors=INK, linewidths=0.8, transform=axes.transAxes)


def _middles(count: int) -> NDArray[np.float64]:
    """The middles of so many places in shares of the axis, and its ends."""
    fine = np.linspace(0, 1, FINER * count)
    return np.concatenate(([0], fine.reshape(count, FINER).mean(axis=1), [1]))


def _across(regions: Regions) -> str:
    """What lies across."""
    scenario, units = regions.scenario, units_of(regions.decision)
    if scenario.low == scenario.high:
        return f"{units} a month"
    if regions.month == "monthly_images":
        return f"{units} in the expected month, the range in proportion"
    return f"{units} in the best plausible month, the worst in proportion"


def _mark(plot: Plot, regions: Regions) -> tuple[Box, Box]:
    """The scenario's place, its range of volumes, and its name; the parts of the picture that they take."""
    volume, value = map(float, regions.here)
    known = [int(regions.facts[name]) for name in VOLUMES if name in regions.facts]
    ends = [[volume - min(known)], [max(known) - volume]] if min(known) < max(known) else None
    plot.axes.errorbar(volume, value, xerr=ends, fmt="o", color=INK, markersize=_DOT, elinewidth=1.6, clip_on=False)
    (x, y), (low, _), (high, _) = (plot.at(at, value) for at in (volume, min(known), max(known)))
    words = _here(plot, regions, x, y, low, high)
    _chip(plot, words, HERE)
    return words, Box(low - _DOT, y - _DOT, high + _DOT, y + _DOT)


def _here(plot: Plot, regions: Regions, x: float, y: float, low: float, high: float) -> Box:
    """Above, below or next to the dot; across no border where that can be."""
    width, height = text_width(HERE) + 4, LINE_HEIGHT + 2
    off = (_DOT + width) / 2 + 4
    centred = min(max(x, plot.box.left + width / 2 + 2), plot.box.right - width / 2 - 2)
    places = [(centred, y + 18), (centred, y - 18), (high + off, y), (low - off, y)]
    inside = [box for box in (Box.around(*place, width, height) for place in places) if plot.box.holds(box)]
    clear = [box for box in inside if any(share[_places(plot, box)].all() for share in regions.shares.values())]
    return (clear or inside)[0]


def _name(route: Route | None) -> str:
    return SHORT[route] if route else NO_ROUTE


def _chip(plot: Plot, box: Box, words: str, *, bold: bool = False) -> None:
    """Words on the ground of the page, so that no hatching lies behind them."""
    corner = (box.left, box.bottom)
    plot.figure.add_artist(Rectangle(corner, box.width, box.height, facecolor=GROUND, linewidth=0, transform=None))
    plot.text(*box.middle, words, bold=bold)


def _name_outside(plot: Plot, shares: dict[str, Shares]) -> None:
    """Names above the map, each with a line to its region."""
    points = []
    for share in shares.values():
        rows, columns = np.nonzero(share == share.max())
        nearest = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
        points.append(_point(plot, rows[nearest] + 0.5, columns[nearest] + 0.5))
    sizes = [text_width(name, bold=True) + 8 for name in shares]
    centres = spread([x for x, _ in points], sizes, plot.box.left, plot.box.right)
    for name, (x, y), centre in zip(shares, points, centres, strict=True):
        plot.leader([x, centre], [y, plot.box.top + 6])
        plot.text(centre, plot.box.top + 14, name, bold=True)


def _room_for(plot: Plot, words: str, free: Places) -> Box | None:
    """Where words fit into free places: with as much room around them as there is, near the middle of these."""
    rows, columns = np.nonzero(free)
    if not len(rows):
        return None
    middle = (rows.mean(), columns.mean())
    width, height = text_width(words, bold=True), LINE_HEIGHT + 4
    for room in (3.0, 2.0, 1.5, 1.0):
        across = min(COLUMNS, int(width * room / plot.box.width * COLUMNS) + 2)
        up = min(ROWS, int(height * room / plot.box.height * ROWS) + 2)
        rows, columns = np.nonzero(sliding_window_view(free, (up, across)).all(axis=(2, 3)))
        if len(rows):
            best = ((rows + up / 2 - middle[0]) ** 2 + (columns + across / 2 - middle[1]) ** 2).argmin()
            return Box.around(*_point(plot, rows[best] + up / 2, columns[best] + across / 2), width, height)
    return None


def _places(plot: Plot, box: Box) -> tuple[slice, slice]:
    """The rows and columns that a part of the picture covers."""
    columns = [(side - plot.box.left) / plot.box.width * COLUMNS for side in (box.left, box.right)]
    rows = [(side - plot.box.bottom) / plot.box.height * ROWS for side in (box.bottom, box.top)]
    return slice(max(0, int(rows[0])), int(rows[1]) + 1), slice(max(0, int(columns[0])), int(columns[1]) + 1)


def _point(plot: Plot, row: float, column: float) -> tuple[float, float]:
    """Where a place of the grid, or a part of one, lies in the picture."""
    box = plot.box
    return float(box.left + box.width * column / COLUMNS), float(box.bottom + box.height * row / ROWS)
