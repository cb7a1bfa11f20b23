"""The page of a decision says what the memo says, and its files are those of the command line."""

from __future__ import annotations

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from advisor.catalogue.loader import bundled_catalogue
from advisor.cli.main import run
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import Scenario
from advisor.domain.scenario_io import read_scenario, scenario_text
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown
from advisor.web.security import POLICY
from tests.examples.test_examples import EXAMPLES
from tests.helpers.strategies import EXERCISE, complete_answers, examples, partial_answers, scenario, with_fleets
from tests.report.test_memo import HOSTILE
from tests.web.conftest import DATE, site
from tests.web.links import box, link, outcome_of, tables, verdict

DAY = datetime.date.fromisoformat(DATE)
FILES = {path.name.removesuffix(".scenario.yaml"): path for path in EXAMPLES.rglob("*.scenario.yaml")}
STATIC = Path(__file__).parents[2] / "advisor/web/static"
PRICES = ("open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour")
ANY_SCENARIO = st.one_of(complete_answers(), with_fleets(), partial_answers().map(lambda pair: pair[0]))


def decided(answers: Scenario) -> Decision:
    return decide(answers, catalogue=bundled_catalogue(), decided_on=DAY)


@examples(200)
@given(ANY_SCENARIO, st.sampled_from(["stated", "without prices"]))
def test_page_and_files_are_those_of_the_command_line(client: TestClient, answers: dict[str, Any], kind: str) -> None:
    if kind == "without prices":
        answers = {name: value for name, value in answers.items() if name not in PRICES}
    asked = scenario(answers)
    decision = decided(asked)
    page = client.get(f"/decision?{link(asked)}")
    assert page.status_code == 200
    assert verdict(page.text) == outcome_of(decision)
    memo = memo_html(decision)
    assert box(page.text) == box(memo)
    for claims in ("offer", "model", "flip"):
        assert tables(page.text, claims) == tables(memo, claims)
    assert client.get(f"/memo.md?{link(asked)}").text == memo_markdown(decision)
    assert client.get(f"/record.json?{link(asked)}").text == decision.to_json()
    assert client.get(f"/scenario.yaml?{link(asked)}").text == scenario_text(asked)


@pytest.mark.parametrize("name", FILES)
def test_downloads_are_the_bytes_that_the_command_line_writes(
    name: str, client: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["decide", str(FILES[name]), "--out", str(tmp_path), "--date", DATE])
    query = link(read_scenario(str(FILES[name])))
    pairs = {"memo.md": "memo.md", "memo.html": "memo.html", "record.json": "decision.json"}
    for path, ending in {**pairs, "scenario.yaml": "scenario.yaml"}.items():
        answer = client.get(f"/{path}?{query}")
        assert answer.content == (tmp_path / f"{name}.{ending}").read_bytes(), path
        saved = answer.headers.get("content-disposition")
        assert path == "memo.html" if saved is None else saved.endswith(f'.{ending}"')


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("partial-open", ["Questions to answer first", "still possible"]),
        ("figures-unknown", ["Where it turns", "Still possible"]),
        ("conflict", ["cannot hold together", "The smallest ways out"]),
    ],
)
def test_open_and_infeasible_decisions_have_their_page(name: str, words: list[str], client: TestClient) -> None:
    page = client.get(f"/decision?{link(read_scenario(str(FILES[name])))}")
    assert page.status_code == 200
    assert all(word in page.text for word in words)


def test_without_an_answer_the_page_says_what_to_answer(client: TestClient) -> None:
    page = client.get("/decision")
    assert page.status_code == 200
    assert "Answer first" in page.text
    assert "<title>The decision - Rent or own?</title>" in page.text


class _Elements(HTMLParser):
    """The tags and the attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


@pytest.mark.parametrize("text", [text for text in HOSTILE.values() if len(text) < 1_000])
def test_free_text_is_inert(text: str, client: TestClient) -> None:
    plain, hostile = (
        scenario({**EXERCISE, "residency": "in_region", "region": one, "title": one}) for one in ("Plain", text)
    )
    usual, found = (_Elements(client.get(f"/decision?{link(one)}").text) for one in (plain, hostile))
    assert found.tags == usual.tags
    assert {name for name, _ in found.attributes} == {name for name, _ in usual.attributes}
    script = client.get(f"/decision/what-if.js?{link(hostile, monthly_images=80_000)}").text
    assert not set("<>&") & set(script)
    assert script.isascii()


def test_a_page_holds_nothing_inline_and_little_besides_its_charts(client: TestClient) -> None:
    page = client.get(f"/decision?{link(scenario(EXERCISE))}")
    assert page.headers["content-security-policy"] == POLICY
    assert {name for name, _ in _Elements(page.text).attributes if name.startswith("on")} == set()
    assert "style=" not in page.text
    own = re.sub(r"<svg .*?</svg>", "", page.text, flags=re.DOTALL)
    assert len(own) + sum((STATIC / name).stat().st_size for name in ("web.css", "what_if.js")) < 100_000


def test_threads_decide_as_one_does() -> None:
    asked = [scenario({**EXERCISE, "monthly_images": 40_000 + 5_000 * number}) for number in range(16)]
    shared = site()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: shared.decide(one, DAY).to_json(), asked))
        outcomes = list(threads.map(lambda one: shared.assess(one, DAY).route, asked))
    alone = [decided(one) for one in asked]
    assert found == [one.to_json() for one in alone]
    assert outcomes == [one.route for one in alone]
