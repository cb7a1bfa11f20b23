"""LiteLLM: its table of spend logs as a file of rows, and its sums of a day as pages of JSON.

The log is in front of all providers: its meter is the gateway.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import ibis
from pydantic import AliasChoices, AliasPath, BeforeValidator, Field, ValidationInfo, field_validator

from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.scenario import Unit
from advisor.usage.dates import Columns
from advisor.usage.input_files import Page, Source
from advisor.usage.model import GATEWAY, Basis, ReadOptions, Row, check_known, makes_images, path_pattern, refused
from advisor.usage.normalise import Cells, Fault, Remark, Shaped, all_of, currency_faults, number_faults, stamp_faults
from advisor.usage.readers.json_pages import (
    Count,
    Day,
    Dollars,
    JsonPage,
    Many,
    PageObject,
    PageReading,
    Text,
    identity,
    objects,
    pages,
    parse,
)

CALL_TYPES = tuple(f"{a}image_{what}" for what in ("generation", "edit", "variation") for a in ("", "a"))
START = "startTime"
_IDENTIFYING = ("request_id", "call_type", "spend")
_NAMES = ("call_type", "model")
_ESTIMATES = "the cost is LiteLLM's own estimate, which is known to be wrong for some image models"
_ROWS = "data"
_BEGINS = re.compile(r'\s*\[?\s*\{(?:\s*"\w+"\s*:\s*[^\s"\[\]{},]+\s*,)*\s*"data"\s*:\s*\[\s*')
_SOME = (*_IDENTIFYING, START)
_MOST_MISSING = 5


@dataclass(frozen=True)
class LiteLlmLogs:
    """Requests for images that succeeded and were not answered from the cache, with what LiteLLM thinks they cost.

    The table of spend logs as CSV, Parquet, JSON Lines or one JSON array. Where LiteLLM knows no price it writes
    nothing or zero: then no cost is known.
    """

    name: str = "litellm-logs"
    periods: Columns = ((START, "endTime"), ("completionStartTime", None))
    optional: tuple[str, ...] = ("status", "cache_hit")
    """Columns that decide whether a row counts, and that may first occur far into the file."""

    def fits(self, source: Source) -> bool:
        """Whether these are columns of the table."""
        return set(_IDENTIFYING) <= set(source.columns)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for a file in which no row says when it was."""
        if not cells.has(START):
            what = f"the rows have no `{START}`, so they cannot be dated"
            raise BadInput(Problem(what, cells.source.file, help=f"export the table with its column `{START}`"))
        status = ibis.coalesce(cells.text("status"), "success").lower()
        cached = ibis.coalesce(cells.text("cache_hit"), "false").lower()
        answered = all_of([status == "success", ~cached.isin(("true", "t"))])
        counted = all_of([answered, _of_images(cells, options.makes_images)])
        spend = cells.number("spend")
        at, cost, identity = cells.stamp(START), spend.nullif(0), cells.text("request_id")
        usd = ibis.ifelse(cost.notnull(), "USD", ibis.null("string"))
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.REQUESTS,
            requests=1,
            cost=cost,
            currency=usd,
            identity=identity,
            unique=True,
            faults=(
                *stamp_faults(at, cells.stated(START), options),
                *number_faults(spend, cells.stated("spend"), counted, "cost"),
                *currency_faults(usd, "spend", counted & cost.notnull(), options),
                Fault("the id is empty", cells.stated("request_id"), counted & identity.isnull()),
            ),
            counts="requests for images that succeeded and were not answered from the cache",
            notes=(f"{self.name}: {_ESTIMATES}; a provider's invoice is better",),
            remarks=() if options.makes_images else (_others(cells, answered & ~counted),),
        )


def _of_images(cells: Cells, chosen: Sequence[str]) -> Any:
    """Whether a request is one for images by its kind, or by the names that the user chose."""
    if not chosen:
        return cells.text("call_type").isin(CALL_TYPES)
    names = [cells.text(name).fill_null("").lower() for name in _NAMES]
    return ibis.or_(*(name.re_search(path_pattern(wanted.lower())) for name in names for wanted in chosen))


def _others(cells: Cells, others: Any) -> Remark:
    """Refuses unrecognised kinds of requests, and those of another kind to models of images."""
    rows = cells.table.select(others=others, **{name: cells.text(name).fill_null("") for name in _NAMES})
    kinds = rows.filter(rows.others).select(*_NAMES).distinct()

    def notes(found: list[dict[str, Any]]) -> list[str]:
        unknown = [
            " by ".join(filter(None, (row["model"], row["call_type"]))) or "a request without a kind and a model"
            for row in found
            if makes_images([row["call_type"], row["model"]]) is not False or makes_images([row["model"]])
        ]
        check_known(unknown, "it is not known whether these made images", cells.source.file)
        return []

    return kinds, notes


LITELLM_LOGS = LiteLlmLogs()


# ---- rows in pages, as `/spend/logs/ui` gives them: {"data": [...], "page": 1, "total_pages": 3}


def paged(source: Source, head: str, text: Callable[[], str]) -> Iterator[Source]:
    """The same with the columns of the rows, where the file consists of such pages. Raises BadInput."""
    begins = _BEGINS.match(head)
    if begins is None:
        return
    try:
        first, _ = json.JSONDecoder().raw_decode(head, begins.end())
    except (ValueError, RecursionError):
        first = None
    if not (isinstance(first, dict) and set(_IDENTIFYING) <= first.keys()) and '"total_pages"' not in head:
        return
    documents = list(objects(parse(text(), source.file)))
    lists = [page.get(_ROWS) for page in documents]
    rows = [row for rows in lists if isinstance(rows, list) for row in rows]
    if not all(isinstance(rows, list) for rows in lists) or not all(isinstance(row, dict) for row in rows):
        return
    columns = tuple(dict.fromkeys(key for row in rows for key in row)) or _SOME
    yield replace(source, columns=columns, pages=tuple(map(_page, documents)), by_line=True)


def missing_pages(sources: Iterable[Source]) -> list[str]:
    """A note on pages whose numbers show that they exist, and that are in none of the files."""
    seen: dict[tuple[int, int], set[int]] = defaultdict(set)
    for page in (page for source in sources for page in source.pages):
        seen[page.rows, page.pages].add(page.number)
    notes = []
    for (rows, many), numbers in sorted(seen.items()):
        missing = [number for number in range(1, many + 1) if number not in numbers]
        if missing:
            named = ", ".join(map(str, missing[:_MOST_MISSING])) + (" ..." if len(missing) > _MOST_MISSING else "")
            what = f"of {many:,} pages with {rows:,} rows, {len(missing):,} are in none of the files"
            notes.append(f"{LITELLM_LOGS.name}: {what}: {named}")
    return notes


def _page(page: dict[str, Any]) -> Page:
    values = [page.get(key) for key in ("page", "total_pages", "total")]
    return Page(*(value if type(value) is int and 0 <= value <= 10**6 else 0 for value in values))


# ---- by the day
#
# Rows of its table ``LiteLLM_DailyUserSpend``, and the page of ``GET /user/daily/activity/aggregated``, as the proxy's
# own types have it; neither states images:
#
# {"date", "user_id", "api_key", "model", "custom_llm_provider", "endpoint", "spend", "successful_requests"}
# {"results": [{"date", "breakdown": {"endpoints": {"/images/generations": {"metrics": {"spend",
#   "successful_requests"}}}, "models": {...}}}], "metadata": {"total_pages"}}

DAILY = "litellm-daily"

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


def read(name: str, document: object, file: str, unit: Unit, chosen: Sequence[str]) -> PageReading:
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
