"""A folder of decisions under today's rules and prices: which would differ and why, and which figures are old."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from advisor.catalogue.loader import Catalogue
from advisor.common.atomic_files import settle
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, is_folder, paths_below, read_text
from advisor.decision.decide import decide_again
from advisor.decision.offer_sections import ageing
from advisor.domain.record import AgeingFigure, Decision, QuoteUsed, is_record, parse_record
from advisor.domain.record_parts import CATALOGUE, Flip
from advisor.report.memo_parts import outcome_text, parse_memo
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import (
    MAX_BYTES,
    FileKind,
    MismatchedFile,
    files_of,
    kind_by_name,
    mismatched_files,
    parse_decision_file,
)


@dataclass(frozen=True)
class PriceChange:
    """An amount that a record took from the catalogue, and today's; both null where it is not from the catalogue.

    ``past`` is the value on the way from which on the record's advice turns; null if there is none.
    """

    field: str
    was: str
    now: str | None
    offer_was: str | None
    offer_now: str | None
    past: str | None


@dataclass(frozen=True)
class Rechecked:
    """One file decided again: the outcome it states, today's outcome, and the rules that took options out then or now.

    ``same_rules`` is True if it states the digest of today's rules, ``same_catalogue`` if it states that of today's
    catalogue, or none. ``prices`` are those of a record that have changed since, ``old`` those that are old today.
    ``in_force`` is False once the memo of that name is rejected, deprecated or superseded.
    """

    path: Path
    was: str
    now: str
    no_longer: tuple[str, ...]
    newly: tuple[str, ...]
    same_rules: bool
    same_catalogue: bool
    in_force: bool
    prices: tuple[PriceChange, ...] = ()
    old: tuple[AgeingFigure, ...] = ()

    @property
    def states_prices(self) -> bool:
        """True for a record; a memo embeds the answers alone."""
        return self.path.name.endswith(FileKind.RECORD)

    @property
    def differs(self) -> bool:
        """True if the outcome is different under today's rules and prices."""
        return self.was != self.now


@dataclass(frozen=True)
class MixedSet:
    """A file, and the files of its NAME that belong to another decision."""

    path: Path
    mismatched: tuple[MismatchedFile, ...]


def rechecked(
    folder: Path, rulebook: Rulebook, catalogue: Catalogue | None, today: datetime.date
) -> Iterator[Rechecked | MixedSet | BadInput]:
    """Every record and memo below a folder, by path, then the sets of files that belong to several decisions.

    They are decided as of ``today``, because offers begin and end; those without a catalogue without one again.
    Yields BadInput for what cannot be read, folders before files.
    """
    for above, _, _ in os.walk(folder):
        settle(Path(above))
    found, closed = paths_below(folder)
    yield from closed
    kinds = {path: kind for path in found if (kind := kind_by_name(path))}
    for path, kind in kinds.items():
        try:
            yield _again(path, kind, rulebook, catalogue, today)
        except BadInput as error:
            yield error
    for path in sorted({min(filter(kind_by_name, files_of(path))) for path in kinds}):
        with suppress(BadInput):  # what cannot be read has been reported already
            if mismatched := mismatched_files(files_of(path)):
                yield MixedSet(path, mismatched)


def _again(
    path: Path, kind: FileKind, rulebook: Rulebook, catalogue: Catalogue | None, today: datetime.date
) -> Rechecked:
    stated = parse_decision_file(read_text(str(path), MAX_BYTES), str(path), kind).embedded
    decision = decide_again(
        stated.scenario,
        rulebook,
        str(path),
        catalogue=catalogue,
        earlier_digest=stated.catalogue_digest,
        decided_on=today,
    )
    before, after = stated.rules, decision.applied_rules()
    return Rechecked(
        path=path,
        was=stated.outcome,
        now=outcome_text(decision),
        no_longer=tuple(rule for rule in before if rule not in after),
        newly=tuple(rule for rule in after if rule not in before),
        same_rules=stated.rulebook_digest == rulebook.digest,
        same_catalogue=stated.catalogue_digest == decision.catalogue_digest,
        in_force=_in_force(path.with_name(path.name.removesuffix(kind) + FileKind.MEMO)),
        prices=tuple(_price_changes(stated.quotes, stated.flips, decision)),
        old=tuple(ageing(stated.quotes, stated.flips, catalogue, today)),
    )


def _price_changes(before: Iterable[QuoteUsed], flips: Sequence[Flip], decision: Decision) -> Iterator[PriceChange]:
    """The amounts that a record took from the catalogue and that are not the same today."""
    after = {quote.field: quote for quote in decision.quotes}
    for was in before:
        now = after.get(was.field)
        if was.origin == CATALOGUE and (now is None or (now.value, now.offer) != (was.value, was.offer)):
            of_field = [flip for flip in flips if flip.field == was.field]
            turns = [flip for flip in of_field if now and flip.is_passed_by(Fraction(now.value))]
            yield PriceChange(
                field=was.field,
                was=was.value,
                now=now.value if now else None,
                offer_was=was.offer,
                offer_now=now.offer if now else None,
                past=turns[0].bound if turns else None,
            )


def _in_force(memo: Path) -> bool:
    try:
        return not is_file(memo) or parse_memo(read_text(str(memo), MAX_BYTES), str(memo)).in_force
    except BadInput:
        return True


# ---- records with figures from the catalogue that are old on a day


@dataclass(frozen=True)
class AgedRecord:
    """A record, how many of its figures are from the catalogue, and which of them are old."""

    path: Path
    figures: int
    old: tuple[AgeingFigure, ...]


def aged_records(path: Path, catalogue: Catalogue, on: datetime.date) -> Iterator[AgedRecord | BadInput]:
    """The record in a file, or every one below a folder, by path. Yields BadInput for what cannot be read."""
    paths = [path]
    if is_folder(path):
        below, closed = paths_below(path)
        yield from closed
        paths = [one for one in below if one.name.endswith(FileKind.RECORD)]
    for each in paths:
        try:
            yield _aged(each, catalogue, on)
        except BadInput as error:
            yield error


def _aged(path: Path, catalogue: Catalogue, on: datetime.date) -> AgedRecord:
    text, file = read_text(str(path), MAX_BYTES), str(path)
    if not is_record(text):
        help = "name NAME.decision.json, which `advisor decide --out` writes"
        raise BadInput(Problem("this is not a decision record", file, help=help))
    record = parse_record(text, file)
    figures = sum(quote.origin == CATALOGUE for quote in record.quotes)
    return AgedRecord(path, figures, tuple(ageing(record.quotes, record.flips, catalogue, on)))
