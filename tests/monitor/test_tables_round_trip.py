"""Generated months of usage, written in every format and read back, come to what plain Python counts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.strategies import examples
from tests.monitor import usage_files as files
from tests.monitor.usage_files import MAPPING, OFFSETS, USED, ZONES, Used, counted, days, read, sums_of

pytestmark = pytest.mark.filterwarnings("ignore")
_FEW = examples(10)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def _mapping(folder: Path, text: str = MAPPING) -> Path:
    path = folder / "columns.mapping.yaml"
    path.write_text(text)
    return path


@_FEW
@given(records=USED, minutes=OFFSETS, kind=st.sampled_from(["csv", "csv.gz", "jsonl", "parquet"]))
def test_plain_tables(records: list[Used], minutes: int, kind: str) -> None:
    with _folder() as name:
        folder = Path(name)
        path, rows = folder / f"usage.{kind}", files.rows_of(records, minutes)
        if kind == "jsonl":
            rows = rows or [{"stamp": "2026-01-01", "status": 404, "images": 0, "cost": 0, "currency": "USD"}]
            files.write_jsonl(path, rows)
        elif kind == "parquet":
            files.write_parquet(path, rows, files.PLAIN)
        else:
            files.write_csv(path, rows, files.PLAIN)
        assert read(path, mapping=_mapping(folder)) == counted(records)


@_FEW
@given(records=USED, minutes=OFFSETS, kind=st.sampled_from(["csv", "parquet"]))
def test_focus(records: list[Used], minutes: int, kind: str) -> None:
    with _folder() as name:
        path, rows = Path(name) / f"bill.{kind}", files.focus_rows(records, minutes)
        (files.write_csv if kind == "csv" else files.write_parquet)(path, rows, files.FOCUS)
        assert read(path) == counted(records)


@_FEW
@given(
    records=USED.filter(bool),
    minutes=OFFSETS,
    kind=st.sampled_from(["nginx", "nginx json", "envoy", "envoy json"]),
)
def test_logs(records: list[Used], minutes: int, kind: str) -> None:
    with _folder() as name:
        path = Path(name) / "access.log"
        made = {
            "nginx": lambda used: files.nginx_line(used, minutes),
            "nginx json": lambda used: json.dumps(files.nginx_json(used, minutes)),
            "envoy": lambda used: files.envoy_line(used, minutes),
            "envoy json": lambda used: json.dumps(files.envoy_json(used, minutes)),
        }[kind]
        files.lines(path, map(made, records))
        assert read(path, format=kind.partition(" ")[0]) == counted(records, images=False, requests=True, cost=False)


@_FEW
@given(records=USED.filter(bool), minutes=OFFSETS, kind=st.sampled_from(["csv", "jsonl", "json", "parquet"]))
def test_litellm_logs(records: list[Used], minutes: int, kind: str) -> None:
    rounded = [Used(u.at, u.ok, u.images, Decimal(str(float(u.cost))), u.key) for u in records]
    rows = [files.litellm_row(used, minutes) for used in records]
    with _folder() as name:
        path = Path(name) / f"logs.{kind}"
        if kind == "json":
            path.write_text(json.dumps(rows, indent=1))
        elif kind == "jsonl":
            files.write_jsonl(path, [*rows, rows[0]])
        elif kind == "csv":
            files.write_csv(path, [*rows, rows[-1]], list(rows[0]))
        else:
            files.write_parquet(path, rows, list(rows[0]))
        found = days(path, path.parent / "*.json*" if kind.startswith("json") else path)
        priced = [used for used in rounded if used.cost]
        assert sums_of([day for day in found if day.cost is not None]) == counted(priced, images=False, requests=True)
        unpriced = counted([used for used in rounded if not used.cost], images=False, requests=True, cost=False)
        assert sums_of([day for day in found if day.cost is None]) == unpriced


@_FEW
@given(
    records=USED, zone=st.sampled_from(ZONES), form=st.sampled_from(["iso", "%d/%m/%Y %H:%M:%S", "%d %b %y %H:%M:%S"])
)
def test_clocks_of_other_zones(records: list[Used], zone: str, form: str) -> None:
    told = [(used, clock) for used in records if (clock := files.clock_of(used.at, zone))]
    rows = files.rows_of([used for used, _ in told])
    for row, (_, clock) in zip(rows, told, strict=True):
        row["stamp"] = clock.isoformat() if form == "iso" else clock.strftime(form)
    with _folder() as name:
        folder = Path(name)
        files.write_csv(folder / "usage.csv", rows, files.PLAIN)
        mapping = _mapping(folder, f"{MAPPING}timezone: {zone}\ntime: '{form}'\n")
        days = files.days(folder / "usage.csv", mapping=mapping)
    used_by_day = {day.day: [used.at for used, _ in told if used.ok and used.at.date() == day.day] for day in days}
    assert {day.day: (day.first, day.last) for day in days} == {
        day: (min(moments), max(moments)) for day, moments in used_by_day.items()
    }
    assert files.sums_of(days) == counted(used for used, _ in told)


def _parts(records: Sequence[Used], cuts: list[tuple[int, int]]) -> list[list[Used]]:
    """Slices that overlap, every record in at least one of them."""
    slices = [list(records[min(cut) : max(cut) + 1]) for cut in cuts]
    return [list(records[: len(records) // 2 + 1]), list(records[len(records) // 2 :]), *slices]


@_FEW
@given(
    records=USED,
    cuts=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=2),
    twice=st.integers(0, 3),
    with_ids=st.booleans(),
)
def test_overlapping_files(records: list[Used], cuts: list[tuple[int, int]], twice: int, with_ids: bool) -> None:
    """A row in several files is one; one that stands twice in a file is two, unless it has an id."""
    records = [Used(u.at, u.ok, u.images, u.cost, "same" if not with_ids else u.key) for u in records]
    records += [] if with_ids else records[:twice]
    with _folder() as name:
        folder = Path(name)
        mapping = _mapping(folder, MAPPING.replace("cost: cost,", "cost: cost, id: path,") if with_ids else MAPPING)
        paths = [folder / f"{number}.csv" for number in range(len(cuts) + 2)]
        parts = _parts(records, cuts)
        for path, part in zip(paths, parts, strict=True):
            files.write_csv(path, files.rows_of([*part, *(part if with_ids else [])]), files.PLAIN)
        most = {used: max(part.count(used) for part in parts) for used in records}
        assert read(*paths, mapping=mapping) == counted(used for used, times in most.items() for _ in range(times))
