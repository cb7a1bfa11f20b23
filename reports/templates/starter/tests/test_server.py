"""The image server over real HTTP, with a pipeline that answers at once or waits until it may go on."""

import base64
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
import pytest

pytest.importorskip("fastapi", reason="the server's libraries are in the extra `server`")
pytest.importorskip("uvicorn", reason="the server's libraries are in the extra `server`")

from serving import serve

from server.app import create_app, main
from server.pipeline import FieldNotTaken, Order, OutOfMemory

PROMPT = "a lighthouse that nobody else may read about"
TOKEN = "test-token-6fd1"
PNG = b"\x89PNG\r\n\x1a\n"


class Picture:
    """A pipeline that keeps its orders; `fault` is raised, and `go` waited for, if there are any."""

    def __init__(self, fault: Exception | None = None, go: threading.Event | None = None) -> None:
        self.orders: list[Order] = []
        self.fault, self.go = fault, go

    def generate(self, order: Order) -> list[bytes]:
        self.orders.append(order)
        if self.go is not None:
            assert self.go.wait(20)
        if self.fault is not None:
            raise self.fault
        return [PNG + bytes([at]) for at in range(order.n)]


@contextmanager
def running(pipeline: Picture, **options: Any) -> Iterator[httpx2.Client]:
    with serve(create_app(pipeline, model="m", **options)) as address, httpx2.Client(base_url=address) as client:
        yield client


def post(client: httpx2.Client, **fields: Any) -> httpx2.Response:
    return client.post("/v1/images/generations", json={"prompt": PROMPT} | fields, timeout=30)


def test_the_openai_client_gets_its_pictures() -> None:
    pipeline = Picture()
    with running(pipeline) as http, openai.OpenAI(base_url=f"{http.base_url}/v1", api_key="none") as client:
        answer = client.images.generate(
            prompt=PROMPT,
            model="m",
            n=2,
            size="512x768",
            response_format="b64_json",
            extra_body={"num_inference_steps": 4, "seed": 7, "guidance_scale": 0},
        )
        assert [model.id for model in client.models.list()] == ["m"]
    assert [base64.b64decode(picture.b64_json or "") for picture in answer.data or []] == [PNG + b"\0", PNG + b"\1"]
    assert pipeline.orders == [Order(PROMPT, 7, n=2, width=512, height=768, steps=4, guidance_scale=0)]


def test_what_a_request_leaves_out_is_left_to_the_pipeline_and_a_seed_is_drawn() -> None:
    pipeline = Picture()
    with running(pipeline) as client:
        assert post(client).status_code == post(client, size="auto", seed=None).status_code == 200
    first, second = pipeline.orders
    assert first == Order(PROMPT, first.seed)
    assert first.seed != second.seed


def test_steps_that_the_server_was_started_with_are_used_where_a_request_names_none() -> None:
    pipeline = Picture()
    with running(pipeline, default_steps=4) as client:
        post(client)
        post(client, num_inference_steps=9)
    assert [order.steps for order in pipeline.orders] == [4, 9]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"n": 0}, "n", "greater than or equal to 1"),
        ({"n": 9}, "n", "less than or equal to 8"),
        ({"n": True}, "n", "valid integer"),
        ({"size": "1024"}, "size", "two numbers of pixels"),
        ({"size": "1024x"}, "size", "two numbers of pixels"),
        ({"size": "1024x1000"}, "size", "multiples of 16"),
        ({"size": "4096x1024"}, "size", "from 64 to 2048"),
        ({"size": "९६x९६"}, "size", "two numbers of pixels"),
        ({"size": "9" * 5000 + "x64"}, "size", "two numbers of pixels"),
        ({"num_inference_steps": 101}, "num_inference_steps", "less than or equal to 100"),
        ({"seed": -1}, "seed", "greater than or equal to 0"),
        ({"seed": 2**63}, "seed", "less than"),
        ({"guidance_scale": 21}, "guidance_scale", "less than or equal to 20"),
        ({"guidance_scale": float("inf")}, "guidance_scale", "less than or equal to 20"),
        ({"response_format": "url"}, "response_format", "keeps no files"),
        ({"steps": 4}, "steps", "unknown field `steps`; this server takes prompt, model"),
        ({"x" * 99 + PROMPT: 4}, "?", "unknown field `?`"),
        ({"prompt": ""}, "prompt", "at least 1 character"),
        ({"prompt": "x" * 4001}, "prompt", "at most 4000 characters"),
        ({"prompt": ["a"]}, "prompt", "valid string"),
        ({"model": "other"}, "model", "has the model `m` only"),
    ],
)
def test_what_is_wrong_is_said_in_the_shape_of_openai_and_reaches_no_pipeline(
    fields: dict[str, Any], field: str | None, message: str
) -> None:
    pipeline = Picture()
    with running(pipeline) as client:
        body = json.dumps({"prompt": PROMPT} | fields)
        answer = client.post("/v1/images/generations", content=body)
    assert answer.status_code == (404 if field == "model" else 400)
    error = answer.json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", field)
    assert message in error["message"]
    assert PROMPT not in answer.text
    assert not pipeline.orders


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"prompt": "\xff"}', b"[" * 60_000])
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with running(Picture()) as client:
        answer = client.post("/v1/images/generations", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_long_body_is_refused_before_it_is_read_to_its_end() -> None:
    with running(Picture()) as client:
        assert post(client, prompt="x" * 70_000).status_code == 413
        # Without a length in its head, as a hostile client would send it.
        chunks = (b" " * 1000 for _ in range(100))
        assert client.post("/v1/images/generations", content=chunks).status_code == 413


def test_a_full_queue_says_when_to_come_back_and_the_others_get_their_pictures() -> None:
    go, statuses = threading.Event(), list[int]()
    with running(Picture(go=go), waiting=2) as client:
        threads = [threading.Thread(target=lambda: statuses.append(post(client).status_code)) for _ in range(3)]
        for thread in threads:
            thread.start()
        _until(client, orders=3)
        refused = post(client)
        go.set()
        for thread in threads:
            thread.join()
        assert post(client).status_code == 200
    assert statuses == [200, 200, 200]
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_an_order_is_dropped_if_its_client_gives_up_before_it_begins() -> None:
    go, pipeline = threading.Event(), Picture()
    pipeline.go = go
    with running(pipeline) as client:
        threads = [threading.Thread(target=post, args=(client,), kwargs={"seed": seed}) for seed in (1, 3)]
        threads[0].start()
        _until(client, orders=1)
        with pytest.raises(httpx2.TimeoutException):
            client.post("/v1/images/generations", json={"prompt": PROMPT, "seed": 2}, timeout=0.3)
        _until(client, orders=1)  # Its place is free again.
        threads[1].start()
        _until(client, orders=2)
        go.set()
        for thread in threads:
            thread.join()
    assert [order.seed for order in pipeline.orders] == [1, 3]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (OutOfMemory(), 400, "out_of_memory"),
        (FieldNotTaken("guidance_scale"), 400, None),
        (RuntimeError(f"cannot draw {PROMPT}"), 500, None),
    ],
)
def test_a_pipeline_that_fails_does_not_end_the_server(
    fault: Exception, status: int, code: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = Picture(fault)
    with running(pipeline) as client:
        answer = post(client)
        pipeline.fault = None
        assert post(client).status_code == 200
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert PROMPT not in answer.text + caplog.text


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_without_the_token_nothing_is_served_but_health(sent: str | None) -> None:
    pipeline = Picture()
    with running(pipeline, token=TOKEN) as client:
        headers = httpx2.Headers({} if sent is None else {b"Authorization": sent.encode()})
        answers = [
            client.get("/v1/models", headers=headers),
            client.post("/v1/images/generations", json={"prompt": PROMPT}, headers=headers),
        ]
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/models", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert [answer.status_code for answer in answers] == [401, 401]
    assert TOKEN not in "".join(answer.text for answer in answers)
    assert not pipeline.orders


def test_the_log_has_a_line_a_request_without_prompt_or_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "images.server")
    with running(Picture(), token=TOKEN) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        post(client, n=2, size="64x64", num_inference_steps=4)
        post(client, n=0)
    made, refused = (json.loads(record.message) for record in caplog.records if record.name == "images.server")
    assert made.pop("latency_ms") >= 0
    assert made.pop("time").endswith("+00:00")
    path = "/v1/images/generations"
    assert made == {"path": path, "status": 200, "images": 2, "size": "64x64", "steps": 4}
    assert refused["status"] == 400
    assert PROMPT not in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "tiny", "--host", "0.0.0.0"], "without a token, everyone who reaches `0.0.0.0`"),
        (["--model", "tiny", "--token-variable", "NO_SUCH_VARIABLE"], "`NO_SUCH_VARIABLE` is not set"),
    ],
)
def test_the_command_refuses_to_serve_everyone_unless_asked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "70000", "x", "8" * 5000])
def test_the_command_refuses_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["--model", "tiny", "--port", port])
    assert exit.value.code == 2
    assert "is not a whole number from 1 to 65535" in capsys.readouterr().err


def _until(client: httpx2.Client, orders: int) -> None:
    """Waits until the server has so many orders."""
    deadline = time.monotonic() + 20
    while client.get("/healthz").json()["orders"] != orders:
        assert time.monotonic() < deadline
        time.sleep(0.01)
