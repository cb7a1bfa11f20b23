"""Which branches of conditions some values satisfy, and which cover others: against trying every value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.offer import Encoded
from advisor.evaluation.compiler import PLAIN
from advisor.rulebook.lint import Space, space_of
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import EQUAL, NEGATED, Comparison
from tests.helpers.strategies import examples

SPACE = space_of(bundled_rulebook())
NAMES = ("latency", "quality", "indemnity_required", "control", "control_depth")


def values(name: str) -> tuple[Encoded, ...]:
    known = SPACE.names[name]
    return tuple(known.encode(option) for option in known.options or (False, True))


def branches() -> st.SearchStrategy[tuple[Comparison, ...]]:
    equal = st.sampled_from(NAMES).flatmap(
        lambda name: st.sampled_from(values(name)).map(lambda value: Comparison(name, EQUAL, value))
    )
    ordered, op = st.sampled_from(("control", "control_depth")), st.sampled_from(sorted(NEGATED))
    level = st.builds(Comparison, ordered, op, st.integers(0, 3))
    pair = st.builds(lambda name, op, other: Comparison(name, op, other, True), ordered, op, ordered)
    return st.lists(st.one_of(equal, level, pair), max_size=5).map(tuple)


def worlds(names: Iterable[str]) -> Iterator[dict[str, Encoded]]:
    """Every way some names may have values, or none."""
    names = tuple(dict.fromkeys(names))
    for chosen in product(*((None, *values(name)) for name in names)):
        yield {name: value for name, value in zip(names, chosen, strict=True) if value is not None}


def holds(branch: Iterable[Comparison], world: dict[str, Encoded]) -> bool:
    return all(PLAIN.compare(world, comparison)[0] for comparison in branch)


def read(*parts: tuple[Comparison, ...]) -> list[str]:
    return [name for branch in parts for comparison in branch for name in comparison.names]


@examples(in_ci=200)
@given(branches())
def test_a_branch_is_possible_exactly_when_some_values_satisfy_it(branch: tuple[Comparison, ...]) -> None:
    assert SPACE.possible(branch) == any(holds(branch, world) for world in worlds(read(branch)))


@examples(in_ci=200)
@given(branches(), branches())
def test_a_branch_is_covered_exactly_when_the_other_holds_wherever_it_does(
    branch: tuple[Comparison, ...], other: tuple[Comparison, ...]
) -> None:
    truly = all(holds(other, world) for world in worlds(read(branch, other)) if holds(branch, world))
    if SPACE.possible(branch):
        assert SPACE.covers([other], branch) == truly


def test_numbers_of_different_places_have_their_own_bounds() -> None:
    least = Space(SPACE.names, {})
    assert not least.possible([Comparison("open_price", "lt", 1)])
    assert least.possible([Comparison("open_price", "lt", 2)])
