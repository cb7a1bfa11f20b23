"""What holds for every response and every request: headers, hosts, sizes and times.

The policy is that of DESIGN, section 8: nothing inline, nothing from another host.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advisor.wording import web as words

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'"
HEADERS = {
    "content-security-policy": POLICY,
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
LOCAL = ("localhost", "127.0.0.1", "[::1]")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def policy_of(page: str) -> str:
    """The policy for a page that holds its own style sheets: each is allowed by its hash."""
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in _STYLE.findall(page)]
    return POLICY.replace("style-src 'self'", " ".join(["style-src 'self'", *(f"'sha256-{one}'" for one in digests)]))


class Guard:
    """Adds the headers that a response does not have itself, and refuses what the server does not answer.

    That is a request whose Host header is not one of ``hosts`` (the port does not matter, ``*`` allows all), against
    DNS rebinding: a page of another site whose name leads to this machine. And a body that is too large or too slow.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app, self._hosts = app, {name.lower() for name in (*LOCAL, *hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 421."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        stated = headers.get("content-length", "")
        size = int(stated[:20]) if stated.isdecimal() else 0
        arrived, until = 0, asyncio.get_running_loop().time() + BODY_SECONDS

        async def bounded() -> Message:
            nonlocal arrived
            if size > MAX_BODY:
                raise HTTPException(413)
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            arrived += len(message.get("body", b""))
            if arrived > MAX_BODY:
                raise HTTPException(413)
            return message

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    own.setdefault(name, value)
            await send(message)

        names = [_name(host) for host in headers.getlist("host")]
        if "*" in self._hosts or (len(names) == 1 and names[0] in self._hosts):
            await self._app(scope, bounded, secured)
        else:
            await PlainTextResponse(words.WRONG_HOST + "\n", 421)(scope, receive, secured)


def _name(host: str) -> str:
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()
