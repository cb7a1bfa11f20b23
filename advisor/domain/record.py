"""The decision record: what every command, memo and check reads. Amounts are decimal text in dollars.

Version 2 holds all that a memo states. Records of version 1 are still read: the fields added since are not set in them,
so they are unknown, and ``to_json`` writes them as they were.
"""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Container, Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.scenario import Axis, Route, validated

SCHEMA_VERSION = 2
MAX_COMPARISONS = 8
_FROM_ZERO = Fraction(10**30)
READABLE = (1, 2)
"""The schema versions that are read."""
_NO_RECORD = "this is not a decision record"
_WRITE_ANEW = "write the record anew with `advisor decide --out`"
_VERSION = re.compile(r"(?=.{1,30}\Z)[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9.]+)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


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


def _since_2(default: Any, description: str) -> Any:
    """A field that records of version 1 lack. The default represents a value that is not known."""
    extra: dict[str, Any] = {"since_schema_version": 2}
    if isinstance(default, type):
        return Field(default_factory=default, description=description, json_schema_extra=extra)
    return Field(default=default, description=description, json_schema_extra=extra)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @classmethod
    def added_fields(cls) -> set[str]:
        """The fields that records of version 1 lack."""
        return {name for name, info in cls.model_fields.items() if info.json_schema_extra}


class Elimination(_Part):
    """A gate that ruled out an offer of a route."""

    route: Route
    offer: str
    rule: str
    axis: Axis
    because: str
    source: str


class PreferenceApplied(_Part):
    """A preference that dropped ``over`` in favour of ``preferred``."""

    rule: str
    axis: Axis
    preferred: Route
    over: Route
    because: str
    source: str


class Fired(_Part):
    """One step of the trace: a rule that fired, what it judged, and the values it compared."""

    rule: str
    axis: Axis
    kind: str
    on: str | None
    values: dict[str, str]


class Condition(_Part):
    """A fact that is not established yet and on which the recommendation depends."""

    route: Route
    rule: str
    axis: Axis
    provided: str
    source: str


class AdviceGiven(_Part):
    """Advice that does not change the route, with its figures filled in."""

    rule: str
    axis: Axis
    advise: str
    because: str
    source: str


class MonthlyCost(_Part):
    """Dollars a month at the low, the expected and the high volume, rounded up to a micro-dollar."""

    low: str
    expected: str | None
    high: str

    @property
    def months(self) -> dict[str, str]:
        """The expected month, or both ends where none is expected."""
        return {"low": self.low, "high": self.high} if self.expected is None else {"expected": self.expected}


class GpuHours(_Part):
    """The own GPUs of one month: whole ones and their paid hours if they are always on, and the hours in use.

    ``gpus`` is null where GPU-hours are paid as they are used.
    """

    gpus: int | None
    hours_paid: str
    hours_used: str


class Fleet(_Part):
    """The own GPUs of the low, the expected and the high month."""

    low: GpuHours
    expected: GpuHours | None
    high: GpuHours


class VolumeRange(_Part):
    """A range of whole monthly volumes; both ends belong to it."""

    from_: int = Field(alias="from")
    to: int


class OwningBelowCrossover(_Part):
    """The first ranges of volumes below N* in which owning costs no more than renting, and the number of ``more``."""

    ranges: list[VolumeRange]
    more: int


class Migration(_Part):
    """What moving from the current route costs, and when that is repaid. It never changes the recommended route."""

    current_route: Route
    current_route_feasible: bool
    migration_cost: str | None
    monthly_saving: str | None
    payback_months: str | None
    payback_limit_months: str
    worth_moving: bool | None
    repaid_from: str | None = _since_2(
        None, "the least whole monthly volume from which moving to own GPUs is repaid within the limit"
    )
    missing: list[str] = _since_2(list, "the amounts that the saving takes and that are not known")


class Conflict(_Part):
    """Answers that cannot hold together: without any one of them these rules leave some route."""

    answers: dict[str, Any]
    rules: list[str]


class Repair(_Part):
    """Answers to relax, and the resulting outcome."""

    changes: dict[str, Any]
    status: Status
    route: Route | None


class Change(_Part):
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
        text = self.below if self.below is not None else self.above
        return None if text is None else Fraction(text)

    @property
    def factor(self) -> Fraction:
        """The factor by which a number has to change; very large from or to zero."""
        now, turn = Fraction(str(self.from_)), self.turn or Fraction(0)
        return max(turn / now, now / turn) if now and turn else _FROM_ZERO


class WhyNot(_Part):
    """Why a route is not recommended: the gates and preferences that dropped it, and what would have had to differ.

    ``changes`` lists minimal sets of changes; after any one of them the route is recommended.
    """

    route: Route
    ruled_out_by: list[str]
    lost_by: list[str]
    changes: list[list[Change]]


class RuleUsed(_Part):
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


class OfferJudged(_Part):
    """An offer with its traits as the rulebook states them."""

    offer: str
    route: Route
    traits: dict[str, str]


class TraitJudged(_Part):
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


class OfferCondition(_Part):
    """A fact to verify for some offers of the recommended route, but not for all."""

    rule: str
    offers: list[str]
    provided: str


class Unchecked(_Part):
    """A gate that could add a condition to a possible route if the unanswered ``fields`` were answered."""

    rule: str
    fields: list[str]
    provided: str


class CostComparison(_Part):
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


class AnswerLead(_Part):
    """Where one option of an open question leads."""

    option: str
    routes: list[Route]
    none_possible: bool

    @property
    def outcomes(self) -> list[Route | None]:
        """The routes still possible after it, and None if it may be none."""
        return [*self.routes, *([None] if self.none_possible else [])]


class TurningPoint(_Part):
    """The values of one unknown amount, ``from`` to ``to``, with which a route is certain.

    Both ends belong to it; null is the end of the allowed range. ``route`` is null where no single one is right.
    """

    field: str
    from_: str | None = Field(alias="from")
    to: str | None
    route: Route | None


class HostedBill(_Part):
    """What a hosted ``route`` costs in the ``low``, the ``high`` or ``every`` month, as far as it is known.

    ``bill`` is dollars a month, ``price`` dollars an image; ``own_cost`` is what own GPUs cost in that month.
    """

    route: Route
    month: str
    bill: str | None
    price: str | None
    own_cost: str | None


class RouteByOwnCost(_Part):
    """``route`` is right, unless own GPUs cost no more than every one of these bills, overhead included."""

    route: Route
    unless: list[HostedBill]


class ReviewTrigger(_Part):
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


class RouteByAmounts(_Part):
    """The route as a function of the amounts, with all other answers as they are.

    ``comparisons`` are of terms over the fields in their smallest steps, ``/`` rounded up to micro-dollars. ``routes``
    has a route, or null for none, for each combination of them: a digit a comparison, 1 where it holds.
    """

    comparisons: list[str] = Field(max_length=MAX_COMPARISONS)
    routes: dict[str, Route | None]


class Decision(_Part):
    """One decision, complete: the input, the outcome, and everything it rests on."""

    schema_version: int
    advisor_version: str
    decided_on: str
    rulebook_digest: str
    catalogue_digest: str | None
    scenario: dict[str, Any]
    status: Status
    route: Route | None
    deciding_axis: Axis | None
    deciding_axes: list[Axis]
    feasible_routes: list[Route]
    possible_routes: list[Route]
    may_be_infeasible: bool
    settled: bool | None
    crossovers: dict[Route, str | None]
    monthly_costs: dict[Route, MonthlyCost]
    eliminated: list[Elimination]
    preferences: list[PreferenceApplied]
    trace: list[Fired]
    conditions: list[Condition]
    advice: list[AdviceGiven]
    migration: Migration | None
    conflicts: list[Conflict]
    repairs: list[Repair]
    flips: list[Flip]
    why_not: list[WhyNot]
    open_questions: list[str]
    not_needed: list[str]
    offers_digest: str | None = _since_2(None, "the digest of the offers, where they have one of their own")
    rules: list[RuleUsed] = _since_2(
        list, "every rule that fired, then the gates every offer meets, then those not asked for lack of an answer"
    )
    offers: list[OfferJudged] = _since_2(list, "the offers that competed")
    traits: list[TraitJudged] = _since_2(list, "the traits of the offers against what is needed here")
    offer_conditions: list[OfferCondition] = _since_2(list, "what to verify of single offers of the route")
    unchecked: list[Unchecked] = _since_2(list, "what was not checked because a question was not answered")
    comparison: CostComparison | None = _since_2(None, "the result of the cost comparison; null without a route")
    leads: dict[str, list[AnswerLead]] = _since_2(
        dict, "for each open question where each of its options leads; empty for a number"
    )
    review_trigger: ReviewTrigger | None = _since_2(None, "when to decide again; null without a recommendation")
    route_by_amounts: RouteByAmounts | None = _since_2(
        None, "how the route depends on the amounts; null if an amount is not known, or without a recommendation"
    )
    few_step_speedup: int | None = _since_2(None, "the assumed speedup of a few-step model")
    owning_from: dict[Route, str | None] = _since_2(
        dict, "for each crossover the least whole volume from which owning costs no more; null where it never wins"
    )
    turning_points: list[TurningPoint] = _since_2(
        list,
        "while only amounts are open: with which values of each a route is certain, whatever the others are; "
        "of a single amount the whole allowed range",
    )
    route_by_own_cost: list[RouteByOwnCost] = _since_2(
        list,
        "while several amounts are open: each route in turn, and the bills up to which own GPUs overrule it; "
        "the last has none",
    )

    fleet: Fleet | None = _since_2(None, "the own GPUs of each month; null if an amount is not known")
    owning_ranges: dict[Route, OwningBelowCrossover] = _since_2(
        dict, "for each hosted route with GPUs that are always on: where owning costs no more below N*"
    )
    owning_up_to_peak: str | None = _since_2(
        None,
        "where owning is recommended with GPU-hours paid as used: the largest `peak_to_mean` with which it would be "
        "with GPUs that are always on; null if there is none",
    )

    @property
    def is_complete(self) -> bool:
        """False for a record of version 1, which lacks what a memo states."""
        return self.added_fields() <= self.model_fields_set

    def date(self, file: str) -> datetime.date:
        """The date of the decision. Raises BadInput."""
        try:
            return datetime.date.fromisoformat(self.decided_on)
        except ValueError:
            what = f"{quoted(self.decided_on)} is not a date"
            raise BadInput(Problem(what, file, field="decided_on", help="write YYYY-MM-DD")) from None

    @property
    def deciding_rules(self) -> tuple[str, ...]:
        """The rules of the deciding axes that took options out."""
        return self.applied_rules(self.deciding_axes)

    def applied_rules(self, axes: Container[Axis] = tuple(Axis)) -> tuple[str, ...]:
        """The rules that took options out of the running, in the order they did."""
        steps = [(step.rule, step.axis) for step in self.eliminated]
        steps += [(step.rule, step.axis) for step in self.preferences]
        return tuple(dict.fromkeys(rule for rule, axis in steps if axis in axes))

    def to_json(self) -> str:
        """The record as JSON text, in its schema version; the same record gives the same bytes."""
        later: Any = {**dict.fromkeys(self.added_fields(), True), "migration": Migration.added_fields()}
        data = self.model_dump(mode="json", by_alias=True, exclude=later if self.schema_version == 1 else None)
        together = [changes for why in data["why_not"] for changes in why["changes"]]
        for change in chain(data["flips"], *together):
            for key in ("to", "below", "above"):
                if change[key] is None:
                    del change[key]
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def check_origin(version: str, digest: str, file: str) -> None:
    """Refuses an invalid version of the program or digest of rules: a memo prints both. Raises BadInput."""
    if not _VERSION.fullmatch(version):
        help = "it reads like `0.1.0`; write the file anew with `advisor decide --out`"
        raise BadInput(Problem(f"{quoted(version)} is not the version of an advisor", file, help=help))
    if not _DIGEST.fullmatch(digest):
        help = "it is `sha256:` and 64 hexadecimal digits; write the file anew with `advisor decide --out`"
        raise BadInput(Problem(f"{quoted(digest)} is not the digest of a rulebook", file, help=help))


def is_record(text: str) -> bool:
    """True for text that looks like a decision record, whether or not it is valid."""
    return text.lstrip().startswith("{") and '"schema_version"' in text


def parse_record(text: str, file: str) -> Decision:
    """The reverse of ``Decision.to_json``, without type conversions. Raises BadInput with every place."""
    try:
        data = json.loads(text, object_pairs_hook=_without_duplicates)
        if not isinstance(data, dict):
            raise ValueError("it is not a record")
        _check_schema_version(data, file)
        record = Decision.model_validate_json(text, strict=True)
        if problems := list(_of_another_version(record, file)):
            raise BadInput(problems)
    except ValidationError as error:
        raise BadInput(_fault(detail, file) for detail in error.errors(include_url=False)) from None
    except (ValueError, RecursionError) as error:
        what = f"{_NO_RECORD}: {str(error)[:200].lower()}"
        raise BadInput(Problem(what, file, help=_WRITE_ANEW)) from None
    check_origin(record.advisor_version, record.rulebook_digest, file)
    try:
        validated(record.scenario, file)
    except BadInput as error:
        fields = (f"scenario.{problem.field}" if problem.field else "scenario" for problem in error.problems)
        raise BadInput(
            problem._replace(field=field) for problem, field in zip(error.problems, fields, strict=True)
        ) from None
    return record


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = next((name for name, number in Counter(name for name, _ in pairs).items() if number > 1), None)
    if twice is not None:
        raise ValueError(f"duplicate key {quoted(twice)}")
    return dict(pairs)


def _check_schema_version(data: dict[str, Any], file: str) -> None:
    """Refuses a record of an unsupported version before it is validated."""
    version = data.get("schema_version", SCHEMA_VERSION)
    if type(version) is not int or version not in READABLE:
        read = " and ".join(map(str, READABLE))
        what = f"this record has schema version {quoted(json.dumps(version))}, and only {read} are read here"
        help = "use the advisor that wrote it, or write it anew from its scenario with `advisor decide --out`"
        raise BadInput(Problem(what, file, field="schema_version", help=help))


def _of_another_version(record: Decision, file: str) -> Iterator[Problem]:
    """The missing fields that the version of a record requires, and the fields that it does not allow."""
    for prefix, part in (("", record), ("migration.", record.migration)):
        if part is not None:
            added = part.added_fields()
            wrong = added & part.model_fields_set if record.schema_version == 1 else added - part.model_fields_set
            what = "extra inputs are not permitted" if record.schema_version == 1 else "field required"
            for name in type(part).model_fields:
                if name in wrong:
                    yield Problem(f"{_NO_RECORD}: {what}", file, field=prefix + name, help=_WRITE_ANEW)


def _fault(detail: ErrorDetails, file: str) -> Problem:
    what, found = detail["msg"][:1].lower() + detail["msg"][1:], detail["input"]
    if detail["type"] not in ("missing", "extra_forbidden"):
        what += f", not {quoted(json.dumps(found, ensure_ascii=False))}"
    return Problem(f"{_NO_RECORD}: {what}", file, field=".".join(map(str, detail["loc"])), help=_WRITE_ANEW)
