"""LiteLLM by the day: rows of its table ``LiteLLM_DailyUserSpend``, and ``GET /user/daily/activity/aggregated``.

A row: ``{"date", "user_id", "api_key", "model", "custom_llm_provider", "endpoint", "spend", "successful_requests"}``.
The page: ``{"results": [{"date", "breakdown": {"endpoints": {"/images/generations": {"metrics": {"spend",
"successful_requests"}}}, "models": {...}}}], "metadata": {"total_pages"}}``, as the proxy's own types have it. Neither
states images. The log stands in front of all providers: its meter is the gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import AliasChoices, AliasPath, BeforeValidator, Field, ValidationInfo, field_validator

from advisor.domain.scenario import Unit
from advisor.usage.model import GATEWAY, Basis, Row, refused
from advisor.usage.readers.image_names import check_known, makes_images
from advisor.usage.readers.json_pages import (
    Count,
    Day,
    Dollars,
    JsonPage,
    Many,
    PageObject,
    PageReading,
    Text,
    first_in,
    identity,
    objects,
    pages,
)

DAILY = "litellm-daily"
NAMES: tuple[str, ...] = (DAILY,)

_NO_KEYS = ("date", "successful_requests", "spend")
_NAMELESS = "requests without an endpoint or a model"
_KINDS = {"endpoints": "endpoint", "models": "model", "model_groups": "model_group"}
"""How a page splits requests, the best first."""
_TOOLS = "mcp_servers"
_MOST_NAMES = 10_000


def _in_metrics(key: str) -> AliasChoices:
    return AliasChoices(AliasPath("metrics", key), key)


class _Requests(PageObject):
    """Successful requests, and LiteLLM's estimate of their cost: 0 also where it is unknown."""

    successful_requests: Annotated[Count, Field(validation_alias=_in_metrics("successful_requests"))]
    spend: Annotated[Dollars | None, Field(validation_alias=_in_metrics("spend"))] = None

    @property
    def numbers(self) -> tuple[int, Decimal]:
        return self.successful_requests, self.spend or Decimal(0)


class _TableRow(_Requests):
    date: Day
    user_id: Text | None = None
    api_key: Text | None = None
    model: Text | None = None
    custom_llm_provider: Text | None = None
    mcp_namespaced_tool_name: Text | None = None
    endpoint: Text | None = None


def _known_kinds(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = {kind: value[kind] for kind in (*_KINDS, _TOOLS) if value.get(kind) is not None}
    if any(isinstance(by_name, dict) and len(by_name) > _MOST_NAMES for by_name in known.values()):
        help = "check that this is the page as the service returned it"
        raise refused(f"a day has more than {_MOST_NAMES:,} names", help)
    return known


class _DayResult(PageObject):
    date: Day
    breakdown: Annotated[dict[str, dict[Text, _Requests]], BeforeValidator(_known_kinds)]
    metrics: _Requests | None = Field(None, validate_default=True)
    """All requests of the day."""

    @field_validator("metrics")
    @classmethod
    def _any_number(cls, value: _Requests | None, info: ValidationInfo) -> _Requests | None:
        breakdown = info.data.get("breakdown")
        if value is None and breakdown is not None and not any(breakdown.get(kind) for kind in _KINDS):
            raise refused("the day has no number of requests", "fetch the page again, with its breakdown")
        return value


class _Metadata(PageObject):
    total_pages: Count = 1

    @field_validator("total_pages")
    @classmethod
    def _one(cls, value: int) -> int:
        if value > 1:
            what = "this is one page of several, and a day can be split between two"
            raise refused(what, "ask for `/user/daily/activity/aggregated`")
        return value


class _DailyPage(PageObject):
    metadata: _Metadata = _Metadata()
    results: Many[_DayResult]


def name_of(document: object) -> str | None:
    """``litellm-daily``, else None."""
    for page in objects(document):
        if isinstance(page.get("results"), list):
            first = first_in(page, "results")
            known = {"date", "breakdown"} <= first.keys() if first else "metadata" in page
        else:
            known = {"date", "spend", "successful_requests"} <= page.keys()
        return DAILY if known else None
    return None


def read(name: str, document: object, file: str, unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()) -> PageReading:
    """A row for each day and endpoint (or model) that makes images; for a day of a page without one, a row of none.

    Raises BadInput for names that may or may not make images, for a day without the number of its requests,
    and for one of several pages: a day can be split between two, each with a part of its requests.
    """
    entries: list[_Entry] = []
    for page in pages(document, file):
        if page.has("results"):
            for result in page.read(_DailyPage).results:
                found = _by_best_kind(result, page.line, chosen)
                of_images = [one for one in found if one.makes_images or (one.makes_images is None and one.requests)]
                entries += of_images or [_Entry("", True, _row(result.date, page.line, [], 0, Decimal(0)), 0)]
        else:
            entries.append(_table_entry(page, chosen))
    unknown = [entry.name for entry in entries if entry.requests and entry.makes_images is None]
    check_known(unknown, "it is not known whether these made images", file)
    note = "the spend in LiteLLM is its own estimate, not what the providers bill"
    return PageReading([entry.row for entry in entries if entry.makes_images], [note])


class _Entry(NamedTuple):
    """Requests of one day, of one name."""

    name: str
    makes_images: bool | None
    row: Row
    requests: int
    spend: Decimal = Decimal(0)


def _table_entry(page: JsonPage, chosen: Sequence[str]) -> _Entry:
    """A row of the table is identified by the table's own key; a row without all of it, by everything it says."""
    row = page.read(_TableRow)
    unique = isinstance(page.value, dict) and {"user_id", "api_key"} <= page.value.keys()
    made = makes_images([row.endpoint, row.model], chosen)
    if made is False and not chosen and makes_images([row.model]):
        made = None  # a model of images behind an endpoint of something else
    if made is None and row.mcp_namespaced_tool_name and not row.model:
        made = False
    name = " on ".join(filter(None, (row.model, row.endpoint))) or _NAMELESS
    keys = [*(value for key, value in row if key not in _NO_KEYS), *(() if unique else row.numbers)]
    return _Entry(name, made, _row(row.date, page.line, keys, *row.numbers, unique=unique), *row.numbers)


def _by_best_kind(result: _DayResult, line: int, chosen: Sequence[str]) -> list[_Entry]:
    """The requests of a day of a page by the best of its breakdowns, and those that it leaves out.

    Endpoints say best what was made; those that an older proxy did not write are left out of them.
    """

    def entry(keys: Sequence[str], name: str, requests: int, spend: Decimal) -> _Entry:
        made = makes_images(["" if name == _NAMELESS else name], chosen)
        return _Entry(name, made, _row(result.date, line, keys, requests, spend), requests, spend)

    by_kind = {
        kind: [entry((one, name), name, *asked.numbers) for name, asked in result.breakdown.get(kind, {}).items()]
        for kind, one in _KINDS.items()
    }
    tools = sum(one.successful_requests for one in result.breakdown.get(_TOOLS, {}).values())
    asked = {kind: sum(entry.requests for entry in found) for kind, found in by_kind.items()}
    requests, cost = result.metrics.numbers if result.metrics else (max(asked.values()), Decimal(0))
    best = next((kind for kind in _KINDS if by_kind[kind] and asked[kind] + tools >= requests), None)
    best = best or max(_KINDS, key=lambda kind: asked[kind])
    found = by_kind[best]
    missing = requests - asked[best] - tools
    if result.metrics and missing > 0:
        spend = max(Decimal(0), cost - sum((one.spend for one in found), Decimal(0)))
        found.append(entry(("rest",), _NAMELESS, missing, spend))
    if best == "endpoints" and not chosen:
        # Where more was asked of models of images than of endpoints of images, what those made is not known.
        of_images = [entry for entry in by_kind["models"] if entry.makes_images]
        of_endpoints = sum(entry.requests for entry in found if entry.makes_images is not False)
        if sum(entry.requests for entry in of_images) > of_endpoints:
            return found + [entry._replace(makes_images=None) for entry in of_images]
    return found


def _row(day: date, line: int, keys: Sequence[object], requests: int, spend: Decimal, *, unique: bool = True) -> Row:
    at = datetime.combine(day, time())
    unknown = bool(requests) and not spend
    return Row(
        at=at,
        ends=at + timedelta(days=1),
        meter=GATEWAY,
        basis=Basis.REQUESTS,
        requests=requests,
        cost=None if unknown else spend,
        currency=None if unknown else "USD",
        identity=identity(DAILY, at, *keys),
        unique=unique,
        line=line,
    )
