"""A rule's ``when`` as a tree of all / any over comparisons, negations pushed down to the comparisons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from advisor.common.diagnostics import BadInput, did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import Encoded
from advisor.domain.quantity import NotANumber
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.symbols import Name, Scope

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
    f"{_COMPARED_WITH}; a new need is added in advisor/domain/scenario.py, as a "
    "field of `Scenario` with its axis, and its question in questions.yaml: see CONTRIBUTING.md, Adding a question"
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

    def parse(self, when: Mapping, negated: bool = False) -> Condition:
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
            if not isinstance(value, Sequence) or not value or not all(isinstance(p, Mapping) and p for p in value):
                what = f"`{key}` needs a list of conditions"
                raise self.error(Code.WRONG_FORM, what, line, "start each with `- name: value`")
            parts = tuple(self.parse(part, negated) for part in value)
            return AnyOf(parts) if (key == "any") != negated else All(parts)
        if key == "not":
            if not isinstance(value, Mapping) or not value:
                raise self.error(Code.WRONG_FORM, "`not` needs a condition", line, "write `not: {name: value}`")
            return self.parse(value, not negated)
        if key not in self.names:
            raise self._unknown(key, line, _NEW_NAME)
        name = self.names[key]
        if isinstance(value, Mapping):
            return self._operators(name, value, line, negated)
        options = list(value) if isinstance(value, Sequence) else [value]
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

    def _operators(self, name: Name, operators: Mapping, line: int, negated: bool) -> Condition:
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
