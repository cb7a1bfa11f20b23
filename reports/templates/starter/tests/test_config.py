"""``routes.toml``: which route is active, and errors that say what to fill in."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from stubs import Configured, Stub

from images import ImagesError
from images.config import FOLDER, load_route
from images.shapes import shapes


def refused(name: str | None = None) -> str:
    with pytest.raises(ImagesError) as caught:
        load_route(name)
    return str(caught.value)


def test_the_file_of_the_kit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGES_CONFIG", raising=False)
    monkeypatch.delenv("IMAGES_ROUTE", raising=False)
    if not (FOLDER / "routes.toml").exists():
        pytest.skip("this is the template of the kit, without a decision")
    data = tomllib.loads((FOLDER / "routes.toml").read_text(encoding="utf-8"))
    assert data["route"] in data["routes"]
    for name, table in data["routes"].items():
        if table["base_url"] and table["model"]:
            assert load_route(name).shape in shapes()
        else:
            assert "fill in" in refused(name)


def test_a_table_becomes_a_route(configured: Configured) -> None:
    configured(here=Stub("fal").table(price_per_image="0.0025", steps=4))
    route = load_route()
    assert (route.name, route.shape, route.price_per_image, route.steps) == ("here", "fal", Decimal("0.0025"), 4)
    assert route == load_route("here")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base_url": ""}, "fill in `base_url` of [routes.here]"),
        ({"model": "", "shape": ""}, "fill in `model`, `shape` of [routes.here]"),
        ({"base_url": "127.0.0.1"}, "`base_url` of [routes.here] in F is no http address: `127.0.0.1`"),
        ({"base_ur": "x"}, "unknown key `base_ur` of [routes.here] in F; did you mean `base_url`?"),
        ({"price_per_image": 0.5}, "no amount in quotes"),
        ({"price_per_image": "-1"}, "no amount in quotes"),
        ({"price_per_image": "cheap"}, "no amount in quotes"),
        ({"steps": 0}, "`steps` of [routes.here] in F is not a whole number of at least 1"),
        ({"max_retries": True}, "`max_retries` of [routes.here] in F is not a whole number of at least 0"),
        ({"model": 7}, "`model` of [routes.here] in F is not text"),
    ],
)
def test_a_fault_of_a_table_is_named(
    changes: dict[str, object], said: str, configured: Configured, tmp_path: Path
) -> None:
    configured(here=Stub("fal").table(**changes))
    assert said in refused().replace(str(tmp_path / "routes.toml"), "F")


def test_a_route_that_does_not_exist_is_named_with_the_closest(configured: Configured) -> None:
    configured(self_host=Stub("kit_server").table())
    assert "there is no route `self-host`" in refused("self-host")
    assert refused("self-host").endswith("did you mean `self_host`?")
    assert refused("x").endswith("it has `self_host`")


def test_only_own_gpus_need_no_token(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(self_host=Stub("kit_server").table(token_variable=""), rented=Stub("fal").table(token_variable=""))
    assert load_route("self_host").token() == "none"
    assert "fill in `token_variable` of [routes.rented]" in refused("rented")
    configured(rented=Stub("fal").table())
    monkeypatch.delenv("STUB_TOKEN")
    with pytest.raises(ImagesError, match="set the environment variable STUB_TOKEN"):
        load_route().token()


@pytest.mark.parametrize("text", ["route = 7", "[routes]", 'route = "a"\nroutes = 7', "[", "\0"])
def test_a_file_that_is_none_is_refused(text: str, configured: Configured, tmp_path: Path) -> None:
    (tmp_path / "routes.toml").write_text(text)
    assert re.search("names no route|cannot be read", refused())
    (tmp_path / "routes.toml").unlink()
    assert "cannot be read" in refused()
