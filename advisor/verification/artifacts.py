"""The files of one decision: NAME.scenario.yaml, NAME.decision.json, NAME.memo.md, NAME.memo.html and NAME.memo.pdf.

They are written together with the link in the memo that they supersede: all of them or none (see ``atomic_files``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from advisor.catalogue.loader import Catalogue
from advisor.common.atomic_files import write_together, writing
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import STANDARD_INPUT, check_target, is_file, read_text, real
from advisor.domain.record import Decision
from advisor.domain.scenario import validated
from advisor.domain.scenario_io import scenario_text
from advisor.report.front_matter import PROPOSED, merge_review, parse_memo, split_notes, with_notes
from advisor.report.html import memo_html
from advisor.report.pdf import memo_pdf
from advisor.report.templates import memo_markdown
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import MAX_BYTES, normalize_lines
from advisor.verification.supersede import link_memos


class WrittenFiles(NamedTuple):
    """The files that were written.

    ``compared`` is False if a superseded memo was decided with other rules or another catalogue.
    """

    paths: list[Path]
    compared: bool = True


def name_of(path: str) -> str:
    """The NAME that the files of a scenario's decision share."""
    stem = "decision" if path == STANDARD_INPUT else Path(path).name
    return re.sub(r"(\.scenario)?\.(yaml|yml|json)$", "", stem) or "decision"


def write_decision(
    decision: Decision,
    rulebook: Rulebook,
    folder: Path,
    name: str,
    templates: Path | None,
    pdf: bool = False,
    supersedes: Path | None = None,
    catalogue: Catalogue | None = None,
) -> WrittenFiles:
    """Writes the files of a decision, and a link into the memo that it ``supersedes``: all or nothing.

    The rulebook and the catalogue are those with which the superseded memo is verified. The reviewer's parts of an
    earlier memo of that name are kept. Raises BadInput.
    """
    names = ("scenario.yaml", "decision.json", "memo.md", "memo.html")
    _, _, memo, page = paths = [folder / f"{name}.{ending}" for ending in names]
    paper = folder / f"{name}.memo.pdf"
    texts = file_texts(decision, templates)
    # The old memo is read and written under one lock, so that the second of two superseding decisions sees the first.
    with writing(folder, *([real(supersedes).parent] if supersedes else [])):
        _check_target(paper)
        files = with_reviews(folder, name, texts)
        links = link_memos(supersedes, memo, files[memo], rulebook, templates, catalogue) if supersedes else None
        contents: dict[Path, str | bytes] = {paper: memo_pdf(files[page], templates)} if pdf else {}
        contents |= files
        if links and supersedes:
            contents |= {memo: links.new, real(supersedes): links.old}
        write_together(contents)
    paths += [*([supersedes] if supersedes else []), *([paper] if pdf else [])]
    return WrittenFiles(paths, links is None or links.compared)


def file_texts(decision: Decision, templates: Path | None) -> dict[str, str]:
    """The files of a decision but the PDF, by the endings of their names. Raises BadInput for a fault in templates."""
    return {
        "scenario.yaml": scenario_text(validated(decision.scenario, "the record")),
        "decision.json": decision.to_json(),
        "memo.html": memo_html(decision, templates),
        "memo.md": memo_markdown(decision, templates),
    }


def with_reviews(folder: Path, name: str, texts: Mapping[str, str]) -> dict[Path, str]:
    """The files of this name by their paths, with the reviewer's parts of those that are there already.

    ``texts`` are by the endings of their names. Call it within ``writing``. Raises BadInput.
    """
    files = {folder / f"{name}.{ending}": text for ending, text in texts.items()}
    for path in files:
        _check_target(path)
    return {path: _with_review(path, text) for path, text in files.items()}


def _with_review(path: Path, text: str) -> str:
    if path.suffix == ".md":
        return _memo_with_review(path, text)
    return _page_with_review(path, text) if path.suffix == ".html" else text


def _check_target(path: Path) -> None:
    """Refuses links too, because files that are written together are in one folder."""
    if check_target(path) != path or (path.exists() and not is_file(path)):
        raise BadInput(Problem("this is not a regular file, so it is not overwritten", str(path), help="move it away"))


def _memo_with_review(path: Path, memo: str) -> str:
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


def _page_with_review(path: Path, page: str) -> str:
    """A rendered memo in HTML, with the review notes of the one at ``path``, if there is one. Raises BadInput."""
    if not is_file(path):
        return page
    _, notes = split_notes(read_text(str(path), MAX_BYTES), str(path))
    return page if notes is None else with_notes(page, notes)
