"""Anything the monitor may hold, sound or odd: what tells it has to cope with all of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from advisor.domain.record import Decision
from advisor.domain.scenario import Axis, Route
from advisor.monitor.model import MonitorResult, Month, NotComparable, Overspend, Span, Thresholds, Trend
from advisor.monitor.model import MonitorVerdict as Verdict
from advisor.monitor.model import NotComparableReason as Reason
from advisor.monitor.trigger import moved
from advisor.usage.model import Basis
from tests.monitor.watched_examples import CASES, case, decided, example

LARGEST = 10**15
_DECISIONS = ("conflict", "partial-open", "own-not-yet", "startup-a-year-on")
_DECIDED: list[Decision | None] = [decided(example(name)) for name in _DECISIONS]


def amounts(most: int = LARGEST, least: int = 0) -> st.SearchStrategy[Fraction]:
    """Numbers of every magnitude, whole and not."""
    magnitudes = st.integers(0, len(str(most)) - 1).map(lambda power: min(10**power, most))
    return st.builds(
        lambda size, part, into: max(Fraction(least), Fraction(size * part, into)),
        magnitudes,
        st.integers(0, 100),
        st.integers(100, 999),
    )


@st.composite
def spans(draw: st.DrawFn, most: int = LARGEST, least: int = 0, negative: bool = False) -> Span:
    """Exact numbers and ranges."""
    if draw(st.booleans()):
        exactly = draw(amounts(most, least))
        low = expected = high = exactly
    else:
        low, expected, high = sorted(draw(st.tuples(*[amounts(most, least)] * 3)))
    return Span(-high, -expected, -low) if negative and draw(st.booleans()) else Span(low, expected, high)


@st.composite
def months(draw: st.DrawFn, words: st.SearchStrategy[str]) -> tuple[Month, ...]:
    """Months one after the other, with gaps and months that are not complete."""
    found = []
    for place in range(draw(st.sampled_from([0, 1, 2, 3, 5, 8, 17, 40]))):
        month = moved("2023-11", place)
        kind = draw(st.sampled_from(["complete", "complete", "partial", "gap"]))
        if kind == "gap":
            found.append(Month(month, None, None, None, None, False, missing=True))
            continue
        images = draw(st.one_of(st.none(), spans(), spans(most=10**6), spans(most=10**6, negative=True)))
        basis = draw(st.sampled_from(Basis)) if images else None
        found.append(
            Month(
                month=month,
                images=images,
                requests=draw(st.one_of(st.none(), st.integers(1, 10**9))),
                cost=draw(st.one_of(st.none(), amounts(10**9))),
                basis=basis,
                complete=kind == "complete",
                why_partial=draw(words) if kind == "partial" else None,
                state=draw(st.one_of(st.none(), st.sampled_from(Verdict))) if kind == "complete" else None,
            )
        )
    return tuple(found)


@st.composite
def overspends(draw: st.DrawFn, of: tuple[Month, ...]) -> tuple[Overspend, ...]:
    """Sums for some of the last months."""
    names = [month.month for month in of if not month.missing]
    names = names[len(names) - draw(st.integers(0, len(names))) :]
    money = spans(10**9, negative=True)
    return tuple(Overspend(name, draw(money), draw(money), draw(st.booleans())) for name in names)


@st.composite
def trends(draw: st.DrawFn) -> Trend:
    """Rising, falling, reached or not."""
    ends = sorted(draw(st.lists(st.integers(0, 24), max_size=3)))
    earliest, expected, latest = (*ends, None, None, None)[:3]
    growth = draw(st.floats(-0.99, 20, allow_nan=False))
    return Trend(growth, draw(st.integers(2, 40)), earliest, expected, latest, 24)


def reasons() -> st.SearchStrategy[NotComparable]:
    """Every reason, with what belongs to it."""
    return st.one_of(
        st.builds(NotComparable, st.sampled_from([Reason.NO_BILL, Reason.INFEASIBLE])),
        st.builds(NotComparable, st.just(Reason.AMOUNTS_MISSING), st.just(("closed_price", "monthly_overhead"))),
        st.builds(NotComparable, st.just(Reason.OPEN), st.just(("residency", "control"))),
        st.builds(
            NotComparable,
            st.just(Reason.DECIDED),
            axis=st.one_of(st.none(), st.sampled_from(Axis)),
            route=st.sampled_from(Route),
        ),
        st.builds(NotComparable, st.just(Reason.NEVER_CHEAPER), price=amounts(100, 1)),
    )


@st.composite
def any_watched(draw: st.DrawFn, words: st.SearchStrategy[str]) -> MonitorResult:
    """A case with most of its parts replaced; ``words`` are the free texts in it."""
    base = case(draw(st.sampled_from(sorted(CASES))))
    found = draw(months(words))
    rules = Thresholds(
        draw(st.integers(1, 12)),
        draw(amounts(10, 1)),
        draw(amounts(10)),
        draw(st.integers(1, 12)),
        draw(amounts(10)),
        draw(st.booleans()),
        draw(st.integers(1, 12)),
    )
    positive, count = spans(10**12, 1), draw(st.integers(0, len(found)))
    verdict = draw(st.sampled_from(Verdict))
    crossed = draw(st.booleans()) and found
    parts: dict[str, Any] = {
        "decision": base.decision.model_copy(update={"scenario": {**base.decision.scenario, "title": draw(words)}}),
        "decision_file": draw(words),
        "verdict": verdict,
        "why_not_comparable": draw(reasons()) if verdict is Verdict.NOT_COMPARABLE else None,
        "compared": draw(st.sampled_from([None, Route.OPEN_WEIGHT_API, Route.CLOSED_API])),
        "list_price": draw(st.one_of(st.none(), amounts(100, 1))),
        "paid_price": draw(st.one_of(st.none(), spans(100, 1))),
        "crossover": draw(st.one_of(st.none(), positive, spans(10**6))),
        "list_crossover": draw(st.one_of(st.none(), amounts(10**12))),
        "few_step_crossover": draw(st.one_of(st.none(), amounts(10**12))),
        "months": found,
        "trailing_volume": draw(st.one_of(st.none(), positive)),
        "trailing_months": tuple(month.month for month in found[len(found) - count :]),
        "thresholds": rules,
        "now": draw(st.sampled_from([base.now, None, *_DECIDED])),
        "months_since_crossing": draw(st.integers(0, 40)) if crossed else None,
        "crossed_in": draw(st.sampled_from(found)).month if crossed else None,
        "overspend": draw(overspends(found)),
        "payback_months": draw(st.one_of(st.none(), amounts(10**6))),
        "migration_cost": draw(st.one_of(st.none(), amounts(10**9))),
        "trend": draw(st.one_of(st.none(), trends())),
        "own_amounts": draw(st.one_of(st.none(), st.tuples(amounts(100), amounts(1000, 1), amounts(10**6)))),
        "overhead": draw(st.one_of(st.none(), spans(10**6))),
        "notes": tuple(draw(st.lists(words, max_size=3))),
    }
    return replace(base, **parts)
