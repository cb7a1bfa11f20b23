"""One memo or record: decided again from what it embeds, rendered again, and compared to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import advisor
from advisor.common.diagnostics import quoted
from advisor.decision.decide import decide
from advisor.decision.migration import as_written
from advisor.domain.record import SCHEMA_VERSION, Decision
from advisor.report.embedded_scenario import outcome_text
from advisor.report.front_matter import notes_apart, taken_apart
from advisor.report.templates import memo_with_marks, unmarked
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import Stranger, files_of, strangers_among
from advisor.verification.diff import Difference, field_differences, first_differing_line, line_differences
from advisor.verification.line_endings import Plain
from advisor.verification.notes_markup import markup_in_notes
from advisor.verification.source_map import places_in_memo, places_in_page
from advisor.verification.stated import Kind, Stated, kind_of, stated_in


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
    stated = stated_in(text, file, kind_of(text, file))
    embedded = stated.embedded
    decision = decide(embedded.scenario, rulebook, decided_on=embedded.decided_on)
    decision = as_written(decision, embedded.advisor_version, stated.schema_version)
    same_rules = embedded.rulebook_digest == decision.rulebook_digest
    differences = tuple(_differences(decision, stated, templates)) if same_rules else ()
    verdict = Verdict.DIFFERS if differences else Verdict.VERIFIED
    return Verification(
        file=file,
        verdict=verdict if same_rules else Verdict.RULES_CHANGED,
        rulebook_digest=embedded.rulebook_digest,
        rulebook_at_hand=decision.rulebook_digest,
        stated=embedded.outcome,
        now=outcome_text(decision),
        differences=differences,
        remarks=tuple(_remarks(decision, stated.found)),
    )


def with_its_set(found: Verification, path: Path) -> Verification:
    """The same, with the files of its name that are of another decision. Raises BadInput."""
    strangers = strangers_among(files_of(path))
    mixed = bool(strangers) and found.verdict is Verdict.VERIFIED
    return replace(found, verdict=Verdict.MIXED if mixed else found.verdict, of_another_decision=strangers)


def _differences(decision: Decision, stated: Stated, templates: Path | None) -> Iterator[Difference]:
    """Where a file is not what is written for the decision of its scenario."""
    found = stated.found
    if stated.kind is Kind.RECORD:
        expected = decision.to_json()
        if expected != found.text:
            fields = list(field_differences(json.loads(expected), json.loads(found.text)))
            yield from fields or [first_differing_line(expected, found.text)]
    elif stated.kind is Kind.MEMO:
        marked = memo_with_marks(decision, templates)
        expected = unmarked(marked)
        lines = taken_apart(expected, "the memo").facts
        yield from line_differences(lines, found.lines, places_in_memo(marked, expected))
    else:
        from advisor.report.html import memo_html

        expected = memo_html(decision, templates)
        lines, _ = notes_apart(expected, "the page")
        yield from line_differences(lines, found.lines, places_in_page(expected))
        yield from markup_in_notes(stated.notes or "")


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
