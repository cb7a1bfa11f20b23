"""What competes for a decision: which offers, with which traits, amounts and conditions."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.entries import EntryForm, ModelForm, ThroughputForm
from advisor.catalogue.loader import Catalogue, bundled_catalogue
from advisor.catalogue.traits import (
    COMPETING,
    KNOWN,
    CatalogueOffer,
    competing_offers,
    holds_one_of,
    lies_in,
    throughput_of,
    traits_of,
)
from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS, Control, Route
from advisor.rulebook.loader import load_rulebook

DAY = datetime.date(2026, 11, 27)
CATALOGUE = bundled_catalogue()
RULEBOOK = load_rulebook(cases=False)
LICENSED = "licensed_in_region"
AMOUNTS = {
    Route.SELF_HOST: {"gpu_hour_price", "images_per_gpu_hour"},
    Route.OPEN_WEIGHT_API: {"open_price"},
    Route.CLOSED_API: {"closed_price"},
}
MODELS = [None, *(model.id for model in CATALOGUE.models)]


def offers(
    model: str | None = None, unit: str = "image", region: str | None = "eu", catalogue: Catalogue = CATALOGUE
) -> list[CatalogueOffer]:
    return competing_offers(catalogue, model, unit, region, DAY)


def offer(id: str, region: str | None = "eu", unit: str = "image") -> CatalogueOffer:
    return next(one for one in offers(None, unit, region) if one.id == id)


def changed(catalogue: Catalogue, name: str, id: str, **values: object) -> Catalogue:
    """The catalogue with some fields of one entry replaced."""
    entries: tuple[EntryForm, ...] = catalogue.lists[name]
    assert id in {entry.id for entry in entries}
    found = tuple(entry.model_copy(update=values) if entry.id == id else entry for entry in entries)
    return replace(catalogue, **{name: found})  # type: ignore[arg-type]  # the list of the same type


@pytest.mark.parametrize("unit", ["image", "video_second"])
@pytest.mark.parametrize("region", [None, "eu", "kr"])
def test_every_offer_has_the_traits_of_the_rulebook_in_its_words(unit: str, region: str | None) -> None:
    for one in offers(None, unit, region):
        assert one.traits.keys() | {LICENSED} == RULEBOOK.traits.keys() | {LICENSED}
        for name, word in one.traits.items():
            known = RULEBOOK.traits.get(name)
            options = ("yes", "no") if known is None else tuple(Control) if name == "control_depth" else known.options
            if name == "revenue_cap_usd":
                assert word in ("none", "unknown") or Decimal(word) > 0
            else:
                assert word in (*options, "unknown"), (one.id, name)


def test_every_amount_is_one_that_the_scenario_takes_and_knows_its_source() -> None:
    for one in (*offers(), *offers(unit="video_second")):
        assert one.amounts.keys() == one.origins.keys() <= AMOUNTS[one.route]
        assert one.confidence in COMPETING
        for name, value in one.amounts.items():
            quantity = FIELDS[name].quantity
            assert quantity is not None
            assert quantity.check(value) == value
            assert one.origins[name].source in one.source
            assert one.origins[name].as_of >= one.as_of


def test_ids_are_unique_and_name_the_parts_of_a_self_hosted_offer() -> None:
    everything = [*offers(), *offers(unit="video_second")]
    assert len({one.id for one in everything}) == len(everything)
    for one in everything:
        if one.route is Route.SELF_HOST:
            model, _, gpu = one.id.partition("--")
            assert model == one.model
            assert gpu in {entry.id for entry in CATALOGUE.gpus}


@pytest.mark.parametrize("model", MODELS[1:])
def test_one_checkpoint_has_its_offers_and_every_closed_one(model: str) -> None:
    unit = "image" if CATALOGUE.model(model).modality == "image" else "video_second"
    everything = offers(None, unit)
    assert offers(model, unit) == [one for one in everything if one.model in (model, None)]
    assert {one.route for one in offers(model, unit) if one.model is None} == {Route.CLOSED_API}
    other = "image" if unit == "video_second" else "video_second"
    assert [one for one in offers(model, other) if one.model] == []


def test_own_hardware_competes_for_every_checkpoint_without_price_or_throughput() -> None:
    own = {one.model: one for one in (*offers(), *offers(unit="video_second")) if one.id.endswith("--own-hardware")}
    assert own.keys() == {model.id for model in CATALOGUE.models}
    assert {tuple(one.amounts) for one in own.values()} == {()}
    assert {one.traits["leaves_premises"] for one in own.values()} == {"no"}


def test_nothing_of_low_confidence_and_nothing_withdrawn_competes() -> None:
    ids = {one.id for one in (*offers(), *offers(unit="video_second"))}
    assert not ids & {"flux-1-schnell-at-fireworks", "qwen-image-at-together", "nova-canvas-at-bedrock"}
    assert "gpt-image-1-5-medium-at-openai" in ids
    later = competing_offers(CATALOGUE, None, "image", "eu", datetime.date(2026, 12, 1))
    assert "gpt-image-1-5-medium-at-openai" not in {one.id for one in later}


@pytest.mark.parametrize(
    ("name", "id", "gone"),
    [
        ("hosted", "flux-1-schnell-at-fal", "flux-1-schnell-at-fal"),
        ("closed", "flux-2-pro-at-bfl", "flux-2-pro-at-bfl"),
        ("gpus", "aws-h100-sxm-us", "flux-1-schnell--aws-h100-sxm-us"),
        ("throughput", "flux-1-schnell-on-h100-sxm", "flux-1-schnell--aws-h100-sxm-us"),
        ("models", "flux-1-schnell", "flux-1-schnell-at-fal"),
        ("providers", "fal", "flux-1-schnell-at-fal"),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        {"confidence": "low"},
        {"confidence": "reject"},
        {"retires": DAY},
        {"valid_to": DAY - datetime.timedelta(1)},
        {"valid_from": DAY + datetime.timedelta(1)},
    ],
)
def test_an_offer_competes_only_while_all_of_its_parts_do(
    name: str, id: str, gone: str, change: dict[str, object]
) -> None:
    assert gone in {one.id for one in offers()}
    assert gone not in {one.id for one in offers(catalogue=changed(CATALOGUE, name, id, **change))}


def test_an_unknown_amount_is_left_out_and_never_zero() -> None:
    gap = offer("flux-1-schnell-at-deepinfra")
    assert gap.amounts == {}
    without = changed(CATALOGUE, "gpus", "aws-l4-us", usd_per_gpu_hour="unknown")
    found = next(one for one in offers(catalogue=without) if one.id == "sdxl-1-0--aws-l4-us")
    assert found.amounts.keys() == {"images_per_gpu_hour"}


def test_traits_of_a_hosted_offer_are_the_weaker_of_licence_and_provider() -> None:
    bedrock = offer("sd-3-5-large-at-bedrock").traits
    assert (bedrock["commercial_use"], bedrock["offered_in_region"]) == ("yes", "yes")
    assert (bedrock["training_on_outputs"], bedrock["revenue_cap_usd"]) == ("unknown", "unknown")
    assert any("above the licence's limit of revenue" in text for text in offer("sd-3-5-large-at-bedrock").conditions)
    assert offer("flux-1-schnell-at-fal").traits["commercial_use"] == "unknown"
    assert offer("flux-1-dev-at-piapi").traits["commercial_use"] == "no"
    assert offer("flux-1-dev-at-bfl").traits["commercial_use"] == "unknown"
    assert "agreement that commercial use" in offer("flux-1-dev-at-bfl").conditions[0]
    assert offer("flux-2-klein-4b-at-bfl").traits["control_depth"] == "adapters"
    assert offer("sdxl-1-0--aws-l4-us").traits["control_depth"] == "latents"
    assert offer("gpt-image-2-medium-at-openai").traits["output_indemnity"] == "yes"
    assert offer("recraft-v4-pro-at-fal").traits["control_depth"] == "prompt_only"


def test_a_gpu_is_in_its_regions_only_and_of_a_provider_no_other_region_is_known() -> None:
    of_gpu = {region: offer("sdxl-1-0--gcp-l4-eu", region).traits["offered_in_region"] for region in ("eu", "us", None)}
    assert of_gpu == {"eu": "yes", "us": "no", None: "unknown"}
    of_api = {region: offer("flux-2-pro-at-bfl", region).traits["offered_in_region"] for region in ("eu", "kr", None)}
    assert of_api == {"eu": "yes", "kr": "unknown", None: "unknown"}
    assert offer("sdxl-1-0--own-hardware", None).traits["offered_in_region"] == "yes"


def test_spot_and_community_gpus_say_what_to_accept() -> None:
    spot, plain = offer("flux-1-schnell--gcp-h100-sxm-eu-spot"), offer("flux-1-schnell--gcp-h100-sxm-eu")
    assert [text for text in spot.conditions if text not in plain.conditions] == [
        "it does no harm if the GPU is taken back at short notice"
    ]
    assert "machines of private owners" in offer("flux-1-schnell--runpod-h100-sxm-community").conditions[-1]


def row_of(id: str) -> tuple[ModelForm, ThroughputForm]:
    row = next(row for row in CATALOGUE.throughput if row.id == id)
    return CATALOGUE.model(row.model), row


def test_throughput_at_other_steps_and_sizes_is_in_proportion_and_says_so() -> None:
    model, row = row_of("flux-1-schnell-on-h100-sxm")
    assert throughput_of(model, row) == (row.images_per_gpu_hour, None)
    rate, said = throughput_of(model.model_copy(update={"steps": 8}), row)
    assert (rate, said) == (
        Decimal("2322.6"),
        "the throughput at 8 steps of 1024x1024 is the one measured at 4 steps of 1024x1024, in proportion",
    )
    rate, said = throughput_of(model.model_copy(update={"size": "512x512"}), row)
    assert rate == Decimal("18580.8")
    assert said
    other = changed(CATALOGUE, "models", model.id, steps=8)
    found = next(one for one in offers(catalogue=other) if one.id == "flux-1-schnell--aws-h100-sxm-us")
    assert found.amounts["images_per_gpu_hour"] == Decimal("2322.6")
    assert found.conditions[-1].startswith("the throughput at 8 steps")


@given(steps=st.integers(1, 1000), side=st.integers(10, 99_999))
def test_derived_throughput_never_flatters_owning(steps: int, side: int) -> None:
    model, row = row_of("flux-1-schnell-on-h100-sxm")
    rate, _ = throughput_of(model.model_copy(update={"steps": steps, "size": f"{side}x{side}"}), row)
    assert isinstance(rate, Decimal)
    assert isinstance(row.images_per_gpu_hour, Decimal)
    exact = row.images_per_gpu_hour * 4 * 1024 * 1024 / (steps * side * side)
    assert rate == Decimal("0.001") or exact - Decimal("0.001") < rate <= exact


def test_the_row_measured_most_alike_is_taken() -> None:
    model, row = row_of("flux-1-schnell-on-h100-sxm")
    faster = row.model_copy(update={"id": "faster", "steps": 2, "images_per_gpu_hour": Decimal(9000)})
    slower = row.model_copy(update={"id": "slower", "images_per_gpu_hour": Decimal(4000)})
    more = replace(CATALOGUE, throughput=(faster, slower, *CATALOGUE.throughput))
    found = next(one for one in offers(model.id, catalogue=more) if one.id == "flux-1-schnell--aws-h100-sxm-us")
    assert found.amounts["images_per_gpu_hour"] == row.images_per_gpu_hour


def test_an_offer_more_changes_no_other_offer() -> None:
    cheap = CATALOGUE.hosted[0].model_copy(update={"id": "a-copy", "usd": Decimal("0.001")})
    more = [
        one for one in offers(catalogue=replace(CATALOGUE, hosted=(cheap, *CATALOGUE.hosted))) if one.id != "a-copy"
    ]
    assert more == offers()


def test_an_unknown_checkpoint_is_refused() -> None:
    with pytest.raises(BadInput, match="did you mean `sdxl-1-0`"):
        offers("sdxl-1.0")


@given(region=st.sampled_from(sorted(KNOWN)), areas=st.sets(st.sampled_from(sorted(KNOWN))))
def test_a_region_is_part_of_itself_and_of_nothing_disjoint(region: str, areas: set[str]) -> None:
    assert lies_in(region, areas | {region}) == holds_one_of(region, areas | {region}) == "yes"
    assert (lies_in(region, areas) == "no") == (holds_one_of(region, areas) == "no")
    assert lies_in(region.upper(), areas) == lies_in(region, areas)


@pytest.mark.parametrize(
    ("region", "areas", "part", "kept"),
    [
        ("eu", ["de"], "unknown", "yes"),
        ("de", ["eu"], "yes", "unknown"),
        ("de", ["fr"], "no", "no"),
        ("kr", ["apac"], "yes", "unknown"),
        ("eu", ["mars"], "unknown", "unknown"),
        ("eu", [], "no", "no"),
        (None, [], "no", "no"),
        (None, ["us"], "unknown", "unknown"),
    ],
)
def test_to_be_part_of_an_area_and_to_hold_one_are_not_the_same(
    region: str | None, areas: list[str], part: str, kept: str
) -> None:
    assert (lies_in(region, areas), holds_one_of(region, areas)) == (part, kept)


def test_a_country_of_an_excluded_union_is_excluded() -> None:
    model = CATALOGUE.model("hunyuanvideo")
    words = {region: traits_of(model, region)[LICENSED] for region in ("EU", "de", "uk", "kr", "us", "apac", "Mars")}
    assert words == {**dict.fromkeys(("EU", "de", "uk", "kr"), "no"), "us": "yes", "apac": "unknown", "Mars": "unknown"}
    assert traits_of(model, None)[LICENSED] == "unknown"
