"""One memo or record: decided again from the scenario it embeds, rendered again, and compared to the byte."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import Any

import advisor
from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import quoted
from advisor.decision.decide import decide_again
from advisor.domain.record import SCHEMA_VERSION, Decision
from advisor.report.memo_parts import Line, outcome_text, parse_memo, split_notes
from advisor.report.templates import CLOSE, END, ID, OPEN, memo_with_marks, read_id, stripped, unmarked
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
    if stated.kind is FileKind.RECORD:
        yield from record_differences(decision.to_json(), stated.found.text)
    elif stated.kind is FileKind.MEMO:
        marked = memo_with_marks(decision, templates)
        yield from memo_differences(unmarked(marked), marked, stated.found.lines)
    else:
        from advisor.report.html import memo_html

        yield from page_differences(memo_html(decision, templates), stated.found.lines, stated.notes)


def record_differences(expected: str, found: str) -> Iterator[Difference]:
    """The fields that differ; the first line that does where none of them does."""
    if expected != found:
        fields = list(field_differences(json.loads(expected), json.loads(found)))
        yield from fields or [first_differing_line(expected, found)]


def memo_differences(expected: str, marked: str, found: Sequence[Line]) -> Iterator[Difference]:
    """The lines of a memo that differ; ``marked`` is the expected one with the marks of its claims, if it has any."""
    lines = parse_memo(expected, "the memo").facts
    yield from line_differences(lines, found, places_in_memo(marked, expected))


def page_differences(expected: str, found: Sequence[Line], notes: str | None) -> Iterator[Difference]:
    """The lines of a page that differ, and markup in the reviewer's notes."""
    lines, _ = split_notes(expected, "the page")
    yield from line_differences(lines, found, places_in_page(expected))
    yield from markup_in_notes(notes or "")


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


# ---- differences of an expected and a found text, line by line or field by field

_MOST_LINES = 2_000
"""Between the first and the last difference. More lines are not aligned, because that takes quadratic time."""
_ABSENT = object()
_NOTES_ELEMENTS = ("p", "br", "ul", "ol", "li", "em", "strong", "code", "pre", "blockquote")
"""The markup that review notes of a page may contain: it cannot change what the rest of the page shows."""
_NOTES_TAG = re.compile(rf"</?(?:{'|'.join(_NOTES_ELEMENTS)})>")
_PIECE_SHOWN = 40
_PIECE = re.compile(f"{OPEN}({ID}){END}|({CLOSE})")
_CLAIM_ELEMENT = re.compile(r'\bid="claim-([^"]*)"')
_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)
_HEADING_ELEMENT = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"<(/?)svg\b")
_TAG = re.compile(r"<[^>]*>")
Places = Callable[[int, int], str]
"""The name of the place at a line (from 1) and a column (from 0)."""


@dataclass(frozen=True)
class Difference:
    """One difference: its place, the expected and the found text; None if there is none.

    ``where`` names a claim or a section of a memo, or the path of a field of a record.
    """

    where: str
    line: int | None
    expected: str | None
    found: str | None


def line_differences(expected: Sequence[Line], found: Sequence[Line], where: Places) -> Iterator[Difference]:
    """Differing lines in order; ``where`` names the place at a line and a column of the expected text."""
    start, end = _same_at_both_ends(expected, found)
    wanted, there = expected[start : len(expected) - end], found[start : len(found) - end]
    if max(len(wanted), len(there)) > _MOST_LINES:
        wanted, there = wanted[:1], there[:1]
    aligned = SequenceMatcher(None, [line.text for line in wanted], [line.text for line in there], autojunk=False)
    for tag, i, j, k, m in aligned.get_opcodes():
        if tag == "equal":
            continue
        for step, (one, other) in enumerate(zip_longest(wanted[i:j], there[k:m])):
            here = expected[max(0, start + min(i + step, j - 1))]
            column = _first_difference(one.text, other.text) if one and other else 0
            yield Difference(
                where(here.number, column),
                found[min(start + min(k + step, m), len(found) - 1)].number,
                one.text if one else None,
                other.text if other else None,
            )


def _same_at_both_ends(one: Sequence[Line], other: Sequence[Line]) -> tuple[int, int]:
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at].text != other[at].text), shorter)
    left = shorter - start
    return start, next((at for at in range(left) if one[-1 - at].text != other[-1 - at].text), left)


def _first_difference(one: str, other: str) -> int:
    return next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def field_differences(expected: Any, found: Any, path: str = "") -> Iterator[Difference]:
    """Differing fields of two JSON values, in the order of the expected value."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in {**expected, **found}:
            pair = expected.get(name, _ABSENT), found.get(name, _ABSENT)
            yield from field_differences(*pair, f"{path}.{name}" if path else str(name))
    elif isinstance(expected, list) and isinstance(found, list):
        for at, pair in enumerate(zip_longest(expected, found, fillvalue=_ABSENT)):
            yield from field_differences(*pair, f"{path}[{at}]")
    elif expected != found or type(expected) is not type(found):
        yield Difference(path, None, _shown(expected), _shown(found))


def _shown(value: Any) -> str | None:
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def first_differing_line(expected: str, found: str) -> Difference:
    """The first line that differs between two different texts."""
    pairs = zip_longest(expected.split("\n"), found.split("\n"))
    number, (one, other) = next((at, pair) for at, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    return Difference("", number, one, other)


def markup_in_notes(notes: str) -> Iterator[Difference]:
    """Every ``<`` in the notes of a page that does not start an allowed element."""
    for found in re.finditer("<", notes):
        if not _NOTES_TAG.match(notes, found.start()):
            allowed = ", ".join(f"<{name}>" for name in _NOTES_ELEMENTS)
            piece = notes[found.start() : found.start() + _PIECE_SHOWN].partition("\n")[0]
            yield Difference("the review notes of the page", None, f"text, {allowed} without attributes", piece)


# ---- the claim or the section at a place of a memo


def places_in_memo(marked: str, memo: str) -> Places:
    """The places of a memo in Markdown, from the same memo with the marks of its claims."""
    spans = list(_spans(marked))
    unfenced = _FENCED.sub(lambda fenced: " " * len(fenced[0]), memo)
    headings = [(found.start(), _one_line(found[1])) for found in _HEADING.finditer(unfenced)]

    def named(line: int, column: int) -> str:
        at = _offset(memo, line, column)
        before = _length(memo[:at])
        # White space belongs to a claim only if the claim continues after it.
        after = before + (not memo[at : at + 1].isspace())
        around = [(end - start, id) for start, end, id in spans if start < after and before < end]
        return f"claim `{min(around)[1]}`" if around else _section(headings, at)

    return named


def places_in_page(page: str) -> Places:
    """The places of a memo in HTML, whose claims are elements with an id."""
    claims = [(found.start(), found[1]) for found in _CLAIM_ELEMENT.finditer(page)]
    titles = [(found.start(), _TAG.sub("", found[1])) for found in _HEADING_ELEMENT.finditer(page)]
    headings = [(at, _one_line(html.unescape(title))) for at, title in titles]
    pictures = [(found.start(), found[1]) for found in _PICTURE.finditer(page)]

    def named(line: int, column: int) -> str:
        at = _offset(page, line, column)
        if max((found for found in pictures if found[0] <= at), default=(0, "/"))[1] == "":
            return "a picture"
        claim = max((found for found in claims if found[0] <= at), default=(-1, ""))
        heading = max((found for found in headings if found[0] <= at), default=(-1, ""))
        return f"claim `{html.unescape(claim[1])}`" if claim > heading else _section(headings, at)

    return named


def _spans(marked: str) -> Iterator[tuple[int, int, str]]:
    """The start and the end of each claim, and its id."""
    opened: list[tuple[int, str]] = []
    length, done = 0, 0
    for mark in _PIECE.finditer(marked):
        length += _length(stripped(marked[done : mark.start()]))
        done = mark.end()
        if mark[2] is None:
            opened.append((length, read_id(mark[1])))
        elif opened:
            start, id = opened.pop()
            yield start, length, id


def _length(text: str) -> int:
    """The characters other than white space, which may still be tidied after the marks have been removed."""
    return sum(map(len, text.split()))


def _one_line(title: str) -> str:
    return " ".join(title.split())


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1 or len(text)
    return start + column


def _section(headings: list[tuple[int, str]], at: int) -> str:
    heading = max((found for found in headings if found[0] <= at), default=None)
    return f"section `{heading[1]}`" if heading else "the front matter"
