"""The words of the questions, with those of templates of one's own in their place."""

from __future__ import annotations

from pathlib import Path

from advisor.domain.scenario import FIELDS
from advisor.wording.labels import wordings

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


def test_braces_that_name_nothing_are_text(tmp_path: Path) -> None:
    (tmp_path / "questions.yaml").write_text(OWN)
    words = wordings(tmp_path)["control"].about(units="seconds", unit="second", media="video")
    assert (words.ask, words.help) == ("How deep must {depth} reach for video?", "All seconds.")
