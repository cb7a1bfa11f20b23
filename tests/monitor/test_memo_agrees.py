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
from advisor.monitor.baseline import baseline_of
from advisor.monitor.model import NotComparableReason as Reason
from advisor.monitor.model import Span
from advisor.report.claims.review_trigger import lookout_claims
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
    situation = baseline_of(decision, given, RULEBOOK, None, {})
    for claim in lookout_claims(decision, RULEBOOK):
        price = situation.list_price
        reason = situation.why_not_comparable(Span(*[price] * 3) if price else None)
        assert claim.figures["route"] == situation.compared
        assert (claim.kind in COMPARABLE) == (reason is None)
        assert (claim.kind == "never") == (reason is not None and reason.reason is Reason.NEVER_CHEAPER)
        if claim.kind in COMPARABLE:
            assert price
            crossover = situation.crossover(Span(*[price] * 3))
            assert crossover
            assert abs(Fraction(claim.figures["volume"]) - crossover.expected) <= Fraction(1, 200)
            assert (claim.kind == "falls_below") == owns_already(decision, given)
