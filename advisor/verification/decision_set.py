"""Whether the files of one NAME belong to one decision: the same answers, date, rules and version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.common.atomic_files import alone_in
from advisor.common.diagnostics import BadInput
from advisor.common.files import is_file, read_text
from advisor.domain.scenario_io import parse_scenario
from advisor.verification.decision_file import FileKind, parse_decision_file

MAX_BYTES = 4_000_000
"""A memo is far smaller, even with a title of 10,000 escapes and long notes."""

SCENARIO = ".scenario.yaml"
_ANSWERS = "other answers"


@dataclass(frozen=True)
class MismatchedFile:
    """A file that belongs to another decision than the file of the same NAME next to it, and how it differs."""

    file: str
    differs_in: tuple[str, ...]


def files_of(path: Path) -> tuple[Path, ...]:
    """A file and those of the same NAME next to it; the file alone if its name has none of the endings."""
    endings = (*FileKind, SCENARIO)
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
        texts = {path: _text(path) for path in paths}
    expected = _facts(first, texts[first])
    differences = ((path, tuple(_differences(expected, path, texts[path]))) for path in others)
    return tuple(MismatchedFile(str(path), differs_in) for path, differs_in in differences if differs_in)


def kind_by_name(path: Path) -> FileKind | None:
    """The kind of a record or memo by its name; None for any other file."""
    return next((kind for kind in FileKind if path.name.endswith(kind)), None)


def _text(path: Path) -> str | BadInput:
    try:
        return read_text(str(path), MAX_BYTES)
    except BadInput as error:
        return error


def _facts(path: Path, text: str | BadInput) -> dict[str, object]:
    """What all files of a decision share, keyed by the words for a difference; of a scenario only its answers."""
    if isinstance(text, BadInput):
        raise text
    kind = kind_by_name(path)
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


def _differences(expected: dict[str, object], path: Path, text: str | BadInput) -> Iterator[str]:
    """In what a file differs, or that it cannot be read."""
    try:
        found = _facts(path, text)
    except BadInput:
        yield "cannot be read"
        return
    yield from (what for what, value in expected.items() if found.get(what, value) != value)
