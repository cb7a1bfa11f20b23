"""Replicate: the pages of ``GET /v1/predictions``.

``{"next", "previous", "results": [{"id", "status", "created_at", "input", "output", "data_removed", "model", ...}]}``,
or predictions alone, in one array or one after the other.
Inputs and outputs of predictions made through the interface are deleted after an hour, and no page states a cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, Field, RootModel, ValidationInfo, field_validator

from advisor.common.diagnostics import quoted
from advisor.domain.scenario import Unit
from advisor.usage.model import MOST_IMAGES_IN_A_ROW, Basis, Row, makes_images
from advisor.usage.readers.json_pages import (
    Count,
    Many,
    Number,
    PageObject,
    PageOfMany,
    PageReading,
    Text,
    UtcMoment,
    identity,
    more_pages,
    pages,
)

PREDICTIONS = "replicate-predictions"
METER = "replicate"
_MOST_NAMED = 5

_NOT_IMAGES = re.compile(r"(?:video|audio)_output|character_|training_|.*token")
"""Metrics of models that make text, sound or video."""
_NOT_MADE = {
    Unit.IMAGE: "made something else than images",
    Unit.VIDEO_SECOND: "do not say how many seconds of video they made (`metrics.video_output_duration_seconds`)",
}
_ADDRESSES = ("https://", "http://", "data:image/")
_SOUND_AND_VIDEO = (".aac", ".avi", ".flac", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".ogg", ".opus", ".wav", ".webm")
_UNSUCCESSFUL = ("starting", "processing", "failed", "canceled", "aborted")
_Units = Annotated[Number, Field(ge=0, le=MOST_IMAGES_IN_A_ROW)]


def _within(key: str, inner: str) -> Any:
    return Field(validation_alias=AliasPath(key, inner))


class _Prediction(PageObject):
    """A prediction that succeeded."""

    status: Literal["succeeded", "starting", "processing", "failed", "canceled", "aborted"]
    id: Text
    created_at: UtcMoment
    model: Text | None = None
    data_removed: bool = False
    output: Any = None
    metrics: Any = None
    seconds: Annotated[_Units | None, _within("metrics", "video_output_duration_seconds")] = None
    image_output_count: Annotated[_Units | None, _within("metrics", "image_output_count")] = None
    num_outputs: Annotated[Count | None, _within("input", "num_outputs")] = None

    @field_validator("num_outputs", mode="before")
    @classmethod
    def _of_images(cls, value: Any, info: ValidationInfo) -> Any:
        """Inputs are a model's own: they are read only where what came out may be images."""
        return None if _has_no_image(list(_values(info.data.get("output")))) else value

    def made(self, unit: Unit, chosen: Sequence[str]) -> tuple[Basis, Decimal | None] | None:
        """The seconds of video or the images, as far as they are known; None where it made something else.

        Images are the number of outputs, else the metrics, else the number asked for, else nothing but the request is
        known. Metrics stay when input and output are deleted. A model known by name to make images may have tokens.
        """
        if unit is Unit.VIDEO_SECOND:
            return None if self.seconds is None else (Basis.COUNTED, self.seconds)
        made = [] if self.data_removed else list(_values(self.output))
        images = [value for value in made if _is_image(value)]
        if _has_no_image(made):
            return None
        if images and not isinstance(self.output, dict) and all(map(_is_address, made)):
            return Basis.COUNTED, Decimal(len(images))
        if self.image_output_count is not None:
            return (Basis.COUNTED, self.image_output_count) if self.image_output_count else None
        by_name = makes_images([self.model], chosen)
        metrics = self.metrics if isinstance(self.metrics, dict) else {}
        if not images and (any(map(_NOT_IMAGES.match, metrics)) if by_name is None else not by_name):
            return None
        return (Basis.REQUESTS, None) if self.num_outputs is None else (Basis.REQUESTED, Decimal(self.num_outputs))


def _unless_unsuccessful(value: Any) -> Any:
    return None if isinstance(value, dict) and value.get("status") in _UNSUCCESSFUL else value


_IfSucceeded = Annotated[_Prediction | None, BeforeValidator(_unless_unsuccessful)]


class _PredictionsPage(PageOfMany):
    results: Many[_IfSucceeded]


class _Alone(RootModel[_IfSucceeded]):
    """A prediction without a page."""


def read(name: str, document: object, file: str, unit: Unit, chosen: Sequence[str]) -> PageReading:
    """A row for each prediction that succeeded and may have made what counts, on the basis its own fields allow.

    Raises BadInput.
    """
    of_many: list[tuple[int, _PredictionsPage]] = []
    rows, unsuccessful, others, unknown = [], 0, 0, 0
    unsure: dict[str, None] = {}
    for page in pages(document, file):
        if isinstance(page.value, dict) and not {"results", "next", "previous"} & page.value.keys():
            predictions = [page.read(_Alone).root]
        else:
            of_many.append((page.line, page.read(_PredictionsPage)))
            predictions = of_many[-1][1].results
        for prediction in predictions:
            made = prediction.made(unit, chosen) if prediction else None
            unsuccessful += prediction is None
            others += prediction is not None and made is None
            unknown += made is not None and made[0] is Basis.REQUESTS
            if prediction and made:
                if made[0] is Basis.REQUESTS and prediction.model and makes_images([prediction.model], chosen) is None:
                    unsure[prediction.model] = None
                rows.append(
                    Row(
                        at=prediction.created_at,
                        ends=prediction.created_at,
                        meter=METER,
                        basis=made[0],
                        images=made[1],
                        requests=1,
                        identity=identity(PREDICTIONS, prediction.id),
                        line=page.line,
                    )
                )
    notes = more_pages(of_many, "next")
    if unsuccessful:
        notes.append(f"predictions that did not succeed are left out: {unsuccessful:,}")
    if others:
        notes.append(f"predictions that {_NOT_MADE[unit]} are left out: {others:,}")
    if unknown:
        notes.append(f"predictions that do not say how many images they made: {unknown:,}")
    if unsure:
        shown = ", ".join(map(quoted, [*unsure][:_MOST_NAMED])) + (" and more" if len(unsure) > _MOST_NAMED else "")
        notes.append(f"these models are taken to make images, unless --makes-images NAME says which do: {shown}")
    return PageReading(rows, notes)


def _values(output: object) -> Iterator[object]:
    """What came out, piece by piece, however it is put together."""
    if isinstance(output, dict | list):
        for value in output.values() if isinstance(output, dict) else output:
            yield from _values(value)
    elif output is not None:
        yield output


def _has_no_image(made: Sequence[object]) -> bool:
    return bool(made) and not any(map(_is_image, made))


def _is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_ADDRESSES)


def _is_image(value: object) -> bool:
    path = str(value).partition("?")[0].partition("#")[0]
    return _is_address(value) and not path.lower().endswith(_SOUND_AND_VIDEO)
