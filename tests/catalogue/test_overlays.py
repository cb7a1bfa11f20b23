"""Overlays: entries of one's own win, each visibly; discounts are exact; what is written is read back the same."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.importers import KINDS
from advisor.catalogue.importers.mapped_csv import load_mapping
from advisor.catalogue.overlays import (
    Overlay,
    discounted,
    overlay_text,
    parse_discounts,
    parse_overlay,
    percent_of,
    with_overlays,
)
from advisor.common.diagnostics import BadInput
from tests.catalogue.small_catalogue import SOURCED, catalogue, lists

OWN = f"""
imports:
- {{kind: csv, name: prices.csv, sha256: 0a1b, as_of: 2026-11-22}}
discounts:
- {{provider: openai, percent: 12.5}}
hosted:
- {{id: flux-1-schnell-at-fal, model: flux-1-schnell, provider: fal, usd: 0.002, unit: image, size: any, {SOURCED}}}
- {{id: own-offer, model: flux-1-dev, provider: fal, usd: 0.02, unit: image, size: 1024x1024, {SOURCED}}}
"""


def own(text: str = OWN, file: str = "own.yaml") -> Overlay:
    return parse_overlay(text, file)


def usd(id: str, *overlays: Overlay, discounts: dict[str, Decimal] | None = None) -> str:
    found = with_overlays(lists(), overlays, discounts)
    (offer,) = [offer for offer in (*found.hosted, *found.closed) if offer.id == id]
    return f"{offer.usd}"


def test_an_entry_replaces_the_one_of_its_id_and_others_are_added() -> None:
    found = with_overlays(lists(), [own()])
    assert usd("flux-1-schnell-at-fal", own()) == "0.002"
    assert usd("own-offer", own()) == "0.02"
    assert usd("flux-1-dev-at-fal", own()) == "0.025"
    assert found.origins == {
        ("hosted", "flux-1-schnell-at-fal"): "own.yaml",
        ("hosted", "own-offer"): "own.yaml",
        ("closed", "gpt-image-1-high-at-openai"): "own.yaml",
        ("closed", "gpt-image-1-5-high-at-openai"): "own.yaml",
    }
    assert found.digest != catalogue().digest


def test_the_last_overlay_wins() -> None:
    other = own(OWN.replace("0.002", "0.001"), "other.yaml")
    assert usd("flux-1-schnell-at-fal", own(), other) == "0.001"
    assert usd("flux-1-schnell-at-fal", other, own()) == "0.002"


def test_without_overlays_nothing_changes() -> None:
    assert with_overlays(lists(), []).digest == catalogue().digest


def test_a_discount_is_taken_off_and_the_source_says_so() -> None:
    found = with_overlays(lists(), [own()])
    offer = next(offer for offer in found.closed if offer.id == "gpt-image-1-high-at-openai")
    assert (offer.usd, offer.source) == (Decimal("0.146125"), "a page; less 12.5% discount from $0.167")


def test_a_discount_of_the_command_line_takes_the_place_of_the_overlays() -> None:
    discounts = {"openai": Decimal(50)}
    assert usd("gpt-image-1-high-at-openai", own(), discounts=discounts) == "0.0835"
    assert with_overlays(lists(), [], discounts).origins["closed", "gpt-image-1-high-at-openai"] == "--discount"


def test_a_discount_of_a_cloud_is_off_its_gpu_hours() -> None:
    (gpu,) = with_overlays(lists(), [], {"gcp": Decimal(25)}).gpus
    assert gpu.usd_per_gpu_hour == Decimal("0.6")


def test_an_unknown_price_stays_unknown() -> None:
    assert usd("flux-1-schnell-at-together", discounts={"together": Decimal(10)}) == "unknown"


PRICES = st.integers(1, 10**9).map(lambda micro: Decimal(micro).scaleb(-6))
PERCENTS = st.integers(1, 10**6 - 1).map(lambda number: Decimal(number).scaleb(-4))


@given(PRICES, PERCENTS)
def test_a_discount_is_exact_to_the_micro_dollar(price: Decimal, percent: Decimal) -> None:
    entry = catalogue().hosted[0].model_copy(update={"usd": price})
    exact = Fraction(price) * (1 - Fraction(percent) / 100)
    try:
        paid = discounted(entry, percent).usd  # type: ignore[attr-defined]  # a hosted offer
    except BadInput:
        assert exact <= Fraction(1, 2_000_000)
        return
    assert abs(Fraction(paid) - exact) <= Fraction(1, 2_000_000)
    assert 0 < paid <= price
    if (exact * 10**6).denominator == 1:
        assert Fraction(paid) == exact


def test_what_is_written_is_read_back_the_same() -> None:
    written = overlay_text(own())
    assert overlay_text(own(written)) == written
    assert dumped(own(written)) == dumped(own())


def dumped(overlay: Overlay) -> list[object]:
    entries = [entry for found in overlay.entries.values() for entry in found.values()]
    return [record.model_dump() for record in (*entries, *overlay.discounts, *overlay.imports)]


@pytest.mark.parametrize(("text", "percent"), [("15%", "15"), (" 12.5 % ", "12.5"), ("0.0001", "0.0001")])
def test_percentages(text: str, percent: str) -> None:
    assert percent_of(text) == Decimal(percent)


@pytest.mark.parametrize("text", ["0", "100", "-5", "x", "", "1e-9", "0.00001", "nan", "15%%"])
def test_what_is_no_percentage(text: str) -> None:
    with pytest.raises(BadInput, match=r"--discount"):
        parse_discounts([f"fal={text}"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a", "an overlay is a mapping with lists of entries"),
        ("hostd: []", "`hostd` is not known here"),
        ("discounts: 5", "`discounts` is not a list of records"),
        ("discounts: [{provider: fal, percent: 0}]", "`0` is not a percentage between 0 and 100"),
        ("discounts: [{provider: fal}]", "has no `percent`"),
        (
            "discounts:\n- {provider: fal, percent: 5}\n- {provider: fal, percent: 6}",
            "duplicate discount of `fal`, first on line 2",
        ),
        (f"hosted: [{{id: x, model: flux-1-dev, provider: fal, usd: 0, unit: image, size: any, {SOURCED}}}]", "`0`"),
    ],
)
def test_a_fault_of_an_overlay_is_said(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        own(text)
    assert said in str(caught.value)
    assert "own.yaml" in str(caught.value)
    assert "  help: " in str(caught.value)


def test_a_reference_or_discount_of_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="flux-1-def"):
        with_overlays(lists(), [own(OWN.replace("model: flux-1-dev", "model: flux-1-def"))])
    with pytest.raises(BadInput, match=r"`fall` is not a provider of the catalogue[\s\S]*did you mean `fal`"):
        with_overlays(lists(), [], {"fall": Decimal(5)})


def test_the_overlay_and_the_mapping_of_the_documentation_are_valid(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "catalogue-import.md").read_text(encoding="utf-8")
    overlay, mapping = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    found = own(overlay)
    assert ([*found.entries["hosted"]], len(found.discounts), len(found.imports)) == (["flux-1-dev-at-fal"], 1, 1)
    (tmp_path / "m.yaml").write_text(mapping)
    assert load_mapping(str(tmp_path / "m.yaml")).where == {"Tariff": ("current",)}
    assert set(re.findall(r"^\| `(\w+(?:-\w+)?)` \| ", text, re.MULTILINE)) >= set(KINDS)
