"""Sentences of a memo that hold under some condition only: each appears exactly where it does."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.decision.decide import decide
from advisor.report.templates import memo_markdown, summary
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, scenario
from tests.report.drawn import DAY

RULEBOOK = bundled_rulebook()
MISSING = "The comparison of cost is not complete"
NOTHING = "nothing the rules know of"


def shown(render: Any, **changes: Any) -> str:
    answers = {name: value for name, value in {**EXERCISE, **changes}.items() if value is not None}
    return str(render(decide(scenario(answers), RULEBOOK, decided_on=DAY)))


def memo(**changes: Any) -> str:
    return shown(memo_markdown, **changes)


def box(**changes: Any) -> str:
    return "\n".join(line for line in memo(**changes).splitlines() if line.startswith("> "))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"output_use": None},
        {"output_use": None, "monthly_images_low": 100, "monthly_images_high": 100_000},
        {"latency": None, "control": "latents"},
        {"quality": "frontier_only", "train_on_outputs": False, "residency": "anywhere", "open_price": None},
    ],
)
def test_amounts_are_missing_only_where_some_are(changes: dict[str, Any]) -> None:
    assert MISSING not in box(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"monthly_images": 1, "monthly_overhead": 90_000_000, "gpu_hour_price": None}, ["gpu_hour_price"]),
        (
            {"monthly_images": 1, "monthly_overhead": 90_000_000, "gpu_hour_price": None, "images_per_gpu_hour": None},
            ["gpu_hour_price", "images_per_gpu_hour"],
        ),
    ],
)
def test_the_amounts_that_are_missing_are_named(changes: dict[str, Any], named: list[str]) -> None:
    changes = {**changes, "open_price": "0.000001", "closed_price": None}
    (line,) = [line for line in box(**changes).splitlines() if MISSING in line]
    assert [name for name in EXERCISE if f"`{name}`" in line] == named


def test_a_comparison_that_hangs_on_a_need_is_not_said_to_lack_an_amount() -> None:
    said = box(latency=None, monthly_images=2_000_000)
    assert MISSING not in said
    assert "depends on what is not answered: What does a spike in a queue do? (`latency`)" in said


def test_commercial_use_that_was_not_answered_is_not_nothing_to_verify() -> None:
    said = box(output_use=None)
    assert NOTHING not in said
    assert "commercial use was not asked or not answered (`output_use`)" in said
    assert "commercial use was not asked" in shown(summary, output_use=None)
    for use in ("commercial", "internal"):
        assert "commercial use was not asked" not in box(output_use=use)


def test_a_revenue_that_was_not_answered_is_not_nothing_to_verify() -> None:
    internal = {"output_use": "internal"}
    assert "the annual revenue was not asked or not answered (`annual_revenue_usd`)" in box(**internal)
    assert NOTHING not in box(**internal)
    assert NOTHING not in box(**internal, annual_revenue_usd=5)
    assert NOTHING in box(**internal, quality="frontier_only")  # the closed API has no revenue limit


def rules_table(**changes: Any) -> list[str]:
    table = memo(**changes).partition("### Rules")[2].partition("### Origin")[0]
    return [line for line in table.splitlines() if line.startswith("| `")]


def test_a_reason_is_a_fact_only_where_the_rule_ruled_something_out() -> None:
    forbidden = "the outputs are for commercial use, which the licence or the terms forbid"
    (row,) = [row for row in rules_table() if "`commercial-use-allowed`" in row]
    assert f"| would rule an option out if {forbidden} |" in row
    (row,) = [row for row in rules_table() if "`control-deep-enough`" in row]
    assert "| would rule an option out if the product needs deeper control" in row
    (row,) = [row for row in rules_table(control="latents") if "`control-deep-enough`" in row]
    assert "| the product needs deeper control" in row


def test_a_preference_says_which_option_it_preferred_to_which() -> None:
    (row,) = [row for row in rules_table() if "`rent-below-crossover`" in row]
    assert "preferred an open-weight inference API and a closed flagship API to own GPUs with open weights |" in row
    (row,) = [row for row in rules_table() if "`open-keeps-the-way-out`" in row]
    assert "preferred an open-weight inference API to a closed flagship API |" in row


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"closed_price": "0.005"},
            ("the closed API would cost $1,250 a month less, but loses on switching cost: an open model"),
        ),
        (
            {"residency": "on_premises"},
            ("the open-weight API would cost $600 a month less, but is ruled out on data residency"),
        ),
        (
            {"monthly_images": 80_000, "monthly_images_low": 100, "monthly_images_high": 90_000},
            ("own GPUs would cost $240 a month less, but lose on switching cost: the quietest and the busiest month"),
        ),
        (
            {"closed_price": "0.005", "monthly_images": None, "monthly_images_low": 100, "monthly_images_high": 200},
            (
                "the closed API would cost $2.50 a month less in the quietest plausible month and $5 in the busiest, "
                "but loses on switching cost"
            ),
        ),
    ],
)
def test_the_saving_forgone_is_in_the_box(changes: dict[str, Any], said: str) -> None:
    assert f"> * **Cheaper:** {said}" in box(**changes)


def test_no_saving_is_forgone_where_the_route_is_the_cheapest() -> None:
    assert "**Cheaper:**" not in box()
    assert "**Cheaper:**" not in box(closed_price="0.03")
    assert "**Cheaper:** the closed API would cost" in box(closed_price="0.029999")


def test_figures_not_known_are_named_where_no_figure_changes_the_route() -> None:
    named = "can be said once this is known: the price of the closed API per image (`closed_price`)"
    assert named in shown(memo_markdown, closed_price=None)
    assert named not in shown(memo_markdown)
