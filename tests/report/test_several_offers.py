"""A rulebook in which one route has several offers: a memo speaks of the route where all are out, else of the offer."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from advisor.common.files import bundled
from advisor.decision.decide import decide
from advisor.domain.scenario import Route
from advisor.report.claims.build import claims_of
from advisor.report.html import memo_html
from advisor.report.templates import END, OPEN, memo_markdown, memo_with_marks, read_id
from advisor.report.text import memo_text
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook
from advisor.verification.verify import VerificationVerdict, verified
from tests.helpers.strategies import EXERCISE, complete_answers, examples, scenario
from tests.report.pages import read_page

SECOND = """
  - id: a-second-provider
    route: open_weight_api
    label: a second provider of open weights
    traits:
      leaves_premises: yes
      offered_in_region: no
      commercial_use: no
      training_on_outputs: yes
      output_indemnity: no
      revenue_cap_usd: unknown
      model_access: open
      control_depth: pinned_version
      shared_queue: no
      switching_cost: low
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled rules with a second offer of the open-weight API."""
    folder = tmp_path_factory.mktemp("several") / "rules"
    shutil.copytree(bundled("rules"), folder)
    with (folder / "routes.yaml").open("a") as file:
        file.write(SECOND)
    return folder


@pytest.fixture(scope="module")
def rulebook(rules: Path) -> Rulebook:
    """The rules with several offers, loaded."""
    return load_rulebook(str(rules))


@given(answers=complete_answers())
@examples(20)
def test_every_offer_that_is_out_is_named_and_every_claim_is_said(rulebook: Rulebook, answers: dict[str, Any]) -> None:
    decision = decide(scenario(answers), rulebook, decided_on=datetime.date(2026, 11, 23))
    marked, memo = memo_with_marks(decision), memo_markdown(decision)
    said = {read_id(id) for id in re.findall(f"{OPEN}([^{END}]*){END}", marked)}
    assert said == {claim.id for claim in claims_of(decision)}
    said_of = {claim.figures["rule"]: claim.figures for claim in claims_of(decision) if claim.kind == "eliminated"}
    gone = [route for figures in said_of.values() for route in figures["gone"]]
    assert sorted(gone) == sorted({step.route for step in decision.eliminated} - set(decision.feasible_routes))
    out = {step.offer for step in decision.eliminated if step.route is Route.OPEN_WEIGHT_API}
    if out == {"a-second-provider"}:
        assert Route.OPEN_WEIGHT_API in decision.feasible_routes
        assert re.search("offers? `a-second-provider`", memo)
    if len(out) == 2:
        assert Route.OPEN_WEIGHT_API not in decision.feasible_routes
    assert ("a-second-provider" in memo) >= ("a-second-provider" in out)
    read_page(memo_html(decision))
    assert memo_text(decision)


def test_a_memo_with_several_offers_verifies(rulebook: Rulebook) -> None:
    decision = decide(scenario(EXERCISE), rulebook, decided_on=datetime.date(2026, 11, 23))
    assert [step.offer for step in decision.eliminated] == ["a-second-provider"]
    assert verified(memo_markdown(decision), "a.memo.md", rulebook).verdict is VerificationVerdict.VERIFIED


def test_the_offers_that_are_left_are_named(rulebook: Rulebook) -> None:
    answers = scenario({**EXERCISE, "residency": "in_region", "region": "Europe"})
    memo = memo_markdown(decide(answers, rulebook, decided_on=datetime.date(2026, 11, 23)))
    assert "> * **Offers that are left:** `any-open-weight-provider`\n" in memo
    assert "; ruled out `a-second-provider` |" in memo
    assert "ruled out an open-weight inference API" not in memo
