"""OpenAI: the pages of ``GET /v1/organization/usage/images`` and of ``GET /v1/organization/costs``.

Both are buckets of results: ``{"object": "page", "data": [{"start_time", "end_time", "results": [...]}], "has_more",
"next_page"}``; older copies say ``result`` for ``results``. Times are Unix seconds, costs also come as text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AliasChoices, Field, ValidationInfo, field_validator

from advisor.common.diagnostics import Problem
from advisor.domain.scenario import Unit
from advisor.usage.model import Basis, Row, check_known, makes_images, refused
from advisor.usage.readers.json_pages import (
    Bucket,
    Count,
    Currency,
    Dollars,
    Many,
    PageObject,
    PageOfMany,
    PageReading,
    Quantity,
    Text,
    UnixSeconds,
    identity,
    more_pages,
    numbered,
    read_pages,
)

USAGE, COSTS = "openai-usage", "openai-costs"
METER = "openai"

_NO_GROUPS = ("object", "images", "num_model_requests", "amount", "quantity", "quantity_unit")
_LONGEST = timedelta(days=1)
_WIDTHS = (timedelta(minutes=1), timedelta(hours=1), _LONGEST)


class _OpenAIResult(PageObject):
    project_id: Text | None = None
    user_id: Text | None = None
    api_key_id: Text | None = None

    @property
    def groups(self) -> dict[str, str]:
        """The keys of ``group_by`` that the result has."""
        return {key: value for key, value in self if key not in _NO_GROUPS and value is not None}


class _OpenAIUsage(_OpenAIResult):
    """Of images."""

    object: Literal["organization.usage.images.result"] | None = None
    images: Count
    num_model_requests: Count
    model: Text | None = None
    size: Text | None = None
    source: Text | None = None


class _Money(PageObject):
    value: Dollars
    currency: Currency


class _Cost(_OpenAIResult):
    """Of one line item, or of everything."""

    object: Literal["organization.costs.result"] | None = None
    amount: _Money
    line_item: Text | None = None
    api_source: Text | None = None
    quantity_unit: Text | None = None
    quantity: Quantity | None = None
    """Images; None where another unit is counted."""

    @field_validator("quantity", mode="before")
    @classmethod
    def _of_images_only(cls, value: Any, info: ValidationInfo) -> Any:
        return value if info.data.get("quantity_unit") == "images" else None

    def of_images(self, chosen: Sequence[str]) -> bool | None:
        """True for what is counted in images, for a line item that names an image model, and for ungrouped costs; None
        if unknown."""
        if self.quantity_unit == "images" or self.line_item is None:
            return True
        return makes_images([self.line_item], chosen)


_R = TypeVar("_R", bound=_OpenAIResult)


class _OpenAIBucket(PageObject, Generic[_R]):
    start_time: UnixSeconds
    end_time: UnixSeconds
    results: Annotated[Many[_R], Field(validation_alias=AliasChoices("results", "result"))]

    @field_validator("end_time")
    @classmethod
    def _within_a_day(cls, end: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("start_time", end)
        if not start < end <= start + _LONGEST and "start_time" in info.data:
            help = "ask for `bucket_width=1d`, or a shorter one"
            raise refused("the bucket does not end within a day of its start", help)
        return end

    @property
    def whole(self) -> datetime:
        """When a bucket will end that was cut off at the moment it was asked for; read again later, it has grown."""
        width = self.end_time - self.start_time
        return self.start_time + next(whole for whole in _WIDTHS if width <= whole)


class _OpenAIPage(PageOfMany, Generic[_R]):
    data: Many[_OpenAIBucket[_R]]

    @property
    def results(self) -> list[_R]:
        return [result for bucket in self.data for result in bucket.results]


def read(name: str, document: object, file: str, unit: Unit, chosen: Sequence[str]) -> PageReading:
    """A row for each result that counts, and one of zero images for a bucket that has none.

    Raises BadInput, also for line items that may or may not be of images.
    """
    if name == USAGE:
        of_usage = read_pages(_OpenAIPage[_OpenAIUsage], document, file)
        rows = [row for line, page in of_usage for bucket in page.data for row in _usage_rows(bucket, line)]
        return PageReading(rows, more_pages(of_usage, "next_page"), _buckets(of_usage))
    of_costs = read_pages(_OpenAIPage[_Cost], document, file)
    results = [result for _, page in of_costs for result in page.results]
    unknown = [one.line_item or "" for one in results if one.of_images(chosen) is None and one.amount.value]
    check_known(unknown, "it is not known whether these line items are of images", file)
    rows = []
    for line, costs in of_costs:
        counted = any(result.quantity is not None for result in costs.results)
        rows += [row for bucket in costs.data for row in _cost_rows(bucket, line, chosen, counted)]
    notes = more_pages(of_costs, "next_page") + _left_out(results, chosen)
    if free := sum(bool(one.quantity) and not one.amount.value for one in results):
        notes.append(f"line items of images cost nothing, as with a credit, and count: {free:,}")
    if not any(one.line_item is None and one.quantity is None and one.amount.value for one in results):
        return PageReading(rows, notes, _buckets(of_costs))
    notes.append("costs that are not grouped may hold more than images: ask for `group_by=line_item`")
    help = "ask for `group_by=line_item`; --makes-images '*' says that all are of images"
    doubt = Problem("the costs are not grouped, and need not be those of images", file, help=help)
    return PageReading(rows, notes, _buckets(of_costs), () if chosen else (doubt,))


def _left_out(results: Sequence[_Cost], chosen: Sequence[str]) -> list[str]:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for result in results:
        if not result.of_images(chosen):
            paid[result.amount.currency] += result.amount.value
    what = "line items that make no images are left out"
    return [f"{what}: {amount.normalize():,f} {currency}" for currency, amount in sorted(paid.items())]


def _buckets(of_pages: Sequence[tuple[int, _OpenAIPage[Any]]]) -> list[Bucket]:
    """Those with results, split by the keys of ``group_by`` that any of their own results has."""
    return [
        Bucket(
            bucket.start_time,
            bucket.whole,
            frozenset(key for result in bucket.results for key in result.groups),
            frozenset(bucket.results),
        )
        for _, page in of_pages
        for bucket in page.data
        if bucket.results
    ]


def _usage_rows(bucket: _OpenAIBucket[_OpenAIUsage], line: int) -> list[Row]:
    rows = []
    for result in bucket.results:
        made: dict[str, Any] = {"images": Decimal(result.images), "requests": result.num_model_requests}
        rows.append(_row(USAGE, bucket, line, result.groups, basis=Basis.COUNTED, **made))
    return numbered(rows) or [_row(USAGE, bucket, line, "empty", basis=Basis.COUNTED, images=Decimal(0), requests=0)]


def _cost_rows(bucket: _OpenAIBucket[_Cost], line: int, chosen: Sequence[str], counted: bool) -> list[Row]:
    """The results that count, and a row of zero for a bucket of refunds or nothing, as the day is known."""
    rows = []
    for result in bucket.results:
        if result.of_images(chosen):
            paid, images = result.amount, result.quantity
            stated: dict[str, Any] = {"images": images, "cost": paid.value, "currency": paid.currency}
            refund = images is None and paid.value < 0  # mends the cost of images that other results count
            stated["basis"] = Basis.DERIVED if images is None and not refund else Basis.COUNTED
            rows.append(_row(COSTS, bucket, line, paid.currency, result.groups, result.quantity_unit, **stated))
    if all(row.images is None and row.basis is Basis.COUNTED for row in rows):
        free: dict[str, Any] = {"basis": Basis.DERIVED, "cost": Decimal(0), "currency": "USD"}
        none: dict[str, Any] = {"basis": Basis.COUNTED, "images": Decimal(0)}
        rows.append(_row(COSTS, bucket, line, "empty", **(none if counted else free)))
    return numbered(rows)


def _row(name: str, bucket: _OpenAIBucket[Any], line: int, *keys: object, **stated: Any) -> Row:
    key = identity(name, bucket.start_time, bucket.whole, *keys)
    return Row(at=bucket.start_time, ends=bucket.end_time, meter=METER, identity=key, line=line, **stated)
