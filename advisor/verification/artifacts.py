"""The files of one decision: NAME.scenario.yaml, NAME.decision.json, NAME.memo.md, NAME.memo.html and NAME.memo.pdf.

They are written together with the link in the memo that they supersede: all of them or none (see ``atomic_files``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from advisor.catalogue.loader import Catalogue
from advisor.common.atomic_files import settle, write_together, writing
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import STANDARD_INPUT, check_regular, check_target, is_file, read_text, real
from advisor.domain.record import Decision, parse_record
from advisor.domain.scenario import validated
from advisor.domain.scenario_io import scenario_text
from advisor.report.html import memo_html, memo_pdf
from advisor.report.memo_parts import PROPOSED, merge_review, parse_memo, split_notes, with_front_matter, with_notes
from advisor.report.templates import memo_markdown
from advisor.rulebook.model import Rulebook
from advisor.verification.decision_set import MAX_BYTES, normalize_lines
from advisor.verification.verify import VerificationVerdict, verified


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
        linked, compared = dict[Path, str](), True
        if supersedes:
            linked, compared = link_memos(supersedes, memo, files[memo], rulebook, templates, catalogue)
        printed = {paper: memo_pdf(files[page], templates)} if pdf else {}
        write_together({**printed, **files, **linked})
    paths += [*([supersedes] if supersedes else []), *([paper] if pdf else [])]
    return WrittenFiles(paths, compared)


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


def _check_target(path: Path) -> None:
    """Refuses links too, because files that are written together are in one folder."""
    if check_target(path) != path or (path.exists() and not is_file(path)):
        raise BadInput(Problem("this is not a regular file, so it is not overwritten", str(path), help="move it away"))


def _with_review(path: Path, text: str) -> str:
    """A rendered memo with the reviewer's parts of the one at ``path``, if there is one; any other file unchanged.

    Raises BadInput if they cannot be separated from the facts, and if the facts of a memo that is more than proposed
    would change.
    """
    if path.suffix not in (".md", ".html") or not is_file(path):
        return text
    file = str(path)
    before = read_text(file, MAX_BYTES)
    if path.suffix == ".html":
        _, notes = split_notes(before, file)
        return text if notes is None else with_notes(text, notes)
    earlier = parse_memo(before, file)
    facts = [line.text for line in normalize_lines(earlier.facts).lines]
    if earlier.status != PROPOSED and facts != [line.text for line in parse_memo(text, file).facts]:
        what = f"this memo is {quoted(earlier.status)}, and its facts would change"
        help = "write the new decision under another name, with --supersedes and this file"
        raise BadInput(Problem(what, file, field="status", help=help))
    return merge_review(text, earlier, file)


# ---- a decision that supersedes another: both memos get a link, and no fact changes

_BY = "superseded by "
_OTHER_NAME = "write the new decision under another name: copy the scenario file first"


def link_memos(
    old: Path, new: Path, memo: str, rulebook: Rulebook, templates: Path | None, catalogue: Catalogue | None
) -> tuple[dict[Path, str], bool]:
    """The old memo and the new one by their files, linked to each other, and whether rules and catalogue are the same.

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
    linked = {new: memo, real(old): with_front_matter(text, file, status=by)}
    return linked, verdict is VerificationVerdict.VERIFIED


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


# ---- what is lost when an earlier decision of the same NAME is overwritten

_KEEP = "the reviewer's notes stay; to keep the memo as well, write under another name and link it with `--supersedes`"
_COMPARED = ("decided_on", "status", "route", "deciding_axis", "rulebook_digest")


def overwritten(decision: Decision, folder: Path, name: str) -> Problem | None:
    """A warning that names the earlier decision and what differs; None if there is none, or it has the same bytes.

    Raises BadInput for a folder in which an interrupted command cannot be undone.
    """
    memo = folder / f"{name}.memo.md"
    earlier = _earlier_decision(folder, name)
    if earlier is None:
        what = "an earlier memo is overwritten, and its record cannot be read"
        return _warning(what, memo) if _is_replaceable(memo) else None
    if earlier.to_json() == decision.to_json():
        return None
    differing = [f"`{part}`" for part in _differing(earlier, decision)] or ["explanations"]
    return _warning(f"{_described(earlier)} is overwritten; these differ: {', '.join(differing)}", memo)


def would_overwrite(folder: Path, name: str) -> Problem | None:
    """The warning before the new decision is known; None if there is no earlier one."""
    earlier, memo = _earlier_decision(folder, name), folder / f"{name}.memo.md"
    if earlier is None:
        return _warning("the earlier memo of this name will be overwritten", memo) if _is_replaceable(memo) else None
    return _warning(f"{_described(earlier)} will be overwritten", memo)


def _earlier_decision(folder: Path, name: str) -> Decision | None:
    """The record of an earlier decision of this NAME; None if there is none, or it cannot be read."""
    settle(folder)
    record = folder / f"{name}.decision.json"
    with suppress(BadInput):
        return parse_record(read_text(str(record), MAX_BYTES), str(record)) if is_file(record) else None
    return None


def _is_replaceable(memo: Path) -> bool:
    """Whether there is a regular file; anything else is refused when the files are written."""
    return is_file(memo) and not memo.is_symlink()


def _described(earlier: Decision) -> str:
    return f"the decision of {earlier.decided_on} (`{earlier.route or earlier.status}`)"


def _differing(earlier: Decision, decision: Decision) -> list[str]:
    """The answers that differ, then the parts of the outcome."""
    one, other = earlier.scenario, decision.scenario
    answers = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    return answers + [part for part in _COMPARED if getattr(earlier, part) != getattr(decision, part)]


def _warning(what: str, memo: Path) -> Problem:
    return Problem(what, str(memo), help=_KEEP, level="warning")
