"""The files of one plan: NAME.portfolio.json, .md and .html, and in the folder NAME each workload's own decision.

They appear together or not at all (see ``atomic_files``), and a memo keeps the reviewer's parts of the one it replaces.
A record or a memo is verified by planning the portfolio that it holds again, compared to the byte.
"""

from __future__ import annotations

import datetime
import html
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from advisor.catalogue.loader import Catalogue
from advisor.common.atomic_files import settle, write_together, writing
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import STANDARD_INPUT, is_file, read_text
from advisor.decision.competition import model_faults
from advisor.domain.record import Decision, check_origin
from advisor.domain.scenario import Route
from advisor.portfolio.memo import file_stems, plan_html, plan_markdown
from advisor.portfolio.plan import plan
from advisor.portfolio.portfolio import parse_portfolio
from advisor.portfolio.record import SCHEMA_VERSION, PortfolioPlan
from advisor.report.memo_parts import parse_memo, split_notes
from advisor.rulebook.model import Rulebook
from advisor.verification.artifacts import file_texts, overwritten, with_reviews
from advisor.verification.decision_set import NormalizedLines, normalize_lines, normalize_text
from advisor.verification.verify import (
    Difference,
    Verification,
    memo_differences,
    page_differences,
    record_differences,
    remarks,
    verdict_of,
)

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
    return next(_warnings(plan, decisions, folder, name), None)


def _warnings(plan: PortfolioPlan, decisions: Sequence[Decision], folder: Path, name: str) -> Iterator[Problem]:
    """A warning of each earlier plan or decision of a workload that is overwritten, the plan's first."""
    record, memo = (folder / f"{name}.{ending}" for ending in _ENDINGS[:2])
    if is_file(record):
        try:
            earlier = PortfolioPlan.model_validate_json(read_text(str(record), MAX_BYTES))
        except (BadInput, ValueError):
            yield _warning("an earlier plan is overwritten, and its record cannot be read", record)
            return
        if earlier.to_json() != plan.to_json():
            differing = ", ".join(_changed(earlier, plan)) or "explanations"
            yield _warning(f"the plan of {earlier.decided_on} is overwritten; these differ: {differing}", memo)
    for stem, decision in zip(file_stems(plan), decisions, strict=True):
        if warning := overwritten(decision, folder / name, stem):
            yield warning


def _changed(earlier: PortfolioPlan, plan: PortfolioPlan) -> Iterator[str]:
    """The workloads that have another route, or are only in one of the plans; then the parts that differ."""
    routes = [{one.title: one.route for one in each.workloads} for each in (earlier, plan)]
    for title in dict.fromkeys([*routes[0], *routes[1]]):
        if routes[0].get(title, "") != routes[1].get(title, ""):
            yield f"the route of {json.dumps(title, ensure_ascii=False)}"
    if earlier.portfolio != plan.portfolio:
        yield "the portfolio"
    yield from (f"`{part}`" for part in _COMPARED if getattr(earlier, part) != getattr(plan, part))


def _warning(what: str, file: Path) -> Problem:
    return Problem(what, str(file), help=_KEEP, level="warning")


_HEADING = "The portfolio as planned"
_IN_MEMO = re.compile(
    rf"^### {_HEADING}\n(?:(?!#|```)[^\n]*\n)*```yaml\n(?P<portfolio>(?!# date:).*?)^```$", re.MULTILINE | re.DOTALL
)
_IN_PAGE = re.compile(
    rf'<h3>{_HEADING}</h3>(?:(?!<h3|<pre).)*<pre id="scenario"[^>]*>\n?(?P<portfolio>[^<]*)</pre>', re.DOTALL
)
_ORIGIN = re.compile(
    r"Proposed on (?P<date>\S+) by advisor (?P<advisor>\S+) with the rulebook (?P<rulebook>sha256:\w+)"
    r"(?: and the catalogue (?P<catalogue>sha256:\w+))?; the record has schema version "
)
_MARKUP = re.compile(r"<[^>]*>|`")
_TITLE = re.compile(r"^# (.*)$", re.MULTILINE)
_TITLE_OF_PAGE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_LINK = re.compile(r"""[("]\./(?P<name>[^()"/\s]+)/[^()"/\s]+\.memo\.(?:md|html)[)"]""")
_NAMED = re.compile(r"(?P<name>.+)\.portfolio\.(?:json|md|html)")
_LOST = "write the memo again with `advisor portfolio --out`"


@dataclass(frozen=True)
class _Stated:
    """What a file states: its portfolio as text, where that is from, and its text without the review notes."""

    portfolio: str
    decided_on: str
    advisor_version: str
    rulebook_digest: str
    catalogue_digest: str | None
    outcome: str
    ending: str
    found: NormalizedLines
    notes: str | None = None


def is_plan(text: str) -> bool:
    """Whether a text is the record or a memo of a plan, valid or not."""
    if text.lstrip().startswith("{"):
        return '"portfolio"' in text and '"shared_overhead_paid"' in text
    text = text.replace("\r\n", "\n")
    return any(pattern.search(text) for pattern in (_IN_MEMO, _IN_PAGE))


def verified_plan(
    text: str, file: str, rulebook: Rulebook, templates: Path | None = None, catalogue: Catalogue | None = None
) -> Verification:
    """Checks the text of a record, a memo in Markdown or a memo in HTML of a plan.

    The catalogue is used only for what was planned with one. The workloads' own files are verified one by one, as any
    decision. Raises BadInput for a text without its portfolio, and what ``plan`` raises.
    """
    stated = _stated(text, file)
    used = catalogue if stated.catalogue_digest else None
    portfolio = parse_portfolio(stated.portfolio, f"the portfolio in {file}", None, partial(model_faults, used))
    now = plan(portfolio, rulebook, catalogue=used, decided_on=_date(stated, file))
    now = now.model_copy(update={"advisor_version": stated.advisor_version})
    comparable = (stated.rulebook_digest, stated.catalogue_digest) == (now.rulebook_digest, now.catalogue_digest)
    differences = tuple(_differences(now, stated, _links(now, text, file), templates)) if comparable else ()
    return Verification(
        file=file,
        verdict=verdict_of(
            bool(differences),
            same_rules=stated.rulebook_digest == now.rulebook_digest,
            same_catalogue=stated.catalogue_digest == now.catalogue_digest,
        ),
        rulebook_digest=stated.rulebook_digest,
        rulebook_at_hand=now.rulebook_digest,
        catalogue_digest=stated.catalogue_digest,
        catalogue_at_hand=now.catalogue_digest,
        stated=stated.outcome,
        now=_owned(now) if stated.ending == "json" else _title(plan_markdown(now)),
        differences=differences,
        remarks=tuple(remarks(stated.advisor_version, SCHEMA_VERSION, stated.found, SCHEMA_VERSION)),
    )


def _stated(text: str, file: str) -> _Stated:
    """Raises BadInput."""
    if text.lstrip().startswith("{"):
        return _in_record(normalize_text(text), file)
    page = not text.startswith("---")
    facts, notes = split_notes(text, file)
    found = normalize_lines(facts if page else parse_memo(text, file).facts)
    blocks = list((_IN_PAGE if page else _IN_MEMO).finditer(found.text))
    if len(blocks) != 1:
        what = f"duplicate section `{_HEADING}`" if blocks else f"the section `{_HEADING}` is missing"
        raise BadInput(Problem(what, file, help=_LOST))
    plain = html.unescape(_MARKUP.sub("", found.text)) if page else _MARKUP.sub("", found.text)
    origin = _ORIGIN.search(plain)
    if origin is None:
        raise BadInput(Problem("the section `Origin` is missing or incomplete", file, help=_LOST))
    check_origin(origin["advisor"], origin["rulebook"], origin["catalogue"], file)
    title = _TITLE_OF_PAGE.search(found.text)
    portfolio = blocks[0]["portfolio"]
    return _Stated(
        portfolio=html.unescape(portfolio) if page else portfolio,
        decided_on=origin["date"],
        advisor_version=origin["advisor"],
        rulebook_digest=origin["rulebook"],
        catalogue_digest=origin["catalogue"],
        outcome=(_plain(title[1]) if title else "") if page else _title(found.text),
        ending="html" if page else "md",
        found=found,
        notes=notes,
    )


def _in_record(found: NormalizedLines, file: str) -> _Stated:
    try:
        record = PortfolioPlan.model_validate_json(found.text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        where = (".".join(map(str, fault["loc"])) for fault in faults)
        problems = [Problem("this is not the record of a plan", file, field=name or None) for name in where]
        raise BadInput(problems) from None
    check_origin(record.advisor_version, record.rulebook_digest, record.catalogue_digest, file)
    return _Stated(
        portfolio=json.dumps(record.portfolio, ensure_ascii=False),
        decided_on=record.decided_on,
        advisor_version=record.advisor_version,
        rulebook_digest=record.rulebook_digest,
        catalogue_digest=record.catalogue_digest,
        outcome=_owned(record),
        ending="json",
        found=found,
    )


def _date(stated: _Stated, file: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(stated.decided_on)
    except ValueError:
        raise BadInput(Problem("the date of the plan is not a date", file, help=_LOST)) from None


def _owned(plan: PortfolioPlan) -> str:
    """The outcome of a record, which may not be consistent, so that no memo of it can be written."""
    own = sum(workload.route is Route.SELF_HOST for workload in plan.workloads)
    return f"{plan.status}: {own} of {len(plan.workloads)} workloads own"


def _title(memo: str) -> str:
    """The title of a memo in Markdown, which says how many own; empty without one."""
    title = _TITLE.search(memo)
    return _plain(title[1]) if title else ""


def _plain(title: str) -> str:
    """A title without markup."""
    return " ".join(html.unescape(_MARKUP.sub("", title)).replace("\\", "").split())


def _links(now: PortfolioPlan, text: str, file: str) -> list[str]:
    """The paths of the workloads' own files up to the endings, as links of a memo; NAME is that of its file.

    A memo under another name, as one from standard input, has it from its first link. Empty without links.
    """
    first, named = _LINK.search(text), _NAMED.fullmatch(Path(file).name)
    if first is None:
        return []
    stems = file_stems(now)
    folder = first["name"] if named is None else quote(os.fsencode(named["name"]))
    return [f"./{folder}/{quote(os.fsencode(stem))}" for stem in stems]


def _differences(
    now: PortfolioPlan, stated: _Stated, links: Sequence[str], templates: Path | None
) -> Iterator[Difference]:
    """Where a file differs from what is written for the plan of its portfolio."""
    if stated.ending == "json":
        yield from record_differences(now.to_json(), stated.found.text)
    elif stated.ending == "md":
        expected = plan_markdown(now, links, templates)
        yield from memo_differences(expected, expected, stated.found.lines)
    else:
        yield from page_differences(plan_html(now, links, templates), stated.found.lines, stated.notes)
