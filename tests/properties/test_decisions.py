"""What must hold for every scenario, over generated ones (`make fuzz` for many more)."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from advisor.decision.decide import decide
from advisor.domain.record import parse_record
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import Judgement, judge
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers import reference
from tests.helpers.strategies import EXERCISE, examples, scenario, with_fleets

RULEBOOK = bundled_rulebook()
ENGINE, PLAIN = engine_reading(RULEBOOK), PlainReading(RULEBOOK)
TODAY = datetime.date(2026, 11, 22)
RELAXED = {
    "residency": ("on_premises", "in_region", "anywhere"),
    "indemnity_required": (True, False),
    "train_on_outputs": (True, False),
    "quality": ("frontier_only", "best_preferred", "open_suffices"),
    "control": ("latents", "adapters", "pinned_version", "prompt_only"),
    "latency": ("predictable", "tolerant"),
}

NEARLY_TOO_DEAR = EXERCISE | {
    "residency": "on_premises",
    "monthly_images": 10**7,
    "open_price": Decimal("0.09"),
    "closed_price": Decimal("0.09"),
    "gpu_hour_price": Decimal("0.089999"),
    "images_per_gpu_hour": 1,
    "monthly_overhead": 10**6,
}
"""Raised 9,999 times, renting stays below the most that is computed for a month, and owning does not."""


def judged(answers: dict[str, Any], engine: bool = True) -> Judgement:
    facts = with_terms(RULEBOOK, answer_facts(scenario(answers)))
    return judge(RULEBOOK, ENGINE if engine else PLAIN, facts)


@examples(5_000)
@example(EXERCISE)
@given(with_fleets())
def test_engine_python_and_the_reference_agree(answers: dict[str, Any]) -> None:
    by_engine, by_python = judged(answers), judged(answers, engine=False)
    assert by_engine == by_python
    expected = reference.decide(answers)
    verdict = by_engine.verdict
    assert frozenset(verdict.left) == expected.left
    assert frozenset(verdict.feasible) == expected.feasible
    assert by_engine.settled == expected.settled
    assert by_engine.deciding_axes == reference.deciding_axes(answers)
    assert len(verdict.left) == (1 if verdict.feasible else 0)


@examples(1_000)
@given(with_fleets())
def test_a_record_has_one_route_or_an_explained_conflict(answers: dict[str, Any]) -> None:
    record = decide(scenario(answers), decided_on=TODAY)
    assert record.status in (Status.RECOMMENDED, Status.INFEASIBLE)
    assert (record.route is None) == (record.status is Status.INFEASIBLE) == bool(record.conflicts)
    assert (record.deciding_axis is None) == (record.route is None)
    assert record.deciding_axes[:1] == ([record.deciding_axis] if record.deciding_axis else [])
    assert record.settled == reference.decide(answers).settled
    if record.route is None:
        assert record.repairs
        assert all(repair.route is not None for repair in record.repairs)
    for conflict in record.conflicts:
        permissive = {name: options[-1] for name, options in RELAXED.items()}
        alone = {**answers, **permissive, **conflict.answers}
        assert not reference.decide(alone).feasible
        for field in conflict.answers:
            assert reference.decide({**alone, field: permissive[field]}).feasible


@examples(1_000)
@given(with_fleets())
def test_a_record_survives_json_and_repeats_to_the_byte(answers: dict[str, Any]) -> None:
    record = decide(scenario(answers), decided_on=TODAY)
    text = record.to_json()
    assert parse_record(text, "record") == record
    assert parse_record(text, "record").to_json() == text
    again = decide(scenario(record.scenario), decided_on=TODAY)
    assert again.to_json() == text


@examples(1_000)
@given(with_fleets(), with_fleets())
def test_no_price_or_volume_revives_an_eliminated_route(answers: dict[str, Any], other: dict[str, Any]) -> None:
    # How GPUs are paid for goes with the amounts: with the other way they may cost more than is computed.
    costs = {name for name, field in FIELDS.items() if field.quantity} | {"gpu_billing"}
    amounts = {name: value for name, value in other.items() if name in costs}
    before = {name: value for name, value in answers.items() if name not in costs}
    assert judged({**before, **amounts}).verdict.feasible == judged(answers).verdict.feasible
    assert set(judged(answers).verdict.left) <= set(judged(answers).verdict.feasible)


@examples(1_000)
@example(NEARLY_TOO_DEAR, 9_999)
@given(with_fleets(), st.integers(1, 10**4))
def test_raising_the_volume_never_moves_from_owning_to_renting(answers: dict[str, Any], factor: int) -> None:
    per_image = Fraction(answers["gpu_hour_price"]) / Fraction(answers["images_per_gpu_hour"])
    assume(all(Fraction(answers[name]) > per_image for name in ("open_price", "closed_price")))
    low, high = (answers.get(f"monthly_images_{end}", answers["monthly_images"]) for end in ("low", "high"))
    raised = {"monthly_images_low": low * factor, "monthly_images": high * factor, "monthly_images_high": high * factor}
    # What a month costs is only computed up to $9e9; owning may come to more than renting by its overhead.
    dearest = max(answers["open_price"], answers["closed_price"]) * high * factor
    assume(dearest + answers["monthly_overhead"] < 9 * 10**9)
    if Route.SELF_HOST in judged(answers).verdict.left:
        assert judged({**answers, **raised}).verdict.left == (Route.SELF_HOST,)


@examples(1_000)
@given(with_fleets(), st.sampled_from(sorted(RELAXED)))
def test_relaxing_a_gate_never_shrinks_the_feasible_set(answers: dict[str, Any], field: str) -> None:
    levels = RELAXED[field]
    for level in levels[levels.index(answers[field]) :]:
        relaxed = judged({**answers, field: level}).verdict.feasible
        assert set(judged(answers).verdict.feasible) <= set(relaxed)


@examples(300)
@given(with_fleets(), st.data())
def test_the_order_of_the_answers_does_not_matter(answers: dict[str, Any], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    straight = decide(scenario(answers), decided_on=TODAY)
    assert decide(scenario(shuffled), decided_on=TODAY).to_json() == straight.to_json()
