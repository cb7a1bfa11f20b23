"""The words of the questions: one file beside the templates, for the interview and for the memo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor import strict_yaml
from advisor.errors import BadInput, Problem
from advisor.files import bundled, read_text

FILE = "questions.yaml"


@dataclass(frozen=True)
class Answer:
    """An option in words: short, and what it means in a line."""

    short: str
    means: str


@dataclass(frozen=True)
class Wording:
    """A question in words. ``subject`` names the figure it asks for; ``answers`` its options."""

    ask: str
    help: str
    subject: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)


@lru_cache(maxsize=4)
def wordings(templates: Path | None = None) -> Mapping[str, Wording]:
    """The wording of every question, by its id. Raises BadInput."""
    file = (templates or bundled("templates")) / FILE
    document = strict_yaml.load(read_text(str(file)), str(file))
    try:
        return {name: _wording(record) for name, record in document.items()}
    except (AttributeError, KeyError, TypeError) as error:
        help = "compare it with the bundled file"
        raise BadInput(Problem(f"this is not a file of questions: {error}", str(file), help=help)) from None


def _wording(record: Mapping[str, Any]) -> Wording:
    answers = {name: Answer(str(text["short"]), str(text["means"])) for name, text in record.get("answers", {}).items()}
    return Wording(str(record["ask"]), str(record["help"]), str(record.get("subject", "")), answers)
