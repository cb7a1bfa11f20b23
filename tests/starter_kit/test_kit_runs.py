"""A written kit in use: its own tests, its shapes against those of the catalogue, its log in ``advisor monitor``."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from advisor.catalogue.loader import UNSUPPORTED, Shape
from advisor.cli.main import run
from advisor.common.files import bundled
from tests.starter_kit.kits import DAY, EXAMPLES, OF_ROUTE, in_kit, starter

STARTER = bundled("templates") / "starter"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
CALLS = """
import sys, warnings
from pathlib import Path
sys.path[:0] = [".", "tests"]
warnings.simplefilter("ignore")
from stubs import Answer, Stub
from images import ImagesError, generate
routes = Path("routes.toml")
with Stub("nscale") as stub:
    text = routes.read_text().replace("https://inference.api.nscale.com/v1", stub.base_url)
    routes.write_text(text.replace("black-forest-labs/FLUX.1-schnell", "stub/model-1"))
    for n in (1, 2, 3):
        generate("a boat", steps=4, seed=7, size="64x64", n=n)
    stub.plan.append(Answer(400, {"error": "no"}))
    try:
        generate("a boat", size="64x64")
    except ImagesError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kits") / "kit"
    assert starter(OF_ROUTE["open_weight_api"], folder) == 0
    return folder


def test_the_tests_of_the_kit_pass_in_it(kit: Path) -> None:
    said = in_kit(kit, *PYTEST)
    assert " passed" in said.splitlines()[-1]


@pytest.mark.parametrize("name", ["self_host", "closed_api", "stated_prices"])
def test_the_configuration_of_every_route_is_read(name: str, tmp_path: Path) -> None:
    assert starter(OF_ROUTE[name], tmp_path / "kit") == 0
    said = in_kit(tmp_path / "kit", *PYTEST, "tests/test_config.py", "tests/test_shapes.py")
    assert "skipped" not in said
    assert " passed" in said.splitlines()[-1]


def test_every_shape_of_the_catalogue_is_one_of_the_kit() -> None:
    with (STARTER / "differences.csv").open(encoding="utf-8", newline="") as file:
        shapes = {row["shape"] for row in csv.DictReader(file)}
    assert set(get_args(Shape)) - {UNSUPPORTED} <= shapes
    assert shapes - set(get_args(Shape)) == {"kit_server", "vllm_omni", "sglang"}


def test_the_log_of_a_kit_is_watched_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kit"
    assert starter(OF_ROUTE["open_weight_api"], folder) == 0
    scenario = EXAMPLES / f"{OF_ROUTE['open_weight_api']}.scenario.yaml"
    assert run(["decide", str(scenario), "--date", DAY, "--out", str(tmp_path / "memo")]) == 0
    (record,) = (tmp_path / "memo").glob("*.decision.json")
    refusal = in_kit(folder, "-c", CALLS, NSCALE_API_KEY="sk-secret-of-the-stub-4711")
    assert "answered 400" in refusal
    lines = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert [(line["images"], line["status"]) for line in lines] == [(1, "ok"), (2, "ok"), (3, "ok"), (0, "error 400")]
    days = {date.fromisoformat(line["at"][:10]) for line in lines}
    monkeypatch.chdir(folder)
    capsys.readouterr()
    on = str(max(days) + timedelta(days=1))
    command = ["monitor", "requests.jsonl", "--decision", str(record), "--no-history", "--json", "--date", on]
    assert run(command) == 0
    months = json.loads(capsys.readouterr().out)["months"]
    assert {month["month"] for month in months} == {str(day)[:7] for day in days}
    assert sum(Decimal(month["images"]) for month in months) == 6
    assert sum(month["requests"] for month in months) == 3
    assert sum(Decimal(month["cost"]) for month in months) == 6 * Decimal("0.001363")
    assert {month["volume_basis"] for month in months} == {"counted"}
