"""The values of each question that the rules can distinguish, and every combination of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import TypeVar

from advisor.domain.cost_model import VOLUMES
from advisor.domain.offer import Encoded, Offer, Unknown
from advisor.domain.scenario import FIELDS
from advisor.rulebook.conditions import comparisons
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES, MODEL

T = TypeVar("T")


def assignments(values: Mapping[str, Sequence[T]]) -> Iterator[dict[str, T]]:
    """Every combination of the values of some names."""
    for chosen in product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def need_values(
    rulebook: Rulebook, name: str, offers: Iterable[Offer] | None = None, steps: Sequence[int] = (0, 1)
) -> tuple[Encoded, ...]:
    """Every value of a need that the rules can distinguish.

    For a number: its least value and each number that it is compared with, with ``steps`` added. Traits are
    those of the offers, by default the rulebook's. For the checkpoint: those that an offer runs.
    """
    if name == MODEL:
        return rulebook.models
    quantity = FIELDS[name].quantity
    if quantity is None:
        return FIELD_NAMES[name].values
    least, most = quantity.bounds
    offers = rulebook.offers if offers is None else tuple(offers)
    sides: set[Encoded | Unknown | None] = {least}
    for rule in rulebook.rules.values():
        for comparison in comparisons(rule.when):
            if name in comparison.names:
                side = comparison.right if comparison.name == name else comparison.name
                sides |= {offer.traits.get(side) for offer in offers} if isinstance(side, str) else {side}
    near = {side + step for side in sides if isinstance(side, int) for step in steps}
    return tuple(sorted(value for value in near if least <= value <= most))


def bounds_of(name: str, amounts: Mapping[str, Encoded]) -> tuple[int, int]:
    """The bounds of a number or of the codes of a choice; for a volume they depend on the other volumes."""
    quantity = FIELDS[name].quantity
    if quantity is None:
        return 0, len(FIELDS[name].options) - 1
    least, most = quantity.bounds
    if name in VOLUMES:
        place = VOLUMES.index(name)
        least = max([least, *(int(amounts[other]) for other in VOLUMES[:place] if other in amounts)])
        most = min([most, *(int(amounts[other]) for other in VOLUMES[place + 1 :] if other in amounts)])
    return least, most


def usual_amount(name: str) -> int:
    """A usual value of a number; the least level of another amount."""
    quantity = FIELDS[name].quantity
    return quantity.usual if quantity else 0
