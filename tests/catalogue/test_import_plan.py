"""What an import would change: each line of an account becomes one change, or is refused."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.entries import ApiOfferForm, HostedForm
from advisor.catalogue.importers import PriceList, litellm
from advisor.catalogue.importers.account import Account, Figure, Listing, PricedUnit, Reason, Refusal, priced
from advisor.catalogue.importers.plan import Change, Kind, Origin, Plan, merged, planned
from advisor.catalogue.loader import bundled_catalogue, catalogue_of, read_folder
from advisor.catalogue.overlays import Overlay, overlay_text, parse_overlay, price_field, with_overlays
from tests.catalogue.price_lists import ACCOUNTS, DAY, account
from tests.catalogue.small_catalogue import catalogue, lists

ORIGIN = Origin("list prices.json", DAY)


def plan_of(*entries: tuple[str, dict[str, object]], origin: Origin = ORIGIN) -> Plan:
    """The plan of LiteLLM entries for the small catalogue."""
    found = litellm.read(json.dumps(dict(entries)), "list", origin.on)
    return planned(found, catalogue(), origin)


def image(key: str, usd: float, provider: str = "fal_ai", **fields: object) -> tuple[str, dict[str, object]]:
    return key, {"mode": "image_generation", "litellm_provider": provider, "output_cost_per_image": usd, **fields}


def change(plan: Plan) -> Change:
    assert not plan.refusals, plan.refusals
    (found,) = plan.changes
    return found


def test_a_changed_price_keeps_the_offer_and_says_where_it_is_from() -> None:
    found = change(plan_of(image("fal_ai/fal-ai/flux/schnell", 0.003)))
    assert (found.kind, found.entry.id, found.percent) == (Kind.CHANGED, "flux-1-schnell-at-fal", Fraction(-25))
    stated = found.entry.model_dump(mode="json", exclude_defaults=True)
    assert stated["usd"] == "0.003"
    assert stated["source"] == "list prices.json, fal_ai/fal-ai/flux/schnell, output_cost_per_image"
    assert (stated["as_of"], stated["confidence"]) == ("2026-11-22", "medium")


def test_an_unknown_price_is_filled_in() -> None:
    found = change(plan_of(image("together_ai/black-forest-labs/FLUX.1-schnell", 0.003, "together_ai")))
    assert (found.kind, found.entry.id, found.percent) == (Kind.CHANGED, "flux-1-schnell-at-together", None)


def test_a_checkpoint_at_a_known_provider_is_added() -> None:
    found = change(plan_of(image("together_ai/black-forest-labs/FLUX.1-dev", 0.02, "together_ai")))
    assert (found.kind, found.entry.id, found.was) == (Kind.ADDED, "flux-1-dev-at-together", None)
    assert found.entry.note == "size not stated, taken as 1024x1024"


def test_the_same_price_at_a_later_date_confirms_an_offer() -> None:
    found = change(plan_of(image("fal_ai/fal-ai/flux/dev", 0.025)))
    assert (found.kind, found.entry.as_of) == (Kind.CONFIRMED, DAY)
    assert found.entry.note == "as a page says"


def test_a_price_per_step_is_multiplied_by_the_steps_of_the_checkpoint() -> None:
    key = "fireworks_ai/accounts/fireworks/models/flux-1-dev-fp8"
    fields = {"mode": "image_generation", "litellm_provider": "fireworks_ai", "output_cost_per_token": 5e-10}
    found = change(plan_of((key, fields)))
    assert isinstance(found.entry, HostedForm)
    assert (found.entry.usd, found.entry.confidence) == (Decimal("0.014"), "low")
    assert found.entry.note is not None
    assert "28 steps an image" in found.entry.note


def test_what_is_less_certain_replaces_nothing() -> None:
    low = Figure(Listing("k", "f", "fal", "flux/schnell"), Decimal("0.001"), "low")
    (refused,) = planned(Account((low,), 0), catalogue(), ORIGIN).refusals
    assert refused.reason is Reason.LESS_CERTAIN


def test_an_older_price_list_replaces_nothing() -> None:
    (refused,) = plan_of(
        image("fal_ai/fal-ai/flux/schnell", 0.003), origin=Origin("list", datetime.date(2026, 5, 31))
    ).refusals
    assert refused.reason is Reason.OLDER


def test_a_retired_offer_gets_its_date_and_keeps_its_price() -> None:
    entry = image("high/1024-x-1024/gpt-image-1", 0.167, "openai", deprecation_date="2026-10-23")
    found = change(plan_of(entry))
    assert (found.kind, str(found.entry.retires)) == (Kind.RETIRED, "2026-10-23")
    assert isinstance(found.entry, ApiOfferForm)
    assert found.entry.usd == Decimal("0.167")
    assert not found.entry.holds_on(DAY)


def test_a_date_of_retirement_in_the_future_comes_with_the_price() -> None:
    found = change(plan_of(image("high/1024-x-1024/gpt-image-1.5", 0.133, "openai", deprecation_date="2026-12-01")))
    assert (found.kind, str(found.entry.retires)) == (Kind.CHANGED, "2026-12-01")


def test_a_new_date_of_retirement_is_a_change_also_at_the_same_price() -> None:
    found = change(plan_of(image("fal_ai/fal-ai/flux/dev", 0.025, deprecation_date="2027-01-05")))
    assert (found.kind, str(found.entry.retires), found.percent) == (Kind.CHANGED, "2027-01-05", Fraction(0))


def test_of_two_offers_alike_the_one_whose_source_names_the_entry_is_meant() -> None:
    found = lists()
    (dev,) = [one for one in found["hosted"] if one.id == "flux-1-dev-at-fal"]
    key = "fal_ai/lora/fal-ai/flux/dev"
    other = dev.model_copy(update={"id": "flux-1-dev-lora-at-fal", "source": f"a list, {key}, a field"})
    both = catalogue_of({**found, "hosted": (*found["hosted"], other)})
    for named, id in ((key, "flux-1-dev-lora-at-fal"), ("fal_ai/fal-ai/flux/dev", "flux-1-dev-at-fal")):
        account = litellm.read(json.dumps(dict([image(named, 0.03)])), "list", DAY)
        assert [one.entry.id for one in planned(account, both, ORIGIN).changes] == [id]


@pytest.mark.parametrize(
    ("key", "provider", "reason"),
    [
        ("fal_ai/fal-ai/another-model", "fal_ai", Reason.UNKNOWN_MODEL),
        ("aiml/flux/schnell", "aiml", Reason.OTHER_PROVIDER),
        ("fal_ai/512-x-512/fal-ai/flux/schnell", "fal_ai", Reason.OTHER_VARIANT),
        ("low/1024-x-1024/gpt-image-1.5", "openai", Reason.OTHER_VARIANT),
    ],
)
def test_what_is_not_in_the_catalogue_is_counted(key: str, provider: str, reason: Reason) -> None:
    (refused,) = plan_of(image(key, 0.003, provider)).refusals
    assert refused.reason is reason


def test_two_prices_of_one_offer_are_refused_and_two_equal_ones_are_one() -> None:
    first, second = "fal_ai/fal-ai/flux/schnell", "fal_ai/flux/schnell"
    twice = plan_of(image(first, 0.003), image(second, 0.003))
    assert [one.kind for one in twice.changes] == [Kind.CHANGED]
    assert [one.reason for one in twice.refusals] == [Reason.DUPLICATE]
    differing = plan_of(image(first, 0.003), image(second, 0.005))
    assert not differing.changes
    assert [one.reason for one in differing.refusals] == [Reason.AMBIGUOUS] * 2


def test_only_selects_by_provider_model_region_or_offer() -> None:
    found = litellm.read(
        json.dumps(dict([image("fal_ai/fal-ai/flux/schnell", 0.003), image("fal_ai/fal-ai/flux/dev", 0.03)])), "l", DAY
    )
    for pattern in ("flux-1-dev", "*dev*", "flux-1-dev-at-fal", "FLUX-1-DEV"):
        plan = planned(found, catalogue(), ORIGIN, [pattern])
        assert [one.entry.id for one in plan.changes] == ["flux-1-dev-at-fal"]
        assert [one.reason for one in plan.refusals] == [Reason.NOT_SELECTED]


def test_gpu_hours_are_matched_by_cloud_gpu_region_and_pricing() -> None:
    plan = planned(account("karpenter"), catalogue(), ORIGIN)
    changed = {one.entry.id: one.kind for one in plan.changes}
    assert changed["gcp-l4-eu"] is Kind.CHANGED
    assert changed["gcp-l4-eu-spot"] is Kind.ADDED
    assert changed["gcp-h100-sxm-us"] is Kind.ADDED
    assert not any("a100" in id for id in changed), "a GPU of which the catalogue knows nothing"


def listings(plan: Plan) -> list[Listing]:
    """What all lines of a plan are about."""
    return [one.listing for one in plan.changes] + [one.listing for one in plan.refusals]


@pytest.mark.parametrize("name", ACCOUNTS)
def test_every_line_of_a_real_list_is_a_change_or_is_refused(name: str) -> None:
    found = account(name)
    plan = planned(found, bundled_catalogue(), ORIGIN)
    accounted = [(one.key, one.field) for one in listings(plan)]
    assert sorted(accounted) == sorted((line.listing.key, line.listing.field) for line in found.lines)
    ids = [(one.list, one.entry.id) for one in plan.changes]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_second_import_changes_nothing(name: str) -> None:
    prices = PriceList(name, "file", "00", account(name))
    first = _imported(prices, Overlay("own.yaml"))
    assert overlay_text(_imported(prices, first)) == overlay_text(first)
    with_overlay = with_overlays(read_folder(), [first])
    assert not any(planned(prices.account, with_overlay, ORIGIN).to_write)
    offers = (*with_overlay.hosted, *with_overlay.closed, *with_overlay.gpus)
    assert all(getattr(offer, price_field(offer)) != 0 for offer in offers)


def _imported(prices: PriceList, overlay: Overlay) -> Overlay:
    plan = planned(prices.account, with_overlays(read_folder(), [overlay]), ORIGIN)
    return parse_overlay(overlay_text(merged(overlay, plan, prices, DAY)), "own.yaml")


MODELS = ("flux/schnell", "flux/dev", "gpt-image-1", "gpt-image-1.5", "gemini-3-pro-image", "unheard-of", "")
LISTINGS = st.builds(
    Listing,
    key=st.uuids().map(str),
    field=st.just("usd"),
    provider=st.sampled_from(("fal", "fal_ai", "together", "openai", "gemini", "aiml")),
    model=st.sampled_from(MODELS),
    unit=st.sampled_from((PricedUnit.IMAGE, PricedUnit.STEP, PricedUnit.VIDEO_SECOND)),
    size=st.sampled_from((None, "1024x1024", "512x512")),
    quality=st.sampled_from((None, "high", "low")),
    retires=st.sampled_from((None, datetime.date(2027, 1, 1))),
)
LINES = st.one_of(
    st.builds(
        priced, LISTINGS, st.fractions(0, 12).filter(lambda usd: usd > 0), st.sampled_from(("low", "medium", "high"))
    ),
    st.builds(Refusal, LISTINGS, st.sampled_from((Reason.ZERO, Reason.TOKENS))),
)


@given(st.lists(LINES, max_size=12, unique_by=lambda line: line.listing.key))
def test_any_account_is_accounted_once_and_imported_once(lines: list[Figure | Refusal]) -> None:
    found = Account(tuple(lines), 0)
    plan = planned(found, catalogue(), ORIGIN)
    accounted = [one.key for one in listings(plan)]
    assert sorted(accounted) == sorted(line.listing.key for line in lines)
    overlay = merged(Overlay("own.yaml"), plan, PriceList("litellm", "f", "0", found), DAY)
    again = with_overlays(lists(), [parse_overlay(overlay_text(overlay), "own.yaml")])
    assert not any(planned(found, again, ORIGIN).to_write)
    assert all(getattr(one.entry, price_field(one.entry)) > 0 for one in plan.changes)
