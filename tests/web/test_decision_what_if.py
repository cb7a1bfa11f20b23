"""The what-if panel: what it shows is the decision on the changed answers, there and back."""

from __future__ import annotations

import datetime
import html
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from advisor.catalogue.loader import bundled_catalogue
from advisor.common.diagnostics import BadInput
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import GpuBilling, Route, Scenario
from advisor.domain.scenario_io import read_scenario
from advisor.interview.state import InterviewState, answer_text
from advisor.web.query import Query
from advisor.web.what_if import AMOUNTS, NEEDS, STEPS, WhatIf, controls, known, what_if_of
from tests.helpers.strategies import EXERCISE, complete_answers, examples, partial_answers, scenario, with_fleets
from tests.web.conftest import DATE, site
from tests.web.links import link, outcome_of, shown_by, verdict
from tests.web.test_decision import FILES

DAY = datetime.date.fromisoformat(DATE)
SITE = site()
OF_EXERCISE = scenario(EXERCISE)
ANY_SCENARIO = st.one_of(complete_answers(), with_fleets())


def decided(answers: Scenario) -> Decision:
    return decide(answers, catalogue=bundled_catalogue(), decided_on=DAY)


def trying(asked: Scenario, **tried: Any) -> WhatIf:
    """The panel with tried values, as a link has them."""
    state = InterviewState().with_answers(asked.model_dump(exclude_none=True))
    return what_if_of(Query(SITE, state, DAY, True, None, {f"if.{name}": str(value) for name, value in tried.items()}))


def test_possible_routes_are_in_the_order_of_the_record() -> None:
    """Sets have another order in each process: a fault shows in most runs, not in all."""
    asked = scenario({"output_use": "commercial"})
    routes = trying(asked).outcome()["possible_routes"]
    assert len(routes) == 3
    assert routes == decided(asked).possible_routes


def paid_as_used(found: Scenario) -> Scenario:
    """With how GPUs are paid for: as they are used unless it is answered, so that trying this changes nothing."""
    return found.changed(gpu_billing=found.gpu_billing or GpuBilling.AS_USED)


@examples(250)
@example(EXERCISE, {**EXERCISE, "gpu_billing": "as_used"}, {"gpu_billing"})
@given(ANY_SCENARIO, ANY_SCENARIO, st.sets(st.sampled_from((*AMOUNTS, *NEEDS)), min_size=1, max_size=3))
def test_the_panel_shows_the_decision_on_the_changed_answers(
    client: TestClient, answers: dict[str, Any], others: dict[str, Any], fields: set[str]
) -> None:
    asked = scenario(answers)
    changes = {name: value for name, value in scenario(others).model_dump(exclude_none=True).items() if name in fields}
    shown = shown_by(
        client.get(
            f"/decision/what-if.js?{link(asked, **{name: answer_text(value) for name, value in changes.items()})}"
        ).text
    )["tried"]
    what_if = trying(asked, **{name: answer_text(value) for name, value in changes.items()})
    if what_if.problems:
        with pytest.raises(BadInput):
            asked.changed(**changes)
        assert "<strong>" not in shown
        return
    decision = decided(what_if.scenario)
    assert verdict(shown) == outcome_of(decision)
    assert ("instead of" in shown.partition("</p>")[0]) == (
        what_if.has_turned and decision.route is not None and what_if.decision.route is not None
    )
    found, record = what_if.outcome(), decision.model_dump()
    assert found["monthly_costs"] == record["monthly_costs"]
    assert found["owning_from"] == record["owning_from"]
    assert set(found["deciding_axes"]) == set(decision.deciding_axes)
    if not {"monthly_images", "monthly_images_low", "monthly_images_high"} & changes.keys():
        assert paid_as_used(what_if.scenario) == paid_as_used(asked.changed(**changes))
    mine = client.get(f"/decision?{_links(shown)[0]}") if what_if.tried else client.get(f"/decision?{link(asked)}")
    assert verdict(mine.text) == outcome_of(decision)


@examples(60)
@given(st.one_of(ANY_SCENARIO, partial_answers().map(lambda found: found[0])))
def test_the_table_says_what_is_ruled_out_and_what_is_not_known(client: TestClient, answers: dict[str, Any]) -> None:
    asked = scenario(answers)
    decision = decided(asked)
    shown = shown_by(client.get(f"/decision/what-if.js?{link(asked)}").text)["tried"]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', shown)
    assert len(rows) in (0, len(Route))
    for route, (title, cells) in zip(Route, rows, strict=False):
        assert title.endswith(", ruled out") is (route not in decision.feasible_routes)
        texts = re.findall("<td.*?>(.*?)</td>", cells)
        assert ("not known" in texts[:-1]) is (route not in decision.monthly_costs)
        if route is not Route.SELF_HOST:
            assert (texts[-1] == "not known") is (route not in decision.owning_from)
            assert (texts[-1] == "never") is (decision.owning_from.get(route, "") is None)


def _links(shown: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="/decision\?([^"]*)"', shown)]


@pytest.mark.parametrize("name", FILES)
def test_every_break_point_leads_where_it_says(name: str) -> None:
    asked = read_scenario(str(FILES[name]))
    start = trying(asked)
    listed = [(one, turn) for one in controls(start) for turn in one.turns if one.field != "unit"]
    for control, turn in listed:
        tried = trying(asked, **{control.field: turn.value})
        if tried.problems or len(tried.scenario.answers()) != len({**asked.answers(), control.field: 0}):
            continue  # an end of the range of months moves along, or a price becomes the user's own
        assert (tried.assessment.status, tried.assessment.route) == (turn.status, turn.route), (control.field, turn)
    assert name in ("conflict", "partial-open", "partial-settled") or listed


def test_to_a_flip_and_back(client: TestClient) -> None:
    there = client.get(f"/decision?{link(OF_EXERCISE, monthly_images=71_429)}").text
    assert verdict(there) == "own GPUs with open weights"
    assert "instead of an open-weight inference API" in there
    just_below = client.get(f"/decision?{link(OF_EXERCISE, monthly_images=71_428)}").text
    assert "With these figures still: <strong>an open-weight inference API" in just_below
    panel = there[there.index('<div id="tried"') : there.index("<form")]
    mine, back = (client.get(f"/decision?{one}").text for one in _links(panel))
    assert "<h1" in mine
    assert "Run open weights on own GPUs" in mine
    assert verdict(back) == "an open-weight inference API"


def test_what_turned_it_is_named() -> None:
    assert trying(OF_EXERCISE, monthly_images=80_000, latency="predictable").turned_by() == ()
    assert trying(OF_EXERCISE, monthly_images=80_000, train_on_outputs="true").turned_by() == ("monthly_images",)
    together = trying(OF_EXERCISE, monthly_images=60_000, open_price="0.039")
    assert together.assessment.route is Route.SELF_HOST
    assert together.turned_by() == ("monthly_images", "open_price")
    assert trying(OF_EXERCISE, monthly_images=60_000).turned_by() == ()


def test_an_amount_of_own_gpus_keeps_the_other_one_of_the_catalogue() -> None:
    asked = read_scenario(str(FILES["qwen-image"]))
    before = trying(asked)
    tried = trying(asked, gpu_hour_price="1")
    assert known(before.before, "images_per_gpu_hour") == tried.scenario.images_per_gpu_hour is not None
    assert tried.scenario.gpu_hour_price == 1


def test_values_that_do_not_differ_leave_the_link(client: TestClient) -> None:
    every = {name: EXERCISE[name] for name in ("monthly_images", "open_price", "quality", "latency")}
    found = client.get(f"/decision?{link(OF_EXERCISE, **{**every, 'monthly_images': '80k', 'gpu_billing': 'as_used'})}")
    assert found.status_code == 303
    assert found.headers["location"].endswith("&if.monthly_images=80000")
    assert "if.open_price" not in found.headers["location"]


def test_a_value_that_cannot_be_tried_is_placed_by_field(client: TestClient) -> None:
    found = client.get(f"/decision?{link(OF_EXERCISE, monthly_images='many', residency='mars')}")
    assert found.status_code == 422
    assert '<a href="#if.monthly_images">`many` is not a number</a>' in found.text
    assert 'value="many"' in found.text
    assert 'id="problem-if.residency"' in found.text
    assert "is not a number" in client.get(f"/decision/what-if.js?{link(OF_EXERCISE, monthly_images='many')}").text
    assert shown_by(client.get(f"/decision/charts.js?{link(OF_EXERCISE, monthly_images='many')}").text) == {}


@pytest.mark.parametrize("path", ["/decision/what-if.js", "/decision/charts.js"])
def test_another_site_cannot_read_a_script(path: str, client: TestClient) -> None:
    query = link(OF_EXERCISE, monthly_images=80_000)
    for site_of_request, status in (("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)):
        assert client.get(f"{path}?{query}", headers={"sec-fetch-site": site_of_request}).status_code == status
    answer = client.get(f"{path}?{query}")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_the_charts_and_break_points_follow(client: TestClient) -> None:
    shown = shown_by(client.get(f"/decision/charts.js?{link(OF_EXERCISE, monthly_overhead=1_000)}").text)
    assert "35,715 images or more" not in client.get(f"/decision?{link(OF_EXERCISE)}").text
    assert "Own GPUs cost no more than the open-weight API from 35,715 images" in shown["charts"]
    assert "35,714 images or less" in shown["turns-if.monthly_images"]


@given(ANY_SCENARIO)
@examples(100)
def test_the_marks_are_on_the_track(answers: dict[str, Any]) -> None:
    what_if = trying(scenario(answers))
    for control in controls(what_if):
        assert 0 <= control.at <= STEPS
        if control.track:
            assert 0 < control.track.low < control.track.high
            assert control.track.position(control.track.low) == 0
            assert control.track.position(control.track.high) == STEPS
            places = [turn.at for turn in control.turns if turn.at is not None]
            assert places == sorted(places)
