"""Scenario + rulebook -> Decision: the engine decides, the explanations complete the record."""

from __future__ import annotations

import datetime

from advisor.catalogue.loader import Catalogue
from advisor.decision.advice import DEFAULT_PAYBACK_LIMIT as DEFAULT_PAYBACK_LIMIT
from advisor.decision.advice import advice_facts
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.decision.record_builder import record_of
from advisor.domain.record import Decision, Status
from advisor.domain.scenario import Scenario, validated
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.protocol import Facts, Matcher
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
    rulebook = rulebook or bundled_rulebook()
    decided_on = decided_on or datetime.date.today()
    rulebook = competing(rulebook, catalogue, scenario, decided_on)
    matcher = matcher or engine_reading(rulebook)
    return record_of(Assessment(scenario, rulebook, matcher), decided_on, catalogue)


def decide_again(
    earlier: Decision,
    rulebook: Rulebook | None = None,
    file: str = "the record",
    *,
    catalogue: Catalogue | None = None,
) -> Decision:
    """The decision of a record's scenario under these rules, on its date; with a catalogue only if it was with one.

    Raises BadInput and anything ``decide`` raises.
    """
    catalogue = catalogue if earlier.catalogue_digest else None
    return decide(validated(earlier.scenario, file), rulebook, catalogue=catalogue, decided_on=earlier.date(file))


def outcome_facts(scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> Facts | None:
    """The outcome as facts for advice rules; None without a recommendation. Raises what ``decide`` raises.

    Every answer that changes what the gates eliminate must be known.
    """
    assessment = Assessment(scenario, rulebook, matcher)
    asked = assessment.judgement.verdict.asked
    return advice_facts(assessment, asked) if assessment.status is Status.RECOMMENDED else None
