"""Records of earlier schema versions: completed with the rules they were made with, or kept in their version."""

from __future__ import annotations

from advisor.decision.decide import decide_again
from advisor.domain.record import SCHEMA_VERSION, Decision
from advisor.rulebook.model import Rulebook


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
