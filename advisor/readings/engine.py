"""The engine reading: durable_rules matches the facts. Its quirks live here and nowhere else.

durable_rules 2.0.28 is used as a matcher over typed, pre-computed facts, through its extension module. Its Python
layer starts polling threads, swallows exceptions of actions and drops rules after ten seconds; here no action runs
any code at all: the agenda is drained and only the names of the rules that fired are read.

What keeps it inside its safe envelope:

* one wide fact an evaluation, in a session of its own, which is deleted afterwards;
* a catch-all rule, because deleting a session in which nothing fired crashes the process;
* only integers under 2**63, booleans and known words enter; what is not known is left out, and no rule of ours
  tests for absence or inequality (negations are compiled into the remaining options);
* one engine rule for each alternative of a condition, because ``$or`` fires once a branch;
* no arithmetic in rules, because a division by zero there kills the process;
* one lock, because a cold ruleset loses facts when many threads enter.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from advisor.errors import EngineFailure
from advisor.offers import Encoded, Unknown
from advisor.readings.matching import Facts, GateMatch
from advisor.rulebook.conditions import Comparison, branches, names_in_order
from advisor.rulebook.limits import MAX_BRANCHES_A_RULE
from advisor.rulebook.model import Rule, Rulebook

_OPERATORS = {"lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}
_EVERY_FACT = "any_fact"
_UNKNOWN = "unknown_"
_LARGEST = 2**63
_REMEMBERED = 4096
_session_numbers = itertools.count()
_lock = threading.Lock()


def _engine() -> Any:
    try:
        import durable_rules_engine
    except ImportError as error:
        raise EngineFailure(
            f"the rules engine cannot be imported: {error}",
            help="on Python 3.13 and later install it with "
            "`CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject pip install --no-binary :all: --force-reinstall "
            "durable_rules`, or use Python 3.11 or 3.12; a C compiler is needed",
        ) from None
    return durable_rules_engine


class Ruleset:
    """Rules compiled into the engine once; ``match`` tells which of them one fact satisfies."""

    def __init__(self, name: str, patterns: Mapping[str, list[dict[str, Any]]], names: Iterable[str]) -> None:
        self._native = _engine()
        self._names = tuple(sorted(names))
        self._rule_of: dict[str, str] = {}
        definition: dict[str, Any] = {}
        for rule, alternatives in patterns.items():
            for number, pattern in enumerate(alternatives):
                key = f"{len(self._rule_of)}_{number}"
                self._rule_of[key] = rule
                definition[key] = {"all": [{"m": pattern}]}
        definition["every_fact"] = {"all": [{"m": {_EVERY_FACT: 1}}]}
        self._order = {rule: position for position, rule in enumerate(patterns)}
        with _lock:
            try:
                self._handle = self._native.create_ruleset(name, json.dumps(definition))
            except Exception as error:
                raise EngineFailure(f"the engine refused the rules of `{name}`: {error}") from error
        self.match({})

    @property
    def names(self) -> tuple[str, ...]:
        """The names its rules read."""
        return self._names

    def match(self, facts: Facts) -> tuple[str, ...]:
        """Ids of the rules the fact satisfies, each once, in the order they were given. Raises EngineFailure."""
        session = str(next(_session_numbers))
        message = json.dumps({**self._message(facts), _EVERY_FACT: 1, "sid": session})
        with _lock:
            try:
                fired = self._drain(message, session)
            except Exception as error:
                raise EngineFailure(f"the engine failed with `{error}` on {message[:300]}") from error
        if "every_fact" not in fired:
            raise EngineFailure(f"the engine lost the fact {message[:300]}")
        found = {self._rule_of[key] for key in fired if key != "every_fact"}
        return tuple(sorted(found, key=self._order.__getitem__))

    def _message(self, facts: Facts) -> dict[str, Encoded]:
        message: dict[str, Encoded] = {}
        for name in self._names:
            value = facts.get(name)
            if value is None:
                continue
            if isinstance(value, Unknown):
                message[_UNKNOWN + name] = True
            elif isinstance(value, int) and not -_LARGEST < value < _LARGEST:
                raise EngineFailure("the engine compares whole numbers below 2**63 only", field=name)
            else:
                message[name] = value
        return message

    def _drain(self, message: str, session: str) -> list[str]:
        fired: list[str] = []
        asserted, state = self._native.assert_fact(self._handle, message)
        if asserted:
            raise EngineFailure(f"the engine answered {asserted} to a fact")
        try:
            started = self._native.start_action_for_state(self._handle, state)
            action = started[1] if started else None
            while action:
                fired.append(action[2 : action.index('"', 2)])
                action = self._native.complete_and_start_action(self._handle, state)
        finally:
            if fired:
                self._native.delete_state(self._handle, session)
        return fired


def _surely(comparison: Comparison) -> dict[str, Any]:
    if comparison.op == "eq":
        return {comparison.name: comparison.right}
    right: Any = {"$m": comparison.right} if comparison.against_name else comparison.right
    return {_OPERATORS[comparison.op]: {comparison.name: right}}


def _patterns(rule: Rule) -> list[dict[str, Any]]:
    found = branches(rule.when, MAX_BRANCHES_A_RULE)
    return [{"$and": [_surely(part) for part in branch]} if branch else {_EVERY_FACT: 1} for branch in found]


def _patterns_with_unknowns(rule: Rule, traits: Iterable[str]) -> list[dict[str, Any]]:
    """Each way the rule may hold because a trait it reads is unknown."""
    found: list[dict[str, Any]] = []
    for branch in branches(rule.when, MAX_BRANCHES_A_RULE):
        ways = [[_surely(part), *_unknowns(part, traits)] for part in branch]
        found += [{"$and": list(way)} for way in itertools.islice(itertools.product(*ways), 1, None)]
    return found


def _unknowns(comparison: Comparison, traits: Iterable[str]) -> list[dict[str, Any]]:
    """``name`` compared with an unknown trait still needs its other side to be there."""
    unknown = [name for name in comparison.names if name in traits]
    if not comparison.against_name or len(unknown) == len(comparison.names):
        return [{_UNKNOWN + name: True} for name in unknown]
    present = next(name for name in comparison.names if name not in traits)
    return [{"$and": [{_UNKNOWN + name: True}, {"$gte": {present: 0}}]} for name in unknown]


class EngineReading:
    """Matches rules with durable_rules.

    Gate facts hold words and levels only and therefore recur; their matches are remembered unless ``remember`` is
    false. Facts with amounts are matched anew each time.
    """

    name = "durable_rules"

    def __init__(self, rulebook: Rulebook, remember: bool = True) -> None:
        digest = rulebook.digest[-16:]
        gates = {rule.id: _patterns(rule) for rule in rulebook.gates}
        maybe = {_UNKNOWN + rule.id: _patterns_with_unknowns(rule, rulebook.traits) for rule in rulebook.gates}
        self._gates = Ruleset(f"gates_{digest}", {**gates, **maybe}, _names_of(rulebook.gates))
        self._preferences = Ruleset(
            f"preferences_{digest}",
            {rule.id: _patterns(rule) for rule in rulebook.preferences},
            _names_of(rulebook.preferences),
        )
        self._advice = Ruleset(
            f"advice_{digest}", {rule.id: _patterns(rule) for rule in rulebook.advice}, _names_of(rulebook.advice)
        )
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._match_gates) if remember else self._match_gates

    def gates(self, facts: Facts) -> GateMatch:
        """The gates that eliminate the offer described by the facts, and those that would if a trait were known."""
        return self._remembered(tuple(facts.get(name) for name in self._gates.names))

    def _match_gates(self, values: tuple[Encoded | Unknown | None, ...]) -> GateMatch:
        named = zip(self._gates.names, values, strict=True)
        fired = self._gates.match({name: value for name, value in named if value is not None})
        eliminating = tuple(rule for rule in fired if not rule.startswith(_UNKNOWN))
        possible = (rule.removeprefix(_UNKNOWN) for rule in fired if rule.startswith(_UNKNOWN))
        return GateMatch(eliminating, tuple(rule for rule in possible if rule not in eliminating))

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        """The preferences whose condition holds, whichever routes are running."""
        return self._preferences.match(facts)

    def advice(self, facts: Facts) -> tuple[str, ...]:
        """The advice whose condition holds."""
        return self._advice.match(facts)


def _names_of(rules: tuple[Rule, ...]) -> frozenset[str]:
    """The names these rules compare."""
    return frozenset(name for rule in rules for name in names_in_order(rule.when))


@lru_cache(maxsize=8)
def engine_reading(rulebook: Rulebook) -> EngineReading:
    """The engine reading of a rulebook, compiled once: the engine cannot give a ruleset back."""
    return EngineReading(rulebook)
