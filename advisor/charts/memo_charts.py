"""The pictures of a memo, each only where there is something to see."""

from __future__ import annotations

from advisor.charts.canvas import WIDTH, Chart
from advisor.charts.cost_curves import costs_chart
from advisor.charts.eliminations import narrowing_chart
from advisor.charts.route_map import map_chart
from advisor.domain.record import Decision
from advisor.rulebook.model import Rulebook


def charts_of(decision: Decision, rulebook: Rulebook | None, width: int = WIDTH) -> list[Chart]:
    """How the field narrowed, what each route costs, and where each route is recommended.

    ``width`` is that of each chart in pixels. Without the rulebook the record was made with there is no few-step line
    and no map. The same arguments give the same bytes. Raises BadInput where the record holds invalid answers.
    """
    made_with = rulebook if rulebook and rulebook.digest == decision.rulebook_digest else None
    drawn = (
        narrowing_chart(decision, width),
        costs_chart(decision, made_with, width),
        map_chart(decision, made_with, width),
    )
    return [chart for chart in drawn if chart]
