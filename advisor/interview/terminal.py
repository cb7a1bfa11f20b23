"""The interview in a terminal: asks what the flow wants to know, and keeps every answer on disk."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from advisor.common.diagnostics import BadInput
from advisor.domain.quantity import NotANumber, grouped, price, typed
from advisor.domain.scenario import FIELDS, Route
from advisor.domain.scenario_io import typed_answer
from advisor.interview import estimates
from advisor.interview.flow import Flow, Position
from advisor.interview.prompts import Key, choose, type_in
from advisor.interview.state import DETAILS, EXTRAS, Given
from advisor.report.templates import fill
from advisor.wording.questions import Wording, wordings

_NOT_KNOWN = "not known"
_DECIDE = "decide"
_ESTIMATED = ("monthly_images", "images_per_gpu_hour", "monthly_overhead")
_HELP = "help"
_LEAST, _MOST = Decimal("0.000001"), Decimal(10**12)
"""Bounds of the numbers that another one is worked out from."""
_DIGITS = 60
"""Enough for any product of them."""


@dataclass
class Terminal:
    """One interview. ``keep`` is called with the answers after every one of them."""

    flow: Flow
    keep: Callable[[Given], None]
    templates: Path | None = None

    def run(self, given: Given) -> Given:
        """Asks until everything is answered and confirmed. Raises KeyboardInterrupt and EOFError; nothing is lost."""
        self.say(fill("interview_start.txt.j2", {"resumed": bool(given.order)}, self.templates))
        again: str | None = None
        told: frozenset[str] = frozenset()
        standing = ""
        while True:
            question = again or self.flow.next(given)
            if question in EXTRAS and question not in given:
                told = self._tell_skipped(given, told)
            if question is None:
                again = self._review(given)
                if again is None:
                    return given
                continue
            answer = self._ask(question, given)
            if answer is Key.BACK:
                again = _before(question, given)
                continue
            again = None
            try:
                given = self._accepted(given, question, answer)
            except BadInput as error:
                self.say(str(error))
                again = question
                continue
            self.keep(given)
            if question not in EXTRAS:
                position = self._position_told(given)
                if position != standing:
                    self.say(position)
                standing = position

    def say(self, text: str) -> None:
        """Prints beside the prompts, so that standard output stays data."""
        width = max(20, min(shutil.get_terminal_size().columns, 100) - 1)
        for line in text.rstrip("\n").split("\n"):
            print(textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False), file=sys.stderr)

    def _accepted(self, given: Given, question: str, answer: Any) -> Given:
        return given.with_answers(answer) if isinstance(answer, dict) else given.answer(question, answer)

    def _ask(self, question: str, given: Given) -> Any:
        """The answer, None for *not known*, a dict of several answers, or Key.BACK."""
        wording = self._wording(question, given)
        while True:
            answer = self._choice(question, wording, given) if wording.answers else self._line(question, wording, given)
            if answer is Key.WHY:
                self._tell_why(question, wording, given)
            elif isinstance(answer, str) and _asks_for_help(question, answer):
                worked_out = self._estimate(question, given)
                if worked_out is not None:
                    return worked_out
            else:
                return answer

    def _choice(self, question: str, wording: Wording, given: Given) -> Any:
        truths = {"true": True, "false": False}
        options = [(f"{text.short}: {text.means}", truths.get(name, name)) for name, text in wording.answers.items()]
        if question not in EXTRAS:
            options.append(("I do not know yet", _NOT_KNOWN))
        current = given.answers.get(question, _NOT_KNOWN if question in given.unknown else None)
        if question == DETAILS and current is None:
            current = False
        self.say(f"\n{wording.help}")
        answer = choose(wording.ask, options, current)
        return None if answer == _NOT_KNOWN else answer

    def _line(self, question: str, wording: Wording, given: Given) -> Any:
        current = given.answers.get(question)
        hints = [wording.help]
        if current is not None:
            hints.append(f"Now: {self._shown(question, current)}; enter alone keeps it.")
        elif "nter alone" not in wording.help:
            hints.append("Enter alone: not known yet.")
        if question in _ESTIMATED:
            hints.append(f"Type {_HELP} to work it out.")
        self.say("\n" + " ".join(hints))

        def check(text: str) -> str | None:
            if not text.strip() or _asks_for_help(question, text):
                return None
            try:
                typed_answer(question, text, "the answer")
            except BadInput as error:
                return f"{error.problems[0].what}; {error.problems[0].help or ''}".rstrip("; ")
            return None

        text = type_in(wording.ask, check, lambda text: self._echo(question, text))
        if isinstance(text, Key):
            return text
        if _asks_for_help(question, text):
            return _HELP
        if not text.strip():
            return current
        value = typed_answer(question, text, "the answer")
        self.say(f"  = {self._shown(question, value)}")
        return value

    def _echo(self, question: str, text: str) -> str:
        """How a number being typed is understood, in full, before it counts."""
        if _asks_for_help(question, text):
            return "enter: work it out together"
        try:
            return "= " + self._shown(question, typed_answer(question, text, "the answer"))
        except BadInput as error:
            return error.problems[0].what

    def _shown(self, question: str, value: Any) -> str:
        spec = FIELDS.get(question)
        if spec and spec.quantity:
            if spec.quantity.money:
                return f"{price(value)} {spec.quantity.unit.removeprefix('dollars').strip(' ,')}"
            return f"{grouped(value)} {spec.quantity.unit}"
        wording = wordings(self.templates).get(question)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return wording.answers[text].short if wording and text in wording.answers else text

    def _estimate(self, question: str, given: Given) -> Any:
        """Works a number out from what is easier to know; None when the help was left."""
        if question == "monthly_overhead":
            return self._estimate_overhead(given)
        if question == "images_per_gpu_hour":
            return self._estimate_throughput()
        return self._estimate_volume()

    def _estimate_overhead(self, given: Given) -> Decimal | None:
        gpu_hour = given.answers.get("gpu_hour_price")
        parts = [
            self._number("Engineering hours a month for the GPUs?"),
            self._number("Dollars for such an hour?", money=True),
            self._number("Dollars a month for on-call?", money=True),
            self._number("GPU hours a month that are paid while idle?"),
            gpu_hour if gpu_hour is not None else self._number("Dollars for a GPU-hour?", money=True),
        ]
        if any(part is None for part in parts):
            return None
        return self._confirmed("monthly_overhead", estimates.overhead(*(Decimal(part or 0) for part in parts)))

    def _estimate_throughput(self) -> Decimal | None:
        ways = [("seconds an image", "seconds"), ("steps an image, and seconds a step", "steps")]
        way = choose("What do you know?", ways)
        if isinstance(way, Key):
            return None
        if way == "seconds":
            seconds = self._number("Seconds an image?", positive=True)
            rate = estimates.throughput_of_seconds(seconds) if seconds else None
        else:
            steps = self._number("Steps an image?", positive=True)
            step = self._number("Seconds a step?", positive=True) if steps else None
            rate = estimates.throughput_of_steps(steps, step) if steps and step else None
        if rate is None:
            return None
        faster = estimates.few_step_throughput(rate)
        self.say(f"  with four steps instead of twenty it would be about {grouped(faster)} an hour")
        return self._confirmed("images_per_gpu_hour", rate)

    def _estimate_volume(self) -> dict[str, Decimal] | None:
        expected = self._number("How many in a usual month?", positive=True, whole=True)
        if expected is None:
            return None
        shapes = [
            ("steady: much the same every month", "steady"),
            ("growing: by a share each month", "growing"),
            ("unpredictable: anything between two numbers", "unpredictable"),
        ]
        shape = choose("How will it develop?", shapes)
        if isinstance(shape, Key):
            return None
        low: Decimal | None = expected
        high: Decimal | None = expected
        if shape == "growing":
            growth = self._number("By how many percent a month?")
            high = None if growth is None else estimates.grown(expected, growth)
        elif shape == "unpredictable":
            low = self._number("The worst plausible month?", positive=True, whole=True)
            high = self._number("The best plausible month?", positive=True, whole=True) if low is not None else None
        if low is None or high is None:
            return None
        low, high = min(low, expected), max(high, expected)
        self.say(f"  = {grouped(expected)} a month, between {grouped(low)} and {grouped(high)}")
        return {"monthly_images": expected, "monthly_images_low": low, "monthly_images_high": high}

    def _number(self, message: str, money: bool = False, positive: bool = False, whole: bool = False) -> Decimal | None:
        """A number for the working out; None when it was left empty or the way back was taken."""

        def check(text: str) -> str | None:
            if not text.strip():
                return None
            try:
                number = typed(text, money, whole)
            except NotANumber as error:
                return f"{error}; {error.help}"
            if number < 0 or (positive and number < _LEAST):
                return "it must be more than zero"
            if number > _MOST or (whole and number != int(number)):
                return "a whole number, please" if number <= _MOST else "that is more than is computed"
            return None

        text = type_in(message, check)
        return None if isinstance(text, Key) or not text.strip() else typed(text, money, whole)

    def _confirmed(self, question: str, value: Decimal) -> Decimal | None:
        quantity = FIELDS[question].quantity
        assert quantity is not None
        try:
            with localcontext(prec=_DIGITS):
                checked = quantity.check(value.quantize(Decimal(1).scaleb(-quantity.places)))
        except NotANumber as error:
            self.say(f"  {error}; {error.help}")
            return None
        self.say(f"  = {self._shown(question, checked)}")
        return checked

    def _review(self, given: Given) -> str | None:
        """Check your answers: the question to change, or None to decide."""
        asked = [name for name in given.order if name not in EXTRAS]
        lines = [(f"{self._wording(name, given).ask} {self._answered(name, given)}", name) for name in asked]
        while True:
            chosen = choose("Check your answers; choose one to change it.", [("Decide", _DECIDE), *lines], _DECIDE)
            if chosen is Key.WHY:
                self.say("Nothing is decided before you choose Decide.")
            elif chosen is Key.BACK:
                return given.order[-1] if given.order else None
            else:
                return None if chosen == _DECIDE else str(chosen)

    def _answered(self, name: str, given: Given) -> str:
        return self._shown(name, given.answers[name]) if name in given.answers else "not known"

    def _wording(self, question: str, given: Given) -> Wording:
        video = given.answers.get("unit") == "video_second"
        return wordings(self.templates)[question].about(
            units="seconds of video" if video else "images",
            unit="second of video" if video else "image",
            media="video" if video else "images",
        )

    def _position_told(self, given: Given) -> str:
        return self._filled("interview_standing.txt.j2", given, self.flow.position(given))

    def _tell_skipped(self, given: Given, told: frozenset[str]) -> frozenset[str]:
        """Says once what was skipped, and why."""
        skipped = [name for name in self.flow.skipped(given) if name not in told]
        if skipped:
            position = self.flow.position(given)
            self.say(self._filled("interview_skipped.txt.j2", given, position, skipped=skipped))
        return told | set(skipped)

    def _tell_why(self, question: str, wording: Wording, given: Given) -> None:
        reason = self.flow.why(given, question)
        options = [
            {
                "short": wording.answers[option].short if option in wording.answers else option,
                "possible": [route for route in Route if route in outcomes],
                "none_possible": None in outcomes,
            }
            for option, outcomes in reason.leads_to
        ]
        named = {"rules": reason.rules, "options": options, "decision": {"scenario": {}}}
        self.say(fill("interview_why.txt.j2", named, self.templates))

    def _filled(self, template: str, given: Given, position: Position, **more: Any) -> str:
        route = next(iter(position.outcomes)) if position.settled else None
        named = {
            "decision": {"scenario": given.scenario().answers()},
            "settled": position.settled,
            "route": route,
            "possible": [each for each in Route if each in position.outcomes],
            "none_possible": None in position.outcomes,
            "open": sum(name not in given for name in position.open),
            "unknown": [name for name in position.open if name in given.unknown],
            "out": [
                {"route": step.route, "axis": step.rule.axis, "because": step.rule.because} for step in position.out
            ],
            "because": list(dict.fromkeys(step.rule.because for step in position.out)),
        }
        return fill(template, named | more, self.templates)


def _asks_for_help(question: str, text: str) -> bool:
    return question in _ESTIMATED and text.strip() == _HELP


def _before(question: str, given: Given) -> str:
    """The question answered before this one; the first one has nothing before it."""
    if question in given.order:
        place = given.order.index(question)
        return given.order[max(0, place - 1)]
    return given.order[-1] if given.order else question
