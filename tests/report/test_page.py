"""The page: valid, self-contained, every claim an element that leads to its rules; and the formats of the command."""

from __future__ import annotations

import json
import sys
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from advisor.cli.main import run
from advisor.decision.decide import decide
from advisor.report.claims.build import claims_of
from advisor.report.html import memo_html, memo_pdf
from advisor.report.memo_parts import NOTES_END, NOTES_START, embedded_in_page
from advisor.report.templates import memo_markdown, one_line
from advisor.report.text import memo_text
from tests.helpers.strategies import complete_answers, examples, some_of
from tests.report.pages import Page, read_page
from tests.report.test_memo import HOSTILE, NAMES, ROOT, RULEBOOK, decided, example

EXAMPLE = str(ROOT / "examples" / "own-not-yet.scenario.yaml")
DATE = ("--date", "2026-11-22", "--catalogue", "none")
MOST_BYTES = 300_000
HEADINGS = ("h1", "h2", "h3")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_an_example_is_sound(name: str) -> None:
    page = _sound(memo_html(example(name)))
    claims = claims_of(example(name))
    elements = page.by_id()
    assert [claim.id for claim in claims if f"claim-{claim.id}" not in elements] == []
    assert [rule for claim in claims for rule in claim.rules if f"rule-{rule}" not in elements] == []
    for claim in claims:
        if claim.section == "rules":
            row = elements[f"claim-{claim.id}"]
            assert all(claim.figures[part] in row.text for part in ("because", "source"))


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_links_to_each_rule_it_rests_on(name: str) -> None:
    text = memo_html(example(name))
    for claim in claims_of(example(name)):
        if claim.section != "rules" and claim.rules:
            said = _pieces_of(text, claim.id)
            assert [rule for rule in claim.rules if f'href="#rule-{rule}"' not in said] == [], claim.id


def _pieces_of(text: str, claim: str) -> str:
    """The lines of the page in which a claim is said, with what stands in its element."""
    lines = text.split("\n")
    found = []
    for at, line in enumerate(lines):
        if f'"claim-{claim}"' in line:
            end = next((end for end in range(at, len(lines)) if lines[end].startswith("</tr>")), at)
            found += lines[at : end + 1] if line.startswith("<tr") else [line]
    return "\n".join(found)


@given(answers=complete_answers())
@examples(15)
def test_the_page_of_a_generated_scenario_is_sound(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    text = memo_html(decision)
    _sound(text)
    embedded = embedded_in_page(text, "the page")
    assert decide(embedded.scenario, RULEBOOK, decided_on=embedded.decided_on) == decision


def _sound(text: str) -> Page:
    page = read_page(text)
    assert len(text.encode()) < MOST_BYTES
    (root,) = page.all("html")
    assert root.attributes["lang"] == "en"
    levels = [HEADINGS.index(element.tag) for element in page.all(*HEADINGS)]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for svg in page.all("svg"):
        assert svg.attributes["role"] == "img"
    assert text.count(f"\n{NOTES_START}\n") == text.count(f"\n{NOTES_END}\n") == 1
    return page


@pytest.mark.fuzz
@pytest.mark.parametrize(("name", "kind"), some_of(product(("conflict", "own-not-yet", "partial-open"), HOSTILE), 4))
def test_free_text_is_text_on_the_page(name: str, kind: str) -> None:
    text = HOSTILE[kind]
    answers = {**example(name).scenario, "region": text, "residency": "in_region"}
    plain = _sound(memo_html(decided({**answers, "title": "Plain", "region": "Plain"})))
    odd = _sound(memo_html(decided({**answers, "title": text})))
    assert odd.outline() == plain.outline()
    shown = one_line(text)
    assert shown in odd.all("h1")[0].text
    assert odd.all("title")[0].text == (shown or "Decision memo")
    if shown:
        assert shown in odd.by_id()["claim-input.region"].text


def test_the_page_and_the_memo_say_the_same() -> None:
    decision = example("own-not-yet")
    page = read_page(memo_html(decision))
    words = {claim.id for claim in claims_of(decision) if claim.section in ("inputs", "flips", "costs")}
    plain = " ".join(memo_markdown(decision).replace("`", "").replace("\\", "").split())
    for id in words:
        for cell in page.by_id()[f"claim-{id}"].text.strip().split("\n"):
            assert cell in plain


@pytest.mark.parametrize("format", ["md", "html", "txt", "json"])
def test_decide_prints_the_format_asked_for(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", EXAMPLE, "--catalogue", "none", *DATE, "--format", format]) == 0
    decision = example("own-not-yet")
    expected = {
        "md": lambda: memo_markdown(decision),
        "html": lambda: memo_html(decision),
        "txt": lambda: memo_text(decision),
        "json": decision.to_json,
    }
    assert capsys.readouterr().out == expected[format]()


def test_out_writes_the_page_beside_the_memo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", EXAMPLE, "--catalogue", "none", *DATE, "--out", str(tmp_path)]) == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == [f"own-not-yet.{kind}" for kind in ("decision.json", "memo.html", "memo.md", "scenario.yaml")]
    assert (tmp_path / "own-not-yet.memo.html").read_text("utf-8") == memo_html(example("own-not-yet"))
    assert "memo.html" in capsys.readouterr().out


def test_out_and_a_format_print_that_format_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", EXAMPLE, "--catalogue", "none", *DATE, "--out", str(tmp_path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["route"] == "self_host"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "docx"], "`docx` is not known here"),
        (["--format", "html", "--json"], "`--json` and `--format html` contradict each other"),
        (["--pdf"], "add --out DIR"),
    ],
)
def test_a_format_that_cannot_be_printed_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decide", EXAMPLE, "--catalogue", "none", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_pdf_without_weasyprint_says_how_to_get_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert run(["decide", EXAMPLE, "--catalogue", "none", *DATE, "--out", str(tmp_path / "out"), "--pdf"]) == 2
    assert "pip install 'rent-or-own[pdf]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_pdf_is_the_same_bytes_again(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="the extra rent-or-own[pdf] is not installed")
    assert run(["decide", EXAMPLE, "--catalogue", "none", *DATE, "--out", str(tmp_path), "--pdf"]) == 0
    written = (tmp_path / "own-not-yet.memo.pdf").read_bytes()
    assert written.startswith(b"%PDF-")
    assert written == memo_pdf(memo_html(example("own-not-yet")))
