"""Templates of one's own take so much time, memory and room; what takes more is told with file and line."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.report import limits
from advisor.report.templates import fill
from tests.helpers.strategies import EXERCISE
from tests.report.test_wording import memo

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples" / "exercise-38-3-2.scenario.yaml")
YEAR = ROOT / "examples" / "startup-year"
SOON = replace(limits.FILLING, seconds=0.25)
MOST_SECONDS = 60
"""For what is ended after a quarter of a second of computing time, on a machine with other work to do."""

TIME = "takes more than 0.25 s of computing time"
MEMORY = "needs more than 512 MiB of memory"
LENGTH = "writes more than 4,000,000 characters"
ENDLESS = "cannot be rendered: infinite recursion"

LOOPS = "{% for a in range(99999) %}\n{% for b in range(99999) %}{% endfor %}{% endfor %}"
NESTED = (
    "{% set n = namespace(b=0, c=0) %}{% for a in range(60) %}{% set n.b = [n.b] * 2 %}{% set n.c = [n.c] * 2 %}"
    "{% endfor %}{{ n.b == n.c }}"
)
GREEDY: dict[str, tuple[str, str, int | None]] = {
    "loop-in-a-loop": (LOOPS, TIME, 3),
    "loop-that-writes": ("{% for a in range(99999) %}\n{{ title * 99 }}\n{% endfor %}", LENGTH, 3),
    "loop-that-writes-nothing": (LOOPS.replace("%}{% e", "%}{{ '' }}{% e", 1), TIME, 3),
    "macro-that-writes": (
        "{% macro a() %}\n{% for b in range(99999) %}{{ 'x' * 9999 }}{% endfor %}{% endmacro %}\n{{ a() }}",
        MEMORY,
        3,
    ),
    "one-long-text": ("{{ title[:1] * 4000001 }}", LENGTH, 2),
    "text-times": ("{{ 'x' * 10 ** 10 }}", MEMORY, 2),
    "percent": ("{{ '%1000000000d' % 1 }}", MEMORY, 2),
    "format": ("{{ '{:>1000000000}'.format(1) }}", MEMORY, 2),
    "center": ("{{ 'x' | center(10 ** 9) }}", MEMORY, 2),
    "replace": ("{{ ('a' * 100000) | replace('a', 'x' * 100000) }}", MEMORY, 2),
    "doubling": (
        "{% set a = namespace(b='x') %}\n{% for c in range(99) %}\n{% set a.b = a.b ~ a.b %}\n{% endfor %}",
        MEMORY,
        4,
    ),
    "list-times": ("{{ [0] * 10 ** 9 }}", MEMORY, 2),
    "list-that-nests": (
        "{% set n = namespace(b=[]) %}\n" + LOOPS.replace("%}{% e", "%}\n{% set n.b = [n.b] %}{% e", 1),
        TIME,
        5,
    ),
    "batch": ("{{ 'x' | batch(10 ** 9, 'y') | list }}", MEMORY, 2),
    "slice": ("{{ 'x' | slice(10 ** 9) | list }}", TIME, 2),
    "indent": ("{{ ('x\\n' * 1000000) | indent(10000) }}", TIME, None),
    "power": ("{% set a = 10 %}\n{{ (a ** (a ** 8)) % 7 }}", TIME, 3),
    "one-step-without-an-end": (NESTED, TIME, None),
    "when-compiled": ("{{ range(99999) | sum }}" * 3000, TIME, None),
    "range": ("{{ range(10 ** 9) | list }}", "cannot be rendered: range too big", 2),
    "macro-without-an-end": ("{% macro a() %}{{ a() }}{% endmacro %}\n{{ a() }}", ENDLESS, 2),
    "macro-that-branches": (
        "{% macro a(n) %}\n{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}\n{{ a(60) }}",
        TIME,
        3,
    ),
    "loop-without-an-end": ("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}", ENDLESS, 2),
    "loop-that-branches": (
        "{% for a in range(9) recursive %}\n{{ loop(range(9)) if loop.depth < 30 }}{% endfor %}",
        TIME,
        3,
    ),
}
"""What the memo says, what is told of it, and the line that is named; None where none can be, or any may be."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundled templates, held to a quarter of a second."""
    monkeypatch.setattr(limits, "FILLING", SOON)
    return Path(shutil.copytree(bundled("templates"), tmp_path / "own"))


@pytest.mark.parametrize("case", GREEDY)
def test_what_takes_too_much_is_ended(
    case: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text, told, line = GREEDY[case]
    if told != TIME:
        monkeypatch.setattr(limits, "FILLING", replace(SOON, seconds=10.0))
    (folder / "memo.md.j2").write_text(f"{{# The memo. #}}\n{text}\n")
    started = time.monotonic()
    code = run(["decide", EXAMPLE, "--templates", str(folder)])
    assert time.monotonic() - started < MOST_SECONDS
    printed, said = capfd.readouterr()
    what, where, help = said.splitlines()
    assert (code, printed) == (2, "")
    assert what == f"error: the template {told}"
    place = f"  --> {folder}/memo.md.j2"
    # A call in a macro or a loop may be interrupted on the line that calls it.
    assert where in ([f"{place}:{line}", f"{place}:2"] if line else [place, f"{place}:2"])
    assert help.startswith("  help: compare it with the bundled template")


@pytest.mark.parametrize("format", ["html", "txt"])
def test_what_is_made_of_a_long_memo_is_limited_too(
    format: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "memo.md.j2").write_text("{{ '![a](' * 700000 }}\n")
    assert run(["decide", EXAMPLE, "--templates", str(folder), "--format", format]) == 2
    assert capfd.readouterr().err.startswith(f"error: the template {TIME}\n  --> {folder}/memo.md.j2\n")


def test_a_page_as_pdf_is_limited_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("weasyprint")
    monkeypatch.setattr(limits, "FILLING", replace(SOON, seconds=10.0))
    monkeypatch.setattr(limits, "PRINTING", replace(limits.PRINTING, seconds=2.0))
    page = folder / "page.html.j2"
    long = "{% for a in range(20000) %}<p>a</p>{% endfor %}"
    page.write_text(page.read_text().replace("{{ body }}", f"{{{{ body }}}}{long}"))
    assert run(["decide", EXAMPLE, "--templates", str(folder), "--out", str(tmp_path / "out"), "--pdf"]) == 2
    said = capfd.readouterr().err
    assert said.startswith(f"error: the template takes more than 2 s of computing time\n  --> {page}\n")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_questions_are_read_within_the_limits(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    questions = folder / "questions.yaml"
    questions.write_text("".join(f"q{n}: {{ask: a, help: b}}\n" for n in range(30_000)))
    assert run(["decide", EXAMPLE, "--templates", str(folder)]) == 2
    assert capfd.readouterr().err.startswith(f"error: the template {TIME}\n  --> {questions}\n")


def test_a_process_that_does_not_answer_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILLING", replace(SOON, seconds=60.0, waiting=1.0))
    (folder / "memo.md.j2").write_text(LOOPS)
    with pytest.raises(BadInput, match=r"the template is not rendered after 1 s\n  --> .*memo.md.j2\n"):
        fill("memo.md.j2", {}, folder)
    monkeypatch.undo()
    assert fill("interview_start.txt.j2", {"resumed": True}, folder).startswith("Continuing")


def test_bundled_templates_are_filled_in_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(limits, "within_limits")
    assert memo(**EXERCISE)


def test_templates_are_filled_in_from_any_thread_and_after_a_fork(folder: Path) -> None:
    (folder / "greedy.j2").write_text(LOOPS)
    told: list[str] = []

    def work(template: str) -> None:
        try:
            told.append(fill(template, {"resumed": True}, folder)[:8])
        except BadInput as error:
            told.append(str(error).splitlines()[0])

    threads = [threading.Thread(target=work, args=(name,)) for name in ("greedy.j2", *["interview_start.txt.j2"] * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == [*["Continui"] * 4, f"error: the template {TIME}"]
    fork = os.fork()
    if fork == 0:
        shared = limits._Shared.worker is not None
        work("interview_start.txt.j2")
        os._exit(shared or told[-1] != "Continui")
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0


def test_one_process_serves_a_whole_command(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[limits._Worker] = []

    class Counted(limits._Worker):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(limits, "_Worker", Counted)
    monkeypatch.setattr(limits, "FILLING", replace(SOON, seconds=10.0))
    limits._Shared.stop()
    assert run(["decide", EXAMPLE, "--templates", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert len(started) == 1


@pytest.mark.parametrize("command", ["explain", "monitor"])
def test_other_commands_say_the_same_with_a_copy(
    command: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "FILLING", replace(SOON, seconds=10.0))
    arguments = ["explain", EXAMPLE]
    page = tmp_path / "page.html"
    if command == "monitor":
        arguments = ["monitor", f"{YEAR}/usage/*", "--decision", f"{YEAR}/startup.decision.json", "--no-history"]
        arguments += ["--date", "2026-11-02", "--html", str(page)]
    told = []
    for more in ([], ["--templates", str(folder)]):
        code = run([*arguments, *more])
        told.append((code, capfd.readouterr(), page.read_text() if page.exists() else ""))
    assert told[0] == told[1]
    assert told[0][0] == 0


_PROGRAM = "from advisor.cli.main import main; main()"


@pytest.mark.parametrize("where", ["terminal", "pipe"])
def test_an_interrupt_ends_both_processes(where: str, folder: Path) -> None:
    (folder / "memo.md.j2").write_text(LOOPS)
    controller, terminal = pty.openpty()
    stdin = terminal if where == "terminal" else subprocess.DEVNULL
    command = [sys.executable, "-c", _PROGRAM, "decide", EXAMPLE, "--templates", str(folder)]
    process = subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, process_group=0
    )
    try:
        children: list[int] = []
        while not children and process.poll() is None:
            time.sleep(0.1)
            children = _children(process.pid)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=30)
    finally:
        process.kill()
        os.close(controller)
        os.close(terminal)
    assert (process.returncode, printed, said) == (130, "", "interrupted\n")
    assert len(children) == 1
    assert not Path(f"/proc/{children[0]}").exists()


def test_the_process_ends_with_the_program_that_is_killed(folder: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from advisor.report import limits, templates; "
        "templates.fill('interview_start.txt.j2', {'resumed': True}, Path(sys.argv[1])); "
        "print(limits._Shared.worker._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")
    until = time.monotonic() + 20
    while _runs(int(done.stdout)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _runs(int(done.stdout))


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _runs(process: int) -> bool:
    """Whether the process is there, and no zombie nobody has asked about."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
