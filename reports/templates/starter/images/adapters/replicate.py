"""Replicate: a prediction is created, waited for, and looked up until it has ended."""

from __future__ import annotations

import re
import time
from functools import partial
from typing import Any

from images import transport
from images.config import Route
from images.errors import ImagesError

POLL_SECONDS = 0.5
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def urls(route: Route, token: str, body: dict[str, object]) -> list[str]:
    """The URLs of the images. Raises ImagesError."""
    client, until = transport.client(route, token), time.monotonic() + route.timeout_seconds
    sent = {"input": {name: value for name, value in body.items() if name != "model"}}
    path = f"/v1/models/{route.model}/predictions"
    found: Any = transport.answered(
        route, token, lambda: client.post(path, body=sent, cast_to=object, options={"headers": {"Prefer": "wait"}})
    )
    while isinstance(found, dict) and found.get("status") in ("starting", "processing"):
        id = found.get("id")
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise transport.bad_answer(route, "the prediction has no id")
        if time.monotonic() > until:
            what = f"route `{route.name}`: the prediction was not ready within {route.timeout_seconds} seconds"
            raise ImagesError(what, "timeout")
        time.sleep(POLL_SECONDS)
        path = f"/v1/predictions/{id}"
        found = transport.answered(route, token, partial(client.get, path, cast_to=object))
    output = found.get("output") if isinstance(found, dict) and found.get("status") == "succeeded" else None
    output = [output] if isinstance(output, str) else output
    if not isinstance(output, list) or not output or not all(isinstance(url, str) for url in output):
        status = found.get("status") if isinstance(found, dict) else None
        raise transport.bad_answer(route, f"the prediction ended as `{str(status)[:40]}`")
    return output
