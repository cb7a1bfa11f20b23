"""``advisor portfolio`` as a user runs it: the example to the byte, pipes, signals, a terminal, faults in files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from tests.cli.test_whole_program import within

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "portfolio" / "film-studio.portfolio.yaml"
ADVISOR = [sys.executable, "-m", "advisor"]
DATE = ("--date", "2026-11-27")
PLAN = ("portfolio", str(EXAMPLE), *DATE, "--catalogue", "none")
SMALL = """\
shared_overhead: 10
workloads:
  - {scenario: one.scenario.yaml, title: One}
  - {scenario: one.scenario.yaml, title: Two, monthly_images: 2000000}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a portfolio of two workloads, which is the current one."""
    monkeypatch.chdir(tmp_path)
    exercise = (ROOT / "examples" / "exercise-38-3-2.scenario.yaml").read_text()
    (tmp_path / "one.scenario.yaml").write_text(exercise)
    (tmp_path / "small.portfolio.yaml").write_text(SMALL)
    return tmp_path


def test_the_table_of_the_example(golden: Callable[[str], SnapshotAssertion]) -> None:
    done = within(*PLAN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == golden("film-studio.txt")


def test_the_record_of_the_example(golden: Callable[[str], SnapshotAssertion]) -> None:
    done = within(*PLAN, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == golden("film-studio.portfolio.json")


def test_the_files_of_the_example(tmp_path: Path, golden: Callable[[str], SnapshotAssertion]) -> None:
    done = within(*PLAN, "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"wrote {tmp_path}/film-studio\n")
    assert (tmp_path / "film-studio.portfolio.md").read_text() == golden("film-studio.portfolio.md")
    assert (tmp_path / "film-studio.portfolio.json").read_text() == golden("film-studio.portfolio.json")
    own = sorted((tmp_path / "film-studio").glob("*.memo.md"))
    assert len(own) == 5
    assert [path.name for path in own if run(["verify", str(path), "--catalogue", "none"]) != 0] == []


def test_only_verify_reads_the_files_of_a_plan(tmp_path: Path) -> None:
    within(*PLAN, "--out", str(tmp_path))
    for ending in ("json", "md", "html"):
        file = str(tmp_path / f"film-studio.portfolio.{ending}")
        assert within("verify", file).stdout == f"verified: {file} matches its portfolio\n"
    done = within("explain", str(tmp_path / "film-studio.portfolio.json"))
    assert done.returncode == 2
    assert re.match("error: this is the plan of a portfolio, not ", done.stderr)
    assert "help: name the" in done.stderr


def test_a_folder_with_a_plan_is_rechecked(tmp_path: Path) -> None:
    within(*PLAN, "--out", str(tmp_path))
    done = within("recheck", str(tmp_path), "--catalogue", "none")
    assert (done.returncode, done.stdout) == (0, "15 records and memos decided again: 0 would differ\n")


def test_what_the_memo_embeds_is_planned_the_same_again(tmp_path: Path) -> None:
    within(*PLAN, "--out", str(tmp_path))
    memo = (tmp_path / "film-studio.portfolio.md").read_text()
    embedded = memo.partition("```yaml\n")[2].partition("```")[0]
    again = within("portfolio", "-", *DATE, "--catalogue", "none", "--json", stdin=embedded)
    assert again.stdout == (tmp_path / "film-studio.portfolio.json").read_text()


def test_standard_input_is_read(folder: Path) -> None:
    named = within("portfolio", "small.portfolio.yaml", *DATE, "--json")
    piped = within("portfolio", "-", *DATE, "--json", stdin=SMALL)
    assert named.returncode == 0, named.stderr
    assert piped.stdout == named.stdout
    assert within("portfolio", "-", *DATE, "--out", "plans", stdin=SMALL).returncode == 0
    assert (folder / "plans" / "portfolio.portfolio.md").is_file()


def test_answers_that_are_missing_are_named_by_workload(folder: Path) -> None:
    text = SMALL.replace("shared_overhead: 10\n", "").replace("title: One", "title: One, open_price: null")
    done = within("portfolio", "-", *DATE, "--catalogue", "none", stdin=text)
    assert done.returncode == 3
    assert "error: answers are missing: " in done.stderr
    assert '`open_price` of "One"' in done.stderr
    assert "`shared_overhead`" in done.stderr


def test_a_workload_without_a_route_exits_4(folder: Path) -> None:
    text = SMALL.replace("title: One", "title: One, residency: on_premises, quality: frontier_only")
    done = within("portfolio", "-", *DATE, stdin=text)
    assert done.returncode == 4
    assert '* No route: "One"' in done.stdout
    assert '"Two"' in done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no portfolio here"),
        ("workloads: 3", "`workloads` is not a list of scenarios"),
        (SMALL.replace("one.scenario", "two.scenario"), "for workload `One`, there is no such file"),
        (SMALL.replace("title: Two", "title: One"), "for workload `One`, the title is that of workload 1 too"),
        (SMALL.replace("monthly_images", "monthly_image"), "did you mean `monthly_images`?"),
    ],
)
def test_a_wrong_file_is_refused(text: str, said: str, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(text)
    done = within("portfolio", "wrong.yaml", "--out", "plans")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "  help: " in done.stderr
    assert not (folder / "plans").exists()


def test_no_file_is_refused(folder: Path) -> None:
    done = within("portfolio", "nothing.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no such file\n  --> nothing.yaml\n")


def test_a_script_is_warned_and_goes_on(folder: Path) -> None:
    command = ("portfolio", "small.portfolio.yaml", *DATE, "--out", "plans")
    assert within(*command).stderr == ""
    assert within(*command).stderr == "", "the same bytes need no warning"
    (folder / "small.portfolio.yaml").write_text(SMALL.replace("2000000", "3000"))
    done = within(*command)
    assert done.returncode == 0
    assert done.stderr.startswith('warning: the plan of 2026-11-27 is overwritten; these differ: the route of "Two"')


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_a_person_is_asked(answer: str, code: int, folder: Path) -> None:
    command = ["portfolio", "small.portfolio.yaml", *DATE, "--out", "plans"]
    assert within(*command).returncode == 0
    (folder / "small.portfolio.yaml").write_text(SMALL.replace("2000000", "3000"))
    before = {path: path.read_bytes() for path in (folder / "plans").rglob("*.*")}
    environment: Any = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    program = pexpect.spawn(
        sys.executable, ["-m", "advisor", *command], env=environment, encoding="utf-8", timeout=60, dimensions=(24, 200)
    )
    program.expect_exact("overwrite it? [y/N] ")
    program.sendline(answer)
    program.expect(pexpect.EOF)
    program.close()
    assert program.exitstatus == code
    assert (before == {path: path.read_bytes() for path in (folder / "plans").rglob("*.*")}) == (code == 2)


def test_ctrl_c_before_writing_leaves_nothing(folder: Path) -> None:
    command = [*ADVISOR, "portfolio", "-", "--out", "plans"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "interrupted\n")
    assert not (folder / "plans").exists()


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{' '.join(ADVISOR)} {' '.join(PLAN)} | head -c 20"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "A film studio's imag"


@pytest.mark.parametrize("columns", [60, 100])
def test_a_terminal_gets_a_table_of_its_width(columns: int) -> None:
    environment: Any = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    program = pexpect.spawn(
        sys.executable,
        ["-m", "advisor", *PLAN],
        env=environment,
        encoding="utf-8",
        timeout=60,
        dimensions=(60, columns),
    )
    program.expect(pexpect.EOF)
    program.close()
    shown = program.before or ""
    assert program.exitstatus == 0
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= columns


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_the_record_is_the_same_whatever_the_hash_seed(seed: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [*ADVISOR, *PLAN, "--json"], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert json.loads(done.stdout)["status"] == "recommended"
    assert done.stdout == within(*PLAN, "--json").stdout


def test_the_solver_of_a_large_pool_prints_nothing(folder: Path) -> None:
    exercise = (folder / "one.scenario.yaml").read_text().splitlines()
    answers = [line for line in exercise if not line.startswith(("gpu_hour_price", "monthly_overhead"))]
    (folder / "one.scenario.yaml").write_text("\n".join([*answers, "monthly_overhead: 100", "peak_to_mean: 3", ""]))
    many = "".join(f"  - {{scenario: one.scenario.yaml, title: W{number}, pool: a}}\n" for number in range(20))
    text = f"shared_overhead: 10\npools:\n  a: {{gpu_hour_price: 1.20, gpu_billing: always_on}}\nworkloads:\n{many}"
    # A process of its own: the solver is no Python and prints past `sys.stdout`.
    command = [*ADVISOR, "portfolio", "-", *DATE, "--catalogue", "none", "--json"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{\n")
    assert json.loads(done.stdout)["gap"] == "0.00"
    assert done.stderr == ""
