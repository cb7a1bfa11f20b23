"""`--help` of every command: examples that parse, and every exit code; and the public names of the package."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

import advisor
from advisor.cli.main import COMMANDS, command_parser
from advisor.cli.options import EXAMPLES
from advisor.common.diagnostics import BadInput
from advisor.domain.scenario import FIELDS, validated

FLOATS = (0.1, float("nan"), np.float64(0.1), np.float32(2))
REFUSED = "floats are refused: write Decimal or text"


def helps() -> Iterator[tuple[str, str]]:
    """The name of every command and sub-command, and its help."""
    parser, commands = command_parser(COMMANDS)
    yield "", parser.format_help()
    for name, command in commands.items():
        yield name, command.format_help()
        for action in command._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from ((f"{name} {below}", one.format_help()) for below, one in action.choices.items())


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_every_help_has_examples_and_exit_codes_in_80_columns() -> None:
    shown = dict(helps())
    assert set(shown) == set(EXAMPLES)
    for name, text in shown.items():
        examples, codes = text.split("\nexamples:\n")[1].split("\n\nexit codes:\n")
        assert examples.startswith(f"  advisor {name.split(' ')[0]}")
        assert {"0", "1", "2"} <= set(re.findall(r"^ *([0-9]+)  ", codes, re.MULTILINE))
        assert "1  a defect of the advisor" in codes
        assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("example", [example for found in EXAMPLES.values() for example in found])
def test_an_example_of_the_help_parses(example: str) -> None:
    parser, _ = command_parser(COMMANDS)
    words = shlex.split(example.partition(" > ")[0])
    assert words[0] == "advisor"
    assert callable(parser.parse_args(words[1:]).run)


def test_the_package_lists_its_public_names() -> None:
    assert dir(advisor) == sorted(advisor.__all__)
    assert all(getattr(advisor, name) is not None for name in dir(advisor))


def test_listing_the_names_imports_none_of_them() -> None:
    fresh = importlib.util.module_from_spec(importlib.util.find_spec("advisor"))  # type: ignore[arg-type]  # it is installed
    assert fresh.__spec__
    assert fresh.__spec__.loader
    fresh.__spec__.loader.exec_module(fresh)
    assert "decide" in dir(fresh)
    assert "decide" not in vars(fresh)


@pytest.mark.parametrize("number", FLOATS, ids=repr)
@pytest.mark.parametrize(
    ("function", "arguments"),
    [(advisor.own, 4), (advisor.rent, 2), (advisor.crossover_volume, 4)],
    ids=["own", "rent", "crossover"],
)
def test_the_cost_model_refuses_floats(function: Any, arguments: int, number: Any) -> None:
    for place in range(arguments):
        values: list[Any] = [Decimal(1), 2, "3", Fraction(4)][:arguments]
        values[place] = number
        with pytest.raises(TypeError, match=REFUSED):
            function(*values)


@pytest.mark.parametrize("field", [name for name, spec in FIELDS.items() if spec.quantity])
def test_a_scenario_refuses_floats_in_every_amount(field: str) -> None:
    for number in FLOATS:
        with pytest.raises(ValidationError, match=REFUSED):
            advisor.Scenario.model_validate({field: number})
        with pytest.raises(BadInput, match=REFUSED):
            validated({field: number}, "a program")
