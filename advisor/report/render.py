"""Phrases claims with Jinja templates. Free text is escaped; the same record gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from advisor.files import bundled
from advisor.quantity import MICRO, dollars, grouped
from advisor.record import Decision
from advisor.report.claims import Claim, claims_of

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&!{}])")
_UNPRINTABLE = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def memo_markdown(decision: Decision, templates: Path | None = None) -> str:
    """The memo of a decision in Markdown, in the sections of MADR 4.0."""
    return _render("memo.md.j2", decision, templates)


def summary(decision: Decision, templates: Path | None = None) -> str:
    """The decision in a few lines for a terminal."""
    return _render("summary.txt.j2", decision, templates)


def _render(template: str, decision: Decision, templates: Path | None) -> str:
    environment = _environment(templates or bundled("templates"))
    claims = claims_of(decision)
    page = environment.get_template(template).render(
        claims=_Sections(claims), title=decision.scenario.get("title"), decision=decision.model_dump(mode="json")
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in page.split("\n"))).strip() + "\n"


class _Sections:
    """Claims by the section they stand in, as ``claims.of("costs")``."""

    def __init__(self, claims: list[Claim]) -> None:
        self._claims = claims

    def of(self, section: str) -> list[Claim]:
        """The claims of one section, in order."""
        return [claim for claim in self._claims if claim.section == section]


def _environment(folder: Path) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {
        "md": markdown_text,
        "plain_text": one_line,
        "yaml_text": yaml_text,
        "money": money,
        "number": number,
        "listed": listed,
    }
    return environment


def one_line(text: object) -> str:
    """Text on one line, without control characters or marks that reorder what a reader sees."""
    shown = "".join(char if char.isprintable() else " " for char in _UNPRINTABLE.sub("", str(text)))
    return " ".join(shown.split())


def markdown_text(text: object) -> str:
    """Text that Markdown shows as it is.

    >>> markdown_text("a *b* <script>")
    'a \\\\*b\\\\* \\\\<script\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", one_line(text))


def yaml_text(text: object) -> str:
    """Text as a double-quoted YAML scalar."""
    return json.dumps(one_line(text), ensure_ascii=False)


def money(amount: str) -> str:
    """Decimal text in dollars as people read it.

    >>> money("2100.00"), money("0.00003")
    ('$2,100.00', '$0.00003')
    """
    return dollars(int(Decimal(amount).scaleb(MICRO)))


def number(value: object) -> str:
    """A number with thousands separators."""
    return grouped(Decimal(str(value)))


def listed(items: Iterable[object], last: str = "and") -> str:
    """Items as prose.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    words = [str(item) for item in items]
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
