"""The files of one plan: NAME.portfolio.json, .md and .html, and in the folder NAME each workload's own decision.

They appear together or not at all (see ``atomic_files``). A memo keeps the reviewer's parts of the one it replaces.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from advisor.common.atomic_files import settle, write_together, writing
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import STANDARD_INPUT, is_file, read_text
from advisor.domain.record import Decision
from advisor.portfolio.memo import file_stems, plan_html, plan_markdown
from advisor.portfolio.record import PortfolioPlan
from advisor.verification.artifacts import file_texts, overwritten, with_reviews

_ENDINGS = ("portfolio.json", "portfolio.md", "portfolio.html")
_COMPARED = ("decided_on", "status", "total", "rulebook_digest", "catalogue_digest")
_KEEP = "the reviewer's notes stay; to keep the memo as well, name another folder"
MAX_BYTES = 50_000_000


def plan_name(path: str) -> str:
    """The NAME that the files of a portfolio's plan share.

    >>> plan_name("plans/film.portfolio.yaml"), plan_name("-")
    ('film', 'portfolio')
    """
    stem = "portfolio" if path == STANDARD_INPUT else Path(path).name
    return re.sub(r"(\.portfolio)?\.(yaml|yml|json)$", "", stem) or "portfolio"


def write_plan(
    plan: PortfolioPlan, decisions: Sequence[Decision], folder: Path, name: str, templates: Path | None
) -> list[Path]:
    """Writes the record and the memos of a plan, and the files of each workload's own decision: all or nothing.

    ``decisions`` are those of the workloads alone, in order. Returns the files of the whole. Raises BadInput.
    """
    within, stems = folder / name, file_stems(plan)
    # Quoted and relative, so that no part of a file's name is read as a scheme, a host or a query.
    links = [f"./{quote(os.fsencode(f'{name}/{stem}'))}" for stem in stems]
    contents = (plan.to_json(), plan_markdown(plan, links, templates), plan_html(plan, links, templates))
    texts = [file_texts(decision, templates) for decision in decisions]
    with writing(within, folder):
        files = with_reviews(folder, name, dict(zip(_ENDINGS, contents, strict=True)))
        for stem, own in zip(stems, texts, strict=True):
            files |= with_reviews(within, stem, own)
        write_together(files)
    return [folder / f"{name}.{ending}" for ending in _ENDINGS]


def plan_overwritten(plan: PortfolioPlan, decisions: Sequence[Decision], folder: Path, name: str) -> Problem | None:
    """A warning that names the earlier plan and what differs; None if there is none, or it has the same bytes.

    Raises BadInput for a folder in which an interrupted command cannot be undone.
    """
    settle(folder)
    record, memo = (folder / f"{name}.{ending}" for ending in _ENDINGS[:2])
    if not is_file(record):
        return next(_of_workloads(plan, decisions, folder / name), None)
    try:
        earlier = PortfolioPlan.model_validate_json(read_text(str(record), MAX_BYTES))
    except (BadInput, ValueError):
        return _warning("an earlier plan is overwritten, and its record cannot be read", record)
    if earlier.to_json() == plan.to_json():
        return next(_of_workloads(plan, decisions, folder / name), None)
    differing = [*_changed_workloads(earlier, plan), *_changed_parts(earlier, plan)] or ["explanations"]
    return _warning(f"the plan of {earlier.decided_on} is overwritten; these differ: {', '.join(differing)}", memo)


def _of_workloads(plan: PortfolioPlan, decisions: Sequence[Decision], within: Path) -> Iterator[Problem]:
    """The warnings about the workloads' own files."""
    for stem, decision in zip(file_stems(plan), decisions, strict=True):
        if warning := overwritten(decision, within, stem):
            yield warning


def _changed_workloads(earlier: PortfolioPlan, plan: PortfolioPlan) -> Iterator[str]:
    """The workloads that have another route, or are only in one of the plans."""
    routes = [{one.title: one.route for one in each.workloads} for each in (earlier, plan)]
    for title in dict.fromkeys([*routes[0], *routes[1]]):
        if routes[0].get(title, "") != routes[1].get(title, ""):
            yield f"the route of {json.dumps(title, ensure_ascii=False)}"


def _changed_parts(earlier: PortfolioPlan, plan: PortfolioPlan) -> Iterator[str]:
    if earlier.portfolio != plan.portfolio:
        yield "the portfolio"
    yield from (f"`{part}`" for part in _COMPARED if getattr(earlier, part) != getattr(plan, part))


def _warning(what: str, file: Path) -> Problem:
    return Problem(what, str(file), help=_KEEP, level="warning")
