"""`--catalogue`, `--overlay` and `--discount`, as commands read them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from advisor.catalogue.loader import Catalogue, bundled_catalogue
from advisor.cli.options import CommandParser, add_shared, catalogue_from
from advisor.common.diagnostics import BadInput
from tests.catalogue.small_catalogue import SOURCED, folder_files


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small").mkdir()
    for name, text in folder_files().items():
        (Path("small") / name).write_text(text)
    for name, usd in (("one.yaml", "0.002"), ("two.yaml", "0.001")):
        Path(name).write_text(
            "hosted:\n- {id: flux-1-schnell-at-fal, model: flux-1-schnell, provider: fal, unit: image, size: any,\n"
            f"    usd: {usd}, {SOURCED}}}\n"
        )


def read(*arguments: str) -> Catalogue | None:
    parser = CommandParser(prog="advisor cost")
    add_shared(parser, "catalogue")
    return catalogue_from(parser.parse_args(arguments))


def price(*arguments: str) -> Decimal | str:
    found = read("--catalogue", "small", *arguments)
    assert found is not None
    return next(offer.usd for offer in found.hosted if offer.id == "flux-1-schnell-at-fal")


def test_without_options_the_catalogue_is_the_bundled_one() -> None:
    assert read() is bundled_catalogue()
    assert read("--catalogue", "none") is None


def test_overlays_and_discounts_are_applied_in_order() -> None:
    assert price() == Decimal("0.004")
    assert price("--overlay", "one.yaml", "--overlay", "two.yaml") == Decimal("0.001")
    assert price("--overlay", "two.yaml", "--overlay", "one.yaml", "--discount", "fal=15%") == Decimal("0.0017")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--catalogue", "none", "--discount", "fal=5%"), "`--discount` changes the catalogue"),
        (("--discount", "15%"), "`15%` is not a discount"),
        (("--discount", "=15%"), "`=15%` is not a discount"),
        (("--discount", "fal=5%", "--discount", "fal=6%"), "duplicate discount of `fal`"),
        (("--discount", "fal=150%"), "`150%` is not a percentage between 0 and 100"),
        (("--overlay", "three.yaml"), "there is no such file"),
        (("--catalogue", "nowhere"), "there is no such catalogue folder"),
    ],
)
def test_a_fault_is_said_with_help(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        read(*arguments)
    assert "\n  help: " in str(caught.value)
