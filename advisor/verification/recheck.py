"""A folder of decisions under today's rules: which would differ, and because of which rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from advisor.common.atomic_files import settle
from advisor.common.diagnostics import BadInput, Problem, reason
from advisor.common.files import is_file, read_text
from advisor.decision.decide import decide
from advisor.report.embedded_scenario import outcome_text
from advisor.report.front_matter import parse_memo
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_file import FileKind, parse_decision_file
from advisor.verification.decision_set import MAX_BYTES, MismatchedFile, files_of, kind_by_name, mismatched_files


@dataclass(frozen=True)
class Rechecked:
    """One file decided again: the outcome it states, today's outcome, and the rules that took options out then or now.

    ``same_rules`` is True if it states the digest of today's rules; ``in_force`` is False once the memo of that name is
    rejected, deprecated or superseded.
    """

    path: Path
    was: str
    now: str
    no_longer: tuple[str, ...]
    newly: tuple[str, ...]
    same_rules: bool
    in_force: bool

    @property
    def differs(self) -> bool:
        """True if the outcome is different under today's rules."""
        return self.was != self.now


@dataclass(frozen=True)
class MixedSet:
    """A file, and the files of its NAME that belong to another decision."""

    path: Path
    mismatched: tuple[MismatchedFile, ...]


def rechecked(folder: Path, rulebook: Rulebook) -> Iterator[Rechecked | MixedSet | BadInput]:
    """Every record and memo below a folder, by path, then the sets of files that belong to several decisions.

    Yields BadInput for what cannot be read, folders before files.
    """
    for above, _, _ in os.walk(folder):
        settle(Path(above))
    closed: list[OSError] = []
    walk = os.walk(folder, onerror=closed.append)
    found = (Path(above, name) for above, below, files in walk for name in (*below, *files))
    kinds = {path: kind for path in found if (kind := kind_by_name(path))}
    for error in sorted(closed, key=lambda error: str(error.filename)):
        what = f"the folder cannot be read: {reason(error)}"
        yield BadInput(Problem(what, str(error.filename), help="check its permissions"))
    for path in sorted(kinds, key=lambda path: path.as_posix()):
        try:
            yield _again(path, kinds[path], rulebook)
        except BadInput as error:
            yield error
    for path in sorted({min(filter(kind_by_name, files_of(path))) for path in kinds}):
        yield from _mixed(path)


def _mixed(path: Path) -> Iterator[MixedSet]:
    """The set of a file, if it is mixed; a file that cannot be read has been reported already."""
    with suppress(BadInput):
        mismatched = mismatched_files(files_of(path))
        if mismatched:
            yield MixedSet(path, mismatched)


def _again(path: Path, kind: FileKind, rulebook: Rulebook) -> Rechecked:
    stated = parse_decision_file(read_text(str(path), MAX_BYTES), str(path), kind).embedded
    decision = decide(stated.scenario, rulebook, decided_on=stated.decided_on)
    before, after = stated.rules, decision.applied_rules()
    return Rechecked(
        path=path,
        was=stated.outcome,
        now=outcome_text(decision),
        no_longer=tuple(rule for rule in before if rule not in after),
        newly=tuple(rule for rule in after if rule not in before),
        same_rules=stated.rulebook_digest == rulebook.digest,
        in_force=_in_force(path.with_name(path.name.removesuffix(kind) + FileKind.MEMO)),
    )


def _in_force(memo: Path) -> bool:
    try:
        return not is_file(memo) or parse_memo(read_text(str(memo), MAX_BYTES), str(memo)).in_force
    except BadInput:
        return True
