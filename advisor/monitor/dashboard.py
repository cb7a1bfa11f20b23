"""The dashboard: everything the monitor found on one self-contained page."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

import advisor
from advisor.charts.canvas import NARROW
from advisor.monitor.charts import charts_of
from advisor.monitor.model import MonitorResult
from advisor.monitor.view_model import named
from advisor.report.templates import fill, one_line

MOST_MONTHS = 120
"""Ten years; the record holds the months before them too."""


def dashboard_html(result: MonitorResult, memo: str | None, templates: Path | None = None) -> str:
    """The page: no network, no script. ``memo`` is the path of the memo relative to the page, None where there is none.

    The same input gives the same bytes. Raises BadInput for a fault in templates of one's own.
    """
    figures = [
        Markup(
            fill("figure.html.j2", {"chart": chart, "wide": Markup(chart.svg), "narrow": Markup(narrow.svg)}, templates)
        )
        for chart, narrow in zip(charts_of(result), charts_of(result, NARROW), strict=True)
    ]
    data = named(result)
    months = data["result"]["months"]
    data |= {
        "title": one_line(result.decision.scenario.get("title") or "") or "Monitor",
        "figures": figures,
        "months": months[-MOST_MONTHS:],
        "earlier": max(0, len(months) - MOST_MONTHS),
        # Quoted and relative, so that no part of a file's name is read as a scheme, a host or a query.
        "memo": f"./{quote(os.fsencode(memo))}" if memo else None,
        "version": advisor.__version__,
    }
    return fill("monitor.html.j2", data, templates)
