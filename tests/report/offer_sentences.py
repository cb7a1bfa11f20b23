"""Every sentence and every row on the offers of the catalogue, with a pattern and a predicate on the record."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from advisor.domain import quantity
from advisor.domain.record import Decision, ShortlistEntry
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.report.templates import memo_markdown, summary
from tests.report.held import MONEY, NUMBER, SHORT, UNITS, Held, near_money, number, plain_text

TITLES = {
    "Own GPUs with open weights": Route.SELF_HOST,
    "Open-weight inference API": Route.OPEN_WEIGHT_API,
    "Closed flagship API": Route.CLOSED_API,
}
UNIT = "(?:image|second of video)"
PRICE = rf"(?:price not in the catalogue|{MONEY} per GPU-hour, {NUMBER} {UNITS} per GPU-hour|{MONEY} per {UNIT})"
OFFER = re.compile(rf"(.+?), {PRICE}(?:, as of ([0-9-]{{10}}) \(([a-z]+) confidence\))?")


def left(decision: Decision) -> list[ShortlistEntry]:
    """The offers of the recommended route that no gate rules out, as far as the catalogue has any."""
    return [
        one for one in decision.shortlist if one.route is decision.route and one.status != "eliminated" and one.source
    ]


def terms(decision: Decision) -> list[str]:
    """What the chosen offer alone asks to verify."""
    known = [condition.provided for condition in decision.conditions]
    chosen = [one for one in left(decision)[:1] if one.status == "chosen"]
    return [check for one in chosen for check in one.conditions if check not in known]


def old_figures(decision: Decision) -> list[str]:
    """What to verify of figures that are old and may have moved past a turn of the advice."""
    unit = "seconds of video" if decision.scenario.get("unit") == "video_second" else "images"
    names = {
        "open_price": f"price of the open-weight API per {'image' if unit == 'images' else 'second of video'}",
        "closed_price": f"price of the closed API per {'image' if unit == 'images' else 'second of video'}",
        "gpu_hour_price": "price of a GPU-hour",
        "images_per_gpu_hour": f"number of {unit} per GPU-hour",
    }
    found = []
    for one in decision.ageing:
        if one.flips_at is not None and one.could_reach is not None:
            text = quantity.grouped if one.field == "images_per_gpu_hour" else quantity.price
            was, turn, now = (text(Decimal(value)) for value in (one.value, one.flips_at, one.could_reach))
            end = "most" if Decimal(one.could_reach) > Decimal(one.value) else "least"
            found.append(
                f"the {names[one.field]} is still at {end} {turn}: it was {was} on {one.as_of}, and may be {now} by now"
                " if it has moved as such figures do"
            )
    return found


def is_offer(text: str, entry: ShortlistEntry) -> None:
    """The name, the price and the date of one offer."""
    found = OFFER.fullmatch(plain_text(text))
    assert found, text
    label, as_of, confidence = found[1], found[5], found[6]
    assert label == " ".join(entry.label.split())
    is_price((found[2], found[3], found[4]), entry)
    assert (as_of, confidence) == ((entry.as_of, entry.confidence) if entry.price else (None, None))


def is_price(said: tuple[str | None, str | None, str | None], entry: ShortlistEntry) -> None:
    """The price of a GPU-hour and the throughput, or the price of a unit; none of them where it is not known."""
    hour, rate, price = said
    if entry.route is Route.SELF_HOST:
        assert price is None
        assert (hour and number(hour)) == (entry.price and Decimal(entry.price))
        assert (rate and number(rate)) == (entry.images_per_gpu_hour and Decimal(entry.images_per_gpu_hour))
    else:
        assert hour is rate is None
        assert (price and number(price)) == (entry.price and Decimal(entry.price))


def offer_line(held: Held, text: str) -> None:
    entry = left(held.decision)[0]
    assert entry.status == "chosen"
    is_offer(text, entry)
    if entry.price:
        priced = held.decision.priced_scenario
        fields = {
            Route.SELF_HOST: "gpu_hour_price",
            Route.OPEN_WEIGHT_API: "open_price",
            Route.CLOSED_API: "closed_price",
        }
        assert Decimal(str(priced[fields[entry.route]])) == Decimal(entry.price)


def checkpoint_line(held: Held, text: str) -> None:
    check_checkpoint(held.decision, text)


def check_checkpoint(decision: Decision, text: str) -> None:
    """That the decision holds with every checkpoint, or where each of them leads."""
    text = plain_text(text)
    holds, _, cheapest = text.partition("; the cheapest is ")
    holds, _, limited = holds.partition("; what is not answered may rule out ")
    whatever = re.fullmatch(
        r"(?:the decision holds with each of the ([0-9]+)|(.+) is the only one) that "
        r"(?:competes?|the answers allow, not with (.+))",
        holds,
    )
    if whatever:
        assert decision.route
        allowed = [one for one in decision.by_model if one.routes]
        assert all(one.routes == [decision.route] for one in allowed)
        assert [one.label for one in allowed] == [whatever[2]] if whatever[2] else int(whatever[1]) == len(allowed)
        assert labels_in(whatever[3]) == [one.label for one in decision.by_model if one not in allowed]
        assert labels_in(limited) == [one.label for one in allowed if one.none_possible]
        offers = left(decision) if decision.route is not Route.CLOSED_API else []
        assert bool(cheapest) == bool(offers and offers[0].price is not None)
        if cheapest:
            is_offer(cheapest, offers[0])
        return
    assert decision.status is Status.OPEN
    said: dict[str, str] = {}
    for part in text.removeprefix("it matters which one: ").split("; "):
        found = re.fullmatch(r"with (.+): (.+)", part)
        assert found, part
        said |= dict.fromkeys(re.split(", | or ", found[1]), found[2])
    assert said == {one.label: leads_to(one.routes, none_possible=one.none_possible) for one in decision.by_model}
    assert len(set(said.values())) > 1


def labels_in(text: str | None) -> list[str]:
    return re.split(", | or | and ", text) if text else []


def leads_to(routes: list[Route], *, none_possible: bool) -> str:
    names = {route: name for name, route in SHORT.items()}
    if len(routes) == 1 and not none_possible:
        return names[routes[0]]
    return "not certain" if routes else "no option"


def check_offers(decision: Decision, templates: Path | None = None) -> None:
    """The section on offers, the rows of inputs from the catalogue, and the lines of the summary."""
    memo = memo_markdown(decision, templates)
    section = memo.partition("### Offers\n")[2].partition("\n### ")[0]
    assert bool(section) == bool(decision.by_model or decision.shortlist)
    for title, route in TITLES.items():
        _check_route(decision, route, section.partition(f"\n{title}:\n")[2], section)
    _check_models(decision, section)
    for quote in decision.quotes:
        row = next(line for line in memo.splitlines() if line.endswith(f" | `{quote.field}` |"))
        state = plain_text(row.split(" | ")[2])
        if quote.origin == "answer":
            assert state == "answered"
        else:
            assert state == (
                f"from the catalogue: `{quote.offer}`, as of {quote.as_of}, {quote.confidence} confidence; "
                + " ".join((quote.source or "").split())
            )
    _check_summary(decision, templates)
    _check_twin(decision, memo)


def _check_route(decision: Decision, route: Route, text: str, section: str) -> None:
    entries = [one for one in decision.shortlist if one.route is route and one.source]
    body = text.strip("\n").split("\n\n")
    rows = [re.split(r"(?<!\\) \| ", line[2:-2]) for line in body[0].splitlines()[2:]] if text else []
    surviving = [one for one in entries if one.status != "eliminated"]
    expected = [*surviving[:5], *[one for one in entries if one.status == "eliminated"][:3]]
    assert len(rows) == len(expected)
    checks = dict(re.findall(r"^([0-9]+)\. (.*)$", section, re.MULTILINE))
    for (label, price, month, state, verify, source), entry in zip(rows, expected, strict=True):
        assert plain_text(label) == entry.label
        found = re.fullmatch(PRICE, price)
        assert found, price
        is_price((found[1], found[2], found[3]), entry)
        _is_month(month, entry)
        assert state == (
            "ruled out: " + ", ".join(f"`{rule}`" for rule in entry.rules)
            if entry.rules
            else {"chosen": "chosen", "survives": "left"}[entry.status]
        )
        said = [plain_text(checks[one]) for one in verify.split(", ")] if verify[0].isdigit() else []
        assert sorted(said) == ([] if entry.rules else sorted(entry.conditions))
        assert plain_text(source) == f"{entry.as_of}, {entry.confidence} confidence: {entry.source}"
    more = len(entries) - len(expected) + decision.shortlist_more.get(route, 0)
    assert (f"And {more:,} more." in body[1:2]) == (bool(rows) and more > 0)


def _is_month(text: str, entry: ShortlistEntry) -> None:
    if entry.expected:
        costs, rest = [entry.expected], ""
    elif entry.low and entry.high:
        costs, rest = [entry.low, entry.high], ""
    elif entry.gpu_cost:
        costs, rest = [entry.gpu_cost], ", overhead not included"
    else:
        assert text == "not known"
        return
    said = text.removesuffix(rest).split(" to ")
    assert text.endswith(rest)
    for amount, cost in zip(said, costs, strict=True):
        assert near_money(amount, Decimal(cost)), (text, entry)


def _check_models(decision: Decision, section: str) -> None:
    text = section.partition("By checkpoint, as none is named:\n\n")[2].partition("\n\n")[0]
    routes = [SHORT[title.removesuffix(", a month")] for title in text.partition("\n")[0][2:-2].split(" | ")[2:]]
    rows = [line[2:-2].split(" | ") for line in text.splitlines()[2:]]
    assert bool(rows) == any({*one.offers} - {Route.CLOSED_API} for one in decision.by_model)
    for row, one in zip(rows, decision.by_model if rows else [], strict=True):
        assert plain_text(row[0]) == one.label
        assert row[1] == leads_to(one.routes, none_possible=one.none_possible)
        for cell, route in zip(row[2:], routes, strict=True):
            if route not in one.offers:
                assert cell == "no offer is left"
                continue
            supplier, _, cost = plain_text(cell).rpartition(", ")
            assert supplier in (one.suppliers[route], "no offer in the catalogue")
            if expected := one.expected[route]:
                assert near_money(cost, Decimal(expected))
            elif route is Route.SELF_HOST and one.gpu_cost:
                assert near_money(cost.removesuffix(" and the overhead"), Decimal(one.gpu_cost))
                assert cost.endswith(" and the overhead")
            else:
                assert cost == "cost not known"


def _check_summary(decision: Decision, templates: Path | None) -> None:
    lines = [line.partition(": ") for line in summary(decision, templates).splitlines()]
    said = {kind: text.removesuffix(".") for kind, _, text in lines if kind in ("Offer", "Next cheapest", "Checkpoint")}
    offers = left(decision)
    if not offers or offers[0].status != "chosen":
        offers = []
    for kind, entry in zip(("Offer", "Next cheapest"), offers, strict=False):
        is_offer(said.pop(kind), entry)
    if "Checkpoint" in said:
        check_checkpoint(decision, said.pop("Checkpoint"))
    assert not said


def _check_twin(decision: Decision, memo: str) -> None:
    found = re.findall(
        r"^\* With (.*), (the few-step version|the version of many steps), own GPUs (.*) against (.*); with",
        memo,
        re.MULTILINE,
    )
    for label, kind, pays, name in found:
        twin, route = decision.few_step_twin, SHORT[name]
        assert twin
        assert (plain_text(label), kind.startswith("the few")) == (twin.label, twin.few_step)
        volumes = [re.search(NUMBER, pays), re.search(rf"named here they (?:never pay|pay from {NUMBER})", memo)]
        expected = [twin.owning_from[route], decision.owning_from[route]]
        for match, volume in zip(volumes, expected, strict=True):
            assert (number(match[1]) if match and match[1] else None) == (Decimal(volume) if volume else None)
    assert len(found) <= 1
