"""Every faulty rulebook of `rulebooks.yaml` is refused in the words of its snapshot."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from tests.bad_input.conftest import Refused

RULES = Path(__file__).parents[2] / "rules"
CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("rulebooks.yaml").read_text(encoding="utf-8")
)


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the bundled rules without their cases, in the folder where the command will run."""
    monkeypatch.chdir(tmp_path)
    copy = Path("rules")
    shutil.copytree(RULES, copy, ignore=shutil.ignore_patterns("cases"))
    return copy


def _change(path: Path, change: Any) -> None:
    if change is None:
        path.rmdir() if path.is_dir() else path.unlink()
    elif isinstance(change, str):
        path.parent.mkdir(exist_ok=True)
        path.write_text(change)
    else:
        text = path.read_text()
        assert text.count(change["replace"]) == 1, f"{change['replace']!r} does not stand once in {path}"
        path.write_text(text.replace(change["replace"], str(change["by"])))


@pytest.mark.parametrize("case", CASES)
def test_the_rulebook_is_refused(
    case: str,
    rules: Path,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    for file, change in CASES[case].items():
        _change(rules / file, change)
    assert refused("rules", "check", "--rules", "rules") == snapshot


def _gate(id: str, when: str) -> str:
    return (
        f"- id: {id}\n  axis: control\n  when: {when}\n  eliminate: offer\n"
        "  because: of that\n  provided: this holds\n  source: a test\n"
    )


ALTERNATIVES = "{any: [{quality: open_suffices}, {quality: best_preferred}, {quality: frontier_only}]}"
TRAITS = (
    *("leaves_premises", "offered_in_region", "commercial_use", "training_on_outputs", "output_indemnity"),
    *("licensed_in_region", "shared_queue"),
)
MADE: dict[str, tuple[str, str]] = {
    "too-many-alternatives": (
        "gates/control.yaml",
        _gate("too-wide", f"{{shared_queue: yes, all: [{', '.join([ALTERNATIVES] * 4)}]}}"),
    ),
    "too-many-comparisons-together": (
        "gates/control.yaml",
        _gate("too-long", f"{{shared_queue: yes, all: [{', '.join(['{latency: tolerant}'] * 16)}]}}"),
    ),
    "too-many-unknown-traits": (
        "gates/control.yaml",
        _gate("too-open", f"{{all: [{', '.join(f'{{{trait}: yes}}' for trait in TRAITS)}, {ALTERNATIVES}]}}"),
    ),
    "too-large-a-file": ("advice.yaml", "# " + "x" * 1_000_000 + "\n"),
    "nested-too-deep": ("gates/control.yaml", _gate("deep", "{not: " * 40 + "{}" + "}" * 40)),
}


@pytest.mark.parametrize("case", MADE)
def test_the_rulebook_is_too_large(
    case: str,
    rules: Path,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    file, text = MADE[case]
    (rules / file).write_text(text)
    assert refused("rules", "check", "--rules", "rules") == snapshot
