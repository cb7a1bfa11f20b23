"""The draft of an interview on disk: written whole after every answer, read again by ``--resume``."""

from __future__ import annotations

import json
from pathlib import Path

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, read_text, write_whole
from advisor.interview.state import InterviewState


def draft_path(folder: Path, name: str) -> Path:
    """Where the draft of an interview is kept."""
    return folder / f"{name}.interview.json"


def save(path: Path, state: InterviewState) -> None:
    """Writes the draft, with the inputs of estimates. Raises BadInput when the folder cannot be written."""
    write_whole(path, json.dumps({"answers": state.to_mapping()}, indent=2, ensure_ascii=False) + "\n")


def load(path: Path) -> InterviewState:
    """Reads a draft. Raises BadInput for a missing or a damaged one."""
    if not is_file(path):
        raise BadInput(Problem("there is no interview to resume", str(path), help="start one: advisor interview"))
    try:
        mapping = json.loads(read_text(str(path)))["answers"]
        if not isinstance(mapping, dict) or not all(isinstance(text, str) for text in mapping.values()):
            raise ValueError
        return InterviewState.from_mapping(mapping, str(path))
    except (ValueError, KeyError, TypeError, RecursionError):
        help = "start again without --resume, or repair the file"
        raise BadInput(Problem("this is not the draft of an interview", str(path), help=help)) from None
