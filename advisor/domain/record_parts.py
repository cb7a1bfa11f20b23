"""The parts of a decision record, by subject: the outcome, the costs, the explanations, what to verify and to watch."""

from enum import StrEnum
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from advisor.domain.scenario import Axis, Route

MAX_COMPARISONS = 8
_FROM_ZERO = Fraction(10**30)


class Status(StrEnum):
    """Whether the answers lead to one route, to none, or still to several."""

    RECOMMENDED = "recommended"
    INFEASIBLE = "infeasible"
    OPEN = "open"


class Fit(StrEnum):
    """How an offer meets the gates that ask about one of its traits."""

    NOT_MET = "not met"
    TO_VERIFY = "to verify"
    OPEN = "not answered"
    MET = "met"


def since_2(default: Any, description: str) -> Any:
    """A field that records of version 1 lack. The default represents a value that is not known."""
    extra: dict[str, Any] = {"since_schema_version": 2}
    if isinstance(default, type):
        return Field(default_factory=default, description=description, json_schema_extra=extra)
    return Field(default=default, description=description, json_schema_extra=extra)


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @classmethod
    def added_fields(cls) -> set[str]:
        """The fields that records of version 1 lack."""
        return {name for name, info in cls.model_fields.items() if info.json_schema_extra}

    def required_fields(self) -> set[str]:
        """Those that a record of version 2 has."""
        return self.added_fields()


class Elimination(Part):
    """A gate that ruled out an offer of a route."""

    route: Route
    offer: str
    rule: str
    axis: Axis
    because: str
    source: str


class PreferenceApplied(Part):
    """A preference that dropped ``over`` in favour of ``preferred``."""

    rule: str
    axis: Axis
    preferred: Route
    over: Route
    because: str
    source: str


class Fired(Part):
    """One step of the trace: a rule that fired, what it judged, and the values it compared."""

    rule: str
    axis: Axis
    kind: str
    on: str | None
    values: dict[str, str]


class Condition(Part):
    """A fact that is not established yet and on which the recommendation depends."""

    route: Route
    rule: str
    axis: Axis
    provided: str
    source: str


class AdviceGiven(Part):
    """Advice that does not change the route, with its figures filled in."""

    rule: str
    axis: Axis
    advise: str
    because: str
    source: str


class MonthlyCost(Part):
    """Dollars a month at the low, the expected and the high volume, rounded up to a micro-dollar."""

    low: str
    expected: str | None
    high: str

    @property
    def months(self) -> dict[str, str]:
        """The expected month, or both ends where none is expected."""
        return {"low": self.low, "high": self.high} if self.expected is None else {"expected": self.expected}


class GpuHours(Part):
    """The own GPUs of one month: whole ones and their paid hours if they are always on, and the hours in use.

    ``gpus`` is null where GPU-hours are paid as they are used.
    """

    gpus: int | None
    hours_paid: str
    hours_used: str


class Fleet(Part):
    """The own GPUs of the low, the expected and the high month."""

    low: GpuHours
    expected: GpuHours | None
    high: GpuHours


class VolumeRange(Part):
    """A range of whole monthly volumes; both ends belong to it."""

    from_: int = Field(alias="from")
    to: int


class OwningBelowCrossover(Part):
    """The first ranges of volumes below N* in which owning costs no more than renting, and the number of ``more``."""

    ranges: list[VolumeRange]
    more: int


class Migration(Part):
    """What moving from the current route costs, and when that is repaid. It never changes the recommended route."""

    current_route: Route
    current_route_feasible: bool
    migration_cost: str | None
    monthly_saving: str | None
    payback_months: str | None
    payback_limit_months: str
    worth_moving: bool | None
    repaid_from: str | None = since_2(
        None, "the least whole monthly volume from which moving to own GPUs is repaid within the limit"
    )
    missing: list[str] = since_2(list, "the amounts that the saving takes and that are not known")


class Conflict(Part):
    """Answers that cannot hold together: without any one of them these rules leave some route."""

    answers: dict[str, Any]
    rules: list[str]


class Repair(Part):
    """Answers to relax, and the resulting outcome."""

    changes: dict[str, Any]
    status: Status
    route: Route | None


class Change(Part):
    """A change of one answer: of an option (``to``), or of a number past a value (``below`` or ``above``)."""

    field: str
    from_: Any = Field(alias="from")
    to: Any = None
    below: str | None = None
    above: str | None = None


class Flip(Change):
    """A single change that changes the outcome."""

    status: Status
    route: Route | None

    @property
    def turn(self) -> Fraction | None:
        """The value past which a number leads to another outcome; None for an answer."""
        return None if self.bound is None else Fraction(self.bound)

    @property
    def bound(self) -> str | None:
        """``turn`` as it is written."""
        return self.above if self.below is None else self.below

    def is_passed_by(self, value: Fraction) -> bool:
        """Whether a value of the number leads to the other outcome."""
        if self.turn is None:
            return False
        return value < self.turn if self.below is not None else value > self.turn

    @property
    def factor(self) -> Fraction:
        """The factor by which a number has to change; very large from or to zero."""
        now, turn = Fraction(str(self.from_)), self.turn or Fraction(0)
        return max(turn / now, now / turn) if now and turn else _FROM_ZERO


class WhyNot(Part):
    """Why a route is not recommended: the gates and preferences that dropped it, and what would have had to differ.

    ``changes`` lists minimal sets of changes; after any one of them the route is recommended.
    """

    route: Route
    ruled_out_by: list[str]
    lost_by: list[str]
    changes: list[list[Change]]


class RuleUsed(Part):
    """A rule that fired, was evaluated without firing, or could not be evaluated because an answer is missing.

    ``kind`` is ``gate``, ``preference`` or ``advice``; ``fields`` are the answers it reads, through terms too.
    ``asked`` is false for a gate that no offer can fail under the answers so far.
    """

    rule: str
    axis: Axis
    kind: str
    because: str
    source: str
    fields: list[str]
    asked: bool


class OfferJudged(Part):
    """An offer with its traits as the rulebook states them."""

    offer: str
    route: Route
    traits: dict[str, str]


class TraitJudged(Part):
    """A trait that some gate reads, or that names an axis, and how each offer fits.

    ``compared_with`` is the field whose values the trait takes, ``fields`` are the answers its gates read, ``rules``
    the gates that apply under these answers. An offer to which none applies is absent from ``fits``.
    """

    trait: str
    label: str
    axis: Axis
    compared_with: str | None
    fields: list[str]
    rules: list[str]
    fits: dict[str, Fit]


class OfferCondition(Part):
    """A fact to verify for some offers of the recommended route, but not for all."""

    rule: str
    offers: list[str]
    provided: str


class Unchecked(Part):
    """A gate that could add a condition to a possible route if the unanswered ``fields`` were answered."""

    rule: str
    fields: list[str]
    provided: str


class CostComparison(Part):
    """The result of the cost comparison.

    ``outcome`` is ``settled``, ``unsettled``, ``not_compared`` (owning and renting are not both in the running),
    ``comparison_open`` (which price is compared depends on ``missing`` answers), ``amounts_open`` (amounts are
    ``missing``), or, where an answer is missing that changes nothing, ``agrees`` or ``differs`` in the low and the high
    month.
    ``route`` is the hosted route compared whatever the missing answers are. ``near_crossover``: whether the expected
    month is within a fifth of N*; null if there is no N* to compare with.
    """

    outcome: str
    route: Route | None
    missing: list[str]
    near_crossover: bool | None


class AnswerLead(Part):
    """Where one option of an open question leads."""

    option: str
    routes: list[Route]
    none_possible: bool

    @property
    def outcomes(self) -> list[Route | None]:
        """The routes still possible after it, and None if it may be none."""
        return [*self.routes, *([None] if self.none_possible else [])]


class TurningPoint(Part):
    """The values of one unknown amount, ``from`` to ``to``, with which a route is certain.

    Both ends belong to it; null is the end of the allowed range. ``route`` is null where no single one is right.
    """

    field: str
    from_: str | None = Field(alias="from")
    to: str | None
    route: Route | None


class HostedBill(Part):
    """What a hosted ``route`` costs in the ``low``, the ``high`` or ``every`` month, as far as it is known.

    ``bill`` is dollars a month, ``price`` dollars an image; ``own_cost`` is what own GPUs cost in that month.
    """

    route: Route
    month: str
    bill: str | None
    price: str | None
    own_cost: str | None


class RouteByOwnCost(Part):
    """``route`` is right, unless own GPUs cost no more than every one of these bills, overhead included."""

    route: Route
    unless: list[HostedBill]


ANSWER, CATALOGUE = "answer", "catalogue"
"""The origins of an amount."""


class ReviewTrigger(Part):
    """When to decide again: at the latest on the date ``by``, three months after the decision, and from the bill.

    ``volume`` is the crossover of the hosted ``route`` whose bill is watched.

    ``kind`` is ``rises_above``, ``falls_below``, ``moving``, or why there is no volume to watch: ``never`` (owning
    never costs less), ``always`` (it never costs more than ``cheaper_than``), ``no_amounts`` (they are ``missing``), or
    ``no_crossover``.
    """

    by: str
    kind: str
    route: Route | None
    volume: str | None
    missing: list[str]
    cheaper_than: Route | None


class RouteByAmounts(Part):
    """The route as a function of the amounts, with all other answers as they are.

    ``comparisons`` are of terms over the fields in their smallest steps, ``/`` rounded up to micro-dollars. ``routes``
    has a route, or null for none, for each combination of them: a digit a comparison, 1 where it holds.
    """

    comparisons: list[str] = Field(max_length=MAX_COMPARISONS)
    routes: dict[str, Route | None]
