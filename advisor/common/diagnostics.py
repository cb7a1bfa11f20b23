"""What can go wrong, in the words shown to people, and the exit code of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

EXIT_OK = 0
EXIT_DEFECT = 1
EXIT_BAD_INPUT = 2
EXIT_ANSWERS_MISSING = 3
EXIT_INFEASIBLE = 4
EXIT_DIFFERENCE = 5
EXIT_CHANGED = 10
EXIT_INTERRUPTED = 130

MAX_SHOWN = 20
"""How many faults are printed; a file with more is usually the wrong file."""
_SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Problem:
    """One fault: what is wrong, where it stands, and what to do about it.

    ``code`` names the kind of fault where there is one to look up; ``level`` is ``error`` or ``warning``.
    """

    what: str
    file: str | None = None
    line: int | None = None
    field: str | None = None
    help: str | None = None
    code: str | None = None
    level: str = "error"

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
    """Base of every error the advisor raises on purpose."""

    exit_code = EXIT_DEFECT


class BadInput(AdvisorError):
    """Something that came from outside cannot be used; holds every problem found, not only the first."""

    exit_code = EXIT_BAD_INPUT

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        shown = [str(problem) for problem in self.problems[:MAX_SHOWN]]
        if len(self.problems) > MAX_SHOWN:
            shown.append(str(Problem(f"{len(self.problems) - MAX_SHOWN:,} more faults are not shown")))
        super().__init__("\n".join(shown))

    def coded(self, code: str) -> BadInput:
        """The same faults, with this code where they have none."""
        return BadInput(problem if problem.code else replace(problem, code=code) for problem in self.problems)


class EngineFailure(AdvisorError):
    """The rules engine failed; names the rule and the field where they are known."""

    def __init__(self, what: str, rule: str | None = None, field: str | None = None, help: str | None = None) -> None:
        self.rule = rule
        self.field = field
        place = f"for rule `{rule}`, " if rule else ""
        super().__init__(str(Problem(place + what, field=field, help=help)))


HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\xa0\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u1680\\u180e\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ud800-\\uf8ff\\ufeff\\ufff0-\\ufffb\\ufffe\\uffff\\U000110bd\\U000110cd"
    "\\U00013430-\\U0001345f\\U0001bca0-\\U0001bcaf\\U0001d173-\\U0001d17a\\U000e0000-\\U0010ffff]"
)
"""Characters that control, reorder or hide what is shown, and all blanks but the space.

A fixed list, because what ``str.isprintable`` says differs between versions of Python, and a memo's bytes must not.
"""


def printable(text: str) -> str:
    """The text on one line, with an escape for whatever a terminal would obey or nobody would see.

    >>> printable("a\\x1b[31mb\\u00a0c")
    'a\\\\x1b[31mb\\\\xa0c'
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(value: object) -> str:
    """A user's value in backticks, as YAML would write it, on one line and shortened.

    >>> quoted("a\\nb"), quoted(True), quoted(None), quoted(["a", {"b": 1}])
    ('`a\\\\nb`', '`true`', '`null`', '`[a, {b: 1}]`')
    """
    text = _plainly(value)
    return f"`{printable(text[:_SHOWN_LENGTH])}{'...' if len(text) > _SHOWN_LENGTH else ''}`"


def _plainly(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plainly(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plainly, value)) + "]"
    return str(value)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The help line for a misspelt word, when one of the known words is close enough.

    >>> did_you_mean("latnecy", ["latency", "quality"]), did_you_mean("On Premises", ["anywhere", "on_premises"])
    ('did you mean `latency`?', 'did you mean `on_premises`?')
    """
    import difflib

    alike = word[:_SHOWN_LENGTH].strip().lower().replace(" ", "_")
    close = difflib.get_close_matches(alike, list(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None
