"""Replicate: the pages of ``GET /v1/predictions``.

``{"next", "previous", "results": [{"id", "status", "created_at", "input", "output", "data_removed", "model", ...}]}``.
Inputs and outputs of predictions made through the interface are deleted after an hour, and no page states a cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from advisor.monitor.readers.json_pages import (
    Part,
    count,
    first_in,
    flag,
    identity,
    items,
    more_pages,
    objects,
    pages,
    text,
    utc,
)
from advisor.monitor.usage import MOST_IMAGES_IN_A_ROW, Basis, Row

PREDICTIONS = "replicate-predictions"
NAMES: tuple[str, ...] = (PREDICTIONS,)
METER = "replicate"

_STATUSES = frozenset({"starting", "processing", "succeeded", "failed", "canceled", "aborted"})


def name_of(document: object) -> str | None:
    """``replicate-predictions``, else None."""
    for page in objects(document):
        if not isinstance(page.get("results"), list):
            return None
        first = first_in(page, "results")
        if first is None:
            return PREDICTIONS if "next" in page and "previous" in page else None
        return PREDICTIONS if {"id", "status", "created_at"} <= first.keys() else None
    return None


def rows(name: str, document: object, file: str) -> Iterator[Row]:
    """A row for each prediction that succeeded, each on the basis its own fields allow. Raises BadInput."""
    for page in pages(document, file):
        for prediction in page.required("results", items):
            if _succeeded(prediction):
                yield _row(prediction)


def notes(name: str, document: object, file: str = "") -> list[str]:
    """What a reader of the rows should know: pages that are missing, predictions left out or without their data."""
    of_pages = list(pages(document, file))
    said = more_pages(of_pages, "next")
    predictions = [prediction for page in of_pages for prediction in page.required("results", items)]
    succeeded = [prediction for prediction in predictions if _succeeded(prediction)]
    if len(predictions) > len(succeeded):
        said.append(f"predictions that did not succeed are left out: {len(predictions) - len(succeeded):,}")
    blind = sum(_images(prediction)[0] is Basis.REQUESTS for prediction in succeeded)
    if blind:
        said.append(f"predictions that do not say how many images they made: {blind:,}")
    return said


def grouped(name: str, document: object, file: str) -> tuple[tuple[date, frozenset[str]], ...]:
    """Nothing: no two answers of this source split the same rows in two ways."""
    return ()


def _succeeded(prediction: Part) -> bool:
    status = prediction.required("status", text)
    if status not in _STATUSES:
        raise prediction.child("status").expected("a status such as `succeeded`")
    return status == "succeeded"


def _row(prediction: Part) -> Row:
    at = prediction.required("created_at", utc)
    basis, images = _images(prediction)
    return Row(
        at=at,
        ends=at,
        meter=METER,
        model=prediction.optional("model", text) or prediction.optional("version", text),
        basis=basis,
        images=images,
        requests=1,
        megapixels=None,
        cost=None,
        currency=None,
        identity=identity(PREDICTIONS, prediction.required("id", text)),
        unique=True,
        grows=False,
        line=prediction.line,
    )


def _images(prediction: Part) -> tuple[Basis, Decimal | None]:
    """What was asked for, else the web addresses that came out, else nothing but the request."""
    if isinstance(prediction.child("input").value, dict):
        asked = prediction.child("input").optional("num_outputs", count(MOST_IMAGES_IN_A_ROW))
        if asked is not None:
            return Basis.REQUESTED, Decimal(asked)
    output = prediction.child("output").value
    made = output if isinstance(output, list) else [output]
    if made and all(map(_is_address, made)) and not prediction.optional("data_removed", flag):
        return Basis.COUNTED, Decimal(len(made))
    return Basis.REQUESTS, None


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))
