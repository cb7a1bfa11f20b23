"""Providers that do not speak the Images API: each turns a body into the URLs of the images."""

from __future__ import annotations

from collections.abc import Callable

from images.adapters import bfl, fal, replicate
from images.config import Route

ADAPTERS: dict[str, Callable[[Route, str, dict[str, object]], list[str]]] = {
    "bfl": bfl.urls,
    "fal": fal.urls,
    "fal_closed": fal.urls,
    "replicate": replicate.urls,
}
"""The adapter of each shape. Raises ImagesError."""
