"""Asks Z3 for a scenario with some property, and turns its model into one that a scenario file can state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import z3

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Offer
from advisor.domain.scenario import FIELDS, validated
from advisor.evaluation.facts import NOT_ASKED
from advisor.evaluation.z3_backend import (
    LOGIC,
    Symbol,
    Value,
    Variable,
    accepted,
    always_on_facts,
    free_answer,
    free_trait,
    stated,
    symbolic_facts,
)
from advisor.rule_testing.properties import Example, SymbolicScenario
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.scenario_space.sampled_scenarios import changed_offer

LIMIT = 20_000_000
"""Z3's resource limit for each question, about a hundred times the most that a question has needed.

Not a time limit: the result must not depend on the load of the machine.
"""
SEED = 1
Wanted = Callable[..., Any]
"""One world, or two that differ in their amounts only, to the truth that they have the property looked for."""
_LAST = ("monthly_images", *VOLUME_ENDS, "monthly_overhead")
"""Rounded to whole steps after the prices, so that a tie is still possible."""


class Unsettled(Exception):
    """Z3 found no answer, or no reliable one; the message is the reason."""


@dataclass(frozen=True)
class _SymbolicSpace:
    """Every scenario at once: the free values, the worlds made of them, and a solver with their constraints.

    ``wishes``: for each free value the truth that sets it to its usual value, the most important first.
    """

    answers: tuple[dict[str, Variable], ...]
    traits: tuple[dict[str, Variable], ...]
    worlds: tuple[SymbolicScenario, ...]
    wishes: tuple[tuple[Any, Variable], ...]
    solver: Any


class ScenarioSolver:
    """Looks for scenarios of one rulebook: GPU-hours are paid as used, or with ``always_on`` whole GPUs all month.

    With ``always_on`` it may find what no scenario is, and misses nothing: their number need not be whole.
    """

    def __init__(self, rulebook: Rulebook, always_on: bool = False) -> None:
        self._rulebook, self._always_on = rulebook, always_on
        self._space = lru_cache(maxsize=None)(self._new_space)

    def find(
        self, wanted: Wanted, count: int = 1, confirm: Callable[[Example], bool] | None = None
    ) -> tuple[Example, ...] | None:
        """An example with the property for each of ``count`` worlds, as usual as possible; or None.

        ``confirm`` checks that the first example has the property; by default the plain Python reading does.
        Raises Unsettled if Z3 reaches its limit, if no scenario file can state what it found, and if that is not
        confirmed.
        """
        space = self._space(count)
        with _asking(space.solver, wanted(*space.worlds)) as solver:
            if not _holds(solver):
                return None
            examples = self._examples(space, _statable(solver, space))
        if not (confirm(examples[0]) if confirm else wanted(*(example.world for example in examples))):
            raise Unsettled("the plain Python reading does not confirm the scenario that Z3 found")
        return examples

    def exists(self, wanted: Wanted, count: int = 1) -> bool:
        """Whether ``count`` worlds have the property. Raises Unsettled if Z3 reaches its limit."""
        space = self._space(count)
        with _asking(space.solver, wanted(*space.worlds)) as solver:
            return _holds(solver)

    def _new_space(self, count: int) -> _SymbolicSpace:
        rulebook = self._rulebook
        answers: list[dict[str, Variable]] = []
        for version in range(count):
            fresh = {name: free_answer(name, "'" * version) for name in self._free if _is_amount(name) or not version}
            answers.append({**(answers[0] if answers else {}), **fresh})
        traits = tuple(self._traits_of(offer) for offer in rulebook.offers)
        solver = z3.SimpleSolver()
        solver.set("rlimit", LIMIT)
        solver.set("random_seed", SEED)
        solver.set("ctrl_c", False)
        solver.add(
            *(limit for own in answers for limit in accepted(own)),
            *(variable.within_bounds for own in traits for variable in own.values()),
        )
        wishes = []
        for number, (variable, value) in enumerate(self._ordinary_values(answers, traits)):
            wish = z3.Bool(f"wish {number}")
            solver.add(z3.Implies(wish, variable.equals(value)))
            wishes.append((wish, variable))
        worlds = tuple(self._world(own, traits, solver) for own in answers)
        return _SymbolicSpace(tuple(answers), traits, worlds, tuple(wishes), solver)

    @property
    def _free(self) -> list[str]:
        """The answers that are free: how GPUs are paid is not, and the rest of their load only where it counts."""
        kept = {"gpu_billing"} if self._always_on else NOT_ASKED.keys()
        return [name for name in FIELD_NAMES if name not in kept]

    def _traits_of(self, offer: Offer) -> dict[str, Variable]:
        """The traits that gates read, free. Without a sentence to verify, a gate needs its traits to be known."""
        gates = self._rulebook.gates
        reads = {gate.id: self._rulebook.reads((gate,)) for gate in gates}
        return {
            name: free_trait(
                self._rulebook, name, offer.id, all(gate.provided for gate in gates if name in reads[gate.id])
            )
            for name in self._rulebook.traits
            if any(name in read for read in reads.values())
        }

    def _world(
        self, answers: dict[str, Variable], traits: tuple[dict[str, Variable], ...], solver: Any
    ) -> SymbolicScenario:
        answered = {name: variable.symbol for name, variable in answers.items()}
        if self._always_on:
            facts, limits = always_on_facts(self._rulebook, answered)
            solver.add(*limits)
        else:
            as_used = {name: Symbol(value) for name, value in NOT_ASKED.items()}
            facts = symbolic_facts(self._rulebook, {**as_used, **answered})
        amounts = {
            name: variable.value / 10**variable.name.places
            for name, variable in answers.items()
            if variable.name.places is not None
        }
        per_offer = tuple(
            {
                **{name: stated(value) for name, value in offer.traits.items()},
                **{name: variable.symbol for name, variable in free.items()},
            }
            for offer, free in zip(self._rulebook.offers, traits, strict=True)
        )
        return SymbolicScenario(self._rulebook, LOGIC, facts, per_offer, amounts)

    def _ordinary_values(
        self, answers: list[dict[str, Variable]], traits: tuple[dict[str, Variable], ...]
    ) -> list[tuple[Variable, Value]]:
        """The usual values of free values, the most important first: traits as stated, the most permissive answers."""
        as_stated: list[tuple[Variable, Value]] = [
            (variable, offer.traits[name])
            for offer, free in zip(self._rulebook.offers, traits, strict=True)
            for name, variable in free.items()
        ]
        pairs = [(name, variable) for own in answers for name, variable in own.items()]
        pairs.sort(key=lambda pair: (_is_amount(pair[0]), pair[0] in _LAST))
        return as_stated + [(variable, _ordinary_answer(name)) for name, variable in dict.fromkeys(pairs)]

    def _examples(self, space: _SymbolicSpace, model: Any) -> tuple[Example, ...]:
        offers = tuple(
            changed_offer(self._rulebook, offer, {name: _exact(free.read(model)) for name, free in own.items()})
            for offer, own in zip(self._rulebook.offers, space.traits, strict=True)
        )
        rulebook = self._rulebook if offers == self._rulebook.offers else replace(self._rulebook, offers=offers)
        return tuple(self._example(own, model, rulebook) for own in space.answers)

    def _example(self, answers: dict[str, Variable], model: Any, rulebook: Rulebook) -> Example:
        values = {name: _exact(variable.read(model)) for name, variable in answers.items()}
        stated_answers = {name: FIELD_NAMES[name].stated(value) for name, value in values.items() if value is not None}
        stated_answers |= {"gpu_billing": "always_on"} if self._always_on else {}
        if stated_answers[VOLUME_ENDS[0]] == stated_answers[VOLUME_ENDS[1]]:
            stated_answers = {name: value for name, value in stated_answers.items() if name not in VOLUME_ENDS}
        return Example(validated(stated_answers, "the scenario that Z3 found"), rulebook, self._rulebook)


def _is_amount(name: str) -> bool:
    return FIELD_NAMES[name].scope is Scope.AMOUNT


def _ordinary_answer(name: str) -> Value:
    """The first option; a usual amount; nothing where the answer is optional."""
    known, spec = FIELD_NAMES[name], FIELDS[name]
    if spec.optional and name not in VOLUME_ENDS:
        return None
    if spec.quantity:
        return spec.quantity.usual
    return known.values[0]


@contextmanager
def _asking(solver: Any, question: Any) -> Iterator[Any]:
    """The solver with the question asserted, as long as it is asked."""
    solver.push()
    try:
        solver.add(question)
        yield solver
    finally:
        solver.pop()


def _holds(solver: Any, *assumed: Any) -> bool:
    answer = solver.check(*assumed)
    if answer == z3.unknown:
        raise Unsettled(f"Z3 gave no answer within its limit of {LIMIT:,} steps ({solver.reason_unknown()})")
    return bool(answer == z3.sat)


def _ordinary(solver: Any, wishes: Sequence[tuple[Any, Variable]]) -> set[Variable]:
    """Keeps as many free values as possible at their usual values; returns the others."""
    place = {wish.get_id(): number for number, (wish, _) in enumerate(wishes)}
    kept, dropped = dict(enumerate(wish for wish, _ in wishes)), []
    while not _holds(solver, *kept.values()):
        dropped.append(max(place[wish.get_id()] for wish in solver.unsat_core()))
        del kept[dropped[-1]]
    solver.add(*kept.values())
    loose = set()
    for number in sorted(dropped):
        wish, variable = wishes[number]
        if _holds(solver, wish):
            solver.add(wish)
        else:
            loose.add(variable)
    return loose


def _statable(solver: Any, space: _SymbolicSpace) -> Any:
    """A model that a scenario file can state: with usual numbers if possible, else with whole steps from the start."""
    numbers = [free for own in (*space.answers, *space.traits) for free in own.values() if free.name.numeric]
    from_the_start = z3.And([z3.IsInt(variable.value) for variable in numbers])
    but_amounts = [(wish, variable) for wish, variable in space.wishes if variable.name.scope is not Scope.AMOUNT]
    for wishes, whole in ((space.wishes, True), (but_amounts, from_the_start)):
        with _asking(solver, whole):
            if whole is not True and not _holds(solver):
                break
            model = _whole(solver, space, _ordinary(solver, wishes))
        if model is not None:
            return model
    raise Unsettled("what Z3 found needs amounts finer than a scenario can state")


def _whole(solver: Any, space: _SymbolicSpace, loose: set[Variable]) -> Any:
    """A model whose loose numbers are whole steps, round ones if possible; None without any."""
    answers = sorted((pair for own in space.answers for pair in own.items()), key=lambda pair: pair[0] in _LAST)
    free = [*answers, *(pair for own in space.traits for pair in own.items())]
    _holds(solver)
    model, stubborn = solver.model(), []
    for variable in dict.fromkeys(variable for _, variable in free):
        if variable in loose:
            value = variable.read(model)
            near = _near(value, variable) if isinstance(value, Fraction) else (value,)
            found = _settled(solver, variable, near)
            model = found or model
            stubborn += [] if found else [variable]
    solver.add(*(z3.IsInt(variable.value) for variable in stubborn))
    return solver.model() if _holds(solver) else None


def _settled(solver: Any, variable: Variable, values: Iterable[Value]) -> Any:
    """Fixes a free value at the first possible one of some; returns a model with it, or None."""
    for value in values:
        solver.push()
        solver.add(variable.equals(value))
        model = solver.model() if _holds(solver) else None
        solver.pop()
        if model is not None:
            solver.add(variable.equals(value))
            return model
    return None


def _near(value: Fraction, variable: Variable) -> Iterator[int]:
    """Whole numbers: the usual one times powers of ten, then those close to the value, with few digits first."""
    spec = FIELDS.get(variable.name.name)
    usual = spec.quantity.usual if spec and spec.quantity else 0
    below = value.numerator // value.denominator
    digits = len(str(abs(below)))
    steps = [10**place for place in range(digits - 1, max(0, digits - 4), -1)]
    tens = [near for power in range(4) for near in (usual * 10**power, usual // 10**power) if near]
    rounded = [near for step in (*steps, 1) for near in (-(-below // step) * step, below // step * step, below + step)]
    yield from (near for near in (*tens, *rounded) if variable.least <= near <= variable.most)


def _exact(value: Value | Fraction) -> Any:
    return int(value) if isinstance(value, Fraction) else value
