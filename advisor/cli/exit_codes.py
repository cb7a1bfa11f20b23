"""The exit codes of the outcomes of a decision."""

from __future__ import annotations

from advisor.common.diagnostics import EXIT_ANSWERS_MISSING, EXIT_INFEASIBLE, EXIT_OK
from advisor.domain.record_parts import Status

EXIT_CODES = {Status.RECOMMENDED: EXIT_OK, Status.OPEN: EXIT_ANSWERS_MISSING, Status.INFEASIBLE: EXIT_INFEASIBLE}
