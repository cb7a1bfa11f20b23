"""The HTTP side: one client for every provider, with retries, and errors that never hold a token.

Retries of 408, 409, 429 and 5xx, of time-outs and of lost connections are the ``openai`` client's own; it waits as long
as ``Retry-After`` says, up to two minutes, else half a second and twice as long each time.
"""

from __future__ import annotations

import base64
import binascii
import random
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
import openai

from images.config import Route
from images.errors import ImagesError

MOST_BYTES = 64 * 1024 * 1024
"""The largest image that is taken."""
_SHOWN = 300
_AGAIN = (0, 408, 425, 429, 500, 502, 503, 504)
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
T = TypeVar("T")


@lru_cache(maxsize=16)
def client(route: Route, token: str, header: tuple[str, str] | None = None) -> openai.OpenAI:
    """The client of a route, which threads may share; with ``header`` for the token in place of ``Authorization``."""
    return openai.OpenAI(
        base_url=route.base_url,
        api_key="none" if header else token,
        timeout=route.timeout_seconds,
        max_retries=route.max_retries,
        default_headers=dict([header]) if header else None,
    )


def answered(route: Route, token: str, call: Callable[[], T]) -> T:
    """What a call of the client returns. Raises ImagesError in place of its errors, which hold the request."""
    try:
        return call()
    except openai.APIStatusError as error:
        said = " ".join(error.response.text.split()).replace(token, "***")[:_SHOWN]
        what = f"route `{route.name}`: {route.base_url} answered {error.status_code}: {said or 'nothing'}"
        raise ImagesError(what + _help(route, error.status_code), f"error {error.status_code}") from None
    except openai.APITimeoutError:
        what = f"route `{route.name}`: no answer from {route.base_url} within {route.timeout_seconds} seconds"
        raise ImagesError(f"{what}, {route.max_retries + 1} tries", "timeout") from None
    except openai.APIConnectionError:
        what = f"route `{route.name}`: no connection to {route.base_url}"
        raise ImagesError(what + "; check base_url, and that the server runs", "no connection") from None
    except (openai.OpenAIError, ValueError):
        raise bad_answer(route, "it cannot be read") from None


def bad_answer(route: Route, why: str) -> ImagesError:
    """The error for an answer that holds no image."""
    return ImagesError(f"route `{route.name}`: the answer of {route.base_url} has no image: {why}", "bad answer")


def decoded(route: Route, text: str) -> bytes:
    """The bytes of base64 text, also of a ``data:`` URL. Raises ImagesError."""
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (binascii.Error, ValueError):
        raise bad_answer(route, "its base64 cannot be decoded") from None


def download(route: Route, url: str) -> bytes:
    """The image at a URL of an answer; the token is not sent there. Raises ImagesError."""
    if url.startswith("data:"):
        return decoded(route, url)
    safe = ("https", urlsplit(route.base_url).scheme)
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in safe:
        raise bad_answer(route, "its address is not one of https")
    tries = 0
    while True:
        status, pause, data = _fetched(route, url)
        if data is not None:
            return data
        if status not in _AGAIN or tries == route.max_retries:
            what = f"answered {status}" if status else "cannot be reached"
            raise ImagesError(f"route `{route.name}`: the address of the image {what}", f"error {status or 'download'}")
        time.sleep(min(pause or 0.5 * 2**tries * random.uniform(0.75, 1), 120))
        tries += 1


def _fetched(route: Route, url: str) -> tuple[int, float, bytes | None]:
    """Status (0 without one), seconds to wait, and the image if there is one."""
    try:
        with httpx2.stream("GET", url, timeout=route.timeout_seconds, follow_redirects=True) as answer:
            if answer.status_code != 200:
                after = answer.headers.get("retry-after", "")
                return answer.status_code, float(after) if after.replace(".", "", 1).isdigit() else 0, None
            data = bytearray()
            for part in answer.iter_bytes():
                data += part
                if len(data) > MOST_BYTES:
                    raise bad_answer(route, f"it is larger than {MOST_BYTES:,} bytes")
            return 200, 0, bytes(data)
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return 0, 0, None


def media_type(route: Route, data: bytes) -> str:
    """The media type of an image by its first bytes. Raises ImagesError for what is no image."""
    for start, kind in _KINDS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise bad_answer(route, "its bytes are not PNG, JPEG, WebP or GIF")


def _help(route: Route, status: int) -> str:
    if status in (401, 403):
        return f"; check the environment variable {route.token_variable}"
    if status == 404:
        return "; check `base_url` and `model` in routes.toml"
    return ""
