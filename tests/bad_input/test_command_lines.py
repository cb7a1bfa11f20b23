"""Every malformed command line is refused in the words kept for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.bad_input.conftest import Refused

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"

CASES: dict[str, list[str]] = {
    "command-misspelt": ["decid", "ok.yaml"],
    "command-in-capitals": ["DECIDE", "ok.yaml"],
    "option-before-the-command": ["--json", "decide", "ok.yaml"],
    "option-unknown": ["decide", "ok.yaml", "--colour"],
    "option-misspelt": ["decide", "ok.yaml", "--jsno"],
    "option-shortened": ["decide", "ok.yaml", "--templ", "empty"],
    "option-misspelt-with-a-value": ["decide", "ok.yaml", "--dat=2026-01-01"],
    "json-and-out-a-file": ["decide", "ok.yaml", "--json", "--out", "ok.yaml"],
    "option-without-its-value": ["decide", "ok.yaml", "--date"],
    "option-with-a-value-too-many": ["decide", "ok.yaml", "--json=yes"],
    "scenario-missing": ["decide"],
    "scenario-twice": ["decide", "ok.yaml", "ok.yaml"],
    "standard-input-empty": ["decide", "-"],
    "date-that-does-not-exist": ["decide", "ok.yaml", "--date", "2026-02-30"],
    "date-in-words": ["decide", "ok.yaml", "--date", "tomorrow"],
    "date-without-zeros": ["decide", "ok.yaml", "--date", "2026-1-1"],
    "date-the-other-way-round": ["decide", "ok.yaml", "--date", "01.02.2026"],
    "date-in-the-year-nought": ["decide", "ok.yaml", "--date", "0000-01-01"],
    "date-with-a-time": ["decide", "ok.yaml", "--date", "2026-01-01T00:00"],
    "date-empty": ["decide", "ok.yaml", "--date", ""],
    "set-without-equals": ["decide", "ok.yaml", "--set", "monthly_images"],
    "set-empty": ["decide", "ok.yaml", "--set", ""],
    "set-without-a-field": ["decide", "ok.yaml", "--set", "=50000"],
    "set-field-misspelt": ["decide", "ok.yaml", "--set", "monthly_image=50000"],
    "set-field-unknown": ["decide", "ok.yaml", "--set", "colour=blue"],
    "set-field-with-an-escape": ["decide", "ok.yaml", "--set", "title\x1b[31m=x"],
    "set-number-unreadable": ["decide", "ok.yaml", "--set", "monthly_images=40x"],
    "set-number-of-5000-digits": ["decide", "ok.yaml", "--set", "monthly_images=" + "9" * 5000],
    "set-number-in-euro": ["decide", "ok.yaml", "--set", "open_price=0.03 EUR"],
    "set-number-with-a-decimal-comma": ["decide", "ok.yaml", "--set", "open_price=0,03"],
    "set-number-not-a-number": ["decide", "ok.yaml", "--set", "open_price=nan"],
    "set-number-negative": ["decide", "ok.yaml", "--set", "open_price=-$0.03"],
    "set-number-with-too-many-digits": [
        "decide",
        "ok.yaml",
        "--set",
        "open_price=0.00000000000000000000000000000000003k",
    ],
    "set-number-with-a-digit-far-behind": [
        "decide",
        "ok.yaml",
        "--set",
        "monthly_images=1.0000000000000000000000000000000001k",
    ],
    "set-volume-in-dollars": ["decide", "ok.yaml", "--set", "monthly_images=$40k"],
    "set-boolean-word": ["decide", "ok.yaml", "--set", "indemnity_required=perhaps"],
    "set-option-misspelt": ["decide", "ok.yaml", "--set", "control=latent"],
    "set-option-of-another-field": ["decide", "ok.yaml", "--set", "control=on_premises"],
    "set-low-above-expected": ["decide", "ok.yaml", "--set", "monthly_images_low=90k"],
    "set-several-faults": ["decide", "ok.yaml", "--set", "latency=1", "--set", "lat=1", "--set", "open_price=0"],
    "set-model-misspelt": ["decide", "ok.yaml", "--set", "model=flux-1-schnel"],
    "set-model-without-a-catalogue": ["decide", "ok.yaml", "--set", "model=flux-1-schnell", "--catalogue", "none"],
    "interview-model-misspelt": ["interview", "--no-input", "--set", "model=flux-1-schnel"],
    "explain-model-misspelt": ["explain", "ok.yaml", "--set", "model=flux-1-schnel"],
    "catalogue-nowhere": ["decide", "ok.yaml", "--catalogue", "nowhere"],
    "catalogue-none-with-a-discount": ["decide", "ok.yaml", "--catalogue", "none", "--discount", "fal=15%"],
    "age-without-a-catalogue": ["catalogue", "age", "--catalogue", "none"],
    "age-of-a-scenario": ["catalogue", "age", "ok.yaml"],
    "age-of-nothing": ["catalogue", "age", "nowhere.decision.json"],
    "set-and-file-faults": ["decide", "faulty.yaml", "--set", "open_price=free", "--set", "closed_price=0.04"],
    "rules-nowhere": ["decide", "ok.yaml", "--rules", "nowhere"],
    "rules-a-file": ["decide", "ok.yaml", "--rules", "ok.yaml"],
    "rules-an-empty-folder": ["decide", "ok.yaml", "--rules", "empty"],
    "rules-name-too-long": ["decide", "ok.yaml", "--rules", "x" * 300],
    "templates-nowhere": ["decide", "ok.yaml", "--templates", "nowhere"],
    "templates-a-file": ["decide", "ok.yaml", "--templates", "ok.yaml"],
    "templates-an-empty-folder": ["decide", "ok.yaml", "--templates", "empty"],
    "out-a-file": ["decide", "ok.yaml", "--out", "ok.yaml"],
    "out-below-a-file": ["decide", "ok.yaml", "--out", "ok.yaml/deeper"],
    "out-where-nothing-can-be-written": ["decide", "ok.yaml", "--out", "/proc/advisor"],
    "out-name-too-long": ["decide", "ok.yaml", "--out", "x" * 300],
    "rules-command-without-a-verb": ["rules"],
    "rules-command-misspelt": ["rules", "chek"],
    "schema-unknown": ["schema", "scenarios"],
    "cost-without-figures": ["cost"],
}
FAULTY = """\
open_price: $0.03
closed_price: 4 cents
latnecy: tolerant
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good scenario, a faulty one and an empty folder, to run in."""
    shutil.copy(EXAMPLE, tmp_path / "ok.yaml")
    (tmp_path / "faulty.yaml").write_text(FAULTY)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("case", CASES)
def test_the_command_line_is_refused(case: str, refused: Refused, snapshot: SnapshotAssertion) -> None:
    assert refused(*CASES[case]) == snapshot


@pytest.mark.usefixtures("here")
def test_standard_input_that_is_closed_is_refused(refused: Refused, snapshot: SnapshotAssertion) -> None:
    assert refused("decide", "-", standard_input=None) == snapshot


@pytest.mark.usefixtures("here")
def test_standard_input_that_is_too_large_is_refused(refused: Refused, snapshot: SnapshotAssertion) -> None:
    endless = b"residency: anywhere\n" * 20_000
    assert refused("decide", "-", standard_input=endless) == snapshot


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["decide", "-"], "error: standard input is closed"),
        (["decide", "/dev/zero"], "error: this is not a regular file"),
        (["decide", "nowhere.yaml"], "error: there is no such file"),
    ],
)
def test_a_process_of_its_own_says_the_same(here: Path, arguments: list[str], said: str) -> None:
    """Once each as users run it: with standard input closed, with a device, with nothing there."""
    shell = f'exec "{sys.executable}" -m advisor "$@" <&-'
    command = ["/bin/sh", "-c", shell, "sh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=here, check=False)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (2, "", said)
