"""One memo or record: decided again from what it embeds, rendered again, and compared to the byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import advisor
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.decision.decide import decide, decide_again
from advisor.decision.migration import as_written
from advisor.domain.record import READABLE, SCHEMA_VERSION, Decision, is_record, parse_record
from advisor.report.embedded_scenario import Embedded, embedded_in_memo, embedded_in_page, outcome_text
from advisor.report.front_matter import notes_apart, taken_apart
from advisor.report.templates import memo_with_marks, unmarked
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import Stranger, files_of, strangers_among
from advisor.verification.diff import Difference, field_differences, first_differing_line, line_differences
from advisor.verification.line_endings import Plain, plain, plain_text
from advisor.verification.notes_markup import markup_in_notes
from advisor.verification.source_map import places_in_memo, places_in_page

_SCHEMA = re.compile(r"the record has schema version ([0-9]{1,3})\b")


class Verdict(StrEnum):
    """Whether the file is what its scenario comes to, or cannot be told as the rules are others.

    ``MIXED``: it is, but files of its name are of another decision.
    """

    VERIFIED = "verified"
    MIXED = "mixed"
    DIFFERS = "differs"
    RULES_CHANGED = "rules_changed"


@dataclass(frozen=True)
class Verification:
    """What came out for one file. ``stated`` is the outcome it states, ``now`` what the rules at hand come to."""

    file: str
    verdict: Verdict
    rulebook_digest: str
    rulebook_at_hand: str
    stated: str
    now: str
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()
    of_another_decision: tuple[Stranger, ...] = ()

    @property
    def stands(self) -> bool:
        """True where the rules at hand come to the outcome that the file states."""
        return self.stated == self.now


def verified(text: str, file: str, rulebook: Rulebook, templates: Path | None = None) -> Verification:
    """Checks the text of a record, a memo in Markdown or a memo in HTML. Raises BadInput where it is none of them."""
    if is_record(text):
        return _record(text, file, rulebook)
    if text.startswith("---"):
        return _memo(text, file, rulebook, templates)
    if text[:15].lower() == "<!doctype html>":
        return _page(text, file, rulebook, templates)
    help = "name a NAME.decision.json, NAME.memo.md or NAME.memo.html that `advisor decide --out` wrote"
    raise BadInput(Problem("this is neither a memo nor a decision record", file, help=help))


def with_its_set(found: Verification, path: Path) -> Verification:
    """The same, with the files of its name that are of another decision. Raises BadInput."""
    strangers = strangers_among(files_of(path))
    mixed = bool(strangers) and found.verdict is Verdict.VERIFIED
    return replace(found, verdict=Verdict.MIXED if mixed else found.verdict, of_another_decision=strangers)


def _record(text: str, file: str, rulebook: Rulebook) -> Verification:
    found = plain_text(text)
    record = parse_record(found.text, file)
    decision = as_written(decide_again(record, rulebook, file), record.advisor_version, record.schema_version)
    base = _compared(file, decision, record.rulebook_digest, outcome_text(record), found)
    expected = decision.to_json()
    if base.verdict is Verdict.RULES_CHANGED or expected == found.text:
        return base
    fields = tuple(field_differences(json.loads(expected), json.loads(found.text)))
    return _differing(base, fields or (first_differing_line(expected, found.text),))


def _memo(text: str, file: str, rulebook: Rulebook, templates: Path | None) -> Verification:
    found = plain(taken_apart(text, file).facts)
    decision, base = _decided(embedded_in_memo(found.text, file), file, rulebook, found)
    if base.verdict is Verdict.RULES_CHANGED:
        return base
    marked = memo_with_marks(decision, templates)
    expected = unmarked(marked)
    lines, places = taken_apart(expected, "the memo").facts, places_in_memo(marked, expected)
    return _differing(base, tuple(line_differences(lines, found.lines, places)))


def _page(text: str, file: str, rulebook: Rulebook, templates: Path | None) -> Verification:
    from advisor.report.html import memo_html

    facts, notes = notes_apart(text, file)
    found = plain(facts)
    decision, base = _decided(embedded_in_page(found.text, file), file, rulebook, found)
    if base.verdict is Verdict.RULES_CHANGED:
        return base
    expected = memo_html(decision, templates)
    lines, _ = notes_apart(expected, "the page")
    differences = tuple(line_differences(lines, found.lines, places_in_page(expected)))
    return _differing(base, (*differences, *markup_in_notes(notes or "")))


def _decided(embedded: Embedded, file: str, rulebook: Rulebook, found: Plain) -> tuple[Decision, Verification]:
    decision = decide(embedded.scenario, rulebook, decided_on=embedded.decided_on)
    stated = _SCHEMA.search(found.text)
    version = int(stated[1]) if stated and int(stated[1]) in READABLE else decision.schema_version
    decision = as_written(decision, embedded.advisor_version, version)
    return decision, _compared(file, decision, embedded.rulebook_digest, embedded.outcome, found)


def _remarks(decision: Decision, found: Plain) -> Iterator[str]:
    if decision.advisor_version != advisor.__version__:
        written, here = quoted(decision.advisor_version), advisor.__version__
        yield f"it was written by advisor {written}, and is compared with what advisor {here} writes"
    if decision.schema_version != SCHEMA_VERSION:
        yield f"its record has schema version {decision.schema_version}, and is compared with what that version holds"
    if found.from_windows:
        yield "its line ends are those of Windows (CRLF), and were read as plain ones"
    if found.end_changed:
        yield "it does not end with one line end, and was read as if it did"


def _compared(file: str, decision: Decision, digest: str, stated: str, found: Plain) -> Verification:
    same = digest == decision.rulebook_digest
    return Verification(
        file=file,
        verdict=Verdict.VERIFIED if same else Verdict.RULES_CHANGED,
        rulebook_digest=digest,
        rulebook_at_hand=decision.rulebook_digest,
        stated=stated,
        now=outcome_text(decision),
        remarks=tuple(_remarks(decision, found)),
    )


def _differing(base: Verification, differences: tuple[Difference, ...]) -> Verification:
    return replace(base, verdict=Verdict.DIFFERS, differences=differences) if differences else base
