"""Every sentence of the box, of the rules table and of the summary against the record, over generated scenarios."""

from __future__ import annotations

import shutil
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.decision import decide
from advisor.files import bundled
from advisor.readings.plain import PlainReading
from advisor.record import Decision
from advisor.report import claims, confidence
from advisor.rulebook.load import bundled_rulebook, load_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario import FIELDS
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, scenario
from tests.report.drawn import DAY
from tests.report.sentences import check_box, check_rules, check_summary
from tests.report.test_several_offers import SECOND

CHECKS = (check_box, check_rules, check_summary)
Edit = tuple[str, str, str]
VARIANTS: dict[str, list[Edit]] = {
    "bundled": [],
    "several offers": [("routes.yaml", "", SECOND)],
    "licences known": [
        ("routes.yaml", "revenue_cap_usd: unknown", "revenue_cap_usd: 1000000"),
        ("routes.yaml", "commercial_use: unknown", "commercial_use: no"),
        ("routes.yaml", "offered_in_region: unknown", "offered_in_region: no"),
    ],
    "cost judged with switching": [("preferences.yaml", "axis: cost", "axis: switching_cost")],
    "a gate on two needs": [
        (
            "gates/latency.yaml",
            "",
            "- id: queues-for-a-business\n  axis: latency\n  when: {latency: tolerant, output_use: commercial, offered_in_region: no}\n"
            "  eliminate: offer\n  because: a business waits there\n  provided: nobody waits there\n  source: made up\n",
        )
    ],
}


@cache
def rulebook_of(variant: str) -> Rulebook:
    """The bundled rules with some text replaced, once, in the order of the files, or added at the end of one."""
    if not VARIANTS[variant]:
        return bundled_rulebook()
    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        shutil.copytree(bundled("rules"), rules)
        shutil.rmtree(rules / "cases")
        for name, old, new in VARIANTS[variant]:
            text = (rules / name).read_text()
            (rules / name).write_text(
                text.replace(old, new)
                if variant.startswith("cost")
                else text.replace(old, new, 1)
                if old
                else text + new
            )
        return load_rulebook(str(rules))


def decided(answers: dict[str, Any], rulebook: Rulebook) -> Decision:
    return decide(scenario(answers), rulebook, decided_on=DAY, matcher=PlainReading(rulebook))


@st.composite
def answers_of_any_kind(draw: st.DrawFn) -> dict[str, Any]:
    """Complete and partial answers, with what is optional; many of them lead somewhere."""
    answers = draw(complete_answers())
    if draw(st.booleans()):
        answers |= {name: EXERCISE[name] for name in draw(st.sets(st.sampled_from(NEEDS), min_size=4))}
    gone = draw(st.one_of(st.just(set()), st.sets(st.sampled_from((*NEEDS, *AMOUNTS)), max_size=4)))
    if "monthly_images" in gone and draw(st.booleans()):
        gone |= {"monthly_images_low", "monthly_images_high"}
    optional = {
        "current_route": st.sampled_from(FIELDS["current_route"].options),
        "migration_cost": st.sampled_from([0, 3_000, 900_000]),
        "payback_limit_months": st.sampled_from([0, 6, 24]),
        "annual_revenue_usd": st.sampled_from([0, 999_999, 5_000_000]),
        "unit": st.sampled_from(["image", "video_second"]),
    }
    answers |= draw(st.fixed_dictionaries({}, optional=optional))
    return {name: value for name, value in answers.items() if name not in gone}


@pytest.mark.parametrize("variant", VARIANTS)
@given(answers=answers_of_any_kind())
@examples(300)
def test_every_sentence_agrees_with_the_record(variant: str, answers: dict[str, Any]) -> None:
    rulebook = rulebook_of(variant)
    decision = decided(answers, rulebook)
    for check in CHECKS:
        check(decision, rulebook)
