"""A folder of decisions under today's rules: which would come out otherwise, and by which rules."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.decision import decide, decide_again
from advisor.errors import BadInput, Problem
from advisor.files import is_file, read_text
from advisor.record import Decision, parse_record
from advisor.report.embedded import Embedded, deciding_rules, embedded_in_memo, embedded_in_page, outcome_text
from advisor.report.review import notes_apart, taken_apart
from advisor.rulebook.model import Rulebook
from advisor.verification.line_ends import plain
from advisor.verification.verify import MAX_BYTES

_RECORD, _MEMO, _PAGE = ".decision.json", ".memo.md", ".memo.html"
ENDINGS = (_RECORD, _MEMO, _PAGE)


@dataclass(frozen=True)
class Rechecked:
    """One file decided again: the outcome it states, the one today, and the rules that took options out then or now.

    ``same_rules`` is True where it states the digest of these very rules, ``in_force`` False once the memo of that name
    is rejected, deprecated or superseded.
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
        """True where today's rules come to another outcome."""
        return self.was != self.now


def rechecked(folder: Path, rulebook: Rulebook) -> Iterator[Rechecked | BadInput]:
    """Every record and memo below a folder, by path; BadInput for what cannot be read, folders before files."""
    closed: list[OSError] = []
    walk = os.walk(folder, onerror=closed.append)
    paths = [Path(above, name) for above, below, files in walk for name in (*below, *files) if name.endswith(ENDINGS)]
    for error in sorted(closed, key=lambda error: str(error.filename)):
        what = f"the folder cannot be read: {(error.strerror or str(error)).lower()}"
        yield BadInput(Problem(what, str(error.filename), help="check its permissions"))
    for path in sorted(paths, key=lambda path: path.as_posix()):
        try:
            yield _again(path, rulebook)
        except BadInput as error:
            yield error


def _again(path: Path, rulebook: Rulebook) -> Rechecked:
    was, before, digest, decision = _stated(path, rulebook)
    after = deciding_rules(decision)
    return Rechecked(
        path=path,
        was=was,
        now=outcome_text(decision),
        no_longer=tuple(rule for rule in before if rule not in after),
        newly=tuple(rule for rule in after if rule not in before),
        same_rules=digest == rulebook.digest,
        in_force=_in_force(path),
    )


def _stated(path: Path, rulebook: Rulebook) -> tuple[str, tuple[str, ...], str, Decision]:
    """The outcome, the rules and their digest that a file states, and its scenario decided anew."""
    file = str(path)
    text = read_text(file, MAX_BYTES)
    if path.name.endswith(_RECORD):
        record = parse_record(text, file)
        again = decide_again(record, rulebook, file)
        return outcome_text(record), deciding_rules(record), record.rulebook_digest, again
    embedded = _embedded(text, file)
    decision = decide(embedded.scenario, rulebook, decided_on=embedded.decided_on)
    return embedded.outcome, embedded.rules, embedded.rulebook_digest, decision


def _embedded(text: str, file: str) -> Embedded:
    if file.endswith(_MEMO):
        return embedded_in_memo(plain(taken_apart(text, file).facts).text, file)
    return embedded_in_page(plain(notes_apart(text, file)[0]).text, file)


def _in_force(path: Path) -> bool:
    ending = next(ending for ending in ENDINGS if path.name.endswith(ending))
    memo = path.with_name(path.name.removesuffix(ending) + _MEMO)
    try:
        return not is_file(memo) or taken_apart(read_text(str(memo), MAX_BYTES), str(memo)).in_force
    except BadInput:
        return True
