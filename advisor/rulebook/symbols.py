"""The names that rules may read, with their values and readers, and the figures that advice may print."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Any

from advisor.common.diagnostics import did_you_mean, quoted
from advisor.domain.offer import Encoded
from advisor.domain.quantity import NotANumber, Quantity
from advisor.domain.scenario import FIELDS, ORDERED, FieldSpec, GpuBilling, Route


class Scope(StrEnum):
    """The source of a name's value."""

    NEED = "need"
    AMOUNT = "amount"
    TRAIT = "trait"
    TERM = "term"
    CONSTANT = "constant"
    STANDING = "standing"
    OUTCOME = "outcome"


MODEL = "model"
"""The field with the open checkpoint: it selects the offers that compete, and no rule reads it."""
RUNNING, OUT = "running", "out"
FEASIBLE, ELIMINATED = "feasible", "eliminated"


@dataclass(frozen=True)
class Name:
    """A name and the values it can take.

    ``options`` lists words (ordered when ``ordered``: compared by rank); a number has ``places`` decimal places and is
    a ``quotient`` when it was rounded up from a division. A ``free`` name takes any word.
    """

    name: str
    scope: Scope
    options: tuple[str, ...] = ()
    ordered: bool = False
    boolean: bool = False
    places: int | None = None
    quotient: bool = False
    may_be_zero: bool = True
    free: bool = False

    @property
    def numeric(self) -> bool:
        """True for amounts, counts and terms."""
        return self.places is not None

    @property
    def comparable(self) -> bool:
        """True if lt, le, gt and ge apply."""
        return self.numeric or self.ordered

    def encode(self, value: Any) -> Encoded:
        """A literal or an answer in the encoding of the backends. Raises NotANumber."""
        if self.boolean:
            if not isinstance(value, bool):
                raise NotANumber(f"{quoted(value)} is neither true nor false", "write true or false")
            return value
        if self.places is not None:
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                raise NotANumber(f"{quoted(value)} is not a number", "write a plain number")
            steps = Decimal(value).scaleb(self.places)
            if steps != steps.to_integral_value():
                raise NotANumber(f"{quoted(value)} has more digits than are kept", f"at most {self.places} places")
            return int(steps)
        if self.free:
            return str(value)
        if value not in self.options:
            close = did_you_mean(str(value), self.options)
            raise NotANumber(
                f"{quoted(value)} is not an option of `{self.name}`", close or "write one of " + ", ".join(self.options)
            )
        return self.options.index(value) if self.ordered else str(value)

    def decode(self, value: Encoded) -> str:
        """The reverse of ``encode``, as text."""
        if self.boolean:
            return "true" if value else "false"
        if self.places is not None:
            return str(Quantity("", self.places, Decimal(0), Decimal(0)).outside(int(value)))
        return self.options[int(value)] if self.ordered else str(value)

    def stated(self, value: Encoded) -> str | bool:
        """As a scenario file or a record states it."""
        return value if isinstance(value, bool) else self.decode(value)

    @property
    def values(self) -> tuple[Encoded, ...]:
        """Every value, false before true; none for a number."""
        return (False, True) if self.boolean else tuple(map(self.encode, self.options))

    def others(self, value: Encoded) -> tuple[Encoded, ...]:
        """Every value but this one, for negation."""
        return tuple(other for other in self.values if other != value)


def of_field(spec: FieldSpec) -> Name | None:
    """The name of a scenario field, or None for free text and fields no rule may read.

    How GPUs are paid is an amount of two levels: it only changes what owning costs, and the second costs no less.
    """
    if spec.quantity:
        scope = Scope.NEED if spec.name == "annual_revenue_usd" else Scope.AMOUNT
        return Name(spec.name, scope, places=spec.quantity.places, may_be_zero=spec.quantity.least == 0)
    if spec.boolean:
        return Name(spec.name, Scope.NEED, boolean=True)
    if spec.choices and spec.axis:
        scope = Scope.AMOUNT if spec.choices is GpuBilling else Scope.NEED
        return Name(spec.name, scope, spec.options, ordered=spec.choices in ORDERED)
    return None


FIELD_NAMES = {spec.name: name for spec in FIELDS.values() if (name := of_field(spec))}
ANSWER_NAMES = {
    spec.name: FIELD_NAMES.get(spec.name) or Name(MODEL, Scope.NEED, free=True)
    for spec in FIELDS.values()
    if spec.name in FIELD_NAMES or spec.name == MODEL
}
"""The answers that an outcome depends on, in the order of the scenario: those that rules read, and the checkpoint."""
STANDING_NAMES = {route.value: Name(route.value, Scope.STANDING, (RUNNING, OUT)) for route in Route}
OUTCOME_NAMES = {
    **{route.value: Name(route.value, Scope.OUTCOME, (FEASIBLE, ELIMINATED)) for route in Route},
    "route": Name("route", Scope.OUTCOME, tuple(Route)),
    "settled": Name("settled", Scope.OUTCOME, ("yes", "no", "not_asked")),
    "compared_with": Name("compared_with", Scope.OUTCOME, ("open_weight_api", "closed_api", "none")),
    "moving": Name("moving", Scope.OUTCOME, ("none", "worth_it", "not_yet", "never", "has_to", "not_known")),
}


@dataclass(frozen=True)
class Figure:
    """One figure; known if a condition restricts ``outcome`` to ``values`` and reads the ``amounts``.

    ``uses`` is the constant in its computation.
    """

    outcome: str | None = None
    values: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    uses: str | None = None


_COMPARED = ("open_weight_api", "closed_api")
FIGURES = {
    "closed_saving": Figure(amounts=("closed_price", "monthly_images")),
    "crossover": Figure("compared_with", _COMPARED),
    "few_step_owning_pays": Figure("compared_with", _COMPARED, uses="few_step_speedup"),
    "gpu_hours_paid": Figure(amounts=("gpus",)),
    "gpu_hours_used": Figure(amounts=("gpus",)),
    "gpus": Figure(amounts=("gpus",)),
    "gpu_month": Figure(amounts=("gpu_month",)),
    "owning_pays": Figure("compared_with", _COMPARED),
    "payback_limit_months": Figure("moving", ("worth_it", "not_yet", "never", "has_to", "not_known")),
    "payback_months": Figure("moving", ("worth_it", "not_yet")),
    "units": Figure(),
}
"""The figures that {name} in an advice may refer to, besides the constants."""


def fields_of(advise: str) -> list[tuple[str, str]]:
    """Each {name} of an advice, and the format after the name. Raises ValueError for an unmatched brace."""
    return [
        (name, (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else ""))
        for _, name, spec, conversion in Formatter().parse(advise)
        if name is not None
    ]
