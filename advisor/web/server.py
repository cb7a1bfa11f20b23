"""Runs the application on uvicorn."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from advisor.common.diagnostics import BadInput, Problem, quoted, reason

MAX_AT_ONCE = 200
"""Connections; beyond them the answer is 503."""
_IDLE_SECONDS = 10


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises BadInput for an address that cannot be used."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.create_server((host, port), family=family, backlog=MAX_AT_ONCE)
    except (OSError, UnicodeError) as error:
        cause = reason(error) if isinstance(error, OSError) else "the name is not valid"
        what = f"{quoted(f'{host}:{port}')} cannot be used: {cause}"
        help = "choose another port with --port; 0 is any that is free"
        raise BadInput(Problem(what, "advisor serve", help=help)) from None
    # Connections take it over. Without it the body of a response waits for the acknowledgement of its headers, 40 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def serve(app: Starlette, bound: socket.socket, ready: Callable[[str], None]) -> None:
    """Serves until interrupted; ``ready`` gets the address once connections are accepted."""
    host, port = bound.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        limit_concurrency=MAX_AT_ONCE,
        timeout_keep_alive=_IDLE_SECONDS,
        server_header=False,
        h11_max_incomplete_event_size=64_000,
    )
    ready(address)
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        bound.close()
