"""Findings within one condition: what contradicts itself, and what adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from advisor.common.diagnostics import Problem
from advisor.rulebook.conditions import EQUAL, All, AnyOf, Comparison, Condition
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.lint.satisfiability import Branch, Space, alternatives, space_of
from advisor.rulebook.model import Rule, Rulebook
from advisor.rulebook.unparse import condition_text, one_of_name

_Siblings = tuple[Condition, ...]


def condition_findings(rulebook: Rulebook) -> Iterator[Problem]:
    """The findings within the condition of each rule."""
    space = space_of(rulebook)
    for rule in rulebook.rules.values():
        if space.possible_alternatives(rule.when):
            yield from _Condition(rule, space).findings()
        else:
            what = f"rule `{rule.id}` can never fire: {_quoted(rule.when, space)} contradicts itself"
            help = "take back one of the comparisons, or the rule"
            yield Code.NEVER_FIRES.problem(what, rule.file, rule.line, help=help)


@dataclass
class _Condition:
    """The search through one rule's condition; ``done`` holds the parts already found."""

    rule: Rule
    space: Space
    done: list[Condition] = field(default_factory=list)

    def findings(self) -> Iterator[Problem]:
        parts = list(_parts(self.rule.when))
        for part, _ in parts:
            if self._always(part):
                yield self._found(Code.ALWAYS_TRUE, part, "holds whatever the value is", "take it back")
        for part, siblings in parts:
            if isinstance(part, AnyOf) and not part.complement and self.space.possible_alternatives(*siblings, part):
                yield from self._alternatives(part, siblings)
        for part, siblings in parts:
            if not self._is_done(part) and self._is_implied(part, siblings):
                what = "is implied by the conditions combined with it"
                yield self._found(Code.ADDS_NOTHING, part, what, "keep the narrower of the two")

    def _found(self, code: Code, part: Condition, what: str, help: str) -> Problem:
        self.done.append(part)
        what = f"in rule `{self.rule.id}`, {_quoted(part, self.space)} {what}"
        return code.problem(what, self.rule.file, self.rule.line, help=help)

    def _is_done(self, part: Condition) -> bool:
        return any(part is other for other in self.done)

    def _always(self, part: Condition) -> bool:
        if isinstance(part, Comparison):
            return self.space.implies((), part)
        if not isinstance(part, AnyOf):
            return False
        if name := one_of_name(part):
            listed = {other.right for other in part.parts if isinstance(other, Comparison)}
            return len(listed) == len(self.space.names[name].options or (False, True)) > 1
        numbers = [other for other in part.parts if isinstance(other, Comparison) and other.op != EQUAL]
        negated = [negation for number in numbers for negation in self.space.negations(number)]
        return len(numbers) == len(part.parts) and not self.space.possible(negated)

    def _alternatives(self, whole: AnyOf, siblings: _Siblings) -> Iterator[Problem]:
        around = _comparisons(siblings)
        for part in whole.parts:
            if not self.space.possible_alternatives(*siblings, part):
                what = "is an alternative that can never hold"
                yield self._found(Code.DEAD_ALTERNATIVE, part, what, "take the alternative back, or mend it")
        for part in whole.parts:
            if self._is_done(part) or self._is_done(whole):
                continue
            others = [other for other in whole.parts if other is not part and not self._is_done(other)]
            wider = [branch for other in others for branch in alternatives(other)]
            if all(self.space.covers(wider, around + branch) for branch in alternatives(part)):
                what = "is an alternative that another one includes"
                yield self._found(Code.ADDS_NOTHING, part, what, "keep the wider of the two")

    def _is_implied(self, part: Condition, siblings: _Siblings) -> bool:
        others = _comparisons(tuple(other for other in siblings if not self._is_done(other)))
        if not others or not self.space.possible(others):
            return False
        if isinstance(part, AnyOf) and part.complement:
            name = str(one_of_name(part))
            refused = {self.space.names[name].encode(option) for option in self.space.names[name].options}
            refused -= {value.right for value in part.parts if isinstance(value, Comparison)}
            excluded = not any(self.space.possible((*others, Comparison(name, EQUAL, value))) for value in refused)
            return excluded and any(name in other.names for other in others)
        return isinstance(part, Comparison) and self.space.covers([(part,)], others)


def _parts(condition: Condition, siblings: _Siblings = ()) -> Iterator[tuple[Condition, _Siblings]]:
    """Every part of a condition that somebody wrote, with the conditions combined with it."""
    yield condition, siblings
    if isinstance(condition, All) or (isinstance(condition, AnyOf) and not condition.complement):
        for place, part in enumerate(condition.parts):
            others = condition.parts[:place] + condition.parts[place + 1 :] if isinstance(condition, All) else ()
            yield from _parts(part, siblings + others)


def _comparisons(conditions: _Siblings) -> Branch:
    """The comparisons among some conditions that hold together."""
    found: Branch = ()
    for condition in conditions:
        if isinstance(condition, Comparison):
            found += (condition,)
        elif isinstance(condition, All):
            found += _comparisons(condition.parts)
    return found


def _quoted(condition: Condition, space: Space) -> str:
    return f"`{condition_text(condition, space.names)}`"
