"""The memo as one self-contained page: the same Markdown with its claims as elements, and charts with their data."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from advisor.charts.canvas import NARROW
from advisor.charts.memo_charts import charts_of
from advisor.domain.record import Decision
from advisor.report import limits
from advisor.report.claims.build import claims_of
from advisor.report.markdown_to_html import PageLinks, html_of
from advisor.report.templates import MEMO, fill, identifier, memo_with_marks, one_line

_FRONT_MATTER = "---\n"


def memo_html(decision: Decision, templates: Path | None = None) -> str:
    """The memo as HTML: no network, no script.

    Each claim is an element with the id ``claim-ID`` and links to ``rule-ID``, which has its reason and its source.
    """
    marked = memo_with_marks(decision, templates)
    if marked.startswith(_FRONT_MATTER):
        marked = marked[len(_FRONT_MATTER) :].partition(f"\n{_FRONT_MATTER}")[2]
    claims = claims_of(decision)
    charts = {
        chart.id: fill("figure.html.j2", {"chart": chart, "wide": Markup(chart.svg), "narrow": narrow}, templates)
        for chart, narrow in zip(charts_of(decision), _narrow(decision), strict=True)
    }
    links = PageLinks(
        rules={claim.id: claim.rules for claim in claims},
        fields=frozenset(claim.fields[0] for claim in claims if claim.section == "inputs"),
        figures=charts,
    )
    named = {
        "body": Markup(limits.bounded(limits.FILLING, templates, MEMO, html_of, marked, links)),
        "title": one_line(decision.scenario.get("title") or "") or "Decision memo",
        "identifier": identifier(decision),
        "decision": decision.model_dump(mode="json"),
    }
    return fill("page.html.j2", named, templates)


def _narrow(decision: Decision) -> list[Markup]:
    """The charts drawn for a phone."""
    return [Markup(chart.svg) for chart in charts_of(decision, NARROW)]
