"""The amounts as far as some rules can see them: one example for every combination of comparisons that can hold.

Starts from the amounts of the cases and from amounts drawn with a fixed seed; from each new combination it walks along
every amount to both sides of every break point, until nothing new is found. The amounts stay within bounds in which
every month can be computed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from advisor.domain.offer import Encoded
from advisor.domain.scenario import Axis
from advisor.rulebook.conditions import All, Comparison, comparisons
from advisor.rulebook.model import Preference, Rule, Rulebook
from advisor.rulebook.symbols import Name, Scope
from advisor.rulebook.terms import Expression, Number, Operation, Term, Use
from advisor.scenario_space.breakpoints import Breaks, bounds_of

AmountsOf = dict[str, Encoded]
Compared = tuple[Expression, str, Expression]
VOLUMES = ("monthly_images_low", "monthly_images", "monthly_images_high")
_MOST = {
    **dict.fromkeys(VOLUMES, 10**8),
    **dict.fromkeys(("open_price", "closed_price", "gpu_hour_price"), 50 * 10**6),
    "monthly_overhead": 10**15,
}
_LEAST = {"images_per_gpu_hour": 1000}
"""Within these a month comes to at most 6e9 dollars on any route."""
_DRAWN = 1000


def compared_amounts(rulebook: Rulebook, rules: Iterable[Rule]) -> dict[Compared, None]:
    """The comparisons of amounts that rules make, with their terms and constants written out."""
    found: dict[Compared, None] = {}
    for rule in rules:
        for comparison in comparisons(rule.when):
            known = rulebook.names.get(comparison.name)
            if known and known.numeric and known.scope is not Scope.NEED:
                left = _written_out(rulebook, comparison.name)
                found[left, comparison.op, _written_out(rulebook, comparison.right)] = None
    return found


def amount_cells(
    rulebook: Rulebook, compared: Iterable[Compared], names: tuple[str, ...], starts: Iterable[AmountsOf]
) -> list[AmountsOf]:
    """One example, with a value for each of ``names``, of every combination of truths that was found."""
    breaks = _breaks(rulebook, compared)
    found: dict[tuple[bool, ...], AmountsOf] = {}
    queue: list[AmountsOf] = []

    def visit(amounts: AmountsOf) -> None:
        truths = breaks.truths(amounts)
        if truths not in found:
            found[truths] = amounts
            queue.append(amounts)

    for amounts in (*filter(_is_within, starts), *_drawn(names)):
        visit(amounts)
    for amounts in queue:
        for name in names:
            least, most = _bounds(name, amounts)
            turns = breaks.along(amounts, name, (least, most)) if least < most else []
            for value in (*(value for turn in turns for value in (turn - 1, turn)), least, most):
                visit({**amounts, name: value})
    return list(found.values())


def _written_out(rulebook: Rulebook, side: Encoded | Expression) -> Expression:
    if isinstance(side, Operation):
        left, right = _written_out(rulebook, side.left), _written_out(rulebook, side.right)
        return replace(side, left=left, right=right)
    if isinstance(side, Number):
        return side
    if isinstance(side, Use):
        side = side.name
    if not isinstance(side, str):
        return Number(int(side))
    if side in rulebook.terms:
        return _written_out(rulebook, rulebook.terms[side].expression)
    return Number(rulebook.constants[side]) if side in rulebook.constants else Use(side)


def _breaks(rulebook: Rulebook, compared: Iterable[Compared]) -> Breaks:
    """The break points of these comparisons, as if one preference made them all."""
    terms: dict[str, Term] = {}
    numbers = count()

    def named(expression: Expression) -> str:
        name = Name(f"side_{next(numbers)}", Scope.TERM, places=0)
        terms[name.name] = Term(name, expression, frozenset())
        return name.name

    sides = {expression: named(expression) for left, _, right in compared for expression in (left, right)}
    when = All(tuple(Comparison(sides[left], op, sides[right], against_name=True) for left, op, right in compared))
    every = Preference(
        id="every-comparison", axis=Axis.COST, when=when, because="", source="", file="", line=0,
        prefer=(), over=(), running=frozenset(), out=frozenset(),
    )  # fmt: skip
    names = {**rulebook.names, **{name: term.name for name, term in terms.items()}}
    return Breaks(replace(rulebook, preferences=(every,), terms=terms, names=names))


def _bounds(name: str, amounts: Mapping[str, Encoded]) -> tuple[int, int]:
    least, most = bounds_of(name, amounts)
    return max(least, _LEAST.get(name, least)), min(most, _MOST.get(name, most))


def _is_within(amounts: AmountsOf) -> bool:
    bounds = {name: _bounds(name, {}) for name in amounts}
    return all(least <= int(amounts[name]) <= most for name, (least, most) in bounds.items())


def _drawn(names: tuple[str, ...]) -> Iterator[AmountsOf]:
    """Amounts over all magnitudes."""
    draw = random.Random(1)
    for _ in range(_DRAWN):
        amounts: AmountsOf = {}
        for name in names:
            if name not in VOLUMES:
                least, most = _bounds(name, {})
                amounts[name] = draw.randint(
                    least, min(most, draw.choice([10**size for size in range(20) if least <= 10**size]))
                )
        volumes = sorted(draw.randint(1, 10 ** draw.randint(1, 8)) for _ in VOLUMES)
        yield {**amounts, **dict(zip(VOLUMES, volumes, strict=True))}
