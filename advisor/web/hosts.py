"""The names a server answers under, against DNS rebinding: a page of another site whose name leads to this machine."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from advisor.wording import web as words

LOCAL = ("localhost", "127.0.0.1", "[::1]")


class AllowedHosts:
    """Refuses a request whose Host header is not one of these names; the port does not matter. ``*`` allows all."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app, self._hosts = app, {name.lower() for name in (*LOCAL, *hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 421."""
        if scope["type"] == "http" and "*" not in self._hosts:
            found = Headers(scope=scope).getlist("host")
            if len(found) != 1 or _name(found[0]) not in self._hosts:
                await PlainTextResponse(words.WRONG_HOST + "\n", 421)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()
