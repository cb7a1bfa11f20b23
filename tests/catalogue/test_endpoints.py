"""How providers are called: every provider is listed, every reference is known, and faults name their place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.catalogue.loader import (
    ENDPOINTS_FILE,
    UNSUPPORTED,
    Call,
    Endpoints,
    bundled_catalogue,
    load_catalogue,
    read_endpoints,
)
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("catalogue"), tmp_path / "catalogue")


def refused(folder: Path, old: str, new: str) -> str:
    file = folder / ENDPOINTS_FILE
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_endpoints(str(folder), bundled_catalogue())
    return str(caught.value)


def test_every_provider_is_listed_and_every_model_of_a_supported_one_is_named_or_says_so() -> None:
    catalogue = bundled_catalogue()
    endpoints = read_endpoints(None, catalogue)
    assert set(endpoints.providers) == {provider.id for provider in catalogue.providers}
    calls = {offer.id: endpoints.call(offer.id, offer.provider) for offer in (*catalogue.hosted, *catalogue.closed)}
    assert sum(isinstance(call, Call) for call in calls.values()) >= 35
    assert all(isinstance(call, Call) or call for call in calls.values())
    for offer in (*catalogue.hosted, *catalogue.closed):
        if offer.id in endpoints.served:
            assert endpoints.providers[offer.provider].shape != UNSUPPORTED, offer.id


def test_the_digest_of_the_catalogue_does_not_depend_on_them(folder: Path) -> None:
    (folder / ENDPOINTS_FILE).unlink()
    assert load_catalogue(folder).digest == bundled_catalogue().digest
    assert read_endpoints(str(folder), bundled_catalogue()) == Endpoints()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- id: together\n", "- id: togehter\n", "`togehter` is not the id of a provider of the catalogue"),
        ("- id: flux-1-dev-at-bfl\n", "- id: flux-1-dve-at-bfl\n", "did you mean `flux-1-dev-at-bfl`?"),
        ("shape: nscale\n", "shape: nscael\n", "shape"),
        ("base_url: https://api.x.ai/v1\n", "base_url: unknown\n", "`base_url` of `xai` is not known"),
        ("served:\n", "servd:\n", "`servd` is not known here"),
        ('    source: "npm', '    sauce: "npm', "source"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, said: str, folder: Path) -> None:
    message = refused(folder, old, new)
    assert said in message
    assert f"{folder / ENDPOINTS_FILE}:" in message
