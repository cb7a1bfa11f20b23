"""The walk-through of CONTRIBUTING.md, walked: its trait, its rule and its cases work as they stand there."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

from advisor.common.files import bundled
from advisor.rule_testing.cases import failures
from advisor.rulebook.loader import load_rulebook

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def snippet(beginning: str) -> str:
    """The YAML block that begins so, without its indentation."""
    blocks = map(textwrap.dedent, re.findall(r"^ *```yaml\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL))
    (found,) = (block for block in blocks if block.startswith(beginning))
    return found


def append(file: Path, text: str, indent: str = "") -> None:
    file.write_text(file.read_text() + "\n" + textwrap.indent(text, indent))


def test_the_rule_of_the_walk_through_works(tmp_path: Path) -> None:
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules")
    routes = folder / "routes.yaml"
    text = routes.read_text().replace(
        "\noffers:", "\n" + textwrap.indent(snippet("keeps_prompts:"), "  ") + "\noffers:"
    )
    for cost, value in {"none": "no", "low": "unknown", "high": "yes"}.items():
        stated = f"      switching_cost: {cost}"
        text = text.replace(stated, f"{stated}\n      keeps_prompts: {value}")
    routes.write_text(text)
    append(folder / "gates" / "residency.yaml", snippet("# rules/gates/residency.yaml"))
    append(folder / "cases" / "residency.yaml", snippet("- id: the-best-model"), "  ")

    rulebook = load_rulebook(folder)
    assert {case.id for case in rulebook.cases if "prompts-not-kept" in case.about} == {
        "the-best-model-keeps-prompts",
        "prompts-that-may-go-anywhere-may-be-kept",
    }
    assert failures(rulebook) == []


def test_the_term_of_the_walk_through_is_the_one_in_use() -> None:
    assert snippet("own_low:").strip() in (ROOT / "rules" / "terms.yaml").read_text()


def test_the_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    assert [target for target in targets if "://" not in target and not (ROOT / target).exists()] == []
