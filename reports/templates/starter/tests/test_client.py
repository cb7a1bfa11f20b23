"""``generate`` against a stub of every shape: what is sent, retries, errors, and what cannot be said."""

from __future__ import annotations

import base64
import warnings
from pathlib import Path

import pytest
from stubs import MODEL, SHAPES, TOKEN, Answer, Configured, Stub, png, size_of

from images import GeneratedImage, ImagesError, generate

NO_STEPS = ("openai", "deepinfra", "nscale", "recraft", "xai", "fal_closed", "bfl")
NO_SEED = ("openai", "deepinfra", "recraft", "xai", "fal_closed")
ONE_A_CALL = ("nscale", "bfl")
RATIO_ONLY = ("xai", "replicate")


def ask(**options: object) -> list[GeneratedImage]:
    """The call that applications make, the same for every route."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return generate("a red boat", **{"steps": 4, "seed": 7, "size": "128x64", "n": 2, **options})  # type: ignore[arg-type]  # options of generate


def refused(stub: Stub, configured: Configured, *plan: Answer, retries: int = 0, **changes: object) -> str:
    configured(here=stub.table(max_retries=retries, **changes))
    stub.plan.extend(plan)
    with pytest.raises(ImagesError) as caught:
        ask()
    assert TOKEN not in repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("by_url", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_call_works_on_every_shape(shape: str, by_url: bool, configured: Configured) -> None:
    with Stub(shape, by_url=by_url) as stub:
        configured(here=stub.table())
        images = ask()
    assert [image.media_type for image in images] == ["image/png"] * 2
    assert {size_of(image.data) for image in images} == {"128x64"}
    assert len(stub.made) == (2 if shape in ONE_A_CALL else 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_steps_and_seed_are_sent_where_they_are_taken_and_named_where_not(shape: str, configured: Configured) -> None:
    with Stub(shape) as stub, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        configured(here=stub.table())
        generate("a red boat", steps=5, seed=7, size="64x64")
    body = stub.made[0].body
    body = body.get("input", body)
    steps = body.get("num_inference_steps", body.get("steps"))
    assert (steps, body.get("seed")) == (None if shape in NO_STEPS else 5, None if shape in NO_SEED else 7)
    said = " ".join(str(one.message) for one in caught)
    assert ("`steps`" in said, "`seed`" in said) == (shape in NO_STEPS, shape in NO_SEED)


def test_the_default_steps_of_a_route_are_sent_and_left_out_silently(configured: Configured) -> None:
    for shape, sent in (("kit_server", 9), ("openai", None)):
        with Stub(shape) as stub, warnings.catch_warnings():
            warnings.simplefilter("error")
            configured(here=stub.table(steps=9))
            generate("a red boat", size="64x64")
        assert stub.made[0].body.get("num_inference_steps") == sent


def test_the_quality_of_a_route_is_sent_where_it_is_taken(configured: Configured) -> None:
    for shape, sent in (("openai", "high"), ("fal_closed", "high"), ("together", None)):
        with Stub(shape) as stub:
            configured(here=stub.table(quality="high"))
            generate("a red boat", size="64x64")
        assert stub.made[0].body.get("quality") == sent


def test_images_of_several_calls_have_seeds_of_their_own(configured: Configured) -> None:
    with Stub("bfl") as stub:
        configured(here=stub.table())
        ask(n=3)
    assert [one.body["seed"] for one in stub.made] == [7, 8, 9]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_refusal_for_lack_of_capacity_is_retried_after_the_time_it_names(shape: str, configured: Configured) -> None:
    with Stub(shape) as stub:
        configured(here=stub.table())
        stub.plan.extend(Answer(status, {"error": "later"}, {"Retry-After": "0.01"}) for status in (429, 503))
        assert len(ask(n=1)) == 1
    assert len(stub.made) == 3


def test_a_download_is_retried_too(configured: Configured) -> None:
    with Stub("fal") as stub:
        configured(here=stub.table())
        ask(n=1)
        made = stub.received[0]
        stub.plan.extend([stub.answer(made), Answer(503, None, {"Retry-After": "0.01"})])
        assert len(ask(n=1)) == 1


def test_an_image_that_cannot_be_fetched_is_an_error(configured: Configured) -> None:
    for status, address in ((404, "HERE/gone"), (0, "http://127.0.0.1:1/1.png")):
        with Stub("fal") as stub:
            plan = [Answer(200, {"images": [{"url": address.replace("HERE", stub.root)}]}), Answer(404)]
            said = refused(stub, configured, *plan)
        assert said.endswith("answered 404" if status else "the address of the image cannot be reached")


def test_what_lasts_is_an_error_after_the_last_try(configured: Configured) -> None:
    with Stub("together") as stub:
        busy = [Answer(429, {"error": {"message": "too many requests"}}, {"Retry-After": "0.01"})] * 9
        said = refused(stub, configured, *busy, retries=2)
    assert said == f"route `here`: {stub.base_url} answered 429: " + '{"error": {"message": "too many requests"}}'
    assert len(stub.made) == 3


@pytest.mark.parametrize("shape", ["openai", "fal", "replicate", "bfl"])
def test_no_answer_in_time_is_an_error(shape: str, configured: Configured) -> None:
    with Stub(shape) as stub:
        said = refused(stub, configured, Answer(delay=1.5), timeout_seconds=1)
    assert said == f"route `here`: no answer from {stub.base_url} within 1 seconds, 1 tries"


def test_no_server_is_an_error(configured: Configured) -> None:
    with Stub("openai") as stub:
        table = stub.table(max_retries=0)
    configured(here=table)
    with pytest.raises(ImagesError, match=r"no connection to http://127.0.0.1:[0-9]+/v1; check base_url"):
        ask()


@pytest.mark.parametrize("shape", ["openai", "fal", "replicate", "bfl"])
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "no",
        7,
        b"<html>",
        b"\xff",
        {"data": []},
        {"data": [{}]},
        {"data": [7]},
        {"data": "x"},
        {"data": [{"b64_json": "%%%"}]},
        {"data": [{"b64_json": base64.b64encode(b"no image").decode()}]},
        {"data": [{"url": "file:///etc/passwd"}]},
        {"data": [{"url": "http://[/"}]},
        {"images": [{"url": 7}]},
        {"images": [7]},
        {"images": [{"url": "ftp://example.com/1.png"}]},
        {"status": "succeeded", "output": {"a": 1}},
        {"status": "failed", "error": "NSFW"},
        {"status": "starting", "id": "../../accounts"},
        {"polling_url": "https://other.example.com/poll"},
        {"polling_url": 7},
    ],
    ids=str,
)
def test_an_answer_without_an_image_is_an_error(shape: str, body: object, configured: Configured) -> None:
    with Stub(shape) as stub:
        said = refused(stub, configured, Answer(200, body))
    assert said.startswith(f"route `here`: the answer of {stub.base_url} has no image: ")


def test_a_wrong_token_is_an_error_that_does_not_repeat_it(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stub("together") as stub:
        configured(here=stub.table())
        monkeypatch.setenv("STUB_TOKEN", "sk-another-secret")
        with pytest.raises(ImagesError) as caught:
            ask()
    assert "sk-another" not in str(caught.value)
    assert str(caught.value).endswith('Bearer *** is wrong"}}; check the environment variable STUB_TOKEN')


def test_the_token_does_not_reach_the_place_of_the_files(configured: Configured) -> None:
    for shape in ("together", "fal", "replicate", "bfl"):
        with Stub(shape, by_url=True) as stub:
            configured(here=stub.table())
            ask(n=1)
            files = [one for one in stub.received if one.path.startswith("/files/")]
        assert files
        assert all(TOKEN not in str(one.headers) for one in files)


def test_tasks_are_looked_at_until_they_are_ready(configured: Configured) -> None:
    for shape in ("replicate", "bfl"):
        with Stub(shape, ready_after=3) as stub:
            configured(here=stub.table())
            assert len(ask(n=1)) == 1
        assert stub.looks == 3
        with Stub(shape, ready_after=10**9) as stub:
            configured(here=stub.table(timeout_seconds=1))
            with pytest.raises(ImagesError, match="not ready within 1 seconds"):
                ask(n=1)


def test_a_task_that_failed_is_an_error(configured: Configured) -> None:
    for shape, status in (("bfl", "Content Moderated"), ("replicate", "canceled")):
        with Stub(shape) as stub:
            configured(here=stub.table())
            ask(n=1)
            stub.plan.extend([stub.answer(stub.made[0]), Answer(200, {"id": "p1", "status": status})])
            with pytest.raises(ImagesError, match=f"ended as `{status}`"):
                ask(n=1)


def test_a_prediction_that_is_ready_at_once_is_not_looked_at(configured: Configured) -> None:
    with Stub("replicate", ready_after=0) as stub:
        configured(here=stub.table())
        assert len(ask()) == 2
    assert stub.looks == 0
    assert stub.made[0].headers["prefer"] == "wait"


def test_jpeg_and_webp_are_known_by_their_bytes(configured: Configured) -> None:
    files = {"image/jpeg": b"\xff\xd8\xff\xe0", "image/webp": b"RIFF\0\0\0\0WEBP", "image/png": png(1, 1)}
    for kind, data in files.items():
        with Stub("openai") as stub:
            configured(here=stub.table())
            stub.plan.append(Answer(200, {"data": [{"b64_json": base64.b64encode(data).decode()}]}))
            assert ask(n=1) == [GeneratedImage(data, kind)]


def test_an_image_that_is_too_large_is_an_error(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("images.transport.MOST_BYTES", 10)
    with Stub("fal") as stub:
        assert refused(stub, configured).endswith("it is larger than 10 bytes")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": "big"}, "`big` is not a size; write it as 1024x1024"),
        ({"size": "0x64"}, "`0x64` is not a size; write it as 1024x1024"),
        ({"n": 0}, "0 images cannot be asked for at once: 1 to 64"),
        ({"n": 65}, "65 images cannot be asked for at once: 1 to 64"),
    ],
)
def test_what_no_route_can_make_is_refused_before_it_is_sent(
    options: dict[str, object], said: str, configured: Configured
) -> None:
    with Stub("openai") as stub:
        configured(here=stub.table())
        with pytest.raises(ImagesError) as caught:
            ask(**options)
    assert str(caught.value) == said
    assert not stub.received


def test_an_empty_prompt_is_refused(configured: Configured) -> None:
    configured(here=Stub("openai").table())
    with pytest.raises(ImagesError, match="the prompt is empty"):
        generate(" ")


def test_moving_between_routes_changes_the_configuration_only(
    configured: Configured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stub("kit_server") as own, Stub("together") as rented, Stub("openai") as closed:
        configured(self_host=own.table(), open_weight_api=rented.table(), closed_api=closed.table())
        assert len(ask()) == 2
        text = (tmp_path / "routes.toml").read_text()
        (tmp_path / "routes.toml").write_text(text.replace('route = "self_host"', 'route = "open_weight_api"'))
        assert len(ask()) == 2
        monkeypatch.setenv("IMAGES_ROUTE", "closed_api")
        assert len(ask()) == 2
        monkeypatch.setenv("IMAGES_ROUTE", "self_host")
        assert len(ask()) == 2
    assert [len(stub.made) for stub in (own, rented, closed)] == [2, 1, 1]
    assert own.made[0].body["model"] == MODEL


def test_fewer_images_than_were_asked_for_are_an_error(configured: Configured) -> None:
    one = {"b64_json": base64.b64encode(png(64, 64)).decode()}
    with Stub("sglang") as stub:
        said = refused(stub, configured, Answer(200, {"created": 1, "data": [one]}))
    assert "2 images were asked for, 1 came; ask for fewer at once" in said
