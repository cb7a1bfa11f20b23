"""The decision record: what every command, memo and check reads. Amounts are decimal text in dollars.

Version 2 holds all that a memo states. Records of version 1 are still read: the fields added since are not set in them,
so they are unknown, and ``to_json`` writes them as they were. Its parts, which are a module of their own, are imported
from here.
"""

import datetime
import json
import re
from collections import Counter
from collections.abc import Container, Iterator
from itertools import chain
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.record_parts import *
from advisor.domain.scenario import Axis, Route, validated

SCHEMA_VERSION = 2
READABLE = (1, 2)
"""The schema versions that are read."""
OF_CATALOGUE = frozenset(("quotes", "shortlist", "shortlist_more", "by_model", "few_step_twin", "ageing"))
"""The fields that a record has of its catalogue."""
_NO_RECORD = "this is not a decision record"
_WRITE_ANEW = "write the record anew with `advisor decide --out`"
_VERSION = re.compile(r"(?=.{1,30}\Z)[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9.]+)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class QuoteUsed(Part):
    """An amount that the decision rests on: an ``answer``, or the one of an offer of the ``catalogue``.

    ``value`` is decimal text in the unit of the field.
    """

    field: str
    value: str
    origin: str
    offer: str | None = None
    source: str | None = None
    as_of: str | None = None
    confidence: str | None = None


class AgeingFigure(Part):
    """An amount of an offer that is old on the day of the decision.

    ``could_reach`` is the value to which it may have moved since ``as_of``, as such figures have moved, if the advice
    turns at ``flips_at`` on the way, to ``route`` (null where several are possible then); all three are null if not.
    """

    field: str
    value: str
    offer: str
    as_of: str
    age_days: int
    could_reach: str | None
    flips_at: str | None
    route: Route | None


class ShortlistEntry(Part):
    """An offer of the catalogue on a route that no price was stated for, at the scenario's volume.

    ``price`` is dollars per image of a ``provider``, or per hour of a ``gpu``; ``low``, ``expected`` and ``high`` are
    dollars a month, and ``gpu_cost`` that of the expected month without the overhead. Null is not known. ``status`` is
    ``chosen``, ``survives`` or ``eliminated`` (by ``rules``); ``conditions`` are sentences to verify.
    """

    route: Route
    offer: str
    label: str
    model: str | None
    provider: str | None
    gpu: str | None
    price: str | None
    images_per_gpu_hour: str | None
    low: str | None
    expected: str | None
    high: str | None
    gpu_cost: str | None
    status: str
    rules: list[str]
    conditions: list[str]
    source: str
    as_of: str
    confidence: str


class ModelOutcome(Part):
    """Where the advice leads with one checkpoint, while none is named; ``label`` is what people call it.

    ``offers`` has for each priced route the cheapest surviving offer, ``suppliers`` its provider or GPU, and
    ``expected`` what it costs in the expected month, dollars; ``gpu_cost`` is that of own GPUs without the overhead.
    Null is not known.
    """

    model: str
    label: str
    routes: list[Route]
    none_possible: bool
    offers: dict[Route, str]
    suppliers: dict[Route, str]
    expected: dict[Route, str | None]
    gpu_cost: str | None


class FewStepTwin(Part):
    """The same decision with the few-step checkpoint in place of the one named, or the reverse.

    ``crossovers`` is N* for each hosted route and ``owning_from`` the least whole volume from there on, null where
    owning never wins.
    """

    model: str
    label: str
    few_step: bool
    crossovers: dict[Route, str | None]
    owning_from: dict[Route, str | None]


class Decision(Part):
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
    offers_digest: str | None = since_2(None, "the digest of the offers, where they have one of their own")
    rules: list[RuleUsed] = since_2(
        list, "every rule that fired, then the gates every offer meets, then those not asked for lack of an answer"
    )
    offers: list[OfferJudged] = since_2(list, "the offers that competed")
    traits: list[TraitJudged] = since_2(list, "the traits of the offers against what is needed here")
    offer_conditions: list[OfferCondition] = since_2(list, "what to verify of single offers of the route")
    unchecked: list[Unchecked] = since_2(list, "what was not checked because a question was not answered")
    comparison: CostComparison | None = since_2(None, "the result of the cost comparison; null without a route")
    leads: dict[str, list[AnswerLead]] = since_2(
        dict, "for each open question where each of its options leads; empty for a number"
    )
    review_trigger: ReviewTrigger | None = since_2(None, "when to decide again; null without a recommendation")
    route_by_amounts: RouteByAmounts | None = since_2(
        None, "how the route depends on the amounts; null if an amount is not known, or without a recommendation"
    )
    few_step_speedup: int | None = since_2(None, "the assumed speedup of a few-step model")
    owning_from: dict[Route, str | None] = since_2(
        dict, "for each crossover the least whole volume from which owning costs no more; null where it never wins"
    )
    turning_points: list[TurningPoint] = since_2(
        list,
        "while only amounts are open: with which values of each a route is certain, whatever the others are; "
        "of a single amount the whole allowed range",
    )
    route_by_own_cost: list[RouteByOwnCost] = since_2(
        list,
        "while several amounts are open: each route in turn, and the bills up to which own GPUs overrule it; "
        "the last has none",
    )

    fleet: Fleet | None = since_2(None, "the own GPUs of each month; null if an amount is not known")
    owning_ranges: dict[Route, OwningBelowCrossover] = since_2(
        dict, "for each hosted route with GPUs that are always on: where owning costs no more below N*"
    )
    owning_up_to_peak: str | None = since_2(
        None,
        "where owning is recommended with GPU-hours paid as used: the largest `peak_to_mean` with which it would be "
        "with GPUs that are always on; null if there is none",
    )

    quotes: list[QuoteUsed] = since_2(
        list, "with a catalogue: each amount that is known, and whether it is an answer or an offer's"
    )
    shortlist: list[ShortlistEntry] = since_2(
        list, "with a catalogue: the offers of each route without a stated price, cheapest first, at most 10 a route"
    )
    shortlist_more: dict[Route, int] = since_2(dict, "how many more offers of a route there are")
    by_model: list[ModelOutcome] = since_2(
        list, "with a catalogue and no checkpoint named: where the advice leads with each one"
    )
    few_step_twin: FewStepTwin | None = since_2(
        None, "with a checkpoint that has a few-step version, or is one: N* with the other one"
    )

    ageing: list[AgeingFigure] = since_2(
        list, "with a catalogue: the amounts from it that are old, and the turn of the advice that each may have passed"
    )

    @property
    def priced_scenario(self) -> dict[str, Any]:
        """The answers, with the amounts that are from the catalogue."""
        return {**self.scenario, **{quote.field: quote.value for quote in self.quotes if quote.origin == "catalogue"}}

    def amount_source(self, field: str) -> str | None:
        """What people call the offer of the catalogue that an amount is from; None for an answer."""
        found = next((quote for quote in self.quotes if quote.field == field and quote.origin == "catalogue"), None)
        listed = {entry.offer: entry.label for entry in self.shortlist}
        return listed.get(found.offer, found.offer) if found and found.offer else None

    @property
    def is_complete(self) -> bool:
        """False for a record of version 1, which lacks what a memo states."""
        return self.required_fields() <= self.model_fields_set

    def required_fields(self) -> set[str]:
        """Those that a record of version 2 has; the ones about the catalogue only if it was decided with one."""
        return self.added_fields() - (OF_CATALOGUE if self.catalogue_digest is None else set())

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


def check_origin(version: str, rulebook: str, catalogue: str | None, file: str) -> None:
    """Refuses an invalid version of the program, or an invalid digest: a memo prints them. Raises BadInput."""
    if not _VERSION.fullmatch(version):
        help = "it reads like `0.1.0`; write the file anew with `advisor decide --out`"
        raise BadInput(Problem(f"{quoted(version)} is not the version of an advisor", file, help=help))
    for digest, what in ((rulebook, "rulebook"), (catalogue, "catalogue")):
        if digest is not None and not _DIGEST.fullmatch(digest):
            help = "it is `sha256:` and 64 hexadecimal digits; write the file anew with `advisor decide --out`"
            raise BadInput(Problem(f"{quoted(digest)} is not the digest of a {what}", file, help=help))


def is_record(text: str) -> bool:
    """True for text that looks like a decision record, whether or not it is valid."""
    return text.lstrip().startswith("{") and '"schema_version"' in text


def parse_record(text: str, file: str) -> Decision:
    """The reverse of ``Decision.to_json``, without type conversions. Raises BadInput with every place."""
    try:
        data = json.loads(text, object_pairs_hook=_without_duplicates)
        if not isinstance(data, dict):
            raise ValueError("it is not a record")
        if "portfolio" in data:
            what = "this is the plan of a portfolio, not the record of a decision"
            raise BadInput(Problem(what, file, help="name the record of one of its workloads"))
        _check_schema_version(data, file)
        record = Decision.model_validate_json(text, strict=True)
        if problems := list(_of_another_version(record, file)):
            raise BadInput(problems)
    except ValidationError as error:
        raise BadInput(_fault(detail, file) for detail in error.errors(include_url=False)) from None
    except (ValueError, RecursionError) as error:
        what = f"{_NO_RECORD}: {str(error)[:200].lower()}"
        raise BadInput(Problem(what, file, help=_WRITE_ANEW)) from None
    check_origin(record.advisor_version, record.rulebook_digest, record.catalogue_digest, file)
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
            added, has = part.added_fields(), part.model_fields_set
            wrong = added & has if record.schema_version == 1 else part.required_fields() - has
            what = "extra inputs are not permitted" if record.schema_version == 1 else "field required"
            for name in type(part).model_fields:
                if name in wrong:
                    yield Problem(f"{_NO_RECORD}: {what}", file, field=prefix + name, help=_WRITE_ANEW)


def _fault(detail: ErrorDetails, file: str) -> Problem:
    what, found = detail["msg"][:1].lower() + detail["msg"][1:], detail["input"]
    if detail["type"] not in ("missing", "extra_forbidden"):
        what += f", not {quoted(json.dumps(found, ensure_ascii=False))}"
    return Problem(f"{_NO_RECORD}: {what}", file, field=".".join(map(str, detail["loc"])), help=_WRITE_ANEW)
