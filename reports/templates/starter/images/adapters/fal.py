"""fal: one request to ``https://fal.run/MODEL``, which answers when the images are made."""

from __future__ import annotations

from typing import Any

from images import transport
from images.config import Route


def urls(route: Route, token: str, body: dict[str, object]) -> list[str]:
    """The URLs of the images. Raises ImagesError."""
    client = transport.client(route, token, ("Authorization", f"Key {token}"))
    sent = {name: value for name, value in body.items() if name != "model"}
    answer: Any = transport.answered(route, token, lambda: client.post(f"/{route.model}", body=sent, cast_to=object))
    images = answer.get("images") if isinstance(answer, dict) else None
    images = images if isinstance(images, list) else []
    found = [one["url"] for one in images if isinstance(one, dict) and isinstance(one.get("url"), str)]
    if not found or len(found) != len(images):
        raise transport.bad_answer(route, "its `images` hold no URL")
    return found
