"""Records of earlier schema versions: completed under the rules they were made with, or written as they were."""

from __future__ import annotations

from advisor.decision.decide import decide_again
from advisor.domain.record import SCHEMA_VERSION, Decision
from advisor.rulebook.model import Rulebook


def completed(record: Decision, rulebook: Rulebook, file: str = "the record") -> Decision:
    """The record with the fields added since its version, where the rules at hand are those it was made with.

    Else, or where it is not what its scenario gives, it is returned as it is: what it lacks is not known. Raises
    BadInput and anything ``decide`` raises.
    """
    if record.is_complete or record.rulebook_digest != rulebook.digest:
        return record
    again = decide_again(record, rulebook, file)
    same = as_written(again, record.advisor_version, record.schema_version).to_json() == record.to_json()
    return as_written(again, record.advisor_version, SCHEMA_VERSION) if same else record


def as_written(decision: Decision, advisor_version: str, schema_version: int) -> Decision:
    """The decision as the advisor of another version would have signed it, in its schema version."""
    return decision.model_copy(update={"advisor_version": advisor_version, "schema_version": schema_version})
