"""How old a figure of the catalogue is, and how far it may have moved since, by movements.yaml."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from advisor.catalogue.entries import ClosedForm, EntryForm, GpuForm, HostedForm, MovementForm, ThroughputForm
from advisor.catalogue.loader import JOINED, Catalogue
from advisor.catalogue.traits import OWNED
from advisor.domain.scenario import FIELDS

_FIGURES = {
    "hosted": ("open_price", "usd"),
    "closed": ("closed_price", "usd"),
    "gpus": ("gpu_hour_price", "usd_per_gpu_hour"),
    "throughput": ("images_per_gpu_hour", "images_per_gpu_hour"),
}
"""For each list with figures: the scenario field that takes them, and the field of the entry."""


@dataclass(frozen=True)
class AgedEntry:
    """An entry with a figure, its age on a day, and the ``low`` and ``high`` to which the figure may have moved.

    Both are rounded towards ``value``.
    """

    entry: EntryForm
    kind: str
    value: Decimal
    age_days: int
    is_old: bool
    low: Decimal
    high: Decimal


def aged_entries(catalogue: Catalogue, on: datetime.date) -> Iterator[AgedEntry]:
    """Every known figure of an entry that holds on a day, in the order of the catalogue."""
    for name, (field, key) in _FIGURES.items():
        for entry in catalogue.lists[name]:
            value, movement = getattr(entry, key), movement_of(catalogue, field, entry)
            if movement and isinstance(value, Decimal) and entry.holds_on(on):
                age = age_days(entry.as_of, on)
                low, high = reach(movement, field, value, age)
                yield AgedEntry(entry, movement.id, value, age, is_old(movement, age), low, high)


def entry_of(catalogue: Catalogue, field: str, offer: str) -> EntryForm | None:
    """The entry from which an offer of this id has an amount; None if the catalogue no longer has it.

    Of a self-hosted offer, that of its GPU or, for the throughput, any entry of its checkpoint on that GPU.
    """
    model, _, gpu_id = offer.partition(JOINED)
    if field == "gpu_hour_price":
        return next((gpu for gpu in catalogue.gpus if gpu.id == gpu_id), None)
    if field == "images_per_gpu_hour":
        return next((row for row in catalogue.throughput if row.model == model), None)
    name = next((name for name, (of, _) in _FIGURES.items() if of == field), "hosted")
    return next((entry for entry in catalogue.lists[name] if entry.id == offer), None)


def movement_of(catalogue: Catalogue, field: str, entry: EntryForm) -> MovementForm | None:
    """The movement of such figures; None for what has no price that moves."""
    if isinstance(entry, GpuForm):
        if entry.pricing == OWNED:
            return None
        kind = "gpu-on-demand" if entry.pricing == "on_demand" else "gpu-market"
    else:
        kind = {HostedForm: "hosted", ClosedForm: "closed", ThroughputForm: "throughput"}[type(entry)]
    return next(movement for movement in catalogue.movements if movement.id == kind)


def age_days(as_of: datetime.date, on: datetime.date) -> int:
    """Whole days; 0 for a figure of a later day."""
    return max(0, (on - as_of).days)


def is_old(movement: MovementForm, days: int) -> bool:
    """Whether a figure of this age is old."""
    return days > movement.old_after_days


def reach(movement: MovementForm, field: str, value: Decimal, days: int) -> tuple[Decimal, Decimal]:
    """The least and the greatest value to which an amount of a scenario field may have moved in so many days.

    A rise is in proportion to the days, and a fall is the way back of a rise, so that nothing falls to zero. Both ends
    are rounded towards the value, and within the bounds of the field.
    """
    quantity = FIELDS[field].quantity
    assert quantity is not None
    share, fall = Fraction(days) / Fraction(movement.in_days), Fraction(movement.falls_percent) / 100
    exact, step = Fraction(value), Fraction(1, 10**quantity.places)
    high = exact * (1 + Fraction(movement.rises_percent) / 100 * share)
    low = exact * (1 - fall) / (1 - fall + fall * share)
    least, most = quantity.bounds
    steps = max(least, -(-low // step)), min(most, high // step)
    return quantity.outside(int(steps[0])), quantity.outside(int(steps[1]))
