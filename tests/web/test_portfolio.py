"""A portfolio sent to the page: the plan of the command line in the words of its memo, faults by line, nothing kept."""

from __future__ import annotations

import html
import io
import json
import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from advisor.cli.main import run
from advisor.web import child_process, portfolio_page
from advisor.web.child_process import PLACES, place
from tests.web.conftest import DATE

ROOT = Path(__file__).parents[2]
EXAMPLE = portfolio_page.EXAMPLE.read_text(encoding="utf-8")
TINY = """\
shared_overhead: 100
workloads:
  - {title: One, residency: anywhere, output_use: internal, indemnity_required: false, train_on_outputs: false,
     quality: open_suffices, control: prompt_only, latency: tolerant, monthly_images: 1000, open_price: 0.03,
     closed_price: 0.04, gpu_hour_price: 1.20, images_per_gpu_hour: 600, monthly_overhead: 5}
"""


def sent(client: TestClient, text: str = "", file: bytes | None = None, **more: str) -> Any:
    """The response to the form."""
    files: dict[str, tuple[str | None, str | bytes]] = {"text": (None, text)}
    files |= {"file": ("a.yaml", file)} if file is not None else {}
    files |= {name: (None, value) for name, value in more.items()}
    return client.post(f"/portfolio?date={DATE}", files=files)


def problems(found: Any, status: int = 422) -> list[str]:
    """What is wrong, each with its line."""
    assert found.status_code == status, found.text
    assert "<title>Error: " in found.text
    return re.findall(r'<li><a href="#text">(.*?)</a>', html.unescape(found.text))


def by_the_command_line(text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The record that the command line prints."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    capsys.readouterr()
    run(["portfolio", "-", "--json", "--date", DATE])
    return capsys.readouterr().out


def test_the_example_is_loaded_and_planned(client: TestClient) -> None:
    assert (ROOT / "examples/portfolio/film-studio.portfolio.yaml").read_text(encoding="utf-8") == EXAMPLE
    form = client.get("/portfolio/example")
    assert form.status_code == 200
    assert html.unescape(re.findall("<textarea[^>]*>\n(.*?)</textarea>", form.text, re.DOTALL)[0]) == EXAMPLE
    found = sent(client, EXAMPLE.replace("\n", "\r\n"))
    assert found.status_code == 200
    assert "<h1>A film studio's image and video generation: own GPUs for 3 of 5 workloads</h1>" in html.unescape(
        found.text
    )
    assert "own only because others do" in found.text


@pytest.mark.parametrize("text", [EXAMPLE, TINY, TINY.replace("monthly_overhead: 5", "monthly_overhead: null")])
def test_the_record_is_that_of_the_command_line(
    text: str, client: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = sent(client, text, do="save")
    assert saved.status_code == 200
    assert saved.text == by_the_command_line(text, capsys, monkeypatch)
    assert saved.headers["content-disposition"].endswith('.portfolio.json"')
    assert json.loads(saved.text)["decided_on"] == DATE


def test_a_file_is_read_in_place_of_the_text(client: TestClient) -> None:
    found = sent(client, "not: a portfolio", TINY.encode())
    assert found.status_code == 200
    assert "Rent the only workload" in found.text
    assert "title: One" in found.text, "the form holds what was planned"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no portfolio here"),
        ("  \n ", "there is no portfolio here"),
        ("workloads: [", "line 2: "),
        ("workloads: []", "there are no workloads"),
        (TINY.replace("latency: tolerant", "latnecy: tolerant"), "line 4: for workload `One`, `latnecy` is not"),
        (
            TINY.replace("- {title", "- {scenario: /etc/passwd, title"),
            "line 3: `scenario`: for workload `One`, a file cannot",
        ),
        (TINY.replace("{title", "{pool: main, title"), "line 3: `pool`: for workload `One`, there is no pool `main`"),
        (TINY.replace("100", "-100", 1), "line 1: `shared_overhead`: "),
    ],
)
def test_what_is_wrong_is_placed_by_line_workload_and_field(text: str, said: str, client: TestClient) -> None:
    found = sent(client, text)
    first, *_ = problems(found)
    assert said in first
    assert 'aria-invalid="true"' in found.text
    assert html.escape(text.strip(), quote=False) in html.unescape(found.text).replace(
        "&", "&amp;"
    ) or text.strip() in html.unescape(found.text), "what was sent stays in the form"
    assert "root:" not in found.text


def test_all_faults_are_listed_at_once(client: TestClient) -> None:
    text = TINY.replace("tolerant", "fast").replace("anywhere", "nowhere").replace("shared_overhead", "shared")
    assert len(problems(sent(client, text))) == 3


def test_more_workloads_than_the_page_plans(client: TestClient) -> None:
    head, _, one = TINY.partition("  - ")
    text = head + "".join("  - " + one.replace("One", f"No. {number}") for number in range(101))
    assert problems(sent(client, text)) == ["there are 101 workloads, and this page plans 100 at most"]


def test_titles_are_text(client: TestClient) -> None:
    title = '"</textarea><script>alert(1)</script> *x* {{ 7 }}"'
    found = sent(client, TINY.replace("One", title) + f"title: {title}\n")
    assert found.status_code == 200
    assert "<script>alert" not in found.text
    assert found.text.count("</textarea>") == 1
    assert "*x* {{ 7 }}" in html.unescape(found.text)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"text=a", "application/x-www-form-urlencoded", 415),
        (b"", "multipart/form-data", 422),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\na\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"a" * 200_001 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
            422,
        ),
    ],
)
def test_what_is_no_form_of_this_page_is_refused(content: bytes, kind: str, status: int, client: TestClient) -> None:
    found = client.post("/portfolio", content=content, headers={"content-type": kind})
    assert found.status_code == status
    assert "Traceback" not in found.text


def test_a_file_that_is_too_large_or_no_text_is_refused(client: TestClient) -> None:
    assert "there are more than 200,000 bytes" in problems(sent(client, file=b"#" * 200_001))[0]
    assert "is not UTF-8" in problems(sent(client, file=b"title: \xff\n"))[0]


def test_a_plan_that_takes_too_long_is_stopped(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "MAX_SECONDS", 0.01)
    assert "portfolios like this one take more than 0.01 s" in problems(sent(client, TINY.replace("One", "Slow")))[0]


def test_while_the_server_is_busy_it_says_so(client: TestClient) -> None:
    with ExitStack() as held:
        for _ in range(PLACES):
            held.enter_context(place())
        found = sent(client, TINY)
    assert found.status_code == 503
    assert found.headers["retry-after"] == "60"


def test_a_wrong_date_and_other_keys_are_refused(client: TestClient) -> None:
    assert client.get("/portfolio?date=tomorrow").status_code == 422
    assert client.get("/portfolio?latency=tolerant").status_code == 422
    assert client.get("/portfolio/example?date=2026-11-22").text.count("/portfolio?date=2026-11-22") == 1
