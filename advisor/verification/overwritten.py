"""What is lost when the files of a decision are written over those of an earlier one of the same NAME."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from advisor.common.atomic_files import settle
from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, read_text
from advisor.domain.record import Decision, parse_record
from advisor.verification.decision_set import MAX_BYTES

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
