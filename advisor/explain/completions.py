"""Partial answers: every outcome that some completion reaches, and which unanswered questions can still change it.

The space of completions is cut into finitely many parts. Answers that gates read are grouped, because only which
offers they eliminate matters. Amounts are cut at the break points of the comparisons the preferences make: the walk
below visits the corners of the unknown amounts' bounds and every break point on the lines between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

from advisor.explain.breaks import Breaks, bounds_of
from advisor.offers import Encoded, Unknown
from advisor.readings.facts import with_terms
from advisor.readings.fold import NOTHING, Silenced
from advisor.readings.plain import PlainReading
from advisor.readings.verdict import fold_of
from advisor.rulebook.conditions import comparisons, names_in_order
from advisor.rulebook.model import Rulebook
from advisor.rulebook.names import FIELD_NAMES, Scope
from advisor.scenario import Axis, Route

Outcome = Route | None
"""A recommended route, or None where no route is feasible."""
Answers = Mapping[str, Encoded]
Truths = tuple[bool, ...]
"""Which of the comparisons of amounts hold."""
_VOLUMES = ("monthly_images_low", "monthly_images_high")


class Standing(NamedTuple):
    """What the gates leave and what the preferences will read: all that matters of the answers to the needs."""

    eliminated: tuple[frozenset[Axis], ...]
    preferred: tuple[tuple[str, Encoded], ...]


@dataclass
class Group:
    """Needs that one gate reads together: each assignment of the unknown ones, with its standing."""

    unknown: tuple[str, ...]
    standings: dict[tuple[Encoded, ...], Standing]


@dataclass
class Cells:
    """The combinations of truths the amounts can reach, each with a witness, and the steps between them.

    ``steps[name]`` holds pairs of cells that differ in that one amount only.
    """

    witnesses: dict[Truths, dict[str, Encoded]] = field(default_factory=dict)
    steps: dict[str, set[tuple[Truths, Truths]]] = field(default_factory=dict)
    profiles: dict[Standing, dict[Truths, frozenset[Outcome]]] = field(default_factory=dict)


@lru_cache(maxsize=8)
def completions_of(rulebook: Rulebook) -> Completions:
    """The completions of a rulebook, prepared once."""
    return Completions(rulebook)


class Completions:
    """Every completion of partial answers under one rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._fold = fold_of(rulebook)
        self._plain = PlainReading(rulebook)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self._needs = tuple(name for name in FIELD_NAMES if name in read and FIELD_NAMES[name].scope is Scope.NEED)
        volumes = ("monthly_images", *_VOLUMES) if read & {"monthly_images", *_VOLUMES} else ()
        self._amounts = tuple(
            name
            for name, known in FIELD_NAMES.items()
            if name in volumes or (known.scope is Scope.AMOUNT and name in read)
        )
        self._preferred = tuple(name for name in self._needs if name in rulebook.reads(rulebook.preferences))
        self._breaks = Breaks(rulebook)
        self._together = self._needs_together()
        self._group_given = lru_cache(maxsize=1024)(self._group)
        self._preferences_given = lru_cache(maxsize=4096)(self._match_preferences)
        self._cells_given = lru_cache(maxsize=256)(self._walk)

    def unanswered(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The unanswered questions the rules read at all, in the order of the scenario.

        A low or high month that is not given is the expected one; with ``ranged`` it is a question of its own.
        """
        return tuple(name for name in (*self._needs, *self._unknown_amounts(answers, ranged)) if name not in answers)

    def _unknown_amounts(self, answers: Answers, ranged: bool) -> tuple[str, ...]:
        ends_known = all(name in answers for name in _VOLUMES)
        skipped = {"monthly_images"} if ranged or ends_known else set(_VOLUMES)
        return tuple(name for name in self._amounts if name not in answers and name not in skipped)

    def outcomes(self, answers: Answers, silenced: Silenced = NOTHING, ranged: bool = False) -> frozenset[Outcome]:
        """Every outcome that some completion reaches. Routes left undecided all count."""
        groups, cells = self._groups(answers), self._cells(answers, ranged)
        found: set[Outcome] = set()
        for standing in self._standings(groups):
            for cell in cells.witnesses:
                found |= self._outcome(standing, cell, cells, silenced)
        return frozenset(found)

    def witnesses(self, answers: Answers) -> dict[Outcome, dict[str, Encoded]]:
        """For each outcome some completion that reaches it: the needs and the amounts, given and made up."""
        groups, cells = self._groups(answers), self._cells(answers)
        known = {name: answers[name] for name in (*self._needs, *self._amounts) if name in answers}
        found: dict[Outcome, dict[str, Encoded]] = {}
        for standing, needs in self._standings(groups).items():
            for cell, facts in cells.witnesses.items():
                amounts = {name: facts[name] for name in self._amounts if name in facts and name not in _VOLUMES}
                for outcome in self._outcome(standing, cell, cells, NOTHING):
                    found.setdefault(outcome, {**amounts, **needs, **known})
        return found

    def open_questions(self, answers: Answers, ranged: bool = False) -> tuple[str, ...]:
        """The questions whose answer can change the outcome: gates before amounts, the most decisive first.

        How decisive a question is: the share of all pairs of its answers, over the completions of the others, whose
        outcomes differ.
        """
        groups, cells = self._groups(answers), self._cells(answers, ranged)
        weight = {name: self._weight_of_need(name, groups, cells) for group in groups for name in group.unknown}
        weight |= {name: self._weight_of_amount(name, groups, cells) for name in cells.steps}
        order = {name: (name in cells.steps, -share) for name, share in weight.items() if share}
        position = {name: number for number, name in enumerate(FIELD_NAMES)}
        return tuple(sorted(order, key=lambda name: (*order[name], position[name])))

    def _outcome(
        self, standing: Standing, cell: Truths, cells: Cells, silenced: Silenced = NOTHING
    ) -> frozenset[Outcome]:
        witness = cells.witnesses[cell]
        matched = self._preferences_given(
            standing.preferred, tuple((n, witness[n]) for n in self._breaks.terms if n in witness)
        )
        left = self._fold.verdict(standing.eliminated, matched, silenced).left
        return frozenset(left) if left else frozenset((None,))

    def _match_preferences(
        self, preferred: tuple[tuple[str, Encoded], ...], terms: tuple[tuple[str, Encoded], ...]
    ) -> tuple[str, ...]:
        return self._plain.preferences({**dict(terms), **dict(preferred)})

    def _profile(self, standing: Standing, cells: Cells) -> dict[Truths, frozenset[Outcome]]:
        """What the gates' standing comes to in every cell, worked out once."""
        if standing not in cells.profiles:
            cells.profiles[standing] = {cell: self._outcome(standing, cell, cells) for cell in cells.witnesses}
        return cells.profiles[standing]

    def _weight_of_need(self, name: str, groups: list[Group], cells: Cells) -> float:
        group = next(group for group in groups if name in group.unknown)
        place = group.unknown.index(name)
        families: dict[tuple[Encoded, ...], list[Standing]] = {}
        for assignment, standing in group.standings.items():
            families.setdefault((*assignment[:place], *assignment[place + 1 :]), []).append(standing)
        others = self._standings([other for other in groups if other is not group])
        pairs = differing = 0
        for family in {tuple(dict.fromkeys(family)) for family in families.values()}:
            for other in others:
                profiles = [self._profile(_joined(standing, other), cells) for standing in family]
                pairs += len(cells.witnesses)
                differing += sum(len({profile[cell] for profile in profiles}) > 1 for cell in cells.witnesses)
        return differing / pairs

    def _weight_of_amount(self, name: str, groups: list[Group], cells: Cells) -> float:
        steps = cells.steps[name]
        if not steps:
            return 0.0
        profiles = [self._profile(standing, cells) for standing in self._standings(groups)]
        differing = sum(profile[before] != profile[after] for profile in profiles for before, after in steps)
        return differing / (len(profiles) * len(steps))

    def _standings(self, groups: list[Group]) -> dict[Standing, dict[str, Encoded]]:
        """Every standing the groups can reach together, each with answers to the unknown needs that reach it."""
        nothing = Standing(tuple(frozenset[Axis]() for _ in self._rulebook.offers), ())
        joined: dict[Standing, dict[str, Encoded]] = {nothing: {}}
        for group in groups:
            distinct: dict[Standing, dict[str, Encoded]] = {}
            for assignment, standing in group.standings.items():
                distinct.setdefault(standing, dict(zip(group.unknown, assignment, strict=True)))
            pairs = product(joined.items(), distinct.items())
            joined = {_joined(left, right): {**some, **more} for (left, some), (right, more) in pairs}
        return joined

    def _groups(self, answers: Answers) -> list[Group]:
        return [
            self._group_given(needs, tuple((name, answers[name]) for name in needs if name in answers))
            for needs in self._together
        ]

    def _needs_together(self) -> list[tuple[str, ...]]:
        """Needs that share a gate go together; a need no gate reads stands alone."""
        together: list[set[str]] = [{name} for name in self._needs]
        for gate in self._rulebook.gates:
            read = {name for name in names_in_order(gate.when) if name in self._needs}
            touched = [group for group in together if group & read]
            together = [group for group in together if not group & read]
            if touched:
                together.append(set().union(*touched))
        together.sort(key=lambda group: min(self._needs.index(name) for name in group))
        return [tuple(name for name in self._needs if name in group) for group in together]

    def _group(self, needs: tuple[str, ...], known: tuple[tuple[str, Encoded], ...]) -> Group:
        unknown = tuple(name for name in needs if name not in dict(known))
        standings: dict[tuple[Encoded, ...], Standing] = {}
        for assignment in product(*(self._values(name) for name in unknown)):
            facts = {**dict(known), **dict(zip(unknown, assignment, strict=True))}
            eliminated = self._fold.eliminating_axes(self._plain.gates(facts))
            preferred = tuple((name, facts[name]) for name in needs if name in self._preferred)
            standings[assignment] = Standing(eliminated, preferred)
        return Group(unknown, standings)

    def _values(self, name: str) -> tuple[Encoded, ...]:
        """Every value of a need; for a number, one on each side of everything it is compared with."""
        known = FIELD_NAMES[name]
        if not known.numeric:
            return tuple(known.encode(option) for option in known.options) if known.options else (False, True)
        cuts = {0}
        for rule in (*self._rulebook.gates, *self._rulebook.preferences):
            for comparison in comparisons(rule.when):
                if name in comparison.names:
                    cuts |= self._cuts(comparison.right if comparison.name == name else comparison.name)
        _, most = bounds_of(name, {})
        return tuple(sorted(value for cut in cuts for value in (cut, cut + 1) if value <= most))

    def _cuts(self, side: Encoded) -> set[int]:
        if isinstance(side, str):
            values = [offer.traits.get(side) for offer in self._rulebook.offers]
            return {value for value in values if isinstance(value, int) and not isinstance(value, Unknown)}
        return {int(side)}

    def _cells(self, answers: Answers, ranged: bool = False) -> Cells:
        known = {name: answers[name] for name in self._amounts if name in answers}
        return self._cells_given(tuple(sorted(known.items())), ranged)

    def _walk(self, known: tuple[tuple[str, Encoded], ...], ranged: bool) -> Cells:
        """From the corners of the unknown amounts along every line, and once more from where the truths change."""
        amounts = dict(known)
        unknown = self._unknown_amounts(amounts, ranged)
        cells = Cells(steps={name: set() for name in unknown})
        corners = [{**amounts, **dict(zip(unknown, corner, strict=True))} for corner in _corners(unknown, amounts)]
        queue = deque((corner, True) for corner in corners if _possible(corner))
        visited: set[tuple[object, ...]] = set()
        turns: set[tuple[object, ...]] = set()
        while queue:
            start, is_corner = queue.popleft()
            self._visit(start, cells)
            for name in unknown:
                line = (name, *(start[other] for other in unknown if other != name))
                if line in visited:
                    continue
                visited.add(line)
                for turn, point in self._walk_line(start, name, cells).items():
                    if is_corner and turn not in turns:
                        turns.add(turn)
                        queue.appendleft((point, False))
        return cells

    def _walk_line(
        self, start: dict[str, Encoded], name: str, cells: Cells
    ) -> dict[tuple[object, ...], dict[str, Encoded]]:
        """Visits both ends of a line and both sides of every break point; returns the points where truths change."""
        least, most = bounds_of(name, start)
        breaks = self._breaks.along(start, name, (least, most))
        points = [least, *(value for turn in breaks for value in (turn - 1, turn)), most]
        reached = [self._visit({**start, name: value}, cells) for value in points]
        cells.steps[name] |= {(a, b) for a in reached for b in reached if a != b}
        return {
            (name, before, after, place): {**start, name: points[place]}
            for place, (before, after) in enumerate(pairwise(reached))
            if before != after
        }

    def _visit(self, amounts: Answers, cells: Cells) -> Truths:
        cell = self._breaks.truths(amounts)
        if cell not in cells.witnesses:
            cells.witnesses[cell] = with_terms(self._rulebook, amounts, self._breaks.terms)
        return cell


def _joined(left: Standing, right: Standing) -> Standing:
    pairs = zip(left.eliminated, right.eliminated, strict=True)
    return Standing(tuple(a | b for a, b in pairs), left.preferred + right.preferred)


def _corners(unknown: tuple[str, ...], amounts: Answers) -> Iterator[tuple[Encoded, ...]]:
    """Every combination of the least and the most the unknown amounts may be."""
    return product(*(bounds_of(name, amounts) for name in unknown))


def _possible(amounts: Answers) -> bool:
    """The low month is no more than the high one."""
    low, high = (amounts.get(name) for name in _VOLUMES)
    return low is None or high is None or int(low) <= int(high)
