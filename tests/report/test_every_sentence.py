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

from advisor.common.files import bundled
from advisor.decision import break_even
from advisor.decision.decide import decide
from advisor.domain.record import Decision
from advisor.domain.scenario import FIELDS
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import answer_facts
from advisor.report.claims import build as claims
from advisor.rulebook.loader import bundled_rulebook, load_rulebook
from advisor.rulebook.model import Rulebook
from advisor.scenario_space.completions import completions_of
from tests.helpers.strategies import AMOUNTS, EXERCISE, NEEDS, complete_answers, examples, scenario
from tests.report.box_sentences import check_box
from tests.report.drawn import DAY
from tests.report.rule_sentences import check_rules, check_summary
from tests.report.test_several_offers import SECOND

CHECKS = (check_box, check_rules, check_summary)
Edit = tuple[str, str, str]
BUSINESS = """
- id: queues-for-a-business
  axis: latency
  when: {latency: tolerant, output_use: commercial, offered_in_region: no}
  eliminate: offer
  because: a business waits there
  provided: nobody waits there
  source: made up
"""
VARIANTS: dict[str, list[Edit]] = {
    "bundled": [],
    "several offers": [("routes.yaml", "", SECOND)],
    "licences known": [
        ("routes.yaml", "revenue_cap_usd: unknown", "revenue_cap_usd: 1000000"),
        (
            "routes.yaml",
            "commercial_use: unknown\n      training_on_outputs: no",
            "commercial_use: no\n      training_on_outputs: no",
        ),
        ("routes.yaml", "offered_in_region: unknown", "offered_in_region: no"),
    ],
    "cost judged with switching": [("preferences.yaml", "axis: cost", "axis: switching_cost")],
    "a gate on two needs": [
        (
            "gates/latency.yaml",
            "",
            BUSINESS,
        )
    ],
}


@cache
def rulebook_of(variant: str) -> Rulebook:
    """The bundled rules with some text replaced, once but for preferences, or added at the end of a file."""
    if not VARIANTS[variant]:
        return bundled_rulebook()
    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        shutil.copytree(bundled("rules"), rules)
        shutil.rmtree(rules / "cases")
        for name, old, new in VARIANTS[variant]:
            text = (rules / name).read_text()
            (rules / name).write_text(
                text.replace(old, new, -1 if name == "preferences.yaml" else 1) if old else text + new
            )
        return load_rulebook(str(rules))


def decided(answers: dict[str, Any], rulebook: Rulebook) -> Decision:
    return decide(scenario(answers), rulebook, decided_on=DAY, matcher=PlainReading(rulebook))


@st.composite
def answers_of_any_kind(draw: st.DrawFn) -> dict[str, Any]:
    """Complete and partial answers, with what is optional; many lack only what cannot matter."""
    answers = draw(complete_answers())
    if draw(st.integers(0, 3)):
        answers |= {name: EXERCISE[name] for name in draw(st.sets(st.sampled_from(NEEDS), min_size=4))}
    lacking = draw(st.sampled_from(["nothing", "anything", "amounts", "what cannot matter"]))
    if lacking == "amounts":
        answers = without(answers, draw(st.sets(st.sampled_from(AMOUNTS), min_size=1)))
    if lacking == "anything":
        answers = without(answers, draw(st.sets(st.sampled_from((*NEEDS, *AMOUNTS)), max_size=4)))
    if lacking == "what cannot matter":
        outcomes = completions_of(bundled_rulebook()).outcomes
        for name in draw(st.permutations((*NEEDS, *AMOUNTS)))[: draw(st.integers(1, 13))]:
            fewer = without(answers, {name})
            if len(outcomes(answer_facts(scenario(fewer)))) == 1:
                answers = fewer
    optional = {
        "current_route": st.sampled_from(FIELDS["current_route"].options),
        "migration_cost": st.sampled_from([0, 3_000, 900_000]),
        "payback_limit_months": st.sampled_from([0, 6, 24]),
        "annual_revenue_usd": st.sampled_from([0, 999_999, 5_000_000]),
        "unit": st.sampled_from(["image", "video_second"]),
    }
    return answers | draw(st.fixed_dictionaries({}, optional=optional))


def without(answers: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    """The answers without some; the ends of the range go with the expected month."""
    gone = gone | ({"monthly_images_low", "monthly_images_high"} if "monthly_images" in gone else set())
    return {name: value for name, value in answers.items() if name not in gone}


@pytest.mark.parametrize("variant", VARIANTS)
@given(answers=answers_of_any_kind())
@examples(300)
def test_every_sentence_agrees_with_the_record(variant: str, answers: dict[str, Any]) -> None:
    rulebook = rulebook_of(variant)
    decision = decided(answers, rulebook)
    for check in CHECKS:
        check(decision, rulebook)


CASES: dict[str, dict[str, Any]] = {
    "complete": EXERCISE,
    "no use": without(EXERCISE, {"output_use"}),
    "no closed price": without(EXERCISE, {"closed_price"}),
    "on premises": {**EXERCISE, "residency": "on_premises"},
    "cheap and closed": {**EXERCISE, "closed_price": Decimal("0.005")},
    "open": without(EXERCISE, {"residency"}),
    "figures": without(EXERCISE, {"gpu_hour_price", "images_per_gpu_hour", "monthly_overhead"}),
}
TEMPLATES: dict[str, tuple[str, Edit]] = {
    "preference the other way round": (
        "complete",
        ("phrases.md.j2", "routes(f.preferred) }} to {{ routes(f.over)", "routes(f.over) }} to {{ routes(f.preferred)"),
    ),
    "reason as a fact": ("complete", ("phrases.md.j2", '"would rule an option out if " if not f.is_fact', '""')),
    "nothing to verify": ("no use", ("phrases.md.j2", 'and not claims.of("unchecked")', "")),
    "not checked left out": ("no use", ("phrases.md.j2", 'in claims.of("unchecked") %}', "in [] %}")),
    "saving left out": ("cheap and closed", ("phrases.md.j2", 'in claims.of("forgone") %}', "in [] %}")),
    "saving out of the summary": ("cheap and closed", ("summary.txt.j2", 'in claims.of("forgone") %}', "in [] %}")),
    "nearest figures left out": (
        "complete",
        ("phrases.md.j2", "{% for one in figures %}", "{% for one in figures[1:] %}"),
    ),
    "another route's cost": ("complete", ("phrases.md.j2", "months(f.months) or", "months(f.months)[:-1] or")),
    "figures of the other side": (
        "complete",
        ("phrases.md.j2", "{{ one.figures.limit }}", "{{ one.figures.limit | replace('more', 'less') }}"),
    ),
    "another axis": ("complete", ("phrases.md.j2", "axis is {{ axes(f.axes) }}", "axis is latency")),
    "a later date": ("complete", ("phrases.md.j2", "by {{ f.by }}", "by 2027-03-01")),
    "ruled out or lost": ("on premises", ("words.j2", '{% if how == "preferred" %}', '{% if how != "preferred" %}')),
    "sentence without a predicate": ("complete", ("phrases.md.j2", "is not within 20 %", "is far from 20 %")),
    "less sure than the record": (
        "figures",
        (
            "phrases.md.j2",
            '("as the line above says, by the figures asked for below; possible are " ~',
            '("not made" ~',
        ),
    ),
    "per image for in all": (
        "figures",
        (
            "turning_points.j2",
            "{% if not own_cost %}{% if bills[0].bill %} in all",
            "{% if not own_cost %}{% if bills[0].bill %} per image",
        ),
    ),
    "surer than the record": (
        "open",
        ("phrases.md.j2", "Not sure yet: unanswered questions can still change the", "A"),
    ),
}


def check(decision: Decision, templates: Path | None = None) -> None:
    for each in CHECKS:
        each(decision, bundled_rulebook(), templates)


@pytest.mark.parametrize("case", CASES)
def test_the_cases_of_the_planted_faults_hold_without_them(case: str) -> None:
    check(decided(CASES[case], bundled_rulebook()))


@pytest.mark.parametrize("fault", TEMPLATES)
def test_a_fault_planted_in_the_templates_is_seen(fault: str, tmp_path: Path) -> None:
    case, (name, old, new) = TEMPLATES[fault]
    templates = tmp_path / "templates"
    shutil.copytree(bundled("templates"), templates)
    text = (templates / name).read_text()
    assert old in text
    (templates / name).write_text(text.replace(old, new))
    with pytest.raises(AssertionError):
        check(decided(CASES[case], bundled_rulebook()), templates)


@pytest.mark.parametrize(
    ("case", "module", "name", "wrong"),
    [
        ("no use", break_even, "outcome_of", lambda *_: ("amounts_open", ["open_price"])),
        ("no use", break_even, "outcome_of", lambda *_: ("not_compared", [])),
        ("complete", break_even, "near_crossover", lambda *_: True),
        ("no use", claims, "_conditions", lambda *_: ()),
        ("cheap and closed", claims, "forgone_claims", lambda *_: ()),
    ],
)
def test_a_fault_planted_in_the_claims_is_seen(
    monkeypatch: pytest.MonkeyPatch, case: str, module: Any, name: str, wrong: Any
) -> None:
    monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError):
        check(decided(CASES[case], bundled_rulebook()))
