"""``python -m images.measure`` against stubs whose delay or faults are known."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from stubs import TOKEN, Answer, Configured, Received, Stub

from images.measure import Measurement, main, per_gpu_hour

DELAY = 0.1
SMALL = ["--size", "64x64", "--steps", "4"]
FAULT = Answer(500, {"error": {"message": "out of coffee"}})


class Slow(Stub):
    """Takes a known time for each call."""

    def answer(self, got: Received) -> Answer:
        return replace(super().answer(got), delay=DELAY)


class Together(Stub):
    """Answers no call before ``width`` of them are there; a call that waits in vain fails."""

    def __init__(self, shape: str, width: int) -> None:
        super().__init__(shape)
        self.barrier = threading.Barrier(width, timeout=10)

    def answer(self, got: Received) -> Answer:
        try:
            self.barrier.wait()
        except threading.BrokenBarrierError:
            return FAULT
        return super().answer(got)


def figure(name: str, out: str) -> float:
    found = re.search(rf"{name} +([\d,.]+)", out)
    assert found, out
    return float(found[1].replace(",", ""))


def test_the_rate_is_that_of_the_server(configured: Configured, capsys: pytest.CaptureFixture[str]) -> None:
    with Slow("kit_server") as stub:
        configured(self_host=stub.table())
        assert main(["--images", "16", "--concurrency", "4", *SMALL]) == 0
    out = capsys.readouterr().out
    # Four at a time, 0.1 s each: 144,000 an hour at most, and less the busier this machine is.
    assert 144_000 / 20 < figure("images per hour", out) <= 144_000
    assert DELAY <= figure("latency +p50", out) <= figure("s, p95", out) < 20 * DELAY
    assert re.fullmatch(r"--set images_per_gpu_hour=\d+", out.splitlines()[-1])
    assert len(stub.made) == 16 + 4


def test_calls_are_sent_at_the_same_time(configured: Configured) -> None:
    with Together("kit_server", 5) as stub:
        configured(self_host=stub.table(max_retries=0))
        assert main(["--images", "20", "--concurrency", "5", *SMALL]) == 0


def test_the_warm_up_is_not_in_the_rate(configured: Configured, capsys: pytest.CaptureFixture[str]) -> None:
    with Stub("kit_server") as stub:
        configured(self_host=stub.table())
        got = Received("POST", "/v1/images/generations", {}, {"prompt": "a", "model": "stub/model-1", "size": "64x64"})
        stub.plan.extend([replace(stub.answer(got), delay=2.0)] * 2)
        assert main(["--images", "8", "--concurrency", "2", *SMALL]) == 0
    out = capsys.readouterr().out
    assert figure("failed, in", out) < 2
    assert figure("latency +p50", out) < 2
    assert len({one.body["prompt"] for one in stub.made}) == 10


def test_several_images_a_call_count_each(configured: Configured, capsys: pytest.CaptureFixture[str]) -> None:
    with Slow("kit_server") as stub:
        configured(self_host=stub.table())
        assert main(["--images", "16", "--per-call", "4", "--concurrency", "1", *SMALL]) == 0
    out = capsys.readouterr().out
    assert "calls            4 of 4 images, 1 at a time, 64x64, 4 steps" in out
    assert "images           16 made, 0 failed" in out
    assert {one.body["n"] for one in stub.made} == {4}


def test_more_gpus_share_the_rate() -> None:
    assert per_gpu_hour(Measurement(100, 36.0, (), Counter()), 1) == "10000"
    assert per_gpu_hour(Measurement(100, 36.0, (), Counter()), 8) == "1250"
    # Three digits, rounded down: what is not measured is not promised.
    assert per_gpu_hour(Measurement(9999, 3600.0, (), Counter()), 1) == "9990"


def test_failed_calls_are_counted_and_no_line_is_offered(
    configured: Configured, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stub("kit_server") as stub:
        configured(self_host=stub.table(max_retries=0))
        warm_up = [stub.answer(_received()) for _ in range(2)]
        stub.plan.extend([*warm_up, FAULT, FAULT, FAULT])
        assert main(["--images", "8", "--concurrency", "2", *SMALL]) == 1
    out = capsys.readouterr().out
    assert "images           5 made, 3 failed" in out
    assert "failed           3: route `self_host`" in out
    assert "out of coffee" in out
    assert "images_per_gpu_hour=" not in out


def test_a_server_that_does_not_answer_is_said_before_anything_is_measured(
    configured: Configured, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stub("kit_server") as stub:
        table = stub.table(max_retries=0)
    configured(self_host=table)
    assert main(SMALL) == 1
    assert (
        "error: the warm-up failed, nothing was measured: route `self_host`: no connection" in capsys.readouterr().err
    )


@pytest.mark.parametrize(("price", "said"), [("0.003", "about $0.060, at $0.003 each"), ("", "the price is not known")])
def test_a_hosted_route_has_a_price_and_no_rate_of_a_gpu(
    price: str, said: str, configured: Configured, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stub("openai") as stub:
        configured(closed_api=stub.table(price_per_image=price))
        assert main(["--images", "16", "--concurrency", "4", *SMALL]) == 0
    out = capsys.readouterr().out
    assert f"cost             20 images are paid for: {said}" in out
    assert "the route's own steps" in out
    assert "this route is hosted" in out
    assert "images_per_gpu_hour=" not in out


def test_measured_calls_are_logged_apart_from_production(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Stub("kit_server") as stub:
        configured(self_host=stub.table())
        monkeypatch.delenv("IMAGES_LOG")
        assert main(["--images", "4", "--concurrency", "2", *SMALL]) == 0
    assert len((tmp_path / "measured.jsonl").read_text(encoding="utf-8").splitlines()) == 6
    assert not (tmp_path / "requests.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--concurrency", "0"], "`0` is not a whole number from 1 to 256"),
        (["--concurrency", "-1"], "`-1` is not a whole number"),
        (["--images", "many"], "`many` is not a whole number"),
        (["--images", "1" + "0" * 5000], "is not a whole number from 1 to 100000"),
        (["--images", "3"], "3 calls cannot be sent 4 at a time; ask for more images"),
        (["--images", "33", "--per-call", "2"], "33 images are not a whole number of calls of 2 images"),
        (["--route", "closed_api", "--gpus", "2"], "the route `closed_api` is hosted"),
        (["--size", "big"], "`big` is not a size"),
        (["--route", "self_hots"], "did you mean `self_host`?"),
    ],
)
def test_nonsense_is_refused_before_a_call_is_sent(
    arguments: list[str], message: str, configured: Configured, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stub("kit_server") as stub:
        configured(self_host=stub.table(), closed_api=stub.table())
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = int(exit.code or 0)
    assert status == 2
    assert message in capsys.readouterr().err
    assert not stub.received


def test_no_token_is_printed(configured: Configured, capsys: pytest.CaptureFixture[str]) -> None:
    with Stub("openai") as stub:
        configured(closed_api=stub.table(max_retries=0))
        stub.plan.extend([Answer(401, {"error": {"message": f"the key {TOKEN} is wrong"}})] * 8)
        assert main(["--concurrency", "2", *SMALL]) == 1
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err


def _received() -> Received:
    body = {"prompt": "a", "model": "stub/model-1", "size": "64x64"}
    return Received("POST", "/v1/images/generations", {}, body)
