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

from advisor.common.diagnostics import BadInput, quoted
from advisor.domain.scenario import Unit
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row
from advisor.usage.readers.buckets import Bucket
from advisor.usage.readers.image_names import makes_images
from advisor.usage.readers.json_pages import (
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

USAGE, EVENTS = "fal-usage", "fal-billing-events"
NAMES: tuple[str, ...] = (USAGE, EVENTS)
METER = "fal"

_NANO = Decimal("1e-9")
_IMAGES, _MEGAPIXELS = frozenset({"image", "images"}), frozenset({"megapixel", "megapixels"})
_SECONDS = frozenset({"second", "seconds"})
_COUNTED = {Unit.IMAGE: _IMAGES, Unit.VIDEO_SECOND: _SECONDS}
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


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()) -> Iterator[Row]:
    """A row for each billing event, or for each result in a bucket. Raises BadInput, also for a summary alone."""
    if name == EVENTS:
        for page in pages(document, file):
            for event in page.required("billing_events", items):
                if not _of_another_service(event, unit, chosen):
                    yield _event_row(event, unit)
        return
    for bucket, at, ends in _spans(document, file):
        for result in bucket.required("results", items):
            if not _of_another_service(result, unit, chosen):
                yield _usage_row(bucket, result, at, ends, unit)


def notes(
    name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()
) -> list[str]:
    """What a reader of the rows should know: pages that are missing, units that are not images, buckets and zones."""
    of_pages = list(pages(document, file))
    said = more_pages(of_pages, "next_cursor")
    if name == EVENTS:
        billed = [event for page in of_pages for event in page.required("billing_events", items)]
    else:
        series = [bucket for page in of_pages for bucket in _time_series(page)]
        said += _bucket_notes([bucket.required("bucket", moment) for bucket in series])
        billed = [result for bucket in series for result in bucket.required("results", items)]
    wanted = "video" if unit is Unit.VIDEO_SECOND else "images"
    left_out = Counter(_billed_for(part) for part in billed if _of_another_service(part, unit, chosen))
    for billed_for, times in sorted(left_out.items()):
        said.append(f"rows billed {billed_for} make no {wanted} and are left out: {times:,}")
    others = Counter(_basis_note(part, unit) for part in billed if not _of_another_service(part, unit, chosen))
    said += [f"{what}: {times:,}" for what, times in sorted(others.items()) if what]
    free = sum(_unit(part) in _COUNTED[unit] and _cost(part) == 0 for part in billed)
    if free:
        said.append(f"rows of {wanted} cost nothing, as with a credit, and count: {free:,}")
    return said


def _billed_for(part: Part) -> str:
    unit = _unit(part)
    return f"by {quoted(unit)}" if unit in _SECONDS | _IMAGES | _MEGAPIXELS else f"for {quoted(_endpoint(part) or '')}"


def _basis_note(part: Part, unit: Unit) -> str:
    """What is known of a row that does not state what counts."""
    of_unit = _unit(part)
    if of_unit in _COUNTED[unit] | _MEGAPIXELS:
        return "" if _units(part) is not None else "rows billed without a quantity are taken as requests"
    if of_unit:
        return f"of rows billed by {quoted(of_unit)} only the cost is known"
    return "rows billed by a unit that is not named may be by the image, the megapixel or else"


def _of_another_service(part: Part, unit: Unit, chosen: Sequence[str]) -> bool:
    """Whether it is for images where seconds of video count, or the reverse, judged by the unit and by the name."""
    if unit is Unit.VIDEO_SECOND:
        return _unit(part) in _IMAGES | _MEGAPIXELS
    if _unit(part) in _IMAGES | _MEGAPIXELS:
        return False
    return _unit(part) in _SECONDS or makes_images([_endpoint(part)], chosen) is False


def _endpoint(part: Part) -> str | None:
    return part.optional("endpoint_id", text)


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
    return _row(event, at, at, unit, identity(EVENTS, event.required("request_id", text)), grows=False)


def _usage_row(bucket: Part, result: Part, at: datetime, ends: datetime, unit: Unit) -> Row:
    start = bucket.required("bucket", moment)
    keys = [result.optional(key, text) for key in ("endpoint_id", "auth_method")]
    prices = [result.optional(key, amount(MOST_DOLLARS_IN_A_ROW)) for key in ("unit_price", "percent_discount")]
    key = identity(
        USAGE, start.isoformat(), _unit(result), *keys, *prices, result.child("auth_method_structured").value
    )
    result.required("quantity", amount(MOST_IMAGES_IN_A_ROW, least=0))
    return _row(result, at, ends, unit, key, grows=True)


def _row(part: Part, at: datetime, ends: datetime, unit: Unit, identity: str, *, grows: bool) -> Row:
    """A row as its unit says. Of an event without one, or without a quantity, the request is known; a quantity without
    a unit may be that of the images, or of megapixels."""
    units, named = _units(part), _unit(part)
    counted = named in _COUNTED[unit] and units is not None
    of_request = not grows and unit is Unit.IMAGE and (not named or (named in _IMAGES | _MEGAPIXELS and units is None))
    cost = _cost(part)
    return Row(
        at=at,
        ends=ends,
        meter=METER,
        model=_endpoint(part),
        basis=Basis.COUNTED if counted else Basis.REQUESTS if of_request else Basis.DERIVED,
        images=units if counted else None,
        requests=None if grows else 1,
        megapixels=units if named in _MEGAPIXELS or not named else None,
        cost=cost,
        currency=None if cost is None else part.optional("currency", currency) or "USD",
        identity=identity,
        unique=True,
        grows=grows,
        line=part.line,
    )


def _unit(part: Part) -> str:
    return (part.optional("unit", text) or "").strip().lower()


def _units(part: Part) -> Decimal | None:
    """The quantity, as events and results call it."""
    name = "output_units" if part.has("output_units") else "quantity"
    return part.optional(name, amount(MOST_IMAGES_IN_A_ROW, least=0))


def _cost(part: Part) -> Decimal | None:
    """What is paid: the total, else what comes to it, in dollars, else the price of a unit times the units."""
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
    if nano is not None:
        return nano * _NANO
    each, units = part.optional("unit_price", dollars), _units(part)
    if each is None or units is None:
        return None
    return units * each * (1 - (part.optional("percent_discount", amount(100, least=0)) or Decimal(0)) / 100)


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
