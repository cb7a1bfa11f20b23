"""``advisor verify`` on a record or a memo of a plan: planned again, and every edit is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalogue.loader import bundled_catalogue
from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.portfolio.memo import file_stems, plan_html, plan_markdown
from advisor.portfolio.plan_files import is_plan, verified_plan
from advisor.portfolio.record import PortfolioPlan
from advisor.rulebook.loader import bundled_rulebook
from advisor.verification.verify import Verification, VerificationVerdict
from advisor.verification.verify import verified as verified_decision
from tests.helpers.strategies import examples
from tests.portfolio.test_said import planned, stated_portfolios

RULEBOOK = bundled_rulebook()
TEXTS: dict[str, Callable[[PortfolioPlan], str]] = {
    "plan.portfolio.json": PortfolioPlan.to_json,
    "plan.portfolio.md": lambda plan: plan_markdown(plan, [f"./plan/{stem}" for stem in file_stems(plan)]),
    "plan.portfolio.html": lambda plan: plan_html(plan, [f"./plan/{stem}" for stem in file_stems(plan)]),
    "standard input": plan_markdown,
}


def verified(text: str, file: str = "standard input") -> Verification:
    return (verified_plan if is_plan(text) else verified_decision)(text, file, RULEBOOK)


@given(stated_portfolios())
@examples(60)
def test_whatever_is_written_of_a_plan_is_verified(stated: dict[str, Any]) -> None:
    _, plan = planned(stated)
    for file, text_of in TEXTS.items():
        assert is_plan(text_of(plan))
        found = verified(text_of(plan), file)
        assert (found.verdict, found.differences, found.remarks) == (VerificationVerdict.VERIFIED, (), ())
        assert found.same_outcome


@given(stated_portfolios(), st.data())
@examples(100)
def test_a_changed_character_is_found(stated: dict[str, Any], data: st.DataObject) -> None:
    _, plan = planned(stated)
    file = data.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[file](plan)
    # A changed portfolio or date is another input, and what is written of it may be the same.
    parts = [("The portfolio as planned", "<!-- review notes")]
    if file.endswith("json"):
        parts = [('"decided_on"', '"rulebook_digest"'), ('"portfolio": {', '"status"')]
    inputs = [(text.index(start), text.index(end, text.index(start))) for start, end in parts]
    digits = [
        at
        for at, character in enumerate(text)
        if character.isdigit() and not any(start < at < end for start, end in inputs)
    ]
    at = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from(sorted(set("0123456789") - {text[at]})))
    changed = text[:at] + other + text[at + 1 :]
    try:
        found = verified(changed, file)
    except BadInput:
        return
    # A change of the advisor's version is a remark: what another version wrote is compared with today's output.
    assert found.verdict is not VerificationVerdict.VERIFIED or found.remarks, text[at - 40 : at + 20]


def _of_small() -> PortfolioPlan:
    workload = {"title": "A & <B>", "monthly_images": 400000, "open_price": "0.03", "gpu_hour_price": "1.20"}
    needs = {"residency": "anywhere", "output_use": "internal", "indemnity_required": False, "train_on_outputs": False}
    needs |= {"quality": "open_suffices", "control": "prompt_only", "latency": "tolerant"}
    amounts = {"images_per_gpu_hour": 600, "monthly_overhead": 100, "closed_price": "0.04"}
    return planned({"shared_overhead": "2000", "workloads": [{**workload, **needs, **amounts}]})[1]


def test_an_edited_memo_names_the_section() -> None:
    memo = plan_markdown(_of_small())
    found = verified(memo.replace("$2,900", "$1,900"))
    assert found.verdict is VerificationVerdict.DIFFERS
    assert "section `What it costs`" in {one.where for one in found.differences}


def test_an_edited_record_names_the_field() -> None:
    record = json.loads(_of_small().to_json())
    record["total"] = "1.00"
    found = verified(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    assert [(one.where, one.expected, one.found) for one in found.differences] == [("total", '"2900.00"', '"1.00"')]


def test_other_prices_are_not_compared() -> None:
    _, plan = planned({"shared_overhead": "0", "workloads": [{"title": "A"}]})
    of_catalogue = plan.model_copy(update={"catalogue_digest": bundled_catalogue().digest})
    found = verified(of_catalogue.to_json())
    assert found.verdict is VerificationVerdict.CATALOGUE_CHANGED
    other_rules = plan.model_copy(update={"rulebook_digest": "sha256:" + "0" * 64})
    assert verified(other_rules.to_json()).verdict is VerificationVerdict.RULES_CHANGED


def test_review_notes_and_line_ends_are_the_reviewers(tmp_path: Path) -> None:
    memo = plan_markdown(_of_small()).replace("-->\n\n<!-- end", "-->\nI agree.\n\n```yaml\nx: 1\n```\n\n<!-- end")
    assert "I agree." in memo
    assert verified(memo).verdict is VerificationVerdict.VERIFIED
    found = verified(memo.replace("\n", "\r\n"))
    assert found.verdict is VerificationVerdict.VERIFIED
    assert found.remarks == ("its line ends are those of Windows (CRLF), and were read as LF",)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("Proposed on 2026", "Proposed in 2026", "the section `Origin` is missing or incomplete"),
        ("Proposed on 2026-01", "Proposed on 2026-31", "the date of the plan is not a date"),
        ("rulebook `sha256:", "rulebook `sha1:", "the section `Origin` is missing or incomplete"),
        ("open_price: 0.03", "open_price: three", "`three` is not a plain number"),
    ],
)
def test_a_memo_that_cannot_be_planned_again_is_an_error(
    old: str, new: str, error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memo = plan_markdown(_of_small())
    assert old in memo
    path = tmp_path / "x.portfolio.md"
    path.write_text(memo.replace(old, new))
    assert run(["verify", str(path)]) == 2
    assert error in capsys.readouterr().err


def test_a_broken_record_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.portfolio.json"
    path.write_text(
        _of_small().to_json().replace('"workloads": [', '"workloads": [3, ', 1).replace('"2900.00"', "2900")
    )
    assert run(["verify", str(path)]) == 2
    assert "this is not the record of a plan" in capsys.readouterr().err
