"""The memo as one self-contained page: the same Markdown with its claims as elements, and charts with their data.

On paper it is a PDF through WeasyPrint, which is the extra ``rent-or-own[pdf]``.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, NoReturn

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from advisor.charts.canvas import Chart
from advisor.charts.cost_curves import costs_chart
from advisor.charts.eliminations import narrowing_chart
from advisor.charts.route_map import map_chart
from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.record import Decision
from advisor.report import limits
from advisor.report.claims.build import claims_of
from advisor.report.memo_parts import NOTES_END, NOTES_START, without_front_matter
from advisor.report.templates import (
    CLOSE,
    END,
    FIGURE,
    ID,
    MEMO,
    OPEN,
    bounded,
    figures,
    fill,
    identifier,
    memo_with_marks,
    one_line,
    read_id,
    rendered,
    stripped,
)

_PLACE = re.compile("<!-- part ([a-z]+) -->")
_CLAIM = re.compile(f"{OPEN}({ID}){END}([^{OPEN}{CLOSE}]*){CLOSE}")
_OPENED = re.compile(f"^{OPEN}({ID}){END}")
_FIGURE = re.compile(f"{FIGURE}({ID}){END}")
_RULE = "rule."
_SCENARIO = "yaml"
_ELEMENTS = {
    "blockquote_open": '<section class="box" aria-label="In short">\n',
    "blockquote_close": "</section>\n",
    "table_close": "</table>\n</div>\n",
}
"""What is always the same: the box at the top, and the end of a table and its group."""


def memo_html(decision: Decision, templates: Path | None = None) -> str:
    """The memo as HTML: no network, no script.

    Each claim is an element with the id ``claim-ID`` and links to ``rule-ID``, which has its reason and its source.
    """
    marked = without_front_matter(memo_with_marks(decision, templates))
    claims = claims_of(decision)
    links = PageLinks(
        rules={claim.id: claim.rules for claim in claims},
        fields=frozenset(claim.fields[0] for claim in claims if claim.section == "inputs"),
        figures=figures(charts_of(decision), templates),
    )
    named = {
        "body": Markup(bounded(limits.FILLING, templates, MEMO, html_of, marked, links)),
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
    return "".join(figures(cost_charts_of(decision)).values())


@dataclass(frozen=True)
class PageLinks:
    """The links of a page: the rules of each claim by its id, the fields listed as inputs, and the charts as HTML."""

    rules: Mapping[str, Sequence[str]]
    fields: frozenset[str]
    figures: Mapping[str, str]


def html_of(marked: str, linked: PageLinks) -> str:
    """The body of the page. Raw HTML in the Markdown becomes text, except the two lines around the review notes."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    parser.core.ruler.after("block", "claims", _claim_elements)
    for name, element in _ELEMENTS.items():
        parser.add_render_rule(name, lambda *_, element=element: element)
    page = _PageState(linked)
    html = parser.render(marked, {"page": page})
    return stripped(_CLAIM.sub(page.span, html))


@dataclass
class _PageState:
    """One page while it is rendered. ``seen`` are the claims with an element, ``based`` those with links."""

    linked: PageLinks
    seen: set[str] = field(default_factory=set)
    based: set[str] = field(default_factory=set)
    heading: str = ""

    def name(self, element: Token, claim: str) -> None:
        """Assigns an element to a claim."""
        element.attrSet(*self.attribute(claim))
        element.attrJoin("class", "claim")

    def span(self, found: re.Match[str]) -> str:
        """A part of a block that is one claim, as an element."""
        name, value = self.attribute(read_id(found[1]))
        return f'<span {name}="{escape(value)}" class="claim">{found[2]}</span>'

    def attribute(self, claim: str) -> tuple[str, str]:
        """The id of a claim's first element, the reference from every other."""
        first = claim not in self.seen
        self.seen.add(claim)
        return ("id" if first else "data-claim", f"claim-{claim}")

    def basis(self, claim: str, text: str) -> str:
        """Links to the rules of a claim that its text does not name, at the claim's first occurrence."""
        if claim in self.based or claim.startswith(_RULE):
            return ""
        self.based.add(claim)
        unnamed = [rule for rule in self.linked.rules.get(claim, ()) if f"`{rule}`" not in text]
        return "".join(f" [{rule}](#rule-{rule})" for rule in unnamed)

    def with_basis(self, found: re.Match[str]) -> str:
        """A claim with its links, still between its marks."""
        return f"{found[0][: -len(CLOSE)]}{self.basis(read_id(found[1]), found[2])}{CLOSE}"


def _claim_elements(state: StateCore) -> None:
    """Before inline parsing: blocks and rows that are one claim become its element; figures are inserted."""
    page: _PageState = state.env["page"]
    tokens = state.tokens
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            _name_row(page, tokens, at)
        elif token.type == "inline":
            _name_block(page, tokens, at)
    state.tokens = [token for token in tokens if token.type != "dropped"]


def _name_row(page: _PageState, tokens: list[Token], at: int) -> None:
    end = next(place for place in range(at, len(tokens)) if tokens[place].type == "tr_close")
    cells = [token for token in tokens[at:end] if token.type == "inline"]
    opened = _OPENED.match(cells[0].content) if cells else None
    if opened is None or CLOSE in cells[0].content or not cells[-1].content.endswith(CLOSE):
        return
    claim = read_id(opened[1])
    page.name(tokens[at], claim)
    if claim.startswith(_RULE):
        tokens[at + 1].attrSet("id", f"rule-{claim.removeprefix(_RULE)}")
    text = "".join(cell.content for cell in cells)
    cells[0].content = cells[0].content[opened.end() :] + page.basis(claim, text)
    cells[-1].content = cells[-1].content.removesuffix(CLOSE)


def _name_block(page: _PageState, tokens: list[Token], at: int) -> None:
    token, holder = tokens[at], tokens[at - 1]
    figure = _FIGURE.fullmatch(token.content)
    if figure or token.content in (NOTES_START, NOTES_END):
        html = page.linked.figures.get(read_id(figure[1]), "") if figure else f"{token.content}\n"
        tokens[at] = Token("html_block", "", 0, content=html)
        tokens[at - 1].type = tokens[at + 1].type = "dropped"
        return
    in_heading = holder.type == "heading_open"
    whole = _CLAIM.fullmatch(token.content)
    if whole is None:
        token.content = _CLAIM.sub(page.with_basis, token.content)
        return
    claim = read_id(whole[1])
    in_item = holder.type == "paragraph_open" and tokens[at - 2].type == "list_item_open"
    page.name(tokens[at - 2] if in_item else holder, claim)
    token.content = whole[2] + ("" if in_heading else page.basis(claim, whole[2]))


def _align_by_class(cell: Token) -> None:
    """A class such as ``right`` in place of an inline style, which a content security policy would forbid."""
    if style := cell.attrs.pop("style", None):
        cell.attrJoin("class", str(style).removeprefix("text-align:"))


class _Renderer(RendererHTML):
    """HTML with tables that scroll or stack, the box as a section, and links from the names of rules and fields."""

    def table_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A group around each table, so that a wide one scrolls and the page does not."""
        headings = (tokens[place + 1].content for place in range(at, -1, -1) if tokens[place].type == "heading_open")
        label = escape(stripped(next(headings, "Table")), quote=True)
        return f'<div class="table" role="group" aria-label="{label}" tabindex="0">\n<table class="stacked">\n'

    def th_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A heading of a column."""
        tokens[at].attrSet("scope", "col")
        _align_by_class(tokens[at])
        return self.renderToken(tokens, at, options, env)

    def td_open(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A cell with the heading of its column, which a narrow page shows before it."""
        row = next(place for place in range(at, -1, -1) if tokens[place].type == "tr_open")
        column = sum(token.type == "td_open" for token in tokens[row:at])
        table = next(place for place in range(at, -1, -1) if tokens[place].type == "table_open")
        headings = [place for place in range(table, at) if tokens[place].type == "th_open"]
        tokens[at].attrSet("data-label", stripped(tokens[headings[column] + 1].content).replace("`", ""))
        _align_by_class(tokens[at])
        return self.renderToken(tokens, at, options, env)

    def fence(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """The scenario as decided, or a command."""
        attribute = ' id="scenario"' if tokens[at].info == _SCENARIO else ""
        return f"<pre{attribute}>\n{escape(tokens[at].content, quote=False)}</pre>\n"

    def code_inline(self, tokens: Sequence[Token], at: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """Inline code; the name of a rule links to its row, that of a field to the answer."""
        linked: PageLinks = env["page"].linked
        content = tokens[at].content
        name = content.partition(":")[0]
        shown = f"<code>{escape(content, quote=False)}</code>"
        if f"{_RULE}{content}" in linked.rules:
            return f'<a href="#rule-{escape(content)}">{shown}</a>'
        return f'<a href="#claim-input.{name}">{shown}</a>' if name in linked.fields else shown


# ---- the charts, each only if it shows something


def charts_of(decision: Decision) -> list[Chart]:
    """The eliminations, the cost curves, and the route map.

    A record of version 1 has no few-step line and no map. The same decision gives the same bytes. Raises BadInput where
    the record holds invalid answers.
    """
    narrowing = narrowing_chart(decision)
    return [*([narrowing] if narrowing else []), *cost_charts_of(decision)]


def cost_charts_of(decision: Decision) -> list[Chart]:
    """The cost curves and the route map, as ``charts_of`` draws them."""
    return [chart for chart in (costs_chart(decision), map_chart(decision)) if chart]


# ---- on paper

_INSTALL = "pip install 'rent-or-own[pdf]'"
_THEMED = re.compile(r"var\(--[\w-]+,\s*(#[0-9a-f]{6})\)")


def memo_pdf(page: str, templates: Path | None = None) -> bytes:
    """A page of ``memo_html`` as PDF; the same page gives the same bytes.

    Pages of custom templates are printed within ``limits.PRINTING``. Raises BadInput beyond them, and without
    WeasyPrint.
    """
    return bounded(limits.PRINTING, templates, "page.html.j2", printed, page)


def printed(page: str) -> bytes:
    """A page as PDF, without limits. Raises BadInput without WeasyPrint."""
    try:
        weasyprint: Any = importlib.import_module("weasyprint")
    except ImportError:
        raise BadInput(Problem("PDF needs WeasyPrint, which is not installed", "--pdf", help=_INSTALL)) from None
    except OSError as error:
        what = f"WeasyPrint cannot be used: {str(error).splitlines()[0].lower()}"
        raise BadInput(Problem(what, "--pdf", help="install Pango, which WeasyPrint draws text with")) from None
    # Without HarfBuzz-Subset, fontTools reduces the fonts, and writes this time into them, or else the present one.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    # WeasyPrint's SVG does not support custom properties: the fallback colours are used.
    document = weasyprint.HTML(string=_THEMED.sub(r"\1", page), url_fetcher=_fetch_nothing)
    written: bytes = document.write_pdf(pdf_identifier=b"rent-or-own", full_fonts=False)
    return written


def _fetch_nothing(url: str, *_: Any, **__: Any) -> NoReturn:
    """Refuses every URL: a memo is self-contained."""
    raise ValueError(f"{url} is not part of the page")
