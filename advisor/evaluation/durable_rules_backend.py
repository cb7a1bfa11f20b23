"""The engine reading: durable_rules matches the facts. Only this module knows the engine's limitations.

durable_rules 2.0.28 is used as a matcher over typed, pre-computed facts, through its extension module. Its Python
layer starts polling threads, swallows exceptions of actions and drops rules after ten seconds. Here no action runs any
code: the agenda is drained, and only the names of the rules that fired are read.

How it is used safely:

* one wide fact per evaluation: asserted, drained, and retracted before the next one is asserted. A session is reused
  for all evaluations of a ruleset, because creating and deleting one costs three times the match; after an error it is
  abandoned for a new one, so that no fact of a failed evaluation is seen again;
* sessions are never deleted, because deleting one in which nothing fired crashes the process;
* a catch-all rule that always fires; if it does not, a fact was lost;
* only integers under 2**63, booleans and known words are asserted; unknown values are left out, and no rule tests for
  absence or inequality (negations are compiled into the remaining options). A rule that compares two names requires
  the right one first: if it is missing, the engine lets every comparison hold;
* one engine rule for each alternative of a condition, because ``$or`` fires once a branch;
* no arithmetic in rules, because a division by zero there kills the process;
* one lock, because a new ruleset loses facts if many threads use it at once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from itertools import combinations, count, product
from typing import Any

from advisor.common.diagnostics import BadInput, EngineFailure, Problem
from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.evaluation.compiler import Facts, GateMatch, match_each
from advisor.rulebook.model import EQUAL, MAX_BRANCHES_A_RULE, Comparison, Rule, Rulebook, branches, names_read

Pattern = dict[str, Any]
_OPERATORS = {"lt": "$lt", "le": "$lte", "gt": "$gt", "ge": "$gte"}
_EVERY_FACT = "any_fact"
_UNKNOWN = "unknown_"
_LARGEST = 2**63
MAX_PATTERNS = 60
"""Of one ruleset of the engine: it fails where one fact matches more than 64."""
_MAX_COMPARISONS = 500
"""In all of one ruleset: with more than 512 on one name the engine crashes."""
_REMEMBERED = 4096
_session_numbers = count()
_lock = threading.Lock()


def load_engine() -> Any:
    """The engine's extension module. Raises EngineFailure that says how to install it."""
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
    """Rules compiled into the engine once; ``match`` returns those that one fact satisfies, ``names`` those read.

    One fact may satisfy at most 64 patterns of a ruleset of the engine, so that many are split over several.
    """

    def __init__(self, name: str, patterns: Mapping[str, list[Pattern]], names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        self._order = {rule: position for position, rule in enumerate(patterns)}
        keyed = [(rule, pattern) for rule, alternatives in patterns.items() for pattern in alternatives]
        self._parts = [_Part(f"{name}_{number}", part) for number, part in enumerate(_split(keyed))]
        self.match({})

    def match(self, facts: Facts) -> tuple[str, ...]:
        """Ids of the rules it satisfies, in their order. Raises EngineFailure, and BadInput for too large a number."""
        content = self._content(facts)
        found = frozenset[str]().union(*(part.match(content) for part in self._parts))
        return tuple(sorted(found, key=self._order.__getitem__))

    def _content(self, facts: Facts) -> str:
        """The fact as JSON without braces; names the rules do not read are left out."""
        parts = [f'"{_EVERY_FACT}":1']
        for name in self.names:
            value = facts.get(name)
            if value is None:
                continue
            if isinstance(value, Unknown):
                parts.append(f'"{_UNKNOWN}{name}":true')
            elif isinstance(value, str):
                parts.append(f'"{name}":{_quoted(value)}')
            elif isinstance(value, bool):
                parts.append(f'"{name}":{"true" if value else "false"}')
            elif -_LARGEST < value < _LARGEST:
                parts.append(f'"{name}":{value}')
            else:
                what = f"`{name}` is {value:,}, and the engine compares whole numbers below 2**63 only"
                raise BadInput(Problem(what, field=name, help="check the amounts, and the numbers in terms.yaml"))
        return ",".join(parts)


def _split(keyed: list[tuple[str, Pattern]]) -> list[list[tuple[str, Pattern]]]:
    """Patterns in parts that the engine can match, at least one."""
    parts: list[list[tuple[str, Pattern]]] = [[]]
    comparisons = 0
    for rule, pattern in keyed:
        comparisons += len(pattern["$and"])
        if len(parts[-1]) == MAX_PATTERNS or comparisons > _MAX_COMPARISONS:
            parts.append([])
            comparisons = len(pattern["$and"])
        parts[-1].append((rule, pattern))
    return parts


class _Part:
    """One ruleset of the engine."""

    def __init__(self, name: str, patterns: list[tuple[str, Pattern]]) -> None:
        self._native = load_engine()
        self._rule_of = {str(number): rule for number, (rule, _) in enumerate(patterns)}
        definition: dict[str, Any] = {
            str(number): {"all": [{"m": pattern}]} for number, (_, pattern) in enumerate(patterns)
        }
        definition[_EVERY_FACT] = {"all": [{"m": {_EVERY_FACT: 1}}]}
        self._session = next(_session_numbers)
        with _lock:
            try:
                self._handle = self._native.create_ruleset(name, json.dumps(definition))
            except Exception as error:
                raise EngineFailure(f"the engine refused the rules of `{name}`: {error}") from error

    def match(self, content: str) -> set[str]:
        """Ids of the rules that a fact satisfies."""
        with _lock:
            message = f'{{"id":"1","sid":"{self._session}",{content}}}'
            try:
                fired = self._evaluate(message)
            except BaseException as error:
                # Also when interrupted: what was asserted must not be seen by the next evaluation.
                self._session = next(_session_numbers)
                if not isinstance(error, Exception):
                    raise
                raise EngineFailure(f"the engine failed with `{error}` on {message[:300]}") from error
        return {self._rule_of[key] for key in fired if key != _EVERY_FACT}

    def _evaluate(self, message: str) -> list[str]:
        """Asserts a fact, reads which rules fire, and retracts it."""
        refused, state = self._native.assert_fact(self._handle, message)
        if refused:
            raise RuntimeError(f"result {refused}")
        fired = []
        started = self._native.start_action_for_state(self._handle, state)
        action = started[1] if started else None
        while action:
            fired.append(action[2 : action.index('"', 2)])
            action = self._native.complete_and_start_action(self._handle, state)
        if _EVERY_FACT not in fired:
            raise RuntimeError("it lost the fact")
        self._native.retract_fact(self._handle, message)
        return fired


@lru_cache(maxsize=1024)
def _quoted(word: str) -> str:
    return json.dumps(word)


def _present(name: str) -> Pattern:
    return {"$gte": {name: 1 - _LARGEST}}


def _surely(comparison: Comparison) -> list[Pattern]:
    """What must match for a comparison to hold; a missing right side would match anything, so it is asked for."""
    if not comparison.against_name:
        if comparison.op == EQUAL:
            return [{comparison.name: comparison.right}]
        return [{_OPERATORS[comparison.op]: {comparison.name: comparison.right}}]
    right = str(comparison.right)
    return [_present(right), {_OPERATORS[comparison.op]: {comparison.name: {"$m": right}}}]


def _unknowns(comparison: Comparison, traits: Container[str]) -> list[list[Pattern]]:
    """Each way a comparison may hold because a trait is unknown; its other side must be there."""
    open_ended = [name for name in comparison.names if name in traits]
    return [
        [{_UNKNOWN + name: True} if name in unknown else _present(name) for name in comparison.names]
        for size in range(1, len(open_ended) + 1)
        for unknown in combinations(open_ended, size)
    ]


def _patterns(rules: Iterable[Rule], traits: Container[str] = ()) -> dict[str, list[Pattern]]:
    """For each rule one pattern for each of its alternatives, and one for each way it may hold by an unknown trait."""
    surely: dict[str, list[Pattern]] = {}
    maybe: dict[str, list[Pattern]] = {}
    for rule in rules:
        for branch in branches(rule.when, MAX_BRANCHES_A_RULE):
            known, *unknown = product(*([_surely(part), *_unknowns(part, traits)] for part in branch))
            surely.setdefault(rule.id, []).append(_together(known))
            maybe.setdefault(_UNKNOWN + rule.id, []).extend(map(_together, unknown))
    return {**surely, **maybe}


def _together(parts: Iterable[list[Pattern]]) -> Pattern:
    return {"$and": [{_EVERY_FACT: 1}, *(pattern for part in parts for pattern in part)]}


class EngineReading:
    """Matches rules with durable_rules.

    Gate facts hold words and levels only and therefore recur; their matches are remembered unless ``remember`` is
    false. Facts with amounts are matched anew each time.
    """

    name = "durable_rules"

    def __init__(self, rulebook: Rulebook, remember: bool = True) -> None:
        self._gates, self._preferences, self._advice = _rulesets(
            rulebook.digest[-16:], frozenset(rulebook.traits), rulebook.gates, rulebook.preferences, rulebook.advice
        )
        self._offers = rulebook.offers
        self._needs = tuple(name for name in self._gates.names if name not in rulebook.traits)
        self._traits = tuple(name for name in self._gates.names if name in rulebook.traits)
        self._gates_given = lru_cache(maxsize=_REMEMBERED)(self._match_gates) if remember else self._match_gates

    def gates(self, facts: Facts) -> tuple[GateMatch, ...]:
        return self._gates_given(tuple(facts.get(name) for name in self._needs))

    def _match_gates(self, needs: tuple[Encoded | Unknown | None, ...]) -> tuple[GateMatch, ...]:
        known = {name: value for name, value in zip(self._needs, needs, strict=True) if value is not None}
        return self.match_offers(known, self._offers)

    def match_offers(self, facts: Facts, offers: Iterable[Offer]) -> tuple[GateMatch, ...]:
        """Needs and each of these offers' traits against the gates; offers with equal traits are matched once."""
        return match_each(offers, self._traits, lambda offer: self.match_offer({**facts, **offer.traits}))

    def match_offer(self, facts: Facts) -> GateMatch:
        """Needs and one offer's traits against the gates."""
        fired = self._gates.match(facts)
        eliminating = tuple(rule for rule in fired if not rule.startswith(_UNKNOWN))
        possible = (rule.removeprefix(_UNKNOWN) for rule in fired if rule.startswith(_UNKNOWN))
        return GateMatch(eliminating, tuple(rule for rule in possible if rule not in eliminating))

    def preferences(self, facts: Facts) -> tuple[str, ...]:
        return self._preferences.match(facts)

    def advice(self, facts: Facts) -> tuple[str, ...]:
        return self._advice.match(facts)


@lru_cache(maxsize=16)
def _rulesets(
    digest: str,
    traits: frozenset[str],
    gates: tuple[Rule, ...],
    preferences: tuple[Rule, ...],
    advice: tuple[Rule, ...],
) -> tuple[Ruleset, Ruleset, Ruleset]:
    """The rules in the engine, compiled once whatever the offers: the engine cannot give a ruleset back."""
    return (
        Ruleset(f"gates_{digest}", _patterns(gates, traits), names_read(gates)),
        Ruleset(f"preferences_{digest}", _patterns(preferences), names_read(preferences)),
        Ruleset(f"advice_{digest}", _patterns(advice), names_read(advice)),
    )


@lru_cache(maxsize=8)
def engine_reading(rulebook: Rulebook) -> EngineReading:
    """The engine reading of a rulebook, cached."""
    return EngineReading(rulebook)
