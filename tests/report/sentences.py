"""Every sentence of a memo's box, of its rules table and of the summary, held against the record it was made from.

Each sentence has a pattern and a predicate. One without a pattern fails, so a new sentence needs both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from advisor.offers import UNKNOWN
from advisor.readings.facts import answer_facts, with_terms
from advisor.readings.plain import PLAIN, PlainReading, match_offer
from advisor.readings.compile import compile_rules
from advisor.readings.verdict import judge
from advisor.record import Decision, Status
from advisor.report.render import listed as listed_in_prose
from advisor.report.render import memo_markdown, summary
from advisor.report.wording import wordings
from advisor.rulebook.conditions import names_in_order
from advisor.rulebook.model import Gate, Rulebook
from advisor.rulebook.names import FIELD_NAMES, Scope
from advisor.scenario import FIELDS, Axis, Route, validated

NAMES = {
    "own GPUs with open weights": Route.SELF_HOST,
    "an open-weight inference API": Route.OPEN_WEIGHT_API,
    "a closed flagship API": Route.CLOSED_API,
}
TITLES = {
    "Own GPUs with open weights": Route.SELF_HOST,
    "Open-weight inference API": Route.OPEN_WEIGHT_API,
    "Closed flagship API": Route.CLOSED_API,
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
        self.scenario = validated(decision.scenario, "the record")
        self.facts = answer_facts(self.scenario)
        read = rulebook.reads((*rulebook.gates, *rulebook.preferences))
        self.needs = [name for name in FIELD_NAMES if name in read and FIELD_NAMES[name].scope is Scope.NEED]
        self.reading = PlainReading(rulebook)

    def completed(self, without: Sequence[str] = (), **fixed: Any) -> Iterator[dict[str, Any]]:
        """The answers with every way to answer the needs that are not, except some."""
        missing = [n for n in self.needs if n not in self.facts and n not in fixed and n not in without]
        for values in product(*(_values(name) for name in missing)):
            yield {**self.facts, **fixed, **dict(zip(missing, values, strict=True))}

    def compared(self, **fixed: Any) -> set[Route | None]:
        """The hosted routes compared with own GPUs under some answers to the needs."""
        every = self.completed(["annual_revenue_usd"], **fixed)
        return {judge(self.rulebook, self.reading, with_terms(self.rulebook, facts)).verdict.asked for facts in every}

    def lacking(self, route: Route, ends: Sequence[str] = ("low", "high")) -> list[str]:
        """The amounts that the comparison of own GPUs with a hosted route lacks."""
        volumes = [getattr(self.scenario, end) for end in ends]
        wanted = (["monthly_images"] if None in volumes else []) + PRICES[Route.SELF_HOST] + PRICES[route]
        absent = {name for name in wanted if name not in self.decision.scenario}
        return [name for name in FIELDS if name in absent]

    def wins(self, route: Route, volume: Decimal) -> bool:
        """Whether a hosted route is cheaper than own GPUs at a volume."""
        (price,) = PRICES[route]
        answers = {
            name: Fraction(Decimal(str(self.decision.scenario[name]))) for name in [price, *PRICES[Route.SELF_HOST]]
        }
        own = answers["gpu_hour_price"] * Fraction(volume) / answers["images_per_gpu_hour"]
        return answers[price] * Fraction(volume) < own + answers["monthly_overhead"]

    def ends(self, route: Route) -> list[bool]:
        """The same in the worst and in the best plausible month."""
        assert self.scenario.low is not None and self.scenario.high is not None
        return [self.wins(route, self.scenario.low), self.wins(route, self.scenario.high)]

    def ranged(self) -> bool:
        return self.scenario.low is not None and self.scenario.low != self.scenario.high

    def the_compared(self) -> Route:
        (route,) = self.compared()
        assert route is not None
        return route

    def crossover(self, text: str, route: Route) -> Fraction:
        """N* against a route, which the text states rounded."""
        assert self.decision.crossovers[route] is not None
        assert number(text) == Decimal(self.decision.crossovers[route] or 0)
        answers = {
            n: Fraction(Decimal(str(self.decision.scenario[n]))) for n in [*PRICES[route], *PRICES[Route.SELF_HOST]]
        }
        (price,) = PRICES[route]
        exact = answers["monthly_overhead"] / (
            answers[price] - answers["gpu_hour_price"] / answers["images_per_gpu_hour"]
        )
        assert abs(exact - Fraction(number(text))) <= Fraction(1, 200)
        return exact

    def survivors(self, route: Route) -> list[Any]:
        gone = {step.offer for step in self.decision.eliminated}
        return [offer for offer in self.rulebook.offers if offer.route is route and offer.id not in gone]

    def to_verify(self, gate: Gate, facts: dict[str, Any], offer: Any) -> bool:
        return bool(match_offer(compile_rules([gate], PLAIN), {**facts, **offer.traits}).to_verify)

    def eliminates(self, gate: Gate, facts: dict[str, Any], offer: Any) -> bool:
        return bool(match_offer(compile_rules([gate], PLAIN), {**facts, **offer.traits}).eliminating)

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


def _values(name: str) -> list[Any]:
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


def named_fields(text: str) -> list[str]:
    """Fields named by what they are called and by their own name."""
    found = re.findall(r"(?:^|, | and )([^`]*?) \(`([a-z_]+)`\)", text)
    assert "".join(f"{called} (`{field}`)" for called, field in found) == re.sub(r"(?<=\)),? (and )?", "", text)
    for called, field in found:
        words = wordings()[field]
        assert called.split(" per ")[0] in (words.subject or words.ask).replace("{units}", "images").replace(
            "{media}", "images"
        ) or called.replace("seconds of video", "{units}").replace("video", "{media}") in (words.subject, words.ask)
    return [field for _, field in found]


# ---- how sure


def settled(held: Held) -> None:
    assert held.decision.settled is True
    wins = held.ends(held.the_compared())
    assert wins[0] == wins[1]


def unsettled(held: Held) -> None:
    assert held.decision.settled is False
    wins = held.ends(held.the_compared())
    assert wins[0] != wins[1]


def agrees(held: Held) -> None:
    assert held.decision.settled is None and held.decision.not_needed
    wins = held.ends(held.the_compared())
    assert wins[0] == wins[1]


def differs(held: Held) -> None:
    assert held.decision.settled is None and held.decision.not_needed
    wins = held.ends(held.the_compared())
    assert wins[0] != wins[1]


def not_compared(held: Held) -> None:
    assert held.decision.settled is None
    assert held.compared() == {None}


def lacks_amounts(held: Held, fields: str) -> None:
    assert held.decision.settled is None
    assert set(named_fields(fields)) <= set(held.decision.not_needed)
    assert named_fields(fields) == held.lacking(held.the_compared())


def comparison_open(held: Held, fields: str) -> None:
    assert held.decision.settled is None
    compared = held.compared()
    assert len(compared) > 1
    said = named_fields(fields)
    turning = [
        n
        for n in held.decision.not_needed
        if n in held.needs and any(held.compared(**{n: v}) != compared for v in _values(n))
    ]
    assert said == (turning or held.decision.not_needed)


def near(held: Held, crossover: str) -> None:
    exact = held.crossover(crossover, held.the_compared())
    assert Fraction(4, 5) * exact <= Fraction(str(held.decision.scenario["monthly_images"])) < Fraction(6, 5) * exact


def clear(held: Held, crossover: str) -> None:
    exact = held.crossover(crossover, held.the_compared())
    volume = Fraction(str(held.decision.scenario["monthly_images"]))
    assert not Fraction(4, 5) * exact <= volume < Fraction(6, 5) * exact


def status_is(status: Status) -> Callable[[Held], None]:
    def holds(held: Held) -> None:
        assert held.decision.status is status

    return holds


def axes_are(least: int, most: int) -> Callable[[Held], None]:
    def holds(held: Held) -> None:
        assert least <= len(held.decision.deciding_axes) <= most

    return holds


def in_a_range(one: str, other: str) -> Callable[[Held, str], str]:
    return lambda held, text: text


HOW_SURE: list[tuple[str, Callable[..., None]]] = [
    (r"Settled: the comparison of cost comes out the same in the worst and in the best plausible month\.", settled),
    (r"Settled: at the volume given the comparison of cost comes out one way only\.", settled),
    (
        r"Not settled: the comparison of cost comes out one way in the worst plausible month, and the other way in the best\.",
        unsettled,
    ),
    (
        r"The comparison of cost comes out the same in the worst and in the best plausible month, and no unanswered question changes that\.",
        agrees,
    ),
    (
        r"At this volume the comparison of cost comes out one way only, and no unanswered question changes that\.",
        agrees,
    ),
    (
        r"The comparison of cost comes out one way in the worst plausible month, and the other way in the best, and no unanswered question changes that\.",
        differs,
    ),
    (r"Cost was not compared, as own GPUs and a hosted option are not both in the running\.", not_compared),
    (
        r"The comparison of cost is not complete, as amounts are missing: (.*); whatever they are, the route stays\.",
        lacks_amounts,
    ),
    (
        r"Whether cost is compared, and with which price, depends on what is not answered: (.*); whatever the answers, the route stays\.",
        comparison_open,
    ),
    (
        rf"The expected volume is within 20 % of the crossover \({NUMBER} {UNITS} a month\): a small error in a figure turns the comparison of cost in that month\.",
        near,
    ),
    (rf"The expected volume is not within 20 % of the crossover \({NUMBER} {UNITS} a month\)\.", clear),
    (r"One axis alone decides\.", axes_are(1, 1)),
    (r"Over-determined: more than one axis would have decided alone\.", axes_are(2, 7)),
    (r"No single axis decides: without the rules of any one of them the route is the same\.", axes_are(0, 0)),
    (
        r"Questions are unanswered, and no answer to them changes the route\.",
        lambda held: _truth(bool(held.decision.not_needed)),
    ),
    (r"Certain: no price and no volume brings an option back\.", status_is(Status.INFEASIBLE)),
    (r"Not sure yet: unanswered questions can still change the outcome\.", status_is(Status.OPEN)),
]


def _truth(holds: bool) -> None:
    assert holds


def matched(text: str, table: Sequence[tuple[str, Callable[..., None]]], held: Held) -> None:
    """Finds the one pattern of a sentence and asserts its predicate."""
    found = [(match, predicate) for pattern, predicate in table if (match := re.fullmatch(pattern, text))]
    assert found, f"no pattern for the sentence: {text}"
    for match, predicate in found:
        predicate(held, *match.groups())


# ---- the other lines of the box


def route(held: Held, text: str) -> None:
    decision = held.decision
    if decision.status is Status.INFEASIBLE:
        assert text == "none"
    elif decision.status is Status.OPEN:
        possible_are(held, text.removeprefix("not decided; still possible: "))
        assert text.startswith("not decided; still possible: ")
    else:
        assert TITLES[text.removesuffix(", but not yet")] is decision.route
        assert text.endswith(", but not yet") == not_yet(decision)


def not_yet(decision: Decision) -> bool:
    moving = decision.migration
    return bool(moving and moving.current_route_feasible and moving.worth_moving is False and moving.payback_months)


def possible_are(held: Held, text: str) -> None:
    said = text.removesuffix(", or no option at all")
    assert (said != text) == held.decision.may_be_infeasible
    assert listed(said, NAMES) == held.decision.possible_routes


def offers_left(held: Held, text: str) -> None:
    assert held.decision.route
    left = [offer.id for offer in held.survivors(held.decision.route)]
    assert text == ", ".join(f"`{id}`" for id in left)
    assert len(left) < sum(offer.route is held.decision.route for offer in held.rulebook.offers)


def deciding(held: Held, text: str) -> None:
    said = text.removesuffix(", each of which would have decided alone")
    assert (said != text) == (len(held.decision.deciding_axes) > 1)
    assert listed(said, AXES) == held.decision.deciding_axes


def because(held: Held, text: str) -> None:
    parts = []
    for part in re.split("; and because ", text):
        reason, said, _ = re.split(
            r", (?=(?:own GPUs|an open|a closed)[^,]*(?:, [^,]*)?(?: and [^,]*)? (?:is|are) ruled out)",
            part,
            maxsplit=1,
        ) + [""]
        parts.append((plain_text(reason), listed(re.sub(" (is|are) ruled out$", "", said.strip()), NAMES)))
    expected = [
        [
            (held.rulebook.rules[rule].because, _unique(s.route for s in held.decision.eliminated if s.rule == rule))
            for rule in conflict.rules
        ]
        for conflict in held.decision.conflicts
    ]
    assert parts in expected


def _unique(items: Iterator[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


def answer_first(held: Held, text: str) -> None:
    asks = [_filled(wordings()[name].ask, held) for name in held.decision.open_questions[:3]]
    assert text == " ".join(asks)


def _filled(text: str, held: Held) -> str:
    video = held.decision.scenario.get("unit") == "video_second"
    for word, image, second in (
        ("units", "images", "seconds of video"),
        ("unit", "image", "second of video"),
        ("media", "images", "video"),
    ):
        text = text.replace(f"{{{word}}}", second if video else image)
    return text


def how_sure(held: Held, text: str) -> None:
    sentences = re.split(r"(?<=\.) (?=[A-Z])", text)
    for sentence in sentences:
        matched(sentence, HOW_SURE, held)
    same = [s for s in sentences if "worst and in the best" in s]
    assert held.ranged() or not same
    assert not held.ranged() or not [s for s in sentences if "one way only" in s]


def cheaper(held: Held, text: str) -> None:
    found = re.fullmatch(rf"({'|'.join(NAMES)}) would cost (.*?), but (.*)", text)
    assert found, text
    other, amounts, why = NAMES[found[1]], found[2], found[3]
    savings = held.cheaper()[other]
    costs = held.decision.monthly_costs
    assert held.decision.route
    one = rf"{MONEY}( a month)? less \({MONEY} against {MONEY}"
    if "expected" in savings:
        parts = {"expected": re.fullmatch(rf"{one} in the expected month\)", amounts)}
    else:
        worst, _, best = amounts.partition(" and ")
        parts = {
            "low": re.fullmatch(rf"{one}\) in the worst plausible month", worst),
            "high": re.fullmatch(rf"{one}\) in the best", best),
        }
    for month, part in parts.items():
        assert part, amounts
        assert near_money(part[1], savings[month])
        assert near_money(part[3], Decimal(getattr(costs[other], month)))
        assert near_money(part[4], Decimal(getattr(costs[held.decision.route], month)))
    assert plain_text(why) == why_not(held, other)


def why_not(held: Held, other: Route) -> str:
    decision, many = held.decision, other is Route.SELF_HOST
    names = {axis: name for name, axis in AXES.items()}
    if other in decision.feasible_routes:
        verb, steps = ("lose" if many else "loses"), {s.rule: s for s in decision.preferences if s.over is other}
    else:
        verb, steps = (
            ("are" if many else "is") + " ruled out",
            {s.rule: s for s in decision.eliminated if s.route is other},
        )
    if not steps:
        return f"no answer to the open questions recommends {'them' if many else 'it'}"
    return "; and ".join(f"{verb} on {names[step.axis]}: {step.because}" for step in steps.values())


def to_verify(held: Held, text: str) -> None:
    decision = held.decision
    assert decision.status is Status.RECOMMENDED and decision.route
    conditional = _conditional(held)
    expected = [condition.provided for condition in decision.conditions] + [
        f"with {' or '.join(filter(None, (', '.join(f'`{o}`' for o in offers[:-1]), f'`{offers[-1]}`')))}, {gate.provided}"
        for gate, offers in conditional
    ]
    if text == "nothing the rules know of":
        assert not expected and not held.unchecked()
        for gate in held.rulebook.gates:
            assert not any(held.to_verify(gate, held.facts, offer) for offer in held.survivors(decision.route))
    else:
        assert plain_text(text) == "; ".join(expected)


def _conditional(held: Held) -> list[tuple[Gate, list[str]]]:
    """What only some of the offers left have to be verified for."""
    shared, found = {condition.rule for condition in held.decision.conditions}, []
    assert held.decision.route
    for gate in held.rulebook.gates:
        offers = [o.id for o in held.survivors(held.decision.route) if held.to_verify(gate, held.facts, o)]
        if offers and gate.id not in shared:
            found.append((gate, offers))
    return found


def not_checked(held: Held, text: str) -> None:
    found = re.fullmatch(
        r"(.*) (?:was|were) not asked or not answered \((.*)\), so it was not checked whether (.*)", text
    )
    assert found, text
    fields = [name.strip("`") for name in found[2].split(", ")]
    gates = [id for id, missing in held.unchecked().items() if missing == fields]
    assert plain_text(found[3]) in [held.rulebook.rules[id].provided for id in gates]  # type: ignore[attr-defined]
    assert found[1] == _about(held, fields)


def _about(held: Held, fields: Sequence[str]) -> str:
    words = {name: about for about, name in ASKED_ABOUT.items()}
    return listed_in_prose([words.get(name) or f'"{_filled(wordings()[name].ask, held)}"' for name in fields])


def move(held: Held, text: str) -> None:
    moving = held.decision.migration
    assert moving and not_yet(held.decision)
    found = re.fullmatch(
        rf"not yet, as that is repaid after {NUMBER} months only(?:; from {NUMBER} {UNITS} a month on it pays within the limit)?",
        text,
    )
    assert found, text
    assert number(found[1]) == Decimal(moving.payback_months or 0)
    if found[2]:
        volume, saved = Fraction(number(found[2])), Fraction(0)
        s = {n: Fraction(str(v)) for n, v in held.decision.scenario.items() if FIELDS[n].quantity}
        (price,) = PRICES[moving.current_route]
        saved = s[price] * volume - s["gpu_hour_price"] * volume / s["images_per_gpu_hour"] - s["monthly_overhead"]
        repaid = saved * Fraction(moving.payback_limit_months) - Fraction(moving.migration_cost or 0)
        step = (s[price] - s["gpu_hour_price"] / s["images_per_gpu_hour"]) * Fraction(moving.payback_limit_months) / 200
        assert abs(repaid) <= step


def has_number_flips(held: Held) -> bool:
    return any(flip.below is not None or flip.above is not None for flip in held.decision.flips)


FIGURE = "(,? ?;? ?or when a figure below is reached)?"


def look_again(held: Held, text: str) -> None:
    assert held.decision.status is Status.RECOMMENDED
    assert ("figure below" in text or "or a figure" in text) == (has_number_flips(held) and "these amounts" not in text)
    matched(text, LOOK_AGAIN, held)


def _watched(held: Held) -> Route:
    current = held.decision.scenario.get("current_route")
    if current in (Route.OPEN_WEIGHT_API, Route.CLOSED_API):
        return Route(current)
    compared = judge(held.rulebook, held.reading, with_terms(held.rulebook, held.facts)).verdict.asked
    assert compared or held.decision.route
    return compared or held.decision.route or Route.SELF_HOST


def rises(held: Held, volume: str, _: str | None) -> None:
    held.crossover(volume, _watched(held))
    assert held.decision.route is not Route.SELF_HOST


def falls(held: Held, volume: str, _: str | None) -> None:
    held.crossover(volume, _watched(held))
    assert held.decision.route is Route.SELF_HOST


def moves(held: Held, _: str | None) -> None:
    assert held.decision.migration and held.decision.route is Route.SELF_HOST


def never(held: Held, name: str) -> None:
    assert held.decision.crossovers[NAMES[name]] is None
    assert NAMES[name] is _watched(held)


def always(held: Held, name: str) -> None:
    assert held.decision.route is Route.SELF_HOST
    assert not any(held.wins(NAMES[name], Decimal(volume)) for volume in (1, 10**6, 10**12))


def amounts_first(held: Held, fields: str) -> None:
    assert named_fields(fields) == held.lacking(_watched(held), ends=())
    assert named_fields(fields)


WHEN = r"when (?:a figure below is reached|a price or the throughput changes); "
LOOK_AGAIN: list[tuple[str, Callable[..., None]]] = [
    (rf"after three complete months above {NUMBER} {UNITS} a month{FIGURE}", rises),
    (rf"after two complete months below nine tenths of {NUMBER} {UNITS} a month{FIGURE}", falls),
    (rf"once `advisor monitor` says that the answer has changed, and after the move{FIGURE}", moves),
    (rf"{WHEN}no volume makes own GPUs cheaper than ({'|'.join(NAMES)})", never),
    (rf"{WHEN}own GPUs cost no more than ({'|'.join(NAMES)}) at every volume", always),
    (r"when these amounts are known: (.*)", amounts_first),
    (r"when an answer(?: or a figure)? below changes; there is no crossover to watch", lambda held: None),
]


def ways_out(held: Held, text: str) -> None:
    said = []
    for way in text.split("; "):
        changes, _, then = way.partition(", then ")
        answers = dict(pair.strip("`").split(": ") for pair in changes.split(" and "))
        said.append((answers, then))
    outcomes = {
        Status.OPEN: "it depends on unanswered questions",
        Status.INFEASIBLE: "no option satisfies every answer",
    }
    names = {route: name for name, route in NAMES.items()}
    assert said == [
        ({n: str(v).lower() for n, v in r.changes.items()}, names[r.route] if r.route else outcomes[r.status])
        for r in held.decision.repairs
    ]


BOX: dict[str, Callable[[Held, str], None]] = {
    "Route": route,
    "Offers that are left": offers_left,
    "Deciding axis": deciding,
    "Because": because,
    "Answer first": answer_first,
    "How sure": how_sure,
    "Cheaper": cheaper,
    "To verify first": to_verify,
    "Not checked": not_checked,
    "Move": move,
    "Look again": look_again,
    "The smallest ways out": ways_out,
}


def check_box(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every line of the box, and that no line is missing."""
    held = Held(decision, rulebook)
    lines = [line for line in memo_markdown(decision, rulebook, templates).splitlines() if line.startswith("> ")]
    said = [re.fullmatch(r"> \* \*\*([A-Z][a-z ]*):\*\* (.*)", line) for line in lines]
    assert all(said), lines
    labels = [match[1] for match in said if match]
    for match in filter(None, said):
        assert match[1] in BOX, f"no predicate for the line: {match[0]}"
        BOX[match[1]](held, match[2])
    recommended = decision.status is Status.RECOMMENDED
    assert labels.count("Cheaper") == len(held.cheaper())
    assert labels.count("Not checked") == len(held.unchecked())
    assert labels.count("To verify first") == bool(
        recommended and (decision.conditions or _conditional(held) or not held.unchecked())
    )
    assert labels.count("Move") == not_yet(decision)
    assert labels.count("Look again") == recommended
    assert labels.count("How sure") == labels.count("Route") == 1


# ---- the rules table


def check_rules(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every row of the table of rules, and that no rule is missing."""
    held = Held(decision, rulebook)
    table = memo_markdown(decision, rulebook, templates).partition("### Rules\n")[2].partition("### Origin\n")[0]
    rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in table.splitlines() if line.startswith("| `")]
    asked = [gate.id for gate in rulebook.gates if _asks(held, gate)]
    fired = _unique(step.rule for step in decision.trace)
    assert [row[0].strip("`") for row in rows] == fired + [id for id in asked if id not in fired]
    for id, axis, did, reason, source in rows:
        rule = rulebook.rules[id.strip("`")]
        assert AXES[axis] is rule.axis
        assert plain_text(source) == rule.source
        out = any(step.rule == rule.id for step in decision.eliminated)
        where = "rules an option out where " if isinstance(rule, Gate) and not out else ""
        assert plain_text(reason) == where + rule.because
        for part in did.split("; "):
            matched(part, [(pattern, _about_rule(predicate, rule.id)) for pattern, predicate in DID], held)


def _asks(held: Held, gate: Gate) -> bool:
    """Whether some offer could fail the gate under these answers."""
    nothing_known = dict.fromkeys(held.rulebook.traits, UNKNOWN)
    found = match_offer(compile_rules([gate], PLAIN), {**held.facts, **nothing_known})
    return bool(found.to_verify or found.eliminating)


def _about_rule(predicate: Callable[..., None], rule: str) -> Callable[..., None]:
    return lambda held, *groups: predicate(held, rule, *groups)


def ruled_out(held: Held, rule: str, text: str) -> None:
    hit = [step for step in held.decision.eliminated if step.rule == rule]
    routes = _unique(step.route for step in hit if step.route not in held.decision.feasible_routes)
    offers = [step.offer for step in hit if step.route in held.decision.feasible_routes]
    assert listed(text.replace("`", ""), {**NAMES, **{id: id for id in offers}}) == [*routes, *offers]


def may_rule_out(held: Held, rule: str, text: str) -> None:
    assert listed(text, NAMES) == _unique(
        Route(str(s.on)) for s in held.decision.trace if (s.rule, s.kind) == (rule, "verify")
    )


def preferred(held: Held, rule: str, chosen: str, over: str) -> None:
    pairs = {(step.preferred, step.over) for step in held.decision.preferences if step.rule == rule}
    assert set(product(listed(chosen, NAMES), listed(over, NAMES))) == pairs


def advised(held: Held, rule: str) -> None:
    assert rule in {advice.rule for advice in held.decision.advice}


def passed(held: Held, rule: str) -> None:
    assert rule not in {step.rule for step in held.decision.trace}


DID: list[tuple[str, Callable[..., None]]] = [
    (r"ruled out (.*)", ruled_out),
    (r"to verify, as it may rule out (.*)", may_rule_out),
    (r"preferred (.*) to (.*)", preferred),
    (r"advised", advised),
    (r"asked, and not failed by any option", passed),
]


# ---- the summary


def check_summary(decision: Decision, rulebook: Rulebook, templates: Path | None = None) -> None:
    """Every line of the summary, and that what restricts the recommendation is in it."""
    held = Held(decision, rulebook)
    lines = summary(decision, rulebook, templates).splitlines()
    for line in lines:
        matched(line, SUMMARY, held)
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds.count("Cheaper") == len(held.cheaper())
    assert kinds.count("Not") == (len(held.unchecked()) if decision.status is Status.RECOMMENDED else 0)


def said_route(held: Held, text: str, later: str | None, months: str | None) -> None:
    assert ACTIONS[text] is held.decision.route
    assert bool(later) == not_yet(held.decision)
    assert not months or held.decision.migration and months == held.decision.migration.payback_months


def said_axis(held: Held, axis: str, others: str | None) -> None:
    assert AXES[axis] is held.decision.deciding_axes[0]
    assert (listed(others, AXES) if others else [AXES[axis]]) == held.decision.deciding_axes


def said_cheaper(held: Held, amounts: str, name: str, why: str) -> None:
    savings = held.cheaper()[NAMES[name]]
    months = {"expected": "expected month", "low": "worst plausible month", "high": "best"}
    for (month, saving), part in zip(savings.items(), amounts.split(" and "), strict=True):
        found = re.fullmatch(rf"{MONEY} in the {months[month]}", part)
        assert found and near_money(found[1], saving)
    reasons = why_not(held, NAMES[name])
    if reasons.startswith("no answer"):
        assert why == "no answer to the open questions recommends"
    else:
        verb, _, axes = why.partition(" on ")
        on = re.findall(rf"(?:^|; and ){verb} on ([a-z ]+):", reasons)
        assert listed(axes, AXES) == _unique(AXES[axis] for axis in on)


def said_condition(held: Held, offers: str | None, text: str) -> None:
    if offers:
        assert (text, re.split(", | or ", offers)) in [(gate.provided, ids) for gate, ids in _conditional(held)]
    else:
        assert text in [condition.provided for condition in held.decision.conditions]


def said_not_checked(held: Held, about: str, fields: str) -> None:
    assert fields.split(", ") in held.unchecked().values()
    assert about == _about(held, fields.split(", "))


def said_conflict(held: Held, text: str) -> None:
    assert text in [", ".join(f"{n}={str(v).lower()}" for n, v in c.answers.items()) for c in held.decision.conflicts]


def said_way_out(held: Held, changes: str, then: str) -> None:
    ways_out(
        Held(
            held.decision.model_copy(
                update={
                    "repairs": [
                        r
                        for r in held.decision.repairs
                        if changes == ", ".join(f"{n}={str(v).lower()}" for n, v in r.changes.items())
                    ]
                }
            ),
            held.rulebook,
        ),
        " and ".join(f"`{pair.replace('=', ': ')}`" for pair in changes.split(", ")) + f", then {then}",
    )


def said_open(held: Held, text: str) -> None:
    assert held.decision.status is Status.OPEN
    possible_are(held, text)


def said_questions(held: Held, text: str) -> None:
    assert text.split(", ") == held.decision.open_questions


SUMMARY: list[tuple[str, Callable[..., None]]] = [
    (rf"Recommended: ({'|'.join(ACTIONS)})(, but not yet: moving repays after ([0-9.]+) months)?\.", said_route),
    (r"Deciding axis: ([a-z ]+)(?: \(over-determined: (.*) would each have decided alone\))?\.", said_axis),
    (rf"Cheaper by (.*): ({'|'.join(NAMES)}), which (.*)\.", said_cheaper),
    (r"Verify(?: with (.*?))?: (.*)\.", said_condition),
    (r"Not checked: (.*) (?:was|were) not asked or not answered \((.*)\)\.", said_not_checked),
    (r"No option satisfies every answer\.", status_is(Status.INFEASIBLE)),
    (r"Cannot hold together: (.*)\.", said_conflict),
    (r"A way out: (.*), then (.*)\.", said_way_out),
    (r"Still open: (.*)\.", said_open),
    (r"Answer first: (.*)\.", said_questions),
]
