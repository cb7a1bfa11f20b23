"""``generate``: the one call for images, whatever the route."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

from images import request_log, shapes, transport
from images.adapters import ADAPTERS
from images.config import Route, load_route
from images.errors import ImagesError

MOST_IMAGES = 64
"""The most images of one call."""


@dataclass(frozen=True)
class GeneratedImage:
    """The bytes of an image file, and what kind of file it is: ``image/png``, ``image/jpeg``, ``image/webp``."""

    data: bytes
    media_type: str


def generate(
    prompt: str, *, steps: int | None = None, seed: int | None = None, size: str = "1024x1024", n: int = 1
) -> list[GeneratedImage]:
    """``n`` images of the route that ``routes.toml`` or ``IMAGES_ROUTE`` names; ``size`` is WIDTHxHEIGHT in pixels.

    What the route does not take (the steps and the seed of closed models, for instance) is left out with a warning.
    Each call is logged. Raises ImagesError.
    """
    return generate_on(load_route(), prompt, steps=steps, seed=seed, size=size, n=n)


def generate_on(
    route: Route, prompt: str, *, steps: int | None, seed: int | None, size: str, n: int
) -> list[GeneratedImage]:
    """``generate`` on a route that the caller chose. Raises ImagesError."""
    if not prompt.strip():
        raise ImagesError("the prompt is empty", "bad configuration")
    if not 1 <= n <= MOST_IMAGES:
        raise ImagesError(f"{n} images cannot be asked for at once: 1 to {MOST_IMAGES}", "bad configuration")
    request = shapes.request(route, prompt, steps, seed, size, n)
    token = route.token()
    if request.left_out:
        names = " and ".join(f"`{name}`" for name in request.left_out)
        warnings.warn(f"route `{route.name}` takes no {names}: left out (see differences.csv)", stacklevel=3)
    started, images, status = time.monotonic(), [], "ok"
    try:
        for call in range(request.calls):
            images += _images(route, token, _reseeded(route, request, call))
        if len(images) != n:  # Some servers cut a number that is too large without a word.
            what = f"route `{route.name}`: {n} images were asked for, {len(images)} came"
            raise ImagesError(f"{what}; ask for fewer at once", "bad answer")
    except ImagesError as error:
        status = error.status
        raise
    finally:
        try:
            request_log.write(route, len(images), status, started, time.monotonic(), request.left_out)
        except OSError as error:  # what was paid for is not lost for want of a line
            warnings.warn(f"the call could not be logged: {error}", stacklevel=3)
    return images


def _reseeded(route: Route, request: shapes.Request, call: int) -> dict[str, object]:
    """The body of one call; the seeds of several follow one another, so that the images differ."""
    name = shapes.shapes()[route.shape]["seed"].name
    return {**request.body, name: request.body[name] + call} if call and name in request.body else request.body


def _images(route: Route, token: str, body: dict[str, object]) -> list[GeneratedImage]:
    if route.shape in shapes.IMAGES_API:
        found = _of_images_api(route, token, body)
    else:
        found = [transport.download(route, url) for url in ADAPTERS[route.shape](route, token, body)]
    return [GeneratedImage(data, transport.media_type(route, data)) for data in found]


def _of_images_api(route: Route, token: str, body: dict[str, object]) -> list[bytes]:
    """The images of an OpenAI Images API, sent as base64 or as URLs. Fields of the provider's own go in the body."""
    own = {name: value for name, value in body.items() if name not in ("model", "prompt")}
    call = transport.client(route, token).images.generate
    answer = transport.answered(
        route, token, lambda: call(model=route.model, prompt=str(body["prompt"]), extra_body=own)
    )
    data = getattr(answer, "data", None)
    if not isinstance(data, list) or not data:
        raise transport.bad_answer(route, "its `data` is empty")
    found = []
    for one in data:
        text, url = getattr(one, "b64_json", None), getattr(one, "url", None)
        if isinstance(text, str) and text:
            found.append(transport.decoded(route, text))
        elif isinstance(url, str) and url:
            found.append(transport.download(route, url))
        else:
            raise transport.bad_answer(route, "it holds neither base64 nor a URL")
    return found
