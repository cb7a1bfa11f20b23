"""The charts of a memo, each only if it shows something."""

from __future__ import annotations

from advisor.charts.canvas import WIDTH, Chart
from advisor.charts.cost_curves import costs_chart
from advisor.charts.eliminations import narrowing_chart
from advisor.charts.route_map import map_chart
from advisor.domain.record import Decision


def charts_of(decision: Decision, width: int = WIDTH) -> list[Chart]:
    """The eliminations, the cost curves, and the route map.

    ``width`` is that of each chart in pixels. A record of version 1 has no few-step line and no map. The same arguments
    give the same bytes. Raises BadInput where the record holds invalid answers.
    """
    narrowing = narrowing_chart(decision, width)
    return [*([narrowing] if narrowing else []), *cost_charts_of(decision, width)]


def cost_charts_of(decision: Decision, width: int = WIDTH) -> list[Chart]:
    """The cost curves and the route map, as ``charts_of`` draws them."""
    return [chart for chart in (costs_chart(decision, width), map_chart(decision, width)) if chart]
