"""The resource limits of custom templates, and the fault of templates that exceed them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from advisor.common.diagnostics import Problem

_HELP = "compare it with the bundled template, and look for what is repeated too often"


@dataclass(frozen=True)
class Limits:
    """The limits of one piece of work.

    ``seconds`` is CPU time, ``waiting`` wall-clock seconds; ``memory`` is bytes beyond what the process
    holds before the work, ``characters`` the length of one rendered template.
    """

    seconds: float = 10.0
    waiting: float = 60.0
    memory: int = 512 * 2**20
    characters: int = 4_000_000


FILLING = Limits()
"""For one template. A memo is 20 thousand characters, and `advisor verify` reads four million bytes at most."""
PRINTING = Limits(seconds=60.0, waiting=240.0, memory=2 * 2**30)
"""For one page as PDF, which takes seconds even normally."""


Result = TypeVar("Result", str, bytes)


def bounded(
    limits: Limits, templates: Path | None, template: str, work: Callable[..., Result], *arguments: object
) -> Result:
    """The result of ``work``: in this process for the bundled templates, within limits for a folder of custom ones.

    ``template`` is the file to name in faults. Raises what ``limited.within_limits`` raises.
    """
    if templates is None:
        return work(*arguments)
    from advisor.report.limited import within_limits

    return within_limits(limits, templates / template, work, *arguments)


class Exceeded(Exception):
    """A limit was exceeded; the text says which, as a predicate of the template."""


def out_of_time(limits: Limits) -> Exceeded:
    """More computing time than ``limits`` allow."""
    return Exceeded(f"takes more than {limits.seconds:g} s of computing time")


def out_of_memory(limits: Limits) -> Exceeded:
    """More memory than ``limits`` allow."""
    return Exceeded(f"needs more than {limits.memory // 2**20:,} MiB of memory")


def too_long(characters: int) -> Exceeded:
    """A text longer than ``characters``."""
    return Exceeded(f"writes more than {characters:,} characters")


def fault(error: Exceeded, file: str, line: int | None = None) -> Problem:
    """The fault of a template that exceeds a limit, with its place."""
    return Problem(f"the template {error}", file, line, help=_HELP)
