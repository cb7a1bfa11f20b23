"""The engine adapter: agrees with Python on any rulebook and any fact, and fails with typed errors only."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import advisor.evaluation.durable_rules_backend as adapter
from advisor.common.diagnostics import BadInput, EngineFailure
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Unknown
from advisor.domain.scenario import Axis, Route
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.durable_rules_backend import EngineReading, Ruleset, engine_reading
from advisor.rulebook.loader import bundled_rulebook
from advisor.rulebook.model import All, ConditionParser, Preference, Rulebook
from advisor.rulebook.symbols import Name, Scope
from tests.helpers.strategies import FUZZ, examples

RULEBOOK = bundled_rulebook()
LARGEST = 2**63 - 1
NAMES = {
    "colour": Name("colour", Scope.NEED, ("red", "green", "blue")),
    "level": Name("level", Scope.NEED, ("none", "some", "all"), ordered=True),
    "reach": Name("reach", Scope.NEED, ("none", "some", "all"), ordered=True),
    "wanted": Name("wanted", Scope.NEED, boolean=True),
    "cost": Name("cost", Scope.TERM, places=0),
    "limit": Name("limit", Scope.TERM, places=0),
}


def mapping(entries: dict[str, Any]) -> Mapping:
    """A plain dict as the YAML loader would give it."""
    found = Mapping(1)
    for key, value in entries.items():
        if isinstance(value, dict):
            value = mapping(value)
        elif isinstance(value, list):
            items = Sequence(1)
            items.extend(mapping(item) if isinstance(item, dict) else item for item in value)
            value = items
        found[key] = value
        found.lines[key] = 1
    return found


def leaves() -> st.SearchStrategy[dict[str, Any]]:
    colours = st.sampled_from(NAMES["colour"].options)
    number = st.integers(-5, 5)
    order = st.sampled_from(["lt", "le", "gt", "ge"])
    return st.one_of(
        colours.map(lambda word: {"colour": word}),
        st.lists(colours, min_size=1, max_size=2, unique=True).map(lambda words: {"colour": words}),
        colours.map(lambda word: {"colour": {"not": word}}),
        st.booleans().map(lambda value: {"wanted": value}),
        st.tuples(order, st.sampled_from(["none", "some", "all", "reach"])).map(lambda c: {"level": {c[0]: c[1]}}),
        st.tuples(order, st.one_of(number, st.just("limit"))).map(lambda c: {"cost": {c[0]: c[1]}}),
    )


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        leaves(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=4,
    )


def facts() -> st.SearchStrategy[dict[str, Encoded]]:
    """Any subset of the names with any values, the largest whole numbers among them."""
    number = st.one_of(st.integers(-5, 5), st.sampled_from([LARGEST, -LARGEST, 2**53 + 1, 2**53]))
    return st.fixed_dictionaries(
        {},
        optional={
            "colour": st.sampled_from(NAMES["colour"].options),
            "level": st.integers(0, 2),
            "reach": st.integers(0, 2),
            "wanted": st.booleans(),
            "cost": number,
            "limit": number,
        },
    )


def rulebook_of(whens: list[dict[str, Any]]) -> Rulebook:
    """A rulebook whose preferences have these conditions and nothing else matters."""
    rules = tuple(
        Preference(
            id=f"rule-{number}",
            axis=Axis.COST,
            when=ConditionParser(NAMES, "generated", f"rule-{number}").parse(mapping(when)),
            because="generated",
            source="generated",
            file="generated",
            line=1,
            prefer=(Route.SELF_HOST,),
            over=(Route.CLOSED_API,),
            running=frozenset(),
            out=frozenset(),
        )
        for number, when in enumerate(whens)
    )
    return replace(RULEBOOK, gates=(), advice=(), preferences=rules, digest="sha256:" + "0" * 64)


def check_generated_rulebooks(number: int) -> None:
    """Random rules on random facts, engine against Python. Runs in a process of its own, as it might crash."""

    @examples(number)
    @given(st.lists(conditions(), min_size=1, max_size=6), st.lists(facts(), min_size=1, max_size=6))
    def agree(whens: list[dict[str, Any]], several: list[dict[str, Encoded]]) -> None:
        rulebook = rulebook_of(whens)
        try:
            engine = EngineReading(rulebook)
        except ValueError:
            return
        plain = PlainReading(rulebook)
        for fact in several:
            assert engine.preferences(fact) == plain.preferences(fact), (whens, fact)

    agree()


def test_generated_rulebooks_match_alike_and_never_crash_the_process() -> None:
    number = 400 if not FUZZ else 2_000
    command = f"from tests.evaluation.test_engine import check_generated_rulebooks as check; check({number})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize(
    ("fact", "fired"),
    [
        ({"cost": 5}, ()),  # the engine by itself lets any comparison with a missing right side hold
        ({"limit": 5}, ()),
        ({"cost": 0, "limit": -LARGEST}, ("rule-1",)),  # found by generation: the lowest number counts as present
        ({"cost": -LARGEST, "limit": LARGEST}, ("rule-0",)),
    ],
)
def test_comparisons_of_two_names_that_once_went_wrong(fact: dict[str, Encoded], fired: tuple[str, ...]) -> None:
    rulebook = rulebook_of([{"cost": {"lt": "limit"}}, {"cost": {"gt": "limit"}}])
    assert EngineReading(rulebook).preferences(fact) == PlainReading(rulebook).preferences(fact) == fired


def traits() -> st.SearchStrategy[dict[str, Encoded | Unknown]]:
    """Any offer, every trait possibly unknown."""
    values = {}
    for name, trait in RULEBOOK.traits.items():
        known = RULEBOOK.names[name]
        coded = [known.encode(option) for option in trait.options] or [0, 10**8, 10**14]
        values[name] = st.sampled_from([*coded, UNKNOWN])
    return st.fixed_dictionaries(values)


@examples(1_000)
@given(st.lists(traits(), min_size=1, max_size=4), st.data())
def test_gates_agree_on_any_offer_and_any_needs(
    several: list[dict[str, Encoded | Unknown]], data: st.DataObject
) -> None:
    offers = tuple(Offer(f"offer-{n}", Route.SELF_HOST, "generated", {}, traits) for n, traits in enumerate(several))
    engine, plain = engine_reading(RULEBOOK), PlainReading(replace(RULEBOOK, offers=offers))
    needs: dict[str, Encoded] = {}
    for name, known in RULEBOOK.names.items():
        if known.scope is Scope.NEED and data.draw(st.booleans()):
            options = known.options or ((False, True) if known.boolean else ())
            coded = [known.encode(option) for option in options] or [0, 10**8, 10**8 + 1]
            needs[name] = data.draw(st.sampled_from(coded))
    matched = tuple(engine.match_offer({**needs, **offer.traits}) for offer in offers)
    assert matched == plain.gates(needs)


def test_eight_threads_get_no_wrong_answer() -> None:
    engine, plain = EngineReading(RULEBOOK, remember=False), PlainReading(RULEBOOK)
    terms = ("open_rent_low", "open_rent_high", "closed_rent_low", "closed_rent_high", "own_low", "own_high")

    def wrong(seed: int) -> int:
        found = 0
        for number in range(1_000):
            fact = {term: (number * 7919 + seed * 104729 + place * 31) % 17 for place, term in enumerate(terms)}
            found += engine.preferences(fact) != plain.preferences(fact)
        return found

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(wrong, range(8))) == 0


def test_a_number_the_engine_cannot_hold_is_a_typed_error() -> None:
    engine = EngineReading(RULEBOOK)
    with pytest.raises(BadInput, match="below 2\\*\\*63") as caught:
        engine.preferences({"open_rent_low": 2**63})
    assert caught.value.problems[0].field == "open_rent_low"


class Failing:
    """Stands in for the engine's extension module and fails where told."""

    def __init__(self, fault: Exception | None = None, refuse: int = 0, lose: bool = False) -> None:
        self.fault, self.refuse, self.lose = fault, refuse, lose

    def create_ruleset(self, name: str, rules: str) -> int:
        return 0

    def assert_fact(self, handle: int, fact: str) -> tuple[int, int]:
        if self.fault:
            raise self.fault
        return self.refuse, 0

    def start_action_for_state(self, handle: int, state: int) -> tuple[str, str] | None:
        return None if self.lose else ("{}", '{"any_fact":{}}')

    def complete_and_start_action(self, handle: int, state: int) -> str | None:
        return None

    def retract_fact(self, handle: int, fact: str) -> None:
        return None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fault": RuntimeError("error code: 303")}, "error code: 303"),
        ({"refuse": 2}, "result 2"),
        ({"lose": True}, "lost the fact"),
    ],
)
def test_every_failure_of_the_engine_is_typed(
    fault: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Ruleset("good", {"rule": [{"$and": [{"any_fact": 1}, {"colour": "red"}]}]}, ["colour"])
    monkeypatch.setattr(rules._parts[0], "_native", Failing(**fault))
    with pytest.raises(EngineFailure, match=said):
        rules.match({"colour": "red"})


def test_after_a_failure_the_next_fact_is_matched_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Ruleset("again", {"rule": [{"$and": [{"any_fact": 1}, {"colour": "red"}]}]}, ["colour"])
    native = rules._parts[0]._native
    monkeypatch.setattr(rules._parts[0], "_native", Failing(RuntimeError("error code: 204")))
    with pytest.raises(EngineFailure):
        rules.match({"colour": "red"})
    monkeypatch.setattr(rules._parts[0], "_native", native)
    assert rules.match({"colour": "red"}) == ("rule",)
    assert rules.match({"colour": "blue"}) == ()


def test_an_interrupted_match_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Ruleset("interrupted", {"rule": [{"$and": [{"any_fact": 1}, {"colour": "red"}]}]}, ["colour"])
    native = rules._parts[0]._native

    class Interrupted(Failing):
        def assert_fact(self, handle: int, fact: str) -> tuple[int, int]:
            native.assert_fact(rules._parts[0]._handle, fact)
            raise KeyboardInterrupt

    monkeypatch.setattr(rules._parts[0], "_native", Interrupted())
    with pytest.raises(KeyboardInterrupt):
        rules.match({"colour": "red"})
    monkeypatch.setattr(rules._parts[0], "_native", native)
    assert rules.match({"colour": "blue"}) == ()
    assert rules.match({"colour": "red"}) == ("rule",)


def test_as_many_rules_as_wanted_are_matched() -> None:
    """All of them at once: the engine itself fails where one fact matches more than 64 patterns."""
    preferences = tuple(replace(RULEBOOK.preferences[0], id=f"more-{n}", when=All(())) for n in range(150))
    gates = tuple(replace(gate, id=f"{gate.id}-{n}") for n in range(30) for gate in RULEBOOK.gates)
    rulebook = replace(RULEBOOK, gates=gates, preferences=preferences)
    facts = {"residency": "on_premises", "latency": "predictable", "output_use": "commercial"}
    engine, plain = EngineReading(rulebook), PlainReading(rulebook)
    assert engine.preferences(facts) == plain.preferences(facts) == tuple(rule.id for rule in preferences)
    assert engine.gates(facts) == plain.gates(facts)
    assert sum(len(match.eliminating) for match in engine.gates(facts)) > 64


def test_an_engine_that_cannot_be_imported_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(EngineFailure, match="CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject"):
        adapter.load_engine()


def test_the_engine_names_the_rulebook_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Failing):
        def create_ruleset(self, name: str, rules: str) -> int:
            raise RuntimeError("error code: 101")

    monkeypatch.setattr(adapter, "load_engine", Refusing)
    with pytest.raises(EngineFailure, match="error code: 101"):
        EngineReading(replace(RULEBOOK, digest="sha256:another"))
