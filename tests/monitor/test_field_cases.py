"""What the field showed: small files of real shapes, each with the result that is right, and variants of the same kind.

All are of three whole months with a few images each, against a decision in which N* is 2.63 images at $0.04.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advisor.cli.main import run

DAYS = ("2026-08-01", "2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01", "2026-10-31")
TINY = """
residency: anywhere
output_use: commercial
indemnity_required: false
train_on_outputs: false
quality: open_suffices
control: prompt_only
latency: tolerant
monthly_images: 2
open_price: 0.04
closed_price: 0.08
gpu_hour_price: 1.2
images_per_gpu_hour: 600
monthly_overhead: 0.10
"""
Row = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A folder with the decision, and the command in it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: object) -> tuple[int, str, str]:
        code = run(
            [
                "monitor",
                *map(str, arguments),
                *("--decision", str(self.folder / "tiny.scenario.yaml"), "--date", "2026-11-02"),
                *(() if "--history" in arguments else ("--no-history",)),
            ]
        )
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *arguments: object) -> dict[str, Any]:
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        data: dict[str, Any] = json.loads(out)
        return data

    def refused(self, *arguments: object) -> str:
        code, out, err = self.run(*arguments)
        assert (code, out) == (2, "")
        return err

    def save(self, name: str, content: object) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    def table(self, name: str, rows: Sequence[Row]) -> Path:
        path = self.folder / name
        if name.endswith(".parquet"):
            pq.write_table(pa.Table.from_pylist(list(rows)), path)
        elif name.endswith(".jsonl"):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif name.endswith(".json"):
            path.write_text(json.dumps(rows))
        else:
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return path


@pytest.fixture
def field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Field:
    (tmp_path / "tiny.scenario.yaml").write_text(TINY)
    return Field(tmp_path, capsys)


def says(found: dict[str, Any], text: str) -> bool:
    return any(text in note for note in found["notes"])


def check_half_unknown(found: dict[str, Any]) -> None:
    """Four images a month, of which two have a cost of $0.04."""
    assert (found["verdict"], found["trailing_volume"]) == ("crossed_and_stable", "4")
    assert (found["paid_price"], found["crossover"]) == ("0.04", "2.63")
    assert [month["images_without_cost"] for month in found["months"]] == ["2", "2", "2"]


def check_all_unknown(found: dict[str, Any]) -> None:
    """The price is not known: both N* and the money are at the list price."""
    assert (found["verdict"], found["paid_price"], found["crossover"]) == ("crossed_and_stable", None, "2.63")
    assert all(month["estimated"] for month in found["overspend_by_month"])
    assert float(found["overspend"]) > 0
    assert not says(found, "credits")


# ---------------------------------------------------------------- 01, 02: costs that are not known


def logs(*spends: object) -> list[Row]:
    """LiteLLM's table: on each day a request for each of the costs."""
    return [
        {
            "request_id": f"{day} {number}",
            "call_type": "aimage_generation",
            "spend": spend,
            "startTime": f"{day}T0{number}:00:00Z",
            "model": "azure/some-image",
            "status": "success",
            "cache_hit": "False",
        }
        for day in DAYS
        for number, spend in enumerate(spends)
    ]


@pytest.mark.parametrize("unknown", [None, 0, 0.0])
@pytest.mark.parametrize("kind", ["json", "jsonl", "csv", "parquet"])
def test_01_a_cost_that_is_not_known_does_not_halve_the_price(field: Field, kind: str, unknown: float | None) -> None:
    found = field.json(field.table(f"logs.{kind}", logs(unknown, 0.04)), "--images-per-request", 1)
    check_half_unknown(found)
    assert says(found, "no cost is known of 6 of its 12 requests")


@pytest.mark.parametrize("unknown", [None, 0])
def test_02_where_no_cost_is_known_the_list_price_stands_in(field: Field, unknown: object) -> None:
    file = field.save("logs.json", logs(unknown, unknown))
    found = field.json(file, "--images-per-request", 1)
    check_all_unknown(found)
    assert says(found, "no cost is known of any of its 12 requests")
    _, text, _ = field.run(file, "--images-per-request", 1)
    assert "Own GPUs are the cheaper way" in text
    assert "less than on own GPUs" not in text
    assert "$0.156 more than on own GPUs (estimated at the list price)" in text


def test_01_the_history_keeps_what_is_not_known(field: Field) -> None:
    history = field.folder / "h.jsonl"
    file = field.save("logs.json", logs(0, 0.04))
    read = field.json(file, "--images-per-request", 1, "--history", history)
    kept = field.json("--images-per-request", 1, "--history", history)
    check_half_unknown(kept)
    assert kept["months"] == read["months"]


def test_01_an_invoice_pays_for_all_whatever_the_log_knows(field: Field) -> None:
    file = field.save("logs.json", logs(0, 0.04))
    (field.folder / "m.yaml").write_text("meter: azure\ncolumns: {at: at, cost: cost}\n")
    invoice = field.table("invoice.csv", [{"at": day, "cost": 0.08} for day in DAYS])
    found = field.json(file, invoice, "--mapping", field.folder / "m.yaml", "--images-per-request", 1)
    assert (found["paid_price"], found["verdict"]) == ("0.04", "crossed_and_stable")
    assert not says(found, "no cost is known")


def test_01_a_log_that_does_not_know_all_costs_is_no_bill_for_another(field: Field) -> None:
    """Counted by nginx, priced by LiteLLM: half of its costs are not known."""
    lines = [f'1.1.1.1 - - [{_clf(day)}] "POST /v1/images HTTP/1.1" 200 1 "-" "{n}"\n' for day in DAYS for n in "ab"]
    log = field.save("access.log", "".join(lines))
    file = field.save("logs.json", logs(0, 0.04))
    found = field.json(file, log, "--images-from", "nginx", "--images-per-request", 1)
    assert (found["trailing_volume"], found["paid_price"], found["crossover"]) == ("4", None, "2.63")
    assert says(found, "what was paid for each is not known")


def _clf(day: str) -> str:
    year, month, date = day.split("-")
    return f"{date}/{({'08': 'Aug', '09': 'Sep', '10': 'Oct'})[month]}/{year}:00:00:00 +0000"


MAPPINGS = {
    "images": "meter: acme\ncolumns: {at: stamp, images: images, cost: cost}\n",
    "requests": "meter: acme\ncolumns: {at: stamp, requests: images, cost: cost}\n",
    "rows": "meter: acme\neach_row: request\ncolumns: {at: stamp, cost: cost}\n",
    "currency": "meter: acme\ncolumns: {at: stamp, images: images, cost: cost, currency: currency}\n",
    "cents": "meter: acme\ncost_unit: cents\ncolumns: {at: stamp, images: images, cost: cents}\n",
}


def plain(*costs: float | None) -> list[Row]:
    return [
        {
            "stamp": f"{day}T0{number}:00:00Z",
            "images": 1,
            "cost": cost,
            "cents": None if cost is None else round(cost * 100),
            "currency": "USD",
        }
        for day in DAYS
        for number, cost in enumerate(costs)
    ]


@pytest.mark.parametrize("mapping", sorted(MAPPINGS))
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_01b_an_empty_cost_of_a_table_does_not_halve_the_price(field: Field, kind: str, mapping: str) -> None:
    how = field.save("t.yaml", MAPPINGS[mapping])
    file = field.table(f"t.{kind}", plain(0.04, None))
    found = field.json(file, "--mapping", how, "--images-per-request", 1)
    check_half_unknown(found)
    assert says(found, "plain: no cost is known of 6 of its 12 ")


def test_01b_a_zero_in_a_table_is_one_unless_it_is_of_a_log_in_front(field: Field) -> None:
    file = field.table("t.csv", plain(0.04, 0))
    how = field.save("t.yaml", MAPPINGS["images"])
    found = field.json(file, "--mapping", how)
    assert (found["paid_price"], found["verdict"]) == ("0.02", "below")
    assert says(found, "6 of 12 rows of images cost nothing: leave the cell empty where no cost is known")
    how.write_text(MAPPINGS["images"].replace("acme", "gateway"))
    check_half_unknown(field.json(file, "--mapping", how))


def test_01b_what_nothing_can_be_derived_from_is_no_month_below(field: Field) -> None:
    """Only the cost is mapped, and half of it is empty."""
    how = field.save("t.yaml", "meter: acme\ncolumns: {at: stamp, cost: cost}\n")
    for half, whole in (((0.04, None), 6), ((None, None), 12), ((0, 0), 12)):
        found = field.json(field.table("t.csv", plain(*half)), "--mapping", how)
        assert found["verdict"] == "insufficient_data"
        why = found["months"][0]["why_partial"]
        assert why == f"of {whole // 3} of 4 rows neither the images nor a cost to derive them from is known"


def events(**more: object) -> Row:
    usual = {"endpoint_id": "fal-ai/flux/dev", "unit": "image", "output_units": 1}
    return {
        "billing_events": [
            {"request_id": f"{day} {n}", "timestamp": f"{day}T0{n}:00:00Z", **usual, **(more if n else {"cost": 0.04})}
            for day in DAYS
            for n in range(2)
        ]
    }


def test_01_an_event_of_fal_without_a_cost_has_none(field: Field) -> None:
    check_half_unknown(field.json(field.save("e.json", events())))
    assert field.json(field.save("e.json", events(unit_price=0.06)))["paid_price"] == "0.05"


def daily(breakdown: Callable[[Row], Row], spend: object = 0.08, requests: int = 2) -> Row:
    metrics = {"spend": spend, "successful_requests": requests, "failed_requests": 0, "api_requests": requests}
    return {
        "results": [{"date": day, "metrics": metrics, "breakdown": breakdown({"metrics": metrics})} for day in DAYS],
        "metadata": {"total_pages": 1},
    }


def of_models(*names: str) -> Callable[[Row], Row]:
    return lambda metrics: {"models": dict.fromkeys(names, metrics)}


@pytest.mark.parametrize("spend", [0, None])
def test_02_a_daily_spend_of_nothing_is_not_known(field: Field, spend: object) -> None:
    found = field.json(field.save("d.json", daily(of_models("dall-e-3"), spend)), "--images-per-request", 1)
    check_all_unknown(found)


def test_02_a_bill_that_credits_made_nothing_contradicts_nothing(field: Field) -> None:
    """A provider's own zero is one: N* and the money are at the list price, and credits are named."""
    how = field.save("t.yaml", MAPPINGS["images"])
    code, text, _ = field.run(field.table("t.csv", plain(0, 0)), "--mapping", how)
    assert code == 0
    assert "note: credits made a bill" in text
    assert "Own GPUs are the cheaper way" in text
    assert "more than on own GPUs (estimated at the list price)" in text


def test_02_months_without_images_or_a_bill_have_no_credits(field: Field) -> None:
    bucket = 86_400
    data = [{"start_time": start, "end_time": start + bucket, "results": []} for start in _starts()]
    page = {"object": "page", "data": data}
    cost = {"object": "organization.costs.result", "amount": {"value": 0.5, "currency": "usd"}, "line_item": "gpt-4o"}
    data[0]["results"] = [cost]
    found = field.json(field.save("c.json", page))
    assert (found["verdict"], found["trailing_volume"]) == ("below", "0")
    assert not says(found, "credits")


def _starts() -> list[int]:
    from datetime import UTC, datetime

    return [int(datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC).timestamp()) for day in DAYS]


# ---------------------------------------------------------------- 03, 04: what nobody can tell


MODELS = [
    "fal_ai/fal-ai/flux/dev",
    "black-forest-labs/FLUX.1-schnell",
    "stability/sdxl",
    "sd3.5-large",
    "stable-diffusion-v35-medium",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "stability.sd3-large-v1:0",
    "qwen-image",
    "bytedance/seedream-4",
    "recraft/recraftv3",
    "fal-ai/ideogram/v3",
    "vertex_ai/imagen-4.0-generate-001",
    "amazon.nova-canvas-v1:0",
    "amazon.titan-image-generator-v2:0",
    "hidream-i1-full",
    "kandinsky-3",
    "playground-v2-5-1024px-aesthetic",
    "kwai-kolors/kolors",
    "gpt-image-1",
    "azure/dall-e-3",
    "midjourney",
    "hunyuan-image-3",
    "z-image-turbo",
    "luma/photon",
    "bria/text-to-image",
    "adobe/firefly-v3",
    "nano-banana-pro",
    "gemini/gemini-2.5-flash-image",
    "SSD-1B",
    "sd-turbo",
    "aura-flow",
    "pixart-sigma",
    "SDXL-Lightning",
    "chatgpt-image-latest",
]
OTHERS = [
    "gpt-4o",
    "claude-sonnet-4",
    "bedrock/anthropic.claude-3",
    "gemini/gemini-2.5-pro",
    "meta-llama/Llama-3.3-70B",
    "qwen2.5-72b",
    "mistral-large",
    "deepseek-chat",
    "amazon.nova-pro-v1:0",
    "text-embedding-3-small",
    "whisper-1",
    "tts-1",
    "o3-mini",
    "kling-video-v2",
    "stable-video-diffusion",
    "stable-audio-2",
    "cohere/rerank-v3",
    "sora-2",
    "veo-3",
    "grok-4",
    "command-r-plus",
    "wan2.5-t2v",
]


@pytest.mark.parametrize("model", MODELS)
def test_04_models_of_open_weights_count(model: str) -> None:
    from advisor.monitor.readers.image_names import makes_images

    assert makes_images([model])
    assert makes_images([model.upper()])


@pytest.mark.parametrize("model", OTHERS)
def test_04_other_models_do_not(model: str) -> None:
    from advisor.monitor.readers.image_names import makes_images

    assert makes_images([model]) is False


def test_04_models_count_beside_others(field: Field) -> None:
    file = field.save("d.json", daily(of_models("fal_ai/fal-ai/flux/dev"), 0.08))
    found = field.json(file, "--images-per-request", 1)
    assert (found["verdict"], found["trailing_volume"]) == ("crossed_and_stable", "4")
    page = daily(of_models("flux", "gpt-4o"))
    for result in page["results"]:
        result["metrics"] = {**result["metrics"], "successful_requests": 4}
    assert field.json(field.save("d.json", page), "--images-per-request", 1)["trailing_volume"] == "4"


def table_rows(**more: object) -> list[Row]:
    usual = {"user_id": "u", "api_key": "k", "spend": 0.08, "successful_requests": 2, "custom_llm_provider": "azure"}
    return [{"date": day, **usual, **more} for day in DAYS]


UNKNOWN: list[tuple[str, object, str]] = [
    ("no breakdown", daily(lambda metrics: {"models": {}, "endpoints": {}, "api_keys": {"k": metrics}}), "without an"),
    ("empty", daily(lambda _: {}), "requests without an endpoint or a model"),
    ("model", daily(of_models("acme-7b")), "`acme-7b`"),
    ("mixed", daily(of_models("gpt-4o", "acme-7b")), "`acme-7b`"),
    ("endpoint", daily(lambda m: {"endpoints": {"/acme/run": m, "/chat/completions": m}}), "`/acme/run`"),
    (
        "an image model behind chat",
        daily(
            lambda m: {"endpoints": {"/chat/completions": m}, "models": {"gemini/gemini-2.5-flash-image": m}, "x": {}}
        ),
        "`gemini/gemini-2.5-flash-image`",
    ),
    ("row", table_rows(model="acme-7b", endpoint=None), "`acme-7b`"),
    ("row of nothing", table_rows(model=None), "requests without an endpoint or a model"),
    ("row of an endpoint", table_rows(model="acme-7b", endpoint="/acme/run"), "`acme-7b on /acme/run`"),
    ("row behind chat", table_rows(model="flux", endpoint="/chat/completions"), "`flux on /chat/completions`"),
    ("kind", [{**row, "call_type": "pass_through_endpoint", "model": "flux"} for row in logs(0.04)], "`flux by pass_"),
    ("kind of nothing", [{**row, "call_type": None, "model": None} for row in logs(0.04)], "without a kind"),
    ("kind behind chat", [{**row, "call_type": "acompletion"} for row in logs(0.04)], "`azure/some-image by acom"),
]


@pytest.mark.parametrize(("content", "named"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_03_what_nobody_can_tell_is_refused_by_name_until_it_is_said(field: Field, content: object, named: str) -> None:
    lines = isinstance(content, list) and "request_id" not in content[0]
    text = "".join(json.dumps(row) + "\n" for row in content) if isinstance(content, list) and lines else content
    file = field.save("page.json", text)
    error = field.refused(file)
    assert named in error
    assert str(file) in error
    assert "--makes-images" in error
    found = field.json(file, "--images-per-request", 1, "--makes-images", "*")
    assert found["trailing_volume"] in ("2", "4", "8")
    found = field.json(file, "--images-per-request", 1, "--makes-images", "no such name")
    assert found["trailing_volume"] in ("0", None)
    assert says(found, f"{file}: ")


def test_03_requests_that_a_breakdown_leaves_out_are_not_none(field: Field) -> None:
    """A proxy that learnt to tell endpoints apart in the middle of a day: the models say more."""
    page = daily(lambda _: {})
    for result in page["results"]:
        few = {"metrics": {"spend": 0.04, "successful_requests": 1}}
        all_ = {"metrics": {"spend": 0.08, "successful_requests": 2}}
        result["breakdown"] = {"endpoints": {"/images/generations": few}, "models": {"dall-e-3": all_}}
    file = field.save("d.json", page)
    assert field.json(file, "--images-per-request", 1)["trailing_volume"] == "4"
    for result in page["results"]:
        result["breakdown"]["models"] = {}
    assert "requests without an endpoint or a model" in field.refused(field.save("d.json", page))


def test_03_a_day_of_which_the_page_says_none_is_one_of_none(field: Field) -> None:
    found = field.json(field.save("d.json", daily(lambda _: {}, 0, 0)))
    assert (found["verdict"], found["trailing_volume"]) == ("below", "0")
    assert says(found, "nothing in it counts")


def line_items(*items: Row) -> Row:
    data = [
        {"start_time": start, "end_time": start + 86_400, "results": [{**_COST, **item} for item in items]}
        for start in _starts()
    ]
    return {"object": "page", "data": data}


_COST = {"object": "organization.costs.result", "amount": {"value": 0.08, "currency": "usd"}}


def test_04_line_items_that_nobody_can_tell_are_refused(field: Field) -> None:
    file = field.save("c.json", line_items({"line_item": "acme, input"}))
    assert "`acme, input`" in field.refused(file)
    counted = {"line_item": "dall-e-3", "quantity": 2, "quantity_unit": "images"}
    found = field.json(field.save("c.json", line_items(counted, {"line_item": "gpt-5, input"})))
    assert (found["trailing_volume"], found["verdict"]) == ("4", "crossed_and_stable")


def test_04_an_image_model_without_a_count_is_not_left_out_beside_one_with(field: Field) -> None:
    counted = {"line_item": "dall-e-3", "quantity": 1, "quantity_unit": "images"}
    found = field.json(field.save("c.json", line_items(counted, {"line_item": "gpt-image-1, output"})))
    assert int(found["trailing_volume_high"]) >= 6


# ---------------------------------------------------------------- 05: Replicate and fal


def predictions(**more: object) -> Row:
    gone: dict[str, object] = {"input": {}, "output": None, "data_removed": True}
    return {
        "previous": None,
        "next": None,
        "results": [
            {"id": f"{day} {n}", "status": "succeeded", "created_at": f"{day}T0{n}:00:00Z", **gone, **more}
            for day in DAYS
            for n in range(2)
        ],
    }


_TOKENS = {"predict_time": 1.0, "input_token_count": 9, "output_token_count": 80}
_URLS = ["https://replicate.delivery/a.webp", "https://replicate.delivery/b.webp"]
MADE: list[tuple[Row, str | None]] = [
    ({"model": "meta/meta-llama-3-70b-instruct", "metrics": _TOKENS}, None),
    ({"model": "acme/writer", "metrics": _TOKENS}, None),
    ({"model": "acme/writer", "metrics": {"token_output_count": 9}}, None),
    ({"model": "acme/voice", "metrics": {"audio_output_duration_seconds": 3.5}}, None),
    ({"model": "acme/film", "metrics": {"video_output_duration_seconds": 3.5}}, None),
    ({"model": "acme/writer", "metrics": {"tokens_per_second": 3.5, "time_to_first_token": 0.2}}, None),
    ({"model": "acme/writer", "metrics": _TOKENS, "input": {"num_outputs": 4}}, None),
    ({"model": "meta/meta-llama-3-70b-instruct", "metrics": {}}, None),
    ({"model": "openai/gpt-image-1", "metrics": _TOKENS}, "4"),
    ({"model": "acme/pictures", "metrics": {"predict_time": 1.0}}, "4"),
    ({"model": "acme/pictures", "metrics": {"image_output_count": 3, **_TOKENS}}, "12"),
    ({"model": "acme/pictures", "input": {"num_outputs": 4}}, "16"),
    ({"model": "acme/pictures", "input": {"num_outputs": 4}, "metrics": {"image_output_count": 1}}, "4"),
    ({"model": "acme/pictures", "input": {"num_outputs": 4}, "output": _URLS, "data_removed": False}, "8"),
]


@pytest.mark.parametrize(("made", "volume"), MADE)
def test_05_what_a_prediction_made(field: Field, made: Row, volume: str | None) -> None:
    file = field.save("p.json", predictions(**made))
    found = field.json(file, "--images-per-request", 1)
    assert found["trailing_volume"] == volume
    if volume is None:
        assert found["verdict"] == "insufficient_data"
        assert says(found, f"{file}: nothing in it counts")


@pytest.mark.parametrize("units", [1, 2, 3, 6, 0.5, 2.4])
@pytest.mark.parametrize("each", ["default", "1", "2..3"])
def test_05_a_range_holds_the_quantity_of_an_event_without_a_unit(field: Field, units: float, each: str) -> None:
    page = events(unit=None, output_units=units, unit_price=0.04)
    page["billing_events"] = [event for event in page["billing_events"] if "unit_price" in event]
    more = () if each == "default" else ("--images-per-request", each)
    found = field.json(field.save("e.json", page), *more)
    for name in ("trailing_volume_low", "trailing_volume_high"):
        assert found[name] is not None
    assert int(found["trailing_volume_low"]) <= 2 * units <= int(found["trailing_volume_high"])
    assert float(found["months"][0]["cost"]) == pytest.approx(2 * units * 0.04)


def test_05_events_for_something_else_make_no_images(field: Field) -> None:
    for more in ({"unit": "seconds", "endpoint_id": "acme/x"}, {"unit": None, "endpoint_id": "fal-ai/kling-video/v2"}):
        page = events(**more)
        page["billing_events"] = [{**event, **more} for event in page["billing_events"]]
        found = field.json(field.save("e.json", page))
        assert (found["verdict"], found["trailing_volume"]) == ("insufficient_data", None)
        assert says(found, "make no images and are left out: 12")


# ---------------------------------------------------------------- 11: the same note


@pytest.mark.parametrize("shown", ["text", "html", "json"])
def test_11_a_note_of_several_files_is_said_once(field: Field, shown: str) -> None:
    page = daily(of_models("dall-e-3"))
    for number, result in enumerate(page["results"]):
        field.save(f"day{number}.json", {**page, "results": [result]})
    html = field.folder / "page.html"
    more = {"html": ("--html", html), "json": ("--json",), "text": ()}[shown]
    code, out, _ = field.run(field.folder / "day*.json", "--images-per-request", 1, *more)
    assert code == 0
    text = " ".join((html.read_text() if shown == "html" else out).split())
    assert text.count("its own estimate, not what the providers bill") == 1
    assert text.count("not what the providers bill (6 files)") == 1


# ---------------------------------------------------------------- 14: a bill of everything


def focus(*services: Row) -> list[Row]:
    """LiteLLM's export: each model of a day is a row of one request, whatever it served."""
    return [
        {
            "EffectiveCost": 0.08,
            "BillingCurrency": "USD",
            "ChargeCategory": "Usage",
            "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day}T23:59:59Z",
            "ProviderName": "openai",
            "ServiceName": "gpt-image-1",
            "PricingUnit": "Requests",
            "PricingQuantity": 1,
            "ConsumedUnit": "Requests",
            "ConsumedQuantity": 1,
            **service,
        }
        for day in DAYS
        for service in services
    ]


CHAT: Row = {"ServiceName": "gpt-4o", "EffectiveCost": 100}
ACCOUNT: Row = {"ServiceName": "AI"}
MIXED: list[tuple[str, list[Row], str, Row]] = [
    ("service", focus(CHAT, {}), "ServiceName=gpt-image-1", {}),
    ("names of one's own", focus({**CHAT, "ServiceName": "a"}, {"ServiceName": "b"}), "ServiceName=b", {}),
    ("sku", focus({**CHAT, **ACCOUNT, "SkuMeter": "gpt-4o"}, {**ACCOUNT, "SkuMeter": "flux"}), "SkuMeter=flux", {}),
    (
        "resource",
        focus(
            {**CHAT, "ServiceName": "", "ResourceName": "claude-3"}, {"ServiceName": "", "ResourceName": "seedream-4"}
        ),
        "ResourceName=seedream-4",
        {},
    ),
    (
        "model of one's own",
        focus({**CHAT, **ACCOUNT, "x_Model": "o3-mini"}, {**ACCOUNT, "x_Model": "sdxl"}),
        "x_Model=sdxl",
        {},
    ),
    (
        "provider",
        focus(
            {**CHAT, "ServiceName": "", "ProviderName": "anthropic"}, {"ServiceName": "", "ProviderName": "acme cloud"}
        ),
        "ProviderName=acme",
        {},
    ),
]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("rows", "only"), [row[1:3] for row in MIXED], ids=[row[0] for row in MIXED])
@pytest.mark.parametrize("more", [(), ("--price-per-image", "0.04"), ("--exit-code",)])
def test_14_a_bill_of_several_services_is_no_verdict_before_only(
    field: Field, rows: list[Row], only: str, kind: str, more: tuple[str, ...]
) -> None:
    file = field.table(f"focus.{kind}", rows)
    error = field.refused(file, *more)
    assert "no row is counted in images" in error
    assert f"--only '{only.partition('=')[0]}=" in error
    found = field.json(file, *more[:2] if more != ("--exit-code",) else (), "--only", only)
    assert (found["trailing_volume"], found["verdict"]) == ("4", "crossed_and_stable")


def test_14_nor_are_files_of_one_service_each(field: Field) -> None:
    field.table("a.csv", focus(CHAT))
    field.table("b.csv", focus({"ServiceName": "acme"}))
    assert "`gpt-4o`, `acme`" in field.refused(field.folder / "?.csv", "--exit-code")


def test_14_choosing_by_a_column_that_leaves_them_mixed_is_not_enough(field: Field) -> None:
    file = field.table("focus.csv", focus(CHAT, {}))
    assert "--only 'ServiceName=gpt-image-1'" in field.refused(file, "--only", "ProviderName=openai")
    both = ("--only", "ServiceName=gpt-image", "--only", "ServiceName=flux")
    file = field.table("focus.csv", focus(CHAT, {}, {"ServiceName": "flux"}))
    assert field.json(file, *both)["trailing_volume"] == "8"


@pytest.mark.parametrize("services", [[{"ServiceName": "Acme Images"}], [{"ServiceName": "Amazon Bedrock"}], [{}]])
def test_14_a_bill_of_one_service_stands(field: Field, services: list[Row]) -> None:
    found = field.json(field.table("focus.csv", focus(*services)))
    assert found["trailing_volume"] == "4"


def test_14_services_that_all_make_images_stand(field: Field) -> None:
    found = field.json(field.table("focus.csv", focus({}, {"ServiceName": "dall-e-3", "ProviderName": "azure"})))
    assert found["trailing_volume"] == "8"


def test_14_a_month_without_images_in_a_bill_that_counts_them_is_not_derived(field: Field) -> None:
    images = {"PricingUnit": "Images", "ConsumedUnit": "Images"}
    rows = focus({**CHAT, "ServiceName": "compute"}, images)
    assert field.json(field.table("focus.csv", rows))["trailing_volume"] == "2"
    rows = [row for row in rows if row["PricingUnit"] != "Images" or row["ChargePeriodStart"] < "2026-10"]
    assert "--only 'ServiceName=" in field.refused(field.table("focus.csv", rows))


@pytest.mark.parametrize("free", [0, 1])
def test_02_a_free_request_of_litellms_export_is_no_image_less(field: Field, free: int) -> None:
    """Its zero is a price that it does not know, and each row is one request: nobody knows how many images."""
    rows = focus({"EffectiveCost": 0}, {"EffectiveCost": 0.08 * (1 - free)})
    found = field.json(field.table("focus.csv", rows))
    assert found["verdict"] == "insufficient_data"
    assert "neither the images nor a cost" in found["months"][0]["why_partial"]
    assert not says(found, "credits")


def test_14_costs_that_are_not_grouped_are_no_verdict(field: Field) -> None:
    file = field.save("c.json", line_items({"line_item": None}))
    assert "group_by=line_item" in field.refused(file, "--exit-code")
    assert field.json(file, "--makes-images", "*")["trailing_volume"] == "4"
