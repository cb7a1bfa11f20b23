"""Scenario + rulebook -> Decision: the engine decides, the explanations complete the record; earlier records again."""

from __future__ import annotations

import datetime

from advisor.decision.advice import DEFAULT_PAYBACK_LIMIT as DEFAULT_PAYBACK_LIMIT
from advisor.decision.advice import advice_facts
from advisor.decision.assessment import Assessment
from advisor.decision.record_builder import record_of
from advisor.domain.record import SCHEMA_VERSION, Decision, Status
from advisor.domain.scenario import Scenario, validated
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.protocol import Facts, Matcher
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import Rulebook


def decide(
    scenario: Scenario,
    rulebook: Rulebook | None = None,
    *,
    decided_on: datetime.date | None = None,
    matcher: Matcher | None = None,
) -> Decision:
    """Decides one scenario, by default with the bundled rulebook and the rules engine.

    ``decided_on`` is part of the input (today by default), so the same input gives the same record.
    Raises EngineFailure, and BadInput for rules that leave several routes.
    """
    rulebook = rulebook or bundled_rulebook()
    matcher = matcher or engine_reading(rulebook)
    return record_of(Assessment(scenario, rulebook, matcher), decided_on or datetime.date.today())


def decide_again(earlier: Decision, rulebook: Rulebook | None = None, file: str = "the record") -> Decision:
    """The decision of a record's scenario under these rules, on its date.

    Raises BadInput and anything ``decide`` raises.
    """
    return decide(validated(earlier.scenario, file), rulebook, decided_on=earlier.date(file))


def outcome_facts(scenario: Scenario, rulebook: Rulebook, matcher: Matcher) -> Facts | None:
    """The outcome as facts for advice rules; None without a recommendation. Raises what ``decide`` raises.

    Every answer that changes what the gates eliminate must be known.
    """
    assessment = Assessment(scenario, rulebook, matcher)
    asked = assessment.judgement.verdict.asked
    return advice_facts(assessment, asked) if assessment.status is Status.RECOMMENDED else None


def completed(record: Decision, rulebook: Rulebook, file: str = "the record") -> Decision:
    """The record with the fields added since its version, if ``rulebook`` is the one it was made with.

    Otherwise, or if it does not match its scenario, it is returned unchanged: the fields it lacks are unknown. Raises
    BadInput and anything ``decide`` raises.
    """
    if record.is_complete or record.rulebook_digest != rulebook.digest:
        return record
    again = decide_again(record, rulebook, file)
    same = as_written(again, record.advisor_version, record.schema_version).to_json() == record.to_json()
    return as_written(again, record.advisor_version, SCHEMA_VERSION) if same else record


def as_written(decision: Decision, advisor_version: str, schema_version: int) -> Decision:
    """The decision with another version of the advisor and another schema version."""
    return decision.model_copy(update={"advisor_version": advisor_version, "schema_version": schema_version})
