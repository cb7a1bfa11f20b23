"""Short names of routes, axes and figures for charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from advisor.domain.cost_model import VOLUMES
from advisor.domain.quantity import grouped, plain, price
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Axis, Route, Unit
from advisor.wording.questions import wordings

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
