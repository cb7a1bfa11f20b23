"""What a month costs rented and owned, with N* and the volume of the last months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from advisor.charts.canvas import COLOURS, HEIGHT, INK, WIDTH, svg_of
from advisor.charts.cost_curves_drawing import LEAST, CostPlot, Curve
from advisor.charts.model import Chart, Table
from advisor.charts.scale import scale_of
from advisor.domain.scenario import Route
from advisor.monitor.charts.columns import fitting
from advisor.monitor.current_costs import CostsNow, costs_now
from advisor.monitor.model import Span, Watched
from advisor.monitor.view_model import crossover_text, images, money, span_text
from advisor.wording.labels import NAMED, SHORT, sentence, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ID = "chart-curves-now"
_LABEL_ROOM = 120


def curves_now_chart(watched: Watched, width: int = WIDTH) -> Chart | None:
    """The chart, where there is an N* and the amounts it comes from are known."""
    costs = costs_now(watched)
    if costs is None or watched.crossover is None or watched.crossover.expected <= 0:
        return None
    title, description = _title(watched, costs), _description(watched, costs)
    svg = svg_of(_ID, title, description, (width, HEIGHT), partial(_draw, watched, watched.crossover, costs))
    return Chart(_ID, title, description, svg, _table(watched, costs))


def _title(watched: Watched, costs: CostsNow) -> str:
    units, hosted = units_of(watched.decision), NAMED[costs.route]
    if watched.trailing_volume is None:
        at = crossover_text(watched.crossover.expected) if watched.crossover else ""
        return f"Own GPUs are cheaper than {hosted} above N*, {at} {units} a month"
    volume = watched.trailing_volume.expected
    rented, owned = money(costs.hosted(volume)), money(costs.own(volume))
    return f"At {images(volume)} {units} a month {hosted} costs {rented}, own GPUs {owned}"


def _description(watched: Watched, costs: CostsNow) -> str:
    units, volume, crossover = units_of(watched.decision), watched.trailing_volume, watched.crossover
    which = "paid" if watched.paid_price else "list"
    parts = [f"the curve of {NAMED[costs.route]} is at the {which} price, {money(costs.price)}"]
    if crossover:
        band = "" if crossover.exact else f", from {span_text(crossover, crossover_text)}"
        parts.append(f"N* is {crossover_text(crossover.expected)} {units} a month{band}")
        if costs.own(crossover.expected) != costs.hosted(crossover.expected):
            parts.append("the curves cross elsewhere: they have the amounts and the price expected")
    if watched.few_step_crossover is not None:
        parts.append(f"with a few-step model it would be {crossover_text(watched.few_step_crossover)}")
    if volume and not volume.exact:
        parts.append(f"the volume of the last months lies from {span_text(volume, images)}")
    return " ".join(f"{sentence(part)}." for part in parts)


def _curves(costs: CostsNow) -> Iterator[Curve]:
    hosted, owned = COLOURS[costs.route], COLOURS[Route.SELF_HOST]
    yield Curve(SHORT[costs.route], costs.hosted, hosted, 2.6, (7, 2))
    list_price = costs.list_price
    if list_price is not None and list_price != costs.price:
        yield Curve(f"{SHORT[costs.route]},\nlist price", lambda volume: list_price * volume, hosted, 1.0, (2, 2))
    yield Curve(SHORT[Route.SELF_HOST], costs.own, owned, 2.6)
    yield Curve(f"{SHORT[Route.SELF_HOST]},\nfew-step model", costs.few_step, owned, 1.0)


def _table(watched: Watched, costs: CostsNow) -> Table:
    units, crossover, trailing = units_of(watched.decision), watched.crossover, watched.trailing_volume
    volumes = [("N*", crossover_text, crossover.expected)] if crossover else []
    volumes += [("the last months", images, trailing.expected)] if trailing else []
    header = ["route", *(f"at {form(volume)} {units} a month ({name})" for name, form, volume in volumes)]
    rows = [
        (sentence(curve.words.replace("\n", " ")), *(money(curve.cost(volume)) for _, _, volume in volumes))
        for curve in _curves(costs)
    ]
    return Table((*header,), (*rows,))


def _draw(watched: Watched, crossover: Span, costs: CostsNow, figure: Figure) -> None:
    trailing = watched.trailing_volume
    spans = [crossover, *([trailing] if trailing else [])]
    across = scale_of([end for span in spans for end in (span.low, span.expected, span.high)], LEAST)
    above = [(crossover.expected, "N*\n" + _shown(crossover_text, crossover.expected))]
    if trailing:
        above.append((trailing.expected, "the last months\n" + _shown(images, trailing.expected)))
    plot = CostPlot(figure, list(_curves(costs)), across, units_of(watched.decision), above)
    for span, colour, alpha in zip(spans, (COLOURS[Route.SELF_HOST], INK), (0.22, 0.1), strict=False):
        if not span.exact:
            plot.band(float(span.low), float(span.high), colour, alpha)
    if trailing:
        plot.axes.axvline(float(trailing.expected), color=INK, linewidth=1.0, linestyle=(0, (3, 3)))
    plot.mark(crossover.expected, costs.hosted(crossover.expected))


def _shown(form: Callable[[Fraction], str], volume: Fraction) -> str:
    return fitting(form(volume), volume, room=_LABEL_ROOM)
