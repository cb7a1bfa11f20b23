"""Models, endpoints and line items: those of images count, others do not, unrecognised ones are refused by name."""

from __future__ import annotations

import json

import pytest

from tests.monitor.field_cases import DAYS, Field, Row, daily, line_items, logs, of_models, says

MODELS = [
    "fal_ai/fal-ai/flux/dev",
    "black-forest-labs/FLUX.1-schnell",
    "stability/sdxl",
    "sd3.5-large",
    "stable-diffusion-v35-medium",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "stability.sd3-large-v1:0",
    "qwen-image",
    "bytedance/seedream-4",
    "recraft/recraftv3",
    "fal-ai/ideogram/v3",
    "vertex_ai/imagen-4.0-generate-001",
    "amazon.nova-canvas-v1:0",
    "amazon.titan-image-generator-v2:0",
    "hidream-i1-full",
    "kandinsky-3",
    "playground-v2-5-1024px-aesthetic",
    "kwai-kolors/kolors",
    "gpt-image-1",
    "azure/dall-e-3",
    "midjourney",
    "hunyuan-image-3",
    "z-image-turbo",
    "luma/photon",
    "bria/text-to-image",
    "adobe/firefly-v3",
    "nano-banana-pro",
    "gemini/gemini-2.5-flash-image",
    "SSD-1B",
    "sd-turbo",
    "aura-flow",
    "pixart-sigma",
    "SDXL-Lightning",
    "chatgpt-image-latest",
]
OTHERS = [
    "gpt-4o",
    "claude-sonnet-4",
    "bedrock/anthropic.claude-3",
    "gemini/gemini-2.5-pro",
    "meta-llama/Llama-3.3-70B",
    "qwen2.5-72b",
    "mistral-large",
    "deepseek-chat",
    "amazon.nova-pro-v1:0",
    "text-embedding-3-small",
    "whisper-1",
    "tts-1",
    "o3-mini",
    "kling-video-v2",
    "stable-video-diffusion",
    "stable-audio-2",
    "cohere/rerank-v3",
    "sora-2",
    "veo-3",
    "grok-4",
    "command-r-plus",
    "wan2.5-t2v",
]


@pytest.mark.parametrize("model", MODELS)
def test_04_models_of_open_weights_count(model: str) -> None:
    from advisor.usage.model import makes_images

    assert makes_images([model])
    assert makes_images([model.upper()])


@pytest.mark.parametrize("model", OTHERS)
def test_04_other_models_do_not(model: str) -> None:
    from advisor.usage.model import makes_images

    assert makes_images([model]) is False


def test_04_models_count_beside_others(field: Field) -> None:
    file = field.save("d.json", daily(of_models("fal_ai/fal-ai/flux/dev"), 0.08))
    found = field.json(file, "--images-per-request", 1)
    assert (found["verdict"], found["trailing_volume"]) == ("crossed_and_stable", "4")
    page = daily(of_models("flux", "gpt-4o"))
    for result in page["results"]:
        result["metrics"] = {**result["metrics"], "successful_requests": 4}
    assert field.json(field.save("d.json", page), "--images-per-request", 1)["trailing_volume"] == "4"


def table_rows(**more: object) -> list[Row]:
    usual = {"user_id": "u", "api_key": "k", "spend": 0.08, "successful_requests": 2, "custom_llm_provider": "azure"}
    return [{"date": day, **usual, **more} for day in DAYS]


UNKNOWN: list[tuple[str, object, str]] = [
    ("no breakdown", daily(lambda metrics: {"models": {}, "endpoints": {}, "api_keys": {"k": metrics}}), "without an"),
    ("empty", daily(lambda _: {}), "requests without an endpoint or a model"),
    ("model", daily(of_models("acme-7b")), "`acme-7b`"),
    ("mixed", daily(of_models("gpt-4o", "acme-7b")), "`acme-7b`"),
    ("endpoint", daily(lambda m: {"endpoints": {"/acme/run": m, "/chat/completions": m}}), "`/acme/run`"),
    (
        "an image model behind chat",
        daily(
            lambda m: {"endpoints": {"/chat/completions": m}, "models": {"gemini/gemini-2.5-flash-image": m}, "x": {}}
        ),
        "`gemini/gemini-2.5-flash-image`",
    ),
    ("row", table_rows(model="acme-7b", endpoint=None), "`acme-7b`"),
    ("row of nothing", table_rows(model=None), "requests without an endpoint or a model"),
    ("row of an endpoint", table_rows(model="acme-7b", endpoint="/acme/run"), "`acme-7b on /acme/run`"),
    ("row behind chat", table_rows(model="flux", endpoint="/chat/completions"), "`flux on /chat/completions`"),
    ("kind", [{**row, "call_type": "pass_through_endpoint", "model": "flux"} for row in logs(0.04)], "`flux by pass_"),
    ("kind of nothing", [{**row, "call_type": None, "model": None} for row in logs(0.04)], "without a kind"),
    ("kind behind chat", [{**row, "call_type": "acompletion"} for row in logs(0.04)], "`azure/some-image by acom"),
]


@pytest.mark.parametrize(("content", "named"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_03_what_nobody_can_tell_is_refused_by_name_until_it_is_said(field: Field, content: object, named: str) -> None:
    lines = isinstance(content, list) and "request_id" not in content[0]
    text = "".join(json.dumps(row) + "\n" for row in content) if isinstance(content, list) and lines else content
    file = field.save("page.json", text)
    error = field.refused(file)
    assert named in error
    assert str(file) in error
    assert "--makes-images" in error
    found = field.json(file, "--images-per-request", 1, "--makes-images", "*")
    assert found["trailing_volume"] in ("2", "4", "8")
    found = field.json(file, "--images-per-request", 1, "--makes-images", "no such name")
    assert found["trailing_volume"] in ("0", None)
    assert says(found, f"{file}: ")


def test_03_requests_that_a_breakdown_leaves_out_are_not_none(field: Field) -> None:
    """A proxy that learnt to tell endpoints apart in the middle of a day: the models say more."""
    page = daily(lambda _: {})
    for result in page["results"]:
        few = {"metrics": {"spend": 0.04, "successful_requests": 1}}
        all_ = {"metrics": {"spend": 0.08, "successful_requests": 2}}
        result["breakdown"] = {"endpoints": {"/images/generations": few}, "models": {"dall-e-3": all_}}
    file = field.save("d.json", page)
    assert field.json(file, "--images-per-request", 1)["trailing_volume"] == "4"
    for result in page["results"]:
        result["breakdown"]["models"] = {}
    assert "requests without an endpoint or a model" in field.refused(field.save("d.json", page))


def test_03_a_day_of_which_the_page_says_none_is_one_of_none(field: Field) -> None:
    found = field.json(field.save("d.json", daily(lambda _: {}, 0, 0)))
    assert (found["verdict"], found["trailing_volume"]) == ("below", "0")
    assert says(found, "nothing in it counts")


def test_04_line_items_that_nobody_can_tell_are_refused(field: Field) -> None:
    file = field.save("c.json", line_items({"line_item": "acme, input"}))
    assert "`acme, input`" in field.refused(file)
    counted = {"line_item": "dall-e-3", "quantity": 2, "quantity_unit": "images"}
    found = field.json(field.save("c.json", line_items(counted, {"line_item": "gpt-5, input"})))
    assert (found["trailing_volume"], found["verdict"]) == ("4", "crossed_and_stable")


def test_04_an_image_model_without_a_count_is_not_left_out_beside_one_with(field: Field) -> None:
    counted = {"line_item": "dall-e-3", "quantity": 1, "quantity_unit": "images"}
    found = field.json(field.save("c.json", line_items(counted, {"line_item": "gpt-image-1, output"})))
    assert int(found["trailing_volume_high"]) >= 6
