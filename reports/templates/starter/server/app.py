"""The image server: `python -m server.app --model black-forest-labs/FLUX.1-schnell --steps 4 --port 8000`.

One process serves one GPU and makes one order at a time, since two at once on a card only slow each other down. Orders
wait in a short queue; beyond it the answer is 429 with `Retry-After`, which the client in `images/` obeys.
"""

import argparse
import base64
import hmac
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response

from server.order_queue import ClientGone, OrderQueue, QueueFull
from server.pipeline import TINY, FieldNotTaken, Order, OutOfMemory, Pipeline, load_pipeline
from server.request import MOST_BYTES, BadBody, ImageRequest, error_body, read_body

LOG = logging.getLogger("images.server")


class Refusal(Exception):
    """An answer other than 200, in OpenAI's shape of an error."""

    def __init__(self, status: int, message: str, kind: str, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, {} if status != 401 else {"WWW-Authenticate": "Bearer"}
        self.body = error_body(message, kind, field, code)


def create_app(
    pipeline: Pipeline, *, model: str, waiting: int = 16, default_steps: int | None = None, token: str | None = None
) -> FastAPI:
    """The server around a pipeline.

    Args:
        model: the name that requests use and `/v1/models` lists.
        waiting: orders that may wait behind the one that is made.
        default_steps: for requests without `num_inference_steps`; None leaves it to the pipeline.
        token: what `Authorization: Bearer` must carry; None serves everyone who reaches the address.
    """
    app = FastAPI(title="Images", openapi_url=None)
    queue = OrderQueue(pipeline, waiting)

    @app.get("/healthz")
    async def health() -> dict[str, Any]:
        return {"status": "ok", "model": model, "orders": queue.inside()}

    @app.get("/v1/models")
    async def models(request: Request) -> Response:
        async def listing(_: dict[str, Any]) -> Any:
            return {"object": "list", "data": [{"id": model, "object": "model", "created": 0, "owned_by": "self"}]}

        return await _answer(request, token, listing)

    @app.post("/v1/images/generations")
    async def generations(request: Request) -> Response:
        async def images(noted: dict[str, Any]) -> Any:
            asked = await _read(request)
            noted |= {"images": asked.n, "size": asked.size, "steps": asked.num_inference_steps or default_steps}
            if asked.model not in (None, model):
                raise Refusal(404, f"this server has the model `{model}` only", *_INVALID, "model", "model_not_found")
            pictures = await _made(queue, asked.order(default_steps), request)
            data = [{"b64_json": base64.b64encode(picture).decode("ascii")} for picture in pictures]
            return {"created": int(time.time()), "output_format": "png", "data": data}

        return await _answer(request, token, images)

    return app


_INVALID = ("invalid_request_error",)


async def _answer(request: Request, token: str | None, work: Callable[[dict[str, Any]], Awaitable[Any]]) -> Response:
    """The answer of `work`, or of the refusal that it raised; either is logged, with what `work` noted of itself.

    Neither a prompt nor a token reaches the log: it names times, counts and sizes only.
    """
    start, noted = time.monotonic(), dict[str, Any]()
    try:
        _check_token(request, token)
        response = Response(json.dumps(await work(noted)), media_type="application/json")
    except Refusal as refusal:
        response = Response(refusal.body, refusal.status, refusal.headers, media_type="application/json")
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "path": request.url.path,
        "status": response.status_code,
        "latency_ms": round((time.monotonic() - start) * 1000),
        **noted,
    }
    LOG.info(json.dumps(line))
    return response


def _check_token(request: Request, token: str | None) -> None:
    sent = request.headers.get("authorization", "")
    # Compared in constant time, so that an answer's delay says nothing about how much of a guess was right.
    if token is not None and not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
        raise Refusal(401, "the bearer token is missing or wrong", "authentication_error", code="invalid_api_key")


async def _read(request: Request) -> ImageRequest:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refusal(413, f"the body is longer than {MOST_BYTES} bytes", *_INVALID, code="body_too_long")
    try:
        return read_body(bytes(body))
    except BadBody as fault:
        raise Refusal(400, str(fault), *_INVALID, fault.field) from None


async def _made(queue: OrderQueue, order: Order, request: Request) -> list[bytes]:
    try:
        return await queue.make(order, lambda: _closed(request))
    except QueueFull as full:
        refusal = Refusal(429, str(full), "rate_limit_error", code="queue_full")
        refusal.headers = {"Retry-After": str(full.wait)}
        raise refusal from None
    except ClientGone:
        raise Refusal(499, "the client closed the connection", "client_error") from None
    except FieldNotTaken as fault:
        raise Refusal(400, f"this model takes no `{fault}`", *_INVALID, str(fault)) from None
    except OutOfMemory:
        message = "the GPU has not enough memory for this; ask for a smaller size or fewer images"
        raise Refusal(400, message, *_INVALID, code="out_of_memory") from None
    except Exception as fault:  # Whatever a model raises: the server lives on, and says that it failed.
        # Where it failed and not what it said: a model's message may quote the prompt.
        places = "".join(traceback.format_tb(fault.__traceback__))
        LOG.error("%s while making pictures, at\n%s", type(fault).__name__, places)
        raise Refusal(500, "the model failed; the server's log says where", "server_error") from None


async def _closed(request: Request) -> None:
    """Returns once the client has closed its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


# ---- the command line


def main(arguments: Sequence[str] | None = None) -> int:
    """Loads the model and serves it until it is stopped. 2 if the options or the model cannot be used."""
    options = _parser().parse_args(arguments)
    token = None
    if options.token_variable is not None:
        token = os.environ.get(options.token_variable)
        if not token:
            return _refuse(f"the environment variable `{options.token_variable}` is not set or empty")
    elif options.host not in _LOOPBACK and not options.no_token:
        return _refuse(
            f"without a token, everyone who reaches `{options.host}` could use this server",
            "name a variable that holds one with --token-variable, or add --no-token",
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        pipeline = load_pipeline(options.model, device=options.device, dtype=options.dtype, lora=options.lora)
    except (ImportError, OSError, ValueError) as fault:
        return _refuse(
            f"the model `{options.model}` cannot be loaded: {str(fault).strip().splitlines()[0]}",
            f"a model is an id on the Hugging Face Hub, a folder, or `{TINY}` for a trial without a download",
        )
    import uvicorn

    name = options.served_model_name or options.model
    app = create_app(pipeline, model=name, waiting=options.waiting, default_steps=options.steps, token=token)
    print(f"serving {name} at http://{options.host}:{options.port}/v1", file=sys.stderr, flush=True)
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", access_log=False)
    return 0


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server.app", description="An OpenAI Images API on your own GPU.")
    parser.add_argument("--model", required=True, help=f"model id, folder, or `{TINY}` (random weights, for tests)")
    parser.add_argument("--served-model-name", help="the name that requests use (default: --model)")
    parser.add_argument("--lora", help="folder, file or id of a LoRA adapter to merge into the weights")
    parser.add_argument("--steps", type=_count, help="steps where a request names none (default: the pipeline's own)")
    parser.add_argument("--device", default="auto", help="such as `cuda`, `cuda:1`, `cpu` (default: a GPU if any)")
    parser.add_argument("--dtype", default="auto", help="number format (default: bfloat16 on a GPU, float32 on a CPU)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=_count, default=8000, help="(default: 8000)")
    parser.add_argument("--waiting", type=_count, default=16, help="requests that may wait (default: 16)")
    parser.add_argument("--token-variable", help="environment variable with the token that clients must send")
    parser.add_argument("--no-token", action="store_true", help="serve everyone who reaches the address")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535 and len(text) < 6):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 1 to 65535")
    return int(text)


def _refuse(problem: str, help_line: str | None = None) -> int:
    print(f"error: {problem}", file=sys.stderr)
    if help_line is not None:
        print(f"help: {help_line}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
