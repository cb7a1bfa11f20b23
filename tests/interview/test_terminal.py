"""The interview in a real terminal: whole, back and why, interrupted and resumed, killed after each question."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte  # type: ignore[import-untyped]  # it ships no types
import pytest

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS
from advisor.interview.flow import flow_of
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import InterviewState, draft_path, load_draft, save_draft
from advisor.rulebook.loader import bundled_rulebook

ROOT = Path(__file__).parents[2]
DOWN, ENTER, CTRL_B, CTRL_C, CTRL_D = "\x1b[B", "\r", "\x02", "\x03", "\x04"
_TERMINAL = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
HOSPITAL = (
    ("Images or video", ENTER),
    ("Must the outputs be indemnified", ENTER),
    ("How good must the model be", ENTER),
    ("Where may prompts and images go", DOWN + DOWN + ENTER),
    ("What are the outputs for", ENTER),
)


class Screen:
    """One interview in a terminal of its own; with the bundled catalogue only if that is asked for."""

    def __init__(
        self, folder: Path, *arguments: str, columns: int = 80, catalogue: bool = False, **environment: str
    ) -> None:
        arguments = arguments if catalogue else ("--catalogue", "none", *arguments)
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "advisor", "interview", "--date", "2026-11-22", *arguments],
            cwd=str(folder),
            env={
                # A worker of pytest-xdist inherits the size of the terminal that pytest was started in.
                **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm-256color",
                "PROMPT_TOOLKIT_NO_CPR": "1",
                **environment,
            },
            dimensions=(50, columns),
            encoding="utf-8",
            timeout=15,
        )

    def expect(self, *texts: str) -> str:
        for text in texts:
            self.process.expect_exact(text)
        return str(self.process.before)

    def answer(self, question: str, keys: str) -> None:
        """Presses keys at a question with options, once its options are there."""
        self.expect(question, "> ")
        self.process.send(keys)

    def type_in(self, question: str, text: str) -> None:
        """Types a line at a question for text."""
        self.expect(question)
        self.process.send(text + ENTER)

    def ended(self) -> int:
        self.process.expect(pexpect.EOF)
        self.process.close()
        assert self.process.exitstatus is not None
        return int(self.process.exitstatus)


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[Any]:
    opened: list[Screen] = []

    def opening(*arguments: str, **options: Any) -> Screen:
        opened.append(Screen(tmp_path, *arguments, **options))
        return opened[-1]

    yield opening
    for screen in opened:
        screen.process.close(force=True)


def finish(screen: Screen) -> None:
    """From the settled route to the end: no costs, no details, decide."""
    screen.answer("Shall I also work out the monthly costs", DOWN + ENTER)
    screen.answer("Shall I ask for the details", ENTER)
    screen.answer("Check your answers", ENTER)


@pytest.mark.parametrize(
    "environment",
    [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"COLUMNS": "60"}],
    ids=["colour", "no-colour", "dumb", "narrow"],
)
def test_a_whole_interview(screens: Any, tmp_path: Path, environment: dict[str, str]) -> None:
    screen = screens(columns=int(environment.get("COLUMNS", 80)), **environment)
    for question, keys in HOSPITAL:
        screen.answer(question, keys)
    screen.expect("Skipped:")
    finish(screen)
    screen.expect("Recommended: run open weights on own GPUs", "What would flip it", "To repeat this without questions")
    assert screen.ended() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "decision.decision.json",
        "decision.memo.html",
        "decision.memo.md",
        "decision.scenario.yaml",
    ]
    record = json.loads((tmp_path / "decision.decision.json").read_text(encoding="utf-8"))
    assert (record["route"], record["deciding_axis"]) == ("self_host", "residency")


def test_why_and_back_and_a_changed_answer(screens: Any, tmp_path: Path) -> None:
    screen = screens()
    screen.expect("I do not know", "Question 1 of about")
    screen.answer("Images or video", ENTER)
    screen.answer("Must the outputs be indemnified", "?")
    screen.expect("indemnity-given")
    screen.answer("Must the outputs be indemnified", ENTER)
    screen.answer("How good must the model be", DOWN + ENTER)
    screen.answer("Where may prompts and images go", CTRL_B)
    screen.answer("How good must the model be", "\x1b[A" + ENTER)
    screen.answer("Where may prompts and images go", DOWN + DOWN + ENTER)
    screen.expect("Settled: own GPUs")
    screen.answer("What are the outputs for", ENTER)
    screen.answer("Shall I also work out the monthly costs", DOWN + ENTER)
    screen.answer("Shall I ask for the details", ENTER)
    screen.answer("Check your answers", DOWN * 4 + ENTER)
    screen.answer("Where may prompts and images go", "\x1b[A" * 2 + ENTER)
    screen.expect("can still matter", "What does a spike in a queue do", "> ")
    screen.process.send(CTRL_C)
    screen.expect("every answer is kept")
    assert screen.ended() == 130
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))
    assert kept["answers"]["quality"] == "open_suffices"
    assert kept["answers"]["residency"] == "anywhere"


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D], ids=["ctrl-c", "ctrl-d"])
def test_interrupted_and_resumed(screens: Any, tmp_path: Path, keys: str) -> None:
    screen = screens("--name", "hospital")
    screen.answer(*HOSPITAL[0])
    screen.answer(*HOSPITAL[1])
    screen.expect("How good must the model be")
    screen.process.send(keys)
    if keys == CTRL_D:
        screen.process.send(CTRL_C)
    assert screen.ended() == 130
    again = screens("--name", "hospital", "--resume")
    for question, pressed in HOSPITAL[2:]:
        again.answer(question, pressed)
    finish(again)
    assert again.ended() == 0
    assert (tmp_path / "hospital.memo.md").exists()
    assert not (tmp_path / "hospital.interview.json").exists()


def test_killed_after_each_question_and_resumed(screens: Any, tmp_path: Path) -> None:
    for number, (question, keys) in enumerate(HOSPITAL):
        screen = screens(*(["--resume"] if number else []))
        screen.answer(question, keys)
        following = HOSPITAL[number + 1][0] if number + 1 < len(HOSPITAL) else "Shall I also work out"
        screen.expect(following)
        screen.process.kill(signal.SIGKILL)
        screen.process.wait()
        kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))
        assert len(kept["answers"]) == number + 1
    last = screens("--resume")
    finish(last)
    assert last.ended() == 0


def test_a_closed_terminal_loses_nothing(screens: Any, tmp_path: Path) -> None:
    screen = screens()
    screen.answer(*HOSPITAL[0])
    screen.answer(*HOSPITAL[1])
    screen.expect("How good must the model be")
    screen.process.close(force=True)
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))
    assert kept["answers"] == {"unit": "image", "indemnity_required": "false"}


def test_numbers_are_understood_as_typed_and_nothing_is_prefilled(screens: Any, tmp_path: Path) -> None:
    permissive = (
        "unit=image gpu_billing=as_used residency=anywhere output_use=internal indemnity_required=false "
        "train_on_outputs=false quality=open_suffices control=prompt_only latency=tolerant monthly_images_low=40000 "
        "monthly_images_high=40000 gpu_hour_price=1.20 images_per_gpu_hour=600"
    )
    arguments = [word for setting in permissive.split() for word in ("--set", setting)]
    screen = screens(*arguments)
    screen.type_in("What does the open-weight API ask per image", "nonsense")
    screen.expect("is not a number")
    screen.process.send("\x15" + "3 cents" + ENTER)
    screen.expect("= $0.03 per image")
    screen.type_in("What overhead do own GPUs add per month", "help")
    for question, typed in (
        ("How many hours of engineering", "20"),
        ("How many dollars for an hour", "80"),
        ("for on-call duty", "$300"),
    ):
        screen.type_in(question, typed)
    screen.expect("for monitoring")
    screen.process.send(CTRL_B)
    screen.expect("Now: $300 a month", "for on-call duty")
    screen.process.send(CTRL_C)
    assert screen.ended() == 130
    screen = screens("--resume")
    screen.type_in("for on-call duty", "")
    screen.type_in("for monitoring", "")
    screen.type_in("How many GPUs are kept on", "1")
    screen.expect("engineering: 20 hours at $80 = $1,600", "GPUs without work", "= $2,776")
    screen.process.send(CTRL_C)
    assert screen.ended() == 130
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))
    assert kept["answers"]["open_price"] == "0.03"
    assert kept["answers"]["monthly_overhead"] == "2776"


def without_terminal(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "advisor", "interview", "--date", "2026-11-22", "--out", str(folder), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_without_a_terminal_it_names_what_is_missing(tmp_path: Path) -> None:
    done = without_terminal(tmp_path, stdin="5\n5\n5\n")
    assert (done.returncode, done.stdout) == (3, "")
    assert "answers are missing: `indemnity_required`" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_answers_given_are_decided(tmp_path: Path) -> None:
    example = ROOT / "examples" / "exercise-38-3-2.scenario.yaml"
    done = without_terminal(tmp_path, "--answers", str(example), "--set", "monthly_images=2M", "--no-input")
    assert done.returncode == 0, done.stderr
    assert "Recommended: run open weights on own GPUs" in done.stdout
    assert (tmp_path / "decision.memo.md").exists()


def test_resuming_what_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    done = without_terminal(tmp_path, "--resume")
    assert done.returncode == 2
    assert "there is no interview to resume" in done.stderr


def test_a_bill_and_a_volume_are_a_price_in_the_terminal_too(screens: Any) -> None:
    screen = screens(*(word for setting in PRICE_LEFT.split() for word in ("--set", setting)))
    screen.type_in("What does the open-weight API ask per image", "my bill is $1,900")
    screen.type_in("How many images was that bill for", "")
    screen.expect("a bill of $1,900 for 45,000 images", "= $0.042222 per image")
    screen.process.send(CTRL_C)
    assert screen.ended() == 130


def test_with_the_catalogue_a_checkpoint_is_chosen_and_a_price_of_ones_own_takes_the_place_of_its_price(
    screens: Any, tmp_path: Path
) -> None:
    screen = screens(*(word for setting in CHECKPOINT_LEFT.split() for word in ("--set", setting)), catalogue=True)
    screen.answer("Which open checkpoint", "?")
    screen.expect("each checkpoint has a licence", "FLUX.1 [schnell]: this leaves")
    screen.answer("Which open checkpoint", DOWN * 5 + ENTER)
    screen.answer("Are there prices of your own to use", DOWN + ENTER)
    screen.expect("$0.001363 per image")
    screen.type_in("What does the open-weight API ask per image", "")
    screen.process.send(CTRL_C)
    assert screen.ended() == 130
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))["answers"]
    assert (kept["model"], kept["own_prices"], kept["open_price"]) == ("flux-1-schnell", "true", "unknown")
    again = screens("--resume", catalogue=True)
    again.type_in("What does the closed API ask per image", "")
    again.type_in("What does a GPU cost per hour", "2.50")
    again.type_in("How many images does one GPU make per hour", "4000")
    again.answer("Shall I ask for the details", ENTER)
    again.expect("Check your answers", "FLUX.1 [schnell]", "$0.001363 per image")
    again.process.send(CTRL_C)
    assert again.ended() == 130
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))["answers"]
    assert (kept["gpu_hour_price"], kept["closed_price"]) == ("2.5", "unknown")


CHECKPOINT_LEFT = (
    "unit=image gpu_billing=as_used residency=anywhere output_use=internal indemnity_required=false "
    "train_on_outputs=false quality=open_suffices control=prompt_only latency=tolerant monthly_images=45000 "
    "monthly_images_low=45000 monthly_images_high=45000 monthly_overhead=2000 annual_revenue_usd=500000"
)
PRICE_LEFT = (
    "unit=image gpu_billing=as_used residency=anywhere output_use=internal indemnity_required=false "
    "train_on_outputs=false quality=open_suffices control=prompt_only latency=tolerant monthly_images=45000 "
    "monthly_images_low=45000 monthly_images_high=45000 gpu_hour_price=1.20 images_per_gpu_hour=600 "
    "monthly_overhead=2000"
)


def test_answers_that_clash_are_changed_in_one_step(screens: Any, tmp_path: Path) -> None:
    answers = "unit=image residency=on_premises quality=frontier_only output_use=internal"
    screen = screens(*(word for setting in answers.split() for word in ("--set", setting)), columns=60)
    screen.expect("No option satisfies", "Which answer can change", "this leaves")
    screen.process.send(ENTER)
    screen.expect("can still matter")
    screen.process.send(CTRL_C)
    assert screen.ended() == 130
    kept = json.loads((tmp_path / "decision.interview.json").read_text(encoding="utf-8"))["answers"]
    assert (kept["residency"], kept["quality"]) != ("on_premises", "frontier_only")


def test_at_60_columns_no_word_is_broken(screens: Any) -> None:
    screen = screens(columns=60)
    display = pyte.Screen(60, 200)
    stream = pyte.Stream(display)
    for question, keys in HOSPITAL:
        options = VIEWS.question(QUESTION_OF[question], InterviewState()).options
        wanted = [" ".join(f"{option.label}: {option.meaning}".split()).rstrip(": ") for option in options]
        screen.process.expect_exact(question.split()[0])
        stream.feed(screen.process.before + screen.process.after)
        deadline = time.monotonic() + 30
        while True:
            lines = [line.rstrip() for line in display.display]
            text = " ".join(" ".join(lines).split())
            if all(option in text for option in wanted) or time.monotonic() > deadline:
                break
            screen.process.expect(r"(?s).+")
            stream.feed(screen.process.after)
        assert [option for option in wanted if option not in text] == []
        screen.process.send(keys)


VIEWS = InterviewViews(flow_of(bundled_rulebook()))
QUESTION_OF = dict(
    zip(
        [question for question, _ in HOSPITAL],
        ("unit", "indemnity_required", "quality", "residency", "output_use"),
        strict=True,
    )
)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"answers": {"x": 1}, "not_known": [], "order": ["x"]}'])
def test_a_damaged_draft_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = draft_path(tmp_path, "decision")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="not the draft of an interview"):
        load_draft(path)


def test_a_draft_is_read_as_it_was_written(tmp_path: Path) -> None:
    price = FIELDS["open_price"].quantity
    assert price is not None
    state = (
        InterviewState()
        .answer("quality", "open_suffices")
        .answer("open_price", price.check("0.03"))
        .answer("costs", True)
    )
    state = state.answer("closed_price", None).answer("title", "unknown")
    path = draft_path(tmp_path, "decision")
    save_draft(path, state)
    assert load_draft(path) == state
