"""The volume of each month against N*."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from advisor.charts.canvas import COLOURS, Canvas, svg_of, text_width
from advisor.charts.model import Chart, Table
from advisor.monitor.charts.columns import MOST_COLUMNS, PLOT, SIZE, Column, ColumnsDrawing, fitting, scale_for
from advisor.monitor.told import crossover_text, images, span_text
from advisor.monitor.watched import Month, Watched
from advisor.report.chart_words import NONE, listed, sentence, units_of
from advisor.scenario import Route

_ID = "chart-volume"
_CROSSED = "crossed"


def volume_chart(watched: Watched) -> Chart | None:
    """The chart of the last months, where the volume of one at least is known."""
    months = watched.months[-MOST_COLUMNS:]
    if not any(month.images for month in months):
        return None
    title, description = _title(watched, months), _description(watched, months)
    return Chart(
        _ID,
        title,
        description,
        svg_of(_ID, title, description, SIZE, _Drawing(watched, months).paint),
        _table(watched, months),
    )


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


class _Drawing:
    """The picture."""

    def __init__(self, watched: Watched, months: tuple[Month, ...]) -> None:
        self._watched, self._months = watched, months
        columns = [Column(month.month, month.images, not month.complete) for month in months]
        crossover = watched.crossover
        limits = [crossover.low, crossover.expected, crossover.high] if crossover else []
        apart = [month.images.expected for month in _counted(months) if month.images]
        up = scale_for([*limits, *_ends(months)], [*limits, *apart])
        colour = COLOURS[watched.compared] if watched.compared else COLOURS[Route.OPEN_WEIGHT_API]
        self._drawing = ColumnsDrawing(columns, up, colour, "", f"{units_of(watched.decision)} a month")

    def paint(self, canvas: Canvas) -> None:
        """Paints all of it."""
        self._drawing.paint_frame(canvas)
        self._drawing.paint_columns(canvas)
        self._paint_crossover(canvas)
        self._paint_crossing(canvas)
        self._drawing.paint_key(canvas, "complete month", "not complete")

    def _paint_crossover(self, canvas: Canvas) -> None:
        crossover, colour = self._watched.crossover, COLOURS[Route.SELF_HOST]
        if crossover is None:
            return
        low, y, high = (self._drawing.y(value) for value in (crossover.low, crossover.expected, crossover.high))
        if not crossover.exact:
            corners = [(PLOT.left, low), (PLOT.right, low), (PLOT.right, high), (PLOT.left, high)]
            canvas.area(corners, None, facecolor=colour, edgecolor="none", alpha=0.22)
        canvas.line([PLOT.left, PLOT.right + 6], [y, y], colour, 2.0)
        room = SIZE[0] - PLOT.right - 14
        canvas.text(
            PLOT.right + 10, y, "N*\n" + fitting(crossover_text(crossover.expected), crossover.expected, room), "left"
        )

    def _paint_crossing(self, canvas: Canvas) -> None:
        for place, month in enumerate(self._months):
            if month.month == self._watched.crossed_in and month.images:
                y = max(self._drawing.y(month.images.high), self._crossover_height()) + 10
                x = self._drawing.x(place)
                canvas.marker(x, y, "v", 7)
                # Months before a crossing are mostly lower, so the word has room on that side.
                canvas.text(max(x + 5, PLOT.left + text_width(_CROSSED)), y + 14, _CROSSED, "right")

    def _crossover_height(self) -> float:
        return self._drawing.y(self._watched.crossover.high) if self._watched.crossover else PLOT.bottom


def _ends(months: tuple[Month, ...]) -> Iterator[Fraction]:
    for month in months:
        if month.images:
            yield from (month.images.low, month.images.expected, month.images.high)
