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

import questionary
from prompt_toolkit.application import create_app_session
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import create_output

from advisor.common.diagnostics import BadInput
from advisor.interview.estimates import estimated_by
from advisor.interview.question_view import InterviewViews, QuestionView, ReviewView
from advisor.interview.state import EXTRAS, UNKNOWN, InterviewState
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
        self.say(fill("interview_start.txt.j2", {"resumed": bool(state.order)}, self.views.templates))
        change: str | None = None
        mentioned: frozenset[str] = frozenset()
        answered, standing = False, ""
        while True:
            view = self.views.next(state, change)
            if answered and view.standing != standing:
                self.say(view.standing)
            standing, answered = view.standing if answered else standing, False
            if isinstance(view, ReviewView):
                chosen = self._review(view)
                if chosen is None:
                    return state
                change = state.previous(None) if isinstance(chosen, Key) else chosen
                continue
            skipped = [name for name in view.skipped if name not in mentioned]
            if skipped:
                self.say(self.views.skipped(skipped, state))
            mentioned |= set(skipped)
            answer = self._ask(view, state)
            if isinstance(answer, Key) or (state.estimating and not answer.strip()):
                change = estimated_by(view.id) if state.estimating else state.previous(view.id)
                state = state.without_estimate()
            elif view.estimable and answer.strip() == words.HELP:
                change, state = None, state.estimate(view.id)
            else:
                change, state = self._accepted(view, answer, state)
                answered = change is None and view.id not in EXTRAS and not state.estimating

    def _accepted(self, view: QuestionView, answer: str, state: InterviewState) -> tuple[str | None, InterviewState]:
        """The state with an answer; with a question to ask again where the answer cannot be used."""
        kept = view.current.value if view.current else UNKNOWN
        try:
            changed = state.answer_text(view.id, answer if answer.strip() else kept)
        except BadInput as error:
            self.say(str(error))
            return estimated_by(view.id), state.without_estimate()
        if answer.strip() and not view.options:
            for line in self.views.confirmation(view.id, changed):
                self.say(f"  {line}")
        self.keep(changed)
        return None, changed

    def _ask(self, view: QuestionView, state: InterviewState) -> str | Key:
        """The text of an answer, empty for enter alone, or Key.BACK."""
        while True:
            answer = self._choose(view) if view.options else self._type_in(view)
            if answer is not Key.WHY:
                return answer
            self.say(self.views.why(view.id, state))

    def _choose(self, view: QuestionView) -> str | Key:
        if view.help:
            self.say(f"\n{view.help}")
        titles = [f"{each.label}: {each.meaning}" if each.meaning else each.label for each in view.options]
        options = [(title, each.value) for title, each in zip(titles, view.options, strict=True)]
        return choose(view.text, options, view.current.value if view.current else None)

    def _type_in(self, view: QuestionView) -> str | Key:
        if view.help:
            self.say(f"\n{' '.join([view.help, *_hints(view)])}")

        def check(text: str) -> str | None:
            return None if view.estimable and text.strip() == words.HELP else self.views.complaint(view.id, text)

        def echo(text: str) -> str:
            estimates = view.estimable and text.strip() == words.HELP
            return words.ESTIMATES_NEXT if estimates else self.views.understood(view.id, text)

        return type_in(view.text, check, echo)

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
        width = max(20, min(shutil.get_terminal_size().columns, 100) - 1)
        for line in text.rstrip("\n").split("\n"):
            print(textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False), file=sys.stderr)


def _hints(view: QuestionView) -> Iterator[str]:
    """What can be typed at a question for a number or a text."""
    if view.current and view.current.value != UNKNOWN:
        yield words.KEEPS.format(answer=view.current.label)
    elif words.ENTER_ALONE not in view.help:
        yield words.NOT_KNOWN_YET
    if view.estimable:
        yield words.HELP_ESTIMATES


def choose(message: str, options: Sequence[tuple[str, str]], chosen: str | None = None) -> str | Key:
    """One of the options' values, or a Key. Raises KeyboardInterrupt and EOFError."""
    choices = [questionary.Choice(title, value=value) for title, value in options]
    current = next((choice for choice in choices if choice.value == chosen), None)
    question = questionary.select(message, choices, default=current, instruction=" ", qmark="", pointer=">")
    return _asked(question, {"?": Key.WHY, "c-b": Key.BACK})


def type_in(message: str, check: Callable[[str], str | None], echo: Callable[[str], str]) -> str | Key:
    """A line of text that passes ``check``, or a Key. ``echo`` shows the interpretation."""

    def validate(text: str) -> bool | str:
        return text.strip() == "?" or check(text) or True

    def toolbar() -> str:
        text = question.application.current_buffer.text
        return f" {words.KEYS if text.strip() in ('', '?') else echo(text)}"

    question = questionary.text(message, validate=validate, qmark="", bottom_toolbar=toolbar)
    answer = _asked(question, {"c-b": Key.BACK})
    return Key.WHY if isinstance(answer, str) and answer.strip() == "?" else answer


def _asked(question: questionary.Question, keys: dict[str, Key]) -> str | Key:
    bindings = KeyBindings()
    for key, meaning in keys.items():
        bindings.add(key, eager=True)(_leave(meaning))
    existing = question.application.key_bindings
    question.application.key_bindings = merge_key_bindings([existing, bindings] if existing else [bindings])
    answer: str | Key = question.unsafe_ask()
    return answer


def _leave(meaning: Key) -> Callable[[KeyPressEvent], None]:
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(result=meaning)

    return leave
