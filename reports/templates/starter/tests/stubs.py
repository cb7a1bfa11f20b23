"""Stubs of every shape of API, over real HTTP on this machine. They know each API on their own, not from the client.

A stub refuses what the real API refuses, and fields that it does not know. ``plan`` holds answers that are sent first:
errors, delays, nonsense.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

TOKEN = "sk-secret-of-the-stub-4711"
TOKEN_VARIABLE = "STUB_TOKEN"
MODEL = "stub/model-1"
_COMMON = {"model", "prompt", "n", "size"}
_DIFFUSION = _COMMON | {"num_inference_steps", "seed", "response_format"}
_IMAGES_API: dict[str, set[str]] = {
    "kit_server": _DIFFUSION,
    "vllm_omni": _DIFFUSION,
    "sglang": _DIFFUSION,
    "openai": _COMMON | {"quality"},
    "together": {"model", "prompt", "n", "width", "height", "steps", "seed", "response_format"},
    "deepinfra": _COMMON,
    "nscale": {"model", "prompt", "size", "seed", "response_format"},
    "recraft": _COMMON | {"response_format"},
    "xai": {"model", "prompt", "n", "aspect_ratio", "response_format"},
}
_OTHERS = {
    "fal_closed": {"prompt", "num_images", "image_size", "quality"},
    "fal": {"prompt", "num_images", "image_size", "num_inference_steps", "seed"},
    "replicate": {"prompt", "num_outputs", "aspect_ratio", "num_inference_steps", "seed"},
    "bfl": {"prompt", "width", "height", "seed"},
}
SHAPES = (*_IMAGES_API, *_OTHERS)
_URL_BY_DEFAULT = ("sglang", "together", "recraft", "xai")


@dataclass(frozen=True)
class Answer:
    """An answer to send: a status, a body (JSON, or bytes as they are), headers, and seconds to wait before."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0


@dataclass(frozen=True)
class Received:
    """A request that the stub got."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Stub:
    """A server of one shape, on a free port: ``with Stub("together") as stub``."""

    def __init__(self, shape: str, *, by_url: bool = False, ready_after: int = 1) -> None:
        """``by_url`` answers with URLs where the caller has no choice; tasks are ready after so many looks."""
        self.shape = shape
        self.by_url = by_url
        self.ready_after = ready_after
        self.plan: deque[Answer] = deque()
        self.received: list[Received] = []
        self.looks = 0
        self._prediction: dict[str, object] = {}
        self._sample = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        """What ``routes.toml`` says for this shape."""
        return f"{self.root}/v1" if self.shape in _IMAGES_API else self.root

    @property
    def made(self) -> list[Received]:
        """The requests for images, without looks at tasks and downloads."""
        return [one for one in self.received if one.method == "POST"]

    def table(self, **changes: object) -> dict[str, object]:
        """The table of ``routes.toml`` for this stub."""
        table = {
            "base_url": self.base_url,
            "model": MODEL,
            "token_variable": TOKEN_VARIABLE,
            "shape": self.shape,
            "provider": f"the-{self.shape}",
            "timeout_seconds": 5,
        }
        return {**table, **changes}

    def answer(self, got: Received) -> Answer:
        """What the API would answer."""
        if got.path.startswith("/files/"):
            if "authorization" in got.headers or "x-key" in got.headers:
                return Answer(400, {"error": "a token was sent to the place of the files"})
            width, height = map(int, got.path.split("/")[2].split("x"))
            return Answer(200, png(width, height))
        if not self._admits(got.headers):
            return Answer(401, {"error": {"message": f"the key {got.headers.get('authorization', '')} is wrong"}})
        if self.shape.startswith("fal"):
            return self._fal(got)
        if self.shape == "replicate":
            return self._replicate(got)
        if self.shape == "bfl":
            return self._bfl(got)
        return self._images_api(got)

    def _admits(self, headers: Mapping[str, str]) -> bool:
        if self.shape == "bfl":
            return headers.get("x-key") == TOKEN and TOKEN not in headers.get("authorization", "")
        if self.shape.startswith("fal"):
            return headers.get("authorization") == f"Key {TOKEN}"
        return self.shape == "kit_server" or headers.get("authorization") == f"Bearer {TOKEN}"

    def _refused(self, body: Mapping[str, Any], known: set[str]) -> Answer | None:
        unknown = sorted(set(body) - known)
        if unknown:
            return Answer(400, {"error": {"message": f"Unknown parameter: '{unknown[0]}'."}})
        return None if body.get("prompt") else Answer(400, {"error": {"message": "Missing prompt."}})

    def _images_api(self, got: Received) -> Answer:
        if (got.method, got.path) != ("POST", "/v1/images/generations"):
            return Answer(404, {"error": {"message": "not found"}})
        body = got.body
        if refused := self._refused(body, _IMAGES_API[self.shape]):
            return refused
        if body.get("model") != MODEL:
            return Answer(400 if self.shape == "vllm_omni" else 404, {"error": {"message": "Model mismatch"}})
        answer_format = body.get("response_format", "url" if self.shape in _URL_BY_DEFAULT else "b64_json")
        if self.shape == "vllm_omni" and answer_format != "b64_json":
            return Answer(400, {"error": {"message": "Only 'b64_json' is supported"}})
        width, height = _sides(body)
        if self.by_url or answer_format == "url":
            one: dict[str, str] = {"url": f"{self.root}/files/{width}x{height}"}
        else:
            one = {"b64_json": base64.b64encode(png(width, height)).decode()}
        return Answer(200, {"created": 1, "data": [one] * int(body.get("n", 1))})

    def _fal(self, got: Received) -> Answer:
        if (got.method, got.path) != ("POST", f"/{MODEL}"):
            return Answer(404, {"detail": "not found"})
        if refused := self._refused(got.body, _OTHERS[self.shape]):
            return refused
        size = got.body["image_size"]
        one = {"url": f"{self.root}/files/{size['width']}x{size['height']}", "content_type": "image/png"}
        return Answer(200, {"images": [one] * got.body.get("num_images", 1), "seed": 1})

    def _replicate(self, got: Received) -> Answer:
        if got.method == "GET" and got.path == "/v1/predictions/p1":
            self.looks += 1
            done = self.looks >= self.ready_after
            return Answer(200, {"id": "p1", **(self._prediction if done else {"status": "processing"})})
        if (got.method, got.path) != ("POST", f"/v1/models/{MODEL}/predictions"):
            return Answer(404, {"detail": "not found"})
        body = got.body["input"]
        if refused := self._refused(body, _OTHERS["replicate"]):
            return refused
        width, height = _sides(body)
        output = [f"{self.root}/files/{width}x{height}"] * body.get("num_outputs", 1)
        self._prediction = {"status": "succeeded", "output": output}
        ready = self.ready_after == 0
        return Answer(201, {"id": "p1", **(self._prediction if ready else {"status": "starting", "output": None})})

    def _bfl(self, got: Received) -> Answer:
        if got.method == "GET" and got.path == "/poll":
            self.looks += 1
            if self.looks < self.ready_after:
                return Answer(200, {"id": "t1", "status": "Pending"})
            return Answer(200, {"id": "t1", "status": "Ready", "result": {"sample": self._sample}})
        if (got.method, got.path) != ("POST", f"/v1/{MODEL}"):
            return Answer(404, {"detail": "not found"})
        if refused := self._refused(got.body, _OTHERS["bfl"]):
            return refused
        self._sample = f"{self.root}/files/{got.body['width']}x{got.body['height']}"
        return Answer(200, {"id": "t1", "polling_url": f"{self.root}/poll"})


def write_routes(folder: Path, active: str, tables: Mapping[str, Mapping[str, object]]) -> Path:
    """A ``routes.toml`` with these tables."""
    lines = [f"route = {json.dumps(active)}"]
    for name, table in tables.items():
        lines += ["", f"[routes.{json.dumps(name)}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    file = folder / "routes.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def png(width: int, height: int) -> bytes:
    """A grey image of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def size_of(data: bytes) -> str:
    """The size of a PNG, as WIDTHxHEIGHT."""
    return "x".join(map(str, struct.unpack(">II", data[16:24])))


def _sides(body: Mapping[str, Any]) -> tuple[int, int]:
    if "aspect_ratio" in body:
        wide, high = map(int, body["aspect_ratio"].split(":"))
        return 64 * wide, 64 * high
    if "width" in body:
        return body["width"], body["height"]
    width, height = map(int, str(body.get("size", "1024x1024")).split("x"))
    return width, height


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(json.loads(text or b"{}"))

        def _answer(self, body: dict[str, Any]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            got = Received(self.command, self.path, headers, body)
            stub.received.append(got)
            answer = stub.plan.popleft() if stub.plan else stub.answer(got)
            time.sleep(answer.delay)
            raw = isinstance(answer.body, bytes)
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", "image/png" if raw else "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass  # the client has gone, as after a time-out

        def log_message(self, format: str, *arguments: object) -> None:
            """Keeps the tests' output clean."""

    return Handler


Configured = Callable[..., None]
"""The fixture ``configured``: writes ``routes.toml`` for stubs, the first of which is active."""
