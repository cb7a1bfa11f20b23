"""`advisor explain` on the examples, to the byte, and on whatever else it may be given.

`pytest --snapshot-update tests/examples` records the texts; read the difference before it lands.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from tests.examples.test_examples import ALONE, EXAMPLES, EXPECTED


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["explain", *ALONE, *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def example(name: str) -> str:
    return str(EXAMPLES / f"{name}.scenario.yaml")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_explanation_of_an_example_is_the_golden_one(
    name: str, capsys: pytest.CaptureFixture[str], golden: Callable[[str], SnapshotAssertion]
) -> None:
    code, text, err = explained(capsys, example(name))
    assert text == golden(f"{name}.explain.txt")
    assert err == ""
    assert code == {"recommended": 0, "open": 3, "infeasible": 4}[_status(capsys, name)]


def _status(capsys: pytest.CaptureFixture[str], name: str) -> str:
    run(["decide", example(name), "--json", *ALONE])
    return str(json.loads(capsys.readouterr().out)["status"])


def test_a_record_is_explained_as_its_scenario_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["decide", example("conflict"), "--json", *ALONE])
    record = tmp_path / "conflict.decision.json"
    record.write_text(capsys.readouterr().out, encoding="utf-8")
    assert explained(capsys, str(record)) == explained(capsys, example("conflict"))
    assert explained(capsys, str(record), "--set", "quality=open_suffices")[0] == 0


def test_a_record_of_other_rules_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["decide", example("conflict"), "--json", *ALONE])
    data = json.loads(capsys.readouterr().out)
    record = tmp_path / "old.decision.json"
    record.write_text(json.dumps({**data, "rulebook_digest": "sha256:" + "0" * 64}), encoding="utf-8")
    _, text, err = explained(capsys, str(record))
    assert err == "note: the rules have changed since this record; today's rules are explained\n"
    assert text == explained(capsys, example("conflict"))[1]


def test_one_route_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = explained(capsys, example("exercise-38-3-2"), "--why-not", "self_host")
    assert code == 0
    assert text.startswith("Why not own GPUs with open weights?\n")
    assert "- monthly_images above 71,428\n" in text
    assert "closed flagship" not in text


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    data = Path(example("overdetermined")).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    assert explained(capsys, "-")[1] == explained(capsys, example("overdetermined"))[1]


def test_json_holds_what_the_text_says_and_the_record_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = explained(capsys, example("overdetermined"), "--json")
    data = json.loads(text)
    run(["decide", example("overdetermined"), "--json", *ALONE])
    record = json.loads(capsys.readouterr().out)
    assert all(data[key] == record[key] for key in ("status", "route", "flips", "why_not"))
    assert data["sufficient_reasons"] == [
        ["residency", "indemnity_required", "quality"],
        ["indemnity_required", "quality", "control"],
    ]
    leads = json.loads(explained(capsys, example("partial-open"), "--json")[1])["leads"]
    assert {"answer": "predictable", "outcomes": ["self_host", None]} in leads["latency"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--why-not", "open_weight_api"], "`open_weight_api` is the route recommended here"),
        (["--why-not", "closed"], "`closed` is not known here"),
        (["--set", "latnecy=tolerant"], "`latnecy` is not a scenario field"),
        (["--rules", "nowhere"], "there is no such rules folder"),
        (["--templates", "nowhere"], "there is no such templates folder"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = explained(capsys, example("exercise-38-3-2"), *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "help:" in err


def test_a_broken_record_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "broken.json"
    record.write_text('{"schema_version": 1}', encoding="utf-8")
    code, _, err = explained(capsys, str(record))
    assert code == 2
    assert "this is not a decision record" in err
