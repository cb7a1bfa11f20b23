"""Bills and logs that were read to other numbers than they hold, or refused though they are right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import Unit
from advisor.monitor.monthly_usage import Assumed, months_of
from advisor.usage.model import Basis, Reading, ReadOptions
from advisor.usage.read import kept_as, read_alike, read_usage

TODAY = date(2026, 11, 5)
MAPPING = "meter: fal\ncolumns: {at: stamp, images: images, cost: cost}\n"
FOCUS = (
    "ChargeCategory,ChargeClass,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,EffectiveCost,"
    "BillingCurrency,PricingQuantity,PricingUnit,ProviderName,ServiceName"
)
OCTOBER_1 = 1_790_812_800


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    return written(tmp_path / "columns.mapping.yaml", MAPPING)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def read(*files: Path, **options: Any) -> Reading:
    return read_usage([str(file) for file in files], ReadOptions(today=TODAY, **options))


def of_days(reading: Reading, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(day, field) for field in fields) for day in reading.days]


def table(tmp_path: Path, *rows: str, header: str = "stamp,images,cost") -> Path:
    return written(tmp_path / "usage.csv", "\n".join([header, *rows]) + "\n")


def charge(day: int, quantity: str, unit: str, cost: str, charge_class: str = "", ends: str | None = None) -> str:
    start = f"2026-10-{day:02}T00:00:00Z"
    end = ends or f"2026-10-{day + 1:02}T00:00:00Z"
    cells = ("Usage", charge_class, start, end, quantity, unit, cost, "USD", quantity, unit, "fal", "Image API")
    return ",".join(cells)


def focus(tmp_path: Path, *rows: str) -> Path:
    return table(tmp_path, *rows, header=FOCUS)


@pytest.mark.parametrize("unit", ["Images", ""])
@pytest.mark.parametrize("cost", ["-900", "25"])
def test_a_correction_of_a_bill_mends_the_price_and_not_the_volume(tmp_path: Path, unit: str, cost: str) -> None:
    usual = [charge(day, "3000", "Images", "90") for day in range(1, 31)]
    file = focus(tmp_path, *usual, charge(20, "", unit, cost, "Correction"))
    ((month,), notes) = months_of(read(file).days, Assumed(TODAY, covers=(date(2026, 10, 1), date(2026, 10, 31))))
    assert month.images is not None
    assert month.images.expected == 90_000
    assert month.cost == 2_700 + int(cost)
    assert not notes


def test_a_correction_of_a_bill_without_images_mends_the_cost_that_is_divided(tmp_path: Path) -> None:
    file = focus(tmp_path, charge(1, "70", "Tokens", "90"), charge(3, "", "", "-30", "Correction"))
    assert of_days(read(file), "basis", "cost") == [(Basis.DERIVED, 90), (Basis.DERIVED, -30)]


def test_a_charge_by_the_image_without_a_quantity_is_no_correction(tmp_path: Path) -> None:
    file = focus(tmp_path, charge(1, "", "Images", "90"))
    assert of_days(read(file), "basis", "cost") == [(Basis.DERIVED, 90)]


def test_corrections_of_a_plain_table_are_read(tmp_path: Path, mapping: Path) -> None:
    rows = ("2026-10-01T00:00:00Z,100,3", "2026-10-05T00:00:00Z,,-1.50", "2026-10-06T00:00:00Z,-50,-1.50")
    reading = read(table(tmp_path, *rows), mapping=mapping)
    assert of_days(reading, "basis", "images", "cost") == [
        (Basis.COUNTED, 100, 3),
        (Basis.COUNTED, None, Decimal("-1.5")),
        (Basis.COUNTED, -50, Decimal("-1.5")),
    ]


@pytest.mark.parametrize(("cells", "what"), [(",1.50", "missing number of images"), ("-50,1.50", "is negative")])
def test_what_costs_something_is_no_correction(tmp_path: Path, mapping: Path, cells: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        read(table(tmp_path, f"2026-10-05T00:00:00Z,{cells}"), mapping=mapping)


@pytest.mark.parametrize("kind", [pa.float64(), pa.decimal128(9, 2), pa.int64(), pa.uint64(), pa.uint8()])
def test_numbers_of_parquet_are_chosen_as_numbers(tmp_path: Path, kind: pa.DataType) -> None:
    mapping = written(tmp_path / "m.yaml", MAPPING + "where: {status: [200, 201.0]}\n")
    file = tmp_path / "status.parquet"
    columns = {"stamp": [datetime(2026, 10, 1)] * 4, "images": [1, 2, 4, 8], "cost": [1.0] * 4}
    status = [100, 200, 201, None] if kind != pa.uint8() else [100, 200, 201, 202]
    pq.write_table(pa.table({**columns, "status": pa.array([s and Decimal(s) for s in status]).cast(kind)}), file)
    assert [day.images for day in read(file, mapping=mapping).days] == [6]


def test_a_column_of_truths_is_chosen_by_its_words(tmp_path: Path) -> None:
    mapping = written(tmp_path / "m.yaml", MAPPING + "where: {ok: [true]}\n")
    file = tmp_path / "ok.parquet"
    at = [datetime(2026, 10, 1)] * 2
    pq.write_table(pa.table({"stamp": at, "images": [1, 2], "cost": [1, 2], "ok": [True, False]}), file)
    assert [day.images for day in read(file, mapping=mapping).days] == [1]


@pytest.mark.parametrize(
    ("unsigned", "kind"),
    [
        *((name, kind) for name in ("images", "cost", "requests") for kind in (pa.uint8(), pa.uint32(), pa.uint64())),
        ("stamp", pa.uint32()),
        ("stamp", pa.uint64()),
    ],
)
def test_numbers_without_a_sign_are_numbers(tmp_path: Path, unsigned: str, kind: pa.DataType) -> None:
    text = "meter: fal\ntime: unix_s\ncolumns: {at: stamp, images: images, cost: cost, requests: requests}\n"
    mapping = written(tmp_path / "m.yaml", text)
    columns: dict[str, list[Any]] = {"stamp": [OCTOBER_1] * 2, "images": [3, 4], "cost": [1, 2], "requests": [1, 1]}
    typed = {name: pa.array(values, kind if name == unsigned else pa.int64()) for name, values in columns.items()}
    pq.write_table(pa.table(typed), tmp_path / "u.parquet")
    reading = read(tmp_path / "u.parquet", mapping=mapping)
    assert of_days(reading, "day", "images", "cost", "requests") == [(date(2026, 10, 1), 7, 3, 2)]


def test_a_number_without_a_sign_that_is_too_large_is_a_row_at_fault(tmp_path: Path, mapping: Path) -> None:
    columns = {"stamp": [datetime(2026, 10, 1)], "images": pa.array([2**64 - 1], pa.uint64()), "cost": [1]}
    pq.write_table(pa.table(columns), tmp_path / "u.parquet")
    with pytest.raises(BadInput, match="more than 100,000,000 cannot be in one row"):
        read(tmp_path / "u.parquet", mapping=mapping)


LINE = '1.2.3.4 - - [01/Oct/2026:00:00:0{} +0000] "POST /v1/images/generations HTTP/1.1" 200 312 "-" "x"\n'


def test_a_file_in_which_nothing_counts_is_named(tmp_path: Path) -> None:
    log = written(tmp_path / "access.log", LINE.format(1) + LINE.format(2))
    notes = read(log, request_paths=("/v1/image/*",)).notes
    requests = "requests with method POST on /v1/image/* that were answered with 2xx"
    assert notes[-1] == f"{log}: none of the rows counts (2); {requests} would"
    bill = focus(tmp_path, charge(1, "3000", "Images", "90"))
    notes = read(bill, only=(("ServiceName", "imgae"),)).notes
    assert (
        notes[-1]
        == f"{bill}: none of the rows counts (1); charges of category Usage that fit --only ServiceName=imgae would"
    )
    mapping = written(tmp_path / "m.yaml", MAPPING + "where: {status: [200]}\n")
    usage = table(tmp_path, "2026-10-05,1,1,200.0", header="stamp,images,cost,status")
    assert read(usage, mapping=mapping).notes[-1] == (
        f"{usage}: none of the rows counts (1); those of `where: {{status: [200]}}` would"
    )
    table(tmp_path, header="stamp,images,cost,status")
    assert not any("none of the rows" in note for note in read(usage, mapping=mapping).notes)


def usage_page(day: int, *results: dict[str, Any], hours: Sequence[int] = (), width: int = 86_400) -> dict[str, Any]:
    """One bucket for a whole day, or one for each of the hours."""
    kind = {"object": "organization.usage.images.result"}
    given = [{**kind, "num_model_requests": 1, "api_key_id": None, "model": None, **result} for result in results]
    starts = [OCTOBER_1 + (day - 1) * 86_400 + hour * 3_600 for hour in hours or (0,)]
    buckets = [{"object": "bucket", "start_time": at, "end_time": at + width, "results": given} for at in starts]
    return {"object": "page", "data": buckets, "has_more": False, "next_page": None}


def saved(path: Path, *pages: dict[str, Any]) -> Path:
    return written(path, "\n".join(map(json.dumps, pages)))


def test_a_day_is_in_the_groups_of_its_own_results_and_not_of_its_page(tmp_path: Path) -> None:
    early = saved(tmp_path / "a.json", usage_page(15, {"images": 5}), usage_page(16, {"images": 5}))
    late_page = usage_page(16, {"images": 5})
    late_page["data"] += usage_page(31, {"images": 7, "api_key_id": "k"})["data"]
    late = saved(tmp_path / "b.json", late_page)
    assert [day.images for day in read(early, late).days] == [5, 5, 7]
    grown = saved(tmp_path / "c.json", usage_page(16, {"images": 5}, {"images": 7, "api_key_id": "k"}))
    assert [day.images for day in read(early, grown).days] == [5, 12]
    by_key = saved(tmp_path / "d.json", usage_page(16, {"images": 1}, {"images": 4, "api_key_id": "k"}))
    with pytest.raises(BadInput, match=r"day 2026-10-16: grouped by api_key_id here, as a whole in .*a\.json"):
        read(early, by_key)


@pytest.mark.parametrize("order", [1, -1])
def test_a_day_by_the_day_and_by_the_hour_would_count_twice(tmp_path: Path, order: int) -> None:
    daily = saved(tmp_path / "daily.json", usage_page(1, {"images": 24}), usage_page(2, {"images": 24}))
    hourly = saved(tmp_path / "hourly.json", usage_page(2, {"images": 1}, hours=range(24), width=3_600))
    with pytest.raises(BadInput, match=r"day 2026-10-02: in a bucket of 1 (day|hour) here, in a bucket of 1 "):
        read(*[daily, hourly][::order])
    assert [day.images for day in read(hourly).days] == [24]


@pytest.mark.parametrize("order", [1, -1])
def test_a_day_of_fal_by_the_day_and_by_the_hour_would_count_twice(tmp_path: Path, order: int) -> None:
    result = {"endpoint_id": "e", "unit": "image", "quantity": 2, "unit_price": 1, "cost_total": 2, "currency": "USD"}

    def page(name: str, *starts: str) -> Path:
        return saved(tmp_path / name, {"time_series": [{"bucket": start, "results": [result]} for start in starts]})

    daily = page("daily.json", "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z")
    hourly = page("hourly.json", *(f"2026-10-02T{hour:02}:00:00Z" for hour in range(24)))
    with pytest.raises(BadInput, match="its images would count twice"):
        read(*[daily, hourly][::order])
    assert [day.images for day in read(hourly).days] == [48]
    assert [day.images for day in read(daily, page("again.json", "2026-10-02T00:00:00Z")).days] == [2, 2]


@pytest.mark.parametrize(
    ("time", "stamp"), [("'%d.%m.%Y'", "01.10.2026"), ("iso", "2026-10-01"), ("'%d.%m.%Y'", "1.10.2026")]
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "'+13:00'"])
def test_a_date_without_a_clock_is_that_day_in_every_zone(tmp_path: Path, time: str, stamp: str, zone: str) -> None:
    mapping = written(tmp_path / "m.yaml", MAPPING + f"time: {time}\ntimezone: {zone}\n")
    (day,) = read(table(tmp_path, f"{stamp},1,1"), mapping=mapping).days
    assert (day.day, day.first) == (date(2026, 10, 1), datetime(2026, 10, 1))


def test_a_column_of_dates_is_that_day_in_every_zone_and_a_clock_is_still_converted(tmp_path: Path) -> None:
    mapping = written(tmp_path / "m.yaml", MAPPING + "timezone: Europe/Berlin\n")
    dates = pa.table({"stamp": pa.array([date(2026, 10, 1)], pa.date32()), "images": [1], "cost": [1]})
    pq.write_table(dates, tmp_path / "dates.parquet")
    assert [day.day for day in read(tmp_path / "dates.parquet", mapping=mapping).days] == [date(2026, 10, 1)]
    (day,) = read(table(tmp_path, "2026-10-01T00:00:00,1,1"), mapping=mapping).days
    assert day.first == datetime(2026, 9, 30, 22)
    mapping = written(tmp_path / "m.yaml", MAPPING + "timezone: Europe/Berlin\ntime: '%d.%m.%Y %H:%M'\n")
    (day,) = read(table(tmp_path, "01.10.2026 00:00,1,1"), mapping=mapping).days
    assert day.first == datetime(2026, 9, 30, 22)


OTHER_MAPPINGS = [
    MAPPING.replace("fal", "openai"),
    MAPPING + "where: {status: [200]}\n",
    MAPPING + "cost_unit: cents\n",
    MAPPING + "timezone: Europe/Berlin\n",
    MAPPING + "currency: EUR\n",
    MAPPING.replace("cost: cost", "cost: net"),
]


@pytest.mark.parametrize("other", OTHER_MAPPINGS)
def test_days_read_with_another_mapping_are_kept_apart(tmp_path: Path, other: str, mapping: Path) -> None:
    before, after = (
        ReadOptions(TODAY, mapping=path) for path in (mapping, written(tmp_path / "other.mapping.yaml", other))
    )
    days = read(table(tmp_path, "2026-10-01,1,1"), mapping=mapping).days
    kept = kept_as(days, before)
    assert read_alike(kept, before) == (list(days), ())
    alike, (note,) = read_alike(kept, after)
    assert alike == []
    assert note == f"1 days kept from {kept[0].source} are left out, as they were read with another mapping"
    both = [*kept, *kept_as(days, after)]
    assert read_alike(both, after)[0] == list(days)
    assert read_alike(kept, ReadOptions(TODAY)) == (list(days), ())
    assert read_alike(both, ReadOptions(TODAY))[0] == []


def test_a_mapping_that_says_the_same_is_the_same(tmp_path: Path, mapping: Path) -> None:
    same = "columns: {cost: cost, at: stamp, images: images, model: m}\nmeter: fal\ncurrency: usd\ntimezone: UTC\n"
    one, other = (ReadOptions(TODAY, mapping=path).plain for path in (mapping, written(tmp_path / "s.yaml", same)))
    assert one is not None
    assert other is not None
    assert one.digest == other.digest


def test_lines_that_two_logs_share_may_be_of_two_servers(tmp_path: Path) -> None:
    lines = LINE.format(1) + LINE.format(2)
    logs = [written(tmp_path / name, lines) for name in ("a.log", "b.log")]
    reading = read(*logs)
    assert [day.requests for day in reading.days] == [2]
    (note,) = (note for note in reading.notes if "more than once" in note)
    assert note.startswith("nginx: 2 rows occur more than once and are counted once: lines have no id")
    assert note.endswith("end every line with the name of its server")
    for log in logs:
        log.write_text(lines.replace("\n", f" {log.stem}\n"))
    assert [day.requests for day in read(*logs).days] == [4]


def predictions(path: Path, *said: dict[str, Any]) -> Path:
    usual = {"status": "succeeded", "created_at": "2026-10-01T10:00:00Z", "input": {}, "model": "m", "version": "v"}
    return saved(path, {"next": None, "previous": None, "results": [{**usual, **one} for one in said]})


def test_predictions_that_made_no_images_do_not_count(tmp_path: Path) -> None:
    address = "https://replicate.delivery/a/out"
    outputs = [
        f"{address}.webp",
        [f"{address}-0.png", f"{address}-1.PNG?x=1.mp4"],
        {"image": f"{address}.png", "seed": 7},
        "data:image/png;base64,AAAA",
        None,
        f"{address}.wav",
        [f"{address}.mp4?x=1.png"],
        {"text": "hello"},
        ["he", "llo"],
        {"detections": [1, 2]},
    ]
    file = predictions(tmp_path / "p.json", *({"id": str(at), "output": out} for at, out in enumerate(outputs)))
    reading = read(file)
    assert of_days(reading, "basis", "images", "requests") == [
        (Basis.COUNTED, 4, 3),
        (Basis.REQUESTS, None, 2),
    ]
    assert "predictions that made something else than images are left out: 5" in reading.notes


def test_seconds_of_video_are_counted_where_they_are_stated(tmp_path: Path) -> None:
    made = {"output": "https://replicate.delivery/x.mp4", "metrics": {"video_output_duration_seconds": 5.5}}
    file = predictions(tmp_path / "p.json", {"id": "a", **made}, {"id": "b", **made}, {"id": "c", "output": ["x"]})
    reading = read(file, unit=Unit.VIDEO_SECOND)
    assert of_days(reading, "basis", "images") == [(Basis.COUNTED, 11)]
    assert any("do not say how many seconds of video they made" in note for note in reading.notes)
    usual = {"endpoint_id": "e", "currency": "USD"}
    results = [
        {**usual, "unit": "seconds", "quantity": 500, "cost_total": 50},
        {**usual, "unit": "images", "quantity": 300, "cost_total": 7},
    ]
    file = saved(tmp_path / "f.json", {"time_series": [{"bucket": "2026-10-01T00:00:00Z", "results": results}]})
    reading = read(file, unit=Unit.VIDEO_SECOND)
    assert of_days(reading, "basis", "images", "cost") == [(Basis.COUNTED, 500, 50)]
    assert "rows billed by `images` make no video and are left out: 1" in reading.notes
    reading = read(file)
    assert of_days(reading, "basis", "images") == [(Basis.COUNTED, 300)]
    assert "rows billed by `seconds` make no images and are left out: 1" in reading.notes


def test_events_and_bills_by_the_second_count_seconds(tmp_path: Path) -> None:
    event = {"endpoint_id": "e", "timestamp": "2026-10-01T10:00:00Z", "cost_total": 1}
    units = [("1", "seconds", 5), ("2", "images", 3)]
    events = [{**event, "request_id": key, "unit": unit, "output_units": many} for key, unit, many in units]
    file = saved(tmp_path / "e.json", {"billing_events": events})
    assert [day.images for day in read(file, unit=Unit.VIDEO_SECOND).days] == [5]
    bill = focus(tmp_path, charge(1, "40", "Seconds", "4"), charge(1, "3000", "Images", "90"))
    reading = read(bill, unit=Unit.VIDEO_SECOND)
    assert of_days(reading, "basis", "images", "cost") == [(Basis.COUNTED, 40, 4)]
    assert "focus: rows by the image make no video and are left out" in reading.notes


@pytest.mark.parametrize("mapped", ["each_row: request\ncolumns: {at: stamp}\n", "columns: {at: stamp, requests: n}\n"])
def test_what_states_no_seconds_is_refused_where_seconds_count(tmp_path: Path, mapping: Path, mapped: str) -> None:
    log = written(tmp_path / "access.log", LINE.format(1))
    page = saved(tmp_path / "openai.json", usage_page(1, {"images": 5}))
    usage = table(tmp_path, "2026-10-01,3,1", header="stamp,n,m")
    requests = written(tmp_path / "m.yaml", f"meter: fal\n{mapped}")
    for file, name, options in (
        (log, "nginx", {}),
        (page, "openai-usage", {}),
        (usage, "plain", {"mapping": requests}),
    ):
        with pytest.raises(BadInput) as refused:
            read(file, unit=Unit.VIDEO_SECOND, **options)
        (problem,) = refused.value.problems
        assert problem.what == f"the decision counts seconds of video, which `{name}` does not state"
        assert problem.help == (
            "read fal-usage, fal-billing-events, replicate-predictions, focus, "
            "or a table with a mapping in which `images` is the column of seconds"
        )
    seconds = table(tmp_path, "2026-10-01,3,1")
    assert [day.images for day in read(seconds, mapping=mapping, unit=Unit.VIDEO_SECOND).days] == [3]


def test_one_long_charge_is_told_as_one(tmp_path: Path) -> None:
    long = charge(1, "10", "Images", "100", ends="2027-10-01T00:00:00Z")
    notes = read(focus(tmp_path, long)).notes
    assert any(note.endswith("1 charge is for more than 31 days and counts on the day it starts") for note in notes)
    notes = read(focus(tmp_path, long, long)).notes
    assert any(note.endswith("2 charges are for more than 31 days and count on the day they start") for note in notes)


def test_a_day_cut_off_at_the_moment_it_was_asked_for_is_read_again(tmp_path: Path) -> None:
    files = [tmp_path / "early.json", tmp_path / "late.json"]
    for file, hours, images in zip(files, (13.5, 24), (400, 900), strict=True):
        result = {"object": "organization.usage.images.result", "images": images, "num_model_requests": images}
        end = 1_780_272_000 + int(hours * 3600)
        bucket = {"object": "bucket", "start_time": 1_780_272_000, "end_time": end, "results": [result]}
        file.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False, "next_page": None}))
    for order in (files, files[::-1]):
        (day,) = read(*order).days
        assert (day.images, day.last) == (Decimal(900), datetime(2026, 6, 2))
