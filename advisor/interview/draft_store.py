"""The draft of an interview on disk: written whole after every answer, read again by ``--resume``."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, read_text, write_whole
from advisor.domain.formatting import plain
from advisor.interview.state import QUESTIONS, UNKNOWN, InterviewState, answer_text


def draft_path(folder: Path, name: str) -> Path:
    """Where the draft of an interview is kept."""
    return folder / f"{name}.interview.json"


def save(path: Path, state: InterviewState) -> None:
    """Writes the draft, without the inputs of estimates. Raises BadInput when the folder cannot be written."""
    answers = {name: plain(value) if isinstance(value, Decimal) else value for name, value in state.answers.items()}
    draft = {"answers": answers, "not_known": sorted(state.unknown), "order": list(state.order)}
    write_whole(path, json.dumps(draft, indent=2, ensure_ascii=False) + "\n")


def load(path: Path) -> InterviewState:
    """Reads a draft. Raises BadInput for a missing or a damaged one."""
    if not is_file(path):
        raise BadInput(Problem("there is no interview to resume", str(path), help="start one: advisor interview"))
    try:
        draft = json.loads(read_text(str(path)))
        answers, unknown = draft["answers"], dict.fromkeys(draft["not_known"], UNKNOWN)
        if {*draft["order"]} != {*answers, *unknown} or not {*answers, *unknown} <= {*QUESTIONS}:
            raise ValueError
        mapping = {name: unknown.get(name) or answer_text(answers[name]) for name in draft["order"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "start again without --resume, or repair the file"
        raise BadInput(Problem("this is not the draft of an interview", str(path), help=help)) from None
    return InterviewState.from_mapping(mapping, str(path))
