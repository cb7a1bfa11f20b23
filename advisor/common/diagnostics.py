"""Errors as users see them (message, location, help line), and the exit codes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

EXIT_OK = 0
EXIT_DEFECT = 1
EXIT_BAD_INPUT = 2
EXIT_ANSWERS_MISSING = 3
EXIT_INFEASIBLE = 4
EXIT_DIFFERENCE = 5
EXIT_CHANGED = 10
EXIT_INTERRUPTED = 130

MAX_SHOWN = 20
"""The number of faults printed; a file with more is usually the wrong file."""
_SHOWN_LENGTH = 60


class Problem(NamedTuple):
    """One fault: what is wrong, its location, and what to do about it.

    A tuple and no dataclass, because importing ``dataclasses`` is a quarter of the time of ``advisor --help``.
    ``code`` names the kind of fault if it has a page in the documentation; ``level`` is ``error`` or ``warning``.
    ``key`` is a key of the input that is no field, or not only once: for programs, as the message names it already.
    """

    what: str
    file: str | None = None
    line: int | None = None
    field: str | None = None
    help: str | None = None
    code: str | None = None
    level: str = "error"
    key: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.level}[{self.code}]: {self.what}" if self.code else f"{self.level}: {self.what}"]
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        field = f"field `{self.field}`" if self.field else ""
        where = ", ".join(part for part in (place, field) if part)
        if where:
            lines.append(f"  --> {where}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(map(printable, lines))


class AdvisorError(Exception):
    """Base of all errors that the advisor raises."""

    exit_code = EXIT_DEFECT


class BadInput(AdvisorError):
    """Invalid input; holds every problem found, not only the first."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        shown = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(str(Problem(f"{len(self.problems) - MAX_SHOWN:,} more faults are not shown")))
        super().__init__("\n".join(shown))

    def coded(self, code: str) -> BadInput:
        """The same faults; those without a code get this one."""
        return BadInput(problem if problem.code else problem._replace(code=code) for problem in self.problems)


class EngineFailure(AdvisorError):
    """The rules engine failed."""

    def __init__(self, what: str, help: str | None = None) -> None:
        super().__init__(str(Problem(what, help=help)))


HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\xa0\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u1680\\u180e\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ud800-\\uf8ff\\ufeff\\ufff0-\\ufffb\\ufffe\\uffff\\U000110bd\\U000110cd"
    "\\U00013430-\\U0001345f\\U0001bca0-\\U0001bcaf\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]"
)
"""Control, format and invisible characters, and all white space but the space.

A fixed list, because ``str.isprintable`` differs between versions of Python, and a memo's bytes must not.
"""


def printable(text: str) -> str:
    """The text on one line, with control and invisible characters escaped.

    >>> printable("a\\x1b[31mb\\u00a0c")
    'a\\\\x1b[31mb\\\\xa0c'
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(value: object) -> str:
    """A user's value in backticks, in YAML notation, on one line and shortened.

    >>> quoted("a\\nb"), quoted(True), quoted(None), quoted(["a", {"b": 1}])
    ('`a\\\\nb`', '`true`', '`null`', '`[a, {b: 1}]`')
    """
    text = _yaml_notation(value)
    return f"`{printable(text[:_SHOWN_LENGTH])}{'...' if len(text) > _SHOWN_LENGTH else ''}`"


def _yaml_notation(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml_notation(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml_notation, value)) + "]"
    return str(value)


def reason(error: OSError | ValueError) -> str:
    """The cause in the words of the operating system, for the end of a message; libraries add their own to them."""
    number = error.errno if isinstance(error, OSError) else None
    return (os.strerror(number) if number else getattr(error, "strerror", None) or str(error)).lower()


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The help line for a misspelt word; None if no known word is similar enough.

    >>> did_you_mean("latnecy", ["latency", "quality"]), did_you_mean("On Premises", ["anywhere", "on_premises"])
    ('did you mean `latency`?', 'did you mean `on_premises`?')
    """
    import difflib

    alike = word[:_SHOWN_LENGTH].strip().lower().replace(" ", "_")
    close = difflib.get_close_matches(alike, list(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None
