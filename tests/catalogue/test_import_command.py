"""`advisor catalogue import`: what it prints and writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from tests.catalogue.price_lists import DATA
from tests.catalogue.small_catalogue import folder_files

LITELLM = ("litellm", str(DATA / "litellm_images_1.109.1.json"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the small catalogue."""
    monkeypatch.chdir(tmp_path)
    Path("small").mkdir()
    for name, text in folder_files().items():
        (Path("small") / name).write_text(text)
    return tmp_path


def imported(*arguments: str) -> int:
    return run(["catalogue", "import", *arguments, "--catalogue", "small"])


def test_it_shows_what_would_change_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion
) -> None:
    assert imported(*LITELLM, "--date", "2026-11-22") == 0
    assert capsys.readouterr().out == snapshot
    assert not Path("catalogue.overlay.yaml").exists()


def test_the_overlay_it_writes(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert imported(*LITELLM, "--date", "2026-11-22", "--write") == 0
    assert capsys.readouterr().out.endswith("\nwritten to catalogue.overlay.yaml\n")
    assert Path("catalogue.overlay.yaml").read_text() == snapshot


def test_a_second_import_writes_nothing_also_at_a_later_date(capsys: pytest.CaptureFixture[str]) -> None:
    imported(*LITELLM, "--date", "2026-11-22", "--write")
    written = Path("catalogue.overlay.yaml").read_bytes()
    imported(*LITELLM, "--write")
    assert capsys.readouterr().out.endswith("nothing to write\n")
    assert Path("catalogue.overlay.yaml").read_bytes() == written


def test_an_overlay_keeps_its_other_entries_and_discounts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.yaml").write_text(
        "discounts:\n- {provider: fal, percent: 15}\n"
        "hosted:\n- {id: mine, model: flux-1-dev, provider: openai, usd: 1, unit: image, size: any,\n"
        "    source: my contract, as_of: 2026-01-01, confidence: high}\n"
    )
    imported("portkey", str(DATA / "portkey/fal-ai.json"), "--overlay", "own.yaml", "--date", "2026-08-21", "--write")
    text = Path("own.yaml").read_text()
    assert "my contract" in text
    assert "percent: '15'" in text
    # The listed price, not the discounted one, is what is compared and written.
    assert "usd: '0.003'" in text
    assert "$0.004  $0.003  -25.0%" in capsys.readouterr().out


def test_the_whole_account_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    imported(*LITELLM, "--date", "2026-11-22", "--json", "--only", "fal*")
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["changed"] == len([one for one in found["changes"] if one["change"] == "changed"])
    (schnell,) = [one for one in found["changes"] if one["offer"] == "flux-1-schnell-at-fal"]
    assert (schnell["was"], schnell["is"], schnell["percent"]) == ("0.004", "0.003", "-25.0000")
    entries = json.loads(Path(LITELLM[1]).read_text())
    keys = {one["key"] for one in (*found["changes"], *found["refused"])}
    assert len(keys) + found["counts"]["others"] + len({"sample_spec"}) == len(entries)
    assert found["written"] is None


def test_a_cross_check_compares_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert imported("genai-prices", str(DATA / "genai_prices.json"), "--date", "2026-11-22") == 0
    printed = capsys.readouterr().out
    assert printed.endswith("\na cross-check: nothing is written\n")


def test_the_package_is_named_where_it_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "genai_prices", None)
    assert imported("genai-prices") == 2
    assert "pip install 'rent-or-own[prices]'" in capsys.readouterr().err


def test_a_table_with_its_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(DATA / "csv", "csv")
    imported("csv", "csv/prices.csv", "--mapping", "csv/prices.mapping.yaml", "--date", "2026-11-22", "--write")
    assert "flux-1-schnell-at-fal" in capsys.readouterr().out
    text = Path("catalogue.overlay.yaml").read_text()
    assert "usd: '0.0025'" in text
    assert "sdxl" not in text


def test_show_marks_what_is_from_an_overlay(capsys: pytest.CaptureFixture[str]) -> None:
    imported(*LITELLM, "--date", "2026-11-22", "--write", "--only", "flux-1-schnell-at-fal")
    options = ("--catalogue", "small", "--overlay", "catalogue.overlay.yaml", "--discount", "openai=10%")
    capsys.readouterr()
    assert run(["catalogue", "show", *options]) == 0
    shown = capsys.readouterr().out
    assert "flux-1-schnell-at-fal (from catalogue.overlay.yaml)" in shown
    assert "gpt-image-1-high-at-openai (from --discount)" in shown
    assert "flux-1-dev-at-fal\n" in shown
    assert run(["catalogue", "show", "--catalogue", "none"]) == 2


def test_a_file_of_another_kind_has_no_entries_and_is_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert imported("portkey", LITELLM[1], "--provider", "fal-ai") == 0
    out = capsys.readouterr().out
    assert "\ncheck that this is a price list of the kind `portkey`\n" in out
    assert "why" not in out
