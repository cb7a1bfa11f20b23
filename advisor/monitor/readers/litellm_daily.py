"""LiteLLM by the day: rows of its table ``LiteLLM_DailyUserSpend``, and ``GET /user/daily/activity/aggregated``.

A row: ``{"date", "user_id", "api_key", "model", "custom_llm_provider", "endpoint", "spend", "successful_requests"}``.
The page: ``{"results": [{"date", "breakdown": {"endpoints": {"/images/generations": {"metrics": {"spend",
"successful_requests"}}}, "models": {...}}}], "metadata": {"total_pages"}}``, as the proxy's own types have it. Neither
states images. The log stands in front of all providers: its meter is the gateway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from advisor.monitor.readers.buckets import Bucket
from advisor.monitor.readers.json_pages import (
    Part,
    amount,
    count,
    day,
    entries,
    first_in,
    identity,
    items,
    names_images,
    objects,
    pages,
    text,
)
from advisor.monitor.usage import GATEWAY, MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row
from advisor.scenario import Unit

DAILY = "litellm-daily"
NAMES: tuple[str, ...] = (DAILY,)

_KEYS = ("user_id", "api_key", "model", "custom_llm_provider", "mcp_namespaced_tool_name", "endpoint")
"""What the table holds unique for a date."""


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


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE) -> Iterator[Row]:
    """A row for each day and endpoint (or model) that makes images; for a day of a page without one, a row of none.

    Raises BadInput, also for one of several pages: a day can be split between two, each with a part of its requests.
    """
    for one in pages(document, file):
        if one.has("results"):
            yield from _page_rows(one)
        elif _of_images(one):
            yield _table_row(one)


def notes(name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE) -> list[str]:
    """What a reader of the rows should know."""
    return ["the spend in LiteLLM is its own estimate, not what the providers bill"]


def buckets(name: str, document: object, file: str) -> tuple[Bucket, ...]:
    """None: no two answers of this source split the same rows in two ways."""
    return ()


def _table_row(row: Part) -> Row:
    """A row of the table is known by the table's own key; a row without all of it, by everything it says."""
    keys = [row.optional(key, text) for key in _KEYS]
    unique = isinstance(row.value, dict) and {"user_id", "api_key"} <= row.value.keys()
    return _row(row, row, row.optional("model", text), keys, unique=unique)


def _page_rows(page: Part) -> Iterator[Row]:
    metadata = page.child("metadata")
    if metadata.value is not None and (metadata.optional("total_pages", count(MOST_IMAGES_IN_A_ROW)) or 1) > 1:
        what = "this is one page of several, and a day can be split between two"
        raise metadata.child("total_pages").refused(what, "ask for `/user/daily/activity/aggregated`")
    for result in page.required("results", items):
        breakdown = result.required("breakdown", _breakdown)
        for kind, key, metrics in breakdown:
            yield _row(result, metrics, key if kind == "model" else None, [kind, key], unique=True)
        if not breakdown:
            yield _row(result, None, None, [], unique=True)


def _breakdown(breakdown: Part) -> list[tuple[str, str, Part]]:
    """The endpoints of images with their metrics; where no endpoints are told apart, the models of images."""
    kind, found = "endpoint", breakdown.optional("endpoints", entries) or []
    if not found:
        kind, found = "model", breakdown.optional("models", entries) or []
    makes_images = _is_of_images if kind == "endpoint" else names_images
    return [
        (kind, key, part.child("metrics") if part.has("metrics") else part) for key, part in found if makes_images(key)
    ]


def _is_of_images(endpoint: str) -> bool:
    return "images" in endpoint.lower()


def _of_images(row: Part) -> bool:
    endpoint, model = row.optional("endpoint", text), row.optional("model", text)
    return _is_of_images(endpoint) if endpoint else names_images(model or "")


def _row(dated: Part, metrics: Part | None, model: str | None, keys: Sequence[str | None], *, unique: bool) -> Row:
    at = datetime.combine(dated.required("date", day), time())
    requests = metrics.required("successful_requests", count(MOST_IMAGES_IN_A_ROW)) if metrics else 0
    spend = metrics.required("spend", amount(MOST_DOLLARS_IN_A_ROW)) if metrics else Decimal(0)
    fingerprint = () if unique else (requests, spend)
    return Row(
        at=at,
        ends=at + timedelta(days=1),
        meter=GATEWAY,
        model=model,
        basis=Basis.REQUESTS,
        images=None,
        requests=requests,
        megapixels=None,
        cost=spend,
        currency="USD",
        identity=identity(DAILY, at, *keys, *fingerprint),
        unique=unique,
        grows=unique,
        line=dated.line,
    )
