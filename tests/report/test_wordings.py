"""The words of the questions, with those of templates of one's own in their place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.domain.scenario import FIELDS
from advisor.wording.labels import wordings
from tests.bad_input.test_command_lines import EXAMPLE

OWN = """\
control:
  ask: How deep must {depth} reach for {media}?
  help: All {units}.
  answers:
    adapters: {short: LoRA, means: trained here}
"""


def test_what_is_left_out_is_worded_as_bundled(tmp_path: Path) -> None:
    (tmp_path / "questions.yaml").write_text(OWN)
    own, bundled = wordings(tmp_path), wordings()
    assert {name: words for name, words in own.items() if name != "control"} == {
        name: words for name, words in bundled.items() if name != "control"
    }
    assert list(own["control"].answers) == list(FIELDS["control"].options)
    assert own["control"].answers["adapters"].short == "LoRA"
    assert own["control"].answers["latents"] == bundled["control"].answers["latents"]


def test_a_need_without_a_short_name_is_listed_by_its_topic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    templates = shutil.copytree(bundled("templates"), tmp_path / "templates")
    words = templates / "words.j2"
    text = re.sub(r"{% set need_name = {.*?} %}", "{% set need_name = {} %}", words.read_text(), flags=re.DOTALL)
    assert text != words.read_text()
    words.write_text(text)
    assert run(["decide", str(EXAMPLE), "--templates", str(templates)]) == 0
    answers = capsys.readouterr().out.partition("or another answer on ")[2].partition("\n")[0]
    assert "where prompts and images may go" in answers
    assert not [field for field in FIELDS if "_" in field and field in answers]


def test_braces_that_name_nothing_are_text(tmp_path: Path) -> None:
    (tmp_path / "questions.yaml").write_text(OWN)
    words = wordings(tmp_path)["control"].about(units="seconds", unit="second", media="video")
    assert (words.ask, words.help) == ("How deep must {depth} reach for video?", "All seconds.")
