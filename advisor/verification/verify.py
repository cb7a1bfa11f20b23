"""One memo or record: decided again from the scenario it embeds, rendered again, and compared to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import quoted
from advisor.decision.decide import decide_again
from advisor.domain.record import SCHEMA_VERSION, Decision
from advisor.report.embedded_scenario import outcome_text
from advisor.report.front_matter import parse_memo, split_notes
from advisor.report.templates import memo_with_marks, unmarked
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import (
    DecisionFile,
    FileKind,
    MismatchedFile,
    NormalizedLines,
    file_kind,
    files_of,
    mismatched_files,
    parse_decision_file,
)
from advisor.verification.diff import (
    Difference,
    field_differences,
    first_differing_line,
    line_differences,
    markup_in_notes,
    places_in_memo,
    places_in_page,
)


class VerificationVerdict(StrEnum):
    """Result of comparing a file with a fresh decision.

    ``RULES_CHANGED`` if it used another rulebook, ``CATALOGUE_CHANGED`` if it used the same one and another catalogue.
    ``MIXED``: the file is verified, but other files of its NAME belong to another decision.
    """

    VERIFIED = "verified"
    MIXED = "mixed"
    DIFFERS = "differs"
    RULES_CHANGED = "rules_changed"
    CATALOGUE_CHANGED = "catalogue_changed"


@dataclass(frozen=True)
class Verification:
    """The result for one file.

    ``stated`` is the outcome it states, ``now`` the one with the rules and the catalogue at hand. The digests of
    catalogues are null where the decision was made, or is made again, without one.
    """

    file: str
    verdict: VerificationVerdict
    rulebook_digest: str
    rulebook_at_hand: str
    catalogue_digest: str | None
    catalogue_at_hand: str | None
    stated: str
    now: str
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()
    of_another_decision: tuple[MismatchedFile, ...] = ()

    @property
    def same_outcome(self) -> bool:
        """True if the outcome under the rules at hand is the one that the file states."""
        return self.stated == self.now


def verified(
    text: str, file: str, rulebook: Rulebook, templates: Path | None = None, catalogue: Catalogue | None = None
) -> Verification:
    """Checks the text of a record, a memo in Markdown or a memo in HTML.

    The catalogue is used only for what was decided with one. Raises BadInput for any other text, and for a checkpoint
    that the catalogue does not have.
    """
    stated = parse_decision_file(text, file, file_kind(text, file))
    embedded = stated.embedded
    decision = decide_again(
        embedded.scenario,
        rulebook,
        file,
        catalogue=catalogue,
        earlier_digest=embedded.catalogue_digest,
        decided_on=embedded.decided_on,
    )
    decision = as_written(decision, embedded.advisor_version, stated.schema_version)
    same_rules = embedded.rulebook_digest == decision.rulebook_digest
    same_catalogue = embedded.catalogue_digest == decision.catalogue_digest
    differences = tuple(_differences(decision, stated, templates)) if same_rules and same_catalogue else ()
    return Verification(
        file=file,
        verdict=verdict_of(bool(differences), same_rules=same_rules, same_catalogue=same_catalogue),
        rulebook_digest=embedded.rulebook_digest,
        rulebook_at_hand=decision.rulebook_digest,
        catalogue_digest=embedded.catalogue_digest,
        catalogue_at_hand=decision.catalogue_digest,
        stated=embedded.outcome,
        now=outcome_text(decision),
        differences=differences,
        remarks=tuple(remarks(decision.advisor_version, decision.schema_version, stated.found)),
    )


def verdict_of(differs: bool, *, same_rules: bool, same_catalogue: bool) -> VerificationVerdict:
    """The verdict on one file; texts are comparable under the same rules and the same catalogue only."""
    if not same_rules:
        return VerificationVerdict.RULES_CHANGED
    if not same_catalogue:
        return VerificationVerdict.CATALOGUE_CHANGED
    return VerificationVerdict.DIFFERS if differs else VerificationVerdict.VERIFIED


def with_its_set(found: Verification, path: Path) -> Verification:
    """The same, with the files of its NAME that belong to another decision. Raises BadInput."""
    mismatched = mismatched_files(files_of(path))
    mixed = bool(mismatched) and found.verdict is VerificationVerdict.VERIFIED
    return replace(found, verdict=VerificationVerdict.MIXED if mixed else found.verdict, of_another_decision=mismatched)


def _differences(decision: Decision, stated: DecisionFile, templates: Path | None) -> Iterator[Difference]:
    """Where a file differs from what is written for the decision on its scenario."""
    found = stated.found
    if stated.kind is FileKind.RECORD:
        expected = decision.to_json()
        if expected != found.text:
            fields = list(field_differences(json.loads(expected), json.loads(found.text)))
            yield from fields or [first_differing_line(expected, found.text)]
    elif stated.kind is FileKind.MEMO:
        marked = memo_with_marks(decision, templates)
        expected = unmarked(marked)
        lines = parse_memo(expected, "the memo").facts
        yield from line_differences(lines, found.lines, places_in_memo(marked, expected))
    else:
        from advisor.report.html import memo_html

        expected = memo_html(decision, templates)
        lines, _ = split_notes(expected, "the page")
        yield from line_differences(lines, found.lines, places_in_page(expected))
        yield from markup_in_notes(stated.notes or "")


def remarks(
    advisor_version: str, schema_version: int, found: NormalizedLines, current: int = SCHEMA_VERSION
) -> Iterator[str]:
    """What is read otherwise than it was written; ``current`` is the schema version of records today."""
    if advisor_version != advisor.__version__:
        written, here = quoted(advisor_version), advisor.__version__
        yield f"it was written by advisor {written}, and is compared with the output of advisor {here}"
    if schema_version != current:
        yield f"its record has schema version {schema_version}, and is compared with a record of that version"
    if found.from_windows:
        yield "its line ends are those of Windows (CRLF), and were read as LF"
    if found.end_changed:
        yield "it does not end with one line end, and was read as if it did"


def as_written(decision: Decision, advisor_version: str, schema_version: int) -> Decision:
    """The decision with another version of the advisor and another schema version."""
    return decision.model_copy(update={"advisor_version": advisor_version, "schema_version": schema_version})
