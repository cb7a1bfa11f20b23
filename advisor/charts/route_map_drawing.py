"""The map in points: regions tinted and hatched, their names inside, the scenario's place marked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from advisor.charts.canvas import COLOURS, INK, LINE_HEIGHT, Box, Canvas, spread, text_width
from advisor.charts.route_map_data import COLUMNS, FINER, ROWS, Regions
from advisor.cost import exact
from advisor.report.chart_words import NO_ROUTE, SHORT, VOLUMES, compact, figure_name, sentence, units_of
from advisor.scenario import FIELDS, Route

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.bool_]
    Shares = NDArray[np.float64]

SIZE = (520, 356)
_PLOT = Box(70, 48, 508, 296)
_HATCHES: dict[Route | None, str] = {
    Route.SELF_HOST: "//",
    Route.OPEN_WEIGHT_API: "\\\\",
    Route.CLOSED_API: "--",
    None: "..",
}
_HERE = "this scenario"
_DOT = 8


class _Window(NamedTuple):
    """Places of the grid, the last row and column not included."""

    rows: slice
    columns: slice


class MapDrawing:
    """The map of some regions."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        self._dot = (self._x(regions.here[0]), self._y(regions.here[1]))

    def paint(self, canvas: Canvas) -> None:
        """Paints all of it."""
        import numpy as np

        here, shares = self._here_label(), self._regions.shares
        taken = np.zeros((ROWS, COLUMNS), bool)
        for box in (here, self._around_dot()):
            taken[_window(box)] = True
        names = {route: _room_for(_name(route), (share > 0.5) & ~taken) for route, share in shares.items()}
        inside = {route: box for route, box in names.items() if box}
        for box in inside.values():
            taken[_window(box)] = True
        for route, share in shares.items():
            _fill(canvas, route, share, taken)
        for route, box in inside.items():
            canvas.text(*box.middle, _name(route), bold=True)
        self._name_outside(canvas, [route for route in names if route not in inside])
        self._frame(canvas)
        self._mark(canvas, here)

    def _x(self, volume: Fraction) -> float:
        return _PLOT.left + _PLOT.width * self._regions.across.place(volume)

    def _y(self, value: Fraction) -> float:
        return _PLOT.bottom + _PLOT.height * self._regions.upwards.place(value)

    def _name_outside(self, canvas: Canvas, routes: list[Route | None]) -> None:
        """Names above the map, each with a line to its region."""
        import numpy as np

        points = []
        for route in routes:
            share = self._regions.shares[route]
            rows, columns = np.nonzero(share == share.max())
            nearest = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
            points.append(_point(rows[nearest] + 0.5, columns[nearest] + 0.5))
        sizes = [text_width(_name(route)) + 8 for route in routes]
        centres = spread([x for x, _ in points], sizes, _PLOT.left + 60, _PLOT.right)
        for route, (x, y), centre in zip(routes, points, centres, strict=True):
            canvas.line([x, centre], [y, _PLOT.top + 6], width=0.8)
            canvas.marker(x, y, "o", 3)
            canvas.text(centre, _PLOT.top + 14, _name(route), bold=True)

    def _frame(self, canvas: Canvas) -> None:
        regions = self._regions
        for tick in regions.across.ticks:
            x = self._x(exact(tick))
            canvas.line([x, x], [_PLOT.bottom - 4, _PLOT.bottom])
            canvas.text(x, _PLOT.bottom - 13, compact(tick))
        quantity = FIELDS[regions.figure].quantity
        for tick in regions.upwards.ticks:
            y = self._y(exact(tick))
            canvas.line([_PLOT.left - 4, _PLOT.left], [y, y])
            canvas.text(
                _PLOT.left - 7, y, f"${compact(tick)}" if quantity and quantity.money else compact(tick), "right"
            )
        canvas.text(6, SIZE[1] - 12, sentence(figure_name(regions.figure, regions.decision)), "left")
        canvas.text((_PLOT.left + _PLOT.right) / 2, 13, self._across())

    def _across(self) -> str:
        """What lies across."""
        scenario, units = self._regions.scenario, units_of(self._regions.decision)
        if scenario.low == scenario.high:
            return f"{units} a month"
        if self._regions.month == "monthly_images":
            return f"{units} in the expected month, the range in proportion"
        return f"{units} in the best plausible month, the worst in proportion"

    def _here_label(self) -> Box:
        """Above, below or beside the dot; across no border where that can be."""
        x, y = self._dot
        width, height = text_width(_HERE) + 4, LINE_HEIGHT + 2
        low, high = self._ends()
        beside = (_DOT + width) / 2 + 4
        centred = min(max(x, _PLOT.left + width / 2 + 2), _PLOT.right - width / 2 - 2)
        places = [(centred, y + 18), (centred, y - 18), (high + beside, y), (low - beside, y)]
        boxes = [_box(*place, width, height) for place in places]
        inside = [box for box in boxes if _PLOT.holds(box)]
        clear = [box for box in inside if any(share[_window(box)].all() for share in self._regions.shares.values())]
        return (clear or inside)[0]

    def _around_dot(self) -> Box:
        low, high = self._ends()
        return Box(low - _DOT, self._dot[1] - _DOT, high + _DOT, self._dot[1] + _DOT)

    def _ends(self) -> tuple[float, float]:
        known = [self._x(exact(int(self._regions.facts[name]))) for name in VOLUMES if name in self._regions.facts]
        return min(known), max(known)

    def _mark(self, canvas: Canvas, here: Box) -> None:
        x, y = self._dot
        low, high = self._ends()
        if low < high:
            canvas.line([low, high], [y, y], width=1.6)
            for end in (low, high):
                canvas.line([end, end], [y - 5, y + 5], width=1.6)
        canvas.marker(x, y, "o", _DOT)
        canvas.text(*here.middle, _HERE)


def _name(route: Route | None) -> str:
    return SHORT[route] if route else NO_ROUTE


def _box(x: float, y: float, width: float, height: float) -> Box:
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _window(box: Box) -> _Window:
    """The places of the grid that a box covers."""
    columns = [(side - _PLOT.left) / _PLOT.width * COLUMNS for side in (box.left, box.right)]
    rows = [(side - _PLOT.bottom) / _PLOT.height * ROWS for side in (box.bottom, box.top)]
    return _Window(slice(max(0, int(rows[0])), int(rows[1]) + 1), slice(max(0, int(columns[0])), int(columns[1]) + 1))


def _point(row: float, column: float) -> tuple[float, float]:
    """Where a place of the grid, or a part of one, lies in the picture."""
    return float(_PLOT.left + _PLOT.width * column / COLUMNS), float(_PLOT.bottom + _PLOT.height * row / ROWS)


def _room_for(words: str, free: Places) -> Box | None:
    """Where words fit into free places: with as much room around them as there is, near the middle of these."""
    import numpy as np

    rows, columns = np.nonzero(free)
    if not len(rows):
        return None
    middle = (rows.mean(), columns.mean())
    width, height = text_width(words) + 6, LINE_HEIGHT + 4
    sums = np.pad(free.astype(int).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    for room in (3.0, 2.0, 1.5, 1.0):
        across = min(COLUMNS, int(width * room / _PLOT.width * COLUMNS) + 2)
        up = min(ROWS, int(height * room / _PLOT.height * ROWS) + 2)
        counts = sums[up:, across:] - sums[:-up, across:] - sums[up:, :-across] + sums[:-up, :-across]
        rows, columns = np.nonzero(counts == up * across)
        if len(rows):
            off = (rows + up / 2 - middle[0]) ** 2 + (columns + across / 2 - middle[1]) ** 2
            best = off.argmin()
            return _box(*_point(rows[best] + up / 2, columns[best] + across / 2), width, height)
    return None


def _fill(canvas: Canvas, route: Route | None, share: Shares, taken: Places) -> None:
    """Tint and border of a region; its hatching leaves out what words take."""
    import numpy as np

    colour = COLOURS[route] if route else INK
    for corners, codes in _outlines(share):
        canvas.area(corners, codes, facecolor=colour, edgecolor="none", alpha=0.16)
        canvas.area(corners, codes, facecolor="none", edgecolor=INK, linewidth=0.8)
    for corners, codes in _outlines(np.where(taken, 0, share)):
        canvas.area(corners, codes, facecolor="none", edgecolor=colour, linewidth=0, hatch=_HATCHES[route])


def _outlines(share: Shares) -> list[tuple[Any, Any]]:
    """The edges of a region in points, with what matplotlib's paths call codes: where its share is one half."""
    import numpy as np
    from contourpy import FillType, contour_generator

    xs = np.linspace(_PLOT.left, _PLOT.right, FINER * COLUMNS).reshape(COLUMNS, FINER).mean(axis=1)
    ys = np.linspace(_PLOT.bottom, _PLOT.top, FINER * ROWS).reshape(ROWS, FINER).mean(axis=1)
    generator = contour_generator(
        np.concatenate(([_PLOT.left], xs, [_PLOT.right])),
        np.concatenate(([_PLOT.bottom], ys, [_PLOT.top])),
        np.pad(share, 1, mode="edge"),
        fill_type=FillType.OuterCode,
    )
    return list(zip(*generator.filled(0.5, 1.5), strict=True))
