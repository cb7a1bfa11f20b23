"""Whether the files of one NAME in a folder are of one decision: the same answers, date, rules and version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.common.atomic_files import alone_in
from advisor.common.diagnostics import BadInput
from advisor.common.files import is_file, read_text
from advisor.domain.scenario_io import parse_scenario
from advisor.verification.stated import Kind, stated_in

MAX_BYTES = 4_000_000
"""A memo is far smaller, even with a title of 10,000 escapes and long notes."""

SCENARIO = ".scenario.yaml"
_ANSWERS = "other answers"


@dataclass(frozen=True)
class Stranger:
    """A file of another decision than the one next to it that has its NAME, and what it states otherwise."""

    file: str
    differs_in: tuple[str, ...]


def files_of(path: Path) -> tuple[Path, ...]:
    """A file and those next to it that have its NAME; the file alone where its name has no such ending."""
    endings = (*Kind, SCENARIO)
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


def kind_named(path: Path) -> Kind | None:
    """The kind of a file that states an outcome, by its name; None for any other."""
    return next((kind for kind in Kind if path.name.endswith(kind)), None)


def _text(path: Path) -> str | BadInput:
    try:
        return read_text(str(path), MAX_BYTES)
    except BadInput as error:
        return error


def _facts(path: Path, text: str | BadInput) -> dict[str, object]:
    """What all files of a decision agree on, in words for where they do not; of a scenario only its answers."""
    if isinstance(text, BadInput):
        raise text
    kind = kind_named(path)
    if kind is None:
        return {_ANSWERS: parse_scenario(text, str(path))}
    stated = stated_in(text, str(path), kind).embedded
    return {
        _ANSWERS: stated.scenario,
        "another date": stated.decided_on,
        "other rules": stated.rulebook_digest,
        "another version of the advisor": stated.advisor_version,
    }


def _other(own: dict[str, object], path: Path, text: str | BadInput) -> Iterator[str]:
    """What a file states otherwise, or that it cannot be read."""
    try:
        found = _facts(path, text)
    except BadInput:
        yield "cannot be read"
        return
    yield from (what for what, value in own.items() if found.get(what, value) != value)
