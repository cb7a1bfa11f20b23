"""The memo as one self-contained page: the same Markdown with its claims as elements, and charts with their data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from advisor.charts.canvas import NARROW, Chart
from advisor.charts.memo_charts import charts_of, cost_charts_of
from advisor.domain.record import Decision
from advisor.report import limits
from advisor.report.claims.build import claims_of
from advisor.report.markdown_to_html import PageLinks, html_of
from advisor.report.templates import MEMO, fill, identifier, memo_with_marks, one_line, rendered

_FRONT_MATTER = "---\n"
_PLACE = re.compile("<!-- part ([a-z]+) -->")


def memo_html(decision: Decision, templates: Path | None = None) -> str:
    """The memo as HTML: no network, no script.

    Each claim is an element with the id ``claim-ID`` and links to ``rule-ID``, which has its reason and its source.
    """
    marked = memo_with_marks(decision, templates)
    if marked.startswith(_FRONT_MATTER):
        marked = marked[len(_FRONT_MATTER) :].partition(f"\n{_FRONT_MATTER}")[2]
    claims = claims_of(decision)
    links = PageLinks(
        rules={claim.id: claim.rules for claim in claims},
        fields=frozenset(claim.fields[0] for claim in claims if claim.section == "inputs"),
        figures=_figures(charts_of(decision), charts_of(decision, NARROW), templates),
    )
    named = {
        "body": Markup(limits.bounded(limits.FILLING, templates, MEMO, html_of, marked, links)),
        "title": one_line(decision.scenario.get("title") or "") or "Decision memo",
        "identifier": identifier(decision),
        "decision": decision.model_dump(mode="json"),
    }
    return fill("page.html.j2", named, templates)


def page_of_decision(decision: Decision, parts: Mapping[str, str]) -> str:
    """What the web page shows of the memo, in the same words, as HTML; ``parts`` are its own parts, as HTML too.

    They are put in last, so that nothing of them is read as a mark of a claim.
    """
    places = {name: f"<!-- part {name} -->" for name in parts}
    body = html_of(rendered("web/decision.md.j2", decision), PageLinks({}, frozenset(), places))
    return _PLACE.sub(lambda found: parts[found[1]], body)


def cost_figures(decision: Decision) -> str:
    """The cost curves and the route map as HTML."""
    return "".join(_figures(cost_charts_of(decision), cost_charts_of(decision, NARROW), None).values())


def _figures(wide: Sequence[Chart], narrow: Sequence[Chart], templates: Path | None) -> dict[str, str]:
    """Each chart by its id, drawn for a screen and for a phone."""
    return {
        one.id: fill("figure.html.j2", {"chart": one, "wide": Markup(one.svg), "narrow": Markup(other.svg)}, templates)
        for one, other in zip(wide, narrow, strict=True)
    }
