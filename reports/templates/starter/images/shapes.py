"""What each shape of API takes, from ``differences.csv``: how fields are named, and which are not taken."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from images.config import FOLDER, Route
from images.errors import ImagesError

IMAGES_API = ("kit_server", "vllm_omni", "sglang", "openai", "together", "deepinfra", "nscale", "recraft", "xai")
"""Shapes that the ``openai`` client speaks; the others have an adapter in ``images/adapters``."""
_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


@dataclass(frozen=True)
class Field:
    """One row of ``differences.csv``: whether a field is sent (yes, no or unknown), under which name."""

    sent: str
    name: str
    value: str


@dataclass(frozen=True)
class Request:
    """The body of a call, how often to send it for ``n`` images, and what could not be said in this shape."""

    body: dict[str, Any]
    calls: int
    left_out: tuple[str, ...]


@cache
def shapes() -> dict[str, dict[str, Field]]:
    """Every shape with its fields. Raises OSError if ``differences.csv`` is missing."""
    found: dict[str, dict[str, Field]] = {}
    with (FOLDER / "differences.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            field = Field(row["sent"], row["name"], row["value"])
            found.setdefault(row["shape"], {})[row["field"]] = field
    return found


def request(route: Route, prompt: str, steps: int | None, seed: int | None, size: str, n: int) -> Request:
    """The body in the shape of the route. Raises ImagesError for a shape that is not supported, or a bad size."""
    fields = shapes().get(route.shape)
    if fields is None:
        known = ", ".join(sorted(shapes()))
        what = f"route `{route.name}` has the shape `{route.shape}`, which this kit cannot call; it can: {known}"
        raise ImagesError(what, "bad configuration")
    body: dict[str, Any] = {"model": route.model, "prompt": prompt}
    left_out = []
    for field, value in (("steps", steps if steps is not None else route.steps), ("seed", seed)):
        if value is not None and fields[field].sent == "yes":
            body[fields[field].name] = value
        elif value is not None and (field == "seed" or steps is not None):
            left_out.append(field)
    if route.quality and "quality" in fields:
        body[fields["quality"].name] = route.quality
    body |= _size(fields["size"].name, *sides(size))
    together = fields["n"].sent == "yes"
    if together:
        body[fields["n"].name] = n
    answer = fields.get("response_format")
    if answer and answer.sent == "yes":
        body[answer.name] = answer.value
    return Request(body, 1 if together else n, tuple(left_out))


def sides(size: str) -> tuple[int, int]:
    """Width and height of a size, pixels. Raises ImagesError."""
    found = _SIZE.fullmatch(size)
    if not found:
        raise ImagesError(f"`{size}` is not a size; write it as 1024x1024", "bad configuration")
    return int(found[1]), int(found[2])


def _size(name: str, width: int, height: int) -> dict[str, Any]:
    if name == "size":
        return {"size": f"{width}x{height}"}
    if name == "image_size":
        return {"image_size": {"width": width, "height": height}}
    if name == "aspect_ratio":
        common = math.gcd(width, height)
        return {"aspect_ratio": f"{width // common}:{height // common}"}
    return {"width": width, "height": height}
