"""How many output tokens an image costs, for models that are priced per token: ``data/image_tokens.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from advisor.common import yaml_loader

DATA = Path(__file__).parent / "data"


class ImageTokens(NamedTuple):
    """The tokens of one image of a size and quality, and where that is stated."""

    model: str
    size: str
    quality: str | None
    tokens: int
    source: str


def tokens_of(model: str) -> ImageTokens | None:
    """The tokens of an image of a model, by its upstream name without the provider; None if they are not known."""
    return _table().get(model.rpartition("/")[2])


@cache
def _table() -> dict[str, ImageTokens]:
    file = DATA / "image_tokens.yaml"
    rows = yaml_loader.load(file.read_text(encoding="utf-8"), str(file))["image_tokens"]
    return {
        name: ImageTokens(name, row["size"], row.get("quality"), row["tokens"], row["source"])
        for row in rows
        for name in row["models"]
    }
