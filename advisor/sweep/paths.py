"""The three files of a sweep, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from advisor.errors import BadInput, Problem
from advisor.files import is_file, is_folder
from advisor.sweep.formats import Kind, kind_of


@dataclass(frozen=True)
class Paths:
    """Where the rows come from and go to, and where rejected rows are told."""

    source: Path
    out: Path
    rejects: Path

    @property
    def source_kind(self) -> Kind:
        """The kind of the rows that come in."""
        return kind_of(self.source)

    @property
    def out_kind(self) -> Kind:
        """The kind of the rows that go out."""
        return kind_of(self.out)


def checked_paths(source: str, out: str, rejects: str | None) -> Paths:
    """The files of a sweep; rejects go to OUT's name and `.rejects.csv` unless named. Raises BadInput."""
    paths = Paths(Path(source), Path(out), Path(rejects or f"{out}.rejects.csv"))
    for path in (paths.source, paths.out):
        kind_of(path)
    _readable(paths.source)
    for path in (paths.out, paths.rejects):
        if is_folder(path):
            raise BadInput(Problem("a folder stands where a file is to be written", str(path), help="move it away"))
    pairs = ((paths.source, paths.out), (paths.source, paths.rejects), (paths.out, paths.rejects))
    for one, other in pairs:
        if _same(one, other):
            raise BadInput(Problem("one file would be written over another", str(other), help="name another file"))
    return paths


def _readable(path: Path) -> None:
    if is_folder(path):
        raise BadInput(Problem("this is a folder, not a file", str(path), help="name a file in it"))
    try:
        path.stat()
        if not is_file(path):
            raise BadInput(Problem("this is not a regular file", str(path), help="name a file"))
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise BadInput(Problem("there is no such file", str(path), help="check the path")) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        help = "check the path and its permissions"
        raise BadInput(Problem(f"the file cannot be read: {reason}", str(path), help=help)) from None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve() or (other.exists() and one.exists() and one.samefile(other))
    except (OSError, RuntimeError, ValueError):
        return False
