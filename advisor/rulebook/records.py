"""The records of a rules folder as pydantic models, and the kinds of faults, which name file, line and field."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.common.yaml_loader import Mapping, Sequence
from advisor.domain.scenario import Axis, Route
from advisor.rulebook.symbols import FIELD_NAMES

ERROR, WARNING = "error", "warning"


class Code(StrEnum):
    """A kind of fault. ``level`` says whether loading refuses it; ``meaning`` describes it in one line."""

    level: str
    meaning: str

    def __new__(cls, code: str, level: str, meaning: str) -> Self:
        """A member from its line in the table."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.level = level
        member.meaning = meaning
        return member

    MISSING_FILE = "missing-file", ERROR, "a part of the rulebook, or all of it, is missing"
    UNREAD_FILE = "unread-file", ERROR, "a file is in a place from which no rules are read"
    UNREADABLE_FILE = "unreadable-file", ERROR, "a file is too large, is a folder or is not text, or there are too many"
    INVALID_YAML = "invalid-yaml", ERROR, "a file is not valid YAML, or uses a feature that is not allowed"
    WRONG_FORM = "wrong-form", ERROR, "a list, a mapping or a text is used in place of another of them"
    MISSING_PART = "missing-part", ERROR, "a record or a file lacks a part it needs"
    UNKNOWN_KEY = "unknown-key", ERROR, "a key is not one of those known at its place"
    WRONG_VALUE = "wrong-value", ERROR, "a value is not an option of its name, or not a valid number"
    UNUSABLE_NAME = "unusable-name", ERROR, "an id or a name is taken, reserved or wrongly spelt"
    DUPLICATE_ID = "duplicate-id", ERROR, "two rules, offers, cases or words of a trait have the same name"
    UNKNOWN_NAME = "unknown-name", ERROR, "a condition or a term reads a name that does not exist"
    WRONG_KIND_OF_NAME = "wrong-kind-of-name", ERROR, "a rule or a term reads a name that its kind may not read"
    WRONG_COMPARISON = "wrong-comparison", ERROR, "a comparison does not exist, or does not suit what it compares"
    MIXED_UNITS = "mixed-units", ERROR, "values of different kinds are compared or added"
    INEXACT_COMPARISON = "inexact-comparison", ERROR, "rounding a quotient up could change what a comparison says"
    INEXACT_TERM = "inexact-term", ERROR, "a term uses a quotient in a way that would not stay exact"
    INVALID_TERM = "invalid-term", ERROR, "a term is not one line of names, whole numbers and + - * /"
    ZERO_DIVISOR = "zero-divisor", ERROR, "a term divides by something that may be zero"
    NO_VALUE_LEFT = "no-value-left", ERROR, "a negated list leaves a name no value"
    ENGINE_LIMIT = "engine-limit", ERROR, "rules are larger than the engine can match"
    GATE_WITHOUT_TRAIT = "gate-without-trait", ERROR, "a gate reads no trait of the offer"
    MISSING_PROVIDED = "missing-provided", ERROR, "a gate reads an unknown trait and does not say what to verify"
    MISPLACED_STANDING = "misplaced-standing", ERROR, "running or out is used below the top level of a condition"
    SELF_PREFERENCE = "self-preference", ERROR, "a rule prefers a route over itself"
    UNKNOWN_FIGURE = "unknown-figure", ERROR, "advice prints a figure that does not exist"
    UNKNOWN_RULE = "unknown-rule", ERROR, "a case names a rule that does not exist"
    WRONG_ANSWER = "wrong-answer", ERROR, "the answers of a case are not a valid scenario"

    NEVER_FIRES = "never-fires", WARNING, "no answers and no traits satisfy a rule's condition"
    DEAD_ALTERNATIVE = "dead-alternative", WARNING, "an alternative contradicts the rest of its condition"
    ADDS_NOTHING = "adds-nothing", WARNING, "a comparison or an alternative is implied by others of its rule"
    ALWAYS_TRUE = "always-true", WARNING, "a comparison holds for every value its names can have"
    COVERED_RULE = "covered-rule", WARNING, "a rule has no effect that another rule does not have"
    OPPOSED_PREFERENCES = "opposed-preferences", WARNING, "two preferences of one axis undo each other"
    IDLE_PREFERENCE = "idle-preference", WARNING, "a preference names a route that its own condition takes out"
    NO_SUCH_OFFER = "no-such-offer", WARNING, "no offer has the route or the traits that a rule needs"
    UNUSED_NAME = "unused-name", WARNING, "nothing reads a term or a constant"
    MISSING_FIGURE = "missing-figure", WARNING, "advice prints a figure that is not always known when it fires"
    AXIS_MISMATCH = "axis-mismatch", WARNING, "none of the answers that a gate reads belongs to its axis"
    UNTESTED_RULE = "untested-rule", WARNING, "no case is about a rule"

    def problem(
        self, what: str, file: str | None = None, line: int | None = None, field: str | None = None, *, help: str | None
    ) -> Problem:
        """A fault of this kind."""
        return Problem(what, file, line, field, help, code=self.value, level=self.level)

    def fault(
        self, what: str, file: str | None = None, line: int | None = None, field: str | None = None, *, help: str | None
    ) -> BadInput:
        """A fault of this kind, to be raised."""
        return BadInput(self.problem(what, file, line, field, help=help))


@contextmanager
def all_are(code: Code) -> Iterator[None]:
    """Gives this code to faults raised within that have none."""
    try:
        yield
    except BadInput as error:
        raise error.coded(code) from None


Schema = dict[str, Any]
WORD_PATTERN = "^[a-z][a-z0-9_]{0,79}$"
RESERVED_PREFIX = "unknown_"
"""The durable_rules backend marks unknowns with this prefix before a rule's id or a trait's name."""
REF = "reference"
"""Placeholder for ``$ref`` until pydantic has made its schema: it only knows references to its own models."""
SCALAR: Schema = {"type": ["string", "number", "boolean"]}
MAX_CONSTANT = 10**9 - 1
MAX_LENGTH = 300
"""Of a term, in characters."""
_TYPES = {"string_type": "text", "list_type": "a list", "tuple_type": "a list", "bool_type": "true or false"}


def ref(name: str) -> Schema:
    """A reference to another definition of the schema."""
    return {REF: f"#/$defs/{name}"}


def list_of(form: str) -> Schema:
    """A list of records."""
    return {"type": "array", "items": ref(form)}


def _named(values: Schema) -> WithJsonSchema:
    """A mapping from names that rules can use to values."""
    return WithJsonSchema(
        {"type": "object", "propertyNames": {"pattern": WORD_PATTERN}, "additionalProperties": values}
    )


def value_fault(code: Code, what: str, help: str) -> PydanticCustomError:
    """A fault of one value, for a validator to raise; the record adds file, line and field."""
    return PydanticCustomError("fault", "{what}", {"code": code, "what": what, "help": help})


def _not_reserved(id: str) -> str:
    if id.startswith(RESERVED_PREFIX):
        help = f"`{RESERVED_PREFIX}` is reserved for rules that the engine adds"
        raise value_fault(Code.UNUSABLE_NAME, f"{quoted(id)} cannot be an id", help)
    return id


def _trait_values(values: Any) -> Any:
    if isinstance(values, str) and values not in FIELD_NAMES:
        help = did_you_mean(values, FIELD_NAMES) or "name a scenario field, or list the words"
        raise value_fault(Code.UNKNOWN_NAME, f"{quoted(values)} is not a scenario field", help)
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        if len(set(values)) < len(values):
            raise value_fault(Code.DUPLICATE_ID, f"duplicate word in {quoted(values)}", "list each once")
        if "unknown" in values:
            raise value_fault(
                Code.UNUSABLE_NAME, "`unknown` cannot be listed", "leave it out: every trait may be unknown"
            )
    return [values] if isinstance(values, str) else values


_Id = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_.-]{0,79}$"), AfterValidator(_not_reserved)]
_Text = Annotated[str, Field(pattern=r"\S", description="a line of text")]
_Routes = Annotated[
    tuple[Route, ...],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    Field(min_length=1, description="one or more of " + ", ".join(Route)),
    WithJsonSchema({"anyOf": [ref("Route"), {**list_of("Route"), "minItems": 1}]}),
]
_WORDS: Schema = {"type": "array", "items": {"type": "string", "not": {"const": "unknown"}}, "uniqueItems": True}
_Traits = Annotated[Mapping, _named(SCALAR)]
_Answers = Annotated[Mapping, WithJsonSchema(ref("Scenario"))]
_WHEN = Field(description="`{name: value}`, or `{}` for always")
_NAMES = Field(description="`name: value` a line")
_RECORDS = Field(description="records that start with `- id:`")


class Form(BaseModel):
    """The form of a record; the description of a field says what to write there. Each record knows its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    noun: ClassVar[str] = "file"
    _record: Mapping
    _file: str

    @classmethod
    def parse(cls, record: object, file: str, line: int | None = None, name: str = "") -> Self:
        """A record of a file, which messages refer to by its ``name`` or id. Raises BadInput with every fault."""
        if not isinstance(record, Mapping):
            needed = ", ".join(f"`{part}:`" for part, field in cls.model_fields.items() if field.is_required())
            what = f"{name or f'this {cls.noun}'} is not a mapping"
            raise Code.WRONG_FORM.fault(what, file, line, help=f"it needs {needed}")
        id = record.get("id")
        name = name or (f"{cls.noun} `{id}`" if isinstance(id, str) and id.strip() else f"this {cls.noun}")
        try:
            form = cls.model_validate(record)
        except ValidationError as error:
            raise BadInput(_problems(cls, error.errors(include_url=False), record, file, name)) from None
        form._record, form._file = record, file
        return form

    @property
    def file(self) -> str:
        """The file that it was read from."""
        return self._file

    @property
    def line(self) -> int:
        """The line that it starts on."""
        return self._record.line

    def line_of(self, key: str) -> int:
        """The line of a part; where it is not stated, the line the record starts on."""
        return _line(self._record, (key,))

    def fault(self, code: Code, what: str, help: str, key: str = "") -> BadInput:
        """A fault of the record, or of one of its parts, to be raised."""
        return code.fault(what, self._file, self.line_of(key), help=help)


class IdForm(Form):
    """A record of a list."""

    id: _Id = Field(description="a letter, then letters, digits, `-`, `_` and `.`")


class RuleForm(IdForm):
    """The fields of every rule."""

    noun = "rule"
    axis: Axis = Field(description="one of " + ", ".join(Axis))
    when: Mapping
    because: _Text
    source: _Text


class GateForm(RuleForm):
    """Eliminates the offers for which its condition holds."""

    when: Annotated[Mapping, _WHEN, WithJsonSchema({**ref("gate_condition"), "minProperties": 1})]
    eliminate: Literal["offer"] = Field(description="`offer`: a gate takes out the offers for which its `when` holds")
    provided: _Text = ""


class PreferenceForm(RuleForm):
    """Prefers routes over other routes."""

    when: Annotated[Mapping, _WHEN, WithJsonSchema(ref("preference_when"))]
    prefer: _Routes
    over: _Routes


class AdviceForm(RuleForm):
    """Adds advice to the recommendation."""

    when: Annotated[Mapping, _WHEN, WithJsonSchema(ref("advice_condition"))]
    advise: _Text


class TraitForm(Form):
    """A column of Table 38.3.1: a list of words, or the name of a scenario field whose values it has."""

    noun = "trait"
    label: _Text
    values: Annotated[
        list[str],
        BeforeValidator(_trait_values),
        Field(min_length=1, description="a list of words, or the name of a scenario field"),
        WithJsonSchema({"anyOf": [{"enum": list(FIELD_NAMES)}, {**_WORDS, "minItems": 1}]}),
    ]
    source: _Text


class OfferForm(IdForm):
    """A route with traits; a trait that is not stated is unknown."""

    noun = "offer"
    route: Route = Field(description="one of " + ", ".join(Route))
    label: _Text
    traits: _Traits = Field(description="a value for each trait that is known")


class ExpectationForm(Form):
    """The expectation of a case: the outcome, and rules that fire."""

    route: Literal["self_host", "open_weight_api", "closed_api", "none"] = Field(
        description="one of " + ", ".join([*Route, "none"])
    )
    deciding_axis: Axis | None = Field(None, description="one of " + ", ".join(Axis))
    rules: list[_Id] | None = Field(None, description="`[id, id]`")


class CaseForm(IdForm):
    """A test case of the rules."""

    noun = "case"
    about: list[_Id] = Field(description="a list of rules")
    given: _Answers = Field(description="fields of a scenario")
    expect: ExpectationForm = Field(description="an outcome, as `{route: none}`")
    offers: dict[str, _Traits] | None = Field(None, description="`{offer: {trait: value}}`")


class OffersFile(Form):
    """A separate file of offers, which replace those in routes.yaml."""

    offers: Annotated[Sequence, _RECORDS, Field(min_length=1), WithJsonSchema({**list_of("OfferForm"), "minItems": 1})]


class RoutesFile(OffersFile):
    """routes.yaml: Table 38.3.1."""

    traits: Annotated[Mapping, _NAMES, _named(ref("TraitForm"))]


class TermsFile(Form):
    """terms.yaml: the arithmetic."""

    terms: Annotated[
        Mapping, _NAMES, _named({"type": "string", "maxLength": MAX_LENGTH, "pattern": r"^[a-z0-9_+*/(),= -]+$"})
    ]
    constants: Annotated[Mapping, _named({"type": "integer", "minimum": 1, "maximum": MAX_CONSTANT})] | None = Field(
        None, description="`name: value` a line"
    )


class CasesFile(Form):
    """cases/*.yaml: examples; ``base`` holds the answers that they share."""

    cases: Annotated[Sequence, _RECORDS, WithJsonSchema(list_of("CaseForm"))]
    base: _Answers | None = Field(None, description="`name: value` a line")


def only_known(entries: Mapping, known: Iterable[str], file: str) -> None:
    """Refuses an unknown key. Raises BadInput."""
    for key, line in entries.lines.items():
        if key not in known:
            raise BadInput(_unknown_key(key, known, file, line))


def _unknown_key(key: str, known: Iterable[str], file: str, line: int) -> Problem:
    help = did_you_mean(key, known) or "allowed here: " + ", ".join(sorted(known))
    return Code.UNKNOWN_KEY.problem(f"{quoted(key)} is not known here", file, line, help=help)


def _line(record: Mapping, path: Iterable[object]) -> int:
    """The line of a part of a record, or of the innermost existing parent."""
    node: Any = record
    line = record.line
    for part in path:
        if not isinstance(node, Mapping | Sequence) or (isinstance(node, Mapping) and part not in node):
            break
        line, node = node.lines[part], node[part]  # type: ignore[call-overload, index]  # a key or an index
    return line


def _problems(form: type[Form], faults: list[ErrorDetails], record: Mapping, file: str, name: str) -> Iterator[Problem]:
    """Each fault in words. A field is not reported as missing if an unknown key looks like a misspelling of it."""
    unknown = [str(fault["loc"][-1]) for fault in faults if fault["type"] == "extra_forbidden"]
    for fault in faults:
        if fault["type"] != "missing" or not any(did_you_mean(key, [str(fault["loc"][-1])]) for key in unknown):
            yield _problem(form, fault, record, file, name)


def _inner_form(annotation: Any) -> type[Form] | None:
    """The form of the records within a field, which holds one or several of them."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Form)), None)


def _wanted(field: FieldInfo) -> str | None:
    """What to write in a field. That of a field which may be absent is described within its annotation."""
    inner = (part for kind in get_args(field.annotation) for part in getattr(kind, "__metadata__", ()))
    return field.description or next((part.description for part in inner if isinstance(part, FieldInfo)), None)


def _problem(form: type[Form], fault: ErrorDetails, record: Mapping, file: str, name: str) -> Problem:
    kind, value, line = fault["type"], fault["input"], _line(record, fault["loc"])
    part, *within = (str(part) for part in fault["loc"] if isinstance(part, str))
    where = "" if form.noun == "file" or part == "id" else f"in {name}, "
    field = form.model_fields.get(part)
    if field and within and (inner := _inner_form(field.annotation)):
        form, part, field = inner, within[0], inner.model_fields.get(within[0])
    if field is None:
        return _unknown_key(part, form.model_fields, file, line)
    if kind in ("missing", "too_short") or value is None or (isinstance(value, str) and not value.strip()):
        help = f"add `{part}:` with {_wanted(field)}"
        return Code.MISSING_PART.problem(f"{name} has no `{part}`", file, line, help=help)
    code, what = Code.WRONG_FORM, f"{quoted(value)} is not {_TYPES.get(kind, 'a mapping')}"
    help = f"write {_wanted(field)}"
    if kind == "fault":
        code, what, help = (fault["ctx"][key] for key in ("code", "what", "help"))
    elif kind == "string_pattern_mismatch":
        code, what = Code.UNUSABLE_NAME, f"{quoted(value)} cannot be an id"
    elif kind in ("enum", "literal_error"):
        code, what = Code.WRONG_VALUE, f"{quoted(value)} is not an option of `{part}`"
        help = did_you_mean(str(value), re.findall("'([^']*)'", fault["ctx"]["expected"])) or help
    elif kind == "string_type":
        help = "put the text in quotes"
    return code.problem(where + what, file, line, part, help=help)
