"""Each trap of a price list, with the real row that has it."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest

from advisor.catalogue.importers import litellm, mapped_csv, portkey
from advisor.catalogue.importers.account import Figure, Line, PricedUnit, Reason, Refusal
from tests.catalogue.price_lists import DATA, DAY, account, lines_of, text

FIREWORKS = "fireworks_ai/accounts/fireworks/models/"


def figure(name: str, key: str) -> Figure:
    (line,) = lines_of(name, key)
    assert isinstance(line, Figure), line
    return line


def refused(name: str, key: str) -> Reason:
    (line,) = lines_of(name, key)
    assert isinstance(line, Refusal), line
    return line.reason


@pytest.mark.parametrize(
    ("key", "usd"),
    [
        # $0.003 per image on fal, next to no other field
        ("fal_ai/fal-ai/flux/schnell", "0.003"),
        # the price per image comes before the price per pixel
        ("fal_ai/fal-ai/flux/dev", "0.025"),
        # `output_cost_per_pixel` is 0.0, which is a missing price; the price of the output is in `input_cost_per_pixel`
        ("nscale/black-forest-labs/FLUX.1-schnell", "0.001363"),
        # per pixel of the size in the key, 1024 x 1536, not of a square
        ("azure/high/1024-x-1536/gpt-image-1-mini", "0.04992"),
        # `input_cost_per_image` on a sized key of OpenAI, and on xAI, is the price of the output
        ("medium/1024-x-1024/gpt-image-1.5", "0.034"),
        ("xai/grok-imagine-image", "0.02"),
        # next to `output_cost_per_image` it is the price of an image that is sent in
        ("gemini/gemini-3-pro-image", "0.134"),
        # a price per token, with the number of tokens known
        ("azure/gpt-image-1.5", "0.033792"),
    ],
)
def test_the_price_of_an_image(key: str, usd: str) -> None:
    assert figure("litellm", key).usd == Decimal(usd)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("azure/standard/1024-x-1024/dall-e-2", Reason.ZERO),
        ("gpt-image-2", Reason.TOKENS),
        ("qwencloud/qwen-image-3.0", Reason.NO_PRICE),
        # dates of deprecation that are past stay in the list
        ("gpt-image-1", Reason.RETIRED),
        ("amazon.nova-canvas-v1:0", Reason.RETIRED),
        ("sora-2", Reason.RETIRED),
        # Fireworks lists three FLUX checkpoints as chat, with a default price per token
        (f"{FIREWORKS}flux-1-dev", Reason.OTHER_MODE),
        (f"{FIREWORKS}flux-1-dev-controlnet-union", Reason.OTHER_MODE),
        (f"{FIREWORKS}flux-1-schnell", Reason.OTHER_MODE),
        # a chat model with `output_cost_per_image` of $0.00012, which is a price per token
        ("gemini-3.1-pro-preview", Reason.OTHER_MODE),
        # the unsized entry of a model that is listed by size
        ("fal_ai/openai/gpt-image-2", Reason.UNSIZED),
        ("stability/inpaint", Reason.EDIT),
        # an edit that is listed as an image
        ("fal_ai/low/1024-x-1024/openai/gpt-image-2/edit", Reason.EDIT),
    ],
)
def test_what_is_no_price_of_an_image_is_refused(key: str, reason: Reason) -> None:
    assert refused("litellm", key) is reason


def test_fireworks_prices_per_token_are_prices_per_step_divided_by_a_million() -> None:
    found = figure("litellm", f"{FIREWORKS}flux-1-dev-fp8")
    assert (found.usd, found.listing.unit, found.confidence) == (Decimal("0.0005"), PricedUnit.STEP, "low")
    whole = figure("litellm", f"{FIREWORKS}flux-kontext-pro")
    assert (whole.usd, whole.listing.unit, whole.confidence) == (Decimal("0.04"), PricedUnit.IMAGE, "low")


def test_the_key_holds_size_quality_and_steps() -> None:
    found = figure("litellm", "1024-x-1024/50-steps/stability.stable-diffusion-xl-v1").listing
    assert (found.model, found.size, found.steps) == ("stability.stable-diffusion-xl-v1", "1024x1024", 50)
    sized = figure("litellm", "fal_ai/high/1024-x-1024/openai/gpt-image-2").listing
    assert (sized.provider, sized.model, sized.quality) == ("fal_ai", "openai/gpt-image-2", "high")


def test_sizes_in_the_names_of_fields_are_prices_of_their_own() -> None:
    found = {line.listing.size: usd(line) for line in lines_of("litellm", "fal_ai/fal-ai/nano-banana-2")}
    assert found == {"512x512": "0.06", "1024x1024": "0.08", "2048x2048": "0.12", "4096x4096": "0.16"}


def test_a_second_of_video_has_a_price_for_each_resolution() -> None:
    found = {line.listing.size: usd(line) for line in lines_of("litellm", "qwencloud/wan2.7-t2v")}
    assert found == {None: "0.15", "1280x720": "0.1", "1920x1080": "0.15"}


def usd(line: Line) -> str:
    assert isinstance(line, Figure)
    return f"{line.usd.normalize():f}"


def test_the_price_of_an_image_that_is_sent_in_is_no_price_of_an_image() -> None:
    """The entry of gemini-3-pro-image without its other prices: no real entry has this one alone."""
    fields = {"mode": "image_generation", "litellm_provider": "gemini", "input_cost_per_image": 0.0011}
    (line,) = litellm.read(json.dumps({"gemini/gemini-3-pro-image": fields}), "list", DAY).lines
    assert isinstance(line, Refusal)
    assert line.reason is Reason.INPUT_IMAGE


def test_a_date_of_deprecation_counts_from_its_day_on() -> None:
    key, ends = "sora-2", datetime.date(2026, 9, 24)
    before = litellm.read(text("litellm_images_1.109.1.json"), "list", ends - datetime.timedelta(1))
    on_the_day = litellm.read(text("litellm_images_1.109.1.json"), "list", ends)
    assert [isinstance(line, Figure) for line in before.lines if line.listing.key == key] == [True]
    assert [isinstance(line, Figure) for line in on_the_day.lines if line.listing.key == key] == [False]


def test_portkey_is_in_cents_but_together_ai_is_in_dollars() -> None:
    assert figure("portkey/fal-ai", "fal-ai/flux/dev").usd == Decimal("0.025")
    together = figure("portkey/together-ai", "Qwen/Qwen-Image")
    assert (together.usd, together.note) == (Decimal("0.0058"), "0.0058 in dollars, as this file has its images")
    assert together.confidence == "low", "it may be per megapixel"
    as_cents = portkey.read(text("portkey/together-ai.json"), "list", DAY, "another-provider")
    assert {line.usd for line in as_cents.figures if line.listing.key == "Qwen/Qwen-Image"} == {Decimal("0.000058")}


def test_together_ai_is_per_megapixel_at_a_number_of_steps() -> None:
    found = figure("portkey/together-ai", "black-forest-labs/FLUX.1-schnell")
    assert (found.usd, found.listing.size, found.listing.steps) == (Decimal("0.002831"), "1024x1024", 4)


def test_a_template_of_portkey_with_price_0_is_missing() -> None:
    assert refused("portkey/stability-ai", "default") is Reason.ZERO


def test_the_smallest_instance_of_a_country_is_used_at_its_least_price() -> None:
    us = [line for line in account("karpenter").lines if line.listing.region == "us"]
    used = {(line.listing.model, line.listing.key): line.usd for line in us if isinstance(line, Figure)}
    assert used["l4", "prices.us-east4.on_demand.g2-standard-4"] == Decimal("0.704518")
    # 16 of them at once would cost $3.48 each
    assert used["a100-40gb-sxm", "prices.us-central1.on_demand.a2-highgpu-1g"] == Decimal("3.673385")
    assert {line.reason for line in us if isinstance(line, Refusal)} == {Reason.OTHER_INSTANCE}


def test_the_united_kingdom_is_not_the_union() -> None:
    found = {line.listing.region for line in account("karpenter").lines if "europe-west2." in line.listing.key}
    assert found == {"gb"}


def test_a_price_of_another_size_gives_way_to_the_tokens_of_the_usual_one() -> None:
    assert figure("litellm", "gemini/gemini-3.1-flash-image").usd == Decimal("0.0672")
    assert figure("litellm", "gemini-3.1-flash-image").usd == Decimal("0.0672")
    assert figure("litellm", "gemini-3-pro-image").usd == Decimal("0.134")


def test_genai_prices_has_image_tokens_for_some_models() -> None:
    assert figure("genai-prices", "google/gemini-3-pro-image-preview").usd == Decimal("0.1344")
    assert refused("genai-prices", "openai/gpt-image-1") is Reason.TOKENS
    assert refused("genai-prices", "google/gemini-2.5-flash-image") is Reason.RETIRED


def test_a_table_is_read_as_its_mapping_says() -> None:
    assert [usd(line) for line in account("csv").figures] == ["0.0025", "0.021"]
    assert account("csv").others == 1
    mapping = mapped_csv.load_mapping(str(DATA / "csv/prices.mapping.yaml"))
    grouped = mapped_csv.read("Model;Preis;Menge;Tarif\na;1.234,5;;neu\na;0.5;;neu\n", "t.csv", DAY, mapping)
    assert [isinstance(line, Refusal) and line.reason for line in grouped.lines] == [Reason.MALFORMED] * 2
