"""``advisor starter``: what is written for each route, what is refused, and that it is written whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from advisor.catalogue.loader import Endpoints
from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.report.templates import one_line
from advisor.starter_kit.kit import Kit, RouteTable, kit_files
from tests.helpers.kill_steps import hidden, killed_at_each_step
from tests.starter_kit.kits import DAY, EXAMPLES, OF_ROUTE, SECRET, starter, texts


@pytest.mark.parametrize("name", OF_ROUTE)
def test_the_kit_of_a_route_is_the_golden_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], golden: Callable[[str], SnapshotAssertion]
) -> None:
    folder = tmp_path / "kit"
    assert starter(OF_ROUTE[name], folder) == 0
    files = texts(folder)
    said = capsys.readouterr().out.replace(str(folder), "KIT")
    shown = {"files": "\n".join(files), "said": said, **{one: files[one] for one in ("README.md", "routes.toml")}}
    assert "".join(f"==== {part} ====\n{text}\n" for part, text in shown.items()) == golden(f"{name}.kit.txt")


@pytest.mark.parametrize("name", OF_ROUTE)
def test_plain_files_are_those_of_the_templates(name: str, tmp_path: Path) -> None:
    assert starter(OF_ROUTE[name], tmp_path / "kit") == 0
    source = bundled("templates") / "starter"
    for path, text in texts(tmp_path / "kit").items():
        assert (source / f"{path}.j2").exists() or (source / path).read_text(encoding="utf-8") == text


def test_the_same_decision_gives_the_same_bytes(tmp_path: Path) -> None:
    record = tmp_path / "a.decision.json"
    scenario = EXAMPLES / f"{OF_ROUTE['open_weight_api']}.scenario.yaml"
    assert run(["decide", str(scenario), "--date", DAY, "--out", str(tmp_path)]) == 0
    (written,) = tmp_path.glob("*.decision.json")
    written.rename(record)
    assert starter(OF_ROUTE["open_weight_api"], tmp_path / "one") == 0
    assert run(["starter", str(record), "--out", str(tmp_path / "two")]) == 0
    assert texts(tmp_path / "one") == texts(tmp_path / "two")


def test_moving_between_the_routes_of_a_decision_changes_one_line(tmp_path: Path) -> None:
    for route in ("open_weight_api", "self_host", "closed_api"):
        assert starter(OF_ROUTE["open_weight_api"], tmp_path / route, "--route", route) == 0
    rented, owned, closed = (texts(tmp_path / route) for route in ("open_weight_api", "self_host", "closed_api"))
    for other, name in ((owned, "self_host"), (closed, "closed_api")):
        changed = {path for path, text in rented.items() if other[path] != text}
        assert changed == {"README.md", "routes.toml"}
        moved = rented["routes.toml"].replace('route = "open_weight_api"', f'route = "{name}"')
        assert moved == other["routes.toml"]


@pytest.mark.parametrize("route", ["self_host", "open_weight_api", "closed_api"])
@pytest.mark.parametrize("example", [OF_ROUTE["stated_prices"], OF_ROUTE["open_weight_api"]])
def test_the_readme_names_what_is_empty_and_the_decided_route(
    example: str, route: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert starter(example, tmp_path / "kit", "--route", route) == 0
    files = texts(tmp_path / "kit")
    empty = [name for name, value in tomllib.loads(files["routes.toml"])["routes"][route].items() if value == ""]
    found = re.findall(r"\*\*First fill in\*\* (.*) of `\[", files["README.md"])
    assert found == ([", ".join(f"`{name}`" for name in empty)] if empty else [])
    assert (f"fill in {', '.join(empty)} of" in capsys.readouterr().out) is bool(empty)
    other = "recommends another route, open-weight API (deciding axis" in files["README.md"]
    assert (other, "on the route that was decided" in files["README.md"]) == (
        (False, True) if route == "open_weight_api" else (True, False)
    )


def test_the_date_of_an_offer_without_a_price_is_not_that_of_a_price(tmp_path: Path) -> None:
    assert starter(OF_ROUTE["open_weight_api"], tmp_path / "kit") == 0
    tables = (tmp_path / "kit" / "routes.toml").read_text().split("\n\n")
    assert {"price_per_image" in one for one in tables if "# price of " in one} == {True}
    assert {"price_per_image" in one for one in tables if "# price not known" in one} == {False}


def test_no_secret_of_the_environment_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert starter(OF_ROUTE["open_weight_api"], tmp_path / "before") == 0
    routes = tomllib.loads((tmp_path / "before" / "routes.toml").read_text())["routes"]
    names = [table["token_variable"] for table in routes.values() if table.get("token_variable")]
    assert len(names) > 5
    for name in names:
        monkeypatch.setenv(name, SECRET)
    assert starter(OF_ROUTE["open_weight_api"], tmp_path / "kit") == 0
    assert all(SECRET not in text for text in texts(tmp_path / "kit").values())


# ---- refusals


def refused(capsys: pytest.CaptureFixture[str], code: int, folder: Path, *arguments: str) -> str:
    before = texts(folder.parent) if folder.parent.exists() else {}
    assert run(["starter", *arguments, "--out", str(folder), "--date", DAY]) == code
    assert (texts(folder.parent) if folder.parent.exists() else {}) == before
    assert not hidden(folder.parent)
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.replace(str(folder), "KIT")


EXERCISE = str(EXAMPLES / "exercise-38-3-2.scenario.yaml")


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "kit"
    folder.mkdir()
    assert run(["starter", EXERCISE, "--out", str(folder)]) == 0
    capsys.readouterr()
    for one in folder.iterdir():
        if one.is_file():
            one.unlink()
    said = refused(capsys, 2, folder, EXERCISE)
    assert said == (
        "error: the folder is not empty, so no starter kit is written into it\n  --> KIT\n"
        "  help: name a new folder, or empty this one\n"
    )


def test_what_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kit").write_text("mine")
    assert "a file of that name exists" in refused(capsys, 2, tmp_path / "kit", EXERCISE)
    assert "the folder" in refused(capsys, 2, tmp_path / "kit" / "below", EXERCISE)
    assert run(["starter", EXERCISE, "--out", "-"]) == 2
    assert "`-` is standard output, not a folder" in capsys.readouterr().err


def test_a_link_to_an_empty_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert run(["starter", EXERCISE, "--out", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "routes.toml").exists()


def test_the_folder_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    assert run(["starter", EXERCISE, "--out", str(tmp_path / "kit")]) == 0
    assert (tmp_path / "kit").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_without_a_route_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, 3, tmp_path / "kit", str(EXAMPLES / "partial-open.scenario.yaml"))
    assert said.startswith("error: answers are missing: ")
    said = refused(capsys, 4, tmp_path / "kit", str(EXAMPLES / "conflict.scenario.yaml"))
    assert said.startswith("error: no route is feasible, so there is nothing to start with\n")


def test_a_route_that_is_ruled_out_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = str(EXAMPLES / f"{OF_ROUTE['self_host']}.scenario.yaml")
    said = refused(capsys, 2, tmp_path / "kit", scenario, "--route", "closed_api")
    assert said == ("error: the decision rules `closed_api` out\n  --> --route\n  help: feasible here: `self_host`\n")


def test_video_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, 2, tmp_path / "kit", EXERCISE, "--set", "unit=video_second")
    assert "the starter kit makes images, and this decision is by the second of video" in said


def test_without_a_catalogue_no_provider_is_named(tmp_path: Path) -> None:
    assert run(["starter", EXERCISE, "--catalogue", "none", "--out", str(tmp_path / "kit")]) == 0
    routes = tomllib.loads((tmp_path / "kit" / "routes.toml").read_text())["routes"]
    assert {name: table["base_url"] for name, table in routes.items()} == {
        "self_host": "http://127.0.0.1:8000/v1",
        "open_weight_api": "",
        "closed_api": "",
    }


def test_a_templates_folder_without_a_kit_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    said = refused(capsys, 2, tmp_path / "kit", EXERCISE, "--templates", str(tmp_path / "mine"))
    assert "there is no `starter` in the templates folder" in said


# ---- whole or not at all


def test_killed_at_any_step_nothing_or_everything_is_written(tmp_path: Path) -> None:
    start = tmp_path / "start"
    start.mkdir()
    (start / "a.scenario.yaml").write_text(Path(EXERCISE).read_text())
    *killed, ended = killed_at_each_step(
        start, tmp_path / "killed", ["starter", "a.scenario.yaml", "--out", "kit", "--date", DAY], every=5
    )
    assert len(killed) > 10
    whole = texts(ended / "kit")
    assert not hidden(ended)
    states = {"kit" if (folder / "kit").exists() else "nothing" for folder in killed}
    assert "nothing" in states
    for folder in killed:
        assert not (folder / "kit").exists() or texts(folder / "kit") == whole


def test_what_a_killed_command_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".advisor-starter-left"
    left.mkdir()
    (left / "half").write_text("half")
    assert run(["starter", EXERCISE, "--out", str(tmp_path / "kit")]) == 0
    assert not hidden(tmp_path)


# ---- hostile text

HOSTILE = st.text(max_size=80) | st.sampled_from(
    [
        '"',
        "\\",
        '"\n[routes.evil]\nbase_url = "x',
        "# <script>",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "\u202e",
        "\x7f",
        "`; rm -rf",
    ]
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_text_stays_text(title: str, model: str, note: str) -> None:
    table = RouteTable("self_host", note, (note,), "http://127.0.0.1:8000/v1", model, "", "kit_server", note)
    other = dataclasses.replace(table, name="a.b", price_per_image="0.01")
    kit = Kit(title, DAY, "cost", table, (table, other), ((note, note),), ((note, note),))
    files = kit_files(kit)
    found = tomllib.loads(files["routes.toml"])
    assert set(found) == {"route", "routes"}
    assert set(found["routes"]) == {"self_host", "a.b"}
    assert found["routes"]["self_host"]["model"] == one_line(model)
    assert "<script>" not in files["README.md"]
    assert files["README.md"].count("\n#") == kit_files(dataclasses.replace(kit, title="a"))["README.md"].count("\n#")


def test_the_plan_holds_no_offer_that_the_record_lacks(tmp_path: Path) -> None:
    for example in OF_ROUTE.values():
        scenario = str(EXAMPLES / f"{example}.scenario.yaml")
        folder = tmp_path / example
        assert starter(example, folder) == 0
        assert run(["decide", scenario, "--date", DAY, "--out", str(folder / "memo")]) == 0
        (record,) = (folder / "memo").glob("*.decision.json")
        offers = {
            entry["offer"] for entry in json.loads(record.read_text())["shortlist"] if entry["status"] != "eliminated"
        }
        named = set(tomllib.loads((folder / "routes.toml").read_text())["routes"])
        assert named <= offers | {"self_host", "open_weight_api", "closed_api"}


def test_without_endpoints_nothing_can_be_called() -> None:
    assert Endpoints().call("flux-1-schnell-at-fal", "fal") == "how its provider is called is not known"
