"""The decision record: what every command, memo and check reads. Amounts are decimal text in dollars."""

from __future__ import annotations

import json
import re
from collections import Counter
from enum import StrEnum
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.domain.scenario import Axis, Route, validated

SCHEMA_VERSION = 1
_NO_RECORD = "this is not a decision record"
_WRITE_ANEW = "write the record anew with `advisor decide --out`"
_VERSION = re.compile(r"(?=.{1,30}\Z)[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9.]+)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Status(StrEnum):
    """Whether the answers lead to one route, to none, or still to several."""

    RECOMMENDED = "recommended"
    INFEASIBLE = "infeasible"
    OPEN = "open"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Elimination(_Part):
    """A gate that took a route out. ``offer`` names the offer where the route has several."""

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
    """Something nobody has established yet on which the recommendation rests."""

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


class Migration(_Part):
    """What moving from the present route would cost and repay. Nothing here changes the recommended route."""

    current_route: Route
    current_route_feasible: bool
    migration_cost: str | None
    monthly_saving: str | None
    payback_months: str | None
    payback_limit_months: str
    worth_moving: bool | None


class Conflict(_Part):
    """Answers that cannot hold together: take any one of them back and these rules leave some route."""

    answers: dict[str, Any]
    rules: list[str]


class Repair(_Part):
    """Answers to relax, and what the advice then is."""

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
    """A single change after which the advice is another."""

    status: Status
    route: Route | None


class WhyNot(_Part):
    """Why a route is not recommended: the gates and the preferences it fell to, and what would have had to differ.

    ``changes`` lists minimal sets of changes; after any one of them the route is recommended.
    """

    route: Route
    ruled_out_by: list[str]
    lost_by: list[str]
    changes: list[list[Change]]


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

    def to_json(self) -> str:
        """The record as JSON text; the same record gives the same bytes."""
        data = self.model_dump(mode="json", by_alias=True)
        together = [changes for why in data["why_not"] for changes in why["changes"]]
        for change in chain(data["flips"], *together):
            for key in ("to", "below", "above"):
                if change[key] is None:
                    del change[key]
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def check_origin(version: str, digest: str, file: str) -> None:
    """Refuses what is no version of the program or no digest of rules: a memo repeats both. Raises BadInput."""
    if not _VERSION.fullmatch(version):
        help = "it reads like `0.1.0`; write the file anew with `advisor decide --out`"
        raise BadInput(Problem(f"{quoted(version)} is not the version of an advisor", file, help=help))
    if not _DIGEST.fullmatch(digest):
        help = "it is `sha256:` and 64 hexadecimal digits; write the file anew with `advisor decide --out`"
        raise BadInput(Problem(f"{quoted(digest)} is not the digest of a rulebook", file, help=help))


def is_record(text: str) -> bool:
    """True for text that means to be a decision record, whether or not it is a sound one."""
    return text.lstrip().startswith("{") and '"schema_version"' in text


def parse_record(text: str, file: str) -> Decision:
    """The reverse of ``Decision.to_json``; nothing of another type is converted. Raises BadInput with every place."""
    try:
        data = json.loads(text, object_pairs_hook=_without_doubles)
        if not isinstance(data, dict):
            raise ValueError("it is not a record")
        _check_schema_version(data, file)
        record = Decision.model_validate_json(text, strict=True)
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


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = next((name for name, number in Counter(name for name, _ in pairs).items() if number > 1), None)
    if twice is not None:
        raise ValueError(f"{quoted(twice)} stands twice")
    return dict(pairs)


def _check_schema_version(data: dict[str, Any], file: str) -> None:
    """Refuses a record of another version before anything else is said of it."""
    version = data.get("schema_version", SCHEMA_VERSION)
    if type(version) is not int or version != SCHEMA_VERSION:
        what = f"this record has schema version {quoted(json.dumps(version))}, and only {SCHEMA_VERSION} is read here"
        help = "use the advisor that wrote it, or write it anew from its scenario with `advisor decide --out`"
        raise BadInput(Problem(what, file, field="schema_version", help=help))


def _fault(detail: ErrorDetails, file: str) -> Problem:
    what, found = detail["msg"][:1].lower() + detail["msg"][1:], detail["input"]
    if detail["type"] not in ("missing", "extra_forbidden"):
        what += f", not {quoted(json.dumps(found, ensure_ascii=False))}"
    return Problem(f"{_NO_RECORD}: {what}", file, field=".".join(map(str, detail["loc"])), help=_WRITE_ANEW)
