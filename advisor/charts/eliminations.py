"""The eliminations chart: the three routes from top to bottom, and the axis that took each out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from advisor.charts.canvas import COLOURS, INK, Chart, ChartTable, Plot, chart, text_width
from advisor.domain.record import Decision
from advisor.domain.record_parts import Elimination, Status
from advisor.domain.scenario import Axis, Route
from advisor.wording import charts as words
from advisor.wording.labels import NAMED, NONE, SHORT, are, axis_name, listed, sentence

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_AXES = 6 + max(text_width(axis_name(axis).replace(" ", "\n")) for axis in Axis) + 8
_RIGHT, _ROW, _HEAD, _FOOT = 26, 38, 42, 48
_DASHES: dict[Route, tuple[float, float]] = {Route.OPEN_WEIGHT_API: (4, 1), Route.CLOSED_API: (1.5, 1)}


@dataclass
class _Step:
    """One axis on which gates or preferences took routes out; ``also`` lists routes that were out already."""

    axis: Axis
    gate: bool
    out: list[Route]
    reasons: list[str]
    also: list[Route] = field(default_factory=list)


def narrowing_chart(decision: Decision) -> Chart | None:
    """The chart, if an axis took a route out."""
    steps = _steps(decision)
    if not steps:
        return None
    texts = _title(steps), _description(decision, steps), _table(steps)
    return chart("chart-narrowing", *texts, partial(_draw, decision, steps), _HEAD + _ROW * len(steps) + _FOOT)


def _steps(decision: Decision) -> list[_Step]:
    """Gates before preferences, each in the order of the axes."""
    lasting: dict[Route, set[str]] = {}
    for elimination in decision.eliminated:
        if elimination.route not in decision.feasible_routes:
            lasting.setdefault(elimination.route, set()).add(elimination.offer)
    steps = []
    for axis in Axis:
        gates = [step for step in decision.eliminated if step.axis is axis and step.route in lasting]
        out = [route for route in lasting if lasting[route] and lasting[route] <= _offers(gates, route)]
        also = [route for route in lasting if not lasting[route] and _offers(gates, route)]
        for route in lasting:
            lasting[route] -= _offers(gates, route)
        if out or also:
            steps.append(_Step(axis, True, out, list(dict.fromkeys(step.because for step in gates)), also))
    for axis in dict.fromkeys(step.axis for step in decision.preferences):
        applied = [step for step in decision.preferences if step.axis is axis]
        out = [route for route in Route if any(step.over is route for step in applied)]
        steps.append(_Step(axis, False, out, list(dict.fromkeys(step.because for step in applied))))
    return steps


def _offers(gates: list[Elimination], route: Route) -> set[str]:
    return {step.offer for step in gates if step.route is route}


def _title(steps: list[_Step]) -> str:
    parts = [
        words.TAKES_OUT.format(axis=axis_name(step.axis), routes=listed([NAMED[route] for route in step.out]))
        for step in steps
        if step.out
    ]
    left = [route for route in Route if not any(route in step.out for step in steps)]
    names = listed([NAMED[route] for route in left])
    parts.append(words.LEFT.format(routes=names, are=are(left)) if left else words.NONE_LEFT)
    return sentence("; ".join(parts))


def _description(decision: Decision, steps: list[_Step]) -> str:
    left, parts = len(Route), []
    for step in steps:
        left -= len(step.out)
        if step.out:
            parts.append(words.LEFT_AFTER[left == 1].format(axis=axis_name(step.axis), count=words.COUNTS[left]))
        if step.also:
            gone = listed([NAMED[route] for route in step.also])
            parts.append(words.TAKES_OUT_TOO.format(axis=axis_name(step.axis), routes=gone))
    return words.OF_THREE.format(steps="; ".join(parts), ending=_ending(decision))


def _ending(decision: Decision) -> str:
    if decision.status is Status.INFEASIBLE:
        return words.INFEASIBLE
    if decision.route is None:
        return words.OPEN
    return words.IS_RECOMMENDED.format(route=sentence(NAMED[decision.route]), are=are([decision.route]))


def _table(steps: list[_Step]) -> ChartTable:
    rows, running = [], list(Route)
    for step in steps:
        running = [route for route in running if route not in step.out]
        out, left = (sentence(listed([SHORT[route] for route in routes])) or NONE for routes in (step.out, running))
        rows.append((sentence(axis_name(step.axis)), out, sentence("; ".join(step.reasons)), left))
    return ChartTable(words.ELIMINATIONS_HEADER, tuple(rows))


def _draw(decision: Decision, steps: list[_Step], figure: Figure) -> None:
    plot = Plot(figure, left=_AXES, bottom=_FOOT, right=_RIGHT, top=_HEAD)
    axes, end = plot.axes, len(steps) - 0.5
    axes.set(xlim=(-0.5, len(Route) - 0.5), ylim=(end, -0.5), xticks=[], yticks=range(len(steps)))
    axes.grid(axis="y", linewidth=0.8, alpha=0.35)
    axes.spines[:].set_visible(False)
    axes.tick_params(axis="y", size=0, labelleft=False)
    for place, step in enumerate(steps):
        plot.text(6, plot.at(0, place)[1], axis_name(step.axis).replace(" ", "\n"), "left")
    for column, route in enumerate(Route):
        chosen, x = route is decision.route, plot.at(column, 0)[0]
        plot.text(x, plot.height - _HEAD / 2, SHORT[route].replace(" ", "\n"), bold=chosen)
        gone = next((place for place, step in enumerate(steps) if route in step.out), None)
        axes.plot(
            [column, column],
            [-0.5, end if gone is None else gone],
            color=COLOURS[route],
            linewidth=5.0 if gone is None else 3.5,
            linestyle=(0, _DASHES[route]) if route in _DASHES else "solid",
        )
        for place, step in enumerate(steps):
            if route in (*step.out, *step.also):
                out = route in step.out
                axes.plot(column, place, "x", color=INK, markersize=9 if out else 6)
                verb = words.HERE_TOO if not out else words.RULED_OUT if step.gate else words.LOSES
                plot.text(x + 9, plot.at(column, place)[1], verb, "left")
        if gone is None:
            possible = words.STILL_OPEN if route in decision.possible_routes else words.STILL_FEASIBLE
            state = words.RECOMMENDED if chosen else possible
            axes.plot(column, end, "v", color=COLOURS[route], markersize=8, clip_on=False)
            plot.text(x, _FOOT / 2 - 4, state.replace(" ", "\n"), bold=chosen)
