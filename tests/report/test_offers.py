"""Every sentence and every number of decisions with the bundled catalogue against their records."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.loader import bundled_catalogue
from advisor.common.files import bundled
from advisor.decision.competition import competing
from advisor.decision.decide import decide
from advisor.domain.cost_model import AMOUNTS_OF
from advisor.domain.record import Decision
from advisor.domain.scenario import Route
from advisor.evaluation.compiler import PlainReading
from advisor.report.explanation import explanation_text
from advisor.report.html import charts_of, memo_html
from advisor.report.templates import memo_markdown
from advisor.report.text import memo_text
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook
from advisor.wording.labels import SHORT, sentence
from tests.examples.test_catalogue import NAMES
from tests.examples.test_catalogue import decided as example
from tests.helpers.strategies import EXERCISE, complete_answers, examples, scenario
from tests.report.box_sentences import check_box
from tests.report.drawn import by_kind
from tests.report.held import near_money, plain_text
from tests.report.offer_sentences import check_offers, old_figures
from tests.report.rule_sentences import check_rules, check_summary
from tests.report.test_memo import says_every_claim, says_what_the_record_holds

DAY = datetime.date(2026, 11, 22)
CATALOGUE = bundled_catalogue()
IMAGES = (
    "sdxl-1-0",
    "sd-3-5-large",
    "sd-3-5-large-turbo",
    "flux-1-schnell",
    "flux-1-dev",
    "qwen-image",
    "z-image-turbo",
)
UNPRICED = {name: value for name, value in EXERCISE.items() if "price" not in name and name != "images_per_gpu_hour"}
VIDEO = ("wan-2-1-i2v-14b", "cogvideox-5b")


@st.composite
def answers_without_prices(draw: st.DrawFn) -> dict[str, Any]:
    """Answers in which the catalogue supplies the prices of one route or more, with a checkpoint or without."""
    answers = draw(complete_answers())
    for route in draw(st.lists(st.sampled_from(Route), min_size=1, unique=True)):
        for name in AMOUNTS_OF[route]:
            if name != "monthly_overhead" or not draw(st.integers(0, 3)):
                answers.pop(name, None)
    unit = draw(st.sampled_from(["image", "image", "image", "video_second"]))
    optional = {
        "annual_revenue_usd": st.sampled_from([0, 2_000_000]),
        "region": st.just("eu"),
        "current_route": st.sampled_from([str(route) for route in Route]),
    }
    model = draw(st.sampled_from([None, *(IMAGES if unit == "image" else VIDEO)]))
    return (
        answers
        | {"unit": unit}
        | ({"model": model} if model else {})
        | draw(st.fixed_dictionaries({}, optional=optional))
    )


def decided(answers: dict[str, Any]) -> Decision:
    competes = competing(bundled_rulebook(), CATALOGUE, scenario(answers), DAY)
    return decide(scenario(answers), catalogue=CATALOGUE, decided_on=DAY, matcher=PlainReading(competes))


def judged(decision: Decision) -> Rulebook:
    """The rulebook with the offers that stand for each route in the record, at the prices that it states."""
    competes = competing(bundled_rulebook(), CATALOGUE, scenario(decision.scenario), DAY)
    offers = {offer.id: offer for offer in competes.offers}
    return replace(competes, offers=tuple(offers[one.offer] for one in decision.offers), priced=frozenset())


@given(answers=answers_without_prices())
@examples(60)
def test_what_is_said_of_offers_is_in_the_record(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    check_offers(decision)
    says_what_the_record_holds(decision)
    says_every_claim(decision)


@given(answers=answers_without_prices().filter(lambda answers: "model" in answers))
@examples(60)
def test_every_sentence_agrees_with_the_record(answers: dict[str, Any]) -> None:
    decision = decided(answers)
    for check in (check_box, check_rules, check_summary):
        check(decision, judged(decision))


@pytest.mark.parametrize(("volume", "turns"), [(200_000, 0), (2_400_000, 2), (3_000_000, 1)])
def test_old_figures_that_may_have_turned_the_advice_are_to_verify(volume: int, turns: int) -> None:
    decision = decided({**UNPRICED, "model": "flux-1-schnell", "monthly_images": volume})
    assert len(old_figures(decision)) == turns
    assert all(f"; {said}" in plain_text(memo_markdown(decision)) for said in old_figures(decision))
    for check in (check_box, check_rules, check_summary):
        check(decision, judged(decision))


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_and_number_of_an_example_is_in_its_record(name: str) -> None:
    decision = example(name)
    check_offers(decision)
    says_what_the_record_holds(decision)
    says_every_claim(decision)
    if "model" in decision.scenario and "gpu_billing" not in decision.scenario:
        for check in (check_box, check_rules, check_summary):
            check(decision, judged(decision))


@pytest.mark.parametrize("name", NAMES)
def test_page_and_plain_text_of_an_example_are_complete(name: str) -> None:
    decision = example(name)
    page, text = memo_html(decision), memo_text(decision)
    assert "\nOffers\n" in text
    for entry in decision.shortlist[:1]:
        assert entry.label in page
    for chart in charts_of(decision):
        assert chart.title in page


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "a | b", "*bold* [link](http://example.com)", "two\nlines", "\u202eright to left"],
    ids=["html", "bar", "markdown", "lines", "direction"],
)
def test_text_of_an_offer_is_text(text: str) -> None:
    decision = example("flux-schnell-in-the-eu")
    entries = [
        one.model_copy(update={"label": text, "source": text, "conditions": [text]}) for one in decision.shortlist
    ]
    decision = decision.model_copy(update={"shortlist": entries})
    page = memo_html(decision)
    assert "<script>" not in page
    assert "<strong>bold" not in page
    assert 'href="http://example' not in page
    assert "\u202e" not in page + explanation_text(decision, None)
    assert page.count("<tr") == memo_html(example("flux-schnell-in-the-eu")).count("<tr")


CHARTS = {
    "adapters-at-a-million": "narrowing costs",
    "flux-schnell-in-the-eu": "narrowing costs map",
    "frontier-with-indemnity": "narrowing",
    "gpus-always-on": "narrowing costs map",
    "hospital-flux-dev": "narrowing",
    "no-checkpoint-named": "narrowing",
    "only-the-bill": "",
    "qwen-image": "narrowing costs map",
    "sd-3-5-above-its-revenue-cap": "narrowing costs",
    "short-clips": "costs",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_charts_of_an_example_are_drawn_at_the_prices_of_the_catalogue(name: str) -> None:
    decision = example(name)
    charts = by_kind(decision)
    assert " ".join(charts) == CHARTS[name]
    for route, cost in decision.monthly_costs.items() if "costs" in charts else ():
        row = next(row for row in charts["costs"].table.rows if row[0].split(",")[0] == sentence(SHORT[route]))
        assert near_money(row[1], Decimal(cost.high))


FAULTS = {
    "another price": ("offers.j2", "exact_money(f.price) }} per {{ unit()", 'exact_money("9.99") }} per {{ unit()'),
    "another date": ("offers.j2", "as of {{ f.as_of }}", "as of 2026-01-02"),
    "another confidence": ("offers.md.j2", "{{ f.confidence }} confidence:", "high confidence:"),
    "another state": ("offers.md.j2", 'if f.status == "chosen"', 'if f.status != "chosen"'),
    "offers left out": ("offers.md.j2", "offer_rows(route, rows) if", "offer_rows(route, rows[1:]) if"),
    "more than there are": ("offers.md.j2", "claim.figures.more | number", "claim.figures.more + 1"),
    "no source": ("phrases.md.j2", "{% if f.quote %}: `", "{% if false %}: `"),
    "the offer left out": ("phrases.md.j2", '{% for one in claims.of("offer") %}', "{% for one in [] %}"),
    "a term left out": ("phrases.md.j2", ' + claims.of("terms")', ""),
    "another volume": ("offers.j2", "from(f.twin_volume)", "from(f.volume)"),
    "the wrong twin": ("offers.j2", "if f.few_step else", "if not f.few_step else"),
    "next for first": ("summary.txt.j2", "Offer: {{ offer(claim.figures,", "Offer: {{ offer(claim.figures.next[0],"),
}
CASES = ("flux-schnell-in-the-eu", "adapters-at-a-million")


def check_cases(templates: Path | None = None) -> None:
    for case in CASES:
        check_offers(example(case), templates)
        check_box(example(case), judged(example(case)), templates)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_templates_is_seen(fault: str, tmp_path: Path) -> None:
    name, old, new = FAULTS[fault]
    templates = tmp_path / "templates"
    shutil.copytree(bundled("templates"), templates)
    text = (templates / name).read_text()
    assert old in text
    (templates / name).write_text(text.replace(old, new))
    with pytest.raises((AssertionError, KeyError, StopIteration)):
        check_cases(templates)


def test_the_cases_of_the_planted_faults_hold_without_them() -> None:
    check_cases()
