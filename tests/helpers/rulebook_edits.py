"""Rulebooks nobody wrote: the bundled one with terms, preferences and advice drawn at random, as far as they load."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.common import yaml_loader as strict_yaml
from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.loader import Draft, load_rulebook, read_routes, read_rules, read_terms
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import FIELD_NAMES

RULES = Path(__file__).parents[2] / "rules"
AMOUNTS = [name for name, known in FIELD_NAMES.items() if known.numeric]
WORDS = {name: known.options or (True, False) for name, known in FIELD_NAMES.items() if not known.numeric}
CONSTANTS = ["few_step_speedup", "gpu_month_hours"]
TERMS = ["open_rent", "open_rent_low", "own", "own_high", "gpu_month", "term_0", "term_1", "term_2"]
FIGURES = ["crossover", "owning_pays", "gpu_month", "payback_months", "units", "closed_saving", *CONSTANTS]
NUMBERS = [0, 1, 5, 730, 10**9, 10**18, 2**63 - 1, 2**63, 10**25]
OUTCOMES = {"route": "self_host", "settled": "yes", "compared_with": "none", "moving": "not_yet"}


class Drawing:
    """Draws the parts of one rulebook."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def rulebook(self, folder: Path) -> Rulebook | None:
        """Writes and loads a rulebook; None where its parts, each sound, are too many together."""
        shutil.copytree(RULES, folder, ignore=shutil.ignore_patterns("cases"))
        draft = self._with_terms(folder)
        for file, record in (("preferences.yaml", self._preference), ("advice.yaml", self._advice)):
            text = (folder / file).read_text() if self.draw.random() < 0.8 else ""
            text += "".join(self._sound(draft, file, record, n) for n in range(self.draw.randint(1, 3)))
            (folder / file).write_text(text)
        try:
            return load_rulebook(folder)
        except BadInput:
            return None

    def _with_terms(self, folder: Path) -> Draft:
        """Adds terms that the loader takes."""
        text = (folder / "terms.yaml").read_text()
        draft, number = _terms_read(folder, text), 0
        while number < 3:
            more = f"{text}  term_{number}: '{self._term()}'\n"
            read = _terms_read(folder, more)
            if not read.problems:
                draft, text, number = read, more, number + 1
        (folder / "terms.yaml").write_text(text)
        return draft

    def _term(self, depth: int = 0) -> str:
        if depth > 2 or self.draw.random() < 0.4:
            return self.draw.choice([*AMOUNTS, *CONSTANTS, *CONSTANTS, *(str(number) for number in NUMBERS)])
        return f"{self._term(depth + 1)} {self.draw.choice('+-*/')} {self._term(depth + 1)}"

    def _sound(self, draft: Draft, file: str, record: Callable[[str], Any], number: int) -> str:
        """A record that the loader takes by itself."""
        while True:
            draft.problems.clear()
            text = f"\n- {json.dumps(record(f'drawn-{record.__name__}-{number}'))}\n"
            read_rules(draft, strict_yaml.load(text, "drawn"), "drawn", file)
            if not draft.problems:
                return text

    def _preference(self, id: str) -> dict[str, Any]:
        prefer, over = self.draw.sample(list(Route), 2)
        when = self._condition()
        if self.draw.random() < 0.3:
            when[self.draw.choice(list(Route))] = self.draw.choice(["running", "out"])
        return {**self._rule(id), "when": when, "prefer": prefer, "over": over}

    def _advice(self, id: str) -> dict[str, Any]:
        when = self._condition()
        if self.draw.random() < 0.5:
            name = self.draw.choice(list(OUTCOMES))
            when[name] = OUTCOMES[name]
        return {**self._rule(id), "when": when, "advise": f"It is {{{self.draw.choice(FIGURES)}}}."}

    def _rule(self, id: str) -> dict[str, Any]:
        return {"id": id, "axis": self.draw.choice(list(Axis)), "because": "it was drawn", "source": "a test"}

    def _condition(self, depth: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.draw.randint(0, 2)):
            kind = self.draw.random()
            if kind < 0.6:
                right = self.draw.choice([self._number(), self._number(), self.draw.choice(NUMBERS), "0.03", -1])
                found[self._number()] = {self.draw.choice(["lt", "le", "gt", "ge"]): right}
            elif kind < 0.85 or depth > 1:
                name = self.draw.choice(list(WORDS))
                found[name] = self.draw.choice(WORDS[name])
            else:
                several = [self._condition(depth + 1) for _ in range(2)]
                found |= self.draw.choice([{"any": several}, {"all": several}, {"not": several[0]}])
        return found

    def _number(self) -> str:
        return self.draw.choice(self.draw.choice([AMOUNTS, TERMS, TERMS, CONSTANTS]))


def _terms_read(folder: Path, terms: str) -> Draft:
    draft = Draft()
    read_routes(draft, strict_yaml.load((folder / "routes.yaml").read_text(), "routes.yaml"), "routes.yaml")
    read_terms(draft, strict_yaml.load(terms, "terms.yaml"), "terms.yaml")
    return draft
