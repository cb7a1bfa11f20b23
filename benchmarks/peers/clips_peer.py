"""The decision in CLIPS, through clipspy: rules that chain in working memory, ordered by salience.

One environment is kept and reset for each decision, and the scenario goes in through a CLIPS function.
Asserting it from Python instead leaks: clipspy 1.0.6 never releases a fact it has handed out (`Fact.__del__`
passes two arguments to a function of one, and hides the TypeError), and every later run walks over them all.
"""

from __future__ import annotations

from operator import itemgetter
from pathlib import Path

import clips
from clips.common import environment_builder

from benchmarks.peers import ROUTES, Outcome, Scenario

_RULES = Path(__file__).with_name("decision.clp")
_NEEDS = ("residency", "indemnity_required", "train_on_outputs", "quality", "control", "latency")
_TERMS = ("open_rent_low", "open_rent_high", "closed_rent_low", "closed_rent_high", "own_low", "own_high")
_arguments = itemgetter(*_NEEDS, *_TERMS)  # in the order of the CLIPS function's parameters
_ALL = frozenset(ROUTES)


class Clips:
    """CLIPS through clipspy's public interface."""

    name = "CLIPS"

    def __init__(self) -> None:
        self._environment = clips.Environment()
        self._environment.load(str(_RULES))
        self._decide = self._environment.find_function("decide")

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
        return _outcome(self._decide(*_arguments(scenario)))


class ClipsCells(Clips):
    """The same rules, called as someone who has profiled clipspy would: its C library, with cells reused."""

    name = "CLIPS, C calls"

    def __init__(self) -> None:
        super().__init__()
        self._library, self._c = clips._clips.lib, clips._clips.ffi
        self._raw = self._environment._env
        self._call = environment_builder(self._raw, "function")
        self._cells = [self._c.new("CLIPSValue *") for _ in (*_NEEDS, *_TERMS)]
        self._answer = self._c.new("CLIPSValue *")
        self._create = {
            str: lambda value: self._library.CreateString(self._raw, value.encode()),
            bool: lambda value: self._library.CreateBoolean(self._raw, value),
            int: lambda value: self._library.CreateInteger(self._raw, value),
        }

    def decide(self, scenario: Scenario) -> Outcome:
        """Decide one complete scenario."""
        call, append = self._call, self._library.FCBAppend
        self._library.FCBReset(call)
        for cell, value in zip(self._cells, _arguments(scenario), strict=True):
            cell.value = self._create[type(value)](value)
            append(call, cell)
        failed = self._library.FCBCall(call, b"decide", self._answer)
        if failed:
            raise RuntimeError(f"CLIPS refused the call: error {failed}")
        return _outcome(self._c.string(self._answer.lexemeValue.contents).decode())


def _outcome(answer: str) -> Outcome:
    """Read `route;eliminated;fired`, each a list of names with spaces between."""
    route, eliminated, fired = answer.split(";")
    return (None if route == "nil" else route), _ALL.difference(eliminated.split()), fired.split()
