"""Usage uploaded to the monitor: the command line's dashboard, errors by field, and nothing kept."""

from __future__ import annotations

import csv
import errno
import gzip
import html
import os
import re
import subprocess
import sys
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from decimal import Decimal
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from advisor.cli.main import run
from advisor.common.files import temporary_folder
from advisor.monitor.model import Guess
from advisor.web import child_process, monitor_pages, usage_upload
from advisor.web.usage_upload import MAX_UNPACKED, name_for
from advisor.wording.monitor_notes import NARROWED_BY
from tests.helpers.strategies import examples, some_of
from tests.monitor.field_cases import TINY

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path for path in (ROOT / "tests/monitor/samples").iterdir() if path.suffix != ".md")
YEAR = ROOT / "examples/startup-year"
BILL = (monitor_pages._EXAMPLES / "startup-bill.csv").read_bytes()
SCENARIO = (monitor_pages._EXAMPLES / "startup.scenario.yaml").read_bytes()
DAY = "2026-11-02"
Files = list[tuple[str, tuple[str, bytes]]]


def sent(client: TestClient, files: Files, url: str = f"/monitor?date={DAY}", **options: Any) -> Any:
    return client.post(url, files=files, data=options)


def usage(*paths: Path) -> Files:
    return [("usage", (path.name, path.read_bytes())) for path in paths]


def decision(name: str = "startup.scenario.yaml", content: bytes = SCENARIO) -> tuple[str, tuple[str, bytes]]:
    return ("decision", (name, content))


USAGE = ("usage", ("bill.csv", BILL))


def problems(found: Any, status: int = 422) -> list[tuple[str, str]]:
    """The field that each is linked to, and its text."""
    assert found.status_code == status, found.text
    assert "Error: " in found.text.partition("</title>")[0]
    return re.findall(r'<li><a href="#(\w+)">(.*?)</a>', html.unescape(found.text))


def by_the_command_line(folder: Path, files: Files, monkeypatch: pytest.MonkeyPatch, *more: str) -> str | None:
    """The page that `advisor monitor` writes for these files in a folder of their own; None where it refuses them."""
    folder.mkdir()
    for _, (name, content) in files:
        (folder / name).write_bytes(content)
    named = {field: [name for other, (name, _) in files if other == field] for field, _ in files}
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        options = ["--no-history", "--html", "page.html", "--date", DAY, *more]
        code = run(["monitor", *named["usage"], "--decision", named["decision"][0], *options])
        return Path("page.html").read_text() if code == 0 else None


def test_the_dashboard_is_that_of_the_command_line(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = (YEAR / "startup.decision.json").read_bytes()
    files = [*usage(*sorted((YEAR / "usage").iterdir())[:3]), decision("a.json", record)]
    found = sent(client, files)
    assert found.status_code == 200
    assert found.text == by_the_command_line(tmp_path / "own", files, monkeypatch)
    assert "'sha256-" in found.headers["content-security-policy"]


@pytest.mark.fuzz
@pytest.mark.parametrize("sample", some_of(SAMPLES, 4), ids=lambda path: path.name)
def test_samples_are_read_as_the_command_line_reads_them(
    sample: Path,
    client: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [*usage(sample), decision("tiny.yaml", TINY.encode())]
    expected = by_the_command_line(tmp_path / "own", files, monkeypatch)
    found = sent(client, files)
    if expected is None:
        causes = re.findall("^error: (.*)", capsys.readouterr().err, re.MULTILINE)
        assert [what.endswith(cause) for (_, what), cause in zip(problems(found), causes, strict=True)] == [True]
    else:
        assert (found.status_code, found.text) == (200, expected)


def test_options_are_those_of_the_command_line(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "day,pictures,paid\n01/08/2026,5,0.20\n02/08/2026,5,0.20\n"
    mapping = b"meter: any\ncolumns: {at: day, images: pictures, cost: paid}\n"
    files = [("usage", ("log.csv", rows.encode())), decision("tiny.yaml", TINY.encode())]
    chosen = {"route": "open_weight_api", "date_order": "day-first", "covers": "2026-08-01..2026-08-31"}
    page = sent(client, [*files, ("mapping", ("m.yaml", mapping))], **chosen)
    assert page.status_code == 200, page.text
    (tmp_path / "m.yaml").write_bytes(mapping)
    more = ["--mapping", "../m.yaml", *(f"--{name.replace('_', '-')}={value}" for name, value in chosen.items())]
    assert page.text == by_the_command_line(tmp_path / "own", files, monkeypatch, *more)


LOG = b"""{"at": "2026-08-01T00:00:00Z", "id": "a", "asked": 1}
{"at": "2026-08-31T23:00:00Z", "id": "b", "asked": 1}
"""
REQUESTS = b"meter: any\ncolumns: {at: at, id: id, requests: asked}\n"


@pytest.mark.parametrize("guess", [*Guess])
def test_every_note_that_asks_for_an_option_names_one_of_the_form(guess: Guess, client: TestClient) -> None:
    (option,) = re.findall("--([a-z-]+)", NARROWED_BY[guess])
    assert f'name="{option.replace("-", "_")}"' in client.get("/monitor").text


@pytest.mark.parametrize(
    "options", [{}, {"images_per_request": "3", "images_from": "plain", "cost_from": "plain"}, {"price_per_image": "1"}]
)
def test_what_the_files_do_not_count_can_be_stated(
    options: dict[str, str], client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [("usage", ("log.jsonl", LOG)), decision("tiny.yaml", TINY.encode())]
    page = sent(client, [*files, ("mapping", ("m.yaml", REQUESTS))], **options)
    assert page.status_code == 200, page.text
    assert ("1 to 4 images each" in page.text) is ("images_per_request" not in options)
    (tmp_path / "m.yaml").write_bytes(REQUESTS)
    more = ["--mapping", "../m.yaml", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]
    assert page.text == by_the_command_line(tmp_path / "own", files, monkeypatch, *more)


def test_the_answers_of_a_link_are_the_decision(client: TestClient) -> None:
    link = "/monitor?" + "&".join(line.replace(": ", "=") for line in TINY.strip().splitlines()) + f"&date={DAY}"
    form = client.get(link)
    assert "The answers of this link are used" in form.text
    assert f"date={DAY}" in re.findall('action="(.*?)"', form.text)[0]
    found = sent(client, [USAGE], link)
    assert found.status_code == 200
    assert "answers.scenario.yaml" in found.text


def test_the_example_is_the_startup_of_the_examples(client: TestClient) -> None:
    assert (YEAR / "startup.scenario.yaml").read_bytes() == SCENARIO
    images: dict[str, Decimal] = defaultdict(Decimal)
    for path in sorted((YEAR / "usage").iterdir()):
        counts = re.findall(r'"quantity": (\d+)', path.read_text())
        images[path.name.removeprefix("costs-").removesuffix(".json")] = sum(map(Decimal, counts), Decimal(0))
    bill = csv.DictReader(BILL.decode().splitlines())
    assert {row["ChargePeriodStart"][:7]: Decimal(row["ConsumedQuantity"]) for row in bill} == images
    found = client.get("/monitor/example")
    assert found.status_code == 200
    assert "The answer has changed: run open weights on own GPUs" in found.text
    assert client.get("/monitor/example?latency=tolerant").status_code == 422


def test_errors_name_the_file_as_it_was_and_no_path_of_the_server(client: TestClient) -> None:
    files: Files = [("usage", ("C:\\bills\\../my bill.csv", b"a,b\n1,2\n")), decision()]
    found = sent(client, files)
    ((field, what),) = problems(found)
    assert field == "usage"
    assert what.startswith("my bill.csv: unrecognised file format")
    assert "advisor-web" not in found.text
    assert str(temporary_folder()) not in found.text


@pytest.mark.parametrize(
    ("files", "options", "field", "part"),
    [
        ([decision()], {}, "usage", "no usage file is chosen"),
        ([USAGE], {}, "decision", "no decision is chosen"),
        ([USAGE, decision("a.yaml", b"latnecy: tolerant")], {}, "decision", "a.yaml, line 1: `latnecy` is not"),
        ([USAGE, decision("a.md", b"# Memo")], {}, "decision", "is a memo"),
        ([USAGE, decision("a.yaml", b"\xff\xfe")], {}, "decision", "UTF-16"),
        ([("usage", ("bill.csv", b"")), decision()], {}, "usage", "the file is empty"),
        ([USAGE, decision(), decision("b.yaml")], {}, "decision", "more than one file"),
        ([USAGE, decision()], {"only": "no column"}, "only", "not a column and a text"),
        ([USAGE, decision()], {"covers": "august"}, "covers", "not a range of days"),
        ([USAGE, decision()], {"format": "focsu"}, "format", "unknown format"),
        ([USAGE, decision()], {"route": "self_host"}, "route", "not an option"),
        ([USAGE, decision()], {"rate": "EUR=x"}, "rate", "x"),
        ([USAGE, decision()], {"images_per_request": "4..1"}, "images_per_request", "begins with the larger number"),
        ([USAGE, decision()], {"images_from": "focsu"}, "images_from", "not a source"),
        ([USAGE, decision()], {"rejects": "/etc/passwd"}, "usage", "not a field of this form"),
        ([USAGE, decision()], {"mapping": "/etc/passwd"}, "mapping", "sent as text"),
        ([USAGE, decision()], {"only": "a=b\n" * 600}, "only", "more than 2,000 characters"),
        ([USAGE, decision(), ("mapping", ("m.yaml", b"meter: [3]"))], {}, "mapping", "m.yaml"),
    ],
)
def test_errors_are_linked_to_their_field(
    files: Files, options: dict[str, str], field: str, part: str, client: TestClient
) -> None:
    found = problems(sent(client, files, **options))
    assert {where for where, _ in found} == {field}
    assert part in found[0][1]


def test_fields_without_a_file_are_as_browsers_send_them(client: TestClient) -> None:
    empty = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n\r\n"
        for name in ("usage", "decision", "mapping")
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    found = client.post("/monitor", content=f"{empty}--x--\r\n", headers=headers)
    assert problems(found) == [("usage", "no usage file is chosen")]


def test_what_was_typed_stays(client: TestClient) -> None:
    found = sent(client, [decision()], covers="august", date_order="day-first", only="<b>=1")
    assert 'value="august"' in found.text
    assert 'value="day-first" selected' in found.text
    assert "&lt;b&gt;=1</textarea>" in found.text
    assert "<details open>" in found.text


def test_the_summary_of_faults_gets_the_focus_and_its_fields_are_open(client: TestClient) -> None:
    found = sent(client, [USAGE, decision(), ("mapping", ("m.yaml", b"meter: [3]"))]).text
    assert re.search('<div class="faults" role="alert" tabindex="-1" autofocus', found)
    assert "<details open>" in found
    assert 'id="mapping" name="mapping" aria-describedby="mapping-hint" aria-invalid="true"' in found
    assert "<details open>" not in sent(client, [decision()]).text


def test_nothing_is_kept(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_upload, "temporary_folder", lambda: tmp_path)
    for content in (BILL, gzip.compress(BILL), b"a,b\n1,2\n"):
        sent(client, [("usage", ("bill.csv", content)), decision()])
        assert list(tmp_path.iterdir()) == []


def test_what_unpacks_too_far_is_refused(client: TestClient) -> None:
    bomb = gzip.compress(bytes(MAX_UNPACKED // 4), 1) * 5
    ((field, what),) = problems(sent(client, [("usage", ("bomb.gz", bomb)), decision()]))
    assert (field, what) == ("usage", f"bomb.gz: the packed files have more than {MAX_UNPACKED:,} bytes unpacked")


def test_what_takes_too_long_is_stopped(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "MAX_SECONDS", 0.01)
    monkeypatch.setattr(usage_upload, "temporary_folder", lambda: tmp_path)
    ((_, what),) = problems(sent(client, [USAGE, decision()]))
    assert "take more than" in what
    assert list(tmp_path.iterdir()) == []


def test_too_many_at_once_are_put_off(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "_WAIT_SECONDS", 0.01)
    with usage_upload.upload_folder(), usage_upload.upload_folder():
        assert client.get("/monitor/example?date=2026-11-03").status_code == 503
        assert sent(client, [USAGE, decision()]).status_code == 503
    with ExitStack() as held:
        for _ in range(child_process.PLACES):
            held.enter_context(child_process.place())
        found = sent(client, [USAGE, decision()])
        assert (found.status_code, found.headers["retry-after"]) == (503, "60")
    assert client.get("/monitor/example?date=2026-11-03").status_code == 200


def test_a_process_that_cannot_start_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError(errno.EAGAIN, "")

    monkeypatch.setattr(ForkServerProcess, "start", fail)
    ((_, what),) = problems(sent(client, [USAGE, decision()]))
    assert what.startswith("no process can be started to read these files: resource temporarily unavailable")


@pytest.mark.parametrize("name", ["short", "long" * 20])
def test_a_server_that_is_stopped_leaves_nothing(name: str) -> None:
    command = [sys.executable, "-m", "advisor", "serve", "--port", "0"]
    with TemporaryDirectory(dir="/tmp") as above:
        folder = Path(above) / name
        folder.mkdir()
        environment = {**os.environ, "TMPDIR": str(folder)}
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
            try:
                assert process.stderr
                address = re.findall("http://[^;]*", process.stderr.readline())[0]
                with urllib.request.urlopen(f"{address}monitor/example", timeout=60) as answer:
                    assert answer.status == 200
                process.terminate()
                process.wait(timeout=30)
            finally:
                process.kill()
        assert [path.name for path in folder.iterdir()] == [f"_jinja2-cache-{os.getuid()}"]


@pytest.mark.fuzz
@examples(40, 4)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject, client: TestClient) -> None:
    content = bytearray(data.draw(st.sampled_from(SAMPLES)).read_bytes()[:20_000])
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    name = data.draw(st.text(min_size=1, max_size=20))
    found = sent(client, [("usage", (name, bytes(content))), decision("tiny.yaml", TINY.encode())])
    assert found.status_code in (200, 422)
    assert "advisor-web-" not in found.text


@pytest.mark.parametrize("more", [1, 5, 100])
def test_too_many_files_are_refused_with_the_form(more: int, client: TestClient) -> None:
    most = monitor_pages.MAX_FILES
    found = sent(client, [USAGE] * (most + more) + [decision()], covers="august")
    assert problems(found) == [("usage", f"there are more than {most} files")]
    assert 'value="august"' in found.text


def test_files_of_one_name_are_all_read(client: TestClient) -> None:
    first, *rest = BILL.decode().splitlines(keepends=True)
    halves = [(first + "".join(part)).encode() for part in (rest[:6], rest[6:])]
    found = sent(client, [*(("usage", ("bill.csv", half)) for half in halves), decision()])
    assert found.status_code == 200
    assert "bill.csv, 2-bill.csv" in found.text


@given(st.text(max_size=200), st.sets(st.text(max_size=5), max_size=3))
def test_a_name_stays_in_its_folder(stated: str, taken: set[str]) -> None:
    name = name_for(stated, taken)
    assert name not in taken
    assert name == Path(name).name
    assert not name.startswith((".", "-"))
    assert 0 < len(name.encode()) < 255
