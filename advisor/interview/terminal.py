"""The interview in a terminal, with questionary: shows the views, reads keys, and keeps every answer on disk.

Two facts about the library shape this file. A default of a text prompt is editable text, to which typed or piped
characters are appended, so numbers are never prefilled. And it has no way back, so keys of our own leave the prompt.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial

import questionary
from prompt_toolkit.application import create_app_session
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import create_output

from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS
from advisor.interview.estimates import INPUTS, estimated_by
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView, accepted
from advisor.interview.state import HELP, InterviewState
from advisor.report.templates import fill
from advisor.wording import interview as words


class Key(Enum):
    """A key pressed instead of an answer."""

    BACK = "back"
    WHY = "why"


@contextlib.contextmanager
def prompts_on_stderr() -> Iterator[None]:
    """Prompts go to standard error, so that standard output stays data."""
    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield


@dataclass
class Terminal:
    """One interview. ``keep`` is called with the state after every answer."""

    views: InterviewViews
    keep: Callable[[InterviewState], None]

    def run(self, state: InterviewState) -> InterviewState:
        """Asks until everything is answered and confirmed. Raises KeyboardInterrupt and EOFError; nothing is lost."""
        named = {"resumed": bool(state.order), "catalogue": self.views.flow.catalogue is not None}
        self.say(fill("interview_start.txt.j2", named, self.views.templates))
        change: str | None = None
        said: frozenset[str] = frozenset()
        while True:
            view = self.views.next(state, change)
            if state.order and not state.estimating:
                said = self._say_new(view, state, said)
            if isinstance(view, ReviewView):
                chosen = self._review(view)
                if chosen is None:
                    return state
                change = state.previous(None) if isinstance(chosen, Key) else chosen
                continue
            answer = self._ask(view, state)
            if not isinstance(answer, Key):
                change, state = self._accepted(view, answer, state)
            elif state.estimating:
                state = state.back_in_estimate()
                self.keep(state)
                change = None if state.estimating else estimated_by(view.id)
            else:
                change = state.previous(view.id)

    def _say_new(self, view: QuestionView | ReviewView, state: InterviewState, said: frozenset[str]) -> frozenset[str]:
        """Says what is new of what is decided so far; returns what has been said and still holds.

        What can still matter is said where the possible routes change, and after an answer that is not known.
        """
        possible, _, depends_on = view.standing.partition(". ")
        if possible not in said:
            self.say(view.standing)
        elif state.order[-1] in state.unknown and depends_on not in said:
            self.say(depends_on)
        for line in view.out:
            if line not in said:
                self.say(line)
        skipped = view.skipped if isinstance(view, QuestionView) else ()
        if not said.issuperset(skipped):
            self.say(self.views.skipped(skipped, state))
        return frozenset([possible, depends_on, *view.out, *skipped, *(name for name in said if name in FIELDS)])

    def _accepted(self, view: QuestionView, answer: str, state: InterviewState) -> tuple[str | None, InterviewState]:
        """The state with an answer; with a question to ask again where the answer cannot be used."""
        try:
            changed = accepted(view, answer, state)
        except BadInput as error:
            self.say(str(error))
            return None if state.estimating else view.id, state
        if view.id in INPUTS or (answer.strip() and not view.options):
            for line in self.views.texts.confirmation(view.id, changed):
                self.say(f"  {line}")
        self.keep(changed)
        left = state.estimating and changed == state.without_estimate()
        return estimated_by(view.id) if left else None, changed

    def _ask(self, view: QuestionView, state: InterviewState) -> str | Key:
        """The text of an answer, empty for enter alone, or Key.BACK."""
        while True:
            answer = self._choose(view, state) if view.options else self._type_in(view, state)
            if answer is not Key.WHY:
                return answer
            self.say(self.views.why(view.id, state))

    def _choose(self, view: QuestionView, state: InterviewState) -> str | Key:
        self._introduce(view, state)
        titles = [f"{each.label}: {each.meaning}" if each.meaning else each.label for each in view.options]
        options = [(title, each.value) for title, each in zip(titles, view.options, strict=True)]
        chosen = choose(view.text, options, view.current.value if view.current else None)
        if not isinstance(chosen, Key):
            label = next(option.label for option in view.options if option.value == chosen)
            self.say(f" {view.text} {label}")
        return chosen

    def _type_in(self, view: QuestionView, state: InterviewState) -> str | Key:
        self._introduce(view, state)

        def helps(text: str) -> bool:
            return view.estimable and text.strip().lower() == HELP

        def check(text: str) -> str | None:
            return None if helps(text) else self.views.complaint(view.id, text)

        def echo(text: str) -> str:
            return words.ESTIMATES_NEXT if helps(text) else self.views.understood(view.id, text, state)

        return type_in(view.text, check, echo)

    def _introduce(self, view: QuestionView, state: InterviewState) -> None:
        """Says which question it is, what it is about, and what may be typed."""
        parts = [part for part in (self.views.place(view, state), view.help, *view.hints) if part]
        if parts:
            self.say(f"\n{' '.join(parts)}")

    def _review(self, view: ReviewView) -> str | Key | None:
        """The question to change, Key.BACK, or None to decide."""
        lines = [(f"{line.text} {line.answer}", line.id) for line in view.lines]
        while True:
            chosen = choose(view.text, [(view.decide, ""), *lines], "")
            if chosen is not Key.WHY:
                return chosen or None
            self.say(view.help)

    def say(self, text: str) -> None:
        """Prints to standard error like the prompts, so that standard output stays data."""
        for line in text.rstrip("\n").split("\n"):
            print(_wrapped(line, "  "), file=sys.stderr)


def _wrapped(text: str, indent: str, margin: int = 1) -> str:
    """Text in lines of the terminal's width less a margin, broken between words."""
    width = max(20, min(shutil.get_terminal_size().columns, 100) - margin)
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _shortened(text: str) -> str:
    """Text on one line of the terminal, with a mark where it was cut."""
    return textwrap.shorten(text, max(20, shutil.get_terminal_size().columns - 2), placeholder=" ...")


def choose(message: str, options: Sequence[tuple[str, str]], chosen: str | None = None) -> str | Key:
    """One of the options' values, or a Key; the cursor is on the first option if none is chosen.

    The prompt is erased when it is answered. Raises KeyboardInterrupt and EOFError.
    """
    choices = [questionary.Choice(_wrapped(title, " " * 5, 4), value=value) for title, value in options]
    current = next((choice for choice in choices if choice.value == chosen), None)
    question = questionary.select(
        _wrapped(message, " ", 2),
        choices,
        default=current,
        instruction=" ",
        qmark="",
        pointer=">",
        erase_when_done=True,
    )
    return _asked(question, {"?": Key.WHY, "c-b": Key.BACK})


def type_in(message: str, check: Callable[[str], str | None], echo: Callable[[str], str]) -> str | Key:
    """A line of text that passes ``check``, or a Key. ``echo`` shows the interpretation."""

    def validate(text: str) -> bool | str:
        fault = None if text.strip() == "?" else check(text)
        return _shortened(fault) if fault else True

    def toolbar() -> str:
        text = question.application.current_buffer.text
        return f" {_shortened(words.KEYS if text.strip() in ('', '?') else echo(text))}"

    question = questionary.text(_wrapped(message, " ", 20), validate=validate, qmark="", bottom_toolbar=toolbar)
    answer = _asked(question, {"c-b": Key.BACK})
    return Key.WHY if isinstance(answer, str) and answer.strip() == "?" else answer


def _asked(question: questionary.Question, keys: dict[str, Key]) -> str | Key:
    bindings = KeyBindings()
    for key, meaning in keys.items():
        bindings.add(key, eager=True)(partial(_leave, meaning))
    existing = question.application.key_bindings
    question.application.key_bindings = merge_key_bindings([existing, bindings] if existing else [bindings])
    answer: str | Key = question.unsafe_ask()
    return answer


def _leave(meaning: Key, event: KeyPressEvent) -> None:
    event.app.exit(result=meaning)
