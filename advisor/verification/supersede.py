"""A new decision in the place of an old one: the link is written into both memos, and no fact is touched."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import STANDARD_INPUT, check_regular, read_text, real
from advisor.report.front_matter import taken_apart, with_own_lines
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import MAX_BYTES
from advisor.verification.verify import Verdict, verified

_BY = "superseded by "


@dataclass(frozen=True)
class Linked:
    """The old memo and the new one as they are to be written; ``compared`` is False where the rules have changed."""

    old: str
    new: str
    compared: bool


def linked(old: Path, new: Path, memo: str, rulebook: Rulebook, templates: Path | None) -> Linked:
    """The old memo and the new one with the link to each other.

    ``old`` is the file of the old memo, ``new`` where the new one, ``memo``, will be. Raises BadInput where the old one
    is no memo, has been edited in a fact, or is superseded by another already, and where links would lead in a circle.
    """
    file = str(old)
    if real(old) == real(new):
        help = "write the new decision under another name: copy the scenario file first"
        raise BadInput(Problem("a memo cannot supersede itself", file, help=help))
    if file != STANDARD_INPUT:
        check_regular(old)
    text = "" if file == STANDARD_INPUT else read_text(file, MAX_BYTES)
    if not text.startswith("---"):
        raise BadInput(
            Problem("this is not a memo in Markdown", file, help="name the NAME.memo.md of the old decision")
        )
    verdict = verified(text, file, rulebook, templates).verdict
    if verdict is Verdict.DIFFERS:
        help = f"`advisor verify {file}` names what differs"
        raise BadInput(Problem("a fact of this memo has been edited, so nothing is written", file, help=help))
    by = f"{_BY}{_link(new, old)}"
    status = taken_apart(text, file).status
    if status.startswith(_BY) and status != by:
        help = "supersede that one, or change the status back first"
        raise BadInput(Problem(f"this memo is {quoted(status)} already", file, field="status", help=help))
    _refuse_circle(old, new, memo)
    return Linked(with_own_lines(text, file, status=by), _with_link(memo, new, old), verdict is Verdict.VERIFIED)


def _refuse_circle(old: Path, new: Path, memo: str) -> None:
    """Refuses a new memo that is itself superseded, or that the old one took over from, at once or by others."""
    status = taken_apart(memo, str(new)).status
    help = "write the new decision under another name: copy the scenario file first"
    if status.startswith(_BY):
        what = f"this memo is {quoted(status)} itself, so it cannot take over from another"
        raise BadInput(Problem(what, str(new), field="status", help=help))
    if real(new) in _earlier(old):
        what = f"{quoted(old)} supersedes this memo, so it cannot take over from it"
        raise BadInput(Problem(what, str(new), help=help))


def _earlier(memo: Path) -> set[Path]:
    """The memos that one took over from, and those that they did, as far as they can be read."""
    seen: set[Path] = set()
    left = [real(memo)]
    while left:
        found = _taken_over(left.pop()) - seen
        left += found
        seen |= found
    return seen


def _taken_over(memo: Path) -> set[Path]:
    try:
        links = taken_apart(read_text(str(memo), MAX_BYTES), str(memo)).supersedes
        return {real(memo.parent / link) for link in links}
    except BadInput:
        # What stands there may be any text.
        return set()


def _with_link(memo: str, new: Path, old: Path) -> str:
    """The new memo with a link to the old one, beside those it has."""
    links, link = taken_apart(memo, str(new)).supersedes, _link(old, new)
    if link in links:
        return memo
    return with_own_lines(memo, str(new), supersedes=[*links, link] if links else link)


def _link(to: Path, of: Path) -> str:
    """The path to one memo from the folder of the other."""
    return Path(os.path.relpath(real(to), real(of).parent)).as_posix()
