"""Scenario + rulebook -> Decision.

The offers that compete pass the gates; the cheapest survivor prices its route; the terms follow from the prices, and
the preferences from the terms (``Assessment``, which does so for every completion of the answers). The explanations
complete the record.
"""

from __future__ import annotations

import datetime

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.decision.record_builder import DEFAULT_PAYBACK_LIMIT as DEFAULT_PAYBACK_LIMIT
from advisor.decision.record_builder import advice_facts, record_of
from advisor.domain.record import Decision
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Scenario
from advisor.evaluation.compiler import Facts, Matcher
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook


def decide(
    scenario: Scenario,
    rulebook: Rulebook | None = None,
    *,
    catalogue: Catalogue | None = None,
    decided_on: datetime.date | None = None,
    matcher: Matcher | None = None,
) -> Decision:
    """Decides one scenario, by default with the bundled rulebook and the rules engine.

    With a catalogue its offers compete on every route without a price in the scenario; without one such a price is an
    open question.

    ``decided_on`` is part of the input (today by default), so the same input gives the same record.
    Raises EngineFailure, and BadInput for rules that leave several routes.
    """
    decided_on = decided_on or datetime.date.today()
    offers = competing(rulebook or bundled_rulebook(), catalogue, scenario, decided_on)
    assessment = Assessment(scenario, offers, matcher or engine_reading(offers))
    return record_of(assessment, decided_on, catalogue)


def decide_again(
    scenario: Scenario,
    rulebook: Rulebook | None = None,
    file: str = "the record",
    *,
    catalogue: Catalogue | None,
    earlier_digest: str | None,
    decided_on: datetime.date,
) -> Decision:
    """The decision on the scenario of an earlier one, which ``file`` holds.

    ``earlier_digest`` is that of the earlier catalogue: what was decided without one is decided without one again.
    Raises what ``decide`` raises.
    """
    try:
        return decide(scenario, rulebook, catalogue=catalogue if earlier_digest else None, decided_on=decided_on)
    except BadInput as error:
        raise BadInput(problem._replace(file=problem.file or file) for problem in error.problems) from None


def outcome_facts(scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> Facts | None:
    """The outcome as facts for advice rules; None without a recommendation. Raises what ``decide`` raises.

    Every answer that changes what the gates eliminate must be known.
    """
    assessment = Assessment(scenario, rulebook, matcher)
    asked = assessment.judgement.verdict.asked
    return advice_facts(assessment, asked) if assessment.status is Status.RECOMMENDED else None
