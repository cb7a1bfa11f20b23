"""Whether the files of one NAME in a folder are of one decision: the same answers, date, rules and version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.common.atomic_files import alone_in
from advisor.common.diagnostics import BadInput
from advisor.common.files import is_file, read_text
from advisor.domain.record import parse_record
from advisor.domain.scenario import Scenario, validated
from advisor.domain.scenario_io import parse_scenario
from advisor.report.embedded_scenario import Embedded, embedded_in_memo, embedded_in_page
from advisor.report.front_matter import notes_apart, taken_apart
from advisor.verification.line_endings import plain

MAX_BYTES = 4_000_000
"""A memo is far smaller, even with a title of 10,000 escapes and long notes."""

SCENARIO, RECORD, MEMO, PAGE = ".scenario.yaml", ".decision.json", ".memo.md", ".memo.html"
STATING = (RECORD, MEMO, PAGE)
"""The endings of the files that state an outcome, and so everything it was made from."""
_ANSWERS = "other answers"


@dataclass(frozen=True)
class Stranger:
    """A file of another decision than the one next to it that has its NAME, and what it states otherwise."""

    file: str
    differs_in: tuple[str, ...]


def files_of(path: Path) -> tuple[Path, ...]:
    """A file and those next to it that have its NAME; the file alone where its name has no such ending."""
    endings = (*STATING, SCENARIO)
    ending = next((ending for ending in endings if path.name.endswith(ending)), None)
    if ending is None:
        return (path,)
    name = path.name.removesuffix(ending)
    return (path, *(other for each in endings if each != ending and is_file(other := path.with_name(name + each))))


def strangers_among(paths: Sequence[Path]) -> tuple[Stranger, ...]:
    """Those of the files that are of another decision than the first, all read at one time.

    Raises BadInput where the first cannot be read.
    """
    first, *others = paths
    if not others:
        return ()
    with alone_in(first.parent):
        texts = {path: _text(path) for path in paths}
    own = _facts(first, texts[first])
    return tuple(Stranger(str(path), found) for path in others if (found := tuple(_other(own, path, texts[path]))))


def embedded_in(path: Path, text: str) -> Embedded:
    """What a memo in either format embeds. Raises BadInput."""
    file = str(path)
    if path.name.endswith(MEMO):
        return embedded_in_memo(plain(taken_apart(text, file).facts).text, file)
    return embedded_in_page(plain(notes_apart(text, file)[0]).text, file)


def _text(path: Path) -> str | BadInput:
    try:
        return read_text(str(path), MAX_BYTES)
    except BadInput as error:
        return error


def _facts(path: Path, text: str | BadInput) -> dict[str, object]:
    """What all files of a decision agree on, in words for where they do not; of a scenario only its answers."""
    if isinstance(text, BadInput):
        raise text
    if path.name.endswith(SCENARIO):
        return {_ANSWERS: parse_scenario(text, str(path))}
    if path.name.endswith(RECORD):
        record = parse_record(text, str(path))
        scenario, date = validated(record.scenario, str(path)), record.decided_on
        return _named(scenario, date, record.rulebook_digest, record.advisor_version)
    memo = embedded_in(path, text)
    return _named(memo.scenario, memo.decided_on.isoformat(), memo.rulebook_digest, memo.advisor_version)


def _named(scenario: Scenario, date: str, rules: str, version: str) -> dict[str, object]:
    return {_ANSWERS: scenario, "another date": date, "other rules": rules, "another version of the advisor": version}


def _other(own: dict[str, object], path: Path, text: str | BadInput) -> Iterator[str]:
    """What a file states otherwise, or that it cannot be read."""
    try:
        found = _facts(path, text)
    except BadInput:
        yield "cannot be read"
        return
    yield from (what for what, value in own.items() if found.get(what, value) != value)
