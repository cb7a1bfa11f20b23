"""Every sentence of how sure a decision is, with a pattern and a predicate."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from advisor.domain.record_parts import Status
from tests.report.held import (
    NUMBER,
    UNITS,
    Held,
    answers_to,
    matched,
    named_fields,
    status_is,
)
from tests.report.turning_sentences import sentences


def settled(held: Held) -> None:
    assert held.decision.settled is True
    wins = held.ends(held.asked())
    assert wins[0] == wins[1]


def unsettled(held: Held) -> None:
    assert held.decision.settled is False
    wins = held.ends(held.asked())
    assert wins[0] != wins[1]


def agrees(held: Held) -> None:
    assert held.decision.settled is None
    assert held.decision.not_needed
    wins = held.ends(held.the_compared())
    assert wins[0] == wins[1]


def differs(held: Held) -> None:
    assert held.decision.settled is None
    assert held.decision.not_needed
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
    unanswered = [name for name in held.needs if name not in held.facts]
    turning = [name for name in unanswered if any(held.compared(**{name: v}) != compared for v in answers_to(name))]
    assert said == (turning or held.decision.not_needed)


def near(held: Held, crossover: str) -> None:
    exact = held.owning_from(crossover, held.the_compared())
    assert (
        Fraction(4, 5) * exact
        <= Fraction(str(held.decision.priced_scenario["monthly_images"]))
        < Fraction(6, 5) * exact
    )


def clear(held: Held, crossover: str) -> None:
    exact = held.owning_from(crossover, held.the_compared())
    volume = Fraction(str(held.decision.priced_scenario["monthly_images"]))
    assert not Fraction(4, 5) * exact <= volume < Fraction(6, 5) * exact


def not_sure(held: Held) -> None:
    assert held.decision.status is Status.OPEN
    assert not sentences(held)


APART = "one way in the quietest plausible month, and the other way in the busiest"
WHATEVER = ", and no unanswered question changes that"
HOW_SURE: list[tuple[str, Callable[..., None]]] = [
    (
        r"Settled: the comparison of cost comes out the same in the quietest and in the busiest plausible month\.",
        settled,
    ),
    (r"Settled: at this volume the comparison of cost comes out one way only\.", settled),
    (
        rf"Not settled: the comparison of cost comes out {APART}\.",
        unsettled,
    ),
    (
        rf"The comparison of cost comes out the same in the quietest and in the busiest plausible month{WHATEVER}\.",
        agrees,
    ),
    (
        r"At this volume the comparison of cost comes out one way only, and no unanswered question changes that\.",
        agrees,
    ),
    (
        rf"The comparison of cost comes out {APART}{WHATEVER}\.",
        differs,
    ),
    (r"Cost was not compared, as own GPUs and a hosted option are not both in the running\.", not_compared),
    (
        (
            r"The comparison of cost is not complete, as (?:amounts are|an amount is) missing: (.*); "
            r"whatever (?:they are|it is), the route stays\."
        ),
        lacks_amounts,
    ),
    (
        (
            r"Whether cost is compared, and with which price, depends on what is not answered: (.*); "
            r"whatever the answers, the route stays\."
        ),
        comparison_open,
    ),
    (
        (
            rf"The expected volume is within 20 % of the crossover \({NUMBER} {UNITS} a month\): "
            r"a small error in a figure turns the comparison of cost in that month\."
        ),
        near,
    ),
    (rf"The expected volume is not within 20 % of the crossover \({NUMBER} {UNITS} a month\)\.", clear),
    (
        r"Questions are unanswered, and no answer to them changes the route\.",
        lambda held: _truth(bool(held.decision.not_needed) and not _may_rule_out(held)),
    ),
    (
        (
            r"Questions are unanswered, and no answer to them changes the route, "
            r"unless a checkpoint is named that the answers rule out\."
        ),
        lambda held: _truth(bool(held.decision.not_needed) and _may_rule_out(held)),
    ),
    (r"Certain: no price and no volume brings an option back\.", status_is(Status.INFEASIBLE)),
    (r"Not sure yet: unanswered questions can still change the outcome\.", not_sure),
    (
        r"The line on where it turns is certain: it holds for every value of the figures that are not known yet\.",
        lambda held: _truth(held.decision.status is Status.OPEN and sentences(held) > 0),
    ),
]


def _may_rule_out(held: Held) -> bool:
    return any(one.none_possible for one in held.decision.by_model)


def _truth(holds: bool) -> None:
    assert holds


def how_sure(held: Held, text: str) -> None:
    sentences = re.split(r"(?<=\.) (?=[A-Z])", text)
    for sentence in sentences:
        matched(sentence, HOW_SURE, held)
    same = [s for s in sentences if "quietest and in the busiest" in s]
    assert held.ranged() or not same
    assert not held.ranged() or not [s for s in sentences if "one way only" in s]
