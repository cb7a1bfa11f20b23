"""Every code has its page, and each page's example is reported under its code and mended by its fix."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.rule_testing.cases import failures
from advisor.rulebook.lint import findings
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.records import ERROR, WARNING, Code

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
HEADINGS = ["What it means", "An example that produces it", "How to fix it", "Why it is checked"]
BLOCK = re.compile(
    r"^```yaml\n# (appended to|in place of|without|as bundled:) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
OF_THE_BUNDLED = {case.id for case in load_rulebook().cases}


def sections(code: Code) -> dict[str, str]:
    title, *parts = re.split(r"^## (.*)\n", (PAGES / f"{code}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert title.startswith(f"# {code}\n")
    assert code.meaning.lower() in title.lower()
    assert f"({code.level})" in title
    return dict(zip(parts[::2], parts[1::2], strict=True))


def apply(section: str, folder: Path) -> None:
    """Does to a rules folder what the first line of each block says."""
    blocks = BLOCK.findall(section)
    assert len(blocks) == section.count("```yaml") > 0
    for how, name, text in blocks:
        file = folder / name
        if how == "without":
            file.unlink()
        elif how == "as bundled:":
            shutil.copy(bundled("rules") / name, file)
        else:
            file.parent.mkdir(exist_ok=True)
            file.write_text((file.read_text() + "\n" if how == "appended to" else "") + text)


def reported(folder: Path) -> list[tuple[str | None, str]]:
    """The code of each finding, and whether loading refused it."""
    try:
        return [(problem.code, WARNING) for problem in findings(load_rulebook(folder))]
    except BadInput as error:
        return [(problem.code, ERROR) for problem in error.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("rules"), tmp_path / "rules")


@pytest.mark.parametrize("code", Code)
def test_a_page_has_its_headings(code: Code) -> None:
    assert list(sections(code)) == HEADINGS


@pytest.mark.parametrize("code", Code)
def test_the_example_of_a_page_is_reported_under_its_code(code: Code, folder: Path) -> None:
    apply(sections(code)["An example that produces it"], folder)
    assert reported(folder) == [(code, code.level)]


@pytest.mark.parametrize("code", Code)
def test_the_fix_of_a_page_is_clean_and_its_cases_hold(code: Code, folder: Path) -> None:
    apply(sections(code)["How to fix it"], folder)
    assert reported(folder) == []
    rulebook = load_rulebook(folder)
    added = tuple(case for case in rulebook.cases if case.id not in OF_THE_BUNDLED)
    assert [str(failure) for failure in failures(replace(rulebook, cases=added))] == []


def test_the_index_lists_every_code() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\S+)\]\((\S+)\) \| (\S+) \| (.*) \|$", index, re.MULTILINE)
    assert rows == [(str(code), f"{code}.md", code.level, code.meaning) for code in Code]


def test_no_page_is_without_its_code() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {"README", *Code}


def test_every_fault_of_loading_is_made_with_a_code() -> None:
    for path in sorted((ROOT / "advisor" / "rulebook").glob("*.py")):
        made = len(re.findall(r"\bProblem\(", path.read_text()))
        assert made == {"records.py": 1, "listing.py": 1}.get(path.name, 0), path  # in `Code`, and for an option


def test_every_error_kept_as_golden_text_has_a_code_and_every_code_its_text() -> None:
    snapshots = (ROOT / "tests" / "bad_input" / "__snapshots__" / "test_rulebooks.ambr").read_text(encoding="utf-8")
    codes = set(re.findall(r"^ *error(?:\[(.*?)\])?:", snapshots, re.MULTILINE))
    assert codes == {str(code) for code in Code if code.level != WARNING}
