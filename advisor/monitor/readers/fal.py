"""fal: the pages of ``GET /v1/models/billing-events`` and of ``GET /v1/models/usage`` with ``expand=time_series``.

``{"billing_events": [{"request_id", "endpoint_id", "timestamp", "output_units", "unit", "cost_total", ...}],
"next_cursor", "has_more"}``; newer pages leave ``unit`` out. ``{"time_series": [{"bucket": "2026-10-01T00:00:00Z",
"results": [{"endpoint_id", "unit", "quantity", "unit_price", "cost_total", "currency", ...}]}], "summary": [...],
"next_cursor", "has_more"}``. Both shapes are put together from the service's documentation and from programs that
read them, not from a bill. How long a bucket is stands nowhere: see ``_ends``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from advisor.errors import BadInput, quoted
from advisor.monitor.readers.json_pages import (
    Part,
    amount,
    currency,
    first_in,
    identity,
    items,
    moment,
    more_pages,
    objects,
    pages,
    text,
    utc,
)
from advisor.monitor.usage import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row

USAGE, EVENTS = "fal-usage", "fal-billing-events"
NAMES: tuple[str, ...] = (USAGE, EVENTS)
METER = "fal"

_NANO = Decimal("1e-9")
_IMAGES, _MEGAPIXELS = frozenset({"image", "images"}), frozenset({"megapixel", "megapixels"})
_Grain = Callable[[datetime], datetime]


def name_of(document: object) -> str | None:
    """``fal-usage`` or ``fal-billing-events``, else None."""
    for page in objects(document):
        if isinstance(page.get("billing_events"), list):
            return EVENTS
        if isinstance(page.get("time_series"), list):
            bucket = first_in(page, "time_series")
            result = first_in(bucket, "results")
            known = bucket is None or ("bucket" in bucket and (result is None or "quantity" in result))
            return USAGE if known else None
        summary = first_in(page, "summary")
        return USAGE if summary is not None and "endpoint_id" in summary else None
    return None


def rows(name: str, document: object, file: str) -> Iterator[Row]:
    """A row for each billing event, or for each result in a bucket. Raises BadInput, also for a summary alone."""
    of_pages = list(pages(document, file))
    if name == EVENTS:
        for page in of_pages:
            yield from map(_event_row, page.required("billing_events", items))
        return
    buckets = [bucket for page in of_pages for bucket in _time_series(page)]
    grain = _grain([bucket.required("bucket", moment) for bucket in buckets])
    for bucket in buckets:
        for result in bucket.required("results", items):
            yield _usage_row(bucket, result, grain)


def notes(name: str, document: object, file: str = "") -> list[str]:
    """What a reader of the rows should know: pages that are missing, units that are not images, buckets and zones."""
    of_pages = list(pages(document, file))
    said = more_pages(of_pages, "next_cursor")
    if name == EVENTS:
        billed = [event for page in of_pages for event in page.required("billing_events", items)]
    else:
        buckets = [bucket for page in of_pages for bucket in _time_series(page)]
        said += _bucket_notes([bucket.required("bucket", moment) for bucket in buckets])
        billed = [result for bucket in buckets for result in bucket.required("results", items)]
    others: dict[str, int] = {}
    for part in billed:
        unit = _unit(part)
        if unit not in _IMAGES | _MEGAPIXELS:
            others[unit] = others.get(unit, 0) + 1
    for unit, times in sorted(others.items()):
        billed_by = f"by {quoted(unit)}" if unit else "by a unit that is not named"
        said.append(f"of rows billed {billed_by} only the cost is known: {times:,}")
    return said


def grouped(name: str, document: object, file: str) -> tuple[tuple[date, frozenset[str]], ...]:
    """Nothing: no two answers of this source split the same rows in two ways."""
    return ()


def _event_row(event: Part) -> Row:
    at = event.required("timestamp", utc)
    unit = _unit(event)
    units = event.optional("output_units", amount(MOST_IMAGES_IN_A_ROW, least=0))
    return _row(event, at, at, unit, units, identity(EVENTS, event.required("request_id", text)), grows=False)


def _usage_row(bucket: Part, result: Part, grain: _Grain) -> Row:
    start = bucket.required("bucket", moment)
    unit = _unit(result)
    keys = [result.optional(key, text) for key in ("endpoint_id", "auth_method")]
    prices = [result.optional(key, amount(MOST_DOLLARS_IN_A_ROW)) for key in ("unit_price", "percent_discount")]
    key = identity(USAGE, start.isoformat(), unit, *keys, *prices, result.child("auth_method_structured").value)
    units = result.required("quantity", amount(MOST_IMAGES_IN_A_ROW, least=0))
    at = _calendar(start) if grain in (_next_day, _next_month) else start.astimezone(UTC).replace(tzinfo=None)
    return _row(result, at, grain(at), unit, units, key, grows=True)


def _row(
    part: Part, at: datetime, ends: datetime, unit: str, units: Decimal | None, identity: str, *, grows: bool
) -> Row:
    counted = unit in _IMAGES and units is not None
    cost = _cost(part)
    return Row(
        at=at,
        ends=ends,
        meter=METER,
        model=part.optional("endpoint_id", text),
        basis=Basis.COUNTED if counted else Basis.DERIVED,
        images=units if counted else None,
        requests=None if grows else 1,
        megapixels=units if unit in _MEGAPIXELS else None,
        cost=cost,
        currency=None if cost is None else part.optional("currency", currency) or "USD",
        identity=identity,
        unique=True,
        grows=grows,
        line=part.line,
    )


def _unit(part: Part) -> str:
    return (part.optional("unit", text) or "").strip().lower()


def _cost(part: Part) -> Decimal | None:
    """What is paid: the total, else what comes to it, in dollars."""
    dollars = amount(MOST_DOLLARS_IN_A_ROW)
    total = part.optional("cost_total", dollars)
    if total is not None:
        return total
    before, discount = part.optional("cost_subtotal", dollars), part.optional("cost_discount", dollars)
    if before is not None:
        return before - (discount or 0)
    cost = part.optional("cost", dollars)
    if cost is not None:
        return cost
    nano = part.optional("cost_estimate_nano_usd", amount(MOST_DOLLARS_IN_A_ROW * 10**9))
    return None if nano is None else nano * _NANO


def _time_series(page: Part) -> list[Part]:
    if page.has("time_series"):
        return page.required("time_series", items)
    raise _no_dates(page)


def _no_dates(page: Part) -> BadInput:
    help = "ask for `expand=time_series&timeframe=day`"
    return page.child("summary").refused("a summary has no dates, so no months can be told apart", help)


def _calendar(start: datetime) -> datetime:
    """The day as its own zone calls it."""
    return start.replace(tzinfo=None)


def _grain(starts: Sequence[datetime]) -> _Grain:
    """How long the buckets are, judged by where all of them start: months, days, hours or minutes.

    One bucket alone on the first of a month is taken as a day. So are weeks, which cannot be told from days.
    """
    local = [_calendar(start) for start in starts]
    if any(start.second or start.microsecond or start.minute for start in local):
        return _next_minute
    if any(start.hour for start in local):
        return _next_hour
    return _next_month if len(set(local)) > 1 and all(start.day == 1 for start in local) else _next_day


def _next_minute(at: datetime) -> datetime:
    return at + timedelta(minutes=1)


def _next_hour(at: datetime) -> datetime:
    return at + timedelta(hours=1)


def _next_day(at: datetime) -> datetime:
    return at + timedelta(days=1)


def _next_month(at: datetime) -> datetime:
    return (at.replace(day=1) + timedelta(days=32)).replace(day=1)


def _bucket_notes(starts: Sequence[datetime]) -> list[str]:
    said = []
    grain = _grain(starts)
    whole_days = grain in (_next_day, _next_month)
    days = sorted({_calendar(start) for start in starts})
    if grain is _next_month:
        said.append("buckets that all start a month are taken as months: ask for `timeframe=day`")
    elif whole_days and len(days) > 1 and all((one - days[0]).days % 7 == 0 for one in days):
        said.append("buckets a week apart are taken as days: if they are weeks, ask for `timeframe=day`")
    if whole_days and any(start.utcoffset() for start in starts):
        said.append("the days are those of another zone than UTC: ask for `timezone=UTC`")
    return said
