"""The input that a memo embeds, so that it can be recomputed: one YAML block, the same in every format.

The block is the scenario file as decided, under comment lines with the date, the versions and the outcome. A memo in
Markdown holds it in a fence, a page in ``<pre id="scenario">`` with its markup escaped.
"""

from __future__ import annotations

import datetime
import html
import re
from dataclasses import dataclass

from advisor.common.diagnostics import BadInput, Problem, printable
from advisor.domain.record import Decision, QuoteUsed, check_origin
from advisor.domain.record_parts import Flip, Status
from advisor.domain.scenario import Scenario, validated
from advisor.domain.scenario_io import parse_scenario, scenario_text

_HEAD = ("date", "advisor", "rulebook", "catalogue", "outcome", "rules")
"""The line of the catalogue is absent from a decision without one."""
_LINES = {name: rf"# {name}: (?P<{name}>.*)\n" for name in _HEAD}
_BLOCK = re.compile(
    "".join(f"(?:{line})?" if name == "catalogue" else line for name, line in _LINES.items()) + r"(?P<scenario>(?s:.*))"
)
_FENCE = re.compile(r"^```yaml\n(# .*?)^```$", re.MULTILINE | re.DOTALL)
_PRE = re.compile(r'<pre id="scenario"[^>]*>\n?(.*?)</pre>', re.DOTALL)
_PORTFOLIO = "The portfolio as planned"
"""A heading of the memo of a portfolio, which embeds no decision."""
_LOST = "write the memo again with `advisor decide --out`"


@dataclass(frozen=True)
class Embedded:
    """The input and the outcome that a memo or a record states.

    ``rules`` are those that took options out of the running; ``quotes`` and ``flips`` are in records only.
    """

    scenario: Scenario
    decided_on: datetime.date
    advisor_version: str
    rulebook_digest: str
    catalogue_digest: str | None
    outcome: str
    rules: tuple[str, ...]
    quotes: tuple[QuoteUsed, ...] = ()
    flips: tuple[Flip, ...] = ()


def embedded_text(decision: Decision) -> str:
    """The block that a memo embeds. No line of it can end a fence, and only ``&``, ``<`` and ``>`` need escaping."""
    scenario = scenario_text(validated(decision.scenario, "the record")) or "{}\n"
    head = {
        "date": decision.decided_on,
        "advisor": decision.advisor_version,
        "rulebook": decision.rulebook_digest,
        **({"catalogue": decision.catalogue_digest} if decision.catalogue_digest else {}),
        "outcome": outcome_text(decision),
        "rules": ", ".join(decision.applied_rules()) or "none",
    }
    return "".join(f"# {name}: {line}\n" for name, line in head.items()) + _escaped(scenario)


def outcome_text(decision: Decision) -> str:
    """The outcome of a decision as text, for comparing two decisions."""
    if decision.status is Status.INFEASIBLE:
        return "infeasible"
    if decision.status is Status.OPEN:
        left = [*decision.possible_routes, *(["no route"] if decision.may_be_infeasible else [])]
        return f"open between {' and '.join(left)}"
    return f"{decision.route} on {decision.deciding_axis}" if decision.deciding_axis else str(decision.route)


def _escaped(text: str) -> str:
    """YAML with characters that reorder, hide or end a line replaced by escapes."""
    return "\n".join(map(printable, text.split("\n")))


def embedded_in_memo(text: str, file: str) -> Embedded:
    """What a memo in Markdown embeds; ``text`` is without its review notes. Raises BadInput."""
    return _read(_FENCE.findall(text), text, file)


def embedded_in_page(text: str, file: str) -> Embedded:
    """What a memo in HTML embeds. Raises BadInput."""
    return _read([html.unescape(found) for found in _PRE.findall(text)], text, file)


def _read(blocks: list[str], text: str, file: str) -> Embedded:
    found = _BLOCK.fullmatch(blocks[0]) if len(blocks) == 1 else None
    if found is None and _PORTFOLIO in text:
        what = "this is the memo of a portfolio, not of a decision"
        raise BadInput(Problem(what, file, help="name the memo of one of its workloads"))
    if len(blocks) != 1:
        what = "duplicate block of the scenario as decided" if blocks else "the scenario as decided is missing"
        raise BadInput(Problem(what, file, help=_LOST))
    if found is None:
        what = "the lines above the scenario as decided are incomplete"
        always = (f"`# {name}:`" for name in _HEAD if name != "catalogue")
        raise BadInput(Problem(what, file, help="they are: " + ", ".join(always)))
    try:
        decided_on = datetime.date.fromisoformat(found["date"])
    except ValueError:
        raise BadInput(Problem("the scenario as decided has no date", file, help=_LOST)) from None
    check_origin(found["advisor"], found["rulebook"], found["catalogue"], file)
    return Embedded(
        scenario=parse_scenario(found["scenario"], f"the scenario in {file}"),
        decided_on=decided_on,
        advisor_version=found["advisor"],
        rulebook_digest=found["rulebook"],
        catalogue_digest=found["catalogue"],
        outcome=found["outcome"],
        rules=tuple(rule for rule in found["rules"].split(", ") if rule != "none"),
    )
