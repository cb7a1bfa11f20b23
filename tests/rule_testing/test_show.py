"""``advisor rules show``: readable, complete, in the order of judging, and within the width of the terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from advisor.cli.main import run
from advisor.common.files import bundled
from advisor.common.terminal import table
from advisor.domain.scenario import Axis
from advisor.rulebook.listing import UNKNOWN, names_of, overview, when_text, whole_rule
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.terms import term_text

RULEBOOK = load_rulebook()


def conditioned(when: str, folder: Path) -> str:
    """The words for a condition of a gate."""
    (folder / "gates" / "mine.yaml").write_text(
        f"- id: mine\n  axis: control\n  when: {when}\n  eliminate: offer\n  because: x\n  provided: y\n  source: z\n"
    )
    rulebook = load_rulebook(folder)
    return when_text(rulebook.rules["mine"], names_of(rulebook))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("rules"), tmp_path / "rules")


@pytest.mark.parametrize(
    ("when", "words"),
    {
        "{latency: predictable, shared_queue: yes}": "latency = predictable and shared_queue = yes",
        "{control: {gt: control_depth}}": "control > control_depth",
        "{shared_queue: yes, quality: [best_preferred, frontier_only]}": (
            "shared_queue = yes and quality in (best_preferred, frontier_only)"
        ),
        "{shared_queue: yes, control: {not: latents}}": "shared_queue = yes and control != latents",
        "{shared_queue: yes, control: {not: [adapters, latents]}}": (
            "shared_queue = yes and control not in (adapters, latents)"
        ),
        "{shared_queue: yes, not: {control: {lt: adapters}}}": "shared_queue = yes and control >= adapters",
        "{annual_revenue_usd: {ge: 1000000.50}, shared_queue: yes}": (
            "annual_revenue_usd >= 1000000.5 and shared_queue = yes"
        ),
        "{shared_queue: yes, any: [{indemnity_required: true}, {latency: predictable, train_on_outputs: false}]}": (
            "shared_queue = yes and (indemnity_required = true or (latency = predictable and train_on_outputs = false))"
        ),
    }.items(),
)
def test_a_condition_in_words(when: str, words: str, folder: Path) -> None:
    assert conditioned(when, folder) == words


def test_preferences_say_which_routes_are_in_the_running() -> None:
    names = names_of(RULEBOOK)
    assert when_text(RULEBOOK.rules["best-of-the-hosted"], names) == "self_host out and quality = best_preferred"
    assert when_text(RULEBOOK.rules["open-keeps-the-way-out"], names) == "always"


def test_a_choice_beside_the_running_routes_keeps_its_brackets(folder: Path) -> None:
    path = folder / "preferences.yaml"
    choice = "when: {self_host: out, any: [{quality: best_preferred}, {latency: tolerant}]}"
    path.write_text(path.read_text().replace("when: {quality: best_preferred, self_host: out}", choice))
    rulebook = load_rulebook(folder)
    said = when_text(rulebook.rules["best-of-the-hosted"], names_of(rulebook))
    assert said == "self_host out and (quality = best_preferred or latency = tolerant)"


def test_a_term_reads_as_it_was_written() -> None:
    text = (bundled("rules") / "terms.yaml").read_text(encoding="utf-8")
    written = dict(re.findall(r"^  (\w+): (.*[*/].*)$", text.partition("\nterms:\n")[2], re.MULTILINE))
    # A term in another one reads as if written there.
    whole = {name: re.sub(r"\bgpus\w*", lambda part: written[part[0]], formula) for name, formula in written.items()}
    assert {name: term_text(term.expression) for name, term in RULEBOOK.terms.items()} == whole


@pytest.mark.parametrize(
    "text",
    [
        "(open_price + closed_price) * monthly_images",
        "open_price - (closed_price - open_price)",
        "2 * open_price + 3 * closed_price",
    ],
)
def test_a_term_keeps_the_brackets_it_needs(text: str, folder: Path) -> None:
    path = folder / "terms.yaml"
    path.write_text(f"{path.read_text()}  mine: {text}\n")
    assert term_text(load_rulebook(folder).terms["mine"].expression) == text


def test_every_rule_stands_in_the_order_it_is_judged() -> None:
    lines = overview(RULEBOOK, 200)
    ids = [line.split()[0] for line in lines if line and line.split()[0] in RULEBOOK.rules]
    assert ids == list(RULEBOOK.rules)
    axes = [line[:-1] for line in lines if line.endswith(":") and line[:-1] in set(Axis)]
    assert axes == [
        axis
        for rules in (RULEBOOK.gates, RULEBOOK.preferences, RULEBOOK.advice)
        for axis in Axis
        if any(rule.axis is axis for rule in rules)
    ]


def test_the_table_of_offers_holds_every_trait_and_marks_what_is_unknown() -> None:
    lines = overview(RULEBOOK, 200)
    for name in RULEBOOK.traits:
        (row,) = (line for line in lines if line.startswith(f"{name} "))
        stated = [UNKNOWN if offer.stated[name] == "unknown" else offer.stated[name] for offer in RULEBOOK.offers]
        assert re.split(r"\s{2,}", row)[2:] == stated


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, overview(RULEBOOK, width))) <= width


def test_an_id_is_not_broken_where_there_is_room_so_that_it_can_be_searched_for() -> None:
    assert {line.split()[0] for line in overview(RULEBOOK, 100) if line} >= set(RULEBOOK.rules)


def test_a_table_breaks_words_only_when_it_has_to() -> None:
    rows = [["a-long-name", "some words that may be wrapped"]]
    assert table(["id", "text"], [("", rows)], 30)[2:] == [
        "a-long-name  some words that",
        "             may be wrapped",
    ]
    assert table(["id", "text"], [("", rows)], 18)[2:5] == ["a-long-    some", "name       words", "           that"]


def test_what_a_terminal_would_obey_is_shown_as_an_escape(folder: Path) -> None:
    path = folder / "gates" / "latency.yaml"
    path.write_text(path.read_text().replace("source: Section 38.3.3, latency;", 'source: "\\e[31mred\\e[0m" #'))
    rulebook = load_rulebook(folder)
    for lines in (overview(rulebook, 120), whole_rule(rulebook, "no-queue-spikes", 120)):
        assert all(line.isprintable() for line in lines)
        assert "\\x1b[31mred" in "\n".join(lines)


def test_one_rule_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["rules", "show", "--rule", "stays-in-region"]) == 0
    rule = RULEBOOK.rules["stays-in-region"]
    cases = [case for case in RULEBOOK.cases if rule.id in case.about]
    said = capsys.readouterr().out
    assert said.startswith(
        "stays-in-region: gate on residency\n"
        "  when       residency = in_region and offered_in_region = no\n"
        "  then       eliminate the offer\n"
    )
    for part in (rule.because, rule.source, f"{rule.file}:{rule.line}", "provided   the provider offers an endpoint"):
        assert part in said
    assert len(cases) >= 2
    assert all(f"{case.id} ({case.file}:{case.line}): {case.route} by {case.deciding_axis}" in said for case in cases)


def test_an_unknown_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "show", "--rule", "stays-in-regions"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "error: there is no rule `stays-in-regions`\n  --> --rule\n  help: did you mean `stays-in-region`?\n"
    )


def test_it_fits_a_terminal_and_is_plain() -> None:
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = [sys.executable, "-m", "advisor", "rules", "show"]
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    shown = b""
    try:
        while part := os.read(parent, 65536):
            shown += part
    except OSError:
        pass  # Linux says so when the other end is closed
    os.close(parent)
    assert process.wait(timeout=30) == 0
    lines = shown.decode().replace("\r\n", "\n").splitlines()
    assert 80 < max(map(len, lines)) <= 90
    assert all(line.isprintable() for line in lines)
