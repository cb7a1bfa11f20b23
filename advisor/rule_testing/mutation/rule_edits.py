"""Small changes of conditions and rulebooks, made on the model: what coverage forces and mutants change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.rulebook.model import (
    EQUAL,
    NEGATED,
    Advice,
    All,
    AnyOf,
    Comparison,
    Condition,
    Gate,
    Preference,
    Rule,
    Rulebook,
)
from advisor.rulebook.symbols import Name

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
    raise BadInput(Problem(f"there is no rule {quoted(name)}", help=help))


def shown(comparison: Comparison, names: dict[str, Name]) -> str:
    """A comparison as it is written in a rule."""
    name = names[comparison.name]
    right = str(comparison.right) if comparison.against_name else name.decode(comparison.right)
    return f"{comparison.name}: {right if comparison.op == EQUAL else f'{{{comparison.op}: {right}}}'}"
