"""LiteLLM's table of spend logs, exported as CSV, Parquet, JSON Lines or one JSON array."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from advisor.errors import BadInput, Problem
from advisor.monitor.cells import Cells
from advisor.monitor.layout import Source
from advisor.monitor.options import ReadOptions
from advisor.monitor.shape import Fault, Shaped, all_of, cost_faults, currency_faults, stamp_faults
from advisor.monitor.spreadsheet_dates import Columns
from advisor.monitor.usage import GATEWAY, Basis

CALL_TYPES = tuple(f"{a}image_{what}" for what in ("generation", "edit", "variation") for a in ("", "a"))
START = "startTime"
_TELLING = ("request_id", "call_type", "spend")


@dataclass(frozen=True)
class LiteLlmLogs:
    """Requests for images that succeeded and were not answered from the cache, with what LiteLLM thinks they cost.

    Where it knows no price it writes nothing or zero: then no cost is known.
    """

    name: str = "litellm-logs"
    periods: Columns = ((START, "endTime"), ("completionStartTime", None))
    optional: tuple[str, ...] = ("status", "cache_hit")
    """Columns that decide whether a row counts and may first stand far into the file."""

    def fits(self, source: Source) -> bool:
        """Whether these are columns of the table."""
        return set(_TELLING) <= set(source.columns)

    def notes(self, options: ReadOptions) -> tuple[str, ...]:
        """What people should know of the numbers."""
        doubt = "the cost is LiteLLM's own estimate, which is known to be wrong for some image models"
        return (f"{self.name}: {doubt}; a provider's invoice is better",)

    def counts(self, options: ReadOptions) -> str:
        """Which rows count."""
        return "requests for images that succeeded and were not answered from the cache"

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """Raises BadInput for a file in which no row says when it was."""
        if not cells.has(START):
            what = f"the rows have no `{START}`, so nobody can say when they were"
            raise BadInput(Problem(what, cells.source.file, help=f"export the table with its column `{START}`"))
        status = ibis.coalesce(cells.text("status"), "success").lower()
        cached = ibis.coalesce(cells.text("cache_hit"), "false").lower()
        counted = all_of([cells.text("call_type").isin(CALL_TYPES), status == "success", ~cached.isin(("true", "t"))])
        spend = cells.number("spend")
        at, cost, identity = cells.stamp(START), spend.nullif(0), cells.text("request_id")
        usd = ibis.ifelse(cost.notnull(), "USD", ibis.null("string"))
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.REQUESTS,
            requests=1,
            cost=cost,
            currency=usd,
            identity=identity,
            unique=True,
            faults=(
                *stamp_faults(at, START, cells.text(START), options),
                *cost_faults(spend, "spend", cells.text("spend"), counted),
                *currency_faults(usd, "spend", counted & cost.notnull(), options),
                Fault("the id is empty", "request_id", identity, counted & identity.isnull()),
            ),
        )


LITELLM_LOGS = LiteLlmLogs()
