"""The sentences on where a decision turns, read back: each says what the record holds, as people write amounts."""

from __future__ import annotations

import re
from decimal import Decimal

from advisor.domain.record import Decision
from advisor.domain.record_parts import TurningPoint
from advisor.domain.scenario import FIELDS
from advisor.report.claims.turning import SEEN
from advisor.wording.labels import listed, wordings
from tests.report.held import ACTIONS, NAMES, Held, filled, number

MONTHS = {"every": "a month", "low": "in the quietest plausible month", "high": "in the busiest plausible month"}
MONTH = "|".join(MONTHS.values())
ROUTE = "|".join(NAMES)
STEP = re.compile(
    rf"(?P<action>{'|'.join(ACTIONS)})"
    r"(?:(?:, which costs (?P<figures>.*?))?, unless own GPUs (?:at (?P<own>.*?) )?cost no more"
    rf"(?P<that> than that| than (?P<other>{ROUTE})(?:, which costs (?P<other_figures>.*?),)?)?"
    r"(?P<all> in all| per (?:image|second of video))?"
    rf"(?P<when> in each| in that month| in the same month| (?:{MONTH})(?: and (?:{MONTH}))*)?"
    r"(?P<overhead>, overhead included)?)?"
)


def where_it_turns(held: Held, text: str) -> None:
    """One sentence: of the cost of own GPUs in all, or of one amount."""
    if text.startswith("With the "):
        _stretches(held, text)
    else:
        _own_cost(held, text)


def sentences(held: Held) -> int:
    """How many there are."""
    decision = held.decision
    return bool(decision.route_by_own_cost) + len({point.field for point in said_stretches(decision)})


def said_stretches(decision: Decision) -> list[TurningPoint]:
    """Those with an amount that is seen in practice, and not those from an overhead of a whole bill on."""
    bills = [Decimal(bill.bill) for step in decision.route_by_own_cost for bill in step.unless if bill.bill]
    said = []
    for point in decision.turning_points:
        least, most = map(Decimal, SEEN[point.field])
        start = Decimal(point.from_ or 0)
        is_seen = start <= most and (point.to is None or least <= Decimal(point.to))
        is_overhead = point.field == "monthly_overhead" and point.from_ and not point.to
        is_bill = any(abs(start - bill) < Decimal("0.01") for bill in bills)
        if is_seen and not (is_overhead and is_bill):
            said.append(point)
    return said


def _own_cost(held: Held, text: str) -> None:
    steps = held.decision.route_by_own_cost
    first, *others = text.removesuffix(".").split(". If they do, ")
    said = [STEP.fullmatch(part) for part in (first[:1].lower() + first[1:], *others)]
    assert all(said), text
    assert len(said) == len(steps)
    for place, (match, step) in enumerate(zip(filter(None, said), steps, strict=True)):
        assert ACTIONS[match["action"]] is step.route
        if not step.unless:
            assert (match["that"], match["all"], match["own"]) == (None, None, None)
            continue
        route = NAMES[match["other"]] if match["other"] else step.route
        assert {bill.route for bill in step.unless} == {route}
        figures = match["figures"] or match["other_figures"]
        assert figures == _figures(held, [(bill.bill, bill.price, bill.month) for bill in step.unless])
        assert match["own"] == _figures(held, [(bill.own_cost, None, bill.month) for bill in step.unless])
        assert (match["that"] == " than that") == (bool(figures) and route is step.route)
        assert bool(match["overhead"]) == (match["own"] is None and place == 0)
        has_figure = step.unless[0].bill or step.unless[0].price or step.unless[0].month != "every"
        assert bool(match["all"]) == bool(match["own"] is None and has_figure)
        per_unit = step.unless[0].price and not step.unless[0].bill and route is step.route and not match["own"]
        assert (match["all"] or "").startswith(" per ") == bool(per_unit)
        months = [bill.month for bill in step.unless]
        if len(months) > 1 and step.unless[0].bill:
            assert match["when"] == " in each"
        elif months != ["every"] and not match["own"]:
            expected = " in that month" if step.unless[0].bill else " " + " and ".join(MONTHS[one] for one in months)
            assert match["when"] == expected


def _figures(held: Held, bills: list[tuple[str | None, str | None, str]]) -> str | None:
    """Monthly bills, or the price where a month's bill is not known."""
    monthly = [f"{_money(bill)} {MONTHS[month]}" for bill, _, month in bills if bill]
    prices = [filled(f"{_money(price)} per {{unit}}", held) for _, price, _ in bills if price]
    return " and ".join(monthly) or (prices[0] if prices else None)


def _money(text: str) -> str:
    amount = Decimal(text)
    if amount == int(amount):
        return f"${int(amount):,}"
    return f"${amount:,.2f}" if amount == round(amount, 2) else f"${amount:,}"


def _stretches(held: Held, text: str) -> None:
    decision = held.decision
    named_otherwise = {"model": "the checkpoint", "annual_revenue_usd": "the annual revenue"}
    figures = {
        filled(wordings()[name].subject or "", held).partition(", in ")[0]: name
        for name in decision.open_questions
        if name not in named_otherwise
    }
    named = rf"({'|'.join(map(re.escape, figures))})(?: \(`([a-z_]+)`\))?"
    found = re.fullmatch(rf"With the {named} at (.*?)(?:, whatever (.*))?\.", text)
    assert found, text
    field = figures[found[1]]
    assert found[2] in (None, field)
    others = [text for name, text in named_otherwise.items() if name in decision.open_questions]
    others += ["the other open figures"] if len(figures) > 1 else []
    is_one = len(others) == 1 and len(figures) == 1
    assert found[4] == (f"{listed(others)} {'is' if is_one else 'are'}" if others else None)
    more = re.search("([0-9]+) more in the record; ", found[3])
    said = (found[3].replace(more[0], "") if more else found[3]).split("; at ")
    points = [point for point in said_stretches(decision) if point.field == field]
    shown = points if len(points) <= 4 else [*points[:3], points[-1]]
    assert int(more[1] if more else 0) == len(points) - len(shown)
    for one, point in zip(said, shown, strict=True):
        values, _, route = one.rpartition(": ")
        assert NAMES.get(route) is point.route
        _range(values, point)


VALUE = r"\$?([0-9][0-9,]*(?:\.[0-9]+)?)(?: images?| seconds? of video)?"


def _range(text: str, point: TurningPoint) -> None:
    """Every number that the text allows lies in the stretch, and it leaves out less than people write."""
    quantity = FIELDS[point.field].quantity
    assert quantity
    step = Decimal(1).scaleb(-quantity.places)
    assert ("$" in text) == quantity.money
    least = most = None
    if match := re.fullmatch(rf"{VALUE} to {VALUE}", text):
        least, most = number(match[1]), number(match[2])
    for part in text.split(" and "):
        if match := re.fullmatch(rf"{VALUE} or more", part):
            least = number(match[1])
        elif match := re.fullmatch(rf"more than {VALUE}", part):
            least = number(match[1]) + step
        elif match := re.fullmatch(rf"(?:{VALUE} or less|at most {VALUE})", part):
            most = number(match[1] or match[2])
        elif match := re.fullmatch(rf"less than {VALUE}", part):
            most = number(match[1]) - step
    assert (least is None, most is None) == (point.from_ is None, point.to is None), text
    for said, exact, sign in ((least, point.from_, 1), (most, point.to, -1)):
        if said is not None and exact is not None:
            assert 0 <= sign * (said - Decimal(exact)) < max(step, Decimal("0.01") if quantity.money else Decimal(1))
