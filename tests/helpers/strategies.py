"""Generated scenarios: every answer, amounts over many magnitudes, and amounts on and near cost ties."""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from advisor.domain.scenario import FIELDS, Scenario, validated
from tests.helpers import reference

MICRO = 10**6
FUZZ = int(os.environ.get("ADVISOR_FUZZ_EXAMPLES", "0"))
IN_CI = os.environ.get("ADVISOR_PROPERTIES") == "1"
AGREE = os.environ.get("ADVISOR_AGREE") == "1"
_LARGEST_MONTH = 9 * 10**15
NEEDS = ("residency", "output_use", "indemnity_required", "train_on_outputs", "quality", "control", "latency")
AMOUNTS = ("monthly_images", "open_price", "closed_price", "gpu_hour_price", "images_per_gpu_hour", "monthly_overhead")

Case = TypeVar("Case")

EXERCISE: dict[str, Any] = {
    "residency": "anywhere",
    "output_use": "commercial",
    "indemnity_required": False,
    "train_on_outputs": False,
    "quality": "open_suffices",
    "control": "prompt_only",
    "latency": "tolerant",
    "monthly_images": 50_000,
    "open_price": Decimal("0.03"),
    "closed_price": Decimal("0.04"),
    "gpu_hour_price": Decimal("1.20"),
    "images_per_gpu_hour": 600,
    "monthly_overhead": 2000,
}
"""Exercise 38.3.2, everything else permissive."""


def examples(in_ci: int, in_test: int | None = None) -> settings:
    """Settings for a property: so many examples under ``make properties``, as CI runs it, in proportion more under
    ``make fuzz``. ``make test`` should take minutes: so many as ``in_test`` says, or a fifth, but at least three and
    at most ten, or one in fifty where there are many.
    """
    if FUZZ:
        return settings(max_examples=max(1, FUZZ * in_ci // 5_000))
    usual = max(min(in_ci, 3), min(in_ci // 5, 10), in_ci // 50)
    return settings(max_examples=in_ci if IN_CI else in_test or usual)


def repeats(in_ci: int, in_test: int) -> int:
    """How many rows or drawings a test goes through under ``make properties`` and ``make test``.

    The test is marked ``fuzz``, so that ``make properties`` runs it.
    """
    return in_ci if IN_CI or FUZZ or AGREE else in_test


def some_of(cases: Iterable[Case], one_in: int) -> list[Case]:
    """Every case under ``make properties``, each ``one_in``-th under ``make test``; the test is marked ``fuzz``."""
    return list(cases)[:: repeats(1, one_in)]


def agreeing(in_ci: int, in_full: int, in_test: int | None = None) -> settings:
    """Settings for a comparison with an independent implementation: ``make agree`` runs it in full."""
    return settings(max_examples=in_full) if AGREE and not FUZZ else examples(in_ci, in_test)


def micro(value: int) -> Decimal:
    """Micro-dollars as dollars."""
    return Decimal(value).scaleb(-6)


def _magnitude(least: int, most: int) -> st.SearchStrategy[int]:
    """Whole numbers spread over their magnitudes rather than their values."""
    tops = [10**power for power in range(len(str(least)), len(str(most)) + 1)]
    return st.sampled_from(tops).flatmap(lambda top: st.integers(least, max(least, min(top, most))))


@st.composite
def complete_answers(draw: st.DrawFn, tie_share: float = 0.5) -> dict[str, Any]:
    """Every answer a decision needs, as a scenario file would hold them. Many lie on or near a cost tie."""
    answers: dict[str, Any] = {name: draw(answer(name)) for name in NEEDS}
    low, expected, high = sorted(draw(st.tuples(*[_magnitude(1, 10**7)] * 3)))
    if draw(st.booleans()):
        low = expected = high
    gpu_hour = draw(_magnitude(1, 50 * MICRO))
    per_hour = draw(_magnitude(1, 10**7))
    overhead = draw(st.one_of(st.just(0), _magnitude(1, 10**11)))
    prices = {name: draw(_magnitude(1, 5 * MICRO)) for name in ("open_price", "closed_price")}
    if draw(st.booleans()):
        name, n = draw(st.sampled_from(list(prices))), draw(st.sampled_from([low, high]))
        running = -(-gpu_hour * n * 1000 // per_hour)
        nudge = draw(st.integers(-1, 1))
        if draw(st.booleans()):
            overhead = max(0, prices[name] * n - running + nudge)
        else:
            prices[name] = max(1, (running + overhead) // n + nudge)
    answers |= {name: micro(value) for name, value in prices.items()}
    answers |= {"gpu_hour_price": micro(gpu_hour), "monthly_overhead": micro(overhead)}
    answers |= {"images_per_gpu_hour": Decimal(per_hour).scaleb(-3), "monthly_images": expected}
    if low < high or draw(st.booleans()):
        answers |= {"monthly_images_low": low, "monthly_images_high": high}
    months = [max(prices.values()) * high, gpu_hour * high * 1000 // per_hour + overhead]
    if max(months) > _LARGEST_MONTH:
        answers |= {"gpu_hour_price": Decimal("1.2"), "images_per_gpu_hour": 600, "monthly_overhead": 2000}
        answers |= {"open_price": Decimal("0.03"), "closed_price": Decimal("0.04")}
    return answers


def answer(name: str) -> st.SearchStrategy[Any]:
    """Any answer to a question with options."""
    spec = FIELDS[name]
    return st.booleans() if spec.boolean else st.sampled_from(spec.options)


def scenario(answers: dict[str, Any]) -> Scenario:
    """The answers as a checked scenario."""
    return validated(answers, "generated")


@st.composite
def with_fleets(draw: st.DrawFn) -> dict[str, Any]:
    """Complete answers, GPUs always on in most of them; where these are too dear, and in others, paid as used."""
    answers = draw(complete_answers())
    if draw(st.integers(0, 3)):
        fleet = {"gpu_billing": "always_on", "peak_to_mean": Decimal(draw(_magnitude(1000, 10_000))).scaleb(-3)}
        fleet |= {"min_gpus": draw(st.integers(1, 4))} if draw(st.booleans()) else {}
        months = (answers.get("monthly_images_high", answers["monthly_images"]), answers["monthly_images"])
        both = {**answers, **fleet}
        if draw(st.booleans()):  # next to a tie
            month, price = draw(st.sampled_from(["low", "high"])), draw(st.sampled_from(["open_price", "closed_price"]))
            n = reference.volume(both, month)
            left = Fraction(both[price]) * n - reference.own({**both, "monthly_overhead": 0}, n)
            both["monthly_overhead"] = micro(max(0, int(left * MICRO) + draw(st.integers(-1, 1))))
        if reference.own(both, Fraction(max(months))) < 9 * 10**9:
            return both
    return answers | ({"gpu_billing": "as_used", "peak_to_mean": 3} if draw(st.booleans()) else {})


@st.composite
def partial_answers(draw: st.DrawFn, most: int = 6) -> tuple[dict[str, Any], dict[str, Any]]:
    """Some answers taken away, and the complete answers they came from."""
    answers = draw(complete_answers())
    gone = draw(st.sets(st.sampled_from((*NEEDS, *AMOUNTS)), min_size=1, max_size=most))
    if "monthly_images" in gone:
        gone |= {"monthly_images_low", "monthly_images_high"}
        if "monthly_images_low" in answers and answers["monthly_images_low"] != answers["monthly_images_high"]:
            gone -= {"monthly_images", "monthly_images_low", "monthly_images_high"}
    return {name: value for name, value in answers.items() if name not in gone}, answers
