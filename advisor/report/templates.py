"""Renders claims with Jinja templates. Free text is escaped; the same record gives the same bytes."""

from __future__ import annotations

import json
import re
import traceback
import unicodedata
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jinja2
from jinja2 import (
    BaseLoader,
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

import advisor
from advisor.common.diagnostics import HIDDEN, BadInput, Problem, printable, quoted
from advisor.common.files import bundled, is_file, is_folder, read_text, real
from advisor.domain.quantity import MICRO, dollars, grouped
from advisor.domain.record import Decision
from advisor.report import limits
from advisor.report.claims.build import claims_of
from advisor.report.claims.model import Claim
from advisor.report.memo_parts import embedded_text
from advisor.wording.labels import FILE, listed, wordings

if TYPE_CHECKING:
    from advisor.charts.canvas import Chart

MEMO = "memo.md.j2"
OPEN, CLOSE, FIGURE, END = "\ue000", "\ue002", "\ue003", "\ue001"
"""The invisible marks in a memo's Markdown: the start and end of each claim, the place of a figure, the end of an id.

They are private-use characters, which no other text in a memo contains (``one_line`` removes them). Without them the
text is the memo; with them each piece of text can be traced to its claim.
"""
ID = "[\ue120-\ue17e]*"
_LETTERS = 0xE100
"""Ids are written as private-use characters: ASCII code plus this offset."""
_MARKS = re.compile("[\ue000-\uf8ff]")
_COPY = "a templates folder is complete in itself: start from a copy of the bundled one"
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&!{}])")
_SLUG, _SLUG_READ = 60, 200
"""The maximum length of the slug of a title, and how much of the title is read for it."""
_REORDERING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def memo_markdown(decision: Decision, templates: Path | None = None) -> str:
    """The memo of a decision in Markdown, in the sections of MADR 4.0."""
    return unmarked(memo_with_marks(decision, templates))


def memo_with_marks(decision: Decision, templates: Path | None = None) -> str:
    """The memo in Markdown with the marks of its claims and figures."""
    return rendered(MEMO, decision, templates)


def unmarked(marked: str) -> str:
    """The memo without the marks of its claims."""
    return tidy(stripped(marked))


def summary(decision: Decision, templates: Path | None = None) -> str:
    """The decision in a few lines for a terminal."""
    return rendered("summary.txt.j2", decision, templates)


def rendered(template: str, decision: Decision, templates: Path | None = None) -> str:
    """A template that says something of a decision, filled with its claims."""
    named = {
        "claims": _Sections(claims_of(decision)),
        "title": decision.scenario.get("title"),
        "identifier": identifier(decision),
        "decision": decision.model_dump(mode="json"),
        "priced": decision.priced_scenario,
        "embedded": embedded_text(decision).rstrip("\n"),
    }
    return fill(template, named, templates)


def identifier(decision: Decision) -> str:
    """``YYYYMMDD-slug``, the slug from the title in ASCII letters; for file names and links."""
    return f"{decision.decided_on.replace('-', '')}-{slug(decision.scenario.get('title')) or 'decision'}"


def slug(title: object) -> str:
    """The words of a title in ASCII letters and digits, with dashes between them; empty where there are none.

    >>> slug("Hero shots, in *4K*"), slug(None)
    ('hero-shots-in-4k', '')
    """
    text = unicodedata.normalize("NFKD", str(title or "")[:_SLUG_READ])
    words = re.findall("[a-z0-9]+", text.encode("ascii", "ignore").decode().lower())
    return "-".join(words)[:_SLUG].strip("-")


def fill(template: str, named: Mapping[str, Any], templates: Path | None = None) -> str:
    """A template rendered with named values.

    Custom templates are rendered in a child process within ``limits.FILLING``. Raises BadInput for a fault in them.
    """
    if templates and not is_folder(templates):
        raise BadInput(Problem("there is no such templates folder", file=str(templates), help="check --templates"))
    if templates and not is_file(templates / template):
        raise BadInput(Problem(f"there is no template `{template}` in the folder", file=str(templates), help=_COPY))
    if templates is None:
        # Custom templates are input, but a fault in the bundled ones is a defect, and is not turned into BadInput.
        return tidy(_loaded(template, bundled("templates")).render(named))
    held = limits.FILLING
    return limits.within_limits(held, templates / template, fill_within_limits, template, dict(named), templates, held)


def bounded(
    held: limits.Limits, templates: Path | None, template: str, work: Callable[..., limits.Result], *arguments: object
) -> limits.Result:
    """The result of ``work``: in this process for the bundled templates, within limits for a folder of custom ones.

    ``template`` is the file to name in faults. Raises what ``limits.within_limits`` raises.
    """
    if templates is None:
        return work(*arguments)
    return limits.within_limits(held, templates / template, work, *arguments)


def fill_within_limits(template: str, named: Mapping[str, Any], folder: Path, held: limits.Limits) -> str:
    """A custom template rendered in a process with limits. Raises BadInput for a fault in it."""
    try:
        wordings(folder)
    except limits.Exceeded as error:
        limits.lift_limits()
        raise BadInput(limits.fault(error, str(folder / FILE))) from None
    try:
        return tidy(_text(_loaded(template, folder), named, held.characters))
    except BadInput:
        raise
    except Exception as error:
        limits.lift_limits()
        cause = limits.out_of_memory(held) if isinstance(error, MemoryError) else error
        raise BadInput(_template_fault(cause.with_traceback(error.__traceback__), template, folder)) from None


def _loaded(template: str, folder: Path) -> Template:
    environment = _bundled_environment() if folder == bundled("templates") else _environment(folder)
    environment.globals["wording"] = wordings(folder)
    return environment.get_template(template)


def _text(template: Template, named: Mapping[str, Any], most: int) -> str:
    """The rendered template. If a limit is exceeded, the line that wrote last is reported."""
    written, length = [], 0
    parts = cast("Generator[str, None, None]", template.generate(named))
    try:
        for part in parts:
            written.append(part)
            length += len(part)
            if length > most:
                raise limits.too_long(most)
    except limits.Exceeded as error:
        parts.throw(error)
    return "".join(written)


def figures(charts: Sequence[Chart], templates: Path | None = None) -> dict[str, Markup]:
    """Charts as HTML by their ids."""
    found = {}
    for chart in charts:
        named = {"chart": chart, "wide": Markup(chart.svg), "narrow": Markup(chart.narrow)}
        found[chart.id] = Markup(fill("figure.html.j2", named, templates))
    return found


def tidy(text: str) -> str:
    """The text without trailing spaces and without consecutive empty lines."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip() + "\n"


class _Sections:
    """Claims by their section, as ``claims.of("costs")``."""

    def __init__(self, claims: list[Claim]) -> None:
        self._claims = claims

    def of(self, section: str) -> list[Claim]:
        """The claims of one section, in order."""
        return [claim for claim in self._claims if claim.section == section]


class _Folder(BaseLoader):
    """The templates of one folder; paths and links that lead out of it are refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        path = self._folder / template
        if "\0" in template or not real(path).is_relative_to(real(self._folder)) or not is_file(path):
            raise TemplateNotFound(template)
        return read_text(str(path)), str(path), None


def _template_fault(error: Exception, template: str, folder: Path) -> Problem:
    """The fault of a template and its place: Jinja puts the lines of templates into the traceback."""
    places = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.endswith(".j2") and Path(frame.f_code.co_filename).is_relative_to(folder)
    ]
    file, line = places[-1] if places else (str(folder / template), None)
    if isinstance(error, limits.Exceeded):
        return limits.fault(error, file, line)
    help = "compare it with the bundled template"
    if isinstance(error, TemplateNotFound):
        what = f"there is no template {quoted(error.name)} in the folder"
        return Problem(what, file if line else str(folder), line, help=_COPY)
    message, _, more = re.sub(r"'([^']*)'", r"`\1`", str(error)).partition(". ")
    message = message[:1].lower() + message[1:].rstrip(".")
    if isinstance(error, TemplateSyntaxError):
        wanted = re.search("tags: (.*?)[.]", more)
        help = f"close it with {wanted[1]}" if wanted else help
        return Problem(f"this is not a template: {message}", error.filename or file, error.lineno, help=help)
    if isinstance(error, SecurityError):
        what = re.sub("^access to attribute (`.*?`) .*", r"use the attribute \1", message)
        return Problem(f"a template may not {what}", file, line, help="print what the claims and the decision hold")
    if isinstance(error, UndefinedError):
        missing = re.search(r"`([^`]*)`(?: is undefined)?$|element (\S+)$", message)
        what = f"unknown name {quoted(missing[1] or missing[2])}" if missing else message
        return Problem(what, file, line, help=help)
    reason = "this is not a number" if isinstance(error, InvalidOperation) else message
    reason = "infinite recursion" if isinstance(error, RecursionError) else reason
    return Problem(f"the template cannot be rendered: {reason}", file, line, help=help)


class _Cache(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates, without errors if it cannot be read or written, as on a full disk."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled_before() -> BytecodeCache | None:
    """The cache, in a folder that only this user may use; None if there cannot be one."""
    try:
        return _Cache(pattern=f"rent-or-own-{advisor.__version__}-{jinja2.__version__}-%s")
    except (RuntimeError, OSError):
        return None


@lru_cache(maxsize=1)
def _bundled_environment() -> ImmutableSandboxedEnvironment:
    """The environment of the bundled templates, which do not change while the program runs."""
    return _environment(bundled("templates"), _compiled_before())


def _environment(folder: Path, compiled: BytecodeCache | None = None) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=_Folder(folder),
        bytecode_cache=compiled,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
    )
    environment.filters |= {
        "md": markdown_text,
        "plain_text": one_line,
        "printable": printable,
        "yaml_text": yaml_text,
        "toml_text": yaml_text,  # a basic string of TOML is one of YAML, once control characters are removed
        "money": money,
        "number": number,
        "listed": listed,
        "claimed": claimed,
        "figure": figure,
    }
    return environment


def one_line(text: object) -> str:
    """Text on one line, without control characters and marks that reorder text."""
    return " ".join(word for word in HIDDEN.sub(" ", _REORDERING.sub("", str(text))).split(" ") if word)


def markdown_text(text: object) -> str:
    """Text that Markdown shows as it is.

    >>> markdown_text("a *b* <script>")
    'a \\\\*b\\\\* \\\\<script\\\\>'
    """
    return _SPECIAL.sub(r"\\\1", one_line(text))


def yaml_text(text: object) -> str:
    """Text as a double-quoted YAML scalar."""
    return json.dumps(one_line(text), ensure_ascii=False)


def claimed(text: object, claim: Claim) -> str:
    """The text marked as the phrasing of a claim; empty for empty text."""
    return marked(text, claim.id) if str(text).strip() else ""


def money(amount: str) -> str:
    """Decimal text in dollars as people read it.

    >>> money("2100.00"), money("0.00003")
    ('$2,100', '$0.00003')
    """
    return dollars(int(Decimal(amount).scaleb(MICRO)))


def number(value: object) -> str:
    """A number with thousands separators."""
    return grouped(Decimal(str(value)))


# ---- the marks of claims and figures


def marked(text: object, id: str) -> str:
    """The text between the marks of a claim."""
    return f"{OPEN}{_written(id)}{END}{text}{CLOSE}"


def figure(id: str) -> str:
    """The mark for the place of a figure, on a separate line."""
    return f"{FIGURE}{_written(id)}{END}"


def stripped(text: str) -> str:
    """The text without any mark."""
    return _MARKS.sub("", text)


def read_id(written: str) -> str:
    """The id that ``marked`` or ``figure`` has written."""
    return "".join(chr(ord(letter) - _LETTERS) for letter in written)


def _written(id: str) -> str:
    return "".join(chr(_LETTERS + ord(letter)) for letter in id)
