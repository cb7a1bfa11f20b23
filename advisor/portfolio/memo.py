"""The words of a plan: the record phrased by ``reports/templates/portfolio/``, as Markdown, a page, text and HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from markupsafe import Markup

from advisor.common.diagnostics import printable
from advisor.domain.scenario import Route, Unit, validated
from advisor.domain.scenario_io import scenario_text
from advisor.portfolio.record import PortfolioPlan
from advisor.report import limits
from advisor.report.html import PageLinks, html_of
from advisor.report.templates import bounded, fill, one_line, slug
from advisor.report.text import text_of
from advisor.wording.labels import Wording, wordings

_MEMO, _SUMMARY, _BODY = (f"portfolio/{name}.md.j2" for name in ("memo", "summary", "body"))
_SHARED_OVERHEAD = "shared_overhead"
_FRONT_MATTER = "---\n"
_UNITS = {
    Unit.IMAGE.value: {"units": "images", "unit": "image", "media": "images"},
    Unit.VIDEO_SECOND.value: {"units": "seconds of video", "unit": "second of video", "media": "video"},
}
_NO_LINKS = PageLinks({}, frozenset(), {})


def plan_markdown(plan: PortfolioPlan, files: Sequence[str] = (), templates: Path | None = None) -> str:
    """The memo of a plan in Markdown, in the sections of MADR 4.0.

    ``files`` are the paths of each workload's own files up to the endings, as links from the memo; empty without them.
    Raises BadInput for a fault in templates of one's own.
    """
    return _filled(_MEMO, plan, files, "md", templates)


def plan_html(plan: PortfolioPlan, files: Sequence[str] = (), templates: Path | None = None) -> str:
    """The memo as one page that fetches and runs nothing, with links to the workloads' own pages."""
    whole = _filled(_MEMO, plan, files, "html", templates)
    body = whole.removeprefix(_FRONT_MATTER).partition(f"\n{_FRONT_MATTER}")[2]
    html = bounded(limits.FILLING, templates, _MEMO, html_of, body, _NO_LINKS)
    named = {
        "title": one_line(plan.portfolio.get("title") or "") or "Portfolio memo",
        "identifier": identifier(plan),
        "plan": plan.model_dump(mode="json"),
        "body": Markup(html),
    }
    return fill("portfolio/page.html.j2", named, templates)


def plan_text(plan: PortfolioPlan, width: int, templates: Path | None = None) -> str:
    """The plan as a table and a few lines of at most ``width`` characters, for a terminal."""
    markdown = _filled(_SUMMARY, plan, (), "", templates)
    return bounded(limits.FILLING, templates, _SUMMARY, text_of, markdown, width)


def plan_body(plan: PortfolioPlan) -> str:
    """What the web page shows of the memo, as HTML."""
    return html_of(_filled(_BODY, plan, (), "", None), _NO_LINKS)


def identifier(plan: PortfolioPlan) -> str:
    """``YYYYMMDD-slug``, the slug from the title in ASCII letters; for file names and links."""
    return f"{plan.decided_on.replace('-', '')}-{slug(plan.portfolio.get('title')) or 'portfolio'}"


def file_stems(plan: PortfolioPlan) -> list[str]:
    """For each workload the NAME of its own files: its number and the words of its title."""
    slugs = (slug(workload.title) for workload in plan.workloads)
    return [f"{number}-{words}" if words else str(number) for number, words in enumerate(slugs, 1)]


def portfolio_text(portfolio: Mapping[str, Any]) -> str:
    """The portfolio of a record as a file."""
    lines = [f"title: {_text(portfolio['title'])}"] if "title" in portfolio else []
    lines += [f"shared_overhead: {portfolio['shared_overhead']}"] if "shared_overhead" in portfolio else []
    if pools := portfolio.get("pools"):
        lines.append("pools:")
        for name, terms in pools.items():
            stated = _answers(terms)
            lines += [f"  {_text(name)}:{'' if stated else ' {}'}", *(f"    {line}" for line in stated)]
    lines.append("workloads:")
    for workload in portfolio["workloads"]:
        pool = [f"pool: {_text(workload['pool'])}"] if "pool" in workload else []
        title, *others = _answers({name: value for name, value in workload.items() if name != "pool"})
        stated = [title, *pool, *others]
        lines += [f"{'    ' if number else '  - '}{line}" for number, line in enumerate(stated)]
    return "".join(f"{printable(line)}\n" for line in lines)


def _text(text: str) -> str:
    import yaml

    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=2**30)).strip()


def _answers(stated: Mapping[str, Any]) -> list[str]:
    return scenario_text(validated(dict(stated), "the record")).splitlines()


def _filled(template: str, plan: PortfolioPlan, files: Sequence[str], ending: str, templates: Path | None) -> str:
    return fill(template, _named(plan, files, ending, wordings(templates)), templates)


def _named(plan: PortfolioPlan, files: Sequence[str], ending: str, words: Mapping[str, Wording]) -> dict[str, Any]:
    """What the templates read: the record, and selections of it."""
    title = plan.portfolio.get("title")
    data = plan.model_dump(mode="json")
    planned = [one for one in data["workloads"] if one["route"] is not None]
    on = {route.value: [one["title"] for one in planned if one["route"] == route] for route in Route}
    pools = {pool.name: pool.workloads for pool in plan.pools}
    units = {workload.title: workload.unit for workload in plan.workloads}

    def about(workload: str | None) -> Callable[[str], Wording]:
        """The words of a question of a workload; of a pool in images."""
        return lambda field: words[field].about(**_UNITS[units.get(workload or "", Unit.IMAGE.value)])

    view = {
        "planned": planned,
        "owners": on[Route.SELF_HOST.value],
        "assignment": {route: titles for route, titles in on.items() if titles},
        "unserved": plan.infeasible,
        "compared": any(workload.regret for workload in plan.workloads),
        "cheaper_routes": any((more or "").startswith("-") for one in plan.workloads for more in one.regret.values()),
        "differing": [
            {**one, "shares": bool({*pools.get(one["pool"], ())} - {one["title"]})}
            for one in planned
            if one["alone"] not in (None, one["route"])
        ],
        "proven": plan.gap is not None and Fraction(plan.gap) == 0,
        "missing": [{**one, **_question(one["field"], about(one["workload"]))} for one in data["missing"]],
        "turns": sorted((turn for turn in data["growth"] if turn["volume"] is not None), key=_growth(plan)),
        "steady": [turn for turn in data["growth"] if turn["volume"] is None],
        "from_catalogue": [
            {"workload": one["title"], **quote, "subject": about(one["title"])(quote["field"]).subject}
            for one in data["workloads"]
            for quote in one["quotes"]
            if quote["origin"] == "catalogue"
        ],
    }
    return {
        "plan": data,
        "view": view,
        "title": one_line(title or ""),
        "identifier": identifier(plan),
        "files": list(files),
        "ending": ending,
        "embedded": portfolio_text(plan.portfolio).rstrip("\n"),
    }


def _growth(plan: PortfolioPlan) -> Callable[[Mapping[str, Any]], Fraction]:
    """By which factor a workload has to grow until the plan turns."""
    expected = {one.title: Fraction(one.images) for one in plan.workloads if one.images is not None}
    return lambda turn: Fraction(turn["volume"]) / expected[turn["workload"]]


def _question(field: str, words: Callable[[str], Wording]) -> dict[str, str]:
    """What a missing field asks, empty for the shared overhead, and the pool that it is of."""
    pool, _, name = field.removeprefix("pools.").rpartition(".")
    return {"pool": pool, "ask": "" if field == _SHARED_OVERHEAD else words(name).ask}
