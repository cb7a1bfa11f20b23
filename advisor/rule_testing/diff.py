"""The differences of two rulebooks: rules, scenarios with another outcome, decision records that would differ.

Both are compared over one finite table: every assignment of the needs, times every combination of the comparisons of
amounts (of either rulebook) that some amounts reach.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.decision.decide import decide_again
from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Axis, Route, Scenario, validated
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.completions import completions_of
from advisor.scenario_space.gate_outcomes import assignments

_MAX_ROWS = 5_000_000
_PLACE = frozenset(("file", "line"))


Routes = frozenset[Route]
"""The routes left: one, none where nothing is feasible, several where the rules do not decide."""


@dataclass(frozen=True)
class RuleChange:
    """A rule that is new, gone, or differs in some parts."""

    id: str
    what: str
    parts: tuple[str, ...]
    rule: Rule


@dataclass
class RouteChange:
    """Scenarios left with some routes and now with others: how many rows, and the simplest of them."""

    old: Routes
    new: Routes
    rows: int
    needs: dict[str, Encoded]
    amounts: dict[str, Encoded]
    unusual: int

    @property
    def witness(self) -> Scenario:
        """The scenario among them with the fewest answers that are not the most permissive."""
        return _scenario({**self.needs, **self.amounts})


@dataclass(frozen=True)
class RulebookDiff:
    """The difference of two rulebooks.

    ``rows`` is the size of the table, ``other_axes`` how many rows keep their routes and are decided by other axes.
    """

    rules: tuple[RuleChange, ...]
    flips: tuple[RouteChange, ...]
    other_axes: int
    rows: int


def difference(old: Rulebook, new: Rulebook) -> RulebookDiff:
    """Compares two rulebooks. Raises BadInput if their table is too large to compare."""
    return RulebookDiff(tuple(_rule_changes(old, new)), *_flips(old, new))


def _rule_changes(old: Rulebook, new: Rulebook) -> Iterator[RuleChange]:
    for id, rule in new.rules.items():
        if id not in old.rules:
            yield RuleChange(id, "added", (), rule)
    for id, rule in old.rules.items():
        if id not in new.rules:
            yield RuleChange(id, "removed", (), rule)
            continue
        other = new.rules[id]
        if type(other) is not type(rule):
            yield RuleChange(id, "changed", ("kind",), other)
            continue
        names = [field.name for field in dataclasses.fields(rule) if field.name not in _PLACE]
        parts = tuple(name for name in names if getattr(rule, name) != getattr(other, name))
        if parts:
            yield RuleChange(id, "changed", parts, other)


def _flips(old: Rulebook, new: Rulebook) -> tuple[tuple[RouteChange, ...], int, int]:
    sides = (completions_of(old), completions_of(new))
    amounts_of_both = (sides[0].amounts + sides[1].amounts).plain_witnesses()
    regions = [([side.breakpoints.truths(found) for side in sides], found) for found in amounts_of_both.values()]
    values = {
        name: list(dict.fromkeys(value for side in sides for value in side.gate_outcomes.values(name)))
        for name in FIELD_NAMES
        if any(name in side.gate_outcomes.needs for side in sides)
    }
    rows = len(regions) * prod(map(len, values.values()))
    if rows > _MAX_ROWS:
        what = f"the two rulebooks have a table of {rows:,} rows, more than the {_MAX_ROWS:,} that are compared"
        raise BadInput(Problem(what, help="compare them with fewer changes at a time"))
    if (old.digest, old.offers_digest) == (new.digest, new.offers_digest):
        return (), 0, rows
    found: dict[tuple[Routes, Routes], RouteChange] = {}
    other_axes = 0
    for answers in assignments(values):
        unusual = sum(value != values[name][0] for name, value in answers.items())
        numbers = [next(iter(side.gate_outcomes.of(answers))) for side in sides]
        for truths, amounts in regions:
            where = list(zip(sides, numbers, truths, strict=True))
            before, after = (frozenset(filter(None, side.outcome(number, region))) for side, number, region in where)
            if before != after:
                flipped = found.setdefault((before, after), RouteChange(before, after, 0, answers, amounts, unusual))
                flipped.rows += 1
                if unusual < flipped.unusual:
                    flipped.needs, flipped.amounts, flipped.unusual = answers, amounts, unusual
            elif len({side.deciding_axes(number, region) for side, number, region in where}) > 1:
                other_axes += 1
    return tuple(sorted(found.values(), key=lambda flipped: -flipped.rows)), other_axes, rows


def _scenario(answers: dict[str, Encoded]) -> Scenario:
    stated: dict[str, object] = {}
    for name, value in answers.items():
        known = FIELD_NAMES[name]
        if not (FIELDS[name].optional and known.scope is Scope.NEED and value == 0):
            stated[name] = known.stated(value)
    if all(end in stated for end in VOLUME_ENDS) and len({stated[end] for end in VOLUME_ENDS}) == 1:
        stated["monthly_images"] = stated.pop(VOLUME_ENDS[0])
        del stated[VOLUME_ENDS[1]]
    return validated(stated, "the table")


def changed_record(
    record: Decision, new: Rulebook, catalogue: Catalogue | None, file: str
) -> tuple[Status, Route | None, Axis | None] | None:
    """The outcome of the record's scenario under other rules; None if it is the one in the record."""
    scenario, on = validated(record.scenario, file), record.date(file)
    decision = decide_again(
        scenario, new, file, catalogue=catalogue, earlier_digest=record.catalogue_digest, decided_on=on
    )
    now = (decision.status, decision.route, decision.deciding_axis)
    return None if now == (record.status, record.route, record.deciding_axis) else now
