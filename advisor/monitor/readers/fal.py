"""fal: the pages of ``GET /v1/models/billing-events`` and of ``GET /v1/models/usage`` with ``expand=time_series``.

``{"billing_events": [{"request_id", "endpoint_id", "timestamp", "output_units", "unit", "cost_total", ...}],
"next_cursor", "has_more"}``; newer pages leave ``unit`` out. ``{"time_series": [{"bucket": "2026-10-01T00:00:00Z",
"results": [{"endpoint_id", "unit", "quantity", "unit_price", "cost_total", "currency", ...}]}], "summary": [...],
"next_cursor", "has_more"}``. Both shapes are put together from the service's documentation and from programs that
read them, not from a bill. How long a bucket is stands nowhere: see ``_ends``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from advisor.errors import BadInput, quoted
from advisor.monitor.readers.buckets import Bucket
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
from advisor.scenario import Unit

USAGE, EVENTS = "fal-usage", "fal-billing-events"
NAMES: tuple[str, ...] = (USAGE, EVENTS)
METER = "fal"

_NANO = Decimal("1e-9")
_IMAGES, _MEGAPIXELS = frozenset({"image", "images"}), frozenset({"megapixel", "megapixels"})
_COUNTED = {Unit.IMAGE: _IMAGES, Unit.VIDEO_SECOND: frozenset({"second", "seconds"})}
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


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE) -> Iterator[Row]:
    """A row for each billing event, or for each result in a bucket. Raises BadInput, also for a summary alone."""
    if name == EVENTS:
        for page in pages(document, file):
            for event in page.required("billing_events", items):
                if not _of_another_service(event, unit):
                    yield _event_row(event, unit)
        return
    for bucket, at, ends in _spans(document, file):
        for result in bucket.required("results", items):
            if not _of_another_service(result, unit):
                yield _usage_row(bucket, result, at, ends, unit)


def notes(name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE) -> list[str]:
    """What a reader of the rows should know: pages that are missing, units that are not images, buckets and zones."""
    of_pages = list(pages(document, file))
    said = more_pages(of_pages, "next_cursor")
    if name == EVENTS:
        billed = [event for page in of_pages for event in page.required("billing_events", items)]
    else:
        series = [bucket for page in of_pages for bucket in _time_series(page)]
        said += _bucket_notes([bucket.required("bucket", moment) for bucket in series])
        billed = [result for bucket in series for result in bucket.required("results", items)]
    left_out = Counter(_unit(part) for part in billed if _of_another_service(part, unit))
    for name_of_unit, times in sorted(left_out.items()):
        said.append(f"rows billed by {quoted(name_of_unit)} make no video and are left out: {times:,}")
    others = Counter(_unit(part) for part in billed if _unit(part) not in _COUNTED[unit] | _IMAGES | _MEGAPIXELS)
    for name_of_unit, times in sorted(others.items()):
        billed_by = f"by {quoted(name_of_unit)}" if name_of_unit else "by a unit that is not named"
        said.append(f"of rows billed {billed_by} only the cost is known: {times:,}")
    return said


def _of_another_service(part: Part, unit: Unit) -> bool:
    """Whether it is for images where seconds of video count."""
    return unit is Unit.VIDEO_SECOND and _unit(part) in _IMAGES | _MEGAPIXELS


def buckets(name: str, document: object, file: str) -> Iterator[Bucket]:
    """Those with results; no two answers of this source split them in two ways."""
    if name == USAGE:
        for bucket, at, ends in _spans(document, file):
            if bucket.required("results", items):
                yield Bucket(at, ends)


def _spans(document: object, file: str) -> Iterator[tuple[Part, datetime, datetime]]:
    """The buckets of usage, with their starts and ends."""
    of_pages = [bucket for page in pages(document, file) for bucket in _time_series(page)]
    starts = [bucket.required("bucket", moment) for bucket in of_pages]
    grain = _grain(starts)
    whole_days = grain in (_next_day, _next_month)
    for bucket, start in zip(of_pages, starts, strict=True):
        at = _calendar(start) if whole_days else start.astimezone(UTC).replace(tzinfo=None)
        yield bucket, at, grain(at)


def _event_row(event: Part, unit: Unit) -> Row:
    at = event.required("timestamp", utc)
    units = event.optional("output_units", amount(MOST_IMAGES_IN_A_ROW, least=0))
    return _row(event, at, at, unit, units, identity(EVENTS, event.required("request_id", text)), grows=False)


def _usage_row(bucket: Part, result: Part, at: datetime, ends: datetime, unit: Unit) -> Row:
    start = bucket.required("bucket", moment)
    keys = [result.optional(key, text) for key in ("endpoint_id", "auth_method")]
    prices = [result.optional(key, amount(MOST_DOLLARS_IN_A_ROW)) for key in ("unit_price", "percent_discount")]
    key = identity(
        USAGE, start.isoformat(), _unit(result), *keys, *prices, result.child("auth_method_structured").value
    )
    units = result.required("quantity", amount(MOST_IMAGES_IN_A_ROW, least=0))
    return _row(result, at, ends, unit, units, key, grows=True)


def _row(
    part: Part, at: datetime, ends: datetime, unit: Unit, units: Decimal | None, identity: str, *, grows: bool
) -> Row:
    counted = _unit(part) in _COUNTED[unit] and units is not None
    cost = _cost(part)
    return Row(
        at=at,
        ends=ends,
        meter=METER,
        model=part.optional("endpoint_id", text),
        basis=Basis.COUNTED if counted else Basis.DERIVED,
        images=units if counted else None,
        requests=None if grows else 1,
        megapixels=units if _unit(part) in _MEGAPIXELS else None,
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
