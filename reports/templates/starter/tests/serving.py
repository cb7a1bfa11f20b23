"""Runs the image server in this process, so that tests speak real HTTP with it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LONGEST_START = 20.0
"""Seconds."""


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """The server's address, such as `http://127.0.0.1:49152`, while the block runs."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + LONGEST_START
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(LONGEST_START)
