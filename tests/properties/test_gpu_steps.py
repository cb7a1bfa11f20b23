"""Along a volume with GPUs that are always on: breakpoints, regions and flips, against every volume."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.scenario import Scenario
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import answer_facts
from advisor.rulebook.loader import bundled_rulebook
from advisor.scenario_space.completions import completions_of
from tests.helpers import reference
from tests.helpers.strategies import EXERCISE, examples, scenario

RULEBOOK = bundled_rulebook()
COMPLETIONS = completions_of(RULEBOOK)
READING = PlainReading(RULEBOOK)
MOST = 400


@st.composite
def small_fleets(draw: st.DrawFn) -> Scenario:
    """GPUs that are always on, few images, and prices near the cost of an image, so that every volume can be tried."""
    per_hour = Decimal(draw(st.integers(1, 400))).scaleb(-3)
    peak = Decimal(draw(st.integers(1000, 4000))).scaleb(-3)
    hour = Decimal(draw(st.integers(1, 40))).scaleb(-1)
    image = hour * peak / per_hour
    prices = {
        name: (image * draw(st.integers(90, 180)) / 100).quantize(Decimal("0.000001")) + 1
        for name in ("open_price", "closed_price")
    }
    if draw(st.booleans()):  # hardly any volume between both prices
        prices["closed_price"] = prices["open_price"] * draw(st.integers(900, 1100)) / 1000
    answers: dict[str, Any] = {
        **EXERCISE,
        **{name: price.quantize(Decimal("0.000001")) for name, price in prices.items()},
        "gpu_hour_price": hour,
        "images_per_gpu_hour": per_hour,
        "peak_to_mean": peak,
    }
    answers |= {"gpu_billing": "always_on", "min_gpus": draw(st.integers(1, 3)), "monthly_images": MOST}
    answers |= {"quality": draw(st.sampled_from(["open_suffices", "best_preferred"]))}
    return scenario({**answers, "monthly_overhead": draw(st.sampled_from([0, 0, 500, 5_000]))})


@examples(1_000)
@given(small_fleets(), st.integers(1, MOST), st.sampled_from(["monthly_images", "monthly_images_high"]))
def test_every_truth_along_a_volume_is_met_beside_a_breakpoint(fleet: Scenario, now: int, moved: str) -> None:
    """For any number of GPUs; also along the high month alone, where the low month has truths of its own."""
    answers = {name: value for name, value in answer_facts(fleet).items() if name != "monthly_images"}
    answers |= {} if moved == "monthly_images" else {"monthly_images_low": now, "monthly_images": now}
    found = COMPLETIONS.breakpoints.along({**answers, moved: now}, moved, (1, MOST))
    truths = [COMPLETIONS.breakpoints.truths({**answers, moved: n}) for n in range(1, MOST + 1)]
    changes = [n + 2 for n, (before, after) in enumerate(pairwise(truths)) if before != after]
    assert set(found) <= set(changes)
    beside = {truths[n - 1] for turn in found for n in (turn - 1, turn)} | {truths[0], truths[-1]}
    assert beside == set(truths)
    nearest_above = min((n for n in changes if n > now), default=None)
    nearest_below = max((n for n in changes if n <= now), default=None)
    assert min((n for n in found if n > now), default=None) == nearest_above
    assert max((n for n in found if n <= now), default=None) == nearest_below


@examples(200)
@given(small_fleets(), st.data())
def test_no_completion_is_missed(fleet: Scenario, data: st.DataObject) -> None:
    gone = data.draw(
        st.sets(st.sampled_from(["monthly_images", "peak_to_mean", "open_price", "monthly_overhead"]), min_size=1)
    )
    partial = fleet.changed(**dict.fromkeys(gone))
    outcomes = COMPLETIONS.outcomes(answer_facts(partial))
    for _ in range(20):
        made: dict[str, Any] = {
            "monthly_images": data.draw(st.integers(1, 2 * MOST)),
            "peak_to_mean": Decimal(data.draw(st.integers(1000, 9000))).scaleb(-3),
            "open_price": Decimal(data.draw(st.integers(1, 10**5))).scaleb(-2),
            "monthly_overhead": data.draw(st.integers(0, 10**4)),
        }
        whole = partial.changed(**{name: made[name] for name in gone})
        left = reference.decide(whole.model_dump()).left
        assert {None, *left} & outcomes == set(left)


@examples(100)
@given(small_fleets(), st.integers(1, MOST))
def test_what_a_record_says_of_the_other_billing(fleet: Scenario, now: int) -> None:
    used = fleet.changed(gpu_billing="as_used", peak_to_mean=None, monthly_images=now)
    decision = decide(used, RULEBOOK, matcher=READING)
    other = used.changed(gpu_billing="always_on", peak_to_mean=1)
    flipped = [flip for flip in decision.flips if flip.field == "gpu_billing"]
    route = decide(other, RULEBOOK, matcher=READING).route
    assert [(flip.from_, flip.to, flip.route) for flip in flipped] == (
        [] if route is decision.route else [("as_used", "always_on", route)]
    )
    if decision.route == "self_host" and route == "self_host":
        assert decision.owning_up_to_peak is not None
        peak = Decimal(decision.owning_up_to_peak)
        assert decide(other.changed(peak_to_mean=peak), RULEBOOK, matcher=READING).route == "self_host"
        if peak < 730:
            above = other.changed(peak_to_mean=peak + Decimal("0.001"))
            assert decide(above, RULEBOOK, matcher=READING).route != "self_host"
    else:
        assert decision.owning_up_to_peak is None
