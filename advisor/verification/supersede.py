"""A new decision in the place of an old one: the link is written into both memos, and no fact is touched."""

from __future__ import annotations

import os
from pathlib import Path

from advisor.errors import BadInput, Problem, quoted
from advisor.files import read_text
from advisor.report.review import taken_apart, with_own_lines
from advisor.rulebook.model import Rulebook
from advisor.verification.verify import MAX_BYTES, Verdict, verified

_BY = "superseded by "


def linked(old: Path, new: Path, memo: str, rulebook: Rulebook, templates: Path | None) -> tuple[str, str]:
    """The old memo and the new one with the link to each other, as they are to be written.

    ``old`` is the file of the old memo, ``new`` where the new one, ``memo``, will be. Raises BadInput where the old one
    is no memo, has been edited in a fact, or is superseded by another already.
    """
    file = str(old)
    if old.resolve() == new.resolve():
        help = "write the new decision under another name: copy the scenario file first"
        raise BadInput(Problem("a memo cannot supersede itself", file, help=help))
    text = read_text(file, MAX_BYTES)
    if not text.startswith("---"):
        raise BadInput(
            Problem("this is not a memo in Markdown", file, help="name the NAME.memo.md of the old decision")
        )
    if verified(text, file, rulebook, templates).verdict is Verdict.DIFFERS:
        help = f"`advisor verify {file}` names what differs"
        raise BadInput(Problem("a fact of this memo has been edited, so nothing is written", file, help=help))
    by = f"{_BY}{_link(new, old)}"
    status = taken_apart(text, file).status
    if status.startswith(_BY) and status != by:
        help = "supersede that one, or change the status back first"
        raise BadInput(Problem(f"this memo is {quoted(status)} already", file, field="status", help=help))
    return with_own_lines(text, file, status=by), with_own_lines(memo, str(new), supersedes=_link(old, new))


def _link(to: Path, of: Path) -> str:
    """The path to one memo from the folder of the other."""
    return Path(os.path.relpath(to.resolve(), of.resolve().parent)).as_posix()
