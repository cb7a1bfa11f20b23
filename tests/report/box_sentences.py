"""Every line of a memo's box, with a pattern and a predicate. One without a pattern fails."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from advisor.domain.record import Decision, Flip, Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import with_terms
from advisor.evaluation.judgement import judge
from advisor.report.templates import memo_markdown
from advisor.rulebook.model import Rulebook
from advisor.wording.labels import listed as listed_in_prose
from advisor.wording.questions import wordings
from tests.helpers import reference
from tests.report.confidence_sentences import how_sure
from tests.report.held import (
    ACTIONS,
    AXES,
    MONEY,
    NAMES,
    NUMBER,
    PRICES,
    SHORT,
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


def decision_line(held: Held, text: str) -> None:
    decision = held.decision
    if decision.status is Status.INFEASIBLE:
        assert text == "none, as no option satisfies every answer"
    elif decision.status is Status.OPEN:
        start = "not made; still possible: "
        if sentences(held):
            start = "as the line above says, by the figures asked for below; possible are "
        assert text.startswith(start)
        possible_are(held, text.removeprefix(start))
    else:
        assert ACTIONS[text.removesuffix(", but not yet")] is decision.route
        assert text.endswith(", but not yet") == not_yet(decision)


def offers_left(held: Held, text: str) -> None:
    assert held.decision.route
    left = [offer.id for offer in held.survivors(held.decision.route)]
    assert text == ", ".join(f"`{id}`" for id in left)
    assert len(left) < sum(offer.route is held.decision.route for offer in held.rulebook.offers)


def why(held: Held, text: str) -> None:
    decision = held.decision
    if decision.status is Status.INFEASIBLE:
        clash(held, text)
        return
    some = "|".join(SHORT)
    found = re.fullmatch(r"(.*) a month, against (.*?)\. ([A-Z].*)|instead of (.*?)\. ([A-Z].*)", text)
    assert found, text
    deciding(held, found[3] or found[5])
    if found[1]:
        assert decision.route
        cost_is(held, decision.route, found[1])
    else:
        assert decision.route not in decision.monthly_costs
    rest = found[2] or found[4]
    others = re.findall(rf"(?:([$a-z0-9,. ]+?) for )?({some}), which (.*?)(?:, and (?=[$a]|{some})|$)", rest)
    assert [SHORT[name] for _, name, _ in others] == [route for route in Route if route is not decision.route]
    for cost, name, how in others:
        assert bool(cost) == bool(found[1])
        if cost:
            cost_is(held, SHORT[name], cost)
        left_on(held, SHORT[name], how)


def cost_is(held: Held, route: Route, text: str) -> None:
    """What a route costs in the expected month, or in the low and the high one."""
    costs = held.decision.monthly_costs
    if text == "an unknown cost":
        assert route not in costs
        return
    months = costs[route].months.values()
    for said, cost in zip(text.split(" to "), months, strict=True):
        found = re.fullmatch(MONEY, said)
        assert found, said
        assert near_money(found[1], Decimal(cost))


def left_on(held: Held, route: Route, how: str) -> None:
    """The axes on which a route was ruled out or lost."""
    if how == "no answer to the open questions recommends":
        assert why_not(held, route).startswith("no answer")
        return
    verb, _, axes = how.partition(" on ")
    reasons = re.split("; and (?=loses? on |(?:is|are) ruled out on )", why_not(held, route))
    found = [re.match(rf"{verb} on ([a-z ]+):", reason) for reason in reasons]
    assert all(found), (how, reasons)
    assert listed(axes, AXES) == unique(AXES[match[1]] for match in found if match)


def deciding(held: Held, text: str) -> None:
    axes = held.decision.deciding_axes
    one = re.fullmatch(r"The deciding axis is ([a-z ]+)\.", text)
    several = re.fullmatch(r"The deciding axes are ([a-z, ]+): each would have decided alone\.", text)
    if found := one or several:
        assert listed(found[1], AXES) == axes
        assert (len(axes) == 1) == bool(one)
    else:
        assert text == "No axis decides alone: without the rules of any one of them the route is the same."
        assert not axes


def clash(held: Held, text: str) -> None:
    """Which answers cannot hold together, and what each rule of the conflict takes out."""
    answers, _, rest = text.partition(" cannot hold together: ")
    parts = []
    for part in rest.split("; "):
        found = re.fullmatch(r"(.*) (?:is|are) ruled out on ([a-z ]+)", part)
        assert found, part
        parts.append((listed(found[1], NAMES), AXES[found[2]]))
    said = dict(re.findall(r"\(`([a-z_]+): ([a-z_0-9.]+)`\)", answers))
    expected = [
        (
            {name: str(value).lower() for name, value in conflict.answers.items()},
            [
                (
                    unique(step.route for step in held.decision.eliminated if step.rule == rule),
                    held.rulebook.rules[rule].axis,
                )
                for rule in conflict.rules
            ],
        )
        for conflict in held.decision.conflicts
    ]
    assert (said, parts) in expected


def answer_first(held: Held, text: str) -> None:
    asks = [filled(wordings()[name].ask, held) for name in held.decision.open_questions[:3]]
    assert text == " ".join(asks)


def cheaper(held: Held, text: str) -> None:
    found = re.fullmatch(rf"({'|'.join(SHORT)}) would cost (.*?), but (.*)", text)
    assert found, text
    other, amounts, why = SHORT[found[1]], found[2], found[3]
    savings = held.cheaper()[other]
    if "expected" in savings:
        parts = {"expected": re.fullmatch(rf"{MONEY} a month less", amounts)}
    else:
        quietest, _, busiest = amounts.partition(" and ")
        parts = {
            "low": re.fullmatch(rf"{MONEY} a month less in the quietest plausible month", quietest),
            "high": re.fullmatch(rf"{MONEY} in the busiest", busiest),
        }
    for month, part in parts.items():
        assert part, amounts
        assert near_money(part[1], savings[month])
    if other in held.decision.feasible_routes:
        assert plain_text(why) == why_not(held, other)
    elif ":" not in why and "ruled out" in why:
        left_on(held, other, why)
    else:
        assert plain_text(why) == why_not(held, other)


def changes(held: Held, text: str) -> None:
    """The two figures that have to change least, each to a value at which the outcome is the one said; the answers."""
    if text == "no single figure and no single answer":
        assert not held.decision.flips
        return
    numbers = [flip for flip in held.decision.flips if flip.to is None]
    figures, _, answers = text.partition("another answer on ")
    parts = [part.removesuffix("; or ") for part in re.split("; (?!or )", figures) if part not in ("", "; or ")]
    least: dict[str, Fraction] = {}
    for flip in numbers:
        least[flip.field] = min(factor(flip), least.get(flip.field, factor(flip)))
    nearest = sorted(least.values())[:2]
    assert len(parts) == len(nearest)
    for part, expected in zip(parts, nearest, strict=True):
        found = re.fullmatch(r"the (.*) at (.*): (.*)", part)
        assert found, part
        assert any(
            factor(flip) == expected and names_figure(held, found[1], flip) and limit_is(found[2], flip)
            for flip in numbers
            if outcome_is(found[3], flip)
        ), part
    said = [word for words in answers.split(", ") for word in words.split(" or ") if word]
    fields = unique(flip.field for flip in held.decision.flips if flip.to is not None)
    assert len(said) == len(fields)
    assert {NEEDS[word] for word in said} == set(fields)


NEEDS = {
    "data residency": "residency",
    "commercial use": "output_use",
    "annual revenue": "annual_revenue_usd",
    "indemnity": "indemnity_required",
    "training on the outputs": "train_on_outputs",
    "quality": "quality",
    "control": "control",
    "latency": "latency",
    "how GPUs are paid for": "gpu_billing",
}


def factor(flip: Flip) -> Fraction:
    now, turn = Fraction(str(flip.from_)), Fraction(flip.below or flip.above or 0)
    return max(turn / now, now / turn) if now and turn else Fraction(10**30)


def names_figure(held: Held, text: str, flip: Flip) -> bool:
    subject = filled((wordings()[flip.field].subject or "").removesuffix(", in {units}"), held)
    return text == subject


def limit_is(text: str, flip: Flip) -> bool:
    """Whether a printed limit lies past the turn and within half a percent of it, or is the turn as `more than`."""
    found = re.fullmatch(rf"(more than |less than )?\$?{NUMBER}(?: {UNITS})?( or more| or less)?", text)
    assert found, text
    assert bool(found[1]) != bool(found[3])
    upwards = "more" in (found[1] or found[3])
    if upwards != (flip.above is not None):
        return False
    turn, value = Fraction(flip.below or flip.above or 0), Fraction(number(found[2]))
    if found[1]:
        return value == turn
    past = value - turn if upwards else turn - value
    return 0 < past <= max(Fraction(1), turn / 100)


def outcome_is(text: str, flip: Flip) -> bool:
    outcomes = {
        Status.OPEN: "it depends on unanswered questions",
        Status.INFEASIBLE: "no option satisfies every answer",
    }
    return SHORT[text] is flip.route if text in SHORT else text == outcomes[flip.status]


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
        volume = Fraction(number(found[2]))
        s = {n: Fraction(str(v)) for n, v in held.decision.scenario.items() if FIELDS[n].quantity}
        (price,) = PRICES[moving.current_route]
        answers: dict[str, Any] = {**s, "gpu_billing": held.decision.scenario.get("gpu_billing")}
        limit, cost = Fraction(moving.payback_limit_months), Fraction(moving.migration_cost or 0)
        pays = [(s[price] * n - reference.own(answers, n)) * limit >= cost for n in (volume - 1, volume)]
        assert pays == [False, True]


def look_again(held: Held, text: str) -> None:
    assert held.decision.status is Status.RECOMMENDED
    found = re.fullmatch(r"by ([0-9]{4}-[0-9]{2}-[0-9]{2})(.*)", text)
    assert found, text
    day, decided = datetime.date.fromisoformat(found[1]), datetime.date.fromisoformat(held.decision.decided_on)
    assert (day.year * 12 + day.month) - (decided.year * 12 + decided.month) == 3
    assert day.day <= decided.day <= day.day + 3
    matched(found[2], LOOK_AGAIN, held)


def _watched(held: Held) -> Route:
    current = held.decision.scenario.get("current_route")
    if current in (Route.OPEN_WEIGHT_API, Route.CLOSED_API):
        return Route(current)
    compared = judge(held.rulebook, held.reading, with_terms(held.rulebook, held.facts)).verdict.asked
    assert compared or held.decision.route
    return compared or held.decision.route or Route.SELF_HOST


def rises(held: Held, volume: str) -> None:
    held.owning_from(volume, _watched(held))
    assert held.decision.route is not Route.SELF_HOST


def falls(held: Held, volume: str) -> None:
    held.owning_from(volume, _watched(held))
    assert held.decision.route is Route.SELF_HOST


def moves(held: Held) -> None:
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


LOOK_AGAIN: list[tuple[str, Callable[..., None]]] = [
    (rf"; before that, after three complete months above the crossover \({NUMBER} {UNITS} a month\)", rises),
    (
        rf"; before that, after two complete months below nine tenths of the crossover \({NUMBER} {UNITS} a month\)",
        falls,
    ),
    (r"; before that, once `advisor monitor` says that the answer has changed, and after the move", moves),
    (rf"; no volume makes own GPUs cheaper than ({'|'.join(NAMES)})", never),
    (rf"; own GPUs cost no more than ({'|'.join(NAMES)}) at every volume", always),
    (r", or when these amounts are known: (.*)", amounts_first),
    (r"; there is no crossover to watch", lambda held: None),
]


def proposed(held: Held, text: str) -> None:
    assert text == f"proposed on {held.decision.decided_on}; a reviewer accepts or rejects it"


def ways_out(held: Held, text: str) -> None:
    said = []
    for way in text.split("; "):
        changes, _, then = way.partition(", then ")
        answers = dict(pair.split(": ") for pair in re.findall(r"`([a-z_]+: [a-z_0-9.]+)`", changes))
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
    "Decision": decision_line,
    "Offers that are left": offers_left,
    "Why": why,
    "Where it turns": where_it_turns,
    "Answer first": answer_first,
    "How sure": how_sure,
    "Cheaper": cheaper,
    "What would change it": changes,
    "To verify first": to_verify,
    "Not checked": not_checked,
    "Move": move,
    "Look again": look_again,
    "The smallest ways out": ways_out,
    "Status": proposed,
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
    assert labels.count("Look again") == labels.count("What would change it") == recommended
    assert labels.count("Why") == (1 if recommended else len(decision.conflicts))
    assert labels.count("How sure") == labels.count("Decision") == labels.count("Status") == 1
    assert labels.count("Where it turns") == sentences(held)
