"""What is said of where a decision turns, and what stays in the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import run
from advisor.domain.record import Decision
from advisor.domain.record_parts import TurningPoint
from advisor.domain.scenario import Route
from advisor.report.claims.turning import turning_claims
from advisor.report.templates import memo_markdown, summary
from tests.explanation.test_turning_points import OWN, decided
from tests.helpers.strategies import EXERCISE

ROOT = Path(__file__).parents[2]
FIGURES_UNKNOWN = str(ROOT / "examples" / "figures-unknown.scenario.yaml")


def without(*names: str, **changes: Any) -> Decision:
    return decided({name: value for name, value in EXERCISE.items() if name not in names} | changes)


def said(decision: Decision) -> list[str]:
    return [claim.id for claim in turning_claims(decision)]


def test_an_overhead_of_a_whole_bill_is_implied_by_the_cost_of_own_gpus() -> None:
    decision = without(*OWN)
    assert [point.field for point in decision.turning_points] == ["monthly_overhead"]
    assert said(decision) == ["turning.own_cost"]


def test_a_price_that_nobody_pays_is_not_said() -> None:
    decision = without("open_price", "monthly_overhead")
    far = TurningPoint(field="open_price", from_="2000.01", to=None, route=Route.SELF_HOST)
    near = far.model_copy(update={"from_": "19.99"})
    for point, expected in ((far, False), (near, True)):
        changed = decision.model_copy(update={"turning_points": [point]})
        assert ("turning.open_price" in said(changed)) == expected
        assert ("an image" in summary(changed) or "per image at" in summary(changed)) == expected


def test_a_sentence_with_figures_comes_before_one_without() -> None:
    """No price is known, so the cost of own GPUs is compared with no figure."""
    decision = without("open_price", "gpu_hour_price", "images_per_gpu_hour")
    assert said(decision) == ["turning.open_price", "turning.own_cost"]
    assert said(without("gpu_hour_price", "monthly_overhead")) == ["turning.own_cost", "turning.gpu_hour_price"]


def test_a_price_is_compared_with_the_cost_of_an_image() -> None:
    said = summary(without("monthly_images", "gpu_hour_price", "monthly_overhead"))
    assert "which costs $0.03 per image, unless own GPUs cost no more than that per image, overhead included" in said


def test_the_box_is_as_certain_as_its_sentence() -> None:
    box = memo_markdown(without(*OWN)).partition("## ")[0]
    assert box.count("**Where it turns:**") == 1
    assert "Not sure" not in box
    assert "not made" not in box
    assert "Not sure yet" in memo_markdown(without("quality"))


def test_the_summary_is_wrapped_and_names_no_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", FIGURES_UNKNOWN, "--catalogue", "none", "--out", str(tmp_path), "--date", "2026-11-22"]) == 3
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("wrote ")]
    assert max(map(len, lines)) <= 80
    assert len(lines) > 2
    assert not [line for line in lines if "_" in line]


def test_answers_that_clash_are_named_by_their_questions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["decide", str(ROOT / "examples" / "conflict.scenario.yaml"), "--out", str(tmp_path)]) == 4
    shown, _, _ = capsys.readouterr().out.partition("wrote ")
    assert 'Cannot hold together: "Where may prompts and images go?" answered' in shown
    assert "_" not in shown
