"""Every line of a memo's box, with a pattern and a predicate. One without a pattern fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from advisor.domain.record import Decision, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import with_terms
from advisor.evaluation.judgement import judge
from advisor.report.templates import memo_markdown
from advisor.rulebook.model import Rulebook
from advisor.wording.labels import listed as listed_in_prose
from advisor.wording.questions import wordings
from tests.report.confidence_sentences import how_sure
from tests.report.held import (
    AXES,
    MONEY,
    NAMES,
    NUMBER,
    PRICES,
    TITLES,
    UNITS,
    Held,
    asked_about,
    conditional,
    filled,
    listed,
    matched,
    named_fields,
    near_money,
    not_yet,
    number,
    plain_text,
    possible_are,
    unique,
    why_not,
)
from tests.report.turning_sentences import sentences, where_it_turns


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
        some = "|".join(NAMES)
        found = re.fullmatch(rf"(.*?), ((?:{some})(?:(?:, | and )(?:{some}))*) (?:is|are) ruled out", part)
        assert found, part
        parts.append((plain_text(found[1]), listed(found[2], NAMES)))
    expected = [
        [
            (held.rulebook.rules[rule].because, unique(s.route for s in held.decision.eliminated if s.rule == rule))
            for rule in conflict.rules
        ]
        for conflict in held.decision.conflicts
    ]
    assert parts in expected


def answer_first(held: Held, text: str) -> None:
    asks = [filled(wordings()[name].ask, held) for name in held.decision.open_questions[:3]]
    assert text == " ".join(asks)


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


def to_verify(held: Held, text: str) -> None:
    decision = held.decision
    assert decision.status is Status.RECOMMENDED
    assert decision.route
    expected = [condition.provided for condition in decision.conditions] + [
        f"with {listed_in_prose([f'`{offer}`' for offer in offers], 'or')}, {gate.provided}"
        for gate, offers in conditional(held)
    ]
    if text == "nothing the rules know of":
        assert not expected
        assert not held.unchecked()
        for gate in held.rulebook.gates:
            assert not any(held.to_verify(gate, held.facts, offer) for offer in held.survivors(decision.route))
    else:
        assert plain_text(text) == "; ".join(expected)


def not_checked(held: Held, text: str) -> None:
    found = re.fullmatch(
        r"(.*) (?:was|were) not asked or not answered \((.*)\), so it was not checked whether (.*)", text
    )
    assert found, text
    fields = [name.strip("`") for name in found[2].split(", ")]
    gates = [id for id, missing in held.unchecked().items() if missing == fields]
    assert plain_text(found[3]) in [held.rulebook.rules[id].provided for id in gates]  # type: ignore[attr-defined]
    assert found[1] == asked_about(held, fields)


def move(held: Held, text: str) -> None:
    moving = held.decision.migration
    assert moving
    assert not_yet(held.decision)
    found = re.fullmatch(
        rf"not yet, as that is repaid after {NUMBER} months only"
        rf"(?:; from {NUMBER} {UNITS} a month on it pays within the limit)?",
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
    assert held.decision.migration
    assert held.decision.route is Route.SELF_HOST


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
    "Where it turns": where_it_turns,
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
    lines = [line for line in memo_markdown(decision, templates).splitlines() if line.startswith("> ")]
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
        recommended and (decision.conditions or conditional(held) or not held.unchecked())
    )
    assert labels.count("Move") == not_yet(decision)
    assert labels.count("Look again") == recommended
    assert labels.count("Where it turns") == sentences(held)
    assert labels.count("How sure") == labels.count("Route") == 1
