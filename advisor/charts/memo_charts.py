"""The pictures of a memo, each only where there is something to see."""

from __future__ import annotations

from advisor.charts.cost_curves import costs_chart
from advisor.charts.eliminations import narrowing_chart
from advisor.charts.model import Chart
from advisor.charts.route_map import map_chart
from advisor.record import Decision
from advisor.rulebook.model import Rulebook


def charts_of(decision: Decision, rulebook: Rulebook | None) -> list[Chart]:
    """How the field narrowed, what each route costs, and where each route is recommended.

    Without the rulebook the record was made with there is no few-step line and no map. The same record and rulebook
    give the same bytes. Raises BadInput where the record holds answers that are none.
    """
    made_with = rulebook if rulebook and rulebook.digest == decision.rulebook_digest else None
    drawn = (narrowing_chart(decision), costs_chart(decision, made_with), map_chart(decision, made_with))
    return [chart for chart in drawn if chart]
