"""Prints docs/interview.md: a session of `advisor interview` in a real terminal, as text (run by `make docs`)."""

from __future__ import annotations

import os
import sys
import tempfile
import time

import pexpect
import pyte

DOWN, ENTER, BACK = "\x1b[B", "\r", "\x02"
COLUMNS, LINES = 96, 400
SETTLING = 0.5
"""Seconds until a prompt is on the screen and takes keys: its question is printed once more when it is left."""
STEPS = (
    ("Must the outputs be indemnified", "?"),
    ("Must the outputs be indemnified", DOWN + ENTER),
    ("How good must the model be", ENTER),
    ("Where may prompts and images go", BACK),
    ("How good must the model be", ENTER),
    ("Where may prompts and images go", DOWN + DOWN + ENTER),
    ("What are the outputs for", ENTER),
    ("Shall I also work out what it costs", ENTER),
    ("How many images in the expected month", "40k" + ENTER),
    ("What does a GPU cost per hour", "$1.20" + ENTER),
    ("How many images does it make per hour", "600" + ENTER),
    ("What overhead do own GPUs add per month", "2,000" + ENTER),
    ("Shall I ask for the details", ENTER),
    ("Check your answers", ENTER),
)


def recorded() -> list[str]:
    """The lines on the screen when the interview has ended."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    with tempfile.TemporaryDirectory() as folder:
        process = pexpect.spawn(
            sys.executable,
            ["-m", "advisor", "interview", "--date", "2026-11-22", "--name", "hospital"],
            cwd=folder,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
            timeout=30,
        )
        for question, keys in STEPS:
            process.expect_exact(question)
            stream.feed(process.before + process.after)
            time.sleep(SETTLING)
            process.expect(r"(?s).+")
            stream.feed(process.after)
            process.send(keys)
        process.expect(pexpect.EOF)
        stream.feed(process.before)
    return [line.rstrip() for line in screen.display]


def main() -> None:
    """Prints the page."""
    lines = "\n".join(recorded()).strip("\n")
    print("# An interview\n")
    print(
        "A hospital's tool, in a terminal; made by `make docs`. One question is asked why (`?`), one step is taken back"
    )
    print("(ctrl-b). No price is asked before the route is known.\n")
    print("```text\n$ advisor interview --name hospital")
    print(lines)
    print("```")


main()
