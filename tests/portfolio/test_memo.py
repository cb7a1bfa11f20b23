"""What is said of a plan: the table, the memo and the page, all of them functions of the record."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.domain.scenario import FIELDS
from advisor.portfolio.memo import file_stems, plan_body, plan_html, plan_markdown, plan_text, portfolio_text
from advisor.portfolio.portfolio import parse_portfolio
from advisor.portfolio.record import PortfolioPlan
from advisor.report.memo_parts import NOTES_END, NOTES_START, parse_memo
from tests.helpers.strategies import examples, partial_answers
from tests.portfolio.made_plans import (
    BULK,
    made_plan,
    open_plan,
    rented_plan,
    unknown_cost_plan,
    unproven_plan,
    unserved_open_plan,
    unserved_plan,
)

PLANS: dict[str, Callable[[], PortfolioPlan]] = {
    "made": made_plan,
    "open": open_plan,
    "unserved": unserved_plan,
    "unserved-open": unserved_open_plan,
    "unproven": unproven_plan,
    "unknown-cost": unknown_cost_plan,
    "rented": rented_plan,
}
FILES = ("./studio/1-core", "./studio/2-bulk", "./studio/3-small", "./studio/4-hero-shots")
MADR_4 = ["Context and Problem Statement", "Considered Options", "Decision Outcome", "More Information"]
STRANGE = [
    " ",
    "A *bold* _claim_ with `code` and a | bar",
    "First line\n\n## Decision Outcome\n\nChosen option: none",
    "<script>alert(1)</script> &amp; [a link](http://example.com) ![]()",
    "{{ 7 * 7 }} {% raw %} $x$ \\",
    "```\n# a fence",
    "\u202eright to left\u202c and \x07 a bell",
]


def links(plan: PortfolioPlan) -> tuple[str, ...]:
    return FILES[: len(plan.workloads)]


def renamed(plan: PortfolioPlan, title: str) -> PortfolioPlan:
    """The plan with this title in place of its own, of one workload's, and of its pool's name."""
    names = {BULK: title, "main": title, "A studio": title}

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): changed(part) for key, part in value.items()}
        if isinstance(value, list):
            return [changed(part) for part in value]
        return names.get(value, value) if isinstance(value, str) else value

    return PortfolioPlan.model_validate(changed(plan.model_dump(mode="json")))


@pytest.mark.parametrize("name", PLANS)
def test_the_table_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    assert plan_text(PLANS[name](), 80) == golden(f"{name}.txt")


@pytest.mark.parametrize("name", PLANS)
def test_the_memo_is_the_golden_one(name: str, golden: Callable[[str], SnapshotAssertion]) -> None:
    plan = PLANS[name]()
    text = plan_markdown(plan, links(plan))
    assert text == golden(f"{name}.portfolio.md")
    assert re.findall("^## (.*)$", text, re.MULTILINE) == MADR_4
    assert parse_memo(text, "memo").status == "proposed"


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_fits_the_terminal(width: int) -> None:
    for make in PLANS.values():
        assert max(map(len, plan_text(make(), width).splitlines())) <= width


@pytest.mark.parametrize("name", PLANS)
def test_the_page_and_the_web_page_say_what_the_memo_says(name: str) -> None:
    plan = PLANS[name]()
    memo, page = plan_markdown(plan, links(plan)), plan_html(plan, links(plan))
    for line in re.findall("^(?:> )?\\* (.*)$", memo, re.MULTILINE):
        said = re.sub("[*`\\\\]", "", line)
        shown = re.sub("<[^>]*>", "", page).replace("&quot;", '"').replace("&amp;", "&")
        assert said in shown
        body = re.sub("<[^>]*>", "", plan_body(plan)).replace("&quot;", '"').replace("&amp;", "&")
        assert said in body or said.startswith("Status:")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.findall('href="([^"]*)"', page) == [
        f"{file}.{ending}" for file in links(plan) for ending in ("memo.html", "decision.json", "scenario.yaml")
    ]
    assert page.count(NOTES_START) == page.count(NOTES_END) == 1


@pytest.mark.parametrize("title", STRANGE)
@pytest.mark.parametrize("name", ["made", "open"])
def test_a_title_is_text_and_changes_no_other_line(name: str, title: str) -> None:
    plain, strange = PLANS[name](), renamed(PLANS[name](), title)
    memo, usual = plan_markdown(strange, links(strange)), plan_markdown(plain, links(plain))
    assert len(memo.splitlines()) == len(usual.splitlines())
    assert all(line.isprintable() for line in memo.splitlines())
    tags = [
        re.findall("<[a-z0-9]+", page) for page in (plan_html(strange, links(strange)), plan_html(plain, links(plain)))
    ]
    assert tags[0] == tags[1], "a title adds no element to the page"
    assert all(line.isprintable() for line in plan_text(strange, 80).splitlines())


@given(st.lists(st.text(max_size=80), min_size=1, max_size=12))
def test_each_workload_has_a_file_name_of_its_own(titles: list[str]) -> None:
    one = made_plan().workloads[0]
    stems = file_stems(made_plan(workloads=[one.model_copy(update={"title": title}) for title in titles]))
    assert len({stem.lower() for stem in stems}) == len(titles)
    assert all(re.fullmatch("[0-9]+(-[a-z0-9]+)*", stem) and len(stem) < 80 for stem in stems)


@st.composite
def portfolios(draw: st.DrawFn) -> dict[str, Any]:
    """A portfolio as a file of it would state it."""
    names = st.text(min_size=1, max_size=20).filter(str.isprintable)
    pools: list[str] = draw(st.lists(names, max_size=3, unique=True))
    found = []
    for number in range(draw(st.integers(1, 4))):
        _, answers = draw(partial_answers())
        own = {name: value for name, value in answers.items() if value is not None and name in FIELDS}
        if draw(st.booleans()) and pools:
            own = {name: value for name, value in own.items() if not name.startswith("gpu_") and name != "min_gpus"}
            own["pool"] = draw(st.sampled_from(pools))
        found.append({**own, "title": f"{draw(st.text(max_size=10).filter(str.isprintable))} {number}"})
    named = {name: {"gpu_hour_price": "2.69", "min_gpus": 2} for name in pools}
    return {"title": "All", "shared_overhead": "9000", **({"pools": named} if pools else {}), "workloads": found}


@pytest.mark.fuzz
@examples(200)
@given(portfolios())
def test_the_portfolio_in_the_memo_is_read_back(stated: dict[str, Any]) -> None:
    read = parse_portfolio(portfolio_text(stated), "the memo").answers()
    assert parse_portfolio(portfolio_text(read), "again").answers() == read
    assert [one["title"] for one in read["workloads"]] == [one["title"] for one in stated["workloads"]]


def test_templates_of_ones_own_are_used_and_their_faults_named(tmp_path: Path) -> None:
    own = Path(shutil.copytree(bundled("templates"), tmp_path / "own"))
    words = own / "portfolio" / "words.j2"
    words.write_text(words.read_text().replace("the shared overhead", "the platform team"))
    assert "the platform team" in plan_text(made_plan(), 80, own)
    words.write_text(words.read_text().replace("plan.unknown_costs", "plan.unknown_cost"))
    with pytest.raises(BadInput, match="unknown_cost"):
        plan_text(unknown_cost_plan(), 80, own)
