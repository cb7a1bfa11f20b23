"""What the pictures say: findings, figures and regions are those of the record."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.charts.eliminations import narrowing_chart
from advisor.charts.route_map import COLUMNS, FINER, ROWS, most_sensitive, regions_of
from advisor.domain.quantity import dollars, grouped
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS, Route
from advisor.report.html import charts_of
from advisor.wording.labels import NAMED, limit_text
from tests.helpers.reference import decide as by_hand
from tests.helpers.strategies import EXERCISE, complete_answers, examples
from tests.report.drawn import (
    HOSTED,
    NUMBER,
    SPEEDUP,
    by_kind,
    choices,
    crossing,
    decided,
    drawn,
    exact,
    example,
    own,
)


@examples(in_ci=30)
@given(complete_answers())
def test_every_number_is_the_record_s_or_follows_from_it(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    allowed = numbers_of(decision) | computed(answers)
    limits = [limit_text(flip, decision) for flip in decision.flips if flip.turn is not None]
    allowed |= {normal(number) for text in limits for number in NUMBER.findall(text)}
    for chart in charts_of(decision):
        told = [
            chart.title,
            chart.description,
            *chart.table.header,
            *(cell for row in chart.table.rows for cell in row),
        ]
        for text in told:
            found = {normal(number) for number in NUMBER.findall(text)}
            assert found <= allowed, f"{found - allowed} in {text}"
        assert {len(row) for row in chart.table.rows} == {len(chart.table.header)}


def normal(number: str) -> Decimal:
    return Decimal(number.replace("$", "").replace(",", "")).normalize()


def numbers_of(decision: Decision) -> set[Decimal]:
    """Every number of the record, sums of money also to the cent."""
    found = {normal(number) for number in re.findall(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?(?![\w])", decision.to_json())}
    return found | {normal(dollars(int(number.scaleb(6)))) for number in found if abs(number) < 10**13}


def computed(answers: dict[str, Any]) -> set[Decimal]:
    """What the pictures work out: from where owning pays, and what a few-step model changes."""
    found = {Decimal(SPEEDUP)}
    for name in ("monthly_images_low", "monthly_images", "monthly_images_high"):
        volume = Fraction(answers.get(name, answers["monthly_images"]))
        found.add(normal(dollars(ceil(own(answers, volume, SPEEDUP) * 10**6))))
    for route in HOSTED:
        for speedup in (1, SPEEDUP):
            volume_or_none = crossing(answers, route, speedup)
            if volume_or_none is not None:
                found.add(Decimal(max(1, ceil(volume_or_none))).normalize())
    return found


@examples(in_ci=30)
@given(st.one_of(complete_answers(), choices))
def test_the_costs_finding_is_exact_to_the_image(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    chart = by_kind(decision)["costs"]
    (route,) = [
        route for route, name in ((Route.OPEN_WEIGHT_API, "open"), (Route.CLOSED_API, "closed")) if name in chart.title
    ]
    price, at = exact(answers, HOSTED[route]), crossing(answers, route)
    dropped = {step.over for step in decision.preferences if step.axis == "model_access"}
    if Route.OPEN_WEIGHT_API in decision.feasible_routes and Route.OPEN_WEIGHT_API not in dropped:
        assert route is Route.OPEN_WEIGHT_API
    elif Route.CLOSED_API in decision.feasible_routes:
        assert route is Route.CLOSED_API
    if at is None:
        assert "never" in chart.title
        assert decision.crossovers[route] is None
    else:
        first = 1 if "at every volume" in chart.title else int(normal(NUMBER.findall(chart.title)[0]))
        assert own(answers, first) <= price * first
        assert first == 1 or own(answers, first - 1) > price * (first - 1)
        assert str(first) == decision.owning_from[route]
        if at:
            assert grouped(first) in chart.description


@examples(in_ci=30)
@given(complete_answers())
def test_the_narrowing_ends_where_the_record_does(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    chart = narrowing_chart(decision)
    assert chart is not None
    short = {Route.SELF_HOST: "own gpus", Route.OPEN_WEIGHT_API: "open-weight api", Route.CLOSED_API: "closed api"}
    taken = [route for row in chart.table.rows for route in Route if short[route] in row[1].lower()]
    assert sorted(taken) == sorted(route for route in Route if route is not decision.route)
    last = chart.table.rows[-1][3].lower()
    assert last == (short[decision.route] if decision.route else "—")
    axes = [row[0].lower().replace("data ", "").replace(" ", "_") for row in chart.table.rows]
    gates, preferred = ({str(step.axis) for step in steps} for steps in (decision.eliminated, decision.preferences))
    assert set(axes) <= gates | preferred
    if decision.deciding_axis:
        assert decision.deciding_axis in axes


def test_routes_that_fell_on_several_axes_say_so() -> None:
    chart = by_kind(example("overdetermined"))["narrowing"]
    assert [row[:2] for row in chart.table.rows] == [
        ("Data residency", "Open-weight API and closed API"),
        ("Control", "—"),
    ]
    assert "control would have taken out the open-weight API and the closed API too" in chart.description
    assert chart.svg.count("here too") == 2


@examples(in_ci=30)
@given(choices, st.randoms(use_true_random=False))
def test_the_map_shows_what_would_be_decided_there(answers: dict[str, Any], choose: random.Random) -> None:
    decision = decided(answers)
    regions = regions_of(decision)
    assert regions is not None
    quantity = FIELDS[regions.figure].quantity
    assert quantity is not None
    months = regions.across.positions(FINER * COLUMNS)
    figures = regions.upwards.positions(FINER * ROWS)
    for _ in range(20):
        column, row = choose.randrange(len(months)), choose.randrange(len(figures))
        month = max(1, int(min(months[column], 10**12)))
        figure = max(
            Fraction(int(Decimal(figures[row]) * 10**quantity.places), 10**quantity.places), Fraction(quantity.least)
        )
        volumes: dict[str, Any] = {
            name: max(1, month * int(answers[name]) // int(answers["monthly_images"]))
            for name in ("monthly_images_low", "monthly_images", "monthly_images_high")
            if name in answers
        }
        there = {**answers, **volumes, regions.figure: min(figure, Fraction(quantity.most))}
        (route,) = by_hand(there).left
        assert regions.shares[Route(route)][row // FINER, column // FINER] > 0
    shares = np.sum(list(regions.shares.values()), axis=0)
    assert shares == pytest.approx(np.ones((ROWS, COLUMNS)))
    assert decision.route in regions.shares


@examples(in_ci=30)
@given(choices)
def test_the_map_is_over_the_figure_that_turns_soonest(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    found = most_sensitive(decision)
    times: dict[str, Fraction] = {}
    for flip in decision.flips:
        turn = Fraction(flip.below or flip.above or 0)
        now = Fraction(answers[flip.field]) if flip.field in answers and (flip.below or flip.above) else Fraction(0)
        if turn and now and not flip.field.startswith("monthly_images"):
            times[flip.field] = min(times.get(flip.field, turn / now + now / turn), turn / now + now / turn)
    if times:
        assert times[found] == min(times.values())
    chart = by_kind(decision).get("map")
    if chart and times:
        leads = {NAMED[flip.route] for flip in decision.flips if flip.field == found and flip.route}
        limits = [limit_text(flip, decision) for flip in decision.flips if flip.field == found]
        assert chart.title.lower().split(" would be recommended if")[0] in {name.lower() for name in leads}
        assert any(chart.title.endswith(f" were {limit}") for limit in limits)


def test_the_pictures_of_the_exercise_say_what_it_comes_to() -> None:
    charts = drawn(EXERCISE)
    assert charts["costs"].title == "Own GPUs cost no more than the open-weight API from 71,429 images a month on"
    assert "API from 71,429 images a month on, with a few-step model from 67,568" in charts["costs"].description
    for words in ("break-even with", "open-weight API", "71,429", "closed API", "52,632", "50,000"):
        assert f">{words}<" in charts["costs"].svg
    assert charts["costs"].table.rows[0] == ("Own GPUs", "$2,100", "—", "—")
    assert charts["costs"].table.rows[2] == ("Open-weight API", "$1,500", "71,429", "67,568")
    assert charts["narrowing"].title == (
        "Cost takes out own GPUs; switching cost takes out the closed API; the open-weight API is left"
    )
    assert charts["map"].title == (
        "Own GPUs would be recommended if the price of the open-weight API per image were $0.042 or more"
    )
    assert charts["map"].table.rows[0] == ("Expected month", "50,000 images", "—", "71,429 images or more: own GPUs")


def test_video_is_counted_in_seconds() -> None:
    for chart in by_kind(example("exercise-38-3-3-c")).values():
        assert "images" not in chart.svg + chart.title + chart.description + str(chart.table)
    told = drawn({**EXERCISE, "unit": "video_second"})
    assert "from 71,429 seconds of video a month" in told["costs"].title
    assert "per second of video" in told["map"].title
    assert ">seconds of video a month<" in told["map"].svg
