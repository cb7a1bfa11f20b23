"""The needs: which offers the gates eliminate for every assignment of them, and which offers can matter at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from itertools import accumulate, pairwise, product
from math import prod
from typing import Any, NamedTuple, TypeVar

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.evaluation.compiler import PLAIN, PlainReading, compile_condition
from advisor.evaluation.facts import Amounts, amounts_of, costs_no_more
from advisor.evaluation.resolution import NOTHING, Silenced, fold_of
from advisor.rulebook.model import Gate, Rulebook, comparisons, names_in_order
from advisor.rulebook.symbols import ANSWER_NAMES, FIELD_NAMES, MODEL, Scope

T = TypeVar("T")


def assignments(values: Mapping[str, Sequence[T]]) -> Iterator[dict[str, T]]:
    """Every combination of the values of some names."""
    for chosen in product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def need_values(
    rulebook: Rulebook, name: str, offers: Iterable[Offer] | None = None, steps: Sequence[int] = (0, 1)
) -> tuple[Encoded, ...]:
    """Every value of a need that the rules can distinguish.

    For a number: its least value and each number that it is compared with, with ``steps`` added. Traits are
    those of the offers, by default the rulebook's. For the checkpoint: those that an offer runs.
    """
    if name == MODEL:
        return rulebook.models
    quantity = FIELDS[name].quantity
    if quantity is None:
        return FIELD_NAMES[name].values
    least, most = quantity.bounds
    offers = rulebook.offers if offers is None else tuple(offers)
    sides: set[Encoded | Unknown | None] = {least}
    for rule in rulebook.rules.values():
        for comparison in comparisons(rule.when):
            if name in comparison.names:
                side = comparison.right if comparison.name == name else comparison.name
                sides |= {offer.traits.get(side) for offer in offers} if isinstance(side, str) else {side}
    near = {side + step for side in sides if isinstance(side, int) for step in steps}
    return tuple(sorted(value for value in near if least <= value <= most))


MAX_GATE_OUTCOMES = 2**18
"""Enumerated in a few seconds; 200 offers that each allow something that no other one does have half as many."""
Answers = Mapping[str, Encoded]
Witness = Mapping[str, Encoded]
"""Answers to the unknown needs that reach a gate outcome, or a class of them."""


GateOutcome = tuple[int, tuple[tuple[str, Encoded], ...]]
"""The eliminations of some gates, and the needs among theirs that preferences read.

The number has a byte for each offer, those of one route next to one another, and in it a bit for each axis that
eliminates the offer, or the last one if it runs another checkpoint than the scenario names.
"""
_OTHER_MODEL = 1 << 7
_EVERY_AXIS = _OTHER_MODEL - 1
NO_ELIMINATION: GateOutcome = (0, ())
_MOST_JUDGED = 1_000_000
"""Combinations of answers and distinct offers; a gate with more is assumed to distinguish all of them."""


class OutcomeClass(NamedTuple):
    """Equivalent gate outcomes of all needs: ``eliminated`` holds for each offer the axes that eliminate it.

    Of the offers of one route only those count that no other one survives; they represent the others. Where a route is
    priced, no other one survives that costs no more; ``priced`` has them all, with the axes that eliminate each.
    """

    eliminated: tuple[frozenset[Axis], ...]
    preferred: tuple[tuple[str, Encoded], ...]
    priced: tuple[tuple[Route, tuple[tuple[frozenset[Axis], Amounts], ...]], ...]


@dataclass(frozen=True)
class NeedGroup:
    """Needs that one gate reads together: each assignment of the unknown ones, with its gate outcome."""

    unknown: tuple[str, ...]
    outcomes: Mapping[tuple[Encoded, ...], GateOutcome]


class GateOutcomes:
    """The gate outcomes of a rulebook, and their equivalence classes, each with a number.

    Needs that share a gate form a group. Groups are independent, so that only their gate outcomes are combined.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._fold = fold_of(rulebook)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        read |= {MODEL} if rulebook.models else set()
        self.needs = tuple(name for name in ANSWER_NAMES if name in read and ANSWER_NAMES[name].scope is Scope.NEED)
        self._preferred = tuple(name for name in self.needs if name in rulebook.reads(rulebook.preferences))
        self._of_route = [
            [place for place, offer in enumerate(rulebook.offers) if offer.route is route] for route in rulebook.routes
        ]
        self._amounts = [amounts_of(offer) for offer in rulebook.offers]
        self._classes: list[OutcomeClass] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._grouped_needs = self._needs_by_gate()
        self.class_of = lru_cache(maxsize=MAX_GATE_OUTCOMES)(self._class_of)
        self._reading = lru_cache(maxsize=None)(self._reading_of)
        self._group_of = lru_cache(maxsize=1024)(self._group)
        self._classes_reached = lru_cache(maxsize=4096)(self._reached)

    def __getitem__(self, number: int) -> OutcomeClass:
        """The class with a number."""
        return self._classes[number]

    def of(self, answers: Answers, silenced: Silenced = NOTHING) -> Mapping[int, Witness]:
        """Every class of gate outcomes that some completion of the needs reaches, each with answers that reach it.

        Raises BadInput where there are too many gate outcomes.
        """
        return self._classes_reached(tuple(answers.get(name) for name in self.needs), silenced)

    def groups(self, answers: Answers) -> list[NeedGroup]:
        """The needs in groups, with the gate outcomes of the unknown ones of each."""
        model = answers.get(MODEL)
        return [
            self._group_of(needs, tuple((name, answers[name]) for name in needs if name in answers), model)
            for needs in self._grouped_needs
        ]

    def combined(self, groups: list[NeedGroup]) -> dict[GateOutcome, tuple[Any, ...]]:
        """Every gate outcome the groups can reach together. Raises BadInput where there are too many.

        Each has answers that reach it: nothing, or a pair of such answers and the witness of the last group.
        """
        most = prod(len(set(group.outcomes.values())) for group in groups)
        if most > MAX_GATE_OUTCOMES:
            what = f"the missing answers have {most:,} combinations that the offers distinguish"
            help = "answer more questions, or leave out offers that differ little"
            raise BadInput(Problem(f"{what}, more than {MAX_GATE_OUTCOMES:,}", "the rulebook", help=help))
        found: dict[GateOutcome, tuple[Any, ...]] = {NO_ELIMINATION: ()}
        for group in groups:
            distinct: dict[GateOutcome, Witness] = {}
            for assignment, outcome in group.outcomes.items():
                distinct.setdefault(outcome, dict(zip(group.unknown, assignment, strict=True)))
            found = {
                join(outcome, other): (some, more)
                for outcome, some in found.items()
                for other, more in distinct.items()
            }
        return found

    def by_model(self, answers: Answers) -> tuple[list[NeedGroup], Mapping[Encoded, GateOutcome]]:
        """The groups without the checkpoint, and the gate outcome of each checkpoint that can be meant.

        Where offers name no checkpoint there is one that changes nothing.
        """
        groups = self.groups(answers)
        if MODEL not in self.needs:
            return groups, {0: NO_ELIMINATION}
        of_model = groups.pop(self._grouped_needs.index((MODEL,))).outcomes
        if MODEL in answers:
            return groups, {answers[MODEL]: of_model[()]}
        return groups, {model: outcome for (model,), outcome in of_model.items()}

    def allowed(
        self, outcome: GateOutcome, models: Mapping[Encoded, GateOutcome], silenced: Silenced = NOTHING
    ) -> dict[Encoded, int]:
        """The class of each checkpoint under one gate outcome of the other needs.

        A checkpoint that leaves no option is left out while another one leaves some: nobody has to choose it.
        """
        found = {model: self.class_of(join(outcome, mask)) for model, mask in models.items()}
        if len(found) == 1:
            return found
        feasible = {
            model: number
            for model, number in found.items()
            if any(axes <= silenced for axes in self._classes[number].eliminated)
        }
        return feasible or found

    def values(self, name: str) -> tuple[Encoded, ...]:
        """Every value of a need that the rules can distinguish."""
        return need_values(self._rulebook, name)

    def _class_of(self, outcome: GateOutcome) -> int:
        """The number of the class of a gate outcome of all needs."""
        out = outcome[0].to_bytes(len(self._rulebook.offers), "little")
        starts = list(pairwise(accumulate(map(len, self._of_route), initial=0)))
        least = tuple(_least(frozenset(out[start:end])) for start, end in starts)
        priced = tuple(
            (route, self._cheapest(places, out[start:end]))
            for route, places, (start, end) in zip(self._rulebook.routes, self._of_route, starts, strict=True)
            if route in self._rulebook.priced
        )
        key = (least, outcome[1], priced)
        if key not in self._numbers:
            eliminated = {
                place: _axes(masks[min(number, len(masks) - 1)])
                for places, masks in zip(self._of_route, least, strict=True)
                for number, place in enumerate(places)
            }
            self._numbers[key] = len(self._classes)
            prices = tuple((route, tuple((_axes(mask), one) for mask, one in found)) for route, found in priced)
            ordered = tuple(eliminated[place] for place in sorted(eliminated))
            self._classes.append(OutcomeClass(ordered, outcome[1], prices))
        return self._numbers[key]

    def _cheapest(self, places: list[int], masks: bytes) -> tuple[tuple[int, Amounts], ...]:
        """The distinct prices of a route's offers, and what eliminates each; those always dearer are left out."""
        route = self._rulebook.offers[places[0]].route
        found = dict.fromkeys(
            (mask, self._amounts[place]) for place, mask in zip(places, masks, strict=True) if not mask & _OTHER_MODEL
        )
        return tuple(
            (mask, amounts)
            for mask, amounts in found
            if not any(
                (mask, amounts) != (other, less) and other & ~mask == 0 and costs_no_more(route, less, amounts)
                for other, less in found
            )
        )

    def _reached(self, values: tuple[Encoded | None, ...], silenced: Silenced) -> Mapping[int, Witness]:
        known = {name: value for name, value in zip(self.needs, values, strict=True) if value is not None}
        groups, models = self.by_model(known)
        found: dict[int, tuple[Encoded, tuple[Any, ...]]] = {}
        for outcome, reached in self.combined(groups).items():
            for model, number in self.allowed(outcome, models, silenced).items():
                found.setdefault(number, (model, reached))
        named = bool(self._rulebook.models) and MODEL not in known
        return {
            number: {**({MODEL: model} if named else {}), **_witness(reached)}
            for number, (model, reached) in found.items()
        }

    def _reading_of(self, needs: tuple[str, ...]) -> PlainReading:
        """The gates that read these needs, and those that read none."""
        others = set(self.needs) - set(needs)
        gates = tuple(gate for gate in self._rulebook.gates if others.isdisjoint(names_in_order(gate.when)))
        return PlainReading(replace(self._rulebook, gates=gates))

    def _is_of_other(self, place: int, model: Encoded | None) -> bool:
        """Whether an offer runs another checkpoint than the one named."""
        return model is not None and self._rulebook.offers[place].model not in (None, model)

    def _needs_by_gate(self) -> list[tuple[str, ...]]:
        """Needs that share a gate form a group; a need that no gate reads is a group by itself."""
        grouped: list[set[str]] = [{name} for name in self.needs]
        for gate in self._rulebook.gates:
            read = {name for name in names_in_order(gate.when) if name in self.needs}
            touched = [group for group in grouped if group & read]
            grouped = [group for group in grouped if not group & read]
            if touched:
                grouped.append(set().union(*touched))
        grouped.sort(key=lambda group: min(self.needs.index(name) for name in group))
        return [tuple(name for name in self.needs if name in group) for group in grouped]

    def _group(
        self, needs: tuple[str, ...], known: tuple[tuple[str, Encoded], ...], model: Encoded | None
    ) -> NeedGroup:
        unknown = tuple(name for name in needs if name not in dict(known))
        outcomes: dict[tuple[Encoded, ...], GateOutcome] = {}
        for assignment in assignments({name: self.values(name) for name in unknown}):
            facts = {**dict(known), **assignment}
            eliminated = self._fold.eliminating_axes(self._reading(needs).gates(facts))
            preferred = tuple((name, facts[name]) for name in needs if name in self._preferred)
            wanted = facts.get(MODEL, model)
            out = bytes(
                _OTHER_MODEL * (MODEL in needs) if self._is_of_other(place, wanted) else _mask(eliminated[place])
                for places in self._of_route
                for place in places
            )
            outcomes[tuple(assignment.values())] = (int.from_bytes(out, "little"), preferred)
        return NeedGroup(unknown, outcomes)


def join(left: GateOutcome, right: GateOutcome) -> GateOutcome:
    """The gate outcome of two groups together."""
    return left[0] | right[0], left[1] + right[1]


def join_all(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    """The gate outcome of several groups together."""
    return reduce(join, outcomes, NO_ELIMINATION)


def _witness(reached: tuple[Any, ...]) -> Witness:
    witness: dict[str, Encoded] = {}
    while reached:
        reached, last = reached
        witness = {**last, **witness}
    return witness


@lru_cache(maxsize=1024)
def _mask(axes: frozenset[Axis]) -> int:
    return sum(1 << place for place, axis in enumerate(Axis) if axis in axes)


@lru_cache(maxsize=1024)
def _axes(mask: int) -> frozenset[Axis]:
    return frozenset(axis for place, axis in enumerate(Axis) if mask >> place & 1)


@lru_cache(maxsize=4096)
def _least(masks: frozenset[int]) -> tuple[int, ...]:
    """Those that contain no other one, without those of other checkpoints."""
    masks = frozenset(mask for mask in masks if not mask & _OTHER_MODEL) or frozenset((_EVERY_AXIS,))
    return tuple(sorted(mask for mask in masks if not any(other != mask and other & ~mask == 0 for other in masks)))


@lru_cache(maxsize=8)
def with_relevant_offers(rulebook: Rulebook) -> Rulebook:
    """The rulebook with only those offers that can matter to an outcome, in their order."""
    offers, judged = rulebook.offers, [_judged(rulebook, gate) for gate in rulebook.gates]
    prices = [amounts_of(offer) for offer in offers]

    def covers(wider: int, narrower: int) -> bool:
        one, other = offers[wider], offers[narrower]
        if one.route is not other.route or one.model != other.model:
            return False
        if one.route in rulebook.priced and not costs_no_more(one.route, prices[wider], prices[narrower]):
            return False
        return all(gate[wider] & ~gate[narrower] == 0 for gate in judged)

    kept = tuple(
        offer
        for place, offer in enumerate(offers)
        if not any(
            number != place and covers(number, place) and (number < place or not covers(place, number))
            for number in range(len(offers))
        )
    )
    return rulebook if kept == offers else replace(rulebook, offers=kept)


def _judged(rulebook: Rulebook, gate: Gate) -> list[int]:
    """For each offer one bit for every combination of the answers that the gate reads: set where it eliminates it."""
    read = names_in_order(gate.when)
    values = {name: need_values(rulebook, name) for name in read if name in FIELD_NAMES}
    kinds = [tuple(offer.traits.get(name) for name in read) for offer in rulebook.offers]
    distinct = dict(zip(kinds, rulebook.offers, strict=True))
    if len(distinct) * prod(map(len, values.values())) > _MOST_JUDGED:
        bits = {kind: 1 << place for place, kind in enumerate(distinct)}
    else:
        test, answers = compile_condition(gate.when, PLAIN), list(assignments(values))
        bits = {
            kind: int("".join("1" if test({**offer.traits, **chosen})[0] else "0" for chosen in answers), 2)
            for kind, offer in distinct.items()
        }
    return [bits[kind] for kind in kinds]
