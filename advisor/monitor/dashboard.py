"""The dashboard: everything the monitor found on one self-contained page, and its charts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import advisor
from advisor.charts.canvas import (
    COLOURS,
    INK,
    LOG_RATIO,
    Chart,
    ChartTable,
    Plot,
    Scale,
    chart,
    fitting,
    scale_of,
    text_width,
    wrapped,
)
from advisor.charts.cost_curves import LEAST, CostPlot, Curve, Mark
from advisor.domain.scenario import Route
from advisor.monitor.model import CurrentCosts, MonitorResult, Month, Overspend, Span
from advisor.monitor.view_model import assumed_overhead, crossover_text, images, money, named, size_of, span_text
from advisor.report.templates import figures, fill, one_line
from advisor.wording import charts as words
from advisor.wording.labels import NAMED, NONE, SHORT, listed, on_scale, sentence, sentences, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_MONTHS = 120
"""Ten years; the record holds the months before them too."""


def dashboard_html(result: MonitorResult, memo: str | None, templates: Path | None = None) -> str:
    """The page: no network, no script. ``memo`` is the path of the memo relative to the page, None where there is none.

    The same input gives the same bytes. Raises BadInput for a fault in templates of one's own.
    """
    data = named(result)
    months = data["result"]["months"]
    data |= {
        "title": one_line(result.decision.scenario.get("title") or "") or "Monitor",
        "figures": [*figures(charts_of(result), templates).values()],
        "months": months[-MOST_MONTHS:],
        "earlier": max(0, len(months) - MOST_MONTHS),
        # Quoted and relative, so that no part of a file's name is read as a scheme, a host or a query.
        "memo": f"./{quote(os.fsencode(memo))}" if memo else None,
        "version": advisor.__version__,
    }
    return fill("monitor.html.j2", data, templates)


MOST_COLUMNS = 36
_RIGHT = 128
_ROOM = 1.25
_FILLED, _WIDEST = 0.7, 46.0
_CLEAR = 4.0
"""Pixels between the line of N* and a column below it."""
_ARROW = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 2}


def charts_of(result: MonitorResult) -> list[Chart]:
    """Costs with N*, the months against N*, and the money since the crossing, each where there is something to see."""
    return [drawn for make in (costs_chart, volume_chart, overspend_chart) if (drawn := make(result))]


# ---- what a month costs rented and owned, with N* and the volume of the last months


def costs_chart(result: MonitorResult) -> Chart | None:
    """The chart, where there is an N* and the amounts it comes from are known."""
    costs, crossover = result.costs, result.crossover
    if costs is None or crossover is None or crossover.expected <= 0:
        return None
    marked = [(words.CROSSOVER, crossover_text, crossover)]
    marked += [(words.LAST_MONTHS, images, result.trailing_volume)] if result.trailing_volume else []
    units, curves = units_of(result.decision), list(_curves(costs))
    header = [words.ROUTE]
    header += [words.COST_AT.format(volume=form(span.expected), units=units, name=name) for name, form, span in marked]
    rows = [
        (sentence(curve.words.replace("\n", " ")), *(money(curve.cost(span.expected)) for _, _, span in marked))
        for curve in curves
    ]

    def draw(figure: Figure) -> None:
        across = scale_of([end for _, _, span in marked for end in span.ends], LEAST)
        marks = [
            Mark(name, ((form(span.expected), span.expected),), dashed=span is not crossover)
            for name, form, span in marked
        ]
        plot = CostPlot(figure, curves, across, units, marks)
        plot.band(crossover.low, crossover.high, COLOURS[Route.SELF_HOST], 0.22)
        if result.trailing_volume:
            plot.band(result.trailing_volume.low, result.trailing_volume.high)
        plot.dot(crossover.expected, costs.hosted(crossover.expected))

    texts = _costs_title(result, costs, crossover), _costs_description(result, costs, crossover)
    return chart("chart-curves-now", *texts, ChartTable((*header,), (*rows,)), draw)


def _costs_title(result: MonitorResult, costs: CurrentCosts, crossover: Span) -> str:
    units, hosted = units_of(result.decision), NAMED[costs.route]
    if result.trailing_volume is None:
        return words.CHEAPER_ABOVE.format(route=hosted, volume=crossover_text(crossover.expected), units=units)
    volume = result.trailing_volume.expected
    rented, owned = money(costs.hosted(volume)), money(costs.gpus.cost(volume))
    return words.COSTS_NOW.format(volume=images(volume), units=units, route=hosted, rented=rented, owned=owned)


def _costs_description(result: MonitorResult, costs: CurrentCosts, crossover: Span) -> str:
    volume = result.trailing_volume
    price = words.AT_PRICE[bool(result.paid_price)].format(route=NAMED[costs.route], price=money(costs.price))
    parts = [price, _crossover_words(result, crossover)]
    if costs.gpus.cost(crossover.expected) != costs.hosted(crossover.expected):
        parts.append(words.CROSSING_DIFFERS)
    if result.few_step_crossover is not None:
        parts.append(words.FEW_STEP_CROSSOVER.format(volume=crossover_text(result.few_step_crossover)))
    if volume and not volume.exact:
        parts.append(words.LAST_VOLUME.format(span=span_text(volume, images)))
    return sentences(parts)


def _crossover_words(result: MonitorResult, crossover: Span) -> str:
    units = units_of(result.decision)
    found = words.CROSSOVER_IS.format(volume=crossover_text(crossover.expected), units=units)
    within = words.WITHIN.format(crossover=found, span=span_text(crossover, crossover_text))
    return found if crossover.exact else within


def _curves(costs: CurrentCosts) -> Iterator[Curve]:
    hosted, owned = COLOURS[costs.route], COLOURS[Route.SELF_HOST]
    yield Curve(SHORT[costs.route], costs.hosted, hosted, 2.6, (7, 2))
    list_price = costs.list_price
    if list_price is not None and list_price != costs.price:
        yield Curve(
            f"{SHORT[costs.route]},\n{words.LIST_PRICE}", lambda volume: list_price * volume, hosted, 1.0, (2, 2)
        )
    yield Curve(SHORT[Route.SELF_HOST], costs.gpus.cost, owned, 2.6)
    yield Curve(f"{SHORT[Route.SELF_HOST]},\n{words.FEW_STEP}", costs.few_step_gpus.cost, owned, 1.0)


# ---- the volume of each month against N*


def volume_chart(result: MonitorResult) -> Chart | None:
    """The chart of the last months, where the volume of one at least is known."""
    months = result.months[-MOST_COLUMNS:]
    known = [month for month in months if month.images]
    if not known:
        return None
    units = units_of(result.decision)
    header = tuple(name.format(units=units) for name in words.MONTHS_HEADER)
    table = ChartTable(header, tuple(_volume_row(result, month) for month in months))
    texts = _volume_title(result, months), _volume_description(result, months, known)
    return chart("chart-volume", *texts, table, partial(_draw_volume, result, months))


def _volume_title(result: MonitorResult, months: tuple[Month, ...]) -> str:
    complete = [month for month in months if month.complete and month.images]
    if result.crossover is None:
        span = words.SPAN_OF_MONTHS.join(dict.fromkeys((months[0].month, months[-1].month)))
        return words.MONTHS_FROM_TO.format(units=sentence(units_of(result.decision)), span=span)
    if not complete:
        return words.NONE_COMPLETE
    above = [month for month in complete if month.images and month.images.expected > result.crossover.expected]
    if len(complete) == 1:
        return words.ONE_COMPLETE[bool(above)]
    some, count = len(above), len(complete)
    if not above or some == count:
        return (words.ALL_ABOVE if above else words.NONE_ABOVE).format(count=count)
    last = words.LAST_ABOVE[above[-1] is complete[-1]]
    return words.SOME_ABOVE.format(some=some, count=count, lie=words.LIE[some == 1], last=last)


def _volume_description(result: MonitorResult, months: tuple[Month, ...], known: list[Month]) -> str:
    parts = [_crossover_words(result, result.crossover)] if result.crossover else []
    for phrase, month in ((words.FIRST_WITH_DATA, known[0]), (words.LAST_WITH_DATA, known[-1])):
        if month.images:
            parts.append(phrase.format(month=month.month, span=span_text(month.images, images)))
    if result.crossed_in:
        parts.append(words.CROSSED_IN.format(month=result.crossed_in))
    if any(month.images and not month.images.exact for month in months):
        parts.append(words.HEIGHT_OF_COLUMN)
    gaps = [month.month for month in months if month.images is None]
    if gaps:
        parts.append(words.NOTHING_KNOWN_OF.format(months=listed(gaps)))
    if len(months) < len(result.months):
        parts.append(words.NOT_SHOWN.format(count=len(result.months) - len(months)))
    return sentences(parts)


def _volume_row(result: MonitorResult, month: Month) -> tuple[str, ...]:
    if month.images is None:
        return (month.month, NONE, NONE, NONE, NONE, words.NO_DATA, NONE)
    ends = [images(value) for value in month.images.ends]
    crossover = result.crossover
    above = words.YES_NO[month.images.expected > crossover.expected] if crossover else NONE
    return (month.month, *ends, month.basis or NONE, words.YES_NO[month.complete], above)


def _draw_volume(result: MonitorResult, months: tuple[Month, ...], figure: Figure) -> None:
    crossover = result.crossover
    limits = crossover.ends if crossover else ()
    compared = [month.images.expected for month in months if month.complete and month.images]
    columns = [Column(month.month, month.images, not month.complete) for month in months]
    up = scale_for([*limits, *_ends(columns)], [*limits, *compared])
    colour = COLOURS[result.compared or Route.OPEN_WEIGHT_API]
    line = crossover.expected if crossover else None
    title = words.A_MONTH.format(units=units_of(result.decision))
    plot = ColumnsPlot(figure, columns, up, colour, title, "", line)
    if crossover:
        owned = COLOURS[Route.SELF_HOST]
        if not crossover.exact:
            ends = float(crossover.low), float(crossover.high)
            plot.axes.axhspan(*ends, facecolor=owned, edgecolor="none", alpha=0.22)
        plot.axes.axhline(float(crossover.expected), color=owned, linewidth=2.0)
        volume = fitting(crossover_text(crossover.expected), crossover.expected, _RIGHT - 19)
        plot.name_ends([(float(crossover.expected), f"{words.CROSSOVER}\n{volume}", False)])
    for place, month in enumerate(months):
        if month.month == result.crossed_in and month.images:
            top = float(max(month.images.high, crossover.high if crossover else 0))
            x, y = plot.at(place, top)
            plot.axes.annotate("", (place, top), (x, y + 16), textcoords="figure pixels", arrowprops=_ARROW)
            # Months before a crossing are mostly lower, so the word has room on that side.
            plot.text(max(x + 5, plot.box.x0 + text_width(words.CROSSED)), y + 24, words.CROSSED, "right")
    plot.explain(words.COMPLETE, words.NOT_COMPLETE)


# ---- the money spent beyond what own GPUs would have cost, added up since the crossing


def overspend_chart(result: MonitorResult) -> Chart | None:
    """The chart of the last months since the crossing, where there are any."""
    months = result.overspend[-MOST_COLUMNS:]
    if not months:
        return None
    rows = ((month.month, _taken(month.over), _taken(month.so_far), words.BASIS[month.estimated]) for month in months)

    def draw(figure: Figure) -> None:
        columns = [Column(month.month, month.so_far, month.estimated) for month in months]
        colour, last = COLOURS[result.compared or Route.OPEN_WEIGHT_API], months[-1].so_far.expected
        up = scale_for(_ends(columns), [])
        plot = ColumnsPlot(figure, columns, up, colour, words.BEYOND_OWN_GPUS, "$")
        plot.name_ends([(float(last), fitting(money(last), last, _RIGHT - 19, "$", bold=True), True)])
        plot.explain(words.AS_BILLED, words.ESTIMATED)

    texts = _overspend_title(result.overspend), _overspend_description(result, len(months))
    return chart("chart-overspend", *texts, ChartTable(words.OVERSPEND_HEADER, tuple(rows)), draw)


def _overspend_title(months: tuple[Overspend, ...]) -> str:
    so_far = months[-1].so_far
    spent = span_text(size_of(so_far), money)
    return words.SPENT[so_far.expected < 0].format(span=spent, month=months[0].month)


def _overspend_description(result: MonitorResult, shown: int) -> str:
    months, assumed = result.overspend, assumed_overhead(result)
    estimated = sum(month.estimated for month in months)
    parts = [words.IN_LAST_MONTH.format(span=span_text(months[-1].over, money), month=months[-1].month)]
    parts.append(words.SOME_ESTIMATED.format(some=estimated, all=len(months)) if estimated else words.ALL_BILLED)
    parts += [words.ASSUMES.format(overhead=assumed)] if assumed else []
    if shown < len(months):
        parts.append(words.IN_THE_SUM.format(count=len(months) - shown))
    return sentences(parts)


def _taken(span: Span) -> str:
    expected = money(span.expected)
    return expected if span.exact else words.TAKEN_AS.format(span=span_text(span, money), expected=expected)


# ---- months as columns


@dataclass(frozen=True)
class Column:
    """One month; ``span`` is None where nothing is known, ``hollow`` where it is not complete or not certain."""

    month: str
    span: Span | None
    hollow: bool


def scale_for(points: Iterable[Fraction], compared: Iterable[Fraction]) -> Scale:
    """A scale that holds all ``points``: logarithmic where those compared are all positive and span a wide range."""
    values, positive = list(map(float, points)), [float(point) for point in compared if point > 0]
    most = max(values, default=1.0)
    if positive and min(positive) * LOG_RATIO < max(positive) and min(values) >= 0:
        least = min(value for value in values if value > 0)
        return Scale(least / 2, most * (2 * most / least) ** (_ROOM - 1), log=True)
    least = min(0.0, *values) if values else 0.0
    return Scale.between(least * _ROOM, max(most * _ROOM, -least / 4, 0.001), log=False)


def _ends(columns: Iterable[Column]) -> Iterator[Fraction]:
    for column in columns:
        if column.span:
            yield from column.span.ends


class ColumnsPlot(Plot):
    """The columns in their frame, with what the kinds of columns mean below.

    A column that is below ``line`` ends visibly below it, however close it is.
    """

    def __init__(
        self,
        figure: Figure,
        columns: Sequence[Column],
        up: Scale,
        colour: str,
        title: str,
        sign: str,
        line: Fraction | None = None,
    ) -> None:
        super().__init__(figure, left=68, bottom=66, right=_RIGHT, top=50)
        self.columns, self.line = columns, line
        up.set(self.axes.yaxis, sign)
        self.label("", on_scale(title, log=up.log))
        step = self.box.width / len(columns)
        every = int(-(-(text_width("2026-01") + 6) // step))
        shown = range((len(columns) - 1) % every, len(columns), every)
        self.axes.set(xlim=(-0.5, len(columns) - 0.5), xticks=shown, xticklabels=[columns[at].month for at in shown])
        ground = up.least if up.log else 0.0
        self.axes.spines["bottom"].set_visible(False)
        self.axes.axhline(ground, color=INK, linewidth=1.0)
        marked = 0.0
        for place, column in enumerate(columns):
            x, y = self.at(place, ground)
            if column.span:
                self._draw(place, column.span, min(_FILLED, _WIDEST / step), ground, colour, hollow=column.hollow)
            elif x >= marked + 8:
                self.text(x, y + 9, "?")
                marked = x

    def explain(self, complete: str, hollow: str) -> None:
        """What the kinds of columns mean, as far as there are any."""
        columns, spans = self.columns, [column.span for column in self.columns if column.span]
        kinds = {
            words.FILLED.format(kind=complete): any(column.span and not column.hollow for column in columns),
            words.DASHED.format(kind=hollow): any(column.span and column.hollow for column in columns),
            words.QUESTION_MARK: len(spans) < len(columns),
            words.THIN_BAR: not all(span.exact for span in spans),
        }
        found = ", ".join(kind for kind, is_there in kinds.items() if is_there)
        self.text(self.width / 2, 20, wrapped(found, self.width - 8))

    def _draw(self, place: int, span: Span, width: float, ground: float, colour: str, *, hollow: bool) -> None:
        """A column, with a thin bar over the range of its number."""
        low, expected, high = map(float, span.ends)
        style = {"edgecolor": colour, "linewidth": 1.4, "linestyle": (0, (3.0, 2.0)), "facecolor": "none"}
        if expected != ground:
            top = self._clear_of_line(span.expected)
            self.axes.bar(place, top - ground, width, ground, **(style if hollow else {"color": colour}))
        if not span.exact:
            ends = [[expected - low], [high - expected]]
            self.axes.errorbar(place, expected, ends, fmt="none", color=INK, elinewidth=1.2)

    def _clear_of_line(self, expected: Fraction) -> float:
        """The top of a column: its number, or a few pixels below the line if it is below it and would touch it."""
        if self.line is None or expected >= self.line:
            return float(expected)
        limit = self.at(0, float(self.line))[1] - _CLEAR
        lowered = float(self.axes.transData.inverted().transform((0, limit))[1])
        return min(float(expected), lowered)
