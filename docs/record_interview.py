"""Writes docs/interview.md and docs/sessions/: interviews in a real terminal, as text (run by `make docs`)."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pexpect
import pyte

from advisor.interview.question_view import QuestionView
from advisor.interview.state import UNKNOWN
from benchmarks.lives import DAY, LIVES, catalogue_views, steps

DOCS = Path(__file__).parent
DOWN, ENTER, BACK = "\x1b[B", "\r", "\x02"
COLUMNS, LINES = 96, 400
SETTLING = 0.5
"""Seconds until a prompt is on the screen and takes keys: its question is printed once more when it is left."""
VIEWS = catalogue_views()


def keys(view: QuestionView, answer: str) -> str:
    """The keys that answer a question."""
    if not view.options:
        return ("" if answer == UNKNOWN else answer) + ENTER
    return DOWN * [option.value for option in view.options].index(answer) + ENTER


def recorded(name: str, life: Mapping[str, str]) -> str:
    """The interview of a life, as it is on the screen when it has ended."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    with tempfile.TemporaryDirectory() as folder:
        process = pexpect.spawn(
            sys.executable,
            ["-m", "advisor", "interview", "--date", DAY.isoformat(), "--name", name],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(DOCS.parent), "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
            timeout=60,
        )
        pressed = [(view.text, keys(view, answer)) for view, answer, _ in steps(VIEWS, life)]
        for question, typed in [*pressed, ("Check your answers", ENTER)]:
            process.expect_exact(question)
            stream.feed(process.before + process.after)
            time.sleep(SETTLING)
            process.expect(r"(?s).+")
            stream.feed(process.after)
            process.send(typed)
        process.expect(pexpect.EOF)
        stream.feed(process.before)
    lines = "\n".join(line.rstrip() for line in screen.display).strip("\n")
    return f"$ advisor interview --name {name}\n{lines}\n"


def main() -> None:
    """Writes the sessions of all lives, and the page with that of the hospital."""
    folder = DOCS / "sessions"
    folder.mkdir(exist_ok=True)
    sessions = {name: recorded(name, life) for name, life in LIVES.items()}
    for name, text in sessions.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    others = ", ".join(f"[{name}](sessions/{name}.txt)" for name in LIVES if name != "hospital")
    page = (
        "# An interview\n\nA hospital's tool, in a terminal; made by `make docs`.\n"
        "No price is asked: the catalogue has them, and what it lacks is left open. "
        f"Three others: {others}.\n\n```text\n{sessions['hospital']}```\n"
    )
    (DOCS / "interview.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
