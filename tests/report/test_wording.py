"""Sentences of a memo that were once false or did not read well."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.decision.decide import decide
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, scenario
from tests.report.drawn import DAY


def memo(**changes: Any) -> str:
    answers = {name: value for name, value in {**EXERCISE, **changes}.items() if value is not None}
    return memo_markdown(decide(scenario(answers), bundled_rulebook(), decided_on=DAY))


BUSY = {"monthly_images": 2_000_000, "current_route": "closed_api"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"migration_cost": 890_960}, "repaid after 12.1 months. The limit is 12 months: not worth moving yet."),
        ({"migration_cost": 888_000}, "repaid after 12 months. The limit is 12 months: worth moving."),
        (
            {"migration_cost": 74_000, "payback_limit_months": 1},
            "repaid after 1 month. The limit is 1 month: worth moving.",
        ),
        ({"migration_cost": 100, "payback_limit_months": 0}, "repaid after 0.1 months. The limit is 0 months: not"),
        ({"monthly_images": 80_000, "migration_cost": 9_000_000}, "repaid after 8,653.9 months. The limit"),
    ],
)
def test_a_payback_does_not_read_as_within_a_limit_it_is_beyond(changes: dict[str, Any], said: str) -> None:
    assert said in memo(**{**BUSY, **changes})


def test_until_the_move_the_bill_in_use_is_watched() -> None:
    text = memo(**BUSY)
    assert 'Until the move, the answer holds while it says "crossed and stable"' in text
    assert "Compare the bill with N\\* = 52,632 images a month, the crossover with the closed API" in text
    assert '"fell back"' not in text
    assert '"fell back"' in memo(monthly_images=2_000_000)


def test_where_owning_is_cheaper_at_every_volume_there_is_none_to_watch() -> None:
    text = memo(monthly_overhead=0)
    assert "own GPUs cost no more than an open-weight inference API at every volume" in text
    assert "Owning pays at every volume" in text
    assert "within 20 %" not in text
    assert "nine tenths" not in text


def test_a_volume_that_flips_the_answer_is_not_denied() -> None:
    changes = {"quality": "best_preferred", "open_price": "0.001", "monthly_images": 2_000_000}
    assert "(`monthly_images`) | 2,000,000 |" in memo(**changes)
    assert "(`monthly_images`) | 2,000,000 |" not in memo(open_price="0.001", monthly_images=2_000_000)


def test_costs_that_differ_read_differently() -> None:
    text = memo(monthly_overhead="1400.001")
    assert "$1,500 a month, against $1,500.001 for own GPUs" in text
    assert "$1,500.001 |" in text


def test_one_image_is_one() -> None:
    assert "The expected volume is 1 image a month" in memo(monthly_images=1)
