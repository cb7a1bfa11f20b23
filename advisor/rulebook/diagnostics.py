"""The kinds of faults of a rulebook. Each has a page in ``docs/rules/``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from advisor.common.diagnostics import BadInput, Problem

ERROR, WARNING = "error", "warning"


class Code(StrEnum):
    """A kind of fault. ``level`` says whether loading refuses it; ``meaning`` describes it in one line."""

    level: str
    meaning: str

    def __new__(cls, code: str, level: str, meaning: str) -> Code:
        """A member from its line in the table."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.level = level
        member.meaning = meaning
        return member

    MISSING_FILE = "missing-file", ERROR, "a part of the rulebook, or all of it, is missing"
    UNREAD_FILE = "unread-file", ERROR, "a file is in a place from which no rules are read"
    UNREADABLE_FILE = "unreadable-file", ERROR, "a file is too large, is a folder or is not text, or there are too many"
    INVALID_YAML = "invalid-yaml", ERROR, "a file is not valid YAML, or uses a feature that is not allowed"
    WRONG_FORM = "wrong-form", ERROR, "a list, a mapping or a text is used in place of another of them"
    MISSING_PART = "missing-part", ERROR, "a record or a file lacks a part it needs"
    UNKNOWN_KEY = "unknown-key", ERROR, "a key is not one of those known at its place"
    WRONG_VALUE = "wrong-value", ERROR, "a value is not an option of its name, or not a valid number"
    UNUSABLE_NAME = "unusable-name", ERROR, "an id or a name is taken, reserved or wrongly spelt"
    DUPLICATE_ID = "duplicate-id", ERROR, "two rules, offers, cases or words of a trait have the same name"
    UNKNOWN_NAME = "unknown-name", ERROR, "a condition or a term reads a name that does not exist"
    WRONG_KIND_OF_NAME = "wrong-kind-of-name", ERROR, "a rule or a term reads a name that its kind may not read"
    WRONG_COMPARISON = "wrong-comparison", ERROR, "a comparison does not exist, or does not suit what it compares"
    MIXED_UNITS = "mixed-units", ERROR, "values of different kinds are compared or added"
    INEXACT_COMPARISON = "inexact-comparison", ERROR, "rounding a quotient up could change what a comparison says"
    INEXACT_TERM = "inexact-term", ERROR, "a term uses a quotient in a way that would not stay exact"
    INVALID_TERM = "invalid-term", ERROR, "a term is not one line of names, whole numbers and + - * /"
    ZERO_DIVISOR = "zero-divisor", ERROR, "a term divides by something that may be zero"
    NO_VALUE_LEFT = "no-value-left", ERROR, "a negated list leaves a name no value"
    ENGINE_LIMIT = "engine-limit", ERROR, "rules are larger than the engine can match"
    GATE_WITHOUT_TRAIT = "gate-without-trait", ERROR, "a gate reads no trait of the offer"
    MISSING_PROVIDED = "missing-provided", ERROR, "a gate reads an unknown trait and does not say what to verify"
    MISPLACED_STANDING = "misplaced-standing", ERROR, "running or out is used below the top level of a condition"
    SELF_PREFERENCE = "self-preference", ERROR, "a rule prefers a route over itself"
    UNKNOWN_FIGURE = "unknown-figure", ERROR, "advice prints a figure that does not exist"
    UNKNOWN_RULE = "unknown-rule", ERROR, "a case names a rule that does not exist"
    WRONG_ANSWER = "wrong-answer", ERROR, "the answers of a case are not a valid scenario"

    NEVER_FIRES = "never-fires", WARNING, "no answers and no traits satisfy a rule's condition"
    DEAD_ALTERNATIVE = "dead-alternative", WARNING, "an alternative contradicts the rest of its condition"
    ADDS_NOTHING = "adds-nothing", WARNING, "a comparison or an alternative is implied by others of its rule"
    ALWAYS_TRUE = "always-true", WARNING, "a comparison holds for every value its names can have"
    COVERED_RULE = "covered-rule", WARNING, "a rule has no effect that another rule does not have"
    OPPOSED_PREFERENCES = "opposed-preferences", WARNING, "two preferences of one axis undo each other"
    IDLE_PREFERENCE = "idle-preference", WARNING, "a preference names a route that its own condition takes out"
    NO_SUCH_OFFER = "no-such-offer", WARNING, "no offer has the route or the traits that a rule needs"
    UNUSED_NAME = "unused-name", WARNING, "nothing reads a term or a constant"
    MISSING_FIGURE = "missing-figure", WARNING, "advice prints a figure that is not always known when it fires"
    AXIS_MISMATCH = "axis-mismatch", WARNING, "none of the answers that a gate reads belongs to its axis"
    UNTESTED_RULE = "untested-rule", WARNING, "no case is about a rule"

    def problem(
        self, what: str, file: str | None = None, line: int | None = None, field: str | None = None, *, help: str | None
    ) -> Problem:
        """A fault of this kind."""
        return Problem(what, file, line, field, help, code=self.value, level=self.level)

    def fault(
        self, what: str, file: str | None = None, line: int | None = None, field: str | None = None, *, help: str | None
    ) -> BadInput:
        """A fault of this kind, to be raised."""
        return BadInput(self.problem(what, file, line, field, help=help))


@contextmanager
def all_are(code: Code) -> Iterator[None]:
    """Gives this code to faults raised within that have none."""
    try:
        yield
    except BadInput as error:
        raise error.coded(code) from None
