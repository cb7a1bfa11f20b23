"""Records of schema version 1 are read by every command.

``version_1`` holds files as the advisor wrote them before version 2.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.domain.record import OF_CATALOGUE, Decision, parse_record
from advisor.domain.record_parts import Migration
from advisor.report.html import memo_html
from advisor.report.templates import memo_markdown
from advisor.rulebook.loader import bundled_rulebook
from advisor.verification.verify import VerificationVerdict, as_written, verified
from tests.verification.memos import EXAMPLES, NAMES, decision_of

VERSION_1 = Path(__file__).parent / "version_1"
RECORD, MEMO = VERSION_1 / "startup.decision.json", VERSION_1 / "startup.memo.md"
RULEBOOK = bundled_rulebook()


def version_1(name: str) -> str:
    """The record of an example as version 1 held it."""
    return as_written(decision_of(name), "0.1.0", 1).to_json()


def test_a_record_of_version_1_is_read_and_written_as_it_was() -> None:
    text = RECORD.read_text("utf-8")
    record = parse_record(text, "a record")
    assert record.schema_version == 1
    assert not record.is_complete
    assert record.to_json() == text


def test_what_version_1_lacks_is_unknown() -> None:
    record = parse_record(version_1("own-not-yet"), "a record")
    for render in (memo_markdown, memo_html):
        with pytest.raises(BadInput, match="schema version 1, which lacks what a memo states"):
            render(record)


@pytest.mark.parametrize("name", NAMES)
def test_records_and_memos_of_version_1_verify(name: str) -> None:
    found = verified(version_1(name), "a record", RULEBOOK)
    assert (found.verdict, found.differences) == (VerificationVerdict.VERIFIED, ())
    earlier = as_written(decision_of(name), "0.1.0", 1)
    for text in (memo_markdown(earlier), memo_html(earlier)):
        found = verified(text, "a memo", RULEBOOK)
        assert (found.verdict, found.differences) == (VerificationVerdict.VERIFIED, ())
        assert "its record has schema version 1, and is compared with a record of that version" in found.remarks


def test_an_edit_of_a_record_of_version_1_is_noticed() -> None:
    text = version_1("exercise-38-3-2").replace('"low": "2100.00"', '"low": "2100.01"')
    found = verified(text, "a record", RULEBOOK)
    assert [difference.where for difference in found.differences] == ["monthly_costs.self_host.low"]


@pytest.mark.parametrize("field", sorted(Decision.added_fields()))
def test_a_field_belongs_to_its_version(field: str) -> None:
    now, earlier = json.loads(decision_of("own-not-yet").to_json()), json.loads(version_1("own-not-yet"))
    with pytest.raises(BadInput, match="extra inputs are not permitted") as caught:
        parse_record(json.dumps({**earlier, field: now[field]}), "a record")
    assert caught.value.problems[0].field == field
    if field in OF_CATALOGUE:
        now["catalogue_digest"] = "sha256:" + "0" * 64
    del now[field]
    with pytest.raises(BadInput, match="field required") as caught:
        parse_record(json.dumps(now), "a record")
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("field", sorted(OF_CATALOGUE))
def test_a_record_without_a_catalogue_needs_no_field_of_it(field: str) -> None:
    now = json.loads(decision_of("own-not-yet").to_json())
    del now[field]
    assert parse_record(json.dumps(now), "a record").is_complete


@pytest.mark.parametrize("field", sorted(Migration.added_fields()))
def test_a_field_of_the_migration_belongs_to_its_version(field: str) -> None:
    now = json.loads(decision_of("own-not-yet").to_json())
    del now["migration"][field]
    with pytest.raises(BadInput, match="field required") as caught:
        parse_record(json.dumps(now), "a record")
    assert caught.value.problems[0].field == f"migration.{field}"


def test_every_command_reads_the_files_of_version_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in VERSION_1.iterdir():
        shutil.copy(path, tmp_path)
    record, memo = str(tmp_path / RECORD.name), str(tmp_path / MEMO.name)
    for file in (record, memo):
        found = verified(Path(file).read_text("utf-8"), file, RULEBOOK)
        assert found.verdict in (VerificationVerdict.VERIFIED, VerificationVerdict.RULES_CHANGED)
        assert found.same_outcome
    assert run(["recheck", str(tmp_path)]) == 0
    assert "2 records and memos decided again: 0 would differ" in capsys.readouterr().out
    assert run(["explain", record]) == 0
    usage = [str(path) for path in sorted((EXAMPLES / "startup-year" / "usage").glob("*"))]
    said = []
    for decision in (record, str(EXAMPLES / "startup-year" / RECORD.name)):
        capsys.readouterr()
        options = ["--decision", decision, "--no-history", "--date", "2026-11-02", "--json"]
        assert run(["monitor", *usage, *options]) == 0
        found_in_usage = json.loads(capsys.readouterr().out)
        notes = [note for note in found_in_usage["notes"] if not note.startswith("the rules have changed")]
        said.append({**found_in_usage, "notes": notes, "decision_file": ""})
    assert said[0] == said[1]
