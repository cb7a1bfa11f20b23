"""Whatever JSON or table an importer is given, it accounts for it or refuses it: no traceback, no price of 0."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.importers import genai_prices, karpenter, litellm, mapped_csv, portkey, read_price_list
from advisor.catalogue.importers.account import PLAUSIBLE, Account, Figure
from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from tests.catalogue.price_lists import DATA, DAY

WORDS = st.sampled_from(
    (
        *(
            "mode",
            "litellm_provider",
            "deprecation_date",
            "image_generation",
            "video_generation",
            "chat",
            "sample_spec",
        ),
        *("output_cost_per_image", "input_cost_per_pixel", "output_cost_per_second", "output_cost_per_second_4k"),
        *("output_cost_per_image_1K", "output_cost_per_image_token", "fireworks_ai", "openai", "2026-11-01", "xai"),
        *("low/1024-x-1024/gpt-image-1", "max-x-max/50-steps/m", "99999-x-1/m", "gemini-2.5-flash-image", "a\u0000b"),
        *("pricing_config", "pay_as_you_go", "image", "default", "price", "additional_units", "megapixels"),
        *("default_steps", "video_seconds", "prices", "on_demand", "spot", "us-central1", "g2-standard-4", "models"),
        *("id", "output_image_mtok", "constraint", "start_date", "deprecated", "fireworks_ai/flux-kontext", ""),
    )
)
VALUES = st.recursive(
    WORDS
    | st.none()
    | st.booleans()
    | st.integers(-5, 10**30)
    | st.sampled_from((0.0, -0.0, 1e-300, 1e300, 1e-7, 0.04)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)


def _portkey(text: str) -> Account:
    return portkey.read(text, "list.json", DAY, "together-ai")


@pytest.mark.parametrize(
    "read",
    [
        lambda text: litellm.read(text, "list.json", DAY),
        _portkey,
        lambda text: karpenter.read(text, "list.json", DAY),
        lambda text: genai_prices.read(text, "list.json", DAY),
    ],
    ids=["litellm", "portkey", "karpenter", "genai-prices"],
)
@given(value=st.dictionaries(WORDS, VALUES, max_size=6) | VALUES)
def test_any_json_is_accounted_for_or_refused(read: Callable[[str], Account], value: object) -> None:
    with contextlib.suppress(BadInput):
        check(read(json.dumps(value)))


@given(entries=st.dictionaries(WORDS, st.dictionaries(WORDS, VALUES, max_size=8), max_size=4))
def test_any_entries_of_images_are_accounted_for(entries: dict[str, dict[str, object]]) -> None:
    for fields in entries.values():
        fields["mode"] = "image_generation"
    found = litellm.read(json.dumps(entries), "list.json", DAY)
    check(found)
    assert {line.listing.key for line in found.lines} == set(entries) - {"sample_spec"}


@given(st.text(max_size=80) | st.text("a,;0123456789.\"'\n\r", max_size=80))
def test_any_table_is_accounted_for_or_refused(rows: str) -> None:
    mapping = mapped_csv.load_mapping(str(DATA / "csv/prices.mapping.yaml"))
    with contextlib.suppress(BadInput):
        check(mapped_csv.read("Model;Preis;Menge;Tarif\n" + rows, "prices.csv", DAY, mapping))


@given(
    st.text(max_size=60)
    | st.dictionaries(st.sampled_from(("provider", "columns", "where", "decimal")), VALUES).map(json.dumps)
)
def test_any_mapping_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    with contextlib.suppress(BadInput):
        mapped_csv.load_mapping(str(file))


WRONG: tuple[object, ...] = (True, "0.1", -1, [])
SHAPES: tuple[tuple[str, object], ...] = (
    ("genai-prices", [5, {"models": 5}, {"models": [5, {"id": 5, "prices": [5, {"prices": {}, "constraint": 5}]}]}]),
    ("genai-prices", [{"id": "a", "models": [{"id": "gpt-image-1.5", "prices": {"output_image_mtok": 1e300}}] * 2}]),
    ("litellm", {"": {"mode": "image_generation"}, "a": {"mode": ["x"]}, "b": 5, "c": {"mode": "video_generation"}}),
    ("litellm", {str(value): {"mode": "image_generation", "output_cost_per_image": value} for value in WRONG}),
    ("litellm", {"99999-x-99999/m": {"mode": "image_generation", "output_cost_per_pixel": 1e-300}}),
    ("litellm", {"a": {"mode": "image_generation", "output_cost_per_image_1K": None, "deprecation_date": 5}}),
    ("portkey", {"a": {"pricing_config": {"pay_as_you_go": {"image": {"d": 5}, "additional_units": 5}}}}),
    ("portkey", {"FLUX.1-dev": {"pricing_config": {"pay_as_you_go": {"additional_units": {
        "megapixels": {"price": 0.02}, "default_steps": {"price": 10**9}, "video_seconds": {"price": "1"}}}}}}),
    ("karpenter", {"prices": {"eu b\n": {"spot": {"g2-standard-4": 1}}, "us-b": {"spot": {"g2-standard-4": "1"}}}}),
)  # fmt: skip
"""Entries whose parts are of other types than the price list has."""


@pytest.mark.parametrize(("kind", "value"), SHAPES)
def test_entries_of_other_shapes_are_accounted_for(
    kind: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("together-ai.json").write_text(json.dumps(value))
    check(read_price_list(kind, "together-ai.json", DAY).account)
    assert run(["catalogue", "import", kind, "together-ai.json"]) == 0


def check(found: Account) -> None:
    assert len({(line.listing.key, line.listing.field) for line in found.lines}) == len(found.lines)
    for line in found.lines:
        if isinstance(line, Figure):
            assert 0 < line.usd <= PLAUSIBLE[line.listing.unit]
