"""The interview over HTTP gives the same answers, in the same order, as the interview in the terminal."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS
from advisor.domain.scenario_io import read_scenario
from advisor.interview.estimates import INPUTS
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView, accepted
from advisor.interview.state import HELP, UNKNOWN, InterviewState
from advisor.web.query import DATE
from benchmarks.lives import LIVES, knowing_nothing, steps
from tests.helpers.strategies import examples
from tests.web.conftest import DATE as DAY
from tests.web.conftest import site
from tests.web.forms import asked_in, followed, form_of, links_of, state_of

EXAMPLES = Path(__file__).parents[2] / "examples"
SITE = site()
VIEWS = InterviewViews(flow_of(SITE.rulebook, SITE.catalogue, datetime.date.fromisoformat(DAY)))
NUMBERS = st.integers(1, 10**6).map(str) | st.sampled_from(["0.5", "40k", "1,200", "3", "", "no idea", UNKNOWN])


def link(state: InterviewState, **more: str) -> str:
    """The address of the interview with some answers on the day of the tests."""
    return f"/question?{urlencode({**state.to_mapping(), DATE: DAY, **more})}"


def typed(view: QuestionView) -> st.SearchStrategy[str]:
    """What a person may answer at a question."""
    if view.options:
        return st.sampled_from([option.value for option in view.options])
    if view.id in ("open_price", "closed_price"):
        return NUMBERS | st.sampled_from(["1900/45000", "my bill is $20"])
    if view.unit:
        return NUMBERS
    # Python's HTML parser drops references to control characters, which a browser keeps.
    return st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20) | st.sampled_from(
        [UNKNOWN, "\\unknown", " ", "<b>", "a&b=c"]
    )


def same(client: TestClient, url: str, state: InterviewState) -> str:
    """Follows an address and checks the answers in it; returns the page."""
    url, page = followed(client, url)
    assert list(state_of(url).to_mapping().items()) == list(state.to_mapping().items())
    return page


@examples(60, 12)
@given(st.data())
def test_any_answers_lead_where_the_terminal_leads(client: TestClient, data: st.DataObject) -> None:
    state = InterviewState()
    for _ in range(data.draw(st.integers(3, 25))):
        change = data.draw(st.sampled_from([None, None, None, *state.order]))
        view = VIEWS.next(state, change)
        if isinstance(view, ReviewView):
            assert client.get(link(state)).headers["location"].startswith("/check?")
            break
        form = form_of(client.get(link(state, **({"change": change} if change else {}))).text)
        assert asked_in(form) == view.id
        if view.estimable and data.draw(st.booleans()):
            state = estimated(client, state, view.id, form.url(do="estimate"), data)
            continue
        text = data.draw(typed(view))
        response = client.get(form.url({view.id: text}))
        try:
            changed = accepted(view, text, state)
        except BadInput:
            assert response.status_code == 422
            continue
        if changed.estimating:
            state = estimated(client, changed, view.id, response.headers["location"], data)
            continue
        state = changed
        same(client, response.headers["location"], state)


def estimated(
    client: TestClient, state: InterviewState, question: str, url: str, data: st.DataObject
) -> InterviewState:
    """The state after a worksheet, with the inputs that the terminal asks for one after the other."""
    state = state if state.estimating else state.estimate(question)
    url, page = followed(client, url)
    form, filled, before = form_of(page), {}, state.without_estimate()
    while state.estimating:
        view = VIEWS.next(state)
        assert isinstance(view, QuestionView)
        current = [view.current.value] if view.current else []
        text = data.draw(st.sampled_from(current) if current else typed(view).filter(lambda text: text != UNKNOWN))
        filled[view.id] = text
        try:
            changed = accepted(view, text, state)
        except BadInput:
            assert client.get(form.url(filled)).status_code == 422
            return before
        if changed == state.without_estimate() and not current:
            assert client.get(form.url(filled)).status_code == 422
            return before
        state = changed
    response = client.get(form.url(filled))
    assert response.status_code == 303
    same(client, response.headers["location"], state)
    return state


@pytest.mark.parametrize("knows", ["its figures", "nothing"])
@pytest.mark.parametrize("name", LIVES)
def test_the_interview_of_a_life_ends_with_the_same_scenario(name: str, knows: str, client: TestClient) -> None:
    life = LIVES[name] if knows == "its figures" else knowing_nothing(LIVES[name])
    answers = {view.id: (text, state) for view, text, state in steps(VIEWS, life)}
    last = [*answers.values()][-1][1]
    start = client.get("/")
    assert "/question" in links_of(start.text)
    url = f"/question?{urlencode({DATE: DAY})}"
    for _ in range(60):
        url, page = followed(client, url)
        if urlsplit(url).path == "/check":
            break
        form = form_of(page)
        text, _ = answers[asked_in(form)]
        if text == HELP:
            page = followed(client, form.url(do="estimate"))[1]
            form = form_of(page)
            inputs = {each.name for each in form.controls if each.name in INPUTS}
            url = form.url({input: answers[input][0] for input in inputs if input in answers})
        elif text == UNKNOWN and not any(each.type == "radio" for each in form.controls):
            url = form.url(do="unknown")
        else:
            url = form.url({asked_in(form): text})
    assert urlsplit(url).path == "/check"
    assert urlencode({DATE: DAY}) in url
    assert state_of(url).scenario() == last.scenario()
    assert state_of(url).to_mapping() == last.to_mapping()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("**/*.scenario.yaml")), ids=lambda path: str(path.stem))
def test_an_uploaded_scenario_leads_to_its_answers(path: Path, client: TestClient) -> None:
    found = client.post("/", files={"scenario": (path.name, path.read_bytes())})
    assert found.status_code == 303
    assert urlsplit(found.headers["location"]).path == "/check"
    assert state_of(found.headers["location"]).scenario() == read_scenario(str(path))
    assert client.get(found.headers["location"]).status_code == 200


def test_a_link_goes_on_at_the_same_question(client: TestClient) -> None:
    state = InterviewState().with_answers({"unit": "image", "residency": "anywhere", "title": "A & B = <C>"})
    first = client.get(link(state)).text
    other = TestClient(client.app, base_url="http://localhost", follow_redirects=False)
    pasted = other.get("/", params={"link": f"https://example.org{link(state)}"})
    assert pasted.status_code == 303
    assert pasted.headers["location"] == link(state)
    assert other.get(pasted.headers["location"]).text == first


@pytest.mark.parametrize("text", ["https://example.org/", "no link", "http://[", "//evil.example"])
def test_a_link_without_answers_is_refused(text: str, client: TestClient) -> None:
    found = client.get("/", params={"link": text})
    assert found.status_code == 422
    assert 'href="#link"' in found.text


@pytest.mark.parametrize("text", ["https://evil.example/decision?unit=image", "javascript:x?unit=image", "//e.x/?a=b"])
def test_a_link_never_leads_to_another_site(text: str, client: TestClient) -> None:
    found = client.get("/", params={"link": text}).headers["location"]
    assert found.startswith(("/question?", "/decision?"))


def test_plain_field_names_of_another_program_are_answers(client: TestClient) -> None:
    page = client.get("/question?unit=image&indemnity_required=unknown&quality=open_suffices").text
    assert asked_in(form_of(page)) not in ("unit", "indemnity_required", "quality")
    page = client.get("/question?unit=image&quality=best_preferred&change=quality").text
    form = form_of(page)
    assert asked_in(form) == "quality"
    assert [each.value for each in form.controls if each.sent] == ["best_preferred"]


def test_every_question_can_be_asked_and_answered(client: TestClient) -> None:
    for question in FIELDS:
        state = InterviewState().with_answers({"monthly_images": Decimal(5000)})
        form = form_of(client.get(link(state, change=question)).text)
        assert asked_in(form) == question
        radios = [each.value for each in form.controls if each.type == "radio"]
        for text in radios or ["5000" if FIELDS[question].quantity else "eu"]:
            text = "6" if question in ("peak_to_mean", "min_gpus", "payback_limit_months") else text
            found = client.get(form.url({question: text}))
            assert found.status_code == 303, (question, text)
            assert question in state_of(found.headers["location"]), (question, text)
