"""What the monitor prints on a terminal, or into a pipe."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from advisor.monitor.bars import bars_of
from advisor.monitor.model import Watched
from advisor.monitor.view_model import told
from advisor.report.templates import fill

LEAST_WIDTH = 40
_LABEL = re.compile(r" *\S+(?: \S+)* {2,}|rule: |note: |")
"""What the further lines of a long line are indented by: a label before two blanks, or one of these words."""


def summary_text(watched: Watched, width: int, templates: Path | None = None, *, unicode: bool = True) -> str:
    """The verdict, its figures and bars of the months in lines of at most ``width`` characters (40 at least).

    Without ``unicode`` it is ASCII only. Raises BadInput for a fault in templates of one's own.
    """
    width = max(width, LEAST_WIDTH)
    bars = bars_of(watched, width, unicode=unicode)
    named = {
        "told": told(watched),
        "decision": watched.decision.model_dump(mode="json"),
        "bars": bars,
    }
    text = fill("monitor.txt.j2", named, templates)
    text = text if unicode else text.encode("ascii", "replace").decode()
    return "\n".join(line for whole in text.splitlines() for line in _wrapped(whole, width)) + "\n"


def _wrapped(line: str, width: int) -> Iterator[str]:
    if len(line) <= width:
        yield line
        return
    label = _LABEL.match(line)
    hang = len(label[0]) if label else 0
    indent = " " * (hang if hang <= width // 2 else 2)
    yield from textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False)
