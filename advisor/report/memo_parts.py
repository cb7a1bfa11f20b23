"""What is read back from a memo: the reviewer's parts, and the input that it embeds, so that it can be recomputed.

The reviewer's parts are some lines of the front matter, and the notes; everything else is fact. The input is one YAML
block, the same in every format: the scenario file as decided, under comment lines with the date, the versions and the
outcome. A memo in Markdown holds it in a fence, a page in ``<pre id="scenario">`` with its markup escaped.
"""

from __future__ import annotations

import datetime
import html
import json
import re
from dataclasses import dataclass

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, printable, quoted
from advisor.domain.record import Decision, QuoteUsed, check_origin
from advisor.domain.record_parts import Flip, Status
from advisor.domain.scenario import Scenario, validated
from advisor.domain.scenario_io import parse_scenario, scenario_text

NOTES_START = "<!-- review notes: what stands between these two lines is yours and is kept -->"
NOTES_END = "<!-- end of review notes -->"
PROPOSED = "proposed"
_MARKS = (NOTES_START, NOTES_END)
_STATUS = re.compile(r"proposed|accepted|rejected|deprecated|superseded by \S.*")
_STATUSES = "write proposed, accepted, rejected, deprecated or superseded by ..."
_KEYS = ("status", "decision-makers", "consulted", "informed", "supersedes", "superseded-by")
_KEY = re.compile(rf"(?:{'|'.join(_KEYS)}):(?: .*|)\r?")
_CONTINUED = re.compile(r"(?: +|- ).*")
_FRONT_MATTER = "---"


@dataclass(frozen=True)
class Line:
    """One line of a file, by its number, without its line end."""

    number: int
    text: str


@dataclass(frozen=True)
class ParsedMemo:
    """The parts of a memo: the facts, the reviewer's lines of the front matter, and the notes unchanged.

    ``notes`` is None if a memo has no lines for them. ``supersedes`` holds the links to earlier memos.
    """

    facts: tuple[Line, ...]
    reviewer_lines: tuple[str, ...]
    notes: str | None
    status: str
    supersedes: tuple[str, ...]

    @property
    def in_force(self) -> bool:
        """False for a decision that was rejected, deprecated or superseded."""
        return self.status in (PROPOSED, "accepted")


def split_notes(text: str, file: str) -> tuple[tuple[Line, ...], str | None]:
    """The lines of a memo in any format without its notes, and the notes. Raises BadInput."""
    lines = text.split("\n")
    starts, ends = ([at for at, line in enumerate(lines) if line.rstrip("\r") == mark] for mark in _MARKS)
    numbered = tuple(Line(number, line) for number, line in enumerate(lines, 1))
    if not starts and not ends:
        return numbered, None
    if len(starts) != 1 or len(ends) != 1 or ends < starts:
        help = f"keep these two lines once each, in this order: {NOTES_START} and {NOTES_END}"
        raise BadInput(Problem("the lines around the review notes are not one pair", file, help=help))
    start, end = starts[0] + 1, ends[0]
    return numbered[:start] + numbered[end:], "".join(f"{line}\n" for line in lines[start:end])


def parse_memo(text: str, file: str) -> ParsedMemo:
    """Separates facts and reviewer's parts of a memo in Markdown. Raises BadInput if it cannot."""
    lines, notes = split_notes(text, file)
    end = _end_of_front_matter([line.text for line in lines], file)
    own = _own([line.text for line in lines[:end]])
    # An empty line in the place of the fence, so that the lines keep their numbers.
    front_matter = _front_matter("\n".join(["", *(line.text for line in lines[1:end])]), file)
    supersedes = front_matter.get("supersedes") or []
    return ParsedMemo(
        facts=tuple(line for at, line in enumerate(lines) if at not in own),
        reviewer_lines=tuple(lines[at].text for at in own),
        notes=notes,
        status=_status_in(front_matter, file),
        supersedes=tuple(supersedes if isinstance(supersedes, list) else [supersedes]),
    )


def without_front_matter(memo: str) -> str:
    """The text of a memo in Markdown below its front matter."""
    return memo[4:].partition("\n---\n")[2] if memo.startswith("---\n") else memo


def merge_review(memo: str, earlier: ParsedMemo, file: str) -> str:
    """A rendered memo, with the reviewer's parts of the earlier one. Raises BadInput if it has no place for them."""
    fresh = parse_memo(memo, file)
    lines = memo.split("\n")
    own = _own(lines[: _end_of_front_matter(lines, file)])
    kept = [line.rstrip("\r") for line in earlier.reviewer_lines]
    memo = "\n".join(
        [*lines[: own[0]], *kept, *(line for at, line in enumerate(lines) if at > own[0] and at not in own)]
    )
    if earlier.notes is None:
        return memo
    if fresh.notes is None:
        help = f"the template needs these two lines: {NOTES_START} and {NOTES_END}"
        raise BadInput(Problem("the memo has no place for the existing review notes", file, help=help))
    return with_notes(memo, earlier.notes)


def with_notes(memo: str, notes: str) -> str:
    """A rendered memo of any format, with these notes between its marks."""
    before, start, rest = memo.partition(f"{NOTES_START}\n")
    _, end, after = rest.partition(NOTES_END)
    return before + start + notes + end + after


def with_front_matter(memo: str, file: str, **values: str | list[str]) -> str:
    """A memo with these lines of the front matter replaced or added; everything else stays the same to the byte."""
    lines = memo.split("\n")
    end = _end_of_front_matter(lines, file)
    line_end = "\r" if lines[0].endswith("\r") else ""
    for key, value in values.items():
        written = f"{key}: {printable(json.dumps(value, ensure_ascii=False))}{line_end}"
        own = _own(lines[:end])
        places = [at for at in own if lines[at].startswith(f"{key}:")]
        if places:
            start = stop = places[0]
            while stop + 1 in own and _CONTINUED.fullmatch(lines[stop + 1]):
                stop += 1
            lines[start : stop + 1] = [written]
        else:
            lines.insert(own[0] + 1 if own else end, written)
        end = _end_of_front_matter(lines, file)
    return "\n".join(lines)


def _end_of_front_matter(lines: list[str], file: str) -> int:
    fences = [at for at, line in enumerate(lines) if line.rstrip("\r") == _FRONT_MATTER][:2]
    if len(fences) < 2 or fences[0] != 0:
        help = "a memo starts with `---`, `status:`, `date:` and `---`"
        raise BadInput(Problem("this memo has no front matter", file, help=help))
    return fences[1]


def _own(front_matter: list[str]) -> list[int]:
    """The indices of the reviewer's lines, with their continuation lines."""
    own: list[int] = []
    for at, line in enumerate(front_matter):
        if _KEY.fullmatch(line) or (own and own[-1] == at - 1 and _CONTINUED.fullmatch(line)):
            own.append(at)
    return own


def _front_matter(front_matter: str, file: str) -> strict_yaml.Mapping:
    """The front matter, whose reviewer's lines may only hold text. Raises BadInput."""
    found = strict_yaml.load(front_matter, file)
    if not isinstance(found, strict_yaml.Mapping):
        raise BadInput(Problem("the front matter of this memo is not a mapping", file, help="write `name: value`"))
    for key in _KEYS:
        value = found.get(key, "")
        if not all(isinstance(part, str) for part in (value if isinstance(value, list) else [value])):
            what = f"{quoted(value)} is neither a text nor a list of texts"
            raise BadInput(Problem(what, file, found.lines[key], key, "write names, in quotes where needed"))
    return found


def _status_in(front_matter: strict_yaml.Mapping, file: str) -> str:
    status = front_matter.get("status")
    if status is None:
        raise BadInput(Problem("the status of this memo is missing", file, field="status", help=_STATUSES))
    if not isinstance(status, str) or not _STATUS.fullmatch(status):
        line = front_matter.lines["status"]
        raise BadInput(Problem(f"{quoted(status)} is not a status of a decision", file, line, "status", _STATUSES))
    return status


# ---- the input that a memo embeds

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
