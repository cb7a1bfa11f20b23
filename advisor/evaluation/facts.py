"""From answers to facts: encodes the scenario and computes every term whose amounts are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from advisor.domain.cost_model import VOLUME_ENDS
from advisor.domain.offer import Encoded
from advisor.domain.scenario import FIELDS, Scenario
from advisor.evaluation.compiler import term_value
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, FIELD_NAMES
from advisor.rulebook.terms import Expression

NOT_ASKED = {"gpu_billing": 0, "peak_to_mean": 1000, "min_gpus": 1}
"""What holds unless it is answered: GPU-hours are paid as used, and the load is even. With GPUs that are always on the
load is an open question."""


def answer_facts(scenario: Scenario) -> dict[str, Encoded]:
    """The answers a rule may read, encoded; absent where not known."""
    facts: dict[str, Encoded] = {}
    for name, known in ANSWER_NAMES.items():
        value = getattr(scenario, name)
        if value is not None:
            quantity = FIELDS[name].quantity
            facts[name] = quantity.inside(value) if quantity else known.encode(value)
    for name, value in NOT_ASKED.items():
        if name != "peak_to_mean" or not scenario.always_on:
            facts.setdefault(name, value)
    return facts


def with_terms(rulebook: Rulebook, answers: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """The answers, the range of volumes filled in, the constants, and every term whose amounts are all known."""
    facts = {**rulebook.constants, **with_range(answers)}
    present = facts.keys()
    for name, reads, compute in _terms(rulebook):
        if reads <= present:
            (facts[name],) = compute(facts)
    return facts


def with_range(answers: Mapping[str, Encoded]) -> dict[str, Encoded]:
    """The answers with the ends of the volume range filled in from the expected month."""
    facts = dict(answers)
    if "monthly_images" in facts:
        for end in VOLUME_ENDS:
            facts.setdefault(end, facts["monthly_images"])
    return facts


class _Source:
    """Terms as Python source text, so that each is computed by one compiled expression."""

    def number(self, value: int) -> str:
        return str(value)

    def compute(self, op: str, left: str, right: str) -> str:
        """Exact integer arithmetic; a quotient is rounded up."""
        if op == "max":
            return f"max({left}, {right})"
        return f"(-(-{left} // {right}))" if op in ("/", "ceil") else f"({left} {op} {right})"

    def choose(self, answer: str, value: int, then: str, otherwise: str) -> str:
        return f"({then} if {answer} == {value} else {otherwise})"


@lru_cache(maxsize=8)
def _terms(rulebook: Rulebook) -> list[tuple[str, frozenset[str], Callable[[Mapping[str, Encoded]], tuple[int, ...]]]]:
    return [
        (name, term.reads, computations([term.expression], rulebook.constants)) for name, term in rulebook.terms.items()
    ]


def computations(
    expressions: Iterable[Expression], constants: Mapping[str, int] | None = None
) -> Callable[[Mapping[str, Encoded]], tuple[int, ...]]:
    """Several expressions as one function of the facts they read, all of which must be present."""
    values = {name: f"facts[{name!r}]" for name in FIELD_NAMES}
    values |= {name: str(value) for name, value in (constants or {}).items()}
    source = "".join(f"{term_value(expression, _Source(), values)}, " for expression in expressions)
    function: Callable[[Mapping[str, Encoded]], tuple[int, ...]]
    # The text is built from checked names, whole numbers and the operations above only; it holds no text of a user.
    function = eval(f"lambda facts: ({source})", {"__builtins__": {}, "max": max})
    return function
