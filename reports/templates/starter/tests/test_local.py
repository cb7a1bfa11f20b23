"""The real pipeline code with tiny random weights, on the CPU, over real HTTP: no download, no GPU."""

from __future__ import annotations

import io
import logging
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("uvicorn", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("torch", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("diffusers", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("transformers", reason="the pipeline's libraries are in the extra `local`")
pytest.importorskip("peft", reason="the pipeline's libraries are in the extra `local`")

from serving import serve
from stubs import TOKEN, Configured, size_of

from images import ImagesError, generate
from images.config import FOLDER
from images.measure import main as measure
from server.app import create_app
from server.app import main as start
from server.pipeline import TINY, FieldNotTaken, Order, OutOfMemory, Pipeline, load_pipeline

PROMPT = "a lighthouse on a cliff at dusk, in the manner of a very long prompt that is cut at some place"
CUT = "at some place"
STEPS = 2


@pytest.fixture(scope="module")
def tiny() -> Pipeline:
    return load_pipeline(TINY, device="cpu")


@pytest.fixture
def own(tiny: Pipeline, configured: Configured) -> Iterator[str]:
    """The route `self_host`, served by the tiny pipeline."""
    with serve(create_app(tiny, model="the/model", default_steps=STEPS)) as address:
        table = {"base_url": f"{address}/v1", "model": "the/model", "shape": "kit_server", "timeout_seconds": 60}
        configured(self_host=table)
        yield address


def made(pipeline: Pipeline, **changes: Any) -> list[bytes]:
    return pipeline.generate(replace(Order("a fox", 7, width=64, height=64, steps=STEPS), **changes))


def differ(one: bytes, other: bytes) -> int:
    """The largest difference of a colour of a pixel, of 255."""
    from PIL import Image, ImageChops

    return max(ImageChops.difference(*(Image.open(io.BytesIO(data)) for data in (one, other))).tobytes())


def test_a_seed_makes_the_same_picture_again_and_another_seed_another(own: str) -> None:
    first, again, other = (generate("a fox", steps=STEPS, seed=seed, size="64x64")[0].data for seed in (7, 7, 8))
    assert first == again != other
    assert generate("an owl", steps=STEPS, seed=7, size="64x64")[0].data != first


def test_each_of_several_pictures_can_be_made_again_by_its_seed(own: str) -> None:
    several = [image.data for image in generate("a fox", steps=STEPS, seed=7, size="64x64", n=3)]
    alone = [generate("a fox", steps=STEPS, seed=7 + at, size="64x64")[0].data for at in range(3)]
    # Numbers are rounded otherwise where several pictures are worked out at once.
    assert all(differ(*pair) <= 2 for pair in zip(several, alone, strict=True))
    assert differ(alone[0], alone[1]) > 20


def test_the_size_and_the_steps_that_are_asked_for_are_made(own: str) -> None:
    (picture,) = generate("a fox", seed=7, size="128x64")
    assert (size_of(picture.data), picture.media_type) == ("128x64", "image/png")
    assert generate("a fox", steps=3, seed=7, size="128x64")[0].data != picture.data


def test_a_refusal_reaches_the_caller_in_plain_words(own: str) -> None:
    with pytest.raises(ImagesError, match="multiples of 16"):
        generate("a fox", size="100x100")


def test_the_same_weights_are_built_every_time_and_nothing_is_dropped_out(tiny: Pipeline) -> None:
    import torch

    torch.manual_seed(20)
    before = torch.get_rng_state()
    another = load_pipeline(TINY, device="cpu")
    assert made(another) == made(tiny)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_in_a_folder_is_loaded_as_one_of_the_hub(tiny: Pipeline, tmp_path: Path) -> None:
    from server.tiny import tiny_pipeline

    tiny_pipeline().save_pretrained(tmp_path)
    assert made(load_pipeline(str(tmp_path), device="cpu")) == made(tiny)


def test_weights_that_can_run_code_are_not_read(tmp_path: Path) -> None:
    from server.tiny import tiny_pipeline

    tiny_pipeline().save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(OSError, match="safetensors"):
        load_pipeline(str(tmp_path), device="cpu")


def test_an_adapter_changes_the_pictures(tiny: Pipeline, tmp_path: Path) -> None:
    import peft
    import torch
    from diffusers import StableDiffusionPipeline
    from peft.utils import get_peft_model_state_dict

    from server.tiny import tiny_pipeline

    unet = tiny_pipeline().unet
    unet.add_adapter(peft.LoraConfig(r=2, target_modules=["to_q", "to_v"], init_lora_weights=False))
    torch.manual_seed(1)
    layers = {name: torch.randn_like(value) for name, value in get_peft_model_state_dict(unet).items()}
    StableDiffusionPipeline.save_lora_weights(tmp_path, unet_lora_layers=layers)
    with_adapter = load_pipeline(TINY, device="cpu", lora=str(tmp_path))
    assert made(with_adapter) == made(with_adapter) != made(tiny)


@pytest.mark.parametrize("prefix", ["unet.of_another_model.", "another_model."])
def test_an_adapter_for_another_model_is_refused(prefix: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    layers = {f"{prefix}to_q.lora_A.weight": torch.ones(2, 8), f"{prefix}to_q.lora_B.weight": torch.ones(8, 2)}
    save_file(layers, tmp_path / "pytorch_lora_weights.safetensors")
    with pytest.raises(ValueError, match="is for another model"):
        load_pipeline(TINY, device="cpu", lora=str(tmp_path))


def test_no_prompt_reaches_a_log_even_if_it_is_too_long(
    own: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    generate(PROMPT, steps=STEPS, seed=7, size="64x64")
    said = capfd.readouterr()
    assert CUT not in caplog.text + said.out + said.err
    assert '"status": 200' in caplog.text


def test_a_card_without_enough_memory_and_a_missing_setting_are_said(
    tiny: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def full(**_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(tiny, "_pipeline", full)
    with pytest.raises(OutOfMemory):
        made(tiny)
    monkeypatch.setattr(tiny, "_fields", frozenset({"width", "height", "num_inference_steps"}))
    with pytest.raises(FieldNotTaken, match="guidance_scale"):
        made(tiny, guidance_scale=2.0)


def test_its_rate_is_measured_over_http(own: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--images", "8", "--concurrency", "2", "--steps", str(STEPS), "--size", "64x64"]
    assert measure(options) == 0
    assert re.fullmatch(r"--set images_per_gpu_hour=[\d.]+", capsys.readouterr().out.splitlines()[-1])


def test_calls_from_several_threads_each_get_their_own_picture(own: str) -> None:
    alone = [generate("a fox", steps=STEPS, seed=seed, size="64x64")[0].data for seed in range(4)]
    together: dict[int, bytes] = {}

    def call(seed: int) -> None:
        together[seed] = generate("a fox", steps=STEPS, seed=seed, size="64x64")[0].data

    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(4)] == alone


def test_the_start_command_serves_until_it_is_stopped(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    base_url = f"http://127.0.0.1:{port}/v1"
    monkeypatch.setenv("SERVER_TOKEN", TOKEN)
    configured(self_host={"base_url": base_url, "model": TINY, "shape": "kit_server", "token_variable": "SERVER_TOKEN"})
    options = ["--model", TINY, "--port", port, "--steps", "1", "--token-variable", "SERVER_TOKEN", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "server.app", *options], cwd=FOLDER, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stderr is not None
        # Loading takes seconds; the line comes right before the server listens, and the client tries again.
        assert f"serving {TINY} at {base_url}" in process.stderr.readline()
        assert size_of(generate("a fox", size="64x64")[0].data) == "64x64"
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[1]
    assert '"status": 200' in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "no-such-folder/at/all"], "the model `no-such-folder/at/all` cannot be loaded"),
        (["--model", TINY, "--lora", "no-such-folder/at/all"], "cannot be loaded"),
        (["--model", TINY, "--dtype", "complex"], "`complex` is no number format of torch"),
        (["--model", TINY, "--dtype", "Tensor"], "`Tensor` is no number format of torch"),
        (["--model", TINY, "--device", "toaster"], "the device `toaster` cannot be used"),
        (["--model", TINY, "--device", "cuda:99"], "the device `cuda:99` cannot be used"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert start(options) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
