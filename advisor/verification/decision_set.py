"""The files of a decision: what each of them states, and whether those of one NAME belong to one decision."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from advisor.common.atomic_files import alone_in
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, read_text
from advisor.domain.record import READABLE, SCHEMA_VERSION, Decision, is_record, parse_record
from advisor.domain.scenario import validated
from advisor.domain.scenario_io import parse_scenario
from advisor.report.memo_parts import (
    Embedded,
    Line,
    embedded_in_memo,
    embedded_in_page,
    outcome_text,
    parse_memo,
    split_notes,
)

MAX_BYTES = 4_000_000
"""A memo is far smaller, even with a title of 10,000 escapes and long notes."""
_SCENARIO = ".scenario.yaml"
_ANSWERS = "other answers"
_SCHEMA = re.compile(r"the record has schema version ([0-9]{1,3})\b")


class FileKind(StrEnum):
    """The kinds of files that state an outcome, with the endings of their names."""

    RECORD = ".decision.json"
    MEMO = ".memo.md"
    PAGE = ".memo.html"


@dataclass(frozen=True)
class NormalizedLines:
    """Lines with the line endings that they were written with.

    ``from_windows``: each of them had a carriage return, which is removed here.
    ``end_changed``: the last line end was missing, or empty lines followed it.
    """

    lines: tuple[Line, ...]
    from_windows: bool
    end_changed: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True)
class DecisionFile:
    """The content of one file: what it embeds, its lines without the review notes, and the notes of a page."""

    kind: FileKind
    embedded: Embedded
    found: NormalizedLines
    schema_version: int
    notes: str | None = None


@dataclass(frozen=True)
class MismatchedFile:
    """A file that belongs to another decision than the file of the same NAME next to it, and how it differs."""

    file: str
    differs_in: tuple[str, ...]


# ---- one file


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


def kind_by_name(path: Path) -> FileKind | None:
    """The kind of a record or memo by its name; None for any other file."""
    return next((kind for kind in FileKind if path.name.endswith(kind)), None)


def parse_decision_file(text: str, file: str, kind: FileKind) -> DecisionFile:
    """The content of a file of a kind. Raises BadInput."""
    if kind is FileKind.RECORD:
        found = normalize_text(text)
        record = parse_record(found.text, file)
        return DecisionFile(kind, _embedded_in_record(record, file), found, record.schema_version)
    facts, notes = split_notes(text, file)
    found = normalize_lines(parse_memo(text, file).facts if kind is FileKind.MEMO else facts)
    embedded = (embedded_in_memo if kind is FileKind.MEMO else embedded_in_page)(found.text, file)
    stated = _SCHEMA.search(found.text)
    # A memo of a record of the current version does not state it.
    version = int(stated[1]) if stated and int(stated[1]) in READABLE else SCHEMA_VERSION
    return DecisionFile(kind, embedded, found, version, notes)


def _embedded_in_record(record: Decision, file: str) -> Embedded:
    return Embedded(
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


def normalize_lines(lines: Sequence[Line]) -> NormalizedLines:
    """Removes carriage returns if every line has one, and ends the last line with exactly one line end.

    If only some lines have one, that is an edit, and they are kept.
    """
    *ended, last = lines
    from_windows = bool(ended) and "\r" not in last.text and all(line.text.endswith("\r") for line in ended)
    if from_windows:
        lines = [*(Line(line.number, line.text[:-1]) for line in ended), last]
    end = len(lines)
    while end and not lines[end - 1].text:
        end -= 1
    return NormalizedLines((*lines[:end], Line(lines[-1].number, "")), from_windows, end != len(lines) - 1)


def normalize_text(text: str) -> NormalizedLines:
    """``normalize_lines`` of a text."""
    return normalize_lines([Line(number, line) for number, line in enumerate(text.split("\n"), 1)])


# ---- the files of one NAME


def files_of(path: Path) -> tuple[Path, ...]:
    """A file and those of the same NAME next to it; the file alone if its name has none of the endings."""
    endings = (*FileKind, _SCENARIO)
    ending = next((ending for ending in endings if path.name.endswith(ending)), None)
    if ending is None:
        return (path,)
    name = path.name.removesuffix(ending)
    return (path, *(other for each in endings if each != ending and is_file(other := path.with_name(name + each))))


def mismatched_files(paths: Sequence[Path]) -> tuple[MismatchedFile, ...]:
    """Those of the files that belong to another decision than the first, all read under one lock.

    Raises BadInput if the first cannot be read.
    """
    first, *others = paths
    if not others:
        return ()
    with alone_in(first.parent):
        expected = _facts(first)
        differences = [(path, tuple(_differences(expected, path))) for path in others]
    return tuple(MismatchedFile(str(path), differs_in) for path, differs_in in differences if differs_in)


def _facts(path: Path) -> dict[str, object]:
    """What all files of a decision share, keyed by the words for a difference; of a scenario only its answers."""
    text, kind = read_text(str(path), MAX_BYTES), kind_by_name(path)
    if kind is None:
        return {_ANSWERS: parse_scenario(text, str(path))}
    stated = parse_decision_file(text, str(path), kind).embedded
    return {
        _ANSWERS: stated.scenario,
        "another date": stated.decided_on,
        "other rules": stated.rulebook_digest,
        "another catalogue": stated.catalogue_digest,
        "another version of the advisor": stated.advisor_version,
    }


def _differences(expected: dict[str, object], path: Path) -> Iterator[str]:
    """In what a file differs, or that it cannot be read."""
    try:
        found = _facts(path)
    except BadInput:
        yield "cannot be read"
        return
    yield from (what for what, value in expected.items() if found.get(what, value) != value)
