"""The pages of the interview one by one: faults, changes from the answers to check, worksheets, hostile text."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from advisor.domain.scenario import MAX_FILE_BYTES
from advisor.interview.estimates import ESTIMABLE
from advisor.interview.state import ESTIMATING, QUESTIONS
from advisor.web.query import ASKED, BACK, CHANGE, DATE, DO, KEPT, NOTED
from tests.helpers.strategies import examples
from tests.web.forms import asked_in, followed, form_of, links_of, state_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"
NEEDS = {
    "unit": "image",
    "residency": "anywhere",
    "output_use": "internal",
    "indemnity_required": "false",
    "train_on_outputs": "false",
    "quality": "open_suffices",
    "control": "adapters",
    "latency": "tolerant",
}


def url(path: str, *answers: dict[str, str], **more: str) -> str:
    """An address with answers."""
    found: dict[str, str] = {}
    for each in answers:
        found |= each
    return f"{path}?{urlencode({**found, **more})}"


@pytest.mark.parametrize(
    ("asked", "text", "said"),
    [
        ("monthly_images", "many", "`many` is not a number"),
        ("monthly_images", "-5", "`-5` is negative"),
        ("open_price", "my bill is 1900 for ", "the images that the bill was for are missing"),
        ("residency", "everywhere", "`everywhere` is not an option"),
        ("residency", "", "no answer is chosen"),
        ("model", "flux-9", "flux-9"),
        ("own_prices", "perhaps", "`perhaps` is not an option"),
        ("monthly_images_low", "90k", "monthly_images"),
    ],
)
def test_a_fault_is_shown_at_the_question(asked: str, text: str, said: str, client: TestClient) -> None:
    found = client.get(
        url("/question", {"monthly_images": "5000"} if "low" in asked else {}, {ASKED: asked, asked: text})
    )
    assert found.status_code == 422
    assert asked_in(form_of(found.text)) == asked
    assert "<title>Error: " in found.text
    summary = found.text[found.text.index('role="alert"') : found.text.index("<form")]
    assert said in summary
    assert f'<a href="#{asked}">' in summary
    assert f'id="{asked}"' in found.text
    if text and 'type="text"' in found.text:
        assert f'value="{text}"' in found.text


@pytest.mark.parametrize(
    "query",
    [
        {CHANGE: "latnecy"},
        {ASKED: "latnecy"},
        {ASKED: "latency", DO: "delete"},
        {ASKED: "latency", KEPT: "never"},
        {ASKED: "monthly_images_low", ESTIMATING: "monthly_images_low", "monthly_images_low.percent": "5"},
        {DATE: "2026-02-30"},
        {"monthly_images": "many"},
        {ESTIMATING: "everything"},
        {"clash": "open_price=1900/45000"},
    ],
)
def test_a_fault_of_the_link_is_a_page(query: dict[str, str], client: TestClient) -> None:
    found = client.get(url("/question", query))
    assert found.status_code == 422
    assert "This link or form cannot be used" in found.text


@pytest.mark.parametrize("month", [{}, {"monthly_images": "unknown"}])
@pytest.mark.parametrize("estimating", ["monthly_images_low", "monthly_images_low.percent"])
def test_a_share_of_a_month_that_is_not_known_is_not_estimated(
    estimating: str, month: dict[str, str], client: TestClient
) -> None:
    found = client.get(url("/question", month, {ESTIMATING: estimating, "monthly_images_low.percent": "50"}))
    assert found.status_code == 200
    assert asked_in(form_of(found.text)) == "unit"


def test_a_clash_is_asked_and_answered(client: TestClient) -> None:
    clashing = {"unit": "image", "residency": "on_premises", "quality": "frontier_only"}
    form = form_of(client.get(url("/question", clashing)).text)
    assert asked_in(form) == "clash"
    ways = [each.value for each in form.controls if each.type == "radio"]
    assert "keep" in ways
    changed = client.get(form.url({"clash": "residency=anywhere"})).headers["location"]
    assert state_of(changed).answers["residency"] == "anywhere"
    kept = client.get(form.url({"clash": "keep"})).headers["location"]
    assert state_of(kept).answers["clash"] == "keep"
    bill = client.get(url("/question", clashing, {ASKED: "clash", "clash": "open_price=1900/45000"}))
    assert bill.status_code == 422
    assert "TypedBill" not in bill.text
    assert asked_in(form_of(followed(client, "/question?unit=image&change=clash")[1])) != "clash"


def test_a_change_returns_to_the_answers_unless_questions_open(client: TestClient) -> None:
    page = client.get(url("/check", NEEDS)).text
    link = next(each for each in links_of(page) if "change=control" in each)
    form = form_of(client.get(link).text)
    same = client.get(form.url({"control": "adapters"})).headers["location"]
    assert same.startswith("/check?")
    assert state_of(same).to_mapping() == NEEDS
    settled = {"unit": "image", "residency": "on_premises", "output_use": "internal", "costs": "false"}
    settled |= {"indemnity_required": "false", "quality": "open_suffices", "details": "false"}
    assert client.get(url("/question", settled)).headers["location"].startswith("/check?")
    link = next(each for each in links_of(client.get(url("/check", settled)).text) if "change=residency" in each)
    form = form_of(client.get(link).text)
    opened = client.get(form.url({"residency": "anywhere"})).headers["location"]
    assert opened.startswith("/question?")
    assert asked_in(form_of(client.get(opened).text)) not in settled


def test_the_answers_to_check_show_all(client: TestClient) -> None:
    answers = {**NEEDS, "own_prices": "false", "model": "flux-1-dev", "monthly_images": "5000"}
    page = client.get(url("/check", answers)).text
    for name in (*NEEDS, "model", "monthly_images"):
        assert f"change={name}&amp;back=check" in page or f"change={name}&back=check" in page, name
    assert "From the catalogue" in page
    assert re.search(r"the catalogue&#39;s price, \$[0-9.]+", page)
    assert "Not answered yet" in page
    assert f'href="/decision?{urlencode(answers)}"'.replace("&", "&amp;") in page
    assert f"http://localhost/check?{urlencode(answers)}".replace("&", "&amp;") in page


def test_skipped_questions_are_named_with_the_reason(client: TestClient) -> None:
    answers = {"unit": "image", "residency": "on_premises", "output_use": "internal", "costs": "false"}
    answers |= {"indemnity_required": "false", "quality": "open_suffices"}
    asked = client.get(url("/question", answers)).text
    assert asked_in(form_of(asked)) == "details"
    for page in (asked, client.get(url("/check", answers, {"details": "false"})).text):
        assert "Skipped: " in page
        assert "Whatever the answers were, the advice stays own GPUs" in page


def test_the_catalogue_or_not_known(client: TestClient) -> None:
    answers = {**NEEDS, "own_prices": "true", "model": "flux-1-dev", "monthly_images": "5000"}
    page = client.get(url("/question", answers, {CHANGE: "open_price"})).text
    assert "Use the catalogue&#39;s figure" in page or "Use the catalogue's figure" in page
    form = form_of(page)
    found = client.get(form.url(do="unknown")).headers["location"]
    assert "open_price" in state_of(found).unknown
    with_price = client.get(form.url({"open_price": "1900/45000"})).headers["location"]
    assert "$0.042222" in client.get(with_price).text
    again = form_of(client.get(f"{with_price}&change=open_price").text)
    assert "open_price" in state_of(client.get(again.url(do="unknown")).headers["location"]).unknown
    assert "I do not know yet" in client.get(url("/question", answers, {CHANGE: "monthly_overhead"})).text


def test_a_worksheet_takes_its_inputs_together_and_shows_the_result(client: TestClient) -> None:
    form = form_of(client.get("/question?unit=image&change=monthly_overhead").text)
    page = followed(client, form.url(do="estimate"))[1]
    sheet = form_of(page)
    hours, rate = "monthly_overhead.engineering_hours", "monthly_overhead.hourly_rate"
    missing = client.get(sheet.url({hours: "20"}))
    assert missing.status_code == 422
    assert f'href="#{rate}"' in missing.text
    assert 'value="20"' in missing.text
    done = client.get(form_of(missing.text).url({rate: "80", "monthly_overhead.on_call": "300"}))
    assert state_of(done.headers["location"]).answers["monthly_overhead"] == 1900
    after = client.get(done.headers["location"]).text
    assert "20 hours at $80 = $1,600" in after
    assert "= $1,900 a month" in after
    again = followed(
        client, form_of(client.get(f"{done.headers['location']}&change=monthly_overhead").text).url(do="estimate")
    )
    assert {each.name: each.value for each in form_of(again[1]).controls}[hours] == "20"
    check = client.get(done.headers["location"].replace("/question", "/check")).text
    assert "20 hours at $80 = $1,600" in check


@pytest.mark.parametrize("question", ESTIMABLE)
def test_every_worksheet_can_be_filled_in(question: str, client: TestClient) -> None:
    page = client.get(url("/question", {"monthly_images": "5000"}, {CHANGE: question})).text
    sheet = form_of(followed(client, form_of(page).url(do="estimate"))[1])
    names = dict.fromkeys(each.name for each in sheet.controls if each.name.startswith(f"{question}."))
    radios = {
        name: [each.value for each in sheet.controls if each.name == name and each.type == "radio"] for name in names
    }
    typed = {
        name: "150" if question == "monthly_images_high" else "5" for name, options in radios.items() if not options
    }
    for place in range(max(map(len, radios.values())) or 1):
        chosen = {name: options[min(place, len(options) - 1)] for name, options in radios.items() if options}
        found = client.get(sheet.url({**typed, **chosen}))
        assert found.status_code == 303, chosen
        assert question in state_of(found.headers["location"]).answers


@pytest.mark.parametrize("field", ["title", "region"])
def test_hostile_text_is_inert(field: str, client: TestClient) -> None:
    page = client.get(url("/question", {"residency": "in_region"}, {CHANGE: field})).text
    for typed in (HOSTILE, HOSTILE + "\u202e\x00"):
        found = client.get(form_of(page).url({field: typed}))
        pages = [found.text]
        if found.status_code == 303:
            answers = found.headers["location"].partition("?")[2]
            pages = [client.get(f"/{name}?{answers}").text for name in ("question", "check")]
            pages.append(client.get(f"/question?{answers}&change={field}").text)
        for text in pages:
            assert "<script" not in text
            assert "<img" not in text
            assert ">49<" not in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no file is chosen"),
        (b"residency: everywhere\n", "line 1"),
        (b"- a\n", "this is not a mapping"),
        (b"\xff\xfe", "UTF-16"),
        (b"a" * (MAX_FILE_BYTES + 1), "more than 200,000 bytes"),
        (b"model: flux-9\n", "flux-9"),
        (b"{", "line 1"),
        (b"\x00", "line 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(data: bytes, said: str, client: TestClient) -> None:
    found = client.post("/", files={"scenario": ("<b>.yaml", data)})
    assert found.status_code == 422
    assert said in found.text
    assert "<b>" not in found.text
    assert 'href="#scenario"' in found.text


def test_other_bodies_are_refused_with_the_cause(client: TestClient) -> None:
    broken = {"content-type": "multipart/form-data; boundary=x"}
    two = [("scenario", ("a.yaml", b"unit: image")), ("scenario", ("b.yaml", b"unit: image"))]
    for found, status, said in (
        (client.post("/", data={"scenario": "unit: image"}), 415, "this is not a form with a file"),
        (client.post("/", content=b"{}", headers={"content-type": "application/json"}), 415, "not a form with a file"),
        (client.post("/", content=b"nothing of the kind", headers=broken), 422, "the form cannot be read: "),
        (client.post("/", files=two), 422, "too many files"),
    ):
        assert found.status_code == status
        assert said in found.text
        assert "choose a scenario file" in found.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_page_names_a_key_of_the_terminal(question: str, client: TestClient) -> None:
    found = client.get(url("/question", {"monthly_images": "50000", "gpu_billing": "always_on"}, change=question)).text
    assert not re.findall("enter alone|press enter|ctrl-", found, re.IGNORECASE)


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ("monthly_images_low", "not known, so 50,000 images a month"),
        ("monthly_images_high", "not known, so 50,000 images a month"),
        ("min_gpus", "not known, so 1 GPU"),
        ("peak_to_mean", "not known"),
    ],
)
def test_what_counts_for_an_unknown_number_is_said(unknown: str, said: str, client: TestClient) -> None:
    answers = {"monthly_images": "50000", "gpu_billing": "always_on", unknown: "unknown"}
    assert f"<dd>{said}</dd>" in client.get(url("/check", answers)).text


LINKED = "http://example.org/check?latency=tolerant"
LATER = {"date": "2027-01-31"}


def test_the_day_of_the_start_page_is_that_of_all_that_follows(client: TestClient) -> None:
    page = client.get("/", params=LATER).text
    assert 'href="/question?date=2027-01-31"' in page
    assert '<input type="hidden" name="date" value="2027-01-31">' in page
    assert re.findall('<form .*?action="(.*?)"', page) == ["/", "/?date=2027-01-31"]
    sent = client.post("/", params=LATER, files={"scenario": ("a.yaml", b"unit: image")})
    for found in (client.get("/", params={**LATER, "link": LINKED}), sent):
        assert found.headers["location"].endswith("date=2027-01-31")
        assert client.get(found.headers["location"]).status_code == 200
    own = client.get("/", params={**LATER, "link": f"{LINKED}&date=2026-12-01"})
    assert own.headers["location"] == "/check?latency=tolerant&date=2026-12-01"
    for path in ("/question?date=2027-01-31", "/check?date=2027-01-31"):
        assert re.findall('class="back" href="(.*?)"', client.get(path).text) == ["/?date=2027-01-31"]


@pytest.mark.parametrize("query", ["date=tomorrow", "dat=2027-01-31", "latency=tolerant"])
def test_the_start_page_refuses_what_it_does_not_read(query: str, client: TestClient) -> None:
    assert client.get(f"/?{query}").status_code == 422
    assert client.post(f"/?{query}", files={"scenario": ("a.yaml", b"unit: image")}).status_code == 422


KEYS = st.sampled_from((*QUESTIONS, ESTIMATING, ASKED, BACK, CHANGE, DATE, DO, KEPT, NOTED, "nonsense"))
WORDS = ["", "5", "0", "true", "unknown", "help", "keep", "estimate", "check", "on_premises", "always_on", "month"]
WORDS += ["users", "frontier_only", "bought", "1900/45000", "my bill is 5", "residency=anywhere", *QUESTIONS]
TEXTS = st.sampled_from(WORDS) | st.text(max_size=8)


@examples(500, 60)
@given(st.dictionaries(KEYS, TEXTS, max_size=10), st.sampled_from(["/question", "/check", "/"]))
def test_no_query_is_a_defect(client: TestClient, pairs: dict[str, str], path: str) -> None:
    assert client.get(url(path, pairs)).status_code in (200, 303, 422)
