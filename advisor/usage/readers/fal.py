"""fal: the pages of ``GET /v1/models/billing-events`` and of ``GET /v1/models/usage`` with ``expand=time_series``.

``{"billing_events": [{"request_id", "endpoint_id", "timestamp", "output_units", "unit", "cost_total", ...}],
"next_cursor", "has_more"}``; newer pages leave ``unit`` out. ``{"time_series": [{"bucket": "2026-10-01T00:00:00Z",
"results": [{"endpoint_id", "unit", "quantity", "unit_price", "cost_total", "currency", ...}]}], "summary": [...],
"next_cursor", "has_more"}``. Both shapes are put together from the service's documentation and from programs that
read them, not from a bill. The length of a bucket is not stated: see ``_bucket_width``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, Field, ValidationInfo, field_validator, model_validator

from advisor.common.diagnostics import quoted
from advisor.domain.scenario import Unit
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row, makes_images, refused
from advisor.usage.readers.json_pages import (
    Bucket,
    Currency,
    Dollars,
    Many,
    Moment,
    Number,
    PageObject,
    PageOfMany,
    PageReading,
    Text,
    UtcMoment,
    identity,
    in_utc,
    more_pages,
    numbered,
    read_pages,
)

USAGE, EVENTS = "fal-usage", "fal-billing-events"
METER = "fal"

_NANO = 10**9
_MOST_NANO = MOST_DOLLARS_IN_A_ROW * _NANO
_IMAGES, _MEGAPIXELS = frozenset({"image", "images"}), frozenset({"megapixel", "megapixels"})
_SECONDS = frozenset({"second", "seconds"})
_COUNTED = {Unit.IMAGE: _IMAGES, Unit.VIDEO_SECOND: _SECONDS}
_READ = _IMAGES | _MEGAPIXELS | _SECONDS | {""}
"""Units whose quantities are read; of others, such as tokens, there may be more."""
_Units = Annotated[Number, Field(ge=0, le=10**12)]
_DAY = timedelta(days=1)


class _Billed(PageObject):
    """What an event and a result in a bucket have in common."""

    endpoint_id: Text | None = None
    unit: Annotated[Text, AfterValidator(lambda unit: unit.strip().lower())] = ""
    units: Annotated[_Units | None, Field(validation_alias=AliasChoices("output_units", "quantity"))] = None
    currency: Currency = "USD"
    cost_total: Dollars | None = None
    cost_subtotal: Dollars | None = None
    cost_discount: Dollars = Decimal(0)
    cost: Dollars | None = None
    cost_estimate_nano_usd: Annotated[Number, Field(ge=-_MOST_NANO, le=_MOST_NANO)] | None = None
    unit_price: Dollars | None = None
    percent_discount: Annotated[Number, Field(ge=0, le=100)] = Decimal(0)

    @field_validator("units")
    @classmethod
    def _bounded(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if value is not None and value > MOST_IMAGES_IN_A_ROW and info.data.get("unit") in _READ:
            what = f"{quoted(value)} is more than {MOST_IMAGES_IN_A_ROW:,}"
            raise refused(what, "check this number at its source")
        return value

    @property
    def paid(self) -> Decimal | None:
        """The total, else the amounts that it is computed from, in dollars, else units times the price of a unit."""
        share = 1 - self.percent_discount / 100
        computed = (
            self.cost_total,
            None if self.cost_subtotal is None else self.cost_subtotal - self.cost_discount,
            self.cost,
            None if self.cost_estimate_nano_usd is None else self.cost_estimate_nano_usd / _NANO,
            None if self.unit_price is None or self.units is None else self.units * self.unit_price * share,
        )
        return next((cost for cost in computed if cost is not None), None)

    def of_another_service(self, unit: Unit, chosen: Sequence[str]) -> bool:
        """Whether it is for images where seconds of video count, or the reverse, judged by the unit and by the name."""
        if unit is Unit.VIDEO_SECOND:
            return self.unit in _IMAGES | _MEGAPIXELS
        if self.unit in _IMAGES | _MEGAPIXELS:
            return False
        return self.unit in _SECONDS or makes_images([self.endpoint_id], chosen) is False


class _Event(_Billed):
    request_id: Text
    timestamp: UtcMoment


class _FalResult(_Billed):
    units: _Units = Field(validation_alias="quantity")
    auth_method: Text | None = None
    auth_method_structured: Any = None


class _FalBucket(PageObject):
    bucket: Moment
    results: Many[_FalResult]

    def span(self, width: timedelta | None) -> tuple[datetime, datetime]:
        """Start and end; days and months are those of the bucket's own zone."""
        at = self.bucket.replace(tzinfo=None) if width in (_DAY, None) else in_utc(self.bucket)
        return at, at + width if width else (at.replace(day=1) + timedelta(days=32)).replace(day=1)


class _Events(PageOfMany):
    billing_events: Many[_Event]


class _FalUsage(PageOfMany):
    time_series: Many[_FalBucket]

    @model_validator(mode="before")
    @classmethod
    def _has_dates(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("time_series") is None and value.get("summary") is not None:
            what = "a summary has no dates, so it cannot be split into months"
            raise refused(what, "ask for `expand=time_series&timeframe=day`")
        return value


def read(name: str, document: object, file: str, unit: Unit, chosen: Sequence[str]) -> PageReading:
    """A row for each billing event, or for each result in a bucket. Raises BadInput, also for a summary alone."""
    charges: list[tuple[_Billed, Row]] = []
    if name == EVENTS:
        of_events = read_pages(_Events, document, file)
        for line, page in of_events:
            for event in page.billing_events:
                at, key = event.timestamp, identity(EVENTS, event.request_id)
                charges.append((event, _row(event, at, at, unit, key, line, grows=False)))
        notes, buckets = more_pages(of_events, "next_cursor"), []
    else:
        of_usage = read_pages(_FalUsage, document, file)
        series = [(line, bucket) for line, page in of_usage for bucket in page.time_series]
        starts = [bucket.bucket for _, bucket in series]
        width = _bucket_width(starts)
        for line, bucket in series:
            charges += zip(bucket.results, _usage_rows(bucket, width, unit, line), strict=True)
        notes = more_pages(of_usage, "next_cursor") + _bucket_notes(starts, width)
        buckets = [Bucket(*bucket.span(width)) for _, bucket in series if bucket.results]
    wanted = "video" if unit is Unit.VIDEO_SECOND else "images"
    rows, left_out, of_basis = list[Row](), Counter[str](), Counter[str]()
    for part, row in charges:
        if part.of_another_service(unit, chosen):
            known = part.unit in _SECONDS | _IMAGES | _MEGAPIXELS
            left_out[f"by {quoted(part.unit)}" if known else f"for {quoted(part.endpoint_id or '')}"] += 1
        else:
            rows.append(row)
            of_basis[_basis_note(part, unit)] += 1
    for billed, times in sorted(left_out.items()):
        notes.append(f"rows billed {billed} make no {wanted} and are left out: {times:,}")
    notes += [f"{what}: {times:,}" for what, times in sorted(of_basis.items()) if what]
    free = sum(part.unit in _COUNTED[unit] and part.paid == 0 for part, _ in charges)
    if free:
        notes.append(f"rows of {wanted} cost nothing, as with a credit, and count: {free:,}")
    return PageReading(rows, notes, buckets)


def _basis_note(part: _Billed, unit: Unit) -> str:
    """What is known of a row that does not state what counts."""
    if part.unit in _COUNTED[unit] | _MEGAPIXELS:
        return "" if part.units is not None else "rows billed without a quantity are taken as requests"
    if part.unit:
        return f"of rows billed by {quoted(part.unit)} only the cost is known"
    return "rows billed by a unit that is not named may be by the image, the megapixel or else"


def _usage_rows(bucket: _FalBucket, width: timedelta | None, unit: Unit, line: int) -> list[Row]:
    rows = []
    for result in bucket.results:
        keys = (result.unit, result.endpoint_id, result.auth_method, result.unit_price, result.percent_discount)
        key = identity(USAGE, bucket.bucket.isoformat(), *keys, result.auth_method_structured)
        rows.append(_row(result, *bucket.span(width), unit, key, line, grows=True))
    return numbered(rows)


def _row(part: _Billed, at: datetime, ends: datetime, unit: Unit, identity: str, line: int, *, grows: bool) -> Row:
    """A row as its unit says. Of an event without one, or without a quantity, the request is known; a quantity without
    a unit may be that of the images, or of megapixels."""
    counted = part.unit in _COUNTED[unit] and part.units is not None
    unknown = not part.unit or (part.unit in _IMAGES | _MEGAPIXELS and part.units is None)
    of_request = not grows and unit is Unit.IMAGE and unknown
    return Row(
        at=at,
        ends=ends,
        meter=METER,
        basis=Basis.COUNTED if counted else Basis.REQUESTS if of_request else Basis.DERIVED,
        images=part.units if counted else None,
        requests=None if grows else 1,
        megapixels=part.units if part.unit in _MEGAPIXELS or not part.unit else None,
        cost=part.paid,
        currency=None if part.paid is None else part.currency,
        identity=identity,
        line=line,
    )


def _bucket_width(starts: Sequence[datetime]) -> timedelta | None:
    """How long the buckets are, judged by where all of them start: minutes, hours, days, or months (None).

    One bucket alone on the first of a month is taken as a day. So are weeks, which cannot be distinguished from days.
    """
    local = [start.replace(tzinfo=None) for start in starts]
    if any(start.second or start.microsecond or start.minute for start in local):
        return timedelta(minutes=1)
    if any(start.hour for start in local):
        return timedelta(hours=1)
    return None if len(set(local)) > 1 and all(start.day == 1 for start in local) else _DAY


def _bucket_notes(starts: Sequence[datetime], width: timedelta | None) -> list[str]:
    said = []
    days = sorted({start.replace(tzinfo=None) for start in starts})
    if width is None:
        said.append("buckets that all start a month are taken as months: ask for `timeframe=day`")
    elif width == _DAY and len(days) > 1 and all((one - days[0]).days % 7 == 0 for one in days):
        said.append("buckets a week apart are taken as days: if they are weeks, ask for `timeframe=day`")
    if width in (_DAY, None) and any(start.utcoffset() for start in starts):
        said.append("the days are those of another zone than UTC: ask for `timezone=UTC`")
    return said
