"""Checks the columns of a table: which are answers, and which names are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.domain.scenario import FIELDS
from advisor.rulebook.symbols import MODEL

RESULTS = ("route", "deciding_axis", "feasible_routes", "settled")
MAX_COLUMNS = 1_000
_WITHOUT_CATALOGUE = "leave out `--catalogue none`, or the column"
_TOO_ALIKE = "rename one of them; names that differ only in case count as the same"


def check_columns(names: Sequence[str], file: str, line: int | None, has_catalogue: bool) -> list[Problem]:
    """Warnings for columns that look like misspelt fields.

    Raises BadInput for names that cannot be written to OUT: empty, duplicate, or the name of a result.
    """
    problems = list(_faults(names, file, line, has_catalogue))
    if problems:
        raise BadInput(problems)
    return [
        Problem(
            f"the column {quoted(name)} is no scenario field and is carried along",
            file,
            line,
            None,
            close,
            level="warning",
        )
        for name in names
        if name not in FIELDS and (close := did_you_mean(name, FIELDS))
    ]


def _faults(names: Sequence[str], file: str, line: int | None, has_catalogue: bool) -> Iterator[Problem]:
    if len(names) > MAX_COLUMNS:
        what = f"there are {len(names):,} columns, more than {MAX_COLUMNS:,}"
        yield Problem(what, file, line, help="check that this is the right file")
        return
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        same = seen.setdefault(name.casefold(), number)
        if not name:
            yield Problem(f"column {number} has no name", file, line, help="name it, or leave it out")
        elif "\0" in name:
            yield Problem(f"the name {quoted(name)} holds the character U+0000", file, line, help="rename the column")
        elif same != number:
            yield Problem(
                f"the columns {same} and {number} are both called {quoted(name)}", file, line, help=_TOO_ALIKE
            )
        elif name == MODEL and not has_catalogue:
            what = f"the column {quoted(name)} names checkpoints of the catalogue, and this sweep decides without one"
            yield Problem(what, file, line, help=_WITHOUT_CATALOGUE)
        elif name.casefold() in RESULTS:
            yield Problem(f"a column is called {quoted(name)}, as one of the results", file, line, help="rename it")
    if names and not set(names) & set(FIELDS):
        yield Problem("no column is a scenario field", file, line, help=_separator(names[0]))


def _separator(first: str) -> str:
    if ";" in first or "\t" in first:
        return "separate the cells with commas"
    return "name the columns as the fields; `advisor schema scenario` lists them"
