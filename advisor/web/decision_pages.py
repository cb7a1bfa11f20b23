"""The decision with its what-if panel, and the files of it: the same bytes as the command line writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from advisor.domain.record import Decision
from advisor.domain.scenario import validated
from advisor.domain.scenario_io import scenario_text
from advisor.report.html import memo_html, page_of_decision
from advisor.report.templates import fill, identifier, memo_markdown, one_line
from advisor.web.pages import file_to_save, page, whole_page
from advisor.web.query import DATE, query_of
from advisor.web.site import in_turn
from advisor.web.what_if import KEYS, PREFIX, Control, WhatIf, controls, what_if_of
from advisor.wording import web as words
from advisor.wording.interview import NOT_KNOWN

_OF_MARKUP = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}


def decision(request: Request) -> Response:
    """The decision and the panel. Values that do not differ from the answers are taken out of the link first."""
    query = query_of(request, *KEYS)
    what_if = what_if_of(query)
    if not what_if.problems and not what_if.is_shortest:
        return RedirectResponse(f"/decision?{query.string(**what_if.keys)}", 303)
    shown = controls(what_if)
    parts = {
        "links": fill("web/decision_links.html.j2", _links(what_if)),
        "panel": _panel(what_if, shown),
        "charts": f'<div id="charts">{_charts(what_if)}</div>',
    }
    named = {
        "title": one_line(what_if.decision.scenario.get("title") or "") or words.UNTITLED,
        "body": Markup(page_of_decision(what_if.decision, parts)),
        "problems": [{"key": f"{PREFIX}{one.field}", "what": one.what, "help": one.help} for one in what_if.problems],
        "keys": [control.key for control in shown],
    }
    return page(request, "decision", named, 422 if what_if.problems else 200)


def what_if_script(request: Request) -> Response:
    """Where the tried values lead, as a script that shows it: the policy of the page allows no other request."""
    return _script(request, lambda what_if: ({"tried": _tried(what_if)}, None))


def charts_script(request: Request) -> Response:
    """The charts, the break points and the link with the tried values, as a script that shows them."""
    return _script(request, _charts_and_turns)


def _script(request: Request, parts: Callable[[WhatIf], tuple[dict[str, str], str | None]]) -> Response:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse(words.OTHER_SITE + "\n", 403)
    shown = json.dumps(parts(what_if_of(query_of(request, *KEYS))))
    return Response(f"whatIf.show(...{shown.translate(_OF_MARKUP)});\n", media_type="text/javascript")


def _charts_and_turns(what_if: WhatIf) -> tuple[dict[str, str], str | None]:
    if what_if.problems:
        return {}, None
    found = {"charts": _charts(what_if)}
    for control in controls(what_if):
        named = {"control": control, **_links(what_if), "decision": what_if.tried_decision.model_dump(mode="json")}
        found[f"turns-{control.key}"] = fill("web/what_if_turns.html.j2", named)
    return found, f"/decision?{what_if.query.string(**what_if.keys)}"


def _charts(what_if: WhatIf) -> str:
    """The charts of the decision with the tried values."""
    return what_if.query.site.cost_figures(what_if.scenario, what_if.query.decided_on)


def _panel(what_if: WhatIf, shown: list[Control]) -> str:
    """The panel: a form whose hidden fields are the answers."""
    named = {
        "controls": shown,
        "answers": parse_qsl(what_if.query.string(), keep_blank_values=True),
        "tried": Markup(_tried(what_if)),
        "decision": what_if.tried_decision.model_dump(mode="json"),
        **_links(what_if),
    }
    return fill("web/what_if.html.j2", named)


def _tried(what_if: WhatIf) -> str:
    """Where the tried values lead, in words."""
    texts, state = what_if.query.views.texts, what_if.state

    def shown(name: str, value: Any) -> str:
        return NOT_KNOWN if value is None else texts.shown(name, value, state)

    named = {
        "decision": what_if.outcome(),
        "before": {"status": what_if.decision.status, "route": what_if.decision.route},
        "has_turned": what_if.has_turned,
        "turned_by": [texts.topic(name, state) for name in what_if.turned_by()],
        "changes": [
            {"topic": texts.topic(name, state), "before": shown(name, old), "after": shown(name, new)}
            for name, (old, new) in what_if.changes().items()
        ],
        "open": [texts.topic(name, state) for name in what_if.assessment.open_questions],
        "problems": [one.what for one in what_if.problems],
        "columns": _months(what_if),
        **_links(what_if),
    }
    return fill("web/what_if_tried.html.j2", named)


def _months(what_if: WhatIf) -> list[tuple[str, str]]:
    """The months with a cost of their own, and their volumes."""
    scenario = what_if.assessment.scenario
    volumes = {"low": scenario.low, "expected": scenario.monthly_images, "high": scenario.high}
    found: dict[str, str] = {}
    for month, volume in volumes.items():
        if volume is not None and str(volume) not in found.values():
            found[month] = str(volume)
    return list(found.items())


def _links(what_if: WhatIf) -> dict[str, Any]:
    """The queries of the links: the answers, the answers on this day, and with the tried values as answers."""
    query = what_if.query
    day = query.decided_on.isoformat()

    def trying(key: str, value: str) -> str:
        return query.string(**{**what_if.keys, key: value})

    return {
        "answers_query": query.string(),
        "day": day,
        "dated_query": query.string(**{DATE: day}),
        "tried_query": query.string(what_if.state),
        "trying": trying,
    }


def memo_page(request: Request) -> Response:
    """The memo as a page."""
    found = query_of(request).decide()
    return whole_page(in_turn(lambda: memo_html(found)))


def _file(ending: str, media_type: str, text_of: Callable[[Decision], str]) -> Callable[[Request], Response]:
    """Serves a file of the decision on the answers, to save."""

    def served(request: Request) -> Response:
        found = query_of(request).decide()
        return file_to_save(f"{identifier(found)}.{ending}", text_of(found), media_type)

    return served


def _scenario_text(decision: Decision) -> str:
    return scenario_text(validated(decision.scenario, "the record"))


ROUTES = [
    Route("/decision", decision),
    Route("/decision/what-if.js", what_if_script),
    Route("/decision/charts.js", charts_script),
    Route("/memo.html", memo_page),
    Route("/memo.md", _file("memo.md", "text/markdown", memo_markdown)),
    Route("/record.json", _file("decision.json", "application/json", Decision.to_json)),
    Route("/scenario.yaml", _file("scenario.yaml", "application/yaml", _scenario_text)),
]
