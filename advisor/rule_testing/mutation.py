"""Mutants, the versions of a rulebook with one small fault: which its cases notice, and whether any scenario could.

Only versions that would load are mutants: a comparison that is not exact, or a term with mixed units, is refused there.
The axis of advice is only printed, and so is a constant that nothing compares: neither is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import Axis, Route
from advisor.rule_testing.cases import RulebookVersion, differences, situation_of
from advisor.rule_testing.distinguish import Distinction, ScenarioSearch
from advisor.rulebook.listing import names_of
from advisor.rulebook.model import (
    EQUAL,
    NEGATED,
    Advice,
    All,
    AnyOf,
    Comparison,
    Condition,
    ConditionParser,
    Gate,
    Preference,
    Rule,
    Rulebook,
    names_in_order,
)
from advisor.rulebook.symbols import OUT, RUNNING, Name
from advisor.rulebook.terms import Choice, Expression, Number, Term, Use, parse_term, parts_of, term_text, with_parts

_ENDS = {"_low": "_high", "_high": "_low"}


@dataclass(frozen=True, eq=False)
class Mutant:
    """A rulebook with one fault: in which rule (or term, or constant), what was changed, and its place."""

    rule: str
    what: str
    file: str
    line: int
    rulebook: Rulebook


def mutants(rulebook: Rulebook) -> Iterator[Mutant]:
    """Every mutant, each once, in the order of the rules."""
    for rule in rulebook.rules.values():
        yield Mutant(rule.id, "the rule is dropped", rule.file, rule.line, with_rule(rulebook, rule, None))
        seen: list[Rule] = [rule]
        for what, changed in _rule_changes(rulebook, rule):
            if changed not in seen:
                seen.append(changed)
                yield Mutant(rule.id, what, rule.file, rule.line, with_rule(rulebook, rule, changed))
    yield from _term_mutants(rulebook)


def _rule_changes(rulebook: Rulebook, rule: Rule) -> Iterator[tuple[str, Rule]]:
    names = names_of(rulebook)
    if rule.when != ALWAYS:
        yield "its condition is negated", replace(rule, when=negated(rule.when, names))
    for at, comparison in occurrences(rule.when):
        text = shown(comparison, names)
        yield f"`{text}` is dropped", replace(rule, when=with_part(rule.when, at, None))
        for other in _other_comparisons(comparison, names):
            what = f"`{text}` becomes `{shown(other, names)}`"
            yield what, replace(rule, when=with_part(rule.when, at, other))
    if isinstance(rule, Preference):
        yield from _preference_changes(rule)
    if isinstance(rule, Gate | Preference):
        axes = list(Axis)
        place = axes.index(rule.axis)
        for axis in (*axes[max(0, place - 1) : place], *axes[place + 1 : place + 2]):
            yield f"its axis {rule.axis} becomes {axis}", replace(rule, axis=axis)


def _other_comparisons(comparison: Comparison, names: dict[str, Name]) -> Iterator[Comparison]:
    """Other options, other operators, a step to either side, and the other end of the range of volumes."""
    known = names[comparison.name]
    if comparison.op == EQUAL:
        yield from (replace(comparison, right=other) for other in known.others(comparison.right))
        return
    others = [replace(comparison, op=op) for op in NEGATED if op != comparison.op]
    if not comparison.against_name:
        others += [replace(comparison, right=int(comparison.right) + step) for step in (-1, 1)]
    others += [replace(comparison, name=end) for end in _other_end(comparison.name, names)]
    if comparison.against_name:
        others += [replace(comparison, right=end) for end in _other_end(str(comparison.right), names)]
    yield from (other for other in others if _would_load(other, names))


def _other_end(name: str, names: Mapping[str, Name]) -> list[str]:
    """The same amount in the low month for the high one, and the reverse."""
    ends = [name.removesuffix(end) + other for end, other in _ENDS.items() if name.endswith(end)]
    return [end for end in ends if end in names]


def _would_load(comparison: Comparison, names: dict[str, Name]) -> bool:
    known = names[comparison.name]
    right: object = comparison.right
    if not comparison.against_name:
        if known.ordered and not 0 <= int(comparison.right) < len(known.options):
            return False
        right = known.options[int(comparison.right)] if known.ordered else Decimal(known.decode(comparison.right))
    try:
        return ConditionParser(names, "", "").compare(known, comparison.op, right, 0) == comparison
    except BadInput:
        return False


def _preference_changes(rule: Preference) -> Iterator[tuple[str, Preference]]:
    for route in Route:
        if route in rule.running:
            without = replace(rule, running=rule.running - {route})
            yield f"`{route}: {RUNNING}` is dropped", without
            yield f"`{route}: {RUNNING}` becomes `{OUT}`", replace(without, out=rule.out | {route})
        if route in rule.out:
            without = replace(rule, out=rule.out - {route})
            yield f"`{route}: {OUT}` is dropped", without
            yield f"`{route}: {OUT}` becomes `{RUNNING}`", replace(without, running=rule.running | {route})
    yield "prefer and over are exchanged", replace(rule, prefer=rule.over, over=rule.prefer)
    for key, routes in (("prefer", rule.prefer), ("over", rule.over)):
        for route in routes if len(routes) > 1 else ():
            fewer = tuple(other for other in routes if other is not route)
            changed = replace(rule, prefer=fewer) if key == "prefer" else replace(rule, over=fewer)
            yield f"{route} is taken out of `{key}`", changed


def _term_mutants(rulebook: Rulebook) -> Iterator[Mutant]:
    for name, term in rulebook.terms.items():
        for other in dict.fromkeys(_other_expressions(term.expression, rulebook.names)):
            mutated = _loaded(rulebook, term, other)
            if mutated and mutated != term:
                what = f"`{term_text(term.expression)}` becomes `{term_text(other)}`"
                terms = {**rulebook.terms, name: mutated}
                yield Mutant(name, what, *rulebook.places[name], replace(rulebook, terms=terms))
    compared = {name for rule in rulebook.rules.values() for name in names_in_order(rule.when)}
    for name, value in rulebook.constants.items():
        if name in compared or any(name in term.reads for term in rulebook.terms.values()):
            for other_value in (value - 1, value + 1):
                if other_value > 0:
                    constants = {**rulebook.constants, name: other_value}
                    changed = replace(rulebook, constants=constants)
                    yield Mutant(name, f"`{value}` becomes `{other_value}`", *rulebook.places[name], changed)


def _other_expressions(expression: Expression, names: Mapping[str, Name]) -> Iterator[Expression]:
    """Another constant, another operator, or the other end of the range of volumes, at one place."""
    if isinstance(expression, Number):
        yield from (Number(expression.value + step) for step in (-1, 1))
    elif isinstance(expression, Use):
        yield from map(Use, _other_end(expression.name, names))
    elif isinstance(expression, Choice):
        yield replace(expression, then=expression.otherwise, otherwise=expression.then)
    elif expression.op == "max":
        yield from (expression.left, expression.right)
    else:
        yield from (replace(expression, op=op) for op in "+-*/" if op != expression.op)
    parts = parts_of(expression)
    for place, part in enumerate(parts):
        for other in _other_expressions(part, names):
            yield with_parts(expression, (*parts[:place], other, *parts[place + 1 :]))


def _loaded(rulebook: Rulebook, term: Term, expression: Expression) -> Term | None:
    """The term with another expression as it would be loaded; None if it would be refused."""
    try:
        mutated = parse_term(term.name.name, term_text(expression), rulebook.names, "", 0)
    except BadInput:
        return None
    return mutated if mutated.name == term.name else None


@dataclass(frozen=True)
class Survivor:
    """A mutant under which every case holds, and a scenario that distinguishes it from the rules, if any does."""

    mutant: Mutant
    distinction: Distinction | None
    why_equivalent: str


@dataclass(frozen=True)
class MutationResult:
    """The result for all mutants. ``failing`` are cases that fail without any mutant; then none is tried."""

    failing: tuple[str, ...]
    killed: int
    survivors: tuple[Survivor, ...]
    searched: str

    @property
    def gaps(self) -> tuple[Survivor, ...]:
        """Survivors that some scenario distinguishes from the rules."""
        return tuple(survivor for survivor in self.survivors if survivor.distinction)

    @property
    def equivalent(self) -> tuple[Survivor, ...]:
        """Survivors that no scenario distinguishes."""
        return tuple(survivor for survivor in self.survivors if not survivor.distinction)


def mutate(rulebook: Rulebook, only: str | None = None) -> MutationResult:
    """Tries every mutant, or those of one rule, term or constant. Raises BadInput for a case that is no scenario."""
    original = RulebookVersion(rulebook)
    cases = [(case, situation_of(case)) for case in rulebook.cases]
    failing = tuple(case.id for case, situation in cases if differences(case, original.outcome_of(situation)))
    if failing:
        return MutationResult(failing, 0, (), "")
    search = ScenarioSearch(original, [situation for _, situation in cases])
    survivors = []
    killed = 0
    for mutant in (mutant for mutant in mutants(rulebook) if only in (None, mutant.rule)):
        version = RulebookVersion(mutant.rulebook, original)
        about_it_first = sorted(cases, key=lambda pair: mutant.rule not in pair[0].about)
        if any(differences(case, version.outcome_of(situation)) for case, situation in about_it_first):
            killed += 1
        else:
            distinction = search.distinguish(version)
            survivors.append(Survivor(mutant, distinction, "" if distinction else search.why_equivalent(version)))
    return MutationResult((), killed, tuple(survivors), search.extent)


# ---- small changes of conditions and rulebooks, which coverage forces too

Path = tuple[int, ...]
"""The place of a part of a condition: which part of which part."""
ALWAYS, NEVER = All(()), AnyOf(())


def occurrences(condition: Condition, at: Path = ()) -> Iterator[tuple[Path, Comparison]]:
    """Every comparison with its place, from left to right."""
    if isinstance(condition, Comparison):
        yield at, condition
    else:
        for number, part in enumerate(condition.parts):
            yield from occurrences(part, (*at, number))


def with_part(condition: Condition, at: Path, part: Condition | None) -> Condition:
    """The condition with another part at a place, or without it. Without the whole, it always holds."""
    if not at:
        return ALWAYS if part is None else part
    assert not isinstance(condition, Comparison)
    first, rest = at[0], at[1:]
    inner = part if not rest else with_part(condition.parts[first], rest, part)
    return replace(
        condition, parts=condition.parts[:first] + ((inner,) if inner else ()) + condition.parts[first + 1 :]
    )


def negated(condition: Condition, names: dict[str, Name]) -> Condition:
    """The negation of a condition."""
    if isinstance(condition, Comparison):
        if condition.op != EQUAL:
            return replace(condition, op=NEGATED[condition.op])
        others = tuple(replace(condition, right=other) for other in names[condition.name].others(condition.right))
        return others[0] if len(others) == 1 else AnyOf(others)
    parts = tuple(negated(part, names) for part in condition.parts)
    return AnyOf(parts) if isinstance(condition, All) else All(parts)


def with_rule(rulebook: Rulebook, old: Rule, new: Rule | None) -> Rulebook:
    """The rulebook with another rule in an old one's place, or without it. Kinds not touched stay the same objects."""
    kind = {Gate: "gates", Preference: "preferences", Advice: "advice"}[type(old)]
    rules: tuple[Rule, ...] = getattr(rulebook, kind)
    kept = tuple(new if rule is old else rule for rule in rules if new is not None or rule is not old)
    changes: dict[str, Any] = {kind: kept}
    return replace(rulebook, **changes)


def checked(name: str | None, known: Iterable[str]) -> str | None:
    """The requested name of a rule, or None by default. Raises BadInput if there is no such rule."""
    known = tuple(known)
    if name is None or name in known:
        return name
    help = did_you_mean(name, known) or "`advisor rules show` lists the rules"
    raise BadInput(Problem(f"there is no rule {quoted(name)}", "--rule", help=help))


def shown(comparison: Comparison, names: dict[str, Name]) -> str:
    """A comparison as it is written in a rule."""
    name = names[comparison.name]
    right = str(comparison.right) if comparison.against_name else name.decode(comparison.right)
    return f"{comparison.name}: {right if comparison.op == EQUAL else f'{{{comparison.op}: {right}}}'}"
