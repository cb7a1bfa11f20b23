"""Each price list is accounted for: every entry of images, video or GPUs is a figure or is refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.importers.account import PLAUSIBLE, Figure, Reason, Refusal
from tests.catalogue.price_lists import ACCOUNTS, account, text, written


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_account_is_the_one_that_was_read(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert written(name) == golden(f"{name.replace('/', '-')}.account.txt")


@pytest.mark.parametrize("name", ACCOUNTS)
def test_every_line_is_accounted_once_and_no_figure_is_zero(name: str) -> None:
    lines = account(name).lines
    assert len({(line.listing.key, line.listing.field) for line in lines}) == len(lines) > 0
    for line in lines:
        if isinstance(line, Figure):
            assert 0 < line.usd <= PLAUSIBLE[line.listing.unit]
            assert line.usd == line.usd.quantize(Decimal("0.000001"))


def test_no_image_entry_of_litellm_is_left_out() -> None:
    entries = json.loads(text("litellm_images_1.109.1.json"))
    modes = ("image_generation", "image_edit", "video_generation")
    images = {key for key, fields in entries.items() if fields.get("mode") in modes}
    accounted = {line.listing.key for line in account("litellm").lines}
    other_modes = {line.listing.key for line in account("litellm").lines if _is_other_mode(line)}
    assert len(images) == 543
    assert accounted - other_modes == images
    assert len(accounted) + account("litellm").others + len({"sample_spec"}) == len(entries)


def _is_other_mode(line: object) -> bool:
    return isinstance(line, Refusal) and line.reason is Reason.OTHER_MODE


@pytest.mark.parametrize("provider", ["fal-ai", "stability-ai", "together-ai"])
def test_no_entry_of_portkey_is_left_out(provider: str) -> None:
    found = account(f"portkey/{provider}")
    entries = json.loads(text(f"portkey/{provider}.json"))
    assert len({line.listing.key for line in found.lines}) + found.others == len(entries)
