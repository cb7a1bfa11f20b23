"""Writing a memo over an earlier one: the reviewer's parts stay, and what was accepted is not changed."""

from __future__ import annotations

from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import is_file, read_text
from advisor.report.front_matter import PROPOSED, notes_apart, put_back, taken_apart, with_notes
from advisor.verification.decision_set import MAX_BYTES
from advisor.verification.line_endings import plain


def memo_with_review(path: Path, memo: str) -> str:
    """A memo in Markdown just rendered, with the reviewer's parts of the one at ``path``, if there is one.

    Raises BadInput where they cannot be told from the facts, and where a memo that is no longer a mere proposal would
    come to state other facts.
    """
    if not is_file(path):
        return memo
    earlier = taken_apart(read_text(str(path), MAX_BYTES), str(path))
    texts = [line.text for line in plain(earlier.facts).lines]
    if earlier.status != PROPOSED and texts != [line.text for line in taken_apart(memo, str(path)).facts]:
        what = f"this memo is {quoted(earlier.status)}, and would come to state other facts"
        help = "write the new decision under another name, with --supersedes and this file"
        raise BadInput(Problem(what, str(path), field="status", help=help))
    return put_back(memo, earlier, str(path))


def page_with_review(path: Path, page: str) -> str:
    """A memo in HTML just rendered, with the review notes of the one at ``path``, if there is one. Raises BadInput."""
    if not is_file(path):
        return page
    _, notes = notes_apart(read_text(str(path), MAX_BYTES), str(path))
    return page if notes is None else with_notes(page, notes)
