"""Terms: one line of exact integer arithmetic over names, with ``+ - * /`` and whole numbers.

``/`` gives micro-dollars, rounded up. For whole x, ``x < y`` exactly when ``x < ceil(y)``, so the comparisons that
conditions allow stay exact.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from advisor.errors import BadInput, Problem, quoted
from advisor.quantity import MICRO
from advisor.rulebook.names import Name, Scope, unknown_name

_MAX_LENGTH = 200


@dataclass(frozen=True)
class Number:
    """A whole number written in the term."""

    value: int


@dataclass(frozen=True)
class Use:
    """The value of a name."""

    name: str


@dataclass(frozen=True)
class Operation:
    """``left op right``. For ``/`` the left side is first multiplied by ten to the power of ``shift``."""

    op: str
    left: Expression
    right: Expression
    shift: int = 0


Expression = Number | Use | Operation


@dataclass(frozen=True)
class Term:
    """A named expression, the names it reads (through other terms too), and what kind of number it yields."""

    name: Name
    expression: Expression
    reads: frozenset[str]


@dataclass(frozen=True)
class _Shape:
    places: int
    quotient: bool
    bare: bool = False


def parse_term(name: str, text: object, names: Mapping[str, Name], file: str, line: int) -> Term:
    """Parses one term. Raises BadInput for unknown names, mixed units, and forms that would not be exact."""

    def fault(what: str, help: str | None = None) -> BadInput:
        return BadInput(Problem(f"in term `{name}`, {what}", file, line, help=help))

    if not isinstance(text, str) or len(text) > _MAX_LENGTH:
        raise fault(f"{quoted(text)} is not a line of arithmetic")
    reads: set[str] = set()

    def walk(node: ast.AST) -> tuple[Expression, _Shape]:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return Number(node.value), _Shape(0, False, bare=True)
        if isinstance(node, ast.Name):
            known = names.get(node.id)
            if known is None:
                raise unknown_name(node.id, dict(names), file, line, None)
            if known.places is None or known.scope not in (Scope.AMOUNT, Scope.CONSTANT):
                raise fault(f"`{node.id}` is not an amount or a constant")
            reads.add(node.id)
            return Use(node.id), _Shape(known.places, False, bare=known.scope is Scope.CONSTANT)
        if isinstance(node, ast.BinOp):
            return operate(node)
        raise fault("only names, whole numbers and + - * / are allowed")

    def operate(node: ast.BinOp) -> tuple[Expression, _Shape]:
        left, a = walk(node.left)
        right, b = walk(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            if a.places != b.places or a.bare != b.bare:
                raise fault(f"`{sign}` joins amounts of different units")
            if b.quotient and (a.quotient or sign == "-"):
                raise fault("a quotient may only be added, and only once", "put everything over one division")
            return Operation(sign, left, right), _Shape(a.places, a.quotient or b.quotient, a.bare)
        if isinstance(node.op, ast.Mult):
            if a.quotient or b.quotient:
                raise fault("a quotient is multiplied", "multiply before you divide: `2 * a / b`")
            return Operation("*", left, right), _Shape(a.places + b.places, False, a.bare and b.bare)
        if isinstance(node.op, ast.Div):
            return divide(left, a, right, b)
        raise fault("only + - * / are allowed")

    def divide(left: Expression, a: _Shape, right: Expression, b: _Shape) -> tuple[Expression, _Shape]:
        divisor = names.get(right.name) if isinstance(right, Use) else None
        whole = right.value if isinstance(right, Number) else 0
        if not whole > 0 and (divisor is None or divisor.may_be_zero):
            raise fault("it divides by something that may be zero", "divide by a field that is always more than zero")
        shift = MICRO + b.places - a.places
        if a.quotient or shift < 0:
            raise fault("the division would not be exact")
        return Operation("/", left, right, shift), _Shape(MICRO, True)

    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fault(f"{quoted(text)} is not a line of arithmetic") from None
    expression, shape = walk(tree)
    kind = Name(name, Scope.TERM, places=shape.places, quotient=shape.quotient)
    return Term(kind, expression, frozenset(reads))
