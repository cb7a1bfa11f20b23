"""What a kit measures, in ``advisor decide``: the line to paste is taken as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli.main import run
from tests.starter_kit.kits import DAY, EXAMPLES, OF_ROUTE, in_kit, starter

MEASURES = """
import sys, tomllib
from pathlib import Path
sys.path[:0] = [".", "tests"]
from stubs import MODEL, Stub
from images.measure import main
routes = Path("routes.toml")
with Stub("kit_server") as stub:
    text = routes.read_text()
    own = tomllib.loads(text)["routes"]["self_host"]
    routes.write_text(text.replace(own["base_url"], stub.base_url).replace(own["model"], MODEL))
    sys.exit(main(["--images", "8", "--concurrency", "2", "--size", "64x64", "--gpus", "2"]))
"""


def test_the_measured_rate_is_taken_by_decide_as_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert starter(OF_ROUTE["self_host"], tmp_path / "kit") == 0
    line = in_kit(tmp_path / "kit", "-c", MEASURES).splitlines()[-1]
    option, setting = line.split(" ")
    scenario = EXAMPLES / f"{OF_ROUTE['self_host']}.scenario.yaml"
    capsys.readouterr()
    assert run(["decide", str(scenario), option, setting, "--date", DAY, "--json"]) in (0, 3, 4)
    rate = json.loads(capsys.readouterr().out)["scenario"]["images_per_gpu_hour"]
    assert f"images_per_gpu_hour={rate}" == setting
