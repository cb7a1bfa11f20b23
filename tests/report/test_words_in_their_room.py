"""The words of charts are in ``wording/``, not in the code that draws."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import advisor

PACKAGE = Path(advisor.__file__).parent
_WORDS = re.compile(r"[a-z]+ [a-z]+")
_MESSAGES = {"Problem", "validated", "parse_term"}
"""Calls whose texts are messages about an input, or name it in them."""
_MATPLOTLIB = {"figure pixels", "upper left"}


@pytest.mark.parametrize("file", [*PACKAGE.glob("charts/*.py"), PACKAGE / "monitor/dashboard.py"], ids=lambda f: f.name)
def test_charts_hold_no_words(file: Path) -> None:
    assert set(phrases(file.read_text(encoding="utf-8"))) <= _MATPLOTLIB


def test_a_phrase_in_code_is_found() -> None:
    code = '"""A docstring is no phrase."""\nx = f"costs {y} a month"\nvalidated(y, "the record")'
    assert list(phrases(code)) == [" a month"]


def phrases(code: str) -> Iterator[str]:
    """The texts of two words and more in code, except docstrings, markup and those of messages."""

    def found(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in _MESSAGES:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "<" not in node.value:
            yield from [node.value] if _WORDS.search(node.value) else []
        for child in ast.iter_child_nodes(node):
            yield from found(child)

    return found(ast.parse(code))
