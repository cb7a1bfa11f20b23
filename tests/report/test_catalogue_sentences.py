"""Sentences on several checkpoints: a rule that rules out single offers is never said to rule out their route."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from advisor.catalogue.loader import bundled_catalogue
from advisor.decision.decide import decide
from advisor.domain.scenario import Scenario, validated
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook

PERMISSIVE = {
    "residency": "anywhere", "output_use": "commercial", "indemnity_required": False, "train_on_outputs": False,
    "quality": "open_suffices", "control": "prompt_only", "latency": "tolerant", "monthly_images": 30_000,
}  # fmt: skip


def memo(**changes: Any) -> str:
    scenario: Scenario = validated({**PERMISSIVE, **changes}, "the test")
    day = datetime.date(2026, 11, 28)
    decision = decide(scenario, bundled_rulebook(), catalogue=bundled_catalogue(), decided_on=day)
    return memo_markdown(decision)


@pytest.mark.parametrize(
    ("changes", "said", "wrong"),
    [
        (
            {"quality": "frontier_only"},
            "the open-weight API, which is ruled out on model access.",
            "access and licensing",
        ),
        (
            {"indemnity_required": True, "annual_revenue_usd": 2_000_000_000},
            "The offer `sd-3-5-large--runpod-h100-sxm-community` is ruled out on licensing",
            "**Own GPUs with open weights**, gone already",
        ),
        (
            {"indemnity_required": True, "control": "latents"},
            "(an open-weight inference API: `control: latents`",
            "an open-weight inference API and an open-weight inference API",
        ),
        (
            {"quality": "best_preferred", "annual_revenue_usd": 500_000, "monthly_overhead": 500},
            "against $509.91 to $914.48 by checkpoint for own GPUs",
            "an unknown cost",
        ),
        (
            {"latency": "predictable", "monthly_overhead": 1_000},
            "**To verify first:** what the offer asks for once one is chosen, see Offers",
            "nothing the rules know of",
        ),
        (
            {"monthly_images": None, "model": "flux-1-schnell", "monthly_overhead": 3_000},
            "3,826,981 images or less",
            ", in images (",
        ),
        (
            {"monthly_images_high": 90_000, "closed_price": "0.04"},
            "| option | 30,000 images | 90,000 images |",
            "30,000 images | 30,000",
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_several_checkpoints(changes: dict[str, Any], said: str, wrong: str) -> None:
    text = memo(**changes)
    assert said in text.replace(" which are ruled out", " which is ruled out")
    assert wrong not in text
