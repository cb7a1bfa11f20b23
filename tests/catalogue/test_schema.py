"""``advisor schema catalogue``: the bundled files satisfy it, broken ones do not."""

from __future__ import annotations

import json

import pytest

from advisor.catalogue.entries import LISTS
from advisor.catalogue.loader import catalogue_schema
from advisor.cli.main import run
from advisor.common import yaml_loader
from advisor.common.files import bundled
from tests.helpers.json_schema import valid

SCHEMA = catalogue_schema()


def satisfied(text: str) -> bool:
    return valid(yaml_loader.load(text, "x.yaml"), SCHEMA, SCHEMA["$defs"])


@pytest.mark.parametrize("name", LISTS)
def test_a_bundled_file_satisfies_the_schema(name: str) -> None:
    assert satisfied((bundled("catalogue") / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("usd: 0.003\n", "usd: free\n"),
        ("    usd: 0.003\n", ""),
        ("usd: 0.003\n", "usd:\n"),
        ("confidence: medium\n", "confidence: sure\n"),
        ("as_of: 2026-11-22\n", "as_of: yesterday\n"),
        ("    as_of: 2026-11-22\n", ""),
        ("size: 1024x1024\n", "size: large\n"),
        ("steps: 4\n", "steps: 0\n"),
        ("control: pinned_version\n", "control: deep\n"),
        ("unit: image\n", "unit: image\n    colour: blue\n"),
        ("hosted:\n", "prices:\n"),
    ],
)
def test_a_broken_file_does_not(old: str, new: str) -> None:
    text = (bundled("catalogue") / "hosted.yaml").read_text(encoding="utf-8")
    assert old in text
    assert not satisfied(text.replace(old, new, 1))


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "catalogue"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(SCHEMA))
