"""The program as a user runs it: processes, pipes, signals, a terminal, other locales and hash seeds."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.domain.record import Decision, parse_record
from tests.helpers.strategies import EXERCISE

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"
ADVISOR = [sys.executable, "-m", "advisor"]
PERMISSIVE: dict[str, object] = {
    name: float(value) if isinstance(value, Decimal) else value
    for name, value in EXERCISE.items()
    if name != "monthly_images"
}
REFERENCE: dict[str, tuple[dict[str, object], str | None, list[str], int]] = {
    "38.3.3 a": ({"monthly_images": 3000, "residency": "on_premises"}, "self_host", ["residency"], 0),
    "38.3.3 b": (
        {"monthly_images_low": 100, "monthly_images_high": 100_000},
        "open_weight_api",
        ["switching_cost"],
        0,
    ),
    "38.3.3 c": ({"monthly_images": 500, "quality": "frontier_only"}, "closed_api", ["model_access"], 0),
    "38.3.3 d": ({"monthly_images": 3_000_000, "control": "adapters"}, "self_host", ["cost"], 0),
    "38.3.2": ({"monthly_images": 50_000}, "open_weight_api", ["cost"], 0),
    "startup, first month": (
        {"monthly_images": 4000, "quality": "best_preferred"},
        "closed_api",
        ["model_access"],
        0,
    ),
    "startup, a year on": (
        {"monthly_images": 2_000_000, "quality": "best_preferred", "current_route": "closed_api"},
        "self_host",
        ["cost"],
        0,
    ),
    "on_premises and latents": (
        {"monthly_images": 50_000, "residency": "on_premises", "control": "latents"},
        "self_host",
        ["residency", "control"],
        0,
    ),
    "on_premises and frontier_only": (
        {"monthly_images": 5000, "residency": "on_premises", "quality": "frontier_only"},
        None,
        [],
        4,
    ),
}


def advisor(*arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ADVISOR, *arguments],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def record_of(text: str) -> Decision:
    return parse_record(text, "standard output")


def within(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The same within this process, for what does not depend on the process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(arguments))
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("case", REFERENCE)
def test_reference_outcomes_through_the_command_line(case: str) -> None:
    answers, route, axes, code = REFERENCE[case]
    command = advisor if case == "38.3.2" else within
    done = command("decide", "-", "--json", "--date", "2026-11-22", stdin=json.dumps({**PERMISSIVE, **answers}))
    assert (done.returncode, done.stderr) == (code, "")
    record = json.loads(done.stdout)
    assert (record["route"], record["deciding_axes"]) == (route, axes)
    assert record["deciding_axis"] == (axes[0] if axes else None)
    if route:
        assert record["crossovers"]["open_weight_api"] == "71428.57"


def test_what_is_written_decides_the_same_again(tmp_path: Path) -> None:
    arguments = ("--date", "2026-11-22", "--set", "title=A \u201ctitle\u201d: #1, 'x' \U0001f3a8")
    assert within("decide", str(EXAMPLE), *arguments, "--out", str(tmp_path)).returncode == 0
    again = within("decide", str(tmp_path / "exercise-38-3-2.scenario.yaml"), "--json", "--date", "2026-11-22")
    assert again.stdout == (tmp_path / "exercise-38-3-2.decision.json").read_text(encoding="utf-8")
    assert record_of(again.stdout).scenario["title"] == "A \u201ctitle\u201d: #1, 'x' \U0001f3a8"


def test_settings_are_typed_as_people_type_them() -> None:
    settings = ["monthly_images=40k", "open_price=$0.03", "closed_price=4 cents", "monthly_overhead=2,000"]
    arguments = [word for setting in settings for word in ("--set", setting)]
    record = record_of(within("decide", str(EXAMPLE), "--json", *arguments).stdout)
    assert record.scenario["monthly_images"] == 40_000
    assert record.scenario["closed_price"] == "0.04"
    assert record.scenario["monthly_overhead"] == "2000"


def test_answers_missing_are_named_on_stderr_and_exit_is_3() -> None:
    done = within("decide", str(EXAMPLE), "--json", "--set", "open_price=", "--catalogue", "none")
    assert done.returncode == 3
    assert json.loads(done.stdout)["open_questions"] == ["open_price"]
    assert "answers are missing: `open_price`" in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{' '.join(ADVISOR)} decide {EXAMPLE} | head -c 20"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("---")


@pytest.mark.parametrize("where", ["terminal", "pipe"])
def test_ctrl_c_while_waiting_for_input_exits_130(where: str) -> None:
    if where == "terminal":
        controller, terminal = pty.openpty()
        stdin: int = terminal
    else:
        stdin, controller = os.pipe()
    process = subprocess.Popen([*ADVISOR, "decide", "-"], stdin=stdin, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        os.close(controller)
        os.close(stdin)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_a_terminal_gets_the_memo_without_escape_codes() -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen([*ADVISOR, "decide", str(EXAMPLE)], stdin=terminal, stdout=terminal, cwd=ROOT)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 65536):
            shown += chunk
    except OSError:  # Linux says "input/output error" when the other side of a terminal has closed
        pass
    finally:
        os.close(controller)
    assert process.wait(timeout=30) == 0
    assert b"The deciding axis is cost." in shown
    assert b"\x1b" not in shown


def test_no_command_prints_the_help_and_exits_2() -> None:
    done = advisor()
    assert done.returncode == 2
    assert "decide" in done.stdout


def test_the_version_and_the_help_need_no_heavy_import() -> None:
    check = "import sys; from advisor.cli.main import run\ntry: run(['--help'])\nexcept SystemExit: pass\n"
    heavy = "print(sorted({'pydantic', 'jinja2', 'yaml', 'durable_rules_engine'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check + heavy], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("format", ["md", "txt", "json"])
def test_what_shows_no_chart_imports_nothing_that_draws(format: str) -> None:
    check = f"import sys; from advisor.cli.main import run\nrun(['decide', {str(EXAMPLE)!r}, '--format', {format!r}])\n"
    drawing = "print(sorted({'numpy', 'matplotlib', 'contourpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check + drawing], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_page_imports_only_what_draws() -> None:
    check = f"import sys; from advisor.cli.main import run\nrun(['decide', {str(EXAMPLE)!r}, '--format', 'html'])\n"
    needless = "print(sorted({'matplotlib.pyplot', 'matplotlib.style'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", check + needless], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("what", ["scenario", "decision", "portfolio"])
def test_schemas_are_json(what: str) -> None:
    assert json.loads(within("schema", what).stdout)["type"] == "object"


def test_the_cost_command_solves_the_exercise() -> None:
    arguments = ("--price", "0.03", "--gpu-hour", "1.20", "--images-per-hour", "600", "--overhead", "2000")
    assert within("cost", *arguments).stdout == "crossover: 71,428.57 images a month\n"
    never = within("cost", "--price", "0.002", *arguments[2:]).stdout
    assert "never wins" in never


def test_nothing_is_left_behind_when_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "exercise-38-3-2.decision.json").mkdir()
    done = within("decide", str(EXAMPLE), "--out", str(tmp_path))
    assert done.returncode == 2
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("closed", "commands"),
    [(">&-", ("decides",)), ("2>&-", ("fails",)), ("<&-", ("reads",)), (">&- 2>&- <&-", ("decides", "fails", "reads"))],
)
def test_closed_streams_change_no_exit_code(tmp_path: Path, closed: str, commands: tuple[str, ...]) -> None:
    """Each stream alone with the command that uses it, and all of them with each."""
    written = ["decide", str(EXAMPLE), "--out", str(tmp_path)]
    ends = {"decides": (written, 0), "fails": (["decide", "nothing.yaml"], 2), "reads": (["decide", "-"], 2)}
    for arguments, code in (ends[command] for command in commands):
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *ADVISOR, *arguments],
            capture_output=True,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
    assert (tmp_path / "exercise-38-3-2.memo.md").is_file() == ("decides" in commands)
