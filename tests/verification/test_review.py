"""What a reviewer writes into a memo is kept, and a decision is superseded without touching a fact."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common import yaml_loader as strict_yaml
from advisor.common.files import bundled
from advisor.report.memo_parts import NOTES_END, NOTES_START, parse_memo
from tests.verification.memos import EXAMPLES, EXERCISE, REWORDED, rules_with

NOTES = "\n  Ann: is r = 600 measured?\n\n```\n# rulebook: none\n```\n<b>\ttab</b>\r\n\u202e\u0000 \n"
OLD, NEW = Path("old.memo.md"), Path("new.memo.md")


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario, under an old and a new name, and the old decision."""
    folder = tmp_path_factory.mktemp("decided")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        scenario = (EXAMPLES / f"{EXERCISE}.scenario.yaml").read_text()
        Path("old.scenario.yaml").write_text(scenario)
        Path("new.scenario.yaml").write_text(scenario.replace("50_000", "50000").replace("50000", "90000"))
        assert decide("old") == 0
    return folder


@pytest.fixture(autouse=True)
def here(decided: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy of that folder, to change."""
    shutil.copytree(decided, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()


def decide(name: str, *more: str) -> int:
    return run(["decide", f"{name}.scenario.yaml", "--out", ".", "--date", "2026-11-22", *more])


def scenario_of(name: str) -> Path:
    """Another scenario beside the old one; returns where its memo will be."""
    Path(f"{name}.scenario.yaml").write_text(Path("old.scenario.yaml").read_text())
    return Path(f"{name}.memo.md")


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_bytes().decode()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_bytes(text.encode())


def front_matter(path: Path) -> strict_yaml.Mapping:
    found = strict_yaml.load(path.read_text().split("---\n")[1], str(path))
    assert isinstance(found, strict_yaml.Mapping)
    return found


def noted(path: Path = OLD) -> None:
    edit(path, (f"{NOTES_START}\n\n{NOTES_END}", f"{NOTES_START}\n{NOTES}{NOTES_END}"))


def notes_of(path: Path) -> str | None:
    return parse_memo(path.read_bytes().decode(), str(path)).notes


def test_notes_and_the_reviewers_lines_survive_a_decision_over_them() -> None:
    noted()
    edit(OLD, ('status: "proposed"\n', 'status: proposed\ndecision-makers:\n- Ann\n- "Bo"\ninformed: all\n'))
    before = OLD.read_bytes()
    assert decide("old") == 0
    assert OLD.read_bytes() == before
    assert decide("old", "--set", "monthly_images=90000") == 0
    assert notes_of(OLD) == NOTES
    assert front_matter(OLD)["decision-makers"] == ["Ann", "Bo"]
    assert "90,000" in OLD.read_text()
    assert run(["verify", str(OLD)]) == 0


def test_notes_in_a_page_survive_and_may_not_change_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path("old.memo.html")
    edit(page, (f"{NOTES_START}\n{NOTES_END}", f"{NOTES_START}\n<p>Is <em>r</em> measured?</p>\n{NOTES_END}"))
    before = page.read_bytes()
    assert decide("old") == 0
    assert page.read_bytes() == before
    assert run(["verify", str(page)]) == 0
    for hidden in ("<script>", "<p onclick=x>", "<!-- ", "<STYLE>p{}", "</main>", "<p/onclick=x>", "<"):
        page.write_bytes(before)
        edit(page, ("<em>r</em>", f"{hidden}r"))
        assert run(["verify", str(page)]) == 5
        assert "the review notes of the page" in capsys.readouterr().out


def test_a_memo_whose_notes_cannot_be_told_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    edit(OLD, (NOTES_END, f"{NOTES_START}\n{NOTES_END}"))
    files = {path: path.read_bytes() for path in Path().iterdir()}
    assert decide("old") == 2
    assert "the lines around the review notes are not one pair" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().iterdir()} == files


def test_an_accepted_memo_keeps_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    edit(OLD, ('status: "proposed"', 'status: "accepted"'))
    files = {path: path.read_bytes() for path in Path().iterdir()}
    assert decide("old") == 0
    assert decide("old", "--set", "monthly_images=90000") == 2
    said = capsys.readouterr().err
    assert "this memo is `accepted`, and its facts would change" in said
    assert "--supersedes" in said
    assert {path: path.read_bytes() for path in Path().iterdir()} == files


def test_notes_need_a_place_in_templates_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    templates = tmp_path / "own"
    shutil.copytree(bundled("templates"), templates)
    memo = templates / "memo.md.j2"
    memo.write_text(memo.read_text().replace(NOTES_START, "").replace(NOTES_END, ""))
    noted()
    assert decide("old", "--templates", str(templates)) == 2
    assert "the memo has no place for the existing review notes" in capsys.readouterr().err
    assert notes_of(OLD) == NOTES


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_superseding_links_both_ways_and_touches_nothing_else(line_end: str) -> None:
    noted()
    edit(OLD, ('status: "proposed"\n', 'status: "accepted"\ndecision-makers: Ann\n'))
    OLD.write_bytes(OLD.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", line_end.encode()))
    before = OLD.read_bytes()
    assert decide("new", "--supersedes", str(OLD)) == 0
    status = 'status: "superseded by new.memo.md"'
    assert OLD.read_bytes() == before.replace(b'status: "accepted"', status.encode())
    assert front_matter(NEW)["supersedes"] == "old.memo.md"
    assert front_matter(NEW)["status"] == "proposed"
    assert [run(["verify", str(path)]) for path in (OLD, NEW)] == [0, 0]
    both = OLD.read_bytes(), NEW.read_bytes()
    assert decide("new", "--supersedes", str(OLD)) == 0
    assert (OLD.read_bytes(), NEW.read_bytes()) == both


def test_the_links_lead_from_one_folder_to_another() -> None:
    assert run(["decide", "new.scenario.yaml", "--out", "2027/q1", "--supersedes", "old.memo.md"]) == 0
    new = Path("2027/q1/new.memo.md")
    assert front_matter(new)["supersedes"] == "../../old.memo.md"
    assert front_matter(OLD)["status"] == "superseded by 2027/q1/new.memo.md"


def test_an_old_memo_under_other_rules_may_be_superseded_and_is_said_to_be_unchecked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(OLD, ("# Product photos", "# Product pictures"))
    assert decide("new", "--supersedes", str(OLD), "--rules", rules_with(tmp_path, REWORDED)) == 0
    assert front_matter(OLD)["status"] == "superseded by new.memo.md"
    said = "note: the rules or the catalogue have changed since old.memo.md was decided, so its facts were not verified"
    assert said in capsys.readouterr().err


def test_one_memo_may_take_over_from_several() -> None:
    third = scenario_of("third")
    assert decide("third") == 0
    for old in (OLD, third, OLD):
        assert decide("new", "--supersedes", str(old)) == 0
    assert front_matter(NEW)["supersedes"] == ["old.memo.md", "third.memo.md"]
    assert {front_matter(old)["status"] for old in (OLD, third)} == {"superseded by new.memo.md"}
    assert [run(["verify", str(path)]) for path in (OLD, NEW, third)] == [0, 0, 0]
    kept = NEW.read_bytes()
    assert decide("new") == 0
    assert NEW.read_bytes() == kept


@pytest.mark.parametrize("status_changed_back", [False, True])
def test_links_may_not_lead_in_a_circle(status_changed_back: bool, capsys: pytest.CaptureFixture[str]) -> None:
    third = scenario_of("third")
    assert decide("new", "--supersedes", str(OLD)) == 0
    assert decide("third", "--supersedes", str(NEW)) == 0
    if status_changed_back:
        edit(OLD, ("superseded by new.memo.md", "proposed"))
    files = {path: path.read_bytes() for path in Path().iterdir()}
    capsys.readouterr()
    assert decide("old", "--supersedes", str(third)) == 2
    superseded = "this memo is `superseded by new.memo.md` itself, so it cannot take over from another"
    earlier = "`third.memo.md` supersedes this memo, so it cannot take over from it"
    said = capsys.readouterr().err
    assert (earlier if status_changed_back else superseded) in said
    assert "\n  --> old.memo.md" in said
    assert {path: path.read_bytes() for path in Path().iterdir()} == files


def test_a_link_that_is_any_text_leads_nowhere() -> None:
    edit(OLD, ('status: "proposed"\n', 'status: "proposed"\nsupersedes: ["ADR 12: \\0", "", ., old.memo.md]\n'))
    assert decide("new", "--supersedes", str(OLD)) == 0


@pytest.mark.parametrize("fails", ["old.memo.md", "new.memo.md", "new.memo.html"])
def test_where_one_memo_cannot_be_written_the_other_has_no_link(
    fails: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out").mkdir()
    before = OLD.read_bytes()
    replace = Path.replace

    def refusing(path: Path, target: Path) -> Path:
        if target.name == fails:
            raise PermissionError(errno.EACCES, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refusing)
    assert run(["decide", "new.scenario.yaml", "--out", "out", "--supersedes", str(OLD)]) == 2
    assert "the file cannot be written: permission denied" in capsys.readouterr().err
    assert OLD.read_bytes() == before
    assert not Path("out/new.memo.md").exists()
    if fails == OLD.name:
        assert not list(Path("out").iterdir())


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("edited", "a fact of this memo has been edited, so nothing is written"),
        ("superseded", "this memo is `superseded by third.memo.md` already"),
        ("record", "this is not a memo in Markdown"),
        ("missing", "there is no such file"),
        ("standard input", "this is not a memo in Markdown"),
        ("itself", "a memo cannot supersede itself"),
        ("no out", "a memo can only be superseded by one that is written"),
    ],
)
def test_what_cannot_be_superseded_is_refused_and_nothing_written(
    case: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if case == "edited":
        edit(OLD, ("# Product photos", "# Product pictures"))
    if case == "superseded":
        edit(OLD, ('status: "proposed"', 'status: "superseded by third.memo.md"'))
    old = {"record": "old.decision.json", "missing": "none.memo.md", "standard input": "-"}.get(case, str(OLD))
    files = {path: path.read_bytes() for path in Path().iterdir()}
    if case == "no out":
        code = run(["decide", "new.scenario.yaml", "--supersedes", old])
    else:
        code = decide("old" if case == "itself" else "new", "--supersedes", old)
    assert code == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path().iterdir()} == files
