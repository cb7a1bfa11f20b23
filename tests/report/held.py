"""One decision, and what the sentences about it are compared with, worked out again without the claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import ceil
from typing import Any

from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Axis, Route, validated
from advisor.evaluation.compiler import PLAIN, PlainReading, compile_condition
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import fold_of, judge
from advisor.rulebook.model import Gate, Rulebook, names_in_order
from advisor.rulebook.symbols import FIELD_NAMES, Scope
from advisor.wording.labels import listed as listed_in_prose
from advisor.wording.labels import wordings
from tests.helpers.strategies import AMOUNTS

NAMES = {
    "own GPUs with open weights": Route.SELF_HOST,
    "an open-weight inference API": Route.OPEN_WEIGHT_API,
    "a closed flagship API": Route.CLOSED_API,
}

SHORT = {
    "own GPUs": Route.SELF_HOST,
    "the open-weight API": Route.OPEN_WEIGHT_API,
    "the closed API": Route.CLOSED_API,
}

ACTIONS = {
    "run open weights on own GPUs": Route.SELF_HOST,
    "call an open-weight inference API": Route.OPEN_WEIGHT_API,
    "call a closed flagship API": Route.CLOSED_API,
}

AXES = {("data residency" if axis is Axis.RESIDENCY else axis.replace("_", " ")): axis for axis in Axis}

PRICES = {
    Route.SELF_HOST: ["gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"],
    Route.OPEN_WEIGHT_API: ["open_price"],
    Route.CLOSED_API: ["closed_price"],
}

ASKED_ABOUT = {"commercial use": "output_use", "the annual revenue": "annual_revenue_usd"}

UNITS = r"(?:images|seconds of video)"

NUMBER = r"([0-9][0-9,]*(?:\.[0-9]+)?)"

MONEY = r"\$([0-9][0-9,]*(?:\.[0-9]+)?)"


class Held:
    """One decision and what its sentences are compared with."""

    def __init__(self, decision: Decision, rulebook: Rulebook) -> None:
        self.decision, self.rulebook = decision, rulebook
        self.scenario = validated(decision.priced_scenario, "the record")
        self.facts = answer_facts(self.scenario)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self.needs = [name for name in FIELD_NAMES if name in read and FIELD_NAMES[name].scope is Scope.NEED]
        self.reading = PlainReading(rulebook)

    def completed(self, without: Sequence[str] = (), **fixed: Any) -> Iterator[dict[str, Any]]:
        """The answers with every way to answer the needs that are not, except some."""
        missing = [n for n in self.needs if n not in self.facts and n not in fixed and n not in without]
        for values in product(*(answers_to(name) for name in missing)):
            yield {**self.facts, **fixed, **dict(zip(missing, values, strict=True))}

    def compared(self, **fixed: Any) -> set[Route | None]:
        """The hosted routes compared with own GPUs under some answers to the needs, at the bounds of the amounts."""
        fold, preferring = fold_of(self.rulebook), self.rulebook.reads(self.rulebook.preferences)
        kinds = {
            (
                fold.eliminating_axes(self.reading.gates(facts)),
                tuple((name, facts[name]) for name in self.needs if name in preferring),
            )
            for facts in self.completed(**fixed)
        }
        missing = [name for name in AMOUNTS if name not in self.facts]
        if {"monthly_images_low", "monthly_images_high"} <= self.facts.keys():
            missing = [name for name in missing if name != "monthly_images"]
        found = set()
        for values in product(*(_bounds(name) for name in missing)):
            amounts = with_terms(self.rulebook, {**self.facts, **dict(zip(missing, values, strict=True))})
            for eliminated, needs in kinds:
                found.add(fold.verdict(eliminated, self.reading.preferences({**amounts, **dict(needs)})).asked)
        return found

    def lacking(self, route: Route, ends: Sequence[str] = ("low", "high")) -> list[str]:
        """The amounts that the comparison of own GPUs with a hosted route lacks."""
        volumes = [getattr(self.scenario, end) for end in ends]
        wanted = (["monthly_images"] if None in volumes else []) + PRICES[Route.SELF_HOST] + PRICES[route]
        absent = {name for name in wanted if name not in self.decision.priced_scenario}
        return [name for name in FIELDS if name in absent]

    def wins(self, route: Route, volume: Decimal) -> bool:
        """Whether a hosted route is cheaper than own GPUs at a volume, if what is not known makes owning dear."""
        (price,) = PRICES[route]
        answers = {name: self.amount(name) for name in [price, *PRICES[Route.SELF_HOST]]}
        own = answers["gpu_hour_price"] * Fraction(volume) / answers["images_per_gpu_hour"]
        return answers[price] * Fraction(volume) < own + answers["monthly_overhead"]

    def amount(self, name: str) -> Fraction:
        """An amount; where it is not known, the allowed one that makes owning the dearest against renting."""
        quantity = FIELDS[name].quantity
        assert quantity
        bound = quantity.most if name in ("gpu_hour_price", "monthly_overhead") else quantity.least
        return Fraction(Decimal(str(self.decision.priced_scenario.get(name, bound))))

    def ends(self, route: Route) -> list[bool]:
        """The same in the quietest and in the busiest plausible month."""
        assert self.scenario.low is not None
        assert self.scenario.high is not None
        return [self.wins(route, self.scenario.low), self.wins(route, self.scenario.high)]

    def ranged(self) -> bool:
        return self.scenario.low is not None and self.scenario.low != self.scenario.high

    def asked(self) -> Route:
        """The hosted route compared with own GPUs as far as the answers say."""
        route = judge(self.rulebook, self.reading, with_terms(self.rulebook, self.facts)).verdict.asked
        assert route
        return route

    def the_compared(self) -> Route:
        (route,) = self.compared()
        assert route is not None
        return route

    def owning_from(self, text: str, route: Route) -> Fraction:
        """N* against a route, which the text states as the first whole volume from there on."""
        assert self.decision.crossovers[route] is not None
        answers = {
            n: Fraction(Decimal(str(self.decision.priced_scenario[n])))
            for n in [*PRICES[route], *PRICES[Route.SELF_HOST]]
        }
        (price,) = PRICES[route]
        exact = answers["monthly_overhead"] / (
            answers[price] - answers["gpu_hour_price"] / answers["images_per_gpu_hour"]
        )
        assert number(text) == max(1, ceil(exact))
        return exact

    def survivors(self, route: Route) -> list[Any]:
        gone = {step.offer for step in self.decision.eliminated}
        return [offer for offer in self.rulebook.offers if offer.route is route and offer.id not in gone]

    def to_verify(self, gate: Gate, facts: dict[str, Any], offer: Any) -> bool:
        surely, maybe = compile_condition(gate.when, PLAIN)({**facts, **offer.traits})
        return maybe and not surely

    def eliminates(self, gate: Gate, facts: dict[str, Any], offer: Any) -> bool:
        return compile_condition(gate.when, PLAIN)({**facts, **offer.traits})[0]

    def unchecked(self) -> dict[str, list[str]]:
        """The gates that would make a possible route one to verify, had some question been answered otherwise."""
        found = {}
        for gate in self.rulebook.gates:
            missing = [name for name in names_in_order(gate.when) if name in self.needs and name not in self.facts]
            asked_first = set(missing) & set(self.decision.open_questions)
            if not missing or asked_first or gate.id in {one.rule for one in self.decision.conditions}:
                continue
            for route in self.decision.possible_routes:
                for facts in self.completed([n for n in self.needs if n not in missing]):
                    left = [o for o in self.survivors(route) if not self.eliminates(gate, facts, o)]
                    if left and all(self.to_verify(gate, facts, offer) for offer in left):
                        found[gate.id] = missing
        return found

    def cheaper(self) -> dict[Route, dict[str, Decimal]]:
        """What each other route saves in the expected month, or at both ends, where it saves something."""
        costs, route = self.decision.monthly_costs, self.decision.route
        if route not in costs:
            return {}
        months = ["low", "high"] if costs[route].expected is None else ["expected"]
        saved = {
            other: {m: Decimal(getattr(costs[route], m)) - Decimal(getattr(costs[other], m)) for m in months}
            for other in costs
        }
        return {other: saving for other, saving in saved.items() if min(saving.values()) > 0}


def _bounds(name: str) -> list[int]:
    quantity = FIELDS[name].quantity
    assert quantity
    return [quantity.inside(quantity.least), quantity.inside(quantity.most)]


def answers_to(name: str) -> list[Any]:
    known = FIELD_NAMES[name]
    if known.numeric:
        return [0, 10**9]
    return [known.encode(option) for option in known.options] if known.options else [False, True]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").lstrip("$"))


def near_money(text: str, amount: Decimal) -> bool:
    """Whether a printed amount is this one, which is printed to the cent from a dollar up."""
    return abs(number(text) - amount) <= (Decimal("0.005") if amount >= 1 else 0)


def listed(text: str, names: dict[str, Any]) -> list[Any]:
    """The items of a list in prose."""
    return [names[item] for item in re.split(", | and | or ", text)]


def plain_text(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def unique(items: Iterator[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def filled(text: str, held: Held) -> str:
    video = held.decision.priced_scenario.get("unit") == "video_second"
    for word, image, second in (
        ("units", "images", "seconds of video"),
        ("unit", "image", "second of video"),
        ("media", "images", "video"),
    ):
        text = text.replace(f"{{{word}}}", second if video else image)
    return text


def named_fields(text: str) -> list[str]:
    """Fields named by what they are called and by their own name."""
    found = re.findall(r"(?:^|, | and )([^`]*?) \(`([a-z_]+)`\)", text)
    assert "".join(f"{called} (`{field}`)" for called, field in found) == re.sub(r"(?<=\)),? (and )?", "", text)
    for called, field in found:
        words = wordings()[field]
        called = called.removeprefix("the ")
        assert called.split(" per ")[0] in (words.subject or words.ask).replace("{units}", "images").replace(
            "{media}", "images"
        ) or called.replace("seconds of video", "{units}").replace("video", "{media}") in (words.subject, words.ask)
    return [field for _, field in found]


def not_yet(decision: Decision) -> bool:
    moving = decision.migration
    return bool(moving and moving.current_route_feasible and moving.worth_moving is False and moving.payback_months)


def conditional(held: Held) -> list[tuple[Gate, list[str]]]:
    """What only some of the offers left have to be verified for."""
    shared, found = {condition.rule for condition in held.decision.conditions}, []
    assert held.decision.route
    for gate in held.rulebook.gates:
        offers = [o.id for o in held.survivors(held.decision.route) if held.to_verify(gate, held.facts, o)]
        if offers and gate.id not in shared:
            found.append((gate, offers))
    return found


def asked_about(held: Held, fields: Sequence[str]) -> str:
    words = {name: about for about, name in ASKED_ABOUT.items()}
    return listed_in_prose([words.get(name) or f'"{filled(wordings()[name].ask, held)}"' for name in fields])


def why_not(held: Held, other: Route) -> str:
    decision, many = held.decision, other is Route.SELF_HOST
    names = {axis: name for name, axis in AXES.items()}
    lost = [(step.rule, step.axis, step.because) for step in decision.preferences if step.over is other]
    out = [(step.rule, step.axis, step.because) for step in decision.eliminated if step.route is other]
    feasible = other in decision.feasible_routes
    steps = unique(iter(lost if feasible else out))
    verb = ("lose" if many else "loses") if feasible else ("are" if many else "is") + " ruled out"
    if not steps:
        return f"no answer to the open questions recommends {'them' if many else 'it'}"
    return "; and ".join(f"{verb} on {names[axis]}: {because}" for _, axis, because in steps)


def possible_are(held: Held, text: str) -> None:
    said = text.removesuffix(", or no option at all")
    assert (said != text) == held.decision.may_be_infeasible
    assert listed(said, NAMES) == held.decision.possible_routes


def status_is(status: Status) -> Callable[[Held], None]:
    def holds(held: Held) -> None:
        assert held.decision.status is status

    return holds


def matched(text: str, table: Sequence[tuple[str, Callable[..., None]]], held: Held) -> None:
    """Finds the one pattern of a sentence and asserts its predicate."""
    found = [(match, predicate) for pattern, predicate in table if (match := re.fullmatch(pattern, text))]
    assert found, f"no pattern for the sentence: {text}"
    for match, predicate in found:
        predicate(held, *match.groups())
