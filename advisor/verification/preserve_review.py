"""Writing a memo over an earlier one: the reviewer's parts are kept, and an accepted memo does not change."""

from __future__ import annotations

from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import is_file, read_text
from advisor.report.front_matter import PROPOSED, merge_review, parse_memo, split_notes, with_notes
from advisor.verification.decision_set import MAX_BYTES
from advisor.verification.line_endings import normalize_lines


def memo_with_review(path: Path, memo: str) -> str:
    """A rendered memo in Markdown, with the reviewer's parts of the one at ``path``, if there is one.

    Raises BadInput if they cannot be separated from the facts, and if the facts of a memo that is more than proposed
    would change.
    """
    if not is_file(path):
        return memo
    earlier = parse_memo(read_text(str(path), MAX_BYTES), str(path))
    texts = [line.text for line in normalize_lines(earlier.facts).lines]
    if earlier.status != PROPOSED and texts != [line.text for line in parse_memo(memo, str(path)).facts]:
        what = f"this memo is {quoted(earlier.status)}, and its facts would change"
        help = "write the new decision under another name, with --supersedes and this file"
        raise BadInput(Problem(what, str(path), field="status", help=help))
    return merge_review(memo, earlier, str(path))


def page_with_review(path: Path, page: str) -> str:
    """A rendered memo in HTML, with the review notes of the one at ``path``, if there is one. Raises BadInput."""
    if not is_file(path):
        return page
    _, notes = split_notes(read_text(str(path), MAX_BYTES), str(path))
    return page if notes is None else with_notes(page, notes)
