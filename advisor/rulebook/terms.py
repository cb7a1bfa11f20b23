"""Terms: one line of exact integer arithmetic over names, with ``+ - * /``, ``max`` and whole numbers.

``ceil(a / b)`` is a whole number, rounded up; ``a if name == option else b`` chooses by an answer. Any other ``/``
gives micro-dollars, rounded up. For whole x, ``x < y`` exactly when ``x < ceil(y)``, so the comparisons that conditions
allow stay exact.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.common.diagnostics import BadInput, did_you_mean, quoted
from advisor.domain.quantity import MICRO
from advisor.rulebook.records import MAX_LENGTH, Code
from advisor.rulebook.symbols import FIELD_NAMES, Name, Scope

_UNITS = "add dollars to dollars, and numbers to numbers"
_EXAMPLE = "write names, whole numbers and + - * /, as in `2 * open_price * monthly_images`"
_CALLS = "write max(a, b), or ceil(a / b) for a quotient rounded up"
_CHOICE = "write a if gpu_billing == always_on else b"
_READABLE = "a term reads amounts of the scenario, constants and the terms above it"


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
    """``left op right``; ``ceil`` is the whole quotient, rounded up, and ``max`` the greater side.

    For ``/`` and ``ceil`` the left side is first multiplied by ten to the power of ``shift``.
    """

    op: str
    left: Expression
    right: Expression
    shift: int = 0


@dataclass(frozen=True)
class Choice:
    """``then`` where the answer ``name`` is ``value``, as it is encoded, else ``otherwise``."""

    name: str
    value: int
    then: Expression
    otherwise: Expression


Expression = Number | Use | Operation | Choice


@dataclass(frozen=True)
class Term:
    """A named expression, the names it reads (through other terms too), and these terms."""

    name: Name
    expression: Expression
    reads: frozenset[str]
    above: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Shape:
    places: int
    quotient: bool = False
    bare: bool = False

    @property
    def unit(self) -> tuple[int, bool]:
        return self.places, self.bare


def parse_term(
    name: str, text: object, names: Mapping[str, Name], file: str, line: int, terms: Mapping[str, Term] | None = None
) -> Term:
    """Parses one term; the ``terms`` above it are written out. Raises BadInput for what is not known or not exact."""

    def fault(code: Code, what: str, help: str) -> BadInput:
        return code.fault(f"in term `{name}`, {what}", file, line, help=help)

    if not isinstance(text, str):
        raise fault(Code.INVALID_TERM, f"{quoted(text)} is not a line of arithmetic", _EXAMPLE)
    if len(text) > MAX_LENGTH:
        raise fault(Code.INVALID_TERM, f"the line is longer than {MAX_LENGTH} characters", "shorten it")
    reads: set[str] = set()
    above: set[str] = set()

    def walk(node: ast.AST) -> tuple[Expression, _Shape]:
        if isinstance(node, ast.Constant) and type(node.value) is int:
            return Number(node.value), _Shape(0, bare=True)
        if isinstance(node, ast.Name):
            return use(node.id)
        if isinstance(node, ast.BinOp):
            return operate(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return call(node, node.func.id)
        if isinstance(node, ast.IfExp):
            return choose(node)
        raise fault(Code.INVALID_TERM, f"{_source(node)} is neither a name nor a whole number", _EXAMPLE)

    def use(name: str) -> tuple[Expression, _Shape]:
        if terms and name in terms:
            term = terms[name]
            reads.update(term.reads)
            above.add(name)
            return term.expression, _Shape(term.name.places or 0, term.name.quotient)
        known = names.get(name)
        if known is None:
            usable = (other for other, of in names.items() if of.scope in (Scope.AMOUNT, Scope.CONSTANT))
            help = did_you_mean(name, usable) or _READABLE
            raise fault(Code.UNKNOWN_NAME, f"the name {quoted(name)} is not known", help)
        if known.places is None or known.scope not in (Scope.AMOUNT, Scope.CONSTANT):
            what = f"`{name}` is not an amount, a constant or a term above"
            raise fault(Code.WRONG_KIND_OF_NAME, what, _READABLE)
        reads.add(name)
        return Use(name), _Shape(known.places, bare=known.scope is Scope.CONSTANT)

    def call(node: ast.Call, function: str) -> tuple[Expression, _Shape]:
        if function == "ceil" and len(node.args) == 1 and isinstance(node.args[0], ast.BinOp):
            quotient = node.args[0]
            if isinstance(quotient.op, ast.Div):
                return divide(quotient, is_whole=True)
        if function != "max" or len(node.args) != 2:
            raise fault(Code.INVALID_TERM, f"{_source(node)} is not a function that terms have", _CALLS)
        (left, a), (right, b) = (walk(argument) for argument in node.args)
        if a.unit != b.unit:
            raise fault(Code.MIXED_UNITS, f"{_source(node)} compares different units", "compare dollars with dollars")
        if a.quotient or b.quotient:
            raise fault(Code.INEXACT_TERM, f"{_source(node)} compares a quotient", _CALLS)
        return Operation("max", left, right), a

    def choose(node: ast.IfExp) -> tuple[Expression, _Shape]:
        test = node.test
        sides = (test.left, *test.comparators) if isinstance(test, ast.Compare) else ()
        words = [side.id for side in sides if isinstance(side, ast.Name)]
        known = names.get(words[0]) if len(words) == 2 else None
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq) or known is None:
            raise fault(Code.INVALID_TERM, f"{_source(test)} is not a choice", _CHOICE)
        if known.scope is not Scope.AMOUNT or words[1] not in known.options:
            raise fault(Code.INVALID_TERM, f"{_source(test)} is not an answer to choose by", _CHOICE)
        (then, a), (otherwise, b) = walk(node.body), walk(node.orelse)
        if a.unit != b.unit:
            raise fault(Code.MIXED_UNITS, f"{_source(node)} chooses between different units", _UNITS)
        reads.add(known.name)
        quotient = a.quotient or b.quotient
        return Choice(known.name, known.options.index(words[1]), then, otherwise), _Shape(a.places, quotient, a.bare)

    def operate(node: ast.BinOp) -> tuple[Expression, _Shape]:
        if isinstance(node.op, ast.Div):
            return divide(node, is_whole=False)
        (left, a), (right, b) = walk(node.left), walk(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            sign = "+" if isinstance(node.op, ast.Add) else "-"
            if a.unit != b.unit:
                what = f"`{sign}` joins {_source(node.left)} and {_source(node.right)}, of different units"
                raise fault(Code.MIXED_UNITS, what, _UNITS)
            if b.quotient and (a.quotient or sign == "-"):
                help = "put everything over one division"
                raise fault(Code.INEXACT_TERM, "a quotient may only be added, and only once", help)
            return Operation(sign, left, right), _Shape(a.places, a.quotient or b.quotient, a.bare)
        if isinstance(node.op, ast.Mult):
            if a.quotient or b.quotient:
                raise fault(Code.INEXACT_TERM, "a quotient is multiplied", "multiply before you divide: `2 * a / b`")
            return Operation("*", left, right), _Shape(a.places + b.places, bare=a.bare and b.bare)
        raise fault(Code.INEXACT_TERM, f"{_source(node)} uses an operator that is not exact", _EXAMPLE)

    def divide(node: ast.BinOp, is_whole: bool) -> tuple[Expression, _Shape]:
        (left, a), (right, b) = walk(node.left), walk(node.right)
        if not is_whole and isinstance(right, Operation | Choice):
            raise fault(Code.INEXACT_TERM, "it divides by a sum, a product or a quotient", "divide by one name, once")
        if not _is_positive(right, names):
            help = f"divide by {'fields that are' if is_whole else 'a field that is'} always more than zero"
            raise fault(Code.ZERO_DIVISOR, "it divides by something that may be zero", help)
        shift = (0 if is_whole else MICRO) + b.places - a.places
        if a.quotient or shift < 0:
            raise fault(Code.INEXACT_TERM, "the division would not be exact", "multiply first, and divide once")
        if is_whole:
            return Operation("ceil", left, right, shift), _Shape(0)
        return Operation("/", left, right, shift), _Shape(MICRO, True)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise fault(Code.INVALID_TERM, f"{quoted(text)} is not a line of arithmetic", _EXAMPLE) from None
    expression, shape = walk(tree)
    kind = Name(name, Scope.TERM, places=shape.places, quotient=shape.quotient)
    return Term(kind, expression, frozenset(reads), frozenset(above))


def constant_value(expression: Expression, constants: Mapping[str, int]) -> int | None:
    """The constant value of a term that reads no amount, rounded up; None for a term that reads one."""
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Use):
        return constants.get(expression.name)
    if isinstance(expression, Choice):
        return None
    left, right = constant_value(expression.left, constants), constant_value(expression.right, constants)
    if left is None or right is None:
        return None
    if expression.op == "max":
        return max(left, right)
    if expression.op in ("/", "ceil"):
        return -(-left * int(10**expression.shift) // right)
    return left * right if expression.op == "*" else left + right if expression.op == "+" else left - right


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The two expressions that it is made of; none of a number or a name."""
    if isinstance(expression, Operation):
        return expression.left, expression.right
    return (expression.then, expression.otherwise) if isinstance(expression, Choice) else ()


def with_parts(expression: Expression, parts: Sequence[Expression]) -> Expression:
    """The same expression of other parts."""
    if isinstance(expression, Operation):
        return replace(expression, left=parts[0], right=parts[1])
    return replace(expression, then=parts[0], otherwise=parts[1]) if isinstance(expression, Choice) else expression


def names_used(expression: Expression) -> Iterator[str]:
    """Every name an expression reads, from left to right."""
    if isinstance(expression, Use | Choice):
        yield expression.name
    for part in parts_of(expression):
        yield from names_used(part)


def rounds_up(expression: Expression) -> bool:
    """Whether a quotient in it is rounded up."""
    is_rounded = isinstance(expression, Operation) and expression.op == "ceil"
    return is_rounded or any(map(rounds_up, parts_of(expression)))


def replaced(expression: Expression, new: Callable[[str], Expression]) -> Expression:
    """The expression with another one in place of each name it computes with."""
    if isinstance(expression, Use):
        return new(expression.name)
    return with_parts(expression, [replaced(part, new) for part in parts_of(expression)])


def chosen(expression: Expression, answers: Mapping[str, object]) -> Expression:
    """The expression with what the known answers choose."""
    if isinstance(expression, Choice) and expression.name in answers:
        taken = expression.then if answers[expression.name] == expression.value else expression.otherwise
        return chosen(taken, answers)
    return with_parts(expression, [chosen(part, answers) for part in parts_of(expression)])


def _is_positive(expression: Expression, names: Mapping[str, Name]) -> bool:
    """Whether a product of names and numbers is always more than zero."""
    if isinstance(expression, Operation) and expression.op == "*":
        return _is_positive(expression.left, names) and _is_positive(expression.right, names)
    if isinstance(expression, Number):
        return expression.value > 0
    return isinstance(expression, Use) and not names[expression.name].may_be_zero


def _source(node: ast.AST) -> str:
    return quoted(ast.unparse(node))


def term_text(expression: Expression) -> str:
    """A term as text, with the brackets it needs."""
    if isinstance(expression, Number):
        return str(expression.value)
    if isinstance(expression, Use):
        return expression.name
    if isinstance(expression, Choice):
        option = FIELD_NAMES[expression.name].decode(expression.value)
        return f"{term_text(expression.then)} if {expression.name} == {option} else {term_text(expression.otherwise)}"
    left, right = term_text(expression.left), term_text(expression.right)
    if expression.op == "max":
        return f"max({left}, {right})"
    if expression.op == "ceil":
        return f"ceil({_grouped(left, expression.left)} / {_grouped(right, expression.right, Operation)})"
    if isinstance(expression.left, Choice) or (_is_sum(expression.left) and not _is_sum(expression)):
        left = f"({left})"
    if isinstance(expression.right, Choice) or (_is_sum(expression.right) and expression.op != "+"):
        right = f"({right})"
    return f"{left} {expression.op} {right}"


def _grouped(text: str, expression: Expression, kind: type = Choice) -> str:
    return f"({text})" if isinstance(expression, Choice | kind) or _is_sum(expression) else text


def _is_sum(expression: Expression) -> bool:
    return isinstance(expression, Operation) and expression.op in ("+", "-")
