"""The words of the questions: one file in the templates folder, for the interview and for the memo."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import bundled, read_text

FILE = "questions.yaml"
_COMPARE = "compare it with the bundled file"


@dataclass(frozen=True)
class OptionWording:
    """An option in words: short, and what it means in a line."""

    short: str
    means: str


@dataclass(frozen=True)
class InputWording:
    """An input of an estimate in words."""

    ask: str
    answers: dict[str, OptionWording] = field(default_factory=dict)
    help: str = ""


@dataclass(frozen=True)
class Wording:
    """A question in words. ``topic`` names what it is about, ``subject`` the figure it asks for; ``answers`` are its
    options, the harmless one first, ``unknown`` among them where *don't know* has words of its own; ``estimate`` the
    inputs from which its answer can be estimated.
    """

    ask: str
    help: str
    subject: str = ""
    answers: dict[str, OptionWording] = field(default_factory=dict)
    estimate: dict[str, InputWording] = field(default_factory=dict)
    topic: str = ""

    def about(self, **words: str) -> Wording:
        """The same with names in braces, such as ``{media}``, replaced by words; other braces are text."""

        def filled(text: str) -> str:
            return reduce(lambda so_far, name: so_far.replace(f"{{{name}}}", words[name]), words, text)

        def options(answers: dict[str, OptionWording]) -> dict[str, OptionWording]:
            return {name: OptionWording(filled(each.short), filled(each.means)) for name, each in answers.items()}

        inputs = {
            name: InputWording(filled(each.ask), options(each.answers), filled(each.help))
            for name, each in self.estimate.items()
        }
        texts = {name: filled(getattr(self, name)) for name in ("ask", "help", "subject", "topic")}
        return replace(self, **texts, answers=options(self.answers), estimate=inputs)


@lru_cache(maxsize=4)
def wordings(templates: Path | None = None) -> Mapping[str, Wording]:
    """The wording of every question by its id; what custom templates leave out is worded as bundled.

    Raises BadInput.
    """
    found = _read(templates or bundled("templates"))
    if templates is None:
        return found
    known = wordings()
    return {**known, **{name: _completed(words, known.get(name)) for name, words in found.items()}}


def _completed(own: Wording, known: Wording | None) -> Wording:
    if known is None:
        return own
    return replace(own, answers={**known.answers, **own.answers}, estimate={**known.estimate, **own.estimate})


def _read(folder: Path) -> dict[str, Wording]:
    path = folder / FILE
    file = str(path)
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise BadInput(Problem("this link leads out of the templates folder", file, help="put the file itself there"))
    document = strict_yaml.load(read_text(file), file)
    if not isinstance(document, strict_yaml.Mapping):
        raise BadInput(Problem("this is not a file of questions", file, help=_COMPARE))
    try:
        return TypeAdapter(dict[str, Wording]).validate_python(document)
    except ValidationError as error:
        raise BadInput(_problem(detail, document, file) for detail in error.errors(include_url=False)) from None


def _problem(detail: ErrorDetails, document: strict_yaml.Mapping, file: str) -> Problem:
    *above, name = map(str, detail["loc"])
    record = reduce(lambda mapping, key: mapping[key], above, document)
    if detail["type"] == "missing":
        return Problem(f"`{name}` is missing", file, record.line, ".".join(above), _COMPARE)
    what, help = "is not a mapping", _COMPARE
    if detail["type"] == "string_type":
        what, help = "is not a text", "put the text in quotes"
    return Problem(f"{quoted(record[name])} {what}", file, record.lines[name], ".".join((*above, name)), help)
