"""The content of a decision file (a record, a memo in Markdown, or a memo in HTML) and the input it embeds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.record import READABLE, SCHEMA_VERSION, is_record, parse_record
from advisor.domain.scenario import validated
from advisor.report.embedded_scenario import Embedded, embedded_in_memo, embedded_in_page, outcome_text
from advisor.report.front_matter import parse_memo, split_notes
from advisor.verification.line_endings import NormalizedLines, normalize_lines, normalize_text

_SCHEMA = re.compile(r"the record has schema version ([0-9]{1,3})\b")


class FileKind(StrEnum):
    """The kinds of files that state an outcome, with the endings of their names."""

    RECORD = ".decision.json"
    MEMO = ".memo.md"
    PAGE = ".memo.html"


@dataclass(frozen=True)
class DecisionFile:
    """The content of one file: what it embeds, its lines without the review notes, and the notes of a page."""

    kind: FileKind
    embedded: Embedded
    found: NormalizedLines
    schema_version: int
    notes: str | None = None


def file_kind(text: str, file: str) -> FileKind:
    """The kind of a file by its content. Raises BadInput."""
    if is_record(text):
        return FileKind.RECORD
    if text.startswith("---"):
        return FileKind.MEMO
    if text[:15].lower() == "<!doctype html>":
        return FileKind.PAGE
    help = "name a NAME.decision.json, NAME.memo.md or NAME.memo.html that `advisor decide --out` wrote"
    raise BadInput(Problem("this is neither a memo nor a decision record", file, help=help))


def parse_decision_file(text: str, file: str, kind: FileKind) -> DecisionFile:
    """The content of a file of a kind. Raises BadInput."""
    if kind is FileKind.RECORD:
        found = normalize_text(text)
        return DecisionFile(kind, *_record(found, file))
    facts, notes = split_notes(text, file)
    if kind is FileKind.MEMO:
        found = normalize_lines(parse_memo(text, file).facts)
        embedded = embedded_in_memo(found.text, file)
    else:
        found = normalize_lines(facts)
        embedded = embedded_in_page(found.text, file)
    return DecisionFile(kind, embedded, found, _schema_version(found.text), notes)


def _record(found: NormalizedLines, file: str) -> tuple[Embedded, NormalizedLines, int]:
    record = parse_record(found.text, file)
    embedded = Embedded(
        scenario=validated(record.scenario, file),
        decided_on=record.date(file),
        advisor_version=record.advisor_version,
        rulebook_digest=record.rulebook_digest,
        catalogue_digest=record.catalogue_digest,
        outcome=outcome_text(record),
        rules=record.applied_rules(),
        quotes=tuple(record.quotes),
        flips=tuple(record.flips),
    )
    return embedded, found, record.schema_version


def _schema_version(memo: str) -> int:
    """The schema version of the record that a memo was rendered from; the current one if it states none."""
    found = _SCHEMA.search(memo)
    return int(found[1]) if found and int(found[1]) in READABLE else SCHEMA_VERSION
