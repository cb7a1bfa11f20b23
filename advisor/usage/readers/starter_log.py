"""The request log of the starter kit: a line of JSON a call, with the images that came and their list price."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from advisor.usage.dates import Columns
from advisor.usage.input_files import Source
from advisor.usage.model import GATEWAY, Basis, ReadOptions
from advisor.usage.normalise import (
    Cells,
    Fault,
    Shaped,
    all_of,
    currency_faults,
    image_faults,
    number_faults,
    scaled,
    stamp_faults,
)

AT, ID, IMAGES, COST = "at", "id", "images", "cost_usd"
_IDENTIFYING = (AT, ID, "route", "model", IMAGES, COST, "status", "latency_ms", "left_out")


@dataclass(frozen=True)
class StarterLog:
    """Calls that brought images. The cost is the list price at the time, absent or 0 where none was known."""

    name: str = "starter-log"
    periods: Columns = ()

    def fits(self, source: Source) -> bool:
        """Whether these are the keys of such a line."""
        return set(_IDENTIFYING) <= set(source.columns)

    def shaped(self, cells: Cells, options: ReadOptions) -> Shaped:
        """The columns of ``usage.Row``."""
        at, identity = cells.stamp(AT), cells.text(ID)
        images, stated = scaled(cells, IMAGES, 0), cells.number(COST)
        cost = stated.nullif(0)
        counted = all_of([images.isnull() | (images != 0)])
        usd = ibis.ifelse(cost.notnull(), "USD", ibis.null("string"))
        return Shaped(
            cells,
            counted,
            at,
            GATEWAY,
            Basis.COUNTED,
            images=images,
            requests=1,
            cost=cost,
            currency=usd,
            identity=identity,
            unique=True,
            faults=(
                *stamp_faults(at, cells.stated(AT), options),
                *image_faults(images, cells.stated(IMAGES), counted),
                *number_faults(stated, cells.stated(COST), counted, "cost"),
                *currency_faults(usd, COST, counted & cost.notnull(), options),
                Fault("the id is empty", cells.stated(ID), counted & identity.isnull()),
            ),
            counts="calls that brought images",
        )


STARTER_LOG = StarterLog()
