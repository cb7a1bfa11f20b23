"""The entries of the catalogue as pydantic models: strict, frozen, with faults that name file, line and field.

A figure without source, date and confidence does not load. What no source states is the word ``unknown``.
"""

from __future__ import annotations

import datetime
from typing import ClassVar, Literal, get_args

from pydantic import Field

from advisor.catalogue.fields import (
    Day,
    Days,
    Depth,
    FallPercent,
    GpuHourPrice,
    Price,
    Rate,
    Regions,
    RevenueCap,
    RisePercent,
    Size,
    Steps,
    Text,
    UnitWord,
    YesNo,
)
from advisor.rulebook.records import Form, IdForm


class ConflictForm(Form):
    """A figure of another source that disagrees: kept and shown, never used."""

    noun = "conflict"
    value: Text
    source: Text
    as_of: Day
    note: Text | None = None


class EntryForm(IdForm):
    """What every entry states: where its figures are from, of which day, and how sure they are.

    ``valid_from`` and ``valid_to`` bound a price, both days included; ``retires`` is the first day on which the thing
    itself is no longer offered.
    """

    noun: ClassVar[str] = "entry"
    source: Text
    as_of: Day
    confidence: Literal["high", "medium", "low", "reject"] = Field(description="high, medium, low or reject")
    valid_from: Day | None = None
    valid_to: Day | None = None
    retires: Day | None = None
    note: Text | None = None
    conflicts: tuple[ConflictForm, ...] = Field((), description="a list of figures of other sources")

    def holds_on(self, day: datetime.date) -> bool:
        """Whether the entry is valid and not retired on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        ended = self.valid_to is not None and self.valid_to < day
        return begun and not ended and (self.retires is None or day < self.retires)


class LicenceForm(Form):
    """The licence of a checkpoint. ``clauses`` holds, in our own words, what each term rests on.

    ``key`` is a license-expression key; ``commercial_use: paid`` is a use that needs ``paid_licence`` besides.
    ``terms`` are further conditions that every user has to verify, one clause each; ``self_host_terms`` those of a user
    who runs the checkpoint.
    """

    noun = "licence"
    name: Text
    key: Text | None = Field(description="a license-expression key, or null")
    commercial_use: Literal["yes", "no", "paid", "unknown"] = Field(description="yes, no, paid or unknown")
    revenue_cap_usd: RevenueCap
    training_on_outputs: YesNo
    excluded_regions: Regions
    clauses: dict[Literal["commercial_use", "revenue_cap_usd", "training_on_outputs", "excluded_regions"], Text] = (
        Field(description="`term: the clause it rests on` a line")
    )
    paid_licence: Text | None = None
    terms: tuple[Text, ...] = Field(description="a list of clauses, or [] for none")
    self_host_terms: tuple[Text, ...] = Field((), description="a list of clauses")


class ModelForm(EntryForm):
    """models.yaml: an open checkpoint; its id is a value of the scenario field ``model``.

    Offers are compared at its ``steps`` and ``size``.
    """

    noun = "model"
    label: Text
    modality: Literal["image", "video"] = Field(description="image or video")
    names: tuple[Text, ...] = Field(description="the names by which other sources know it")
    steps: Steps
    size: Size = "1024x1024"
    few_step: bool = Field(strict=True, description="true or false")
    few_step_of: Text | None = None
    licence: LicenceForm = Field(description="the licence's terms")


class ProviderForm(EntryForm):
    """providers.yaml: a provider of hosted inference; its offers have its traits unless they state their own.

    ``regions`` lists the regions to which calls are known to be pinned, which may not be all; ``control`` is how deep
    the caller reaches.
    """

    noun = "provider"
    label: Text
    regions: Regions
    control: Depth
    shared_queue: YesNo
    output_indemnity: YesNo
    training_on_outputs: YesNo
    commercial_use: YesNo
    retention: Text


class ApiOfferForm(EntryForm):
    """A model of a provider, for a price; the traits are those in which the offer differs from its provider."""

    noun = "offer"
    provider: Text
    usd: Price
    unit: UnitWord
    size: Size
    regions: Regions | None = None
    control: Depth | None = None
    shared_queue: YesNo | None = None
    output_indemnity: YesNo | None = None
    training_on_outputs: YesNo | None = None
    commercial_use: YesNo | None = None
    retention: Text | None = None


class HostedForm(ApiOfferForm):
    """hosted.yaml: an open checkpoint, served by a provider at a price."""

    model: Text
    steps: Steps | None = None
    revenue_cap_usd: RevenueCap | None = None


class ClosedForm(ApiOfferForm):
    """closed.yaml: a proprietary model at a price; ``name`` is the provider's name of it."""

    label: Text
    name: Text
    quality: Text
    revenue_cap_usd: RevenueCap = "none"


class GpuForm(EntryForm):
    """gpus.yaml: a GPU of a cloud, by the hour, in the regions where it has this price.

    ``own-hardware`` (pricing ``owned``) is the one that stays on the premises, and can run every checkpoint.
    """

    noun = "GPU offer"
    label: Text
    cloud: Text
    gpu: Text
    regions: Regions
    pricing: Literal["on_demand", "spot", "community", "owned"] = Field(
        description="on_demand, spot, community or owned"
    )
    usd_per_gpu_hour: GpuHourPrice
    leaves_premises: YesNo


class ThroughputForm(EntryForm):
    """throughput.yaml: what one GPU makes in an hour of saturated, warm running."""

    noun = "throughput"
    model: Text
    gpu: Text
    steps: Steps
    size: Size
    precision: Text
    runtime: Text
    images_per_gpu_hour: Rate
    unit: UnitWord = "image"


MovementKind = Literal["hosted", "closed", "gpu-on-demand", "gpu-market", "throughput"]


class MovementForm(EntryForm):
    """movements.yaml: how far figures of a kind have moved within a time, and the age from which on one is old.

    The id is the kind: prices of ``hosted`` and ``closed`` models, of GPUs on demand, and at market prices (spot and
    community), and throughput.
    """

    noun = "movement"
    id: MovementKind = Field(description=", ".join(get_args(MovementKind)))
    old_after_days: Days
    rises_percent: RisePercent
    falls_percent: FallPercent
    in_days: Days
    reason: Text


LISTS: dict[str, type[EntryForm]] = {
    "models": ModelForm,
    "providers": ProviderForm,
    "hosted": HostedForm,
    "closed": ClosedForm,
    "gpus": GpuForm,
    "throughput": ThroughputForm,
    "movements": MovementForm,
}
"""Each list of the catalogue: the name of its file and of its key, here and in an overlay."""
