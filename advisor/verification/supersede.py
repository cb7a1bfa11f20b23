"""A decision that supersedes another: both memos get a link, and no fact changes."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import STANDARD_INPUT, check_regular, read_text, real
from advisor.report.front_matter import parse_memo, with_front_matter
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import MAX_BYTES
from advisor.verification.verify import VerificationVerdict, verified

_BY = "superseded by "
_OTHER_NAME = "write the new decision under another name: copy the scenario file first"


@dataclass(frozen=True)
class LinkedMemos:
    """The old and the new memo as they are to be written; ``compared`` is False if rules or catalogue have changed."""

    old: str
    new: str
    compared: bool


def link_memos(
    old: Path, new: Path, memo: str, rulebook: Rulebook, templates: Path | None, catalogue: Catalogue | None
) -> LinkedMemos:
    """The old memo and the new one, linked to each other.

    ``old`` is the file of the old memo, ``new`` that of the new one, whose text is ``memo``. Raises BadInput if the old
    file is not a memo, if a fact in it has been edited, if it is superseded already, and if links would form a cycle.
    """
    file = str(old)
    if real(old) == real(new):
        raise BadInput(Problem("a memo cannot supersede itself", file, help=_OTHER_NAME))
    if file != STANDARD_INPUT:
        check_regular(old)
    text = "" if file == STANDARD_INPUT else read_text(file, MAX_BYTES)
    if not text.startswith("---"):
        help = "name the NAME.memo.md of the old decision"
        raise BadInput(Problem("this is not a memo in Markdown", file, help=help))
    verdict = verified(text, file, rulebook, templates, catalogue).verdict
    if verdict is VerificationVerdict.DIFFERS:
        help = f"`advisor verify {file}` names what differs"
        raise BadInput(Problem("a fact of this memo has been edited, so nothing is written", file, help=help))
    by, status = f"{_BY}{_link(new, old)}", parse_memo(text, file).status
    if status.startswith(_BY) and status != by:
        help = "supersede that one, or change the status back first"
        raise BadInput(Problem(f"this memo is {quoted(status)} already", file, field="status", help=help))
    _refuse_cycle(old, new, memo)
    links, link = parse_memo(memo, str(new)).supersedes, _link(old, new)
    if link not in links:
        memo = with_front_matter(memo, str(new), supersedes=[*links, link] if links else link)
    compared = verdict is VerificationVerdict.VERIFIED
    return LinkedMemos(with_front_matter(text, file, status=by), memo, compared)


def _refuse_cycle(old: Path, new: Path, memo: str) -> None:
    """Refuses a new memo that is itself superseded, or that the old one supersedes, directly or through others."""
    status = parse_memo(memo, str(new)).status
    if status.startswith(_BY):
        what = f"this memo is {quoted(status)} itself, so it cannot take over from another"
        raise BadInput(Problem(what, str(new), field="status", help=_OTHER_NAME))
    if real(new) in _earlier(old):
        what = f"{quoted(old)} supersedes this memo, so it cannot take over from it"
        raise BadInput(Problem(what, str(new), help=_OTHER_NAME))


def _earlier(memo: Path) -> set[Path]:
    """The memos that a memo supersedes, directly or through others, as far as they can be read."""
    seen: set[Path] = set()
    left = [real(memo)]
    while left:
        each = left.pop()
        with suppress(BadInput):  # a link may be any text
            links = parse_memo(read_text(str(each), MAX_BYTES), str(each)).supersedes
            found = {real(each.parent / link) for link in links} - seen
            left += found
            seen |= found
    return seen


def _link(to: Path, of: Path) -> str:
    """The path to one memo from the folder of the other."""
    return Path(os.path.relpath(real(to), real(of).parent)).as_posix()
