"""Terms: one line of exact integer arithmetic over names, with ``+ - * /`` and whole numbers.

``/`` gives micro-dollars, rounded up. For whole x, ``x < y`` exactly when ``x < ceil(y)``, so the comparisons that
conditions allow stay exact.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.common.diagnostics import BadInput, did_you_mean, quoted
from advisor.domain.formatting import MICRO
from advisor.rulebook.diagnostics import Code
from advisor.rulebook.symbols import Name, Scope

MAX_LENGTH = 200
_UNITS = "add dollars to dollars, and numbers to numbers"
_EXAMPLE = "write names, whole numbers and + - * /, as in `2 * open_price * monthly_images`"


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
    """A named expression, and the names it reads (through other terms too)."""

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

    def fault(code: Code, what: str, help: str) -> BadInput:
        return code.fault(f"in term `{name}`, {what}", file, line, help=help)

    if isinstance(text, str) and len(text) > MAX_LENGTH:
        raise fault(Code.INVALID_TERM, f"the line is longer than {MAX_LENGTH} characters", "shorten it")
    if not isinstance(text, str):
        raise fault(Code.INVALID_TERM, f"{quoted(text)} is not a line of arithmetic", _EXAMPLE)
    reads: set[str] = set()

    def walk(node: ast.AST) -> tuple[Expression, _Shape]:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return Number(node.value), _Shape(0, False, bare=True)
        if isinstance(node, ast.Name):
            known = names.get(node.id)
            if known is None:
                usable = (other for other, of in names.items() if of.scope in (Scope.AMOUNT, Scope.CONSTANT))
                help = did_you_mean(node.id, usable) or "a term reads amounts of the scenario and constants"
                raise fault(Code.UNKNOWN_NAME, f"the name {quoted(node.id)} is not known", help)
            if known.places is None or known.scope not in (Scope.AMOUNT, Scope.CONSTANT):
                what = f"`{node.id}` is not an amount or a constant"
                raise fault(Code.WRONG_KIND_OF_NAME, what, "a term reads amounts of the scenario and constants")
            reads.add(node.id)
            return Use(node.id), _Shape(known.places, False, bare=known.scope is Scope.CONSTANT)
        if isinstance(node, ast.BinOp):
            return operate(node)
        raise fault(Code.INVALID_TERM, f"{_source(node)} is neither a name nor a whole number", _EXAMPLE)

    def operate(node: ast.BinOp) -> tuple[Expression, _Shape]:
        left, a = walk(node.left)
        right, b = walk(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            if a.places != b.places or a.bare != b.bare:
                what = f"`{sign}` joins {_source(node.left)} and {_source(node.right)}, of different units"
                raise fault(Code.MIXED_UNITS, what, _UNITS)
            if b.quotient and (a.quotient or sign == "-"):
                help = "put everything over one division"
                raise fault(Code.INEXACT_TERM, "a quotient may only be added, and only once", help)
            return Operation(sign, left, right), _Shape(a.places, a.quotient or b.quotient, a.bare)
        if isinstance(node.op, ast.Mult):
            if a.quotient or b.quotient:
                raise fault(Code.INEXACT_TERM, "a quotient is multiplied", "multiply before you divide: `2 * a / b`")
            return Operation("*", left, right), _Shape(a.places + b.places, False, a.bare and b.bare)
        if isinstance(node.op, ast.Div):
            return divide(left, a, right, b)
        raise fault(Code.INEXACT_TERM, f"{_source(node)} uses an operator that is not exact", _EXAMPLE)

    def divide(left: Expression, a: _Shape, right: Expression, b: _Shape) -> tuple[Expression, _Shape]:
        if isinstance(right, Operation):
            raise fault(Code.INEXACT_TERM, "it divides by a sum, a product or a quotient", "divide by one name, once")
        positive = right.value > 0 if isinstance(right, Number) else not names[right.name].may_be_zero
        if not positive:
            help = "divide by a field that is always more than zero"
            raise fault(Code.ZERO_DIVISOR, "it divides by something that may be zero", help)
        shift = MICRO + b.places - a.places
        if a.quotient or shift < 0:
            raise fault(Code.INEXACT_TERM, "the division would not be exact", "multiply first, and divide once")
        return Operation("/", left, right, shift), _Shape(MICRO, True)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fault(Code.INVALID_TERM, f"{quoted(text)} is not a line of arithmetic", _EXAMPLE) from None
    expression, shape = walk(tree)
    kind = Name(name, Scope.TERM, places=shape.places, quotient=shape.quotient)
    return Term(kind, expression, frozenset(reads))


def constant_value(expression: Expression, constants: Mapping[str, int]) -> int | None:
    """The constant value of a term that reads no amount, rounded up; None for a term that reads one."""
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Use):
        return constants.get(expression.name)
    left, right = constant_value(expression.left, constants), constant_value(expression.right, constants)
    if left is None or right is None:
        return None
    if expression.op == "/":
        return -(-left * int(10**expression.shift) // right)
    return left * right if expression.op == "*" else left + right if expression.op == "+" else left - right


def names_used(expression: Expression) -> Iterator[str]:
    """Every name an expression reads, from left to right."""
    if isinstance(expression, Use):
        yield expression.name
    elif isinstance(expression, Operation):
        yield from names_used(expression.left)
        yield from names_used(expression.right)


def _source(node: ast.AST) -> str:
    return quoted(ast.unparse(node))


def term_text(expression: Expression) -> str:
    """A term as text, with the brackets it needs."""
    if isinstance(expression, Number):
        return str(expression.value)
    if isinstance(expression, Use):
        return expression.name
    left, right = term_text(expression.left), term_text(expression.right)
    if _is_sum(expression.left) and not _is_sum(expression):
        left = f"({left})"
    if _is_sum(expression.right) and expression.op != "+":
        right = f"({right})"
    return f"{left} {expression.op} {right}"


def _is_sum(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.op in ("+", "-")
