"""The lines of a memo's box on when to move, and when to look again."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.facts import with_terms
from advisor.evaluation.resolution import judge
from tests.helpers import reference
from tests.report.held import NAMES, NUMBER, PRICES, UNITS, Held, matched, named_fields, not_yet, number


def move(held: Held, text: str) -> None:
    moving = held.decision.migration
    assert moving
    assert not_yet(held.decision)
    found = re.fullmatch(
        rf"not yet, as it is repaid only after {NUMBER} months?"
        rf"(?:; from {NUMBER} {UNITS} a month on it is repaid within the limit)?",
        text,
    )
    assert found, text
    assert number(found[1]) == Decimal(moving.payback_months or 0)
    if found[2]:
        volume = Fraction(number(found[2]))
        s = {n: Fraction(str(v)) for n, v in held.decision.priced_scenario.items() if FIELDS[n].quantity}
        (price,) = PRICES[moving.current_route]
        answers: dict[str, Any] = {**s, "gpu_billing": held.decision.priced_scenario.get("gpu_billing")}
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
    current = held.decision.priced_scenario.get("current_route")
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
    (r", or when (?:these amounts are|this amount is) known: (.*)", amounts_first),
    (r"; there is no crossover to watch", lambda held: None),
]
