"""What Replicate and fal say was made, and a note of several files."""

from __future__ import annotations

import pytest

from tests.monitor.field_cases import DAYS, Field, Row, daily, events, of_models, says


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
