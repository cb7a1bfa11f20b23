"""What holds for every response and every request: headers, hosts, sizes and times.

The policy is that of DESIGN, section 8: nothing inline, nothing from another host.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advisor.wording import web as words

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'"
_POLICY = "content-security-policy"
HEADERS = {
    _POLICY: POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
MAX_BODY = 60_000_000
"""Bytes of a request; most of it is usage files."""
BODY_SECONDS = 60.0
"""For the whole body to arrive."""
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def policy_of(page: str) -> str:
    """The policy for a page that holds its own style sheets: each is allowed by its hash."""
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _STYLE.findall(page)]
    return POLICY.replace("style-src 'self'", " ".join(["style-src 'self'", *(f"'sha256-{one}'" for one in digests)]))


class SecureResponses:
    """Adds the headers that a response does not have itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)


class TooLarge(Exception):
    """A body of more than ``MAX_BODY`` bytes."""


class TooSlow(Exception):
    """A body that does not arrive within ``BODY_SECONDS``."""


class BoundedBodies:
    """Ends the reading of a body that is too large or too slow."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "")
        if stated.isdecimal() and int(stated[:20]) > MAX_BODY:
            await self._app(scope, _refuse, send)
            return
        size, until = 0, asyncio.get_running_loop().time() + BODY_SECONDS

        async def bounded() -> Message:
            nonlocal size
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise TooLarge
            return message

        await self._app(scope, bounded, send)


async def _refuse() -> Message:
    raise TooLarge


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
