"""The loaded rulebook: rules with their conditions, the terms they compare, and the offers they judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.offer import Encoded, Offer, Trait
from advisor.domain.quantity import NotANumber
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.records import Code
from advisor.rulebook.symbols import Name, Scope
from advisor.rulebook.terms import Term

NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
EQUAL = "eq"
LARGEST = 2**63
"""The engine compares whole numbers below this."""


@dataclass(frozen=True)
class Comparison:
    """``name op right``; ``right`` is an encoded literal, or another name when ``against_name``."""

    name: str
    op: str
    right: Encoded
    against_name: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names it reads."""
        return (self.name, str(self.right)) if self.against_name else (self.name,)


@dataclass(frozen=True)
class All:
    """True when every part is; an empty one is always true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """True when some part is. With ``complement`` the parts are the values that a `not` in the file leaves."""

    parts: tuple[Condition, ...]
    complement: bool = field(default=False, compare=False)


Condition = Comparison | All | AnyOf


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Every comparison in the tree, from left to right."""
    if isinstance(condition, Comparison):
        yield condition
    else:
        for part in condition.parts:
            yield from comparisons(part)


def names_in_order(condition: Condition) -> tuple[str, ...]:
    """Every name the condition reads, each once, from left to right."""
    return tuple(dict.fromkeys(name for comparison in comparisons(condition) for name in comparison.names))


def branches(condition: Condition, limit: int) -> list[tuple[Comparison, ...]]:
    """The condition in disjunctive normal form. Raises ValueError when it has more than ``limit`` branches."""
    if isinstance(condition, Comparison):
        return [(condition,)]
    if isinstance(condition, AnyOf):
        found = [branch for part in condition.parts for branch in branches(part, limit)]
    else:
        found = [()]
        for part in condition.parts:
            more = branches(part, limit)
            if len(found) * len(more) > limit:
                raise ValueError(f"it has more than {limit} alternatives")
            found = [left + right for left in found for right in more]
    if len(found) > limit:
        raise ValueError(f"it has more than {limit} alternatives")
    return list(dict.fromkeys(found))


_COMPARED_WITH = "use a scenario field, a trait, a term or a constant"
_NEW_NAME = (
    f"{_COMPARED_WITH}; a new trait is added in routes.yaml, a new need in advisor/domain/scenario.py, as a "
    "field of `Scenario` with its axis, and its question in questions.yaml: see CONTRIBUTING.md, Adding a trait or an "
    "offer, and Adding a question"
)
_OPERATORS = "use lt, le, gt, ge or not"
_AMOUNTS = "amounts are compared by preferences and advice, not by gates"
_READ_BY = {
    Scope.NEED: "it is an answer of the scenario",
    Scope.TRAIT: "only gates read traits: an offer has them, a route does not",
    Scope.AMOUNT: _AMOUNTS,
    Scope.TERM: _AMOUNTS,
    Scope.CONSTANT: _AMOUNTS,
    Scope.STANDING: "only preferences read whether a route is running or out",
    Scope.OUTCOME: "only advice reads the outcome",
}


@dataclass(frozen=True)
class ConditionParser:
    """Parses the ``when`` of one rule. Every error names the rule, the file and the line."""

    names: dict[str, Name]
    file: str
    rule: str
    others: dict[str, Name] = field(default_factory=dict)
    """Names that other kinds of rules may use, for the error."""

    def parse(self, when: yaml_loader.Mapping, negated: bool = False) -> Condition:
        """A mapping: all its entries together (or, negated, the failure of any)."""
        parts = tuple(self._entry(key, value, when.lines[key], negated) for key, value in when.items())
        return self._joined(parts, negated)

    def error(self, code: Code, what: str, line: int, help: str) -> BadInput:
        """The error for something wrong in this rule's condition."""
        return code.fault(f"in rule `{self.rule}`, {what}", self.file, line, help=help)

    def _unknown(self, name: str, line: int, help: str) -> BadInput:
        if name in self.others:
            why = _READ_BY[self.others[name].scope]
            return self.error(Code.WRONG_KIND_OF_NAME, f"`{name}` cannot be read here", line, why)
        help = did_you_mean(name, self.names) or help
        return self.error(Code.UNKNOWN_NAME, f"the name {quoted(name)} is not known here", line, help)

    @staticmethod
    def _joined(parts: tuple[Condition, ...], alternatives: bool) -> Condition:
        if len(parts) == 1:
            return parts[0]
        return AnyOf(parts) if alternatives else All(parts)

    def _entry(self, key: str, value: Any, line: int, negated: bool) -> Condition:
        if key in ("all", "any"):
            if (
                not isinstance(value, yaml_loader.Sequence)
                or not value
                or not all(isinstance(p, yaml_loader.Mapping) and p for p in value)
            ):
                what = f"`{key}` needs a list of conditions"
                raise self.error(Code.WRONG_FORM, what, line, "start each with `- name: value`")
            parts = tuple(self.parse(part, negated) for part in value)
            return AnyOf(parts) if (key == "any") != negated else All(parts)
        if key == "not":
            if not isinstance(value, yaml_loader.Mapping) or not value:
                raise self.error(Code.WRONG_FORM, "`not` needs a condition", line, "write `not: {name: value}`")
            return self.parse(value, not negated)
        if key not in self.names:
            raise self._unknown(key, line, _NEW_NAME)
        name = self.names[key]
        if isinstance(value, yaml_loader.Mapping):
            return self._operators(name, value, line, negated)
        options = list(value) if isinstance(value, yaml_loader.Sequence) else [value]
        if not options:
            raise self.error(Code.WRONG_FORM, f"the list for `{key}` is empty", line, "name at least one value")
        return self._one_of(name, options, line, negated)

    def _one_of(self, name: Name, values: list[Any], line: int, negated: bool) -> Condition:
        if name.numeric:
            what = f"`{name.name}` is a number and is compared for equality"
            raise self.error(Code.WRONG_COMPARISON, what, line, "use lt, le, gt or ge")
        wanted = [self._literal(name, value, line) for value in values]
        if negated:
            wanted = [code for code in name.values if code not in wanted]
            if not wanted:
                what = f"no value of `{name.name}` is left, so the rule can never fire"
                raise self.error(Code.NO_VALUE_LEFT, what, line, "leave a value out of the list")
        found = tuple(Comparison(name.name, EQUAL, code) for code in wanted)
        return found[0] if len(found) == 1 else AnyOf(found, complement=negated)

    def _operators(self, name: Name, operators: yaml_loader.Mapping, line: int, negated: bool) -> Condition:
        if not operators:
            what = f"the comparison of `{name.name}` is empty"
            raise self.error(Code.WRONG_FORM, what, line, _OPERATORS)
        parts = []
        for op, right in operators.items():
            if op == "not":
                parts.append(self._entry(name.name, right, line, not negated))
            elif op in NEGATED:
                parts.append(self.compare(name, NEGATED[op] if negated else op, right, line))
            else:
                raise self.error(Code.WRONG_COMPARISON, f"{quoted(op)} is not a comparison", line, _OPERATORS)
        return self._joined(tuple(parts), negated)

    def compare(self, name: Name, op: str, right: Any, line: int) -> Comparison:
        """One comparison with a value or with another name. Raises BadInput."""
        if not name.comparable:
            what = f"`{name.name}` has no order, so `{op}` does not apply"
            raise self.error(Code.WRONG_COMPARISON, what, line, "name the values instead")
        other = self.names.get(right) if isinstance(right, str) and right not in name.options else None
        if isinstance(right, str) and right not in name.options and other is None:
            raise self._unknown(right, line, _COMPARED_WITH)
        if other and ((other.options, other.places) != (name.options, name.places) or other.scope is Scope.STANDING):
            what = f"`{name.name}` and `{other.name}` hold different kinds of values"
            help = "compare amounts with amounts of the same unit, levels with the same levels"
            raise self.error(Code.MIXED_UNITS, what, line, help)
        # Division is rounded up, which is exact only for ``x < quotient`` and ``quotient <= x``.
        rounded = name if op in ("lt", "ge") else other
        if rounded and rounded.quotient:
            what = "the comparison is not exact, because a quotient is rounded up"
            help = "compare as `x: {lt: quotient}` or `x: {ge: quotient}`, with no division in x"
            raise self.error(Code.INEXACT_COMPARISON, what, line, help)
        if other:
            return Comparison(name.name, op, other.name, against_name=True)
        return Comparison(name.name, op, self._literal(name, right, line))

    def _literal(self, name: Name, value: Any, line: int) -> Encoded:
        try:
            code = name.encode(value)
        except NotANumber as error:
            raise self.error(Code.WRONG_VALUE, str(error), line, error.help) from None
        if isinstance(code, int) and abs(code) >= LARGEST:
            what = f"{quoted(value)} is larger than the engine can compare"
            raise self.error(Code.ENGINE_LIMIT, what, line, "check the unit")
        return code


@dataclass(frozen=True)
class Rule:
    """The fields of every rule. ``file`` and ``line`` are its place."""

    id: str
    axis: Axis
    when: Condition
    because: str
    source: str
    file: str
    line: int


def names_read(rules: Iterable[Rule]) -> frozenset[str]:
    """The names that the conditions of some rules read."""
    return frozenset(name for rule in rules for name in names_in_order(rule.when))


@dataclass(frozen=True)
class Gate(Rule):
    """Eliminates an offer; while a trait that it reads is unknown, ``provided`` becomes a condition to verify."""

    provided: str | None


@dataclass(frozen=True)
class Preference(Rule):
    """Prefers each route of ``prefer`` over each of ``over``, while ``running`` are still in and ``out`` are not."""

    prefer: tuple[Route, ...]
    over: tuple[Route, ...]
    running: frozenset[Route]
    out: frozenset[Route]


@dataclass(frozen=True)
class Advice(Rule):
    """Advice on a decision; the text ``advise`` contains {figures}."""

    advise: str


@dataclass(frozen=True)
class Case:
    """A test case of the rules: a scenario and its expected outcome.

    ``rules`` must fire; a rule that the case is ``about`` and that is not among them must not. ``offers`` are the
    rulebook's, with the traits that the case changes.
    """

    id: str
    about: tuple[str, ...]
    scenario: Mapping[str, object]
    offers: tuple[Offer, ...]
    route: Route | None
    deciding_axis: Axis | None
    rules: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True, eq=False)
class Rulebook:
    """Everything in ``rules/``, checked.

    ``digest`` is the SHA-256 of the content of the folder (white space and cases do not count), ``offers_digest`` that
    of the offers that compete. ``places`` holds the file and the line of each constant and term. The price of a route
    that is ``priced`` is that of its offers, and no scenario states it. ``quotes`` are the user's own, which
    ``offers`` hold with the licence of each checkpoint that they could run.
    """

    traits: Mapping[str, Trait]
    offers: tuple[Offer, ...]
    names: Mapping[str, Name]
    constants: Mapping[str, int]
    terms: Mapping[str, Term]
    places: Mapping[str, tuple[str, int]]
    gates: tuple[Gate, ...]
    preferences: tuple[Preference, ...]
    advice: tuple[Advice, ...]
    cases: tuple[Case, ...]
    digest: str
    offers_digest: str
    priced: frozenset[Route] = frozenset()
    quotes: tuple[Offer, ...] = ()

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule by its id."""
        return {rule.id: rule for rule in (*self.gates, *self.preferences, *self.advice)}

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """The routes that have an offer, in their fixed order."""
        offered = {offer.route for offer in self.offers}
        return tuple(route for route in Route if route in offered)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The checkpoints that offers run, in the order of the offers."""
        return tuple(dict.fromkeys(offer.model for offer in self.offers if offer.model is not None))

    def reads(self, rules: tuple[Rule, ...]) -> frozenset[str]:
        """The names these rules read, with the fields behind each term."""
        direct = names_read(rules)
        return direct.union(*(self.terms[name].reads for name in direct if name in self.terms))


_SPLIT = "split the rule, or say it with fewer alternatives"
MAX_BRANCHES_A_RULE = 32
"""The limits of durable_rules 2.0.28: past them it fails with a bare number, hangs or crashes."""
MAX_PATTERNS_A_RULE = 256
MAX_COMPARISONS_A_BRANCH = 15


def engine_limits(rulebook: Rulebook) -> Iterator[Problem]:
    """Every rule that is too large for the engine; of how many there are, nothing is too large."""
    traits = rulebook.traits.keys()
    for rule in rulebook.rules.values():
        try:
            found = branches(rule.when, MAX_BRANCHES_A_RULE)
        except ValueError as error:
            yield _too_large(rule, f"rule `{rule.id}` is too large for the engine: {error}")
            continue
        # A trait needs two patterns, one for its value and one for unknown.
        patterns = sum(2 ** sum(not traits.isdisjoint(part.names) for part in branch) for branch in found)
        if max(map(len, found), default=0) > MAX_COMPARISONS_A_BRANCH:
            yield _too_large(rule, f"rule `{rule.id}` compares more than {MAX_COMPARISONS_A_BRANCH} values together")
        elif patterns > MAX_PATTERNS_A_RULE:
            what = f"rule `{rule.id}` has {patterns} alternatives, as each trait that it reads may be unknown"
            yield _too_large(rule, f"{what}, more than the {MAX_PATTERNS_A_RULE} the engine can match")


def _too_large(rule: Rule, what: str) -> Problem:
    return Code.ENGINE_LIMIT.problem(what, rule.file, rule.line, help=_SPLIT)
