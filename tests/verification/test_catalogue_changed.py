"""Decisions with a catalogue: verified with the same one, and reported or decided again with another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.catalogue.loader import bundled_catalogue
from advisor.cli.main import run
from advisor.domain.scenario_io import scenario_text
from tests.helpers.strategies import EXERCISE, scenario

UNPRICED = {name: value for name, value in EXERCISE.items() if "price" not in name and name != "images_per_gpu_hour"}
OWNS = {**UNPRICED, "model": "flux-1-schnell", "monthly_images": 3_000_000}
"""Own GPUs at the bundled catalogue's prices; the open API if it costs a little less."""
DATE = "2026-11-22"
CHEAPER = ("--discount", "nscale=20%")
FILES = ("decision.json", "memo.md", "memo.html")


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of a decision with the bundled catalogue."""
    monkeypatch.chdir(tmp_path)
    Path("photos.scenario.yaml").write_text(scenario_text(scenario(OWNS)), encoding="utf-8")
    assert run(["decide", "photos.scenario.yaml", "--out", "decisions", "--date", DATE]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("file", FILES)
def test_it_is_verified_with_the_catalogue_it_was_decided_with(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", f"decisions/photos.{file}"]) == 0, capsys.readouterr()


@pytest.mark.parametrize("file", FILES)
def test_another_catalogue_is_named_with_what_to_do(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", f"decisions/photos.{file}", *CHEAPER]) == 5
    said = capsys.readouterr().out
    assert said.startswith(f"catalogue changed: decisions/photos.{file} was decided with other prices")
    assert f"  its catalogue:      {bundled_catalogue().digest}\n  catalogue at hand:  sha256:" in said
    assert "the advice is different under this catalogue: self_host on cost -> open_weight_api on cost\n" in said
    assert "help: name the catalogue that it was decided with in --catalogue DIR, with the --overlay FILE" in said
    assert "rules" not in said


def test_programs_read_both_digests(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "decisions/photos.decision.json", "--json", *CHEAPER]) == 5
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["catalogue_digest"]) == ("catalogue_changed", bundled_catalogue().digest)
    assert found["catalogue_at_hand"] != found["catalogue_digest"]


def test_a_digest_that_was_edited_is_no_digest(capsys: pytest.CaptureFixture[str]) -> None:
    memo = Path("decisions/photos.memo.md")
    memo.write_text(memo.read_text("utf-8").replace("# catalogue: sha256:", "# catalogue: audited, sha256:"), "utf-8")
    assert run(["verify", str(memo)]) == 2
    assert "is not the digest of a catalogue" in capsys.readouterr().err


@pytest.mark.parametrize("file", FILES)
def test_a_decision_without_a_catalogue_is_verified_without_one(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("stated.scenario.yaml").write_text(scenario_text(scenario(EXERCISE)), encoding="utf-8")
    arguments = ["decide", "stated.scenario.yaml", "--out", "stated", "--date", DATE, "--catalogue", "none"]
    assert run(arguments) == 0
    assert json.loads(Path("stated/stated.decision.json").read_text("utf-8"))["catalogue_digest"] is None
    assert "# catalogue:" not in Path("stated/stated.memo.md").read_text("utf-8")
    assert run(["verify", f"stated/stated.{file}", *CHEAPER]) == 0, capsys.readouterr()


def test_a_checkpoint_cannot_be_decided_without_a_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["verify", "decisions/photos.decision.json"], ["decide", "photos.scenario.yaml"]):
        assert run([*command, "--catalogue", "none"]) == 2
        said = capsys.readouterr().err
        assert "`flux-1-schnell` names a checkpoint of the catalogue, and this is decided without one" in said
        assert command[1] in said


def test_nothing_differs_with_the_same_catalogue_on_the_same_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recheck", "decisions", "--date", DATE]) == 0
    said = capsys.readouterr().out
    assert said.endswith("3 records and memos decided again: 0 would differ\n")
    assert "gpu_hour_price 2.69 (flux-1-schnell--runpod-h100-sxm-community), 13 days old: may be 3.270502" in said
    assert "  1 more old, and their movement does not turn it\n" in said


def test_recheck_names_the_price_that_did_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recheck", "decisions", "--date", DATE, *CHEAPER]) == 5
    said = capsys.readouterr().out
    assert "decisions/photos.decision.json: self_host on cost -> open_weight_api on cost\n" in said
    price = (
        "  open_price: 0.001363 (flux-1-schnell-at-nscale) -> 0.00109 (flux-1-schnell-at-nscale), past 0.001246,"
        " where its advice turns\n"
    )
    assert said.count(price) == 1
    assert said.count("  it was decided with other prices: its record, NAME.decision.json, has them\n") == 2
    assert run(["recheck", "decisions", "--date", DATE, "--json", *CHEAPER]) == 5
    record = json.loads(capsys.readouterr().out)["files"][0]
    assert record["same_catalogue"] is False
    assert [(one["field"], one["was"], one["now"], one["past"]) for one in record["prices"]] == [
        ("open_price", "0.001363", "0.00109", "0.001246")
    ]
    assert {one["field"] for one in record["old"]} == {"gpu_hour_price", "images_per_gpu_hour"}


def test_a_superseded_memo_of_another_catalogue_is_linked_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["decide", "photos.scenario.yaml", "--date", DATE, "--supersedes", "decisions/photos.memo.md"]
    assert run([*arguments, "--out", "new", *CHEAPER]) == 0
    assert (
        "the rules or the catalogue have changed since decisions/photos.memo.md was decided" in capsys.readouterr().err
    )


def test_a_record_is_explained_with_its_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "decisions/photos.decision.json"]) == 0
    assert capsys.readouterr().err == ""
    assert run(["explain", "decisions/photos.decision.json", *CHEAPER]) == 0
    assert "note: the catalogue has changed since this record" in capsys.readouterr().err
