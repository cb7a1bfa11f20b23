"""Questions without words are found before anybody is asked."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.interview import answer_texts, question_view
from advisor.interview.flow import flow_of
from advisor.interview.state import InterviewState
from advisor.rulebook.loader import bundled_rulebook
from advisor.wording import labels


def test_every_bundled_question_has_its_words() -> None:
    assert list(answer_texts.unworded()) == []


def without(text: str, name: str) -> str:
    return re.sub(rf"^{name}:\n(?:  .*\n)+", "", text, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("templates"), tmp_path / "templates")


def test_what_has_no_words_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "questions.yaml"
    text = without(file.read_text(encoding="utf-8"), "latency")
    text = re.sub(r"^    latents: .*\n|^    on_call: .*\n", "", text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    own = labels._read(folder)
    monkeypatch.setattr(answer_texts, "wordings", lambda templates: own)
    found = [problem.what for problem in answer_texts.unworded()]
    assert found == [
        "the option `latents` of the question `control` has no wording",
        "the question `latency` has no wording",
        "the question `monthly_overhead.on_call` has no wording",
    ]
    assert run(["rules", "check"]) == 5
    assert "the question `latency` has no wording" in capsys.readouterr().out


def test_a_question_without_words_is_no_key_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.interview import answer_texts

    monkeypatch.setattr(answer_texts, "wordings", lambda templates: {})
    views = question_view.InterviewViews(flow_of(bundled_rulebook()))
    with pytest.raises(BadInput, match="the question `latency` has no wording"):
        views.question("latency", InterviewState())
