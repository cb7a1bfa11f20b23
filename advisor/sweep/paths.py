"""The three files of a sweep, checked before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import check_regular, check_target, real
from advisor.sweep.formats import TableFormat, format_of
from advisor.sweep.rejects import is_of_rejects


@dataclass(frozen=True)
class Paths:
    """Input, output and rejects; ``named`` says whether the user named the rejects file."""

    source: Path
    out: Path
    rejects: Path
    named: bool

    @property
    def source_kind(self) -> TableFormat:
        """The format of the input."""
        return format_of(self.source)

    @property
    def out_kind(self) -> TableFormat:
        """The format of the output."""
        return format_of(self.out)


def checked_paths(source: str, out: str, rejects: str | None) -> Paths:
    """The files of a sweep; rejects go to OUT's name and `.rejects.csv` unless named. Raises BadInput."""
    paths = Paths(Path(source), Path(out), Path(rejects or f"{out}.rejects.csv"), bool(rejects))
    for path in (paths.source, paths.out):
        format_of(path)
    check_regular(paths.source)
    for path in (paths.out, paths.rejects):
        check_target(path)
    if not paths.named and paths.rejects.exists() and not is_of_rejects(paths.rejects):
        what = "rejected rows would be listed here, and this file is not such a list"
        raise BadInput(Problem(what, str(paths.rejects), help="name another file with --rejects FILE"))
    pairs = ((paths.source, paths.out), (paths.source, paths.rejects), (paths.out, paths.rejects))
    for one, other in pairs:
        if _same(one, other):
            raise BadInput(Problem("one file would be written over another", str(other), help="name another file"))
    return paths


def _same(one: Path, other: Path) -> bool:
    try:
        return real(one) == real(other) or (other.exists() and one.exists() and one.samefile(other))
    except (OSError, ValueError):
        return False
