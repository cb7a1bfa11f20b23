"""The words of questions, from one file in the templates folder, and the names of routes, axes and figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache, reduce
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.files import bundled, read_text
from advisor.domain.cost_model import VOLUMES
from advisor.domain.quantity import Quantity, grouped, plain, price
from advisor.domain.record import Decision
from advisor.domain.record_parts import Flip
from advisor.domain.scenario import FIELDS, Axis, Route, Unit

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


# ---- short names of routes, axes and figures

SHORT = {Route.SELF_HOST: "own GPUs", Route.OPEN_WEIGHT_API: "open-weight API", Route.CLOSED_API: "closed API"}
NAMED = {route: name if route is Route.SELF_HOST else f"the {name}" for route, name in SHORT.items()}
NO_ROUTE = "no route"
HERE = "this scenario"
NONE = "—"
_MULTIPLES = {"tn": 10**12, "bn": 10**9, "M": 10**6, "k": 10**3}


def nouns(unit: object) -> dict[str, str]:
    """The words in braces in the wordings of questions, by the answer to what is made (None for images)."""
    if unit == Unit.VIDEO_SECOND:
        return {"units": "seconds of video", "unit": "second of video", "media": "video"}
    return {"units": "images", "unit": "image", "media": "images"}


def units_of(decision: Decision) -> str:
    """The unit of the volume."""
    return nouns(decision.scenario.get("unit"))["units"]


def axis_name(axis: Axis) -> str:
    """An axis in words."""
    return "data residency" if axis is Axis.RESIDENCY else str(axis).replace("_", " ")


def figure_name(field: str, decision: Decision) -> str:
    """The name of a number of the scenario, in the words of its question; a month without its unit."""
    words, filled = wordings(), nouns(decision.scenario.get("unit"))
    subject = words[field].about(**filled).subject if field in words else ""
    return (subject or field).removesuffix(f", in {filled['units']}")


def figure_text(field: str, value: str, decision: Decision) -> str:
    """A number of the scenario as people read it; a month with its unit."""
    quantity = FIELDS[field].quantity
    if quantity and quantity.money:
        return price(Decimal(value))
    return f"{grouped(Decimal(value))} {units_of(decision)}" if field in VOLUMES else grouped(Decimal(value))


_SHORTEST = Decimal("0.0001")


def compact(number: Decimal) -> str:
    """A round number for an axis.

    >>> [compact(Decimal(text)) for text in ("150000", "2e12", "0.05", "0.00001")]
    ['150k', '2tn', '0.05', '1e-5']
    """
    if 0 < number < _SHORTEST:
        return f"{number.normalize():e}"
    for letters, size in _MULTIPLES.items():
        if number >= size:
            return grouped(number / size) + letters
    return plain(number)


def on_scale(words: str, *, log: bool) -> str:
    """The label of an axis, with a note if its scale is logarithmic."""
    return f"{words}, log scale" if log else words


def are(routes: Sequence[Route]) -> str:
    """The verb for some routes; own GPUs are plural."""
    return "is" if len(routes) == 1 and routes[0] is not Route.SELF_HOST else "are"


def listed(items: Iterable[object], last: str = "and") -> str:
    """Items as prose.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    words = [str(item) for item in items]
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def sentences(parts: Iterable[str]) -> str:
    """Phrases as sentences."""
    return " ".join(f"{sentence(part)}." for part in parts)


# ---- the figure from which a number leads to another outcome; the record holds it exactly

CENTS, DIGITS = 2, 4
"""What is kept of a figure: cents from one up, and this many digits below."""


def limit_text(flip: Flip, decision: Decision) -> str:
    """The figures past the turn of a number: `71,429 images or more`, `$1,400 or less`, `more than $2,800`.

    A figure with many digits is rounded away from the turn, so that the outcome is what is said at the figure printed.
    Raises ValueError for a flip of an answer.
    """
    quantity = FIELDS[flip.field].quantity
    if quantity is None or flip.turn is None:
        raise ValueError(f"{flip.field} has no turn")
    upwards = flip.above is not None
    turn = Decimal(flip.above if flip.above is not None else flip.below or 0)
    step = Decimal(1).scaleb(-quantity.places)
    first = turn + step if upwards else turn - step
    if quantity.places and _digits(turn) < _digits(first):
        return f"{'more' if upwards else 'less'} than {figure_text(flip.field, plain(turn), decision)}"
    first = _rounded(first, quantity, upwards=upwards)
    return f"{figure_text(flip.field, plain(first), decision)} or {'more' if upwards else 'less'}"


def _digits(number: Decimal) -> int:
    return len(number.normalize().as_tuple().digits)


def _rounded(number: Decimal, quantity: Quantity, *, upwards: bool) -> Decimal:
    """The number with few digits, away from the turn; unchanged if that is outside the allowed range."""
    if not number:
        return number
    places = CENTS if abs(number) >= 1 else DIGITS - 1 - number.adjusted()
    unit = Decimal(1).scaleb(-min(places, quantity.places))
    rounded = number.quantize(unit, ROUND_CEILING if upwards else ROUND_FLOOR)
    return rounded if quantity.least <= rounded <= quantity.most else number
