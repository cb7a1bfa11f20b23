"""questionary's prompts as the interview needs them: back, why, nothing prefilled, prompts on standard error.

Two facts about the library shape this file. A default of a text prompt is editable text, to which typed or piped
characters are appended, so numbers are never prefilled. And it has no way back, so keys of our own leave the prompt.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any

import questionary
from prompt_toolkit.application import create_app_session
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from prompt_toolkit.output import create_output


class Key(Enum):
    """What was pressed instead of an answer."""

    BACK = "back"
    WHY = "why"


@contextlib.contextmanager
def prompts_on_stderr() -> Iterator[None]:
    """Prompts go to standard error, so that standard output stays data."""
    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield


def choose(message: str, options: Sequence[tuple[str, Any]], chosen: Any = None) -> Any:
    """One of the options' values, or a Key. Raises KeyboardInterrupt and EOFError."""
    choices = [questionary.Choice(title, value=value) for title, value in options]
    current = next((choice for choice in choices if choice.value == chosen), None)
    question = questionary.select(message, choices, default=current, instruction=" ", qmark="", pointer=">")
    return _asked(question, {"?": Key.WHY, "c-b": Key.BACK})


def type_in(message: str, check: Callable[[str], str | None], echo: Callable[[str], str] = str) -> Any:
    """A line of text that ``check`` has no complaint about, or a Key. ``echo`` shows how it is understood."""

    def validate(text: str) -> bool | str:
        return "?" in (text, text.strip()) or check(text) or True

    def toolbar() -> str:
        text = question.application.current_buffer.text
        return f" {echo(text)}" if text.strip() not in ("", "?") else " ? why, ctrl-b back, enter alone: not known"

    question = questionary.text(message, validate=validate, qmark="", bottom_toolbar=toolbar)
    answer = _asked(question, {"c-b": Key.BACK})
    return Key.WHY if answer == "?" else answer


def _asked(question: questionary.Question, keys: dict[str, Key]) -> Any:
    bindings = KeyBindings()
    for key, meaning in keys.items():
        bindings.add(key, eager=True)(_leave(meaning))
    existing = question.application.key_bindings
    question.application.key_bindings = merge_key_bindings([existing, bindings] if existing else [bindings])
    return question.unsafe_ask()


def _leave(meaning: Key) -> Callable[[KeyPressEvent], None]:
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(result=meaning)

    return leave
