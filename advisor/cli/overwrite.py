"""The warning before an earlier decision is overwritten, and the question about it on a terminal."""

from __future__ import annotations

import sys

from advisor.common.diagnostics import BadInput, Problem


def on_terminal() -> bool:
    """Whether a person can be asked: both the answer and the question are on a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm_overwriting(warning: Problem | None, *, ask: bool) -> None:
    """Prints the warning. With ``ask`` only a `y` goes on; a script is warned, and goes on. Raises BadInput."""
    if warning is None:
        return
    print(warning, file=sys.stderr)
    if not ask:
        return
    print("overwrite it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise BadInput(Problem("nothing was written", warning.file, help="choose another name or folder"))
