"""The volume of each month against N*."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from advisor.charts.canvas import COLOURS, HEIGHT, INK, WIDTH, svg_of, text_width
from advisor.charts.model import Chart, Table
from advisor.domain.scenario import Route
from advisor.monitor.charts.columns import MOST_COLUMNS, Column, ColumnsPlot, fitting, scale_for
from advisor.monitor.model import Month, Span, Watched
from advisor.monitor.view_model import crossover_text, images, span_text
from advisor.wording.labels import NONE, listed, sentence, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ID = "chart-volume"
_CROSSED = "crossed"
_ARROW = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 2}


def volume_chart(watched: Watched, width: int = WIDTH) -> Chart | None:
    """The chart of the last months, where the volume of one at least is known."""
    months = watched.months[-MOST_COLUMNS:]
    if not any(month.images for month in months):
        return None
    title, description = _title(watched, months), _description(watched, months)
    svg = svg_of(_ID, title, description, (width, HEIGHT), partial(_draw, watched, months))
    return Chart(_ID, title, description, svg, _table(watched, months))


def _counted(months: tuple[Month, ...]) -> list[Month]:
    return [month for month in months if month.complete and month.images]


def _title(watched: Watched, months: tuple[Month, ...]) -> str:
    complete = _counted(months)
    if watched.crossover is None:
        return f"{sentence(units_of(watched.decision))} a month, {_from_to(months)}"
    if not complete:
        return "No complete month to compare with N* yet"
    above = [month for month in complete if month.images and month.images.expected > watched.crossover.expected]
    if len(complete) == 1:
        return f"The one complete month lies {'above' if above else 'below'} N*"
    if len(above) in (0, len(complete)):
        return (
            f"{'All' if above else 'None'} of the {len(complete)} complete months {'lie' if above else 'lies'} above N*"
        )
    last = "the last one among them" if above[-1] is complete[-1] else "the last one not"
    return f"{len(above)} of {len(complete)} complete months {'lies' if len(above) == 1 else 'lie'} above N*, {last}"


def _description(watched: Watched, months: tuple[Month, ...]) -> str:
    units = units_of(watched.decision)
    parts = []
    if watched.crossover:
        band = "" if watched.crossover.exact else f", from {span_text(watched.crossover, crossover_text)}"
        parts.append(f"N* is {crossover_text(watched.crossover.expected)} {units} a month{band}")
    known = [month for month in months if month.images]
    for words, month in (("first", known[0]), ("last", known[-1])):
        if month.images:
            parts.append(f"the {words} month with data, {month.month}, has {span_text(month.images, images)}")
    if watched.crossed_in:
        parts.append(f"the volume crossed N* in {watched.crossed_in}")
    if any(month.images and not month.images.exact for month in months):
        parts.append("a column is as high as the number taken, its thin bar is the range")
    gaps = [month.month for month in months if month.images is None]
    if gaps:
        parts.append(f"nothing is known of {listed(gaps)}")
    earlier = len(watched.months) - len(months)
    if earlier:
        parts.append(f"{earlier} earlier months are not shown")
    return " ".join(f"{sentence(part)}." for part in parts)


def _from_to(months: tuple[Month, ...]) -> str:
    return f"{months[0].month} to {months[-1].month}" if len(months) > 1 else months[0].month


def _table(watched: Watched, months: tuple[Month, ...]) -> Table:
    header = (
        "month",
        f"{units_of(watched.decision)}, at least",
        "taken as",
        "at most",
        "basis",
        "complete",
        "above N*",
    )
    return Table(header, tuple(_row(watched, month) for month in months))


def _row(watched: Watched, month: Month) -> tuple[str, ...]:
    if month.images is None:
        return (month.month, NONE, NONE, NONE, NONE, "no data", NONE)
    ends = [images(value) for value in (month.images.low, month.images.expected, month.images.high)]
    above = NONE
    if watched.crossover:
        above = "yes" if month.images.expected > watched.crossover.expected else "no"
    return (month.month, *ends, month.basis or NONE, "yes" if month.complete else "no", above)


def _draw(watched: Watched, months: tuple[Month, ...], figure: Figure) -> None:
    columns = [Column(month.month, month.images, not month.complete) for month in months]
    crossover = watched.crossover
    limits = [crossover.low, crossover.expected, crossover.high] if crossover else []
    compared = [month.images.expected for month in _counted(months) if month.images]
    up = scale_for([*limits, *_ends(months)], [*limits, *compared])
    colour = COLOURS[watched.compared or Route.OPEN_WEIGHT_API]
    plot = ColumnsPlot(figure, columns, up, colour, f"{units_of(watched.decision)} a month", "")
    if crossover:
        _draw_crossover(plot, crossover)
    for place, month in enumerate(months):
        if month.month == watched.crossed_in and month.images:
            top = float(max(month.images.high, crossover.high if crossover else 0))
            x, y = plot.at(place, top)
            plot.axes.annotate("", (place, top), (x, y + 16), textcoords="figure pixels", arrowprops=_ARROW)
            # Months before a crossing are mostly lower, so the word has room on that side.
            plot.text(max(x + 5, plot.box.left + text_width(_CROSSED)), y + 24, _CROSSED, "right")
    plot.explain("complete month", "not complete")


def _draw_crossover(plot: ColumnsPlot, crossover: Span) -> None:
    colour = COLOURS[Route.SELF_HOST]
    low, at, high = map(float, (crossover.low, crossover.expected, crossover.high))
    if not crossover.exact:
        plot.axes.axhspan(low, high, facecolor=colour, edgecolor="none", alpha=0.22)
    plot.axes.axhline(at, color=colour, linewidth=2.0)
    words = fitting(crossover_text(crossover.expected), crossover.expected)
    plot.name_ends([(at, f"N*\n{words}", False)])


def _ends(months: tuple[Month, ...]) -> Iterator[Fraction]:
    for month in months:
        if month.images:
            yield from (month.images.low, month.images.expected, month.images.high)
