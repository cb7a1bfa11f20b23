"""OpenAI: the pages of ``GET /v1/organization/usage/images`` and of ``GET /v1/organization/costs``.

Both are buckets of results: ``{"object": "page", "data": [{"start_time", "end_time", "results": [...]}], "has_more",
"next_page"}``; older copies say ``result`` for ``results``. Times are Unix seconds, costs also come as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from advisor.common.diagnostics import Problem, quoted
from advisor.domain.scenario import Unit
from advisor.usage.model import MOST_DOLLARS_IN_A_ROW, MOST_IMAGES_IN_A_ROW, Basis, Row
from advisor.usage.readers.buckets import Bucket
from advisor.usage.readers.image_names import check_known, makes_images
from advisor.usage.readers.json_pages import (
    Part,
    amount,
    count,
    currency,
    first_in,
    identity,
    items,
    more_pages,
    objects,
    pages,
    seconds,
    text,
)

USAGE, COSTS = "openai-usage", "openai-costs"
NAMES: tuple[str, ...] = (USAGE, COSTS)
METER = "openai"

_KINDS = {"organization.usage.images.result": USAGE, "organization.costs.result": COSTS}
_USAGE_KEYS = ("project_id", "user_id", "api_key_id", "model", "size", "source")
_COST_GROUPS = ("project_id", "user_id", "api_key_id", "line_item", "api_source")
_COST_KEYS = (*_COST_GROUPS, "quantity_unit")
_LONGEST = timedelta(days=1)
_WIDTHS = (timedelta(minutes=1), timedelta(hours=1), _LONGEST)


def name_of(document: object) -> str | None:
    """``openai-usage`` or ``openai-costs``, else None. Pages with empty buckets alone count as usage: of no images."""
    found = None
    for page in objects(document):
        if page.get("object") != "page" or not isinstance(page.get("data"), list):
            return None
        kind = _kind(page)
        if kind != "empty":
            return kind
        found = USAGE
    return found


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()) -> Iterator[Row]:
    """A row for each result that counts, and one of zero images for a bucket that has none.

    Raises BadInput, also for line items that may or may not be of images.
    """
    if name == COSTS:
        results = [result for page in pages(document, file) for result in _all_results(page)]
        unknown = [_item(result) for result in results if _of_images(result, chosen) is None and _paid(result)[0]]
        check_known(unknown, "it is not known whether these line items are of images", file)
    for page in pages(document, file):
        counted = name == USAGE or _counts_images(page)
        for bucket in page.required("data", items):
            results = [result for result in _results(bucket) if name == USAGE or _of_images(result, chosen)]
            for result in _results(bucket):
                _check_kind(name, result)
            yield from [_row(name, bucket, result) for result in results] or [_empty(name, bucket, counted)]


def notes(
    name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()
) -> list[str]:
    """What a reader of the rows should know: pages that are missing, costs that are left out, costs not grouped."""
    of_pages = list(pages(document, file))
    said = more_pages(of_pages, "next_page")
    if name == COSTS:
        said += _cost_notes([result for page in of_pages for result in _all_results(page)], chosen)
    return said


def buckets(name: str, document: object, file: str) -> Iterator[Bucket]:
    """Those with results, split by the keys of ``group_by`` that any of their own results has."""
    keys = _USAGE_KEYS if name == USAGE else _COST_GROUPS
    for page in pages(document, file):
        for bucket in page.required("data", items):
            if results := _results(bucket):
                split_by = frozenset(key for result in results for key in keys if result.has(key))
                start, end = _span(bucket)
                yield Bucket(
                    start, _whole(start, end), split_by, frozenset(identity(result.value) for result in results)
                )


def doubts(document: object, file: str, chosen: Sequence[str]) -> list[Problem]:
    """Costs that are not grouped are those of everything."""
    results = [result for page in pages(document, file) for result in _all_results(page)]
    if chosen or not any(map(_of_everything, results)):
        return []
    what = "the costs are not grouped, and need not be those of images"
    return [Problem(what, file, help="ask for `group_by=line_item`; --makes-images '*' says that all are of images")]


def _of_everything(result: Part) -> bool:
    return not result.has("line_item") and _images(result) is None and bool(_paid(result)[0])


def _kind(page: dict[str, object]) -> str | None:
    """Which source the first result of a page is of; ``empty`` without any result."""
    data = page["data"]
    for bucket in data if isinstance(data, list) else ():
        result = first_in(bucket, "results") or first_in(bucket, "result")
        if result is None:
            continue
        if "object" in result:
            kind = result["object"]
            return _KINDS.get(kind) if isinstance(kind, str) else None
        return COSTS if "amount" in result else USAGE if "images" in result else None
    return "empty"


def _results(bucket: Part) -> list[Part]:
    return bucket.required("results" if bucket.has("results") or not bucket.has("result") else "result", items)


def _all_results(page: Part) -> list[Part]:
    return [result for bucket in page.required("data", items) for result in _results(bucket)]


def _span(bucket: Part) -> tuple[datetime, datetime]:
    start, end = bucket.required("start_time", seconds), bucket.required("end_time", seconds)
    if not start < end <= start + _LONGEST:
        help = "ask for `bucket_width=1d`, or a shorter one"
        raise bucket.child("end_time").refused("the bucket does not end within a day of its start", help)
    return start, end


def _whole(start: datetime, end: datetime) -> datetime:
    """When a bucket will end that was cut off at the moment it was asked for; read again later, it has grown."""
    return start + next(width for width in _WIDTHS if end - start <= width)


def _check_kind(name: str, result: Part) -> None:
    kind = result.optional("object", text)
    if kind is not None and _KINDS.get(kind) != name:
        expected = next(known for known, source in _KINDS.items() if source == name)
        help = "give pages of different interfaces as different files"
        raise result.child("object").refused(f"{quoted(kind)} stands among results of `{expected}`", help)


def _row(name: str, bucket: Part, result: Part) -> Row:
    return _usage_row(bucket, result) if name == USAGE else _cost_row(bucket, result)


def _usage_row(bucket: Part, result: Part) -> Row:
    start, end = _span(bucket)
    keys = [result.optional(key, text) for key in _USAGE_KEYS]
    return Row(
        at=start,
        ends=end,
        meter=METER,
        model=result.optional("model", text),
        basis=Basis.COUNTED,
        images=Decimal(result.required("images", count(MOST_IMAGES_IN_A_ROW))),
        requests=result.required("num_model_requests", count(MOST_IMAGES_IN_A_ROW)),
        megapixels=None,
        cost=None,
        currency=None,
        identity=identity(USAGE, start, _whole(start, end), *keys),
        unique=True,
        grows=True,
        line=bucket.line,
    )


def _cost_row(bucket: Part, result: Part) -> Row:
    start, end = _span(bucket)
    paid, paid_in = _paid(result)
    images = _images(result)
    keys = [result.optional(key, text) for key in _COST_KEYS]
    return Row(
        at=start,
        ends=end,
        meter=METER,
        model=result.optional("line_item", text),
        basis=Basis.DERIVED if images is None else Basis.COUNTED,
        images=images,
        requests=None,
        megapixels=None,
        cost=paid,
        currency=paid_in,
        identity=identity(COSTS, start, _whole(start, end), paid_in, *keys),
        unique=True,
        grows=True,
        line=bucket.line,
    )


def _empty(name: str, bucket: Part, counted: bool) -> Row:
    """A bucket in which nothing counts: that the day is known is worth a row."""
    start, end = _span(bucket)
    return Row(
        at=start,
        ends=end,
        meter=METER,
        model=None,
        basis=Basis.COUNTED if counted else Basis.DERIVED,
        images=Decimal(0) if counted else None,
        requests=0 if name == USAGE else None,
        megapixels=None,
        cost=None if counted else Decimal(0),
        currency=None if counted else "USD",
        identity=identity(name, "empty", start, _whole(start, end)),
        unique=True,
        grows=True,
        line=bucket.line,
    )


def _paid(result: Part) -> tuple[Decimal, str]:
    money = result.child("amount")
    return money.required("value", amount(MOST_DOLLARS_IN_A_ROW)), money.required("currency", currency)


def _images(result: Part) -> Decimal | None:
    if result.optional("quantity_unit", text) != "images":
        return None
    return result.optional("quantity", amount(MOST_IMAGES_IN_A_ROW))


def _of_images(result: Part, chosen: Sequence[str]) -> bool | None:
    """True for what is counted in images, for a line item that names an image model, and for ungrouped costs; None
    where nobody can tell."""
    if result.optional("quantity_unit", text) == "images" or not result.has("line_item"):
        return True
    return makes_images([_item(result)], chosen)


def _item(result: Part) -> str:
    return result.optional("line_item", text) or ""


def _counts_images(page: Part) -> bool:
    return any(_images(result) is not None for result in _all_results(page))


def _cost_notes(results: list[Part], chosen: Sequence[str]) -> list[str]:
    said = []
    left_out: dict[str, Decimal] = {}
    for result in results:
        if not _of_images(result, chosen):
            paid, paid_in = _paid(result)
            left_out[paid_in] = left_out.get(paid_in, Decimal(0)) + paid
    for paid_in, sum_paid in sorted(left_out.items()):
        said.append(f"line items that make no images are left out: {sum_paid.normalize():,f} {paid_in}")
    if any(map(_of_everything, results)):
        said.append("costs that are not grouped may hold more than images: ask for `group_by=line_item`")
    return said
