"""Templates of one's own: faults are told with file and line, and nothing outside the folder can be reached."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from advisor.cli.main import run
from tests.bad_input.conftest import Refused

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"
TEMPLATES = ROOT / "reports" / "templates"
SECRET = "nobody may print this"

CASES: dict[str, str] = {
    "print-not-closed": "# {{ title }\n",
    "block-not-closed": "{% for claim in claims.of('costs') %}\n{{ claim.kind }}\n",
    "block-unknown": "{% frobnicate %}\n",
    "filter-unknown": "{{ title | shout }}\n",
    "name-unknown": "# {{ titel }}\n",
    "field-unknown": "{{ decision.rute }}\n",
    "field-of-an-unknown-field": "{{ decision.migration_plan.cost }}\n",
    "position-unknown": "{{ claims.of('costs')[99] }}\n",
    "not-callable": "{{ decision() }}\n",
    "not-a-number": "{{ title | money }}\n",
    "division-by-zero": "{{ 1 / 0 }}\n",
    "range-too-large": "{{ range(10 ** 9) | list }}\n",
    "memory-without-an-end": "{{ 'a' * 2 ** 62 }}\n",
    "macro-without-an-end": "{% macro again() %}{{ again() }}{% endmacro %}\n{{ again() }}\n",
    "include-of-nothing": "{% include 'nothing.j2' %}\n",
    "include-of-another-faulty-file": "{% include 'faulty.j2' %}\n",
    "include-above-the-folder": "{% include '../secret.txt' %}\n",
    "include-by-an-absolute-path": "{% include '/etc/hostname' %}\n",
    "include-by-a-link-out-of-the-folder": "{% include 'link.j2' %}\n",
    "include-of-a-nul": "{% include '\\x00' %}\n",
    "escape-by-class": "{{ ''.__class__.__mro__ }}\n",
    "escape-by-function": "{{ claims.of.__globals__ }}\n",
    "escape-by-format": "{{ '{0.__class__}'.format(claims) }}\n",
    "escape-by-filter": "{{ claims | attr('__class__') }}\n",
    "escape-to-private-parts": "{{ claims._claims }}\n",
    "change-of-the-decision": "{{ decision.clear() }}\n",
}

QUESTIONS: dict[str, str] = {
    "questions-empty": "",
    "questions-in-prose": "Where may prompts go?\n",
    "questions-in-a-list": "- residency\n",
    "question-in-a-word": "residency: Where may prompts go?\n",
    "question-without-help": "residency:\n  ask: Where may prompts go?\n",
    "question-in-a-number": "residency:\n  ask: 12\n  help: none\n",
    "question-with-answers-in-a-list": "residency:\n  ask: Where?\n  help: none\n  answers: [anywhere]\n",
    "question-with-an-answer-in-a-word": "residency:\n  ask: Where?\n  help: none\n  answers:\n    anywhere: all\n",
    "question-with-half-an-answer": "residency: {ask: Where?, help: none, answers: {anywhere: {short: all}}}\n",
}

LINKS = ("questions-by-a-link-out-of-the-folder", "questions-by-a-link-to-itself")

PAGE_CASES: dict[str, str] = {
    "page-print-not-closed": "<title>{{ title }</title>\n",
    "page-name-unknown": "<title>{{ titel }}</title>\n",
    "page-escape-by-class": "{{ body.__class__.__mro__ }}\n",
    "page-include-above-the-folder": "{% include '../secret.txt' %}\n",
}


def _folder(case: str, template: str = "memo.md.j2") -> Path:
    """A complete folder of templates with a faulty one. It has a name of its own, because wordings are remembered."""
    folder = Path(case)
    shutil.copytree(TEMPLATES, folder)
    Path("secret.txt").write_text(SECRET)
    (folder / "link.j2").symlink_to(Path("secret.txt").resolve())
    (folder / "faulty.j2").write_text("one\ntwo {{ three }}\n")
    (folder / template).write_text("{# The memo. #}\n" + {**CASES, **PAGE_CASES}.get(case, ""))
    shutil.copy(EXAMPLE, "ok.yaml")
    return folder


@pytest.mark.parametrize("case", CASES)
def test_the_template_is_refused(
    case: str,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    folder = _folder(case)
    assert refused("decide", "ok.yaml", "--templates", str(folder), "--out", "out") == snapshot


@pytest.mark.parametrize("case", PAGE_CASES)
def test_the_template_of_the_page_is_refused(
    case: str,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    folder = _folder(case, "page.html.j2")
    assert refused("decide", "ok.yaml", "--templates", str(folder), "--out", "out") == snapshot


@pytest.mark.parametrize("case", QUESTIONS)
def test_the_questions_are_refused(
    case: str,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    folder = _folder(case)
    (folder / "questions.yaml").write_text(QUESTIONS[case])
    assert refused("decide", "ok.yaml", "--templates", str(folder), "--out", "out") == snapshot


@pytest.mark.parametrize("case", LINKS)
def test_questions_by_a_link_are_refused(
    case: str,
    refused: Refused,
    snapshot: SnapshotAssertion,
) -> None:
    questions = _folder(case) / "questions.yaml"
    questions.unlink()
    questions.symlink_to(TEMPLATES / "questions.yaml" if "out" in case else "questions.yaml")
    assert refused("decide", "ok.yaml", "--templates", case, "--out", "out") == snapshot


def test_a_folder_without_the_template_of_the_page_is_refused(refused: Refused, snapshot: SnapshotAssertion) -> None:
    folder = _folder("page-missing", "page.html.j2")
    (folder / "page.html.j2").unlink()
    assert refused("decide", "ok.yaml", "--templates", folder.name, "--out", "out") == snapshot


def test_a_title_is_not_a_template(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    title = "{{ 7 * 7 }}{% include 'secret.txt' %}"
    for format in ("md", "html", "txt"):
        assert run(["decide", str(EXAMPLE), "--set", f"title={title}", "--format", format]) == 0
        shown = capfd.readouterr().out.replace("\\", "").replace("&#39;", "'")
        assert title in shown
        assert "49" not in re.sub("<svg.*?</svg>", "", shown.partition("Inputs")[0], flags=re.DOTALL)


def test_a_template_that_is_not_text_is_refused(refused: Refused, snapshot: SnapshotAssertion) -> None:
    folder = _folder("not-text")
    (folder / "memo.md.j2").write_bytes(b"# caf\xe9\n")
    assert refused("decide", "ok.yaml", "--templates", "not-text") == snapshot


def test_a_copy_of_the_bundled_templates_prints_the_same(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(TEMPLATES, "copy")
    for format in ("md", "html", "txt"):
        arguments = ["decide", str(EXAMPLE), "--date", "2026-01-01", "--format", format]
        assert run(arguments) == 0
        bundled = capfd.readouterr().out
        assert run([*arguments, "--templates", "copy"]) == 0
        assert capfd.readouterr().out == bundled
