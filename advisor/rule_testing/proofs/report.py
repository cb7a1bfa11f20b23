"""Proofs for people and for other programs, and the scenario files that show a fault again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import z3

from advisor.common.diagnostics import printable
from advisor.domain.scenario_io import scenario_text
from advisor.rule_testing.proofs.symbolic_scenario import Example, Proof, Violation
from advisor.rulebook.model import Rule, Rulebook

_VERDICTS = {"holds": "holds", "fails": "FAILS", "unknown": "UNKNOWN"}


def lines(proof: Proof) -> Iterator[str]:
    """The proof in one line, and its findings below."""
    yield f"{proof.name:<18}  {_VERDICTS[proof.verdict]:<7}  {proof.milliseconds:>5} ms  {proof.claim}"
    if proof.unsettled:
        yield f"    not settled: {proof.unsettled}"
    for fault in proof.faults:
        yield f"    {fault.what}"
        if fault.rules:
            yield f"      rules: {_places(fault.rules)}"
    for name, text in fault_files(proof).items():
        yield f"    {name}:"
        yield from (f"      {line}" for line in text.splitlines())
    others = [rule for rule, example in proof.witnesses.items() if example.traits]
    if others and not proof.faults:
        yield f"    with traits that no offer has yet: {', '.join(f'`{rule}`' for rule in others)}"


def summary(found: Sequence[Proof]) -> str:
    """How many proofs hold, in how long."""
    holding = sum(proof.verdict == "holds" for proof in found)
    taken = sum(proof.milliseconds for proof in found)
    return f"{len(found)} claims: {holding} hold, {len(found) - holding} do not; {taken:,} ms with Z3 {_version()}"


def fault_files(proof: Proof) -> dict[str, str]:
    """Scenario files by name, one for each scenario that shows a fault."""
    shown = [(fault, example) for fault in proof.faults for example in fault.examples]
    return {
        f"{proof.name}{f'-{number}' if len(shown) > 1 else ''}.scenario.yaml": _scenario_file(proof, fault, example)
        for number, (fault, example) in enumerate(shown, start=1)
    }


def witness_files(proof: Proof) -> dict[str, str]:
    """Scenario files by name, one for each rule that matters in it."""
    return {
        f"witnesses/{rule}.scenario.yaml": _commented([f"here `{rule}` matters", *_traits(example)], example)
        for rule, example in proof.witnesses.items()
    }


def as_json(rulebook: Rulebook, found: Sequence[Proof]) -> dict[str, Any]:
    """Everything found, in plain values; amounts as decimal text."""
    return {
        "rulebook_digest": rulebook.digest,
        "z3_version": _version(),
        "holds": all(proof.verdict == "holds" for proof in found),
        "milliseconds": sum(proof.milliseconds for proof in found),
        "proofs": [
            {
                "name": proof.name,
                "claim": proof.claim,
                "verdict": proof.verdict,
                "milliseconds": proof.milliseconds,
                "unsettled": proof.unsettled,
                "faults": [_fault_json(fault) for fault in proof.faults],
                "witnesses": {rule: _example_json(example) for rule, example in proof.witnesses.items()},
            }
            for proof in found
        ],
    }


def _fault_json(fault: Violation) -> dict[str, Any]:
    return {
        "what": fault.what,
        "rules": [{"rule": rule.id, "file": rule.file, "line": rule.line} for rule in fault.rules],
        "scenarios": [_example_json(example) for example in fault.examples],
    }


def _example_json(example: Example) -> dict[str, Any]:
    return {"scenario": example.scenario.answers(), "traits": example.traits}


def _scenario_file(proof: Proof, fault: Violation, example: Example) -> str:
    rules = [f"rules: {_places(fault.rules)}"] if fault.rules else []
    return _commented([f"against {proof.name}: {proof.claim}", fault.what, *rules, *_traits(example)], example)


def _commented(comments: list[str], example: Example) -> str:
    return "".join(f"# {printable(comment)}\n" for comment in comments) + scenario_text(example.scenario)


def _traits(example: Example) -> list[str]:
    return [
        f"with other traits in routes.yaml: {offer}: {', '.join(f'{name}: {value}' for name, value in traits.items())}"
        for offer, traits in example.traits.items()
    ]


def _places(rules: Sequence[Rule]) -> str:
    return ", ".join(f"`{rule.id}` ({rule.file}:{rule.line})" for rule in rules)


def _version() -> str:
    return str(z3.get_version_string())
