"""`advisor verify` on the command line: what it says, and its exit code, for each way a file can be changed."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.report.memo_parts import NOTES_END, NOTES_START
from tests.verification.memos import EXERCISE, REWORDED, ROOT, TURNED_ROUND, decision_of, memo_of, page_of, rules_with
from tests.verification.transcript import transcript

Edit = Callable[[str], str]
MEMO = "photos.memo.md"
PAGE = "photos.memo.html"
RECORD = "photos.decision.json"
APPROVED = "0.1.0 (**Audited: approved by the board**)"
DIGEST = "sha256:[0-9a-f]{64}"


def swap(old: str, new: str) -> Edit:
    """An edit of one text, which has to be there."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


MEMO_EDITS: dict[str, Edit] = {
    "untouched": lambda text: text,
    "status-accepted": swap('status: "proposed"', 'status: "accepted"\ndecision-makers: Ann, Bo'),
    "status-unknown": swap('status: "proposed"', 'status: "perhaps"'),
    "status-missing": swap('status: "proposed"\n', ""),
    "status-with-a-mapping": swap('status: "proposed"', 'status: "proposed"\nconsulted: {route: self_host}'),
    "line-in-the-front-matter": swap('status: "proposed"', 'status: "proposed"\nroute: self_host'),
    "figure-in-a-cost": swap("| $2,100 |", "| $1,100 |"),
    "route-in-the-heading": swap(": call an open-weight inference API\n", ": run open weights on own GPUs\n"),
    "sentence-removed": swap(" The deciding axis is cost.", ""),
    "line-removed": swap("### What it costs\n", ""),
    "line-added": swap("### What it costs\n", "### What it costs\n* None of them\n"),
    "date-in-the-front-matter": swap("\ndate: 2026-11-22\n", "\ndate: 2026-11-23\n"),
    "scenario-with-a-wrong-option": swap("residency: anywhere", "residency: everywhere"),
    "scenario-removed": swap("```yaml\n# date", "```\n# date"),
    "scenario-twice": lambda text: text.replace("### Review notes", f"{text[text.index('```yaml') :]}", 1).replace(
        f"{NOTES_START}\n\n{NOTES_END}\n", "", 1
    ),
    "scenario-without-its-date": swap("# date: 2026-11-22\n# advisor", "# advisor"),
    "scenario-with-no-date": swap("# date: 2026-11-22\n", "# date: today\n"),
    "outcome-above-the-scenario": swap("# outcome: open_weight_api", "# outcome: self_host"),
    "front-matter-removed": swap("---\n", ""),
    "notes-mark-removed": swap(f"{NOTES_END}\n", ""),
    "notes-marks-removed": lambda text: text.replace(f"{NOTES_START}\n", "").replace(f"{NOTES_END}\n", ""),
    "notes-marks-twice": swap(NOTES_END, f"{NOTES_END}\n{NOTES_START}\n{NOTES_END}"),
    "notes-written": swap(f"{NOTES_START}\n", f"{NOTES_START}\nRead on the 3rd. The route is `self_host`.\n"),
    "text-below-the-notes": lambda text: f"{text}More.\n",
    "windows-line-ends": lambda text: text.replace("\n", "\r\n"),
    "windows-line-ends-and-an-edit": lambda text: text.replace("\n", "\r\n").replace("$2,100", "$2,100.01", 1),
    "some-windows-line-ends": lambda text: text.replace("\n", "\r\n", 4),
    "written-by-another-version": lambda text: text.replace("0.1.0", "0.0.9"),
    "another-version-in-one-place": swap("# advisor: 0.1.0", "# advisor: 0.0.9"),
    "version-with-a-claim": lambda text: text.replace("advisor: 0.1.0", f"advisor: {APPROVED}").replace(
        "by advisor 0.1.0", f"by advisor {APPROVED}"
    ),
    "another-digest": lambda text: re.sub(f"# rulebook: {DIGEST}", f"# rulebook: sha256:{'0' * 64}", text),
    "digest-with-a-claim": swap("# rulebook: sha256:", "# rulebook: approved by the board, sha256:"),
    "no-line-end": lambda text: text.rstrip("\n"),
    "line-ends-added": lambda text: f"{text}\n\n",
    "windows-line-ends-but-the-last": lambda text: text.rstrip("\n").replace("\n", "\r\n"),
    "blanks-below-the-end": lambda text: f"{text} \n",
    "name-with-an-at-sign": swap('status: "proposed"', 'status: "proposed"\ndecision-makers: @ana'),
    "status-twice": swap('status: "proposed"', 'status: "proposed"\nstatus: "accepted"'),
    "control-characters": swap("## Considered", "\x1b[2J\u202e## Considered"),
    "empty": lambda text: "",
    "prose": lambda text: "We rent.\n",
}
RECORD_EDITS: dict[str, Edit] = {
    "untouched": lambda text: text,
    "route": swap('"route": "open_weight_api",\n  "deciding', '"route": "self_host",\n  "deciding'),
    "cost": swap('"low": "2100.00"', '"low": "2100.01"'),
    "flip-removed": lambda text: (
        json.dumps({**json.loads(text), "flips": json.loads(text)["flips"][:-1]}, indent=2, ensure_ascii=False) + "\n"
    ),
    "spaces": swap('"schema_version": 2', '"schema_version":  2'),
    "windows-line-ends": lambda text: text.replace("\n", "\r\n"),
    "written-by-another-version": swap('"0.1.0"', '"0.0.9"'),
    "version-with-a-claim": swap('"0.1.0"', f'"{APPROVED}"'),
    "digest-with-a-claim": lambda text: re.sub(DIGEST, "approved by the board", text),
    "no-line-end": lambda text: text.rstrip("\n"),
    "line-ends-added": lambda text: f"{text}\n\n",
    "date-in-words": swap('"2026-11-22"', '"today"'),
    "wrong-answer": swap('"residency": "anywhere"', '"residency": "everywhere"'),
    "cut": lambda text: text[:300],
    "list": lambda text: f"[{text}]",
}
PASSING = {
    "memo-untouched",
    "memo-status-accepted",
    "memo-notes-written",
    "memo-windows-line-ends",
    "memo-windows-line-ends-but-the-last",
    "memo-no-line-end",
    "memo-line-ends-added",
    "memo-written-by-another-version",
    "record-untouched",
    "record-windows-line-ends",
    "record-no-line-end",
    "record-line-ends-added",
    "record-written-by-another-version",
}
"""The edits that are no change of what a memo or a record says."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", MEMO_EDITS)
def test_what_is_said_of_a_memo(case: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    Path(MEMO).write_bytes(MEMO_EDITS[case](memo_of(EXERCISE)).encode())
    text = transcript(["verify", MEMO], capsys)
    assert text == snapshot
    assert text.endswith("exit code 0\n") == (f"memo-{case}" in PASSING)


@pytest.mark.parametrize("case", RECORD_EDITS)
def test_what_is_said_of_a_record(case: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    Path(RECORD).write_bytes(RECORD_EDITS[case](decision_of(EXERCISE).to_json()).encode())
    text = transcript(["verify", RECORD], capsys)
    assert text == snapshot
    assert text.endswith("exit code 0\n") == (f"record-{case}" in PASSING)


def test_a_page_is_read_alike(capsys: pytest.CaptureFixture[str]) -> None:
    page = page_of(EXERCISE)
    Path(PAGE).write_text(page.replace("advisor: 0.1.0", f"advisor: {APPROVED}").replace("advisor 0.1.0", APPROVED))
    assert run(["verify", PAGE]) == 2
    assert f"`{APPROVED}` is not the version of an advisor" in capsys.readouterr().err
    for edited in (page.rstrip("\n"), f"{page}\n"):
        Path(PAGE).write_text(edited)
        assert run(["verify", PAGE]) == 0
        assert "\nnote: it does not end with one line end" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "sound"),
    [
        *((version, True) for version in ("0.1.0", "12", "1.2rc1", "2026.11.post2", "1.0.dev3+g0a1b2c", "1.0+corp.1")),
        *((version, False) for version in ("", "v1", "1.", "1 0", "1.0+", "1.0\n", "1.0-approved", "\u0661", "1" * 31)),
    ],
)
def test_what_a_version_looks_like(version: str, sound: bool) -> None:
    Path(RECORD).write_text(swap('"0.1.0"', json.dumps(version))(decision_of(EXERCISE).to_json()))
    assert run(["verify", RECORD]) == (0 if sound else 2)


def test_changed_rules_are_told_from_edits_and_the_advice_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(MEMO).write_text(memo_of(EXERCISE))
    Path(RECORD).write_text(decision_of(EXERCISE).to_json())
    reworded, turned = (rules_with(tmp_path / kind, change) for kind, change in (("a", REWORDED), ("b", TURNED_ROUND)))
    for file in (MEMO, RECORD):
        assert run(["verify", file, "--rules", reworded]) == 5
        assert "\nthe advice is the same under these rules: open_weight_api on cost\n" in capsys.readouterr().out
        assert run(["verify", file, "--rules", turned]) == 5
        said = capsys.readouterr().out
        assert f"\n  its rules:       {decision_of(EXERCISE).rulebook_digest}\n" in said
        assert "\nthe advice is different under these rules: open_weight_api on cost -> closed_api on cost\n" in said


def test_a_memo_verifies_with_the_rules_and_templates_it_was_made_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, templates = rules_with(tmp_path, REWORDED), tmp_path / "templates"
    shutil.copytree(bundled("templates"), templates)
    memo = templates / "memo.md.j2"
    memo.write_text(memo.read_text().replace("## More Information", "## More Information\n\nOur own words."))
    own = ["--rules", rules, "--templates", str(templates)]
    scenario = ROOT / "examples" / f"{EXERCISE}.scenario.yaml"
    assert run(["decide", str(scenario), "--out", ".", *own]) == 0
    assert run(["verify", f"{EXERCISE}.memo.md", *own]) == 0
    assert run(["verify", f"{EXERCISE}.memo.html", *own]) == 0
    capsys.readouterr()
    assert run(["verify", f"{EXERCISE}.memo.md", "--rules", rules]) == 5
    assert "section `More Information`\n  expected: (nothing)\n" in capsys.readouterr().out


def test_another_scenario_is_told_claim_by_claim(capsys: pytest.CaptureFixture[str]) -> None:
    other = swap("residency: anywhere", "residency: on_premises")(memo_of(EXERCISE))
    Path(MEMO).write_text(swap("monthly_images: 50000", "monthly_images: 60000")(other))
    assert run(["verify", MEMO]) == 5
    said = capsys.readouterr().out
    assert {"claim `outcome`", "claim `cost.self_host`"} <= set(re.findall("(?<=, )claim `[^`]*`", said))
    assert re.search(r"\n\d+ more differences are not shown\n$", said)


def test_the_answer_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    Path(MEMO).write_text(swap("| $2,100 |", "| $1,100 |")(memo_of(EXERCISE)))
    assert run(["verify", MEMO, "--json"]) == 5
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["stated"], found["now"], found["stands"]) == (
        "differs",
        "open_weight_api on cost",
        "open_weight_api on cost",
        True,
    )
    [difference] = found["differences"]
    assert difference["where"] == "claim `cost.self_host`"
    assert "$2,100" in difference["expected"]
    assert "$1,100" in difference["found"]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(memo_of(EXERCISE).encode())))
    assert run(["verify", "-"]) == 0
    assert capsys.readouterr().out == "verified: standard input matches its scenario\n"


def test_a_file_that_is_too_large_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path(MEMO).write_text(memo_of(EXERCISE) + "x" * 4_000_000)
    assert run(["verify", MEMO]) == 2
    assert "more than 4,000,000 bytes" in capsys.readouterr().err


def test_many_differences_are_counted_and_not_all_shown(capsys: pytest.CaptureFixture[str]) -> None:
    memo = memo_of(EXERCISE)
    front, _, rest = memo.partition("# Product")
    Path(MEMO).write_text(front + "# Product" + rest.replace("a", "e").replace("```yeml", "```yaml"))
    assert run(["verify", MEMO]) == 2
    Path(MEMO).write_text(memo.replace(" on ", " off ") + "\n" * 100_000)
    assert run(["verify", MEMO]) == 5
    assert capsys.readouterr().out.count("\n") < 100


EVERYWHERE = [
    {"LANG": "C", "LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "0"},
    {"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    {
        "LANG": "tr_TR.UTF-8",
        "LC_ALL": "POSIX",
        "TZ": "America/Los_Angeles",
        "PYTHONHASHSEED": "4711",
        "PYTHONUTF8": "0",
    },
]


def test_the_same_bytes_are_written_and_verified_everywhere(tmp_path: Path) -> None:
    def advisor(where: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "advisor", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT), **where},
            capture_output=True,
            timeout=120,
            check=False,
        )

    answers = (ROOT / "examples" / "own-not-yet.scenario.yaml").read_text(encoding="utf-8")
    scenario = tmp_path / "own-not-yet.scenario.yaml"
    titled = re.sub("^title: .*", "title: TITLE", answers, flags=re.MULTILINE)
    scenario.write_text(titled.replace("TITLE", '"Größe 図 \\u202e \U0001fae8"'), encoding="utf-8")
    written = []
    for number, where in enumerate(EVERYWHERE):
        out = tmp_path / str(number)
        done = advisor(where, "decide", str(scenario), "--date", "2026-11-22", "--out", str(out))
        assert done.returncode == 0, done.stderr
        written.append({path.name: path.read_bytes() for path in sorted(out.iterdir())})
    assert len(written[0]) >= 4
    assert all(files == written[0] for files in written)
    for number, ending in enumerate(("memo.md", "memo.html", "decision.json")):
        done = advisor(EVERYWHERE[number], "verify", str(tmp_path / str((number + 1) % 3) / f"own-not-yet.{ending}"))
        assert done.returncode == 0, done.stdout
