"""From answers to facts: encodes the scenario, takes prices from offers, computes every term whose amounts are known.

A route that offers price costs what its cheapest surviving offer costs (DESIGN, section 7). The gates judge each offer
by its own traits, so that an answer can change a price: that of the cheapest offer left. Only offers of one checkpoint
compete with one another, and those that run any checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from advisor.domain.cost_model import AMOUNTS_OF, PRICE_OF, VOLUME_ENDS, OwnGpus
from advisor.domain.offer import Encoded, Offer
from advisor.domain.scenario import FIELDS, Route, Scenario
from advisor.evaluation.compiler import term_value
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, FIELD_NAMES
from advisor.rulebook.terms import Expression

NOT_ASKED = {"gpu_billing": 0, "peak_to_mean": 1000, "min_gpus": 1}
"""What holds unless it is answered: GPU-hours are paid as used, and the load is even. With GPUs that are always on the
load is an open question."""


def answer_facts(scenario: Scenario) -> dict[str, Encoded]:
    """The answers a rule may read, encoded; absent where not known."""
    facts: dict[str, Encoded] = {}
    for name, known in ANSWER_NAMES.items():
        value = getattr(scenario, name)
        if value is not None:
            quantity = FIELDS[name].quantity
            facts[name] = quantity.inside(value) if quantity else known.encode(value)
    for name, value in NOT_ASKED.items():
        if name != "peak_to_mean" or not scenario.always_on:
            facts.setdefault(name, value)
    return facts


def with_terms(rulebook: Rulebook, answers: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """The answers, the range of volumes filled in, the constants, and every term whose amounts are all known."""
    facts = {**rulebook.constants, **with_range(answers)}
    present = facts.keys()
    for name, reads, compute in _terms(rulebook):
        if reads <= present:
            (facts[name],) = compute(facts)
    return facts


def with_range(answers: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """The answers with the ends of the volume range filled in from the expected month."""
    facts = dict(answers)
    if "monthly_images" in facts:
        for end in VOLUME_ENDS:
            facts.setdefault(end, facts["monthly_images"])
    return facts


class _Source:
    """Terms as Python source text, so that each is computed by one compiled expression."""

    def number(self, value: int) -> str:
        return str(value)

    def compute(self, op: str, left: str, right: str) -> str:
        """Exact integer arithmetic; a quotient is rounded up."""
        if op == "max":
            return f"max({left}, {right})"
        return f"(-(-{left} // {right}))" if op in ("/", "ceil") else f"({left} {op} {right})"

    def choose(self, answer: str, value: int, then: str, otherwise: str) -> str:
        return f"({then} if {answer} == {value} else {otherwise})"


@lru_cache(maxsize=8)
def _terms(rulebook: Rulebook) -> list[tuple[str, frozenset[str], Callable[[Mapping[str, Encoded]], tuple[int, ...]]]]:
    return [
        (name, term.reads, computations([term.expression], rulebook.constants)) for name, term in rulebook.terms.items()
    ]


def computations(
    expressions: Iterable[Expression], constants: Mapping[str, int] | None = None
) -> Callable[[Mapping[str, Encoded]], tuple[int, ...]]:
    """Several expressions as one function of the facts they read, all of which must be present."""
    values = {name: f"facts[{name!r}]" for name in FIELD_NAMES}
    values |= {name: str(value) for name, value in (constants or {}).items()}
    source = "".join(f"{term_value(expression, _Source(), values)}, " for expression in expressions)
    function: Callable[[Mapping[str, Encoded]], tuple[int, ...]]
    # The text is built from checked names, whole numbers and the operations above only; it holds no text of a user.
    function = eval(f"lambda facts: ({source})", {"__builtins__": {}, "max": max})
    return function


Amounts = tuple[int, ...]
"""The price of a hosted offer, or of a GPU-hour and the images an hour, in smallest steps; empty if not known."""
FIELDS_OF: Mapping[Route, tuple[str, ...]] = {
    route: tuple(name for name in names if name != "monthly_overhead") for route, names in AMOUNTS_OF.items()
}
"""The fields of a scenario that an offer of each route has in a catalogue; the overhead is never an offer's."""


class Usage(NamedTuple):
    """What the cost of own GPUs depends on besides an offer; ``volume`` and ``peak_to_mean`` are None if not known."""

    always_on: bool
    peak_to_mean: int | None
    min_gpus: int
    volume: int | None


def usage_of(answers: Mapping[str, Encoded]) -> Usage:
    """The usage in the expected month under encoded answers."""
    volume, peak = answers.get("monthly_images"), answers.get("peak_to_mean")
    return Usage(
        bool(answers.get("gpu_billing", 0)),
        None if peak is None else int(peak),
        int(answers.get("min_gpus", 1)),
        None if volume is None else int(volume),
    )


def amounts_of(offer: Offer) -> Amounts:
    """What an offer costs."""
    found = offer.quote.amounts if offer.quote else {}
    return tuple(found[name] for name in FIELDS_OF[offer.route]) if found else ()


def costs_no_more(route: Route, one: Amounts, other: Amounts) -> bool:
    """Whether the first costs no more than the second however it is used; a known price comes before an unknown one."""
    if not one or not other:
        return not other
    return one[0] <= other[0] and (route in PRICE_OF or one[1] >= other[1])


def cheapest(route: Route, found: Iterable[Amounts], usage: Usage) -> Amounts:
    """The amounts of least cost in the expected month, the first of equal ones; empty if that is not known.

    With GPUs that are always on and a volume or load that is not known, they are known only if one is the cheapest of
    all however it is used.
    """
    known = [amounts for amounts in found if amounts]
    if not known:
        return ()
    if route in PRICE_OF:
        return min(known)
    if not usage.always_on:
        return min(known, key=lambda amounts: Fraction(*amounts))
    if usage.volume is not None and usage.peak_to_mean is not None:
        return min(known, key=lambda amounts: _own_gpus(amounts, usage).cost(usage.volume or 0))
    return next((one for one in known if all(costs_no_more(route, one, other) for other in known)), ())


def _own_gpus(amounts: Amounts, usage: Usage) -> OwnGpus:
    price, images = (
        Fraction(amount, 10 ** _places(name)) for amount, name in zip(amounts, FIELDS_OF[Route.SELF_HOST], strict=True)
    )
    peak = Fraction(usage.peak_to_mean or 0, 10 ** _places("peak_to_mean"))
    return OwnGpus(price, images, Fraction(0), usage.always_on, peak, usage.min_gpus)


def _places(name: str) -> int:
    quantity = FIELDS[name].quantity
    assert quantity is not None
    return quantity.places


def priced_fields(rulebook: Rulebook) -> frozenset[str]:
    """The fields that a scenario leaves to the offers."""
    return frozenset(name for route in rulebook.priced for name in FIELDS_OF[route])


def with_prices(
    rulebook: Rulebook, answers: Mapping[str, Encoded], prices: Mapping[Route, Amounts]
) -> dict[str, Encoded]:
    """The answers with the amounts of the priced routes in place of any before; those not known are left out."""
    fields = priced_fields(rulebook)
    found = {name: value for name, value in answers.items() if name not in fields}
    for route, amounts in prices.items():
        found |= dict(zip(FIELDS_OF[route], amounts, strict=True)) if amounts else {}
    return found


@lru_cache(maxsize=16)
def without_prices(rulebook: Rulebook) -> Rulebook:
    """The rulebook with offers whose prices a scenario has to state, whatever the checkpoint."""
    offers = tuple(replace(offer, model=None, quote=None) for offer in rulebook.offers)
    return replace(rulebook, offers=offers, priced=frozenset())


@lru_cache(maxsize=64)
def of_model(rulebook: Rulebook, model: Encoded | None) -> Rulebook:
    """The rulebook with the offers that compete for a checkpoint; all of them if it is None."""
    if model is None or not rulebook.models:
        return rulebook
    return replace(rulebook, offers=tuple(rulebook.offers[place] for place in places_of_model(rulebook, model)))


@lru_cache(maxsize=64)
def places_of_model(rulebook: Rulebook, model: Encoded | None) -> tuple[int, ...]:
    """The places of the offers that compete for a checkpoint; of all if it is None, or if no offer names one."""
    any_model = model is None or not rulebook.models
    return tuple(place for place, offer in enumerate(rulebook.offers) if any_model or offer.model in (None, model))
