"""What the memo says of watching the bill is what the monitor does with it."""

from __future__ import annotations

import datetime
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.break_even import owns_already
from advisor.decision.decide import decide
from advisor.domain.scenario import Route
from advisor.monitor.evaluate import Baseline
from advisor.monitor.model import NotComparableReason as Reason
from advisor.monitor.model import Span
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import complete_answers, examples, scenario

RULEBOOK = bundled_rulebook()
COMPARABLE = {"rises_above", "falls_below", "moving"}
IN_USE = st.sampled_from([None, Route.CLOSED_API, Route.OPEN_WEIGHT_API, Route.SELF_HOST])


@examples(in_ci=150)
@given(complete_answers(), IN_USE)
def test_the_memo_names_a_crossover_exactly_where_the_monitor_compares(
    answers: dict[str, Any], in_use: Route | None
) -> None:
    given = scenario({**answers, **({"current_route": str(in_use)} if in_use else {})})
    decision = decide(given, RULEBOOK, decided_on=datetime.date(2026, 11, 22))
    situation = Baseline(decision, given, RULEBOOK, None, {})
    if trigger := decision.review_trigger:
        price = situation.list_price
        reason = situation.why_not_comparable(Span(*[price] * 3) if price else None)
        assert trigger.route == situation.compared
        assert (trigger.kind in COMPARABLE) == (reason is None)
        assert (trigger.kind == "never") == (reason is not None and reason.reason is Reason.NEVER_CHEAPER)
        if trigger.kind in COMPARABLE:
            assert price
            crossover = situation.crossover(Span(*[price] * 3))
            assert crossover
            assert abs(Fraction(trigger.volume or 0) - crossover.expected) <= Fraction(1, 200)
            assert (trigger.kind == "falls_below") == owns_already(decision, given)
