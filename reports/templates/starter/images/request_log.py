"""One line of JSON a call, which ``advisor monitor`` reads as it is: no prompt, no token."""

from __future__ import annotations

import datetime
import json
import os
import uuid

from images.config import Route, log_file


def write(route: Route, images: int, status: str, started: float, ended: float, left_out: tuple[str, ...]) -> None:
    """Adds a line. ``images`` were delivered; ``started`` and ``ended`` are seconds of a monotonic clock.

    The cost is the list price of what was delivered, null where the price is not known. Raises OSError.
    """
    cost = None if route.price_per_image is None else format(route.price_per_image * images, "f")
    line = {
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        "id": uuid.uuid4().hex,
        "route": route.name,
        "provider": route.provider or route.name,
        "model": route.model,
        "images": images,
        "cost_usd": cost,
        "status": status,
        "latency_ms": round((ended - started) * 1000),
        "left_out": ",".join(left_out),
    }
    # One write to a file opened for appending: lines of several processes do not mix.
    handle = os.open(log_file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (json.dumps(line) + "\n").encode())
    finally:
        os.close(handle)
