"""The words of the questions: one file beside the templates, for the interview and for the memo."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import bundled, read_text

FILE = "questions.yaml"
_COMPARE = "compare it with the bundled file"


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

    def about(self, **words: str) -> Wording:
        """The same with words in place of their names in braces, such as ``{media}``; other braces are text."""
        ask, help = self.ask, self.help
        for name, word in words.items():
            ask, help = ask.replace(f"{{{name}}}", word), help.replace(f"{{{name}}}", word)
        return replace(self, ask=ask, help=help)


@lru_cache(maxsize=4)
def wordings(templates: Path | None = None) -> Mapping[str, Wording]:
    """The wording of every question, by its id; what templates of one's own leave out is worded as bundled.

    Raises BadInput.
    """
    found = _read(templates or bundled("templates"))
    if templates is None:
        return found
    known = wordings()
    return {**known, **{name: _completed(words, known.get(name)) for name, words in found.items()}}


def _completed(own: Wording, known: Wording | None) -> Wording:
    return replace(own, answers={**known.answers, **own.answers}) if known else own


def _read(folder: Path) -> dict[str, Wording]:
    path = folder / FILE
    file = str(path)
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise BadInput(Problem("this link leads out of the templates folder", file, help="put the file itself there"))
    document = strict_yaml.load(read_text(file), file)
    if not isinstance(document, strict_yaml.Mapping):
        raise BadInput(Problem("this is not a file of questions", file, help=_COMPARE))
    return {name: _wording(_below(document, name, name, file), name, file) for name in document}


def _wording(record: strict_yaml.Mapping, question: str, file: str) -> Wording:
    options = f"{question}.answers"
    answers = _below(record, "answers", options, file) if "answers" in record else strict_yaml.Mapping(record.line)
    return Wording(
        _text(record, "ask", question, file),
        _text(record, "help", question, file),
        _text(record, "subject", question, file) if "subject" in record else "",
        {
            name: _answer(_below(answers, name, f"{options}.{name}", file), f"{options}.{name}", file)
            for name in answers
        },
    )


def _answer(record: strict_yaml.Mapping, answer: str, file: str) -> Answer:
    return Answer(_text(record, "short", answer, file), _text(record, "means", answer, file))


def _below(record: strict_yaml.Mapping, name: str, path: str, file: str) -> strict_yaml.Mapping:
    found = record[name]
    if not isinstance(found, strict_yaml.Mapping):
        what = f"{quoted(found)} stands where a mapping belongs"
        raise BadInput(Problem(what, file, record.lines[name], path, _COMPARE))
    return found


def _text(record: strict_yaml.Mapping, name: str, of: str, file: str) -> str:
    if name not in record:
        raise BadInput(Problem(f"`{name}` is missing", file, record.line, of, _COMPARE))
    found = record[name]
    if not isinstance(found, str):
        what = f"{quoted(found)} is not a text"
        raise BadInput(Problem(what, file, record.lines[name], f"{of}.{name}", "put the text in quotes"))
    return found
