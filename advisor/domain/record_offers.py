"""The parts of a decision record about a catalogue: its offers, where amounts are from, and how old they are."""

from __future__ import annotations

from advisor.domain.record_parts import Part
from advisor.domain.scenario import Route


class QuoteUsed(Part):
    """An amount that the decision rests on: an ``answer``, or the one of an offer of the ``catalogue``.

    ``value`` is decimal text in the unit of the field.
    """

    field: str
    value: str
    origin: str
    offer: str | None = None
    source: str | None = None
    as_of: str | None = None
    confidence: str | None = None


class AgeingFigure(Part):
    """An amount of an offer that is old on the day of the decision.

    ``could_reach`` is the value to which it may have moved since ``as_of``, as such figures have moved, if the advice
    turns at ``flips_at`` on the way, to ``route`` (null where several are possible then); all three are null if not.
    """

    field: str
    value: str
    offer: str
    as_of: str
    age_days: int
    could_reach: str | None
    flips_at: str | None
    route: Route | None


class ShortlistEntry(Part):
    """An offer of the catalogue on a route that no price was stated for, at the scenario's volume.

    ``price`` is dollars per image of a ``provider``, or per hour of a ``gpu``; ``low``, ``expected`` and ``high`` are
    dollars a month, and ``gpu_cost`` that of the expected month without the overhead. Null is not known. ``status`` is
    ``chosen``, ``survives`` or ``eliminated`` (by ``rules``); ``conditions`` are sentences to verify.
    """

    route: Route
    offer: str
    label: str
    model: str | None
    provider: str | None
    gpu: str | None
    price: str | None
    images_per_gpu_hour: str | None
    low: str | None
    expected: str | None
    high: str | None
    gpu_cost: str | None
    status: str
    rules: list[str]
    conditions: list[str]
    source: str
    as_of: str
    confidence: str


class ModelOutcome(Part):
    """Where the advice leads with one checkpoint, while none is named; ``label`` is what people call it.

    ``offers`` has for each priced route the cheapest surviving offer, ``suppliers`` its provider or GPU, and
    ``expected`` what it costs in the expected month, dollars; ``gpu_cost`` is that of own GPUs without the overhead.
    Null is not known.
    """

    model: str
    label: str
    routes: list[Route]
    none_possible: bool
    offers: dict[Route, str]
    suppliers: dict[Route, str]
    expected: dict[Route, str | None]
    gpu_cost: str | None


class FewStepTwin(Part):
    """The same decision with the few-step checkpoint in place of the one named, or the reverse.

    ``crossovers`` is N* for each hosted route and ``owning_from`` the least whole volume from there on, null where
    owning never wins.
    """

    model: str
    label: str
    few_step: bool
    crossovers: dict[Route, str | None]
    owning_from: dict[Route, str | None]
