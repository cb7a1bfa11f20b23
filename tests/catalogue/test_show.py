"""``advisor catalogue show``: everything a reader needs to check an offer, in any width, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.listing import Selection, as_json, as_text, selected
from advisor.catalogue.loader import bundled_catalogue
from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import Route

CATALOGUE = bundled_catalogue()


def shown(selection: Selection, width: int = 100) -> str:
    return "\n".join(as_text(CATALOGUE, selected(CATALOGUE, selection), width)).strip()


@pytest.mark.parametrize(
    "selection",
    [
        Selection(model="sd-3-5-large"),
        Selection(provider="google-vertex"),
        Selection(route=Route.SELF_HOST, model="flux-1-dev", provider="runpod"),
    ],
    ids=["checkpoint", "provider", "self-hosted"],
)
def test_what_is_shown_is_as_recorded(selection: Selection, snapshot: SnapshotAssertion) -> None:
    assert shown(selection) == snapshot


def test_every_entry_is_shown_with_its_source_and_date() -> None:
    text = " ".join(shown(Selection(), 1_000).split())
    for name, entries in CATALOGUE.lists.items():
        for entry in entries if name != "movements" else ():  # those are about age: see test_age.py
            assert f"{entry.id} is" in text, name
            assert " ".join(entry.source.split()) in text
            for conflict in entry.conflicts:
                assert f"{conflict.value} of {conflict.as_of}" in text


@pytest.mark.parametrize("width", [40, 60, 80])
def test_lines_fit_the_width_where_words_allow(width: int) -> None:
    long = [line for line in shown(Selection(), width).splitlines() if len(line) > width]
    assert all(len(line.split()) <= 2 for line in long)


@pytest.mark.parametrize(
    ("selection", "lists"),
    [
        (Selection(route=Route.CLOSED_API), {"closed", "providers"}),
        (Selection(route=Route.OPEN_WEIGHT_API), {"hosted", "models", "providers"}),
        (Selection(route=Route.SELF_HOST), {"gpus", "throughput", "models"}),
        (Selection(model="z-image-turbo"), {"hosted", "gpus", "throughput", "models", "providers"}),
        (Selection(provider="runpod"), {"hosted", "gpus", "throughput", "models", "providers"}),
    ],
)
def test_a_selection_shows_what_belongs_to_it(selection: Selection, lists: set[str]) -> None:
    found = selected(CATALOGUE, selection)
    assert {name for name, entries in found.items() if entries} == lists
    if selection.model:
        assert {getattr(one, "model", selection.model) for one in found["hosted"]} == {selection.model}


def test_a_gpu_is_shown_for_a_checkpoint_if_its_throughput_is_known() -> None:
    found = selected(CATALOGUE, Selection(model="qwen-image"))
    assert {getattr(gpu, "gpu", "") for gpu in found["gpus"]} == {"h100-sxm", "any"}


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(model="flux"), "is not a checkpoint of the catalogue"),
        (Selection(provider="fall"), "did you mean `fal`?"),
    ],
)
def test_an_unknown_name_is_refused(selection: Selection, said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("?", r"\?")):
        selected(CATALOGUE, selection)


def test_an_entry_of_an_overlay_is_marked() -> None:
    own = replace(CATALOGUE, origins={("hosted", "qwen-image-at-fal"): "mine.yaml"})
    lists = selected(own, Selection(model="qwen-image", provider="fal"))
    assert "qwen-image-at-fal (from mine.yaml)" in as_text(own, lists, 80)
    assert as_json(own, lists)["hosted"][0]["overlay"] == "mine.yaml"


def test_json_holds_what_the_files_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("digest") == CATALOGUE.digest
    assert found["hosted"][0]["usd"] == "0.003"
    for name in CATALOGUE.lists.keys() - {"movements"}:
        entries = CATALOGUE.lists[name]
        assert found[name] == [entry.model_dump(mode="json", exclude_none=True) for entry in entries]


def test_the_command_prints_text_of_the_terminals_width(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "show", "--model", "qwen-image", "--route", "open_weight_api"]) == 0
    text = capsys.readouterr().out
    assert "qwen-image-at-fal" in text
    assert max(map(len, text.splitlines())) <= 100
