"""LiteLLM by the day: rows of its table ``LiteLLM_DailyUserSpend``, and ``GET /user/daily/activity/aggregated``.

A row: ``{"date", "user_id", "api_key", "model", "custom_llm_provider", "endpoint", "spend", "successful_requests"}``.
The page: ``{"results": [{"date", "breakdown": {"endpoints": {"/images/generations": {"metrics": {"spend",
"successful_requests"}}}, "models": {...}}}], "metadata": {"total_pages"}}``, as the proxy's own types have it. Neither
states images. The log stands in front of all providers: its meter is the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from advisor.domain.scenario import Unit
from advisor.usage.model import GATEWAY, MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row
from advisor.usage.readers.buckets import Bucket
from advisor.usage.readers.image_names import check_known, makes_images
from advisor.usage.readers.json_pages import (
    Part,
    amount,
    count,
    day,
    entries,
    first_in,
    identity,
    items,
    objects,
    pages,
    text,
)

DAILY = "litellm-daily"
NAMES: tuple[str, ...] = (DAILY,)

_KEYS = ("user_id", "api_key", "model", "custom_llm_provider", "mcp_namespaced_tool_name", "endpoint")
"""What the table holds unique for a date."""
_NAMELESS = "requests without an endpoint or a model"
_KINDS = {"endpoints": "endpoint", "models": "model", "model_groups": "model_group"}
"""How a page tells requests apart, the best first."""


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


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()) -> Iterator[Row]:
    """A row for each day and endpoint (or model) that makes images; for a day of a page without one, a row of none.

    Raises BadInput for names that may or may not make images, for a day that says nothing of what was asked for,
    and for one of several pages: a day can be split between two, each with a part of its requests.
    """
    of_all = [one for page in pages(document, file) for one in _entries(page, chosen)]
    unknown = [entry.name for entry in of_all if entry.requests and entry.makes_images is None]
    check_known(unknown, "it is not known whether these made images", file)
    for entry in of_all:
        if entry.makes_images or entry.none_that_day:
            yield _row(entry)


def notes(
    name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()
) -> list[str]:
    """What a reader of the rows should know."""
    return ["the spend in LiteLLM is its own estimate, not what the providers bill"]


def buckets(name: str, document: object, file: str) -> tuple[Bucket, ...]:
    """None: no two answers of this source split the same rows in two ways."""
    return ()


@dataclass(frozen=True)
class _Entry:
    """Requests of one day: of a row of the table, or of what a page tells apart. ``keys`` tell it from others."""

    dated: Part
    name: str
    model: str | None
    keys: tuple[str | None, ...]
    requests: int
    spend: Decimal
    makes_images: bool | None
    none_that_day: bool = False
    unique: bool = True


def _entries(page: Part, chosen: Sequence[str]) -> Iterator[_Entry]:
    if not page.has("results"):
        yield _table_entry(page, chosen)
        return
    metadata = page.child("metadata")
    if metadata.value is not None and (metadata.optional("total_pages", count(MOST_IMAGES_IN_A_ROW)) or 1) > 1:
        what = "this is one page of several, and a day can be split between two"
        raise metadata.child("total_pages").refused(what, "ask for `/user/daily/activity/aggregated`")
    for result in page.required("results", items):
        of_day = _day_entries(result, chosen)
        found = [one for one in of_day if one.makes_images or (one.makes_images is None and one.requests)]
        yield from found or [_Entry(result, "", None, (), 0, Decimal(0), False, none_that_day=True)]


def _table_entry(row: Part, chosen: Sequence[str]) -> _Entry:
    """A row of the table is known by the table's own key; a row without all of it, by everything it says."""
    keys = tuple(row.optional(key, text) for key in _KEYS)
    unique = isinstance(row.value, dict) and {"user_id", "api_key"} <= row.value.keys()
    endpoint, model, tool = (row.optional(key, text) for key in ("endpoint", "model", "mcp_namespaced_tool_name"))
    requests, spend = _numbers(row)
    made = makes_images([endpoint, model], chosen)
    if made is False and not chosen and makes_images([model]):
        made = None  # a model of images behind an endpoint of something else
    if made is None and tool and not model:
        made = False
    name = " on ".join(filter(None, (model, endpoint))) or _NAMELESS
    fingerprint = () if unique else (str(requests), str(spend))
    return _Entry(row, name, model, (*keys, *fingerprint), requests, spend, made, unique=unique)


def _day_entries(result: Part, chosen: Sequence[str]) -> list[_Entry]:
    """The requests of a day of a page by the best of its breakdowns, and those that it leaves out.

    Endpoints say best what was made; those that an older proxy did not write are left out of them.
    """
    breakdown = result.required("breakdown", lambda part: part)
    by_kind = {kind: _of_kind(result, breakdown, kind, chosen) for kind in _KINDS}
    tools = sum(entry.requests for entry in _of_kind(result, breakdown, "mcp_servers", chosen))
    asked = {kind: sum(entry.requests for entry in found) for kind, found in by_kind.items()}
    total = result.child("metrics")
    if total.value is None and not any(by_kind.values()):
        raise total.refused("nothing says how many requests there were", "fetch the page again, with its breakdown")
    requests = max(asked.values()) if total.value is None else _numbers(total)[0]
    best = next((kind for kind in _KINDS if by_kind[kind] and asked[kind] + tools >= requests), None)
    best = best or max(_KINDS, key=lambda kind: asked[kind])
    found = by_kind[best]
    missing = requests - asked[best] - tools
    if missing > 0:
        spend = max(Decimal(0), _numbers(total)[1] - sum((entry.spend for entry in found), Decimal(0)))
        found.append(_Entry(result, _NAMELESS, None, ("rest",), missing, spend, makes_images([""], chosen)))
    return found + _behind_other_endpoints(best, by_kind) if not chosen else found


def _of_kind(result: Part, breakdown: Part, kind: str, chosen: Sequence[str]) -> list[_Entry]:
    found = []
    for name, part in breakdown.optional(kind, entries) or []:
        numbers = _numbers(part.child("metrics") if part.has("metrics") else part)
        one = _KINDS.get(kind, kind)
        model = None if one == "endpoint" else name
        found.append(_Entry(result, name, model, (one, name), *numbers, makes_images([name], chosen)))
    return found


def _behind_other_endpoints(best: str, by_kind: Mapping[str, list[_Entry]]) -> list[_Entry]:
    """Models of images of which more was asked than of the endpoints of images: what those made is not known."""
    if best != "endpoints":
        return []
    of_images = [entry for entry in by_kind["models"] if entry.makes_images]
    asked = sum(entry.requests for entry in by_kind[best] if entry.makes_images is not False)
    if sum(entry.requests for entry in of_images) <= asked:
        return []
    return [replace(entry, makes_images=None) for entry in of_images]


def _numbers(metrics: Part) -> tuple[int, Decimal]:
    """Successful requests, and what LiteLLM thinks they cost: 0 also where it does not know."""
    requests = metrics.required("successful_requests", count(MOST_IMAGES_IN_A_ROW))
    return requests, metrics.optional("spend", amount(MOST_DOLLARS_IN_A_ROW)) or Decimal(0)


def _row(entry: _Entry) -> Row:
    at = datetime.combine(entry.dated.required("date", day), time())
    unknown = bool(entry.requests) and not entry.spend
    return Row(
        at=at,
        ends=at + timedelta(days=1),
        meter=GATEWAY,
        model=entry.model,
        basis=Basis.REQUESTS,
        images=None,
        requests=entry.requests,
        megapixels=None,
        cost=None if unknown else entry.spend,
        currency=None if unknown else "USD",
        identity=identity(DAILY, at, *entry.keys),
        unique=entry.unique,
        grows=entry.unique,
        line=entry.dated.line,
    )
