"""``advisor schema rules``: the bundled files satisfy it, broken ones do not."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from advisor.cli.main import run
from advisor.common import yaml_loader as strict_yaml
from advisor.common.files import bundled
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.schema import rules_schema
from advisor.rulebook.symbols import FIELD_NAMES, OUTCOME_NAMES
from tests.helpers.json_schema import valid

SCHEMA = rules_schema()
DEFINITIONS = SCHEMA["$defs"]
FAULTY: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).parents[1].joinpath("bad_input", "rulebooks.yaml").read_text(encoding="utf-8")
)


def kind_of(file: str) -> str:
    folder, _, name = file.rpartition("/")
    return f"{folder or name.removesuffix('.yaml')}_file"


def files() -> list[str]:
    return sorted(path.relative_to(bundled("rules")).as_posix() for path in bundled("rules").rglob("*.yaml"))


@pytest.mark.parametrize("file", files())
def test_a_bundled_file_satisfies_the_schema(file: str) -> None:
    document = strict_yaml.load((bundled("rules") / file).read_text(encoding="utf-8"), file)
    assert valid(document, DEFINITIONS[kind_of(file)], DEFINITIONS)
    assert valid(document, SCHEMA, DEFINITIONS)


REFUSED = [
    "advice-on-an-unknown-outcome",
    "any-not-a-list",
    "any-with-an-empty-condition",
    "axis-missing",
    "axis-unknown",
    "because-missing",
    "case-with-an-unknown-field",
    "case-with-an-unknown-route",
    "case-without-its-parts",
    "comparison-empty",
    "comparison-unknown",
    "constant-a-fraction",
    "constants-a-list",
    "eliminate-missing",
    "file-empty",
    "id-a-number",
    "id-missing",
    "id-with-spaces",
    "key-misspelt",
    "key-of-another-kind-of-rule",
    "list-empty",
    "name-of-a-route-in-a-gate",
    "name-of-another-kind-of-rule",
    "not-a-list",
    "not-a-record",
    "number-compared-for-equality",
    "offer-of-an-unknown-route",
    "offer-without-traits",
    "offers-empty",
    "offers-missing",
    "option-unknown",
    "options-without-an-order",
    "preference-for-an-unknown-route",
    "preference-for-nothing",
    "preference-that-asks-for-a-route-too-deep",
    "source-a-number",
    "source-empty",
    "term-not-text",
    "term-too-long",
    "terms-missing",
    "trait-of-an-unknown-field",
    "trait-that-lists-unknown",
    "trait-with-a-value-twice",
    "trait-without-a-label",
    "trait-without-values",
    "when-a-text",
    "when-missing",
]
"""Faulty rulebooks whose fault lies within one file and in its form."""


@pytest.mark.parametrize("case", REFUSED)
def test_a_faulty_file_does_not_satisfy_the_schema(case: str) -> None:
    judged = []
    for file, change in FAULTY[case].items():
        path = bundled("rules") / file
        text = change if isinstance(change, str) else path.read_text().replace(change["replace"], str(change["by"]))
        judged.append(valid(strict_yaml.load(text, file), DEFINITIONS[kind_of(file)], DEFINITIONS))
    assert False in judged


def test_what_the_loader_accepts_in_a_condition_the_schema_accepts(tmp_path: Path) -> None:
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules")
    text = """
- id: mine
  axis: cost
  when:
    quality: {not: [open_suffices, frontier_only]}
    control: {ge: adapters, lt: latents}
    open_rent: {lt: own, ge: 12.5}
    closed_api: feasible
    settled: [yes, no]
    indemnity_required: false
    not: {latency: predictable, monthly_images: {not: {lt: 10}}}
    any: [{route: self_host}, {all: [{moving: {not: none}}]}]
    monthly_images: {gt: few_step_speedup}
  advise: Read on.
  because: of that
  source: a test
"""
    path = folder / "advice.yaml"
    path.write_text(path.read_text() + text)
    assert "mine" in load_rulebook(folder).rules
    assert valid(strict_yaml.load(path.read_text(), "advice.yaml"), DEFINITIONS["advice_file"], DEFINITIONS)


def test_names_and_options_are_those_of_the_model() -> None:
    asked = {name for name in DEFINITIONS["advice_condition"]["properties"] if name not in ("all", "any", "not")}
    assert asked == {*FIELD_NAMES, *OUTCOME_NAMES}
    needs = set(DEFINITIONS["gate_condition"]["properties"]) - {"all", "any", "not"}
    assert needs == {name for name, known in FIELD_NAMES.items() if known.scope == "need"}
    assert DEFINITIONS["Axis"]["enum"] == list(Axis)
    assert DEFINITIONS["Route"]["enum"] == list(Route)


def test_every_reference_leads_to_a_definition() -> None:
    targets = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(SCHEMA)))
    assert targets <= set(DEFINITIONS)
    assert {name for name in DEFINITIONS if name not in targets} == set()


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "rules"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == SCHEMA
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
