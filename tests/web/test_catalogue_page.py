"""The page of the catalogue: every entry with price, date, source and conflicts; filters leave out nothing unknown."""

from __future__ import annotations

import datetime
import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from advisor.catalogue.listing import Selection, described, selected
from advisor.catalogue.loader import bundled_catalogue, read_folder
from advisor.catalogue.overlays import read_overlay, with_overlays
from advisor.domain.scenario import Route, Unit
from advisor.rulebook.loader import bundled_rulebook
from advisor.web.server import make_app
from advisor.web.site import Site
from tests.web.conftest import DATE

CATALOGUE = bundled_catalogue()
SHOWN = [entry for name, entries in CATALOGUE.lists.items() if name != "movements" for entry in entries]


def text_of(client: TestClient, query: str = "") -> str:
    found = client.get(f"/catalogue?{query}")
    assert found.status_code == 200
    return found.text


def ids(text: str) -> set[str]:
    return set(re.findall('<tr id="entry-(.*?)">', text))


def test_every_entry_is_shown_with_all_that_the_command_line_shows(client: TestClient) -> None:
    page = text_of(client, f"date={DATE}")
    assert ids(page) == {entry.id for entry in SHOWN}
    rows = dict(re.findall('<tr id="entry-(.*?)">(.*?)</tr>', page, re.DOTALL))
    for entry in SHOWN:
        words = " ".join(html.unescape(re.sub("<.*?>", "", rows[entry.id])).split())
        for _, text in described(CATALOGUE, entry):
            assert " ".join(text.split()) in words


def test_an_entry_that_does_not_hold_on_the_day_is_marked(client: TestClient) -> None:
    for day in ("2020-01-01", DATE, "2030-01-01"):
        page = text_of(client, f"date={day}")
        marked = re.findall(f'<tr id="entry-(\\S+)">(?:(?!</tr>).)*?does not hold on {day}', page, re.DOTALL)
        assert set(marked) == {entry.id for entry in SHOWN if not entry.holds_on(datetime.date.fromisoformat(day))}
        assert f'name="date" value="{day}"' in page


@pytest.mark.parametrize(
    ("query", "selection"),
    [
        ("route=closed_api", Selection(Route.CLOSED_API)),
        ("model=flux-1-schnell", Selection(model="flux-1-schnell")),
        ("provider=fal&unit=video_second", Selection(provider="fal", unit=Unit.VIDEO_SECOND)),
        ("region=eu&route=self_host", Selection(Route.SELF_HOST, region="eu")),
        ("text=FLUX&unit=image", Selection(unit=Unit.IMAGE, text="flux")),
        ("route=&model=&provider=&region=&unit=&text=", Selection()),
    ],
)
def test_filters_are_those_of_the_listing(query: str, selection: Selection, client: TestClient) -> None:
    found = selected(CATALOGUE, selection)
    expected = {entry.id for entries in found.values() for entry in entries}
    assert expected
    assert ids(text_of(client, query)) == expected


def test_a_region_leaves_out_only_what_is_known_to_be_elsewhere() -> None:
    every = selected(CATALOGUE, Selection())
    left = selected(CATALOGUE, Selection(region="kr"))
    regions = {provider.id: provider.regions for provider in CATALOGUE.providers}
    regions |= {gpu.id: gpu.regions for gpu in CATALOGUE.gpus}
    offers = [*CATALOGUE.hosted, *CATALOGUE.closed]
    regions |= {offer.id: offer.regions or regions[offer.provider] for offer in offers}
    gone = {one.id for name in every for one in every[name] if one not in left[name]}
    elsewhere = {id for id, codes in regions.items() if codes != "unknown" and not {"kr", "apac"} & set(codes)}
    assert gone == elsewhere != set()
    assert left["models"] == every["models"]


def test_a_unit_keeps_what_has_none() -> None:
    every = selected(CATALOGUE, Selection())
    video = selected(CATALOGUE, Selection(unit=Unit.VIDEO_SECOND))
    assert {getattr(one, "unit", None) for entries in video.values() for one in entries} == {"video_second", None}
    assert {getattr(one, "modality", None) for one in video["models"]} == {"video"}
    assert video["gpus"] == every["gpus"]


def test_what_was_chosen_stays_and_nothing_found_is_said(client: TestClient) -> None:
    page = text_of(client, "route=self_host&text=%3Cb%3Enothing%3C/b%3E")
    assert '<option value="self_host" selected>' in page
    assert 'value="&lt;b&gt;nothing&lt;/b&gt;"' in page
    assert "Nothing fits all of these." in page
    assert "0 entries" in page


@pytest.mark.parametrize(
    ("query", "field", "help"),
    [
        ("route=closed", "route", "did you mean <code>closed_api</code>"),
        ("model=flux-1-schnel", "model", "flux-1-schnell"),
        ("unit=seconds", "unit", "video_second"),
        ("region=mars", "region", "one of"),
        ("latency=tolerant", "", "known here: date, route"),
        ("providr=fal", "", "provider"),
    ],
)
def test_filters_that_do_not_exist_are_refused(query: str, field: str, help: str, client: TestClient) -> None:
    found = client.get(f"/catalogue?{query}")
    assert found.status_code == 422
    assert f"<code>{field}</code>" in found.text or not field
    assert help.replace("<code>", "`").replace("</code>", "`") in found.text


def test_without_a_catalogue_the_page_says_so() -> None:
    client = TestClient(make_app(Site(bundled_rulebook(), None), ()), base_url="http://localhost")
    page = text_of(client, "route=closed_api")
    assert "decides without a catalogue" in page
    assert "<form" not in page


def test_an_overlay_is_named(tmp_path: Path) -> None:
    overlay = tmp_path / "prices.yaml"
    entry = CATALOGUE.hosted[0]
    stated = f"provider: {entry.provider}, model: {entry.model}, unit: image, size: any, usd: 0.5"
    dated = "source: our contract, as_of: 2026-11-01, confidence: high"
    overlay.write_text(f"hosted:\n- {{id: {entry.id}, {stated}, {dated}}}\n")
    catalogue = with_overlays(read_folder(), [read_overlay(str(overlay))])
    client = TestClient(make_app(Site(bundled_rulebook(), catalogue), ()), base_url="http://localhost")
    (row,) = re.findall(f'<tr id="entry-{entry.id}">(.*?)</tr>', text_of(client), re.DOTALL)
    assert "from prices.yaml" in row
    assert "our contract" in row
    assert str(tmp_path) not in row
