"""The money spent beyond what own GPUs would have cost, added up since the crossing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from advisor.charts.canvas import COLOURS, HEIGHT, WIDTH, svg_of
from advisor.charts.model import Chart, Table
from advisor.domain.scenario import Route
from advisor.monitor.charts.columns import MOST_COLUMNS, Column, ColumnsPlot, fitting, scale_for
from advisor.monitor.model import Overspend, Span, Watched
from advisor.monitor.view_model import money, span_text
from advisor.wording.labels import sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ID = "chart-overspend"


def overspend_chart(watched: Watched, width: int = WIDTH) -> Chart | None:
    """The chart of the last months since the crossing, where there are any."""
    months = watched.overspend[-MOST_COLUMNS:]
    if not months:
        return None
    title, description = _title(watched), _description(watched, len(months))
    svg = svg_of(_ID, title, description, (width, HEIGHT), partial(_draw, watched, months))
    return Chart(_ID, title, description, svg, _table(months))


def _title(watched: Watched) -> str:
    so_far = watched.overspend[-1].so_far
    less = so_far.expected < 0
    sum_told = span_text(Span(-so_far.high, -so_far.expected, -so_far.low) if less else so_far, money)
    more = "less" if less else "more"
    return f"{sum_told} {more} was spent since {watched.overspend[0].month} than own GPUs would have cost"


def _description(watched: Watched, shown: int) -> str:
    last, estimated = watched.overspend[-1], sum(month.estimated for month in watched.overspend)
    over = last.over
    parts = [f"of this, {span_text(over, money)} in the last month, {last.month}"]
    if estimated:
        parts.append(f"{estimated} of {len(watched.overspend)} months are estimated")
    else:
        parts.append("every month is as billed")
    if shown < len(watched.overspend):
        parts.append(f"{len(watched.overspend) - shown} earlier months are in the sum, but not shown")
    return " ".join(f"{sentence(part)}." for part in parts)


def _table(months: tuple[Overspend, ...]) -> Table:
    header = ("month", "beyond own GPUs in the month", "since the crossing", "from")
    return Table(header, tuple(map(_row, months)))


def _row(month: Overspend) -> tuple[str, ...]:
    source = "estimate" if month.estimated else "bill"
    return (month.month, _taken(month.over), _taken(month.so_far), source)


def _taken(span: Span) -> str:
    return money(span.expected) if span.exact else f"{span_text(span, money)}, taken as {money(span.expected)}"


def _draw(watched: Watched, months: tuple[Overspend, ...], figure: Figure) -> None:
    ends = [value for month in months for value in (month.so_far.low, month.so_far.expected, month.so_far.high)]
    columns = [Column(month.month, month.so_far, month.estimated) for month in months]
    colour = COLOURS[watched.compared or Route.OPEN_WEIGHT_API]
    plot = ColumnsPlot(figure, columns, scale_for(ends, []), colour, "beyond own GPUs since the crossing", "$")
    last = months[-1].so_far.expected
    plot.name_ends([(float(last), fitting(money(last), last, "$", bold=True), True)])
    plot.explain("as billed", "estimated")
