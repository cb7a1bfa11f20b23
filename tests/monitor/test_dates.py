"""Dates that spreadsheets save, ends before starts, offsets of no place: read as meant, or refused with the place."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.common.diagnostics import BadInput
from advisor.usage.dates import DateOrder, Period, WrittenDate, iso_of, order_of, zone_of
from advisor.usage.model import Reading, ReadOptions
from advisor.usage.read import read_usage
from tests.helpers.strategies import examples, some_of

TODAY = date(2026, 11, 2)
DAY_FIRST, MONTH_FIRST = DateOrder
CHARGE = {
    "EffectiveCost": "4.00",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ProviderName": "Acme",
    "ConsumedUnit": "images",
    "ConsumedQuantity": "100",
}
MONTHS = [(date(2026, month, 1), date(2026, month + 1, 1)) for month in (8, 9, 10)]
MAPPING = "meter: m\ncolumns: {at: at, images: images}\n"
Texts = Sequence[tuple[str, str]]


def bill(path: Path, periods: Texts) -> Path:
    """A bill in FOCUS with a charge of 100 images for each of these starts and ends."""
    rows = [{**CHARGE, "ChargePeriodStart": start, "ChargePeriodEnd": end} for start, end in periods]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=";" if "semicolons" in path.name else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


def read(path: Path, today: date = TODAY, **options: Any) -> Reading:
    return read_usage([str(path)], ReadOptions(today=today, **options))


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(BadInput) as error:
        read(path, **options)
    return str(error.value)


BY_THE_MONTH = ["%d/%m/%Y", "%m/%d/%Y 00:00", "%d.%m.%Y 00:00", "%d-%m-%y", "%m/%d/%y", "%m/%d/%Y 12:00:00 AM"]
BY_THE_MONTH += ["%Y/%m/%d 0:00"]


@pytest.mark.fuzz
@pytest.mark.parametrize(("form", "name"), some_of(product(BY_THE_MONTH, ("semicolons.csv", "usage.parquet")), 3))
def test_a_bill_by_the_month_is_read_as_months(form: str, name: str, tmp_path: Path) -> None:
    texts = [(start.strftime(form), end.strftime(form)) for start, end in MONTHS]
    reading = read(bill(tmp_path / name, texts))
    assert [(day.first.date(), day.last.date(), day.images) for day in reading.days] == [
        (*m, Decimal(100)) for m in MONTHS
    ]
    said = [note for note in reading.notes if "dates such as" in note]
    assert len(said) == (0 if form.startswith("%Y") else 1)
    assert all(("read day first" in note) == form.startswith("%d") for note in said)


FORMS = st.sampled_from(
    ["{d:02}/{m:02}/{y}", "{d}/{m}/{y}", "{d}.{m}.{y}", "{d:02}.{m:02}.{s:02}", "{d:02}-{m:02}-{y}", "{d}/{m}/{s:02}"]
)
CLOCKS = st.sampled_from(["", " {h}:{n:02}", " {h:02}:{n:02}:00", " {t}:{n:02} {a}M", ", {t}:{n:02}:00\u202f{a}M", "Z"])


def written(moment: datetime, form: str, clock: str, order: DateOrder) -> str:
    """A moment as a spreadsheet writes it."""
    day, month = (moment.day, moment.month) if order is DAY_FIRST else (moment.month, moment.day)
    text = form.format(d=day, m=month, y=moment.year, s=moment.year % 100)
    clock = " {h:02}:{n:02}:{c:02} UTC" if clock == "Z" else clock
    half, twelve = ("P" if moment.hour >= 12 else "A"), (moment.hour - 1) % 12 + 1
    return text + clock.format(h=moment.hour, n=moment.minute, c=moment.second, t=twelve, a=half)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2099, 1, 1)), FORMS, CLOCKS, st.sampled_from(DateOrder))
def test_what_a_spreadsheet_writes_is_read_back(moment: datetime, form: str, clock: str, order: DateOrder) -> None:
    moment = moment.replace(second=0, microsecond=0)
    iso = iso_of(written(moment, form, clock, order), order)
    if not clock:
        assert iso == moment.date().isoformat()
    else:
        assert datetime.fromisoformat(iso).replace(tzinfo=None) == moment
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    if 40_000 <= days < 100_000:
        assert datetime.fromisoformat(iso_of(f"{days:.9f}", order)) == moment


@given(st.text() | st.dates().map(str) | st.datetimes().map(str))
def test_other_texts_stay_as_they_are(text: str) -> None:
    iso = iso_of(text, DAY_FIRST)
    assert iso == text.strip() or iso[4:5] == "-"


@st.composite
def runs(draw: st.DrawFn) -> list[tuple[date, date]]:
    """Consecutive charges by the month, the week or the day, with exclusive ends, that are over today."""
    by = draw(st.sampled_from(["month", "week", "day"]))
    start, periods = date(2026, draw(st.integers(1, 6)), 1), []
    if by != "month":
        start += timedelta(days=draw(st.integers(0, 40)))
    for _ in range(draw(st.integers(1, 14))):
        months = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        end = {"month": months, "week": start + timedelta(days=7), "day": start + timedelta(days=1)}[by]
        if end > TODAY:
            break
        periods.append((start, end))
        start = end
    return periods


def in_order(periods: Sequence[tuple[date, date]], order: DateOrder) -> list[Period]:
    """The periods as they are written in this order, one a line."""

    def text(day: date, line: int) -> WrittenDate:
        return WrittenDate(written(datetime.combine(day, time()), "{d}/{m}/{y}", "", order), "at", line)

    return [Period(text(start, line), text(end, line)) for line, (start, end) in enumerate(periods, 2)]


def of_january(periods: Sequence[tuple[date, date]]) -> bool:
    """Whether these are single days of January, that cannot be told from the first days of months: see below."""
    return all(end.month == 1 and (end - start).days == 1 for start, end in periods)


@given(runs(), st.sampled_from(DateOrder))
def test_consecutive_charges_are_never_swapped(periods: list[tuple[date, date]], order: DateOrder) -> None:
    assume(periods and not of_january(periods))
    found, example = order_of(in_order(periods, order), "f", TODAY)
    assert found is order or all(day.day == day.month for period in periods for day in period)
    certain = any(day.day > 12 for period in periods for day in period)
    assert (example is None) == (certain or all(d.day == d.month for p in periods for d in p))


def test_days_of_january_read_as_months_are_said_so_and_the_option_decides(tmp_path: Path) -> None:
    file = bill(tmp_path / "usage.csv", [("1/8/2026", "1/9/2026"), ("1/9/2026", "1/10/2026")])
    reading = read(file)
    assert [str(day.day) for day in reading.days] == ["2026-08-01", "2026-09-01"]
    assert any(
        "dates such as 1/8/2026 are read day first" in note and "`--date-order month-first`" in note
        for note in reading.notes
    )
    assert [str(day.day) for day in read(file, date_order=MONTH_FIRST).days] == ["2026-01-08", "2026-01-09"]
    assert [str(day.day) for day in read(file, today=date(2026, 2, 1)).days] == ["2026-01-08", "2026-01-09"]


@pytest.mark.parametrize(
    ("periods", "order"),
    [
        ([("13/08/2026", "14/08/2026"), ("01/09/2026", "02/09/2026")], DAY_FIRST),
        ([("01/09/2026", "01/10/2026"), ("08/01/2026", "08/31/2026")], MONTH_FIRST),
        ([("01/09/2026", None), ("13/09/2026", None)], DAY_FIRST),
        ([("02/09/2026", "01/10/2026")], DAY_FIRST),
        ([("09/08/2026", "10/07/2026")], MONTH_FIRST),
        ([("12/10/2026", None)], DAY_FIRST),
        ([("05/05/2026", "05/05/2026")], MONTH_FIRST),
        ([("4/1/25", "5/1/25"), ("4/1/25", "4/1/26")], MONTH_FIRST),
    ],
)
def test_the_file_decides(periods: list[tuple[str, str | None]], order: DateOrder) -> None:
    found = [
        Period(WrittenDate(start, "at", line), WrittenDate(end, "end", line) if end else None)
        for line, (start, end) in enumerate(periods, 2)
    ]
    assert order_of(found, "f", TODAY)[0] is order


def test_hours_that_cross_midnight_are_no_months(tmp_path: Path) -> None:
    file = bill(tmp_path / "usage.csv", [("1/8/2026 23:00", "1/9/2026 0:00")])
    assert [(day.first, day.last) for day in read(file).days] == [(datetime(2026, 1, 8, 23), datetime(2026, 1, 9))]


def test_other_dates_of_the_bill_decide(tmp_path: Path) -> None:
    file = bill(tmp_path / "usage.csv", [("01/08/2026 10:00", "01/08/2026 11:00")])
    assert ": 2026-08-01 or 2026-01-08" in refused(file)
    rows = file.read_text().splitlines()
    file.write_text(f"{rows[0]},BillingPeriodStart,BillingPeriodEnd\n{rows[1]},01/08/2026,31/08/2026\n")
    assert [str(day.day) for day in read(file).days] == ["2026-08-01"]


@pytest.mark.parametrize("name", ["usage.csv", "usage.jsonl", "usage.parquet"])
def test_single_moments_are_decided_by_the_whole_column_or_refused(name: str, tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text(MAPPING)

    def usage(*stamps: str) -> Path:
        file = tmp_path / name
        rows = [{"at": stamp, "images": 1} for stamp in stamps]
        if name == "usage.parquet":
            pq.write_table(pa.Table.from_pylist(rows), file)
        elif name == "usage.jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        else:
            file.write_text("at,images\n" + "".join(f'"{stamp}",1\n' for stamp in stamps))
        return file

    reading = read(usage("01/08/2026 10:15", "13/08/2026 10:15"), mapping=mapping)
    assert [str(day.day) for day in reading.days] == ["2026-08-01", "2026-08-13"]
    assert not any("dates such as" in note for note in reading.notes)
    file = usage("01.08.2026", "02.08.2026")
    said = refused(file, mapping=mapping)
    assert "ambiguous date `01.08.2026`: 2026-08-01 or 2026-01-08" in said
    assert "field `at`" in said
    assert "--date-order day-first or --date-order month-first" in said
    first = [[str(day.day) for day in read(file, mapping=mapping, date_order=order).days] for order in DateOrder]
    assert first == [["2026-08-01", "2026-08-02"], ["2026-01-08", "2026-02-08"]]
    said = refused(usage("01/08/2026", "13/08/2026", "08/14/2026"), mapping=mapping)
    assert "`13/08/2026` can only be read day first" in said
    assert "`08/14/2026` can only be read month first" in said
    lines = (3, 4) if name == "usage.csv" else (2, 3)
    assert all(f"{file}:{line}" in said for line in lines)


def test_a_mapping_that_says_how_stamps_are_written_decides(tmp_path: Path) -> None:
    mapping, file = tmp_path / "m.yaml", tmp_path / "usage.csv"
    mapping.write_text(MAPPING + "time: '%m/%d/%Y'\n")
    file.write_text("at,images\n01/08/2026,1\n")
    assert [str(day.day) for day in read(file, mapping=mapping, date_order=DAY_FIRST).days] == ["2026-01-08"]


def test_spend_logs_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "logs.csv"
    head = "request_id,call_type,spend,startTime,endTime\n"
    file.write_text(head + "a,image_generation,0.04,8/1/2026 10:15,8/1/2026 10:15\n")
    assert "field `startTime`" in refused(file)
    file.write_text(file.read_text() + "b,acompletion,0.01,8/12/2026 23:59,8/13/2026 0:00\n")
    assert [str(day.day) for day in read(file).days] == ["2026-08-01"]


def test_numbers_of_days(tmp_path: Path) -> None:
    file = bill(tmp_path / "usage.csv", [("46235", "46235.5"), ("46235,5", "46266")])
    reading = read(file)
    assert [(day.first, day.last) for day in reading.days] == [(datetime(2026, 8, 1), datetime(2026, 9, 1))]
    assert any(
        "numbers such as 46266 in `ChargePeriodEnd` are read as days of a spreadsheet" in n for n in reading.notes
    )
    said = refused(bill(tmp_path / "usage.csv", [("44773", "44804")]))
    assert "ambiguous date `44804`: 2022-08-31, or 2026-09-01 in days since 1904" in said


OFFSETS = ("+99:99", "+99:00", "+24:00", "-15:00", "+05:60", "+9900", "+15", "-2400")
BEFORE, NO_END, NO_STAMP = "the charge ends before it starts", "the end cannot be read", "the timestamp cannot be read"
START, END = "ChargePeriodStart", "ChargePeriodEnd"
WRONG = [
    *((BEFORE, END, "2026-08-02", end) for end in ("2026-08-01", "1/8/2026", "2015-01-01T00:00:00Z", "1900-01-01")),
    ("the charge ends more than 10 years after its start", END, "2026-08-02", "2126-08-01"),
    *((NO_END, END, "2026-08-02", end) for end in ("infinity", "-infinity", "0001-01-01T00:00:00Z", "garbage")),
    *((NO_END, END, "2026-08-02", end) for end in ("99999-01-01T00:00:00Z", "31/02/2026", "13:00 PM", "2026-13-01")),
    *((NO_END, END, "2026-08-02", f"2026-09-02T00:00:00{offset}") for offset in OFFSETS),
    *((NO_STAMP, START, f"2026-08-02T00:00{offset}", "2026-09-02") for offset in OFFSETS),
    *((NO_STAMP, START, f"2026-08-02T00:00:00{offset}", "2026-09-02") for offset in OFFSETS),
    *((NO_STAMP, START, start, "2026-09-02") for start in ("99999-01-01T00:00:00Z", "-infinity", "infinity", "today")),
]


@pytest.mark.parametrize("name", ["usage.csv", "usage.parquet"])
def test_periods_that_cannot_be_are_refused_or_listed(name: str, tmp_path: Path) -> None:
    good = ("13/08/2026", "14/08/2026")
    periods = [good, *((start, end) for _, _, start, end in WRONG), good]
    file, rejects = bill(tmp_path / name, periods), tmp_path / "rejects.csv"
    reading = read(file, rejects=rejects)
    assert [(day.day, day.images) for day in reading.days] == [(date(2026, 8, 13), Decimal(200))]
    with rejects.open(newline="") as listed:
        found = [(row["fault"], row["field"], int(row["line"]), row["value"]) for row in csv.DictReader(listed)]
    first = 2 if name == "usage.parquet" else 3
    assert found == [
        (what, field, line, end if field == END else start)
        for line, (what, field, start, end) in enumerate(WRONG, first)
    ]
    said = refused(file)
    assert f"error: {BEFORE}: `2026-08-01`\n  --> {file}:{first}, field `ChargePeriodEnd`" in said
    assert f"{len(WRONG)} rows cannot be read" in said


def test_stamps_of_parquet_are_held_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "usage.parquet"
    for end in (datetime(2026, 7, 1), 2**62, -(2**62)):
        periods = {
            "ChargePeriodStart": pa.array([datetime(2026, 8, 1)], pa.timestamp("us")),
            "ChargePeriodEnd": pa.array([end], pa.timestamp("us")),
        }
        pq.write_table(pa.table({**{name: [value] for name, value in CHARGE.items()}, **periods}), file)
        assert "field `ChargePeriodEnd`" in refused(file)


def test_far_offsets_that_exist_are_read(tmp_path: Path) -> None:
    file = bill(tmp_path / "usage.csv", [("2026-08-02T00:00:00+14:00", "2026-08-02T00:00:00-12:00")])
    (day,) = read(file).days
    assert (day.first, day.last) == (datetime(2026, 8, 1, 10), datetime(2026, 8, 2, 12))


@pytest.mark.parametrize("name", ["+99:00", "+24:00", "-14:01", "+05:60", "+15"])
def test_a_zone_of_no_place_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.replace("+", r"\+")):
        zone_of(name, 2026)


@pytest.mark.parametrize(
    "stamp", ["2026-10-01T00:00:00+15:00", "2026-10-01T00:00:00-23:59", "2026-10-01T00:00:00+99:00"]
)
def test_offsets_of_no_place_in_pages(stamp: str, tmp_path: Path) -> None:
    file = tmp_path / "fal.json"
    event = {"request_id": "a", "endpoint_id": "x", "timestamp": stamp, "output_units": 1, "unit": "image"}
    file.write_text(json.dumps({"billing_events": [event], "has_more": False}))
    assert "is not a time such as" in refused(file)


def test_a_bucket_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "openai.json"
    bucket = {"start_time": 1785542400, "end_time": 1785456000, "results": [{"images": 1, "num_model_requests": 1}]}
    file.write_text(json.dumps({"object": "page", "data": [bucket], "has_more": False}))
    assert "the bucket does not end within a day of its start" in refused(file)


STAMPS = st.sampled_from(
    [
        "2026-08-01",
        "2026-08-02T00:00:00Z",
        "2026-07-31T23:00:00-05:00",
        "01/08/2026",
        "8/13/26",
        "46235",
        "2015-01-01",
        "",
    ]
) | st.sampled_from(
    ["infinity", "-infinity", "epoch", "0001-01-01", "99999-01-01T00:00:00Z", "2026-08-01T00:00:00+99:99", "garbage"]
)


@examples(15)
@given(periods=st.lists(st.tuples(STAMPS, STAMPS), min_size=1, max_size=4), listed=st.booleans())
def test_what_was_read_is_read_again_from_the_history(
    periods: list[tuple[str, str]], listed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from advisor.usage.history import append, read_history

    folder = tmp_path_factory.mktemp("history")
    rejects = folder / "rejects.csv" if listed else None
    try:
        reading = read(bill(folder / "usage.csv", periods), rejects=rejects)
    except BadInput:
        return
    append(folder / "a.usage.jsonl", reading.days, TODAY)
    assert set(read_history(folder / "a.usage.jsonl").days()) == set(reading.days)
