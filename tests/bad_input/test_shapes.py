"""Hundreds of wrong inputs over all commands: an error in our words with a help line, in time, never a traceback."""

from __future__ import annotations

import datetime
import io
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from advisor.cli.main import run
from advisor.common import files
from advisor.decision.decide import decide
from advisor.domain.scenario_io import read_scenario
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown
from tests.bad_input.more_shapes import command_shapes, monitor_shapes, rule_shapes, template_shapes
from tests.bad_input.shapes import ROOT, Shape, memo_shapes, record_shapes, scenario_shapes, sweep_shapes
from tests.helpers.strategies import some_of

EXIT_CODES = {0, 2, 3, 4, 5, 130}
SECONDS = 120
"""Far more than any of them takes on a busy machine."""
FIRST_LINE = re.compile(
    r"(error|warning)(\[[a-z-]+\])?: ([^A-Z]|U\+|UTF|GPU|JSON|YAML|CSV|PDF|CRLF).*[^.\n]", re.DOTALL
)
SCENARIO = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"


def _written() -> tuple[str, str, str]:
    """The record, the memo and the page of the example."""
    decision = decide(read_scenario(str(SCENARIO)), decided_on=datetime.date(2026, 1, 1))
    return decision.to_json(), memo_markdown(decision), memo_html(decision)


RECORD, MEMO, PAGE = _written()
ALL = (
    *scenario_shapes(),
    *record_shapes(RECORD),
    *memo_shapes(MEMO, PAGE),
    *sweep_shapes(),
    *rule_shapes(),
    *template_shapes(),
    *monitor_shapes(),
    *command_shapes(),
)
SHAPES = {shape.name: shape for shape in ALL}


@contextmanager
def in_time() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"it took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def prepared(shape: Shape) -> list[str]:
    """Writes the files of a shape here, and returns its command line."""
    known = {"SCENARIO": str(SCENARIO), "RULES": str(ROOT / "rules"), "TEMPLATES": str(ROOT / "reports" / "templates")}
    texts = {
        "RECORD": ("known.decision.json", RECORD),
        "MEMO": ("known.memo.md", MEMO),
        "PAGE": ("known.memo.html", PAGE),
    }
    for word, (name, text) in texts.items():
        if word in shape.arguments:
            Path(name).write_text(text)
            known[word] = name
    for name in ("rules", "templates"):
        if any(file.startswith(f"{name}/") for file in shape.files):
            shutil.copytree(known[name.upper()], name)
    for file, data in shape.files.items():
        path = Path(file)
        if data is None:
            path.unlink(missing_ok=True)
            path.mkdir()
        else:
            path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    return [known.get(word, word) for word in shape.arguments]


def faults(code: int, said: str) -> list[str]:
    """What is wrong with how a command ended."""
    found = [] if code in EXIT_CODES else [f"exit code {code}"]
    if "Traceback" in said:
        found.append("a traceback")
    problems = re.split(r"^(?=(?:error|warning)(?:\[|:))", said, flags=re.MULTILINE)[1:]
    if code == 2 and not problems and "rejected: " not in said:
        found.append("no error")
    for problem in problems:
        head = re.split(r"\n  (?:-->|help:)", problem)[0].strip()
        if not FIRST_LINE.fullmatch(head):
            found.append(f"not in our form: {head}")
        if "\n  help: " not in problem and "more faults are not shown" not in head:
            found.append(f"no help: {head}")
    return found


@pytest.mark.fuzz
@pytest.mark.parametrize("name", some_of(SHAPES, 4))
def test_a_wrong_shape(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = SHAPES[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "SILENCE_SECONDS", 1)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(shape.standard_input), encoding="utf-8"))
    arguments = prepared(shape)
    with in_time():
        code = run(arguments)
    printed, said = capfd.readouterr()
    call = f"advisor {' '.join(arguments)}\n{said}"
    assert not faults(code, said), call
    assert code != 2 or not printed or arguments[0] in ("recheck", "rules"), f"{call}{printed}"
    assert not list(tmp_path.rglob(".*")), f"{call}something is left behind"


def test_there_are_enough_of_them() -> None:
    assert len(SHAPES) == len(ALL) > 500
