"""The draft of an interview on disk: written whole after every answer, read again by ``--resume``."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput, Problem
from advisor.common.files import is_file, read_text, write_whole
from advisor.domain.quantity import plain
from advisor.domain.scenario import FIELDS, validated
from advisor.interview.state import EXTRAS, Given

_KNOWN = {*FIELDS, *EXTRAS}


def draft_path(folder: Path, name: str) -> Path:
    """Where the draft of an interview is kept."""
    return folder / f"{name}.interview.json"


def save(path: Path, given: Given) -> None:
    """Writes the draft. Raises BadInput when the folder cannot be written."""
    answers = {name: plain(value) if isinstance(value, Decimal) else value for name, value in given.answers.items()}
    draft = {"answers": answers, "not_known": sorted(given.unknown), "order": list(given.order)}
    write_whole(path, json.dumps(draft, indent=2, ensure_ascii=False) + "\n")


def load(path: Path) -> Given:
    """Reads a draft. Raises BadInput for a missing or a damaged one."""
    if not is_file(path):
        raise BadInput(Problem("there is no interview to resume", str(path), help="start one: advisor interview"))
    try:
        draft = json.loads(read_text(str(path)))
        answers: dict[str, Any] = draft["answers"]
        unknown, order = frozenset(draft["not_known"]), tuple(draft["order"])
        if not set(order) == set(answers) | unknown or not set(order) <= _KNOWN:
            raise ValueError
        extras = {name: answers[name] for name in EXTRAS if name in answers}
        if not all(isinstance(value, bool) for value in extras.values()):
            raise ValueError
        fields = {name: value for name, value in answers.items() if name in FIELDS}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        help = "start anew, or mend the file"
        raise BadInput(Problem("this is not the draft of an interview", str(path), help=help)) from None
    known = validated(fields, str(path)).model_dump(exclude_none=True)
    return Given({**known, **extras}, unknown, order)
