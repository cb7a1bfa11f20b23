"""The request log: one line a call, what it cost, and nothing that is private."""

from __future__ import annotations

import datetime
import json
import threading
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stubs import TOKEN, Answer, Configured, Stub

from images import ImagesError, generate

PROMPT = "a secret product in front of a wall"


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]


def test_a_call_is_one_line_with_its_cost(configured: Configured, tmp_path: Path) -> None:
    with Stub("nscale") as stub:
        configured(here=stub.table(price_per_image="0.0013"))
        generate(PROMPT, size="64x64", n=3)
    (line,) = lines(tmp_path)
    assert (line["route"], line["provider"], line["model"]) == ("here", "the-nscale", "stub/model-1")
    assert (line["images"], line["cost_usd"], line["status"]) == (3, "0.0039", "ok")
    assert datetime.datetime.fromisoformat(line["at"]).utcoffset() == datetime.timedelta(0)
    assert 0 <= line["latency_ms"] < 60_000


def test_without_a_price_no_cost_is_claimed(configured: Configured, tmp_path: Path) -> None:
    with Stub("kit_server") as stub:
        configured(here=stub.table())
        generate(PROMPT, size="64x64")
    assert lines(tmp_path)[0]["cost_usd"] is None


def test_a_failed_call_is_a_line_with_the_images_that_came(configured: Configured, tmp_path: Path) -> None:
    with Stub("bfl") as stub:
        configured(here=stub.table(price_per_image="0.014", max_retries=0))
        generate(PROMPT, size="64x64")
        stub.plan.append(stub.answer(stub.made[0]))
        stub.plan.extend([stub.answer(one) for one in stub.received[1:3]])
        stub.plan.append(Answer(500, "boom"))
        with pytest.raises(ImagesError):
            generate(PROMPT, size="64x64", n=2)
    assert [(line["images"], line["status"]) for line in lines(tmp_path)] == [(1, "ok"), (1, "error 500")]
    assert Decimal(lines(tmp_path)[1]["cost_usd"]) == Decimal("0.014")


def test_what_was_left_out_is_named(configured: Configured, tmp_path: Path) -> None:
    with Stub("openai") as stub, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        configured(here=stub.table())
        generate(PROMPT, steps=4, seed=1, size="64x64")
    assert lines(tmp_path)[0]["left_out"] == "steps,seed"


def test_neither_prompt_nor_token_is_logged(configured: Configured, tmp_path: Path) -> None:
    with Stub("together") as stub:
        configured(here=stub.table(max_retries=0))
        generate(PROMPT, size="64x64")
        stub.plan.append(Answer(400, {"error": f"{PROMPT} with {TOKEN}"}))
        with pytest.raises(ImagesError):
            generate(PROMPT, size="64x64")
    text = (tmp_path / "requests.jsonl").read_text()
    assert len(text.splitlines()) == 2
    assert "secret" not in text


def test_images_are_not_lost_where_the_log_cannot_be_written(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGES_LOG", str(tmp_path))
    with Stub("kit_server") as stub:
        configured(here=stub.table())
        with pytest.warns(UserWarning, match="the call could not be logged"):
            assert len(generate(PROMPT, size="64x64")) == 1


def test_lines_of_threads_do_not_mix(configured: Configured, tmp_path: Path) -> None:
    with Stub("kit_server") as stub:
        configured(here=stub.table())
        threads = [threading.Thread(target=generate, args=(PROMPT,), kwargs={"size": "64x64"}) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({line["id"] for line in lines(tmp_path)}) == 16
