"""Replicate: the pages of ``GET /v1/predictions``.

``{"next", "previous", "results": [{"id", "status", "created_at", "input", "output", "data_removed", "model", ...}]}``,
or predictions alone, in one array or one after the other.
Inputs and outputs of predictions made through the interface are deleted after an hour, and no page states a cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from advisor.domain.scenario import Unit
from advisor.usage.model import MOST_IMAGES_IN_A_ROW, Basis, Row
from advisor.usage.readers.buckets import Bucket
from advisor.usage.readers.image_names import makes_images
from advisor.usage.readers.json_pages import (
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

PREDICTIONS = "replicate-predictions"
NAMES: tuple[str, ...] = (PREDICTIONS,)
METER = "replicate"

_SECONDS, _IMAGES = "video_output_duration_seconds", "image_output_count"
_OF_OTHERS = re.compile(r"(?:video|audio)_output|character_|training_|.*token")
"""Metrics of models that make text, sound or video."""
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


def rows(name: str, document: object, file: str, unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()) -> Iterator[Row]:
    """A row for each prediction that succeeded and may have made what counts, on the basis its own fields allow.

    Raises BadInput.
    """
    for prediction in _predictions(document, file):
        if _succeeded(prediction) and (made := _made(prediction, unit, chosen)):
            yield _row(prediction, *made)


def notes(
    name: str, document: object, file: str = "", unit: Unit = Unit.IMAGE, chosen: Sequence[str] = ()
) -> list[str]:
    """What a reader of the rows should know: pages that are missing, predictions left out or without their data."""
    said = more_pages([page for page in pages(document, file) if page.has("results")], "next")
    predictions = list(_predictions(document, file))
    succeeded = [prediction for prediction in predictions if _succeeded(prediction)]
    if len(predictions) > len(succeeded):
        said.append(f"predictions that did not succeed are left out: {len(predictions) - len(succeeded):,}")
    made = [_made(prediction, unit, chosen) for prediction in succeeded]
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
        model=_model(prediction) or prediction.optional("version", text),
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


def _made(prediction: Part, unit: Unit, chosen: Sequence[str]) -> tuple[Basis, Decimal | None] | None:
    """The images or the seconds of video, as far as they are known; None where it made something else."""
    if unit is Unit.IMAGE:
        return _images(prediction, chosen)
    seconds = _metric(prediction, _SECONDS)
    return None if seconds is None else (Basis.COUNTED, seconds)


def _metric(prediction: Part, name: str) -> Decimal | None:
    metrics = prediction.child("metrics")
    if not isinstance(metrics.value, dict):
        return None
    return metrics.optional(name, amount(MOST_IMAGES_IN_A_ROW, least=0))


def _model(prediction: Part) -> str | None:
    return prediction.optional("model", text)


def _images(prediction: Part, chosen: Sequence[str]) -> tuple[Basis, Decimal | None] | None:
    """What came out, else what the metrics say of it, else what was asked for, else nothing but the request.

    Metrics stay when input and output are deleted. A model known by name to make images may have tokens among them.
    """
    output = prediction.child("output").value
    made = [] if prediction.optional("data_removed", flag) else list(_values(output))
    images = [value for value in made if _is_address(value) and not _is_sound_or_video(value)]
    if made and not images:
        return None
    asked = _asked(prediction)
    if images and not isinstance(output, dict) and all(map(_is_address, made)):
        return Basis.COUNTED, Decimal(len(images))
    counted = _metric(prediction, _IMAGES)
    if counted is not None:
        return (Basis.COUNTED, counted) if counted else None
    if not images and not _may_make_images(prediction, chosen):
        return None
    return (Basis.REQUESTS, None) if asked is None else (Basis.REQUESTED, Decimal(asked))


def _asked(prediction: Part) -> int | None:
    asked = prediction.child("input")
    return asked.optional("num_outputs", count(MOST_IMAGES_IN_A_ROW)) if isinstance(asked.value, dict) else None


def _may_make_images(prediction: Part, chosen: Sequence[str]) -> bool:
    """Whether neither its name nor its metrics say that it makes something else."""
    by_name = makes_images([_model(prediction)], chosen)
    if by_name is not None:
        return by_name
    metrics = prediction.child("metrics").value
    return not any(_OF_OTHERS.match(name) for name in metrics) if isinstance(metrics, dict) else True


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
