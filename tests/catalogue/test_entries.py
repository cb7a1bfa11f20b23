"""The forms of catalogue entries: exact values, no entry without its source, faults that name line and field."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from advisor.catalogue.entries import LISTS, EntryForm, GpuForm, HostedForm
from advisor.common import yaml_loader
from advisor.common.diagnostics import BadInput

HOSTED = """\
id: flux-schnell-at-fal
model: flux-1-schnell
provider: fal
usd: 0.003146
unit: image
size: 1024x1024
source: a page
as_of: 2026-11-22
confidence: medium
"""


def parsed(text: str, list: str = "hosted") -> Any:
    return LISTS[list].parse(yaml_loader.load(text, "hosted.yaml"), "hosted.yaml")


def fault(text: str, list: str = "hosted") -> str:
    with pytest.raises(BadInput) as caught:
        parsed(text, list)
    return str(caught.value)


def test_figures_are_exact_and_absent_traits_are_the_providers() -> None:
    entry = parsed(HOSTED)
    assert isinstance(entry, HostedForm)
    assert (entry.usd, entry.as_of, entry.regions) == (Decimal("0.003146"), datetime.date(2026, 11, 22), None)
    assert entry.model_dump(mode="json")["usd"] == "0.003146"


def test_what_is_written_is_read_back_the_same() -> None:
    entry = parsed(HOSTED.replace("0.003146", "unknown") + "regions: [eu, us]\nretires: 2027-01-05\n")
    again = yaml_loader.Mapping(1)
    again.update(entry.model_dump(mode="json"))
    assert HostedForm.parse(again, "again.yaml").model_dump() == entry.model_dump()


@pytest.mark.parametrize("part", ["source", "as_of", "confidence"])
def test_a_figure_without_its_source_does_not_load(part: str) -> None:
    lines = [line for line in HOSTED.splitlines() if not line.startswith(f"{part}:")]
    assert f"offer `flux-schnell-at-fal` has no `{part}`" in fault("\n".join(lines))


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("usd: 0.003146", "usd: 0", "`0` is not more than zero"),
        ("usd: 0.003146", "usd: free", "`free` is not a plain number"),
        ("usd: 0.003146", "usd: -1", "`-1` is negative"),
        ("usd: 0.003146", "usd:", "has no `usd`"),
        ("2026-11-22", "2026-11-31", "`2026-11-31` is not a date"),
        ("2026-11-22", "2026", "`2026` is not a date"),
        ("medium", "certain", "`certain` is not an option of `confidence`"),
        ("1024x1024", "1 MP", "`1 MP` is not a size"),
        ("unit: image", "unit: picture", "`picture` is not an option of `unit`"),
        ("provider: fal", "provider: fal\nregions: EU", "`EU` is not the code of a region"),
        ("provider: fal", "provider: fal\nregion: [eu]", "did you mean `regions`?"),
        ("provider: fal", "provider: fal\nsteps: 0", "`0` is not a number of steps"),
        ("provider: fal", "provider: fal\nconflicts: [{value: x, source: y}]", "has no `as_of`"),
        ("provider: fal", "provider: fal\ncontrol: adaptors", "did you mean `adapters`?"),
    ],
)
def test_faults_name_the_value_and_the_line(written: str, instead: str, said: str) -> None:
    message = fault(HOSTED.replace(written, instead))
    assert said in message
    assert "hosted.yaml:" in message
    assert "help:" in message


def test_a_day_of_the_window_is_inside_and_the_day_of_retirement_is_not() -> None:
    entry: EntryForm = parsed(HOSTED + "valid_from: 2026-01-01\nvalid_to: 2026-12-31\nretires: 2026-07-01\n")
    days = ["2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01", "2027-01-01"]
    assert [entry.holds_on(datetime.date.fromisoformat(day)) for day in days] == [False, True, True, False, False]
    until: EntryForm = parsed(HOSTED + "valid_to: 2026-12-31\n")
    assert [until.holds_on(datetime.date(2026, 12, 31)), until.holds_on(datetime.date(2027, 1, 1))] == [True, False]


def test_unknown_is_a_word_and_never_a_number() -> None:
    own = "id: own\nlabel: own\ncloud: own\ngpu: any\nregions: unknown\npricing: owned\nusd_per_gpu_hour: unknown\n"
    entry = parsed(own + "leaves_premises: no\nsource: Table 38.3.1\nas_of: 2026-01-01\nconfidence: high\n", "gpus")
    assert isinstance(entry, GpuForm)
    assert (entry.usd_per_gpu_hour, entry.regions, entry.leaves_premises) == ("unknown", "unknown", "no")
