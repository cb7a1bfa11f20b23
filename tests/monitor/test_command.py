"""`advisor monitor` as it is run: the startup's year, exit codes, history, and what goes wrong."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from advisor.cli.main import run
from advisor.rulebook.loader import bundled_rulebook
from advisor.verification.verify import VerificationVerdict, verified

EXAMPLE = Path(__file__).parents[2] / "examples" / "startup-year"
SCENARIO = EXAMPLE / "startup.scenario.yaml"


@pytest.fixture
def startup(tmp_path: Path) -> Path:
    """A copy of the startup's year to write beside."""
    copy = tmp_path / "startup-year"
    shutil.copytree(EXAMPLE, copy)
    return copy


def monitor(folder: Path, *more: str, months: str = "*") -> int:
    """Runs the command over the months that fit a pattern."""
    usage = str(folder / "usage" / f"costs-{months}.json")
    return run(["monitor", usage, "--decision", str(folder / "startup.decision.json"), *more])


def found(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What was printed as JSON."""
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def test_the_year_is_what_its_script_makes_and_its_memo_verifies(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    pages = runpy.run_path(str(EXAMPLE / "make_usage.py"))["pages"]()
    assert {path.name: path.read_text() for path in (EXAMPLE / "usage").iterdir()} == pages
    if pytestconfig.getoption("update_snapshots"):
        written = ["--out", str(tmp_path), "--catalogue", "none"]
        assert run(["decide", str(SCENARIO), "--date", "2025-11-01", *written]) == 0
        for ending in ("decision.json", "memo.md"):
            shutil.copy(tmp_path / f"startup.{ending}", EXAMPLE)
    memo = EXAMPLE / "startup.memo.md"
    assert verified(memo.read_text(), str(memo), bundled_rulebook()).verdict is VerificationVerdict.VERIFIED


@pytest.mark.parametrize(
    ("last", "today", "verdict", "code"),
    [
        ("2025-1[12]", "2026-01-01", "insufficient_data", 0),
        ("202[56]-[01][12]", "2026-03-01", "below", 0),
        ("202[56]-[01][1234]", "2026-05-02", "crossed", 0),
        ("202[56]-[01][12345]", "2026-06-02", "crossed_and_stable", 10),
        ("*", "2026-11-02", "crossed_and_stable", 10),
    ],
)
def test_it_fires_in_the_month_it_should(
    startup: Path, capsys: pytest.CaptureFixture[str], last: str, today: str, verdict: str, code: int
) -> None:
    assert monitor(startup, "--json", "--exit-code", "--no-history", "--date", today, months=last) == code
    assert found(capsys)["verdict"] == verdict


def test_it_names_the_overspend_and_links_to_a_memo_for_own_gpus(
    startup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, memos = startup / "watch.html", startup / "anew"
    assert monitor(startup, "--html", str(page), "--memo", str(memos), "--date", "2026-11-02") == 0
    text = capsys.readouterr().out
    assert "$279,944" in text
    assert 'href="./anew/startup-20261102.memo.html"' in page.read_text()
    record = json.loads((memos / "startup-20261102.decision.json").read_text())
    assert (record["route"], record["deciding_axis"], record["decided_on"]) == ("self_host", "cost", "2026-11-02")
    assert run(["verify", str(memos / "startup-20261102.memo.md")]) == 0


def test_months_are_kept_when_the_files_are_gone(startup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for month in ("2025-1*", "2026-0[1-5]", "2026-0[3-9]", "2026-1*", "2026-1*"):
        assert monitor(startup, "--json", "--date", "2026-11-02", months=month) == 0
        capsys.readouterr()
    assert run(["monitor", "--decision", str(startup / "startup.decision.json"), "--json", "--date", "2026-11-02"]) == 0
    kept = found(capsys)
    assert monitor(startup, "--json", "--no-history", "--date", "2026-11-02") == 0
    at_once = found(capsys)
    assert kept["months"] == at_once["months"]
    assert kept["overspend"] == at_once["overspend"]


def test_a_folder_is_read_again_when_its_files_change(startup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "arriving"
    folder.mkdir()
    arguments = ["monitor", "--watch", str(folder), "--decision", str(startup / "startup.decision.json"), "--json"]
    watching = pexpect.spawn(sys.executable, ["-m", "advisor", *arguments, "--date", "2026-11-02"], timeout=60)
    try:
        watching.expect("watching .*arriving; Ctrl-C ends it")
        (folder / "one.json").write_text("{")
        watching.expect("error: ")
        shutil.copy(startup / "usage" / "costs-2025-11.json", folder / "one.json")
        watching.expect('"verdict": "insufficient_data"')
        for path in (startup / "usage").iterdir():
            shutil.copy(path, folder)
        watching.expect('"verdict": "crossed_and_stable"')
        watching.sendintr()
        watching.expect("interrupted")
        watching.expect(pexpect.EOF)
        watching.wait()
        assert watching.exitstatus == 130
    finally:
        watching.close(force=True)


def test_a_scenario_will_do_and_a_memo_will_not(startup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usage = str(startup / "usage" / "*")
    assert run(["monitor", usage, "--decision", str(SCENARIO), "--no-history", "--date", "2026-11-02"]) == 0
    capsys.readouterr()
    assert run(["monitor", usage, "--decision", str(startup / "startup.memo.md"), "--no-history"]) == 2
    assert "help: name the record beside it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--margin", "a lot"), "`a lot` is not a plain number"),
        (("--stable-months", "2.5"), "is not a whole number"),
        (("--range", "gpu_hour=1..2"), "did you mean `gpu_hour_price`?"),
        (("--range", "gpu_hour_price=2..1"), "begins with the larger number"),
        (("--rate", "EURO=1.1"), "is not a rate"),
        (("--covers", "2026-10"), "is not a range of days"),
        (("--only", "image"), "is not a column and a text"),
        (("--images-per-request", "0"), "`0` is not more than zero"),
        (("--images-from", "openai-cost"), "did you mean `openai-costs`?"),
        (("--date", "yesterday"), "is not a date"),
        (("--format", "openai"), "`openai`"),
        (("--on", "sparc"), "sparc"),
        (("--watch", "nowhere"), "name either files or --watch DIR"),
    ],
)
def test_what_is_given_wrongly_is_said(
    startup: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert monitor(startup, *more, "--no-history") == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told
    assert "help: " in told


def test_without_any_usage_it_says_what_to_name(startup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "--decision", str(startup / "startup.decision.json")]) == 2
    assert "there is no usage to read" in capsys.readouterr().err
    assert run(["monitor", str(startup / "none-*"), "--decision", str(startup / "startup.decision.json")]) == 2
    assert "none-*" in capsys.readouterr().err


def test_a_run_that_fails_leaves_no_history(startup: Path) -> None:
    (startup / "usage" / "costs-2026-12.json").write_text('{"object": "page", "data": [{"object": "bucket"')
    assert monitor(startup, "--date", "2026-11-02") == 2
    assert not (startup / "startup.usage.sqlite").exists()


def test_days_that_could_not_be_judged_are_not_kept(startup: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = startup / "access.log"
    log.write_text('1.2.3.4 - - [01/Sep/2026:00:00:10 +0000] "POST /v1/images HTTP/1.1" 200 12 "-" "x"\n')
    record = str(startup / "startup.decision.json")
    assert run(["monitor", str(log), str(startup / "usage" / "*"), "--decision", record, "--date", "2026-11-02"]) == 2
    assert "may count the same images" in capsys.readouterr().err
    assert not (startup / "startup.usage.sqlite").exists()
