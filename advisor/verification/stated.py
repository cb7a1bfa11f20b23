"""What a file of a decision states, and all it was made from: a record, a memo in Markdown, or a memo in HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.record import READABLE, SCHEMA_VERSION, is_record, parse_record
from advisor.domain.scenario import validated
from advisor.report.embedded_scenario import Embedded, embedded_in_memo, embedded_in_page, outcome_text
from advisor.report.front_matter import notes_apart, taken_apart
from advisor.verification.line_endings import Plain, plain, plain_text

_SCHEMA = re.compile(r"the record has schema version ([0-9]{1,3})\b")


class Kind(StrEnum):
    """The kinds of files that state an outcome, each by the ending of its name."""

    RECORD = ".decision.json"
    MEMO = ".memo.md"
    PAGE = ".memo.html"


@dataclass(frozen=True)
class Stated:
    """The content of one file: what it embeds, its lines without the review notes, and the notes of a page."""

    kind: Kind
    embedded: Embedded
    found: Plain
    schema_version: int
    notes: str | None = None


def kind_of(text: str, file: str) -> Kind:
    """The kind of a file by its content. Raises BadInput."""
    if is_record(text):
        return Kind.RECORD
    if text.startswith("---"):
        return Kind.MEMO
    if text[:15].lower() == "<!doctype html>":
        return Kind.PAGE
    help = "name a NAME.decision.json, NAME.memo.md or NAME.memo.html that `advisor decide --out` wrote"
    raise BadInput(Problem("this is neither a memo nor a decision record", file, help=help))


def stated_in(text: str, file: str, kind: Kind) -> Stated:
    """What the text of a file states. Raises BadInput."""
    if kind is Kind.RECORD:
        found = plain_text(text)
        return Stated(kind, *_record(found, file))
    facts, notes = notes_apart(text, file)
    if kind is Kind.MEMO:
        found = plain(taken_apart(text, file).facts)
        embedded = embedded_in_memo(found.text, file)
    else:
        found = plain(facts)
        embedded = embedded_in_page(found.text, file)
    return Stated(kind, embedded, found, _schema_version(found.text), notes)


def _record(found: Plain, file: str) -> tuple[Embedded, Plain, int]:
    record = parse_record(found.text, file)
    embedded = Embedded(
        scenario=validated(record.scenario, file),
        decided_on=record.date(file),
        advisor_version=record.advisor_version,
        rulebook_digest=record.rulebook_digest,
        outcome=outcome_text(record),
        rules=record.applied_rules(),
    )
    return embedded, found, record.schema_version


def _schema_version(memo: str) -> int:
    """That of the record which a memo was written with; the present one where it says none that is read."""
    said = _SCHEMA.search(memo)
    return int(said[1]) if said and int(said[1]) in READABLE else SCHEMA_VERSION
