"""Black Forest Labs: a task is submitted, and its ``polling_url`` is asked until the image is ready."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from images import transport
from images.config import Route
from images.errors import ImagesError

POLL_SECONDS = 0.5
_FAILED = ("Error", "Failed", "Content Moderated", "Request Moderated", "Task not found")


def urls(route: Route, token: str, body: dict[str, object]) -> list[str]:
    """The URL of the image: one for a task. Raises ImagesError."""
    client, until = transport.client(route, token, ("x-key", token)), time.monotonic() + route.timeout_seconds
    sent = {name: value for name, value in body.items() if name != "model"}
    task: Any = transport.answered(route, token, lambda: client.post(f"/v1/{route.model}", body=sent, cast_to=object))
    address = task.get("polling_url") if isinstance(task, dict) else None
    if not isinstance(address, str) or not _of_provider(address, route.base_url):
        raise transport.bad_answer(route, "its `polling_url` is not one of the provider")
    while True:
        found: Any = transport.answered(route, token, lambda: client.get(address, cast_to=object))
        status = found.get("status") if isinstance(found, dict) else None
        if status == "Ready":
            sample = found.get("result")
            url = sample.get("sample") if isinstance(sample, dict) else None
            if not isinstance(url, str):
                raise transport.bad_answer(route, "its `result` holds no `sample`")
            return [url]
        if not isinstance(status, str) or status in _FAILED:
            raise transport.bad_answer(route, f"the task ended as `{str(status)[:40]}`")
        if time.monotonic() > until:
            what = f"route `{route.name}`: the task was not ready within {route.timeout_seconds} seconds"
            raise ImagesError(what, "timeout")
        time.sleep(POLL_SECONDS)


def _of_provider(address: str, base_url: str) -> bool:
    """Whether the token may be sent there: the same host, or another one of the provider's domain over https."""
    try:
        asked, base = urlsplit(address), urlsplit(base_url)
        host, own = asked.hostname or "", base.hostname or ""
        same = (host, asked.port, asked.scheme) == (own, base.port, base.scheme)
    except ValueError:
        return False
    domain = own.partition(".")[2]
    return same or (asked.scheme == "https" and "." in domain and host.endswith(f".{domain}"))
