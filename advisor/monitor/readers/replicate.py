"""Replicate: the pages of ``GET /v1/predictions``.

``{"next", "previous", "results": [{"id", "status", "created_at", "input", "output", "data_removed", "model", ...}]}``,
or predictions alone, in one array or one after the other.
Inputs and outputs of predictions made through the interface are deleted after an hour, and no page states a cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from advisor.monitor.readers.buckets import Bucket
from advisor.monitor.readers.json_pages import (
    Part,
    amount,
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
from advisor.scenario import Unit

PREDICTIONS = "replicate-predictions"
NAMES: tuple[str, ...] = (PREDICTIONS,)
METER = "replicate"

_SECONDS = "video_output_duration_seconds"
_NOT_MADE = {
    Unit.IMAGE: "made something else than images",
    Unit.VIDEO_SECOND: f"do not say how many seconds of video they made (`metrics.{_SECONDS}`)",
}
_ADDRESSES = ("https://", "http://", "data:image/")
_SOUND_AND_VIDEO = (".aac", ".avi", ".flac", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg", ".opus", ".wav", ".webm")
_TELLING = frozenset({"id", "status", "created_at"})
_TELLING_TOO = frozenset({"version", "urls", "data_removed"})
"""One of these as well tells a prediction from the objects of other services."""
_STATUSES = frozenset({"starting", "processing", "succeeded", "failed", "canceled", "aborted"})


def name_of(document: object) -> str | None:
    """``replicate-predictions``, else None."""
    for page in objects(document):
        if not isinstance(page.get("results"), list):
            return PREDICTIONS if page.keys() >= _TELLING and page.keys() & _TELLING_TOO else None
        first = first_in(page, "results")
        if first is None:
            return PREDICTIONS if "next" in page and "previous" in page else None
        return PREDICTIONS if first.keys() >= _TELLING else None
    return None


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE) -> Iterator[Row]:
    """A row for each prediction that succeeded and may have made what counts, on the basis its own fields allow.

    Raises BadInput.
    """
    for prediction in _predictions(document, file):
        if _succeeded(prediction) and (made := _made(prediction, unit)):
            yield _row(prediction, *made)


def notes(name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE) -> list[str]:
    """What a reader of the rows should know: pages that are missing, predictions left out or without their data."""
    said = more_pages([page for page in pages(document, file) if page.has("results")], "next")
    predictions = list(_predictions(document, file))
    succeeded = [prediction for prediction in predictions if _succeeded(prediction)]
    if len(predictions) > len(succeeded):
        said.append(f"predictions that did not succeed are left out: {len(predictions) - len(succeeded):,}")
    made = [_made(prediction, unit) for prediction in succeeded]
    if None in made:
        said.append(f"predictions that {_NOT_MADE[unit]} are left out: {made.count(None):,}")
    blind = sum(one is not None and one[0] is Basis.REQUESTS for one in made)
    if blind:
        said.append(f"predictions that do not say how many images they made: {blind:,}")
    return said


def buckets(name: str, document: object, file: str) -> tuple[Bucket, ...]:
    """None: no two answers of this source split the same rows in two ways."""
    return ()


def _predictions(document: object, file: str) -> Iterator[Part]:
    for page in pages(document, file):
        alone = isinstance(page.value, dict) and not {"results", "next", "previous"} & page.value.keys()
        yield from (page,) if alone else page.required("results", items)


def _succeeded(prediction: Part) -> bool:
    status = prediction.required("status", text)
    if status not in _STATUSES:
        raise prediction.child("status").expected("a status such as `succeeded`")
    return status == "succeeded"


def _row(prediction: Part, basis: Basis, images: Decimal | None) -> Row:
    at = prediction.required("created_at", utc)
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


def _made(prediction: Part, unit: Unit) -> tuple[Basis, Decimal | None] | None:
    """The images or the seconds of video, as far as they are known; None where it made something else."""
    if unit is Unit.IMAGE:
        return _images(prediction)
    metrics = prediction.child("metrics")
    most = amount(MOST_IMAGES_IN_A_ROW, least=0)
    seconds = metrics.optional(_SECONDS, most) if isinstance(metrics.value, dict) else None
    return None if seconds is None else (Basis.COUNTED, seconds)


def _images(prediction: Part) -> tuple[Basis, Decimal | None] | None:
    """What was asked for, else the web addresses that came out, else nothing but the request."""
    output = prediction.child("output").value
    made = [] if prediction.optional("data_removed", flag) else list(_values(output))
    images = [value for value in made if _is_address(value) and not _is_sound_or_video(value)]
    if made and not images:
        return None
    if isinstance(prediction.child("input").value, dict):
        asked = prediction.child("input").optional("num_outputs", count(MOST_IMAGES_IN_A_ROW))
        if asked is not None:
            return Basis.REQUESTED, Decimal(asked)
    if images and not isinstance(output, dict) and all(map(_is_address, made)):
        return Basis.COUNTED, Decimal(len(images))
    return Basis.REQUESTS, None


def _values(output: object) -> Iterator[object]:
    """What came out, piece by piece, however it is put together."""
    if isinstance(output, dict | list):
        for value in output.values() if isinstance(output, dict) else output:
            yield from _values(value)
    elif output is not None:
        yield output


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_ADDRESSES)


def _is_sound_or_video(address: object) -> bool:
    return str(address).partition("?")[0].partition("#")[0].lower().endswith(_SOUND_AND_VIDEO)
