"""The application: its paths, its errors, what holds for every request; and its server, uvicorn."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from uvicorn.protocols.http.h11_impl import H11Protocol

from advisor.common.diagnostics import BadInput, Problem, quoted, reason
from advisor.report.templates import fill
from advisor.web import (
    api,
    catalogue_page,
    child_process,
    decision_pages,
    interview_pages,
    monitor_pages,
    portfolio_page,
)
from advisor.web.pages import on_error
from advisor.web.security import Guard
from advisor.web.site import Site

MAX_AT_ONCE = 200
"""Connections; beyond them the answer is 503."""
HEAD_SECONDS = 10.0
"""For the head of a request to arrive."""
_IDLE_SECONDS, _LAST_SECONDS = 10, 5
"""For the next request of a connection, and for the last responses once the server is stopped."""
_STATIC = Path(__file__).with_name("static")


def make_app(site: Site, hosts: Sequence[str]) -> Starlette:
    """The application over a site. ``hosts`` are the names it answers under, besides this machine's own."""
    app = Starlette(
        routes=[
            *interview_pages.ROUTES,
            *decision_pages.ROUTES,
            *monitor_pages.ROUTES,
            *portfolio_page.ROUTES,
            *catalogue_page.ROUTES,
            *api.ROUTES,
            Route("/healthz", _healthz),
            Route("/static/page.css", _page_style),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=tuple(hosts))],
        exception_handlers=dict.fromkeys((BadInput, HTTPException, Exception), on_error),
    )
    app.state.site = site
    return app


async def _page_style(request: Request) -> Response:
    """The style that pages share with a memo."""
    return Response(fill("page.css.j2", {}), media_type="text/css")


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises BadInput for an address that cannot be used."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.create_server((host, port), family=family, backlog=MAX_AT_ONCE)
    except (OSError, UnicodeError) as error:
        if not isinstance(error, OSError) or isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            help = "write a name or an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
            raise BadInput(Problem(f"{quoted(host)} is no address of this machine", "--host", help=help)) from None
        help = "choose another port with --port; 0 is any that is free"
        what = f"{quoted(f'{host}:{port}')} cannot be used: {reason(error)}"
        raise BadInput(Problem(what, "advisor serve", help=help)) from None
    # Connections take it over. Without it the body of a response waits for the acknowledgement of its headers, 40 ms.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


class _LastServer(uvicorn.Server):
    """The server of a process that ends with it, at once after this where a signal ends it."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        child_process.stop()


def server_of(app: Starlette, kind: type[uvicorn.Server] = uvicorn.Server) -> uvicorn.Server:
    """A server with its limits; nothing listens yet."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        limit_concurrency=MAX_AT_ONCE,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=_LAST_SECONDS,
        server_header=False,
        h11_max_incomplete_event_size=64_000,
    )
    return kind(config)


class ImpatientProtocol(H11Protocol):
    """Closes connections that do not send the head of a request in time; uvicorn would wait for ever."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the checks of the connection."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._look(False)

    def _look(self, was_waiting: bool) -> None:
        waiting = self.conn.their_state is h11.IDLE
        if waiting and was_waiting:
            self.transport.close()
        if not self.transport.is_closing():
            self.loop.call_later(HEAD_SECONDS / 2, self._look, waiting)


def serve(app: Starlette, bound: socket.socket, ready: Callable[[str], None]) -> None:
    """Serves until interrupted; ``ready`` gets the address once connections are accepted."""
    host, port = bound.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    ready(address)
    try:
        server_of(app, _LastServer).run(sockets=[bound])
    finally:
        bound.close()
