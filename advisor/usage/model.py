"""What every reader brings a bill or a log to, how a run reads its files, and which names are of images.

The path of a run: files -> ``Row``s (or the same columns as an Ibis table) -> ``Day``s -> history -> months -> verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.common.terminal import Progress
from advisor.domain.quantity import plain
from advisor.domain.scenario import Unit

if TYPE_CHECKING:
    from advisor.usage.dates import DateOrder
    from advisor.usage.mapping import PlainMapping


class Basis(StrEnum):
    """How a source knows the number of images, best first.

    It counts images; each request records how many it asked for; only requests are known, and images are these times an
    assumed number; only cost or megapixels are known, and images are these over a price or an assumed size.
    """

    COUNTED = "counted"
    REQUESTED = "requested"
    REQUESTS = "requests"
    DERIVED = "derived"

    @property
    def rank(self) -> int:
        """0 for the best, and so on."""
        return list(Basis).index(self)


EXACT: frozenset[Basis] = frozenset({Basis.COUNTED, Basis.REQUESTED})
"""What needs no assumption."""

GATEWAY = "gateway"
"""The meter of a log in front of all providers, whose volume already holds theirs."""

NUMBERS = ("images", "requests", "megapixels", "cost")
"""The fields of a row and of a day that are added up."""
MOST_IMAGES_IN_A_ROW = 100_000_000
MOST_DOLLARS_IN_A_ROW = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a source, normalised. Also the schema of the Ibis table, column by column.

    Stamps are naive UTC; ``ends`` is exclusive and equals ``at`` for a single request. ``images`` is None unless the
    basis is counted or requested. ``requests`` counts successful ones. ``cost`` is what is effectively paid, in
    ``currency`` (upper case ISO 4217). Negative corrections are rows like others. ``identity`` tells rows that are the
    same from rows that look alike: an id of the source's (then ``unique`` is true and a second one is always the same
    row), or a fingerprint of everything the row says (then two in one file are two).
    """

    at: datetime
    ends: datetime
    meter: str
    basis: Basis
    images: Decimal | None = None
    requests: int | None = None
    megapixels: Decimal | None = None
    cost: Decimal | None = None
    currency: str | None = None
    identity: str
    unique: bool = True
    line: int


@dataclass(frozen=True)
class Day:
    """One UTC day of one source and meter on one basis: sums over its rows, negative corrections included.

    ``source`` is a reader's name (``nginx``), ``meter`` whose images they are (``openai``, ``gateway``). A number is
    None where no row states it. ``first`` and ``last`` are the earliest start and the latest end of its rows.
    """

    day: date
    source: str
    meter: str
    basis: Basis
    images: Decimal | None
    requests: int | None
    megapixels: Decimal | None
    cost: Decimal | None
    currency: str | None
    rows: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Reading:
    """What the files of one run hold. ``notes`` are sentences for people; ``doubts`` are why the rows need not be of
    images, so that nothing can be judged by them."""

    days: tuple[Day, ...]
    notes: tuple[str, ...]
    rejected: int
    doubts: tuple[Problem, ...] = ()


COLUMNS = tuple(field.name for field in fields(Day))
"""The names of the values of a day."""
MAX_TEXT = 4_096
"""Bytes of a source, a meter or a currency."""

MAX_DIGITS = 40
"""Of a number, before or after its decimal point."""
MAX_COUNT = 2**63 - 1
"""What SQLite can hold."""

_DAY = TypeAdapter(Day)


@dataclass(frozen=True)
class Observation:
    """All that one run read of one day of one source and meter: a Day for each basis and currency."""

    read_on: date
    days: tuple[Day, ...]

    @property
    def key(self) -> tuple[date, str, str]:
        """The day, the source and the meter."""
        one = self.days[0]
        return one.day, one.source, one.meter

    @property
    def first(self) -> datetime:
        """The earliest start of its rows."""
        return min(day.first for day in self.days)

    @property
    def last(self) -> datetime:
        """The latest end of its rows."""
        return max(day.last for day in self.days)

    def overlaps(self, other: Observation) -> bool:
        """True where both cover some of the same time, so that both may hold the same rows.

        Spans that touch do not overlap: the end of a bucket is exclusive, and a log that is rotated within a second
        ends and continues in it. A span of one moment overlaps every span that holds or touches it, as a log of one
        request is more often one that has grown since than one that was rotated after it.
        """
        if self.first == self.last or other.first == other.last:
            return self.first <= other.last and other.first <= self.last
        return self.first < other.last and other.first < self.last


def values_of(day: Day) -> dict[str, str | int | None]:
    """The values of a day by their names: exact numbers and times as text."""
    return {name: _plain(getattr(day, name)) for name in COLUMNS}


def day_of(values: Mapping[str, object]) -> Day:
    """The reverse of ``values_of``. Raises TypeError or ValueError for what is not a day."""
    day = _DAY.validate_python(values)
    numbers = filter(None, (day.images, day.megapixels, day.cost))
    if (
        any(abs(number.adjusted()) >= MAX_DIGITS for number in numbers)
        or any(abs(count) > MAX_COUNT for count in (day.rows, day.requests or 0))
        or any(len(text.encode()) > MAX_TEXT for text in (day.source, day.meter, day.currency or ""))
        or day.first.tzinfo
        or day.last < day.first
    ):
        raise ValueError("not a day of usage in UTC")
    return day


def _plain(value: Any) -> str | int | None:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


DUCKDB, SPARK = "duckdb", "spark"


@dataclass(frozen=True)
class ReadOptions:
    """How usage is read.

    ``format`` names the source where its content does not; ``mapping`` is the file that says what the columns of a
    plain table mean. ``on`` is ``duckdb`` or ``spark`` (with ``master``). Rows of a bill count where ``only`` holds
    (column, text within it); requests of a log where path, method and status fit (``request_paths`` are patterns with
    ``*`` and ``?``, as are ``makes_images``, names of what makes images where a source has names alone). ``currency``
    is the one that rows must have; None: any, but only one. ``unit`` is what the decision counts. ``date_order`` is
    that of dates such as `01/08/2026`; None: it is found in each file. Rows that cannot be read are listed in
    ``rejects``; without it one stops the run.
    """

    today: date
    format: str | None = None
    mapping: Path | None = None
    on: str = DUCKDB
    master: str | None = None
    currency: str | None = None
    only: tuple[tuple[str, str], ...] = ()
    request_paths: tuple[str, ...] = ()
    makes_images: tuple[str, ...] = ()
    request_methods: tuple[str, ...] = ("POST",)
    unit: Unit = Unit.IMAGE
    date_order: DateOrder | None = None
    rejects: Path | None = None
    progress: Progress = field(default_factory=Progress)

    @cached_property
    def plain(self) -> PlainMapping | None:
        """The mapping, read once, as it may come through a pipe. Raises BadInput."""
        from advisor.usage.mapping import load_mapping

        return load_mapping(self.mapping, self.today.year + 1) if self.mapping else None


def refused(what: str, help: str) -> PydanticCustomError:
    """The error for a validator to raise, of type `refused`; its context holds both sentences."""
    return PydanticCustomError("refused", "refused", {"what": what, "help": help})


# ---- whether a name says that images are made: of a model, an endpoint, a kind of call, a service, a line of a bill

_MOST_SHOWN = 8

_NEVER = re.compile(
    r"video|embed|whisper|transcri|speech|audio|music|moderation|rerank|image-?to-?text|to-3d|-vision\b|\bveo|\bsora"
    r"|\bvoice|seedance|\bray-?\d|\btts\b|\b[tirv]2v\b|deepgram|elevenlabs|assemblyai|\bchirp|\blyria|polly|\basr\b"
)
"""What is said of more than images, as in `image-to-video`, and decides before them."""
_IMAGES = re.compile(
    r"image|dall-?e|flux|nano-?banana|sdxl|\bsd-?(?:v?\d|turbo|xl)|stable-?(?:diffusion|cascade)|\bstability[./_]"
    r"|seed(?:ream|edit)|recraft|ideogram|nova-canvas|hidream|kandinsky|playground-?v|playgroundai|\bkolors"
    r"|midjourney|\bphoton\b|\bbria|firefly|\bssd-1b|segmind|pixart|omnigen|aura-?flow|cogview|\bsana\b|lumina"
    r"|deepfloyd|\bkontext|text-?2-?im|\bt2i\b|dreamshaper|realvis|animagine|juggernaut|wuerstchen|leonardo"
    r"|\breve\b|\bkrea\b|\bfibo\b|jimeng"
)
_OTHERS = re.compile(
    r"gpt-|\bgpt\d|\bo[1-9]\b|davinci|babbage|\bcurie|\bada\b|codex|computer-use|anthropic|claude|llama|mi[sx]tral|ministral"
    r"|magistral|codestral|pixtral|devstral|gemini|gemma|palm|bison|command|\bcohere|deepseek|qwen|\bqwq|grok|\bphi-?\d"
    r"|\bnova-(?:\d-)?(?:micro|lite|pro|premier|sonic)|\btitan-t|jamba|kimi|moonshot|\bglm-|minimax-(?:m|latest)"
    r"|sonar|\byi-|falcon|nemotron|granite|hermes|zephyr|\bolmo|dbrx|ernie|hunyuan|\bmimo|longcat|voyage|\bgte-|\bbge-"
    r"|chat|completion|responses|messages|thread|assistant|files?\b|[/_]batch|fine[-_ ]?tun|vector[-_ ]store|search"
    r"|\bllms?\b|\bec2\b|elastic compute|compute engine|virtual machine|\bs3\b|storage|aws lambda|kubernetes|database"
    r"|\brds\b|cloudwatch|load balanc|data transfer|bandwidth|multilingual-e5|caption"
    r"|realtime|\bocr|\bmcp\b|code[- ]interpreter|container|\bevals?\b|\btokens?\b|guardrail"
)


OTHERS = f"{_NEVER.pattern}|{_OTHERS.pattern}"
"""What is said of what makes no images, and at times of what does: to pick names that have to be judged."""


def makes_images(names: Iterable[str | None], chosen: Sequence[str] = ()) -> bool | None:
    """Whether what has these names makes images; None where that is not known.

    The first name that says something decides. ``chosen`` are patterns with ``*`` and ``?`` of what makes images: with
    them nothing else does.
    """
    lower = [(name or "").lower() for name in names]
    if chosen:
        return any(re.search(path_pattern(wanted.lower()), name) for name in lower for wanted in chosen)
    said = [_by_name(name) for name in lower]
    return next((one for one in said if one is not None), None)


def path_pattern(wanted: str) -> str:
    """A pattern with `*` and `?` as a regular expression.

    >>> path_pattern("/v1/*/edits")
    '^/v1/.*/edits$'
    """
    signs = {"*": ".*", "?": "."}
    return "^" + "".join(signs.get(sign) or (sign if sign in "/-_" else re.escape(sign)) for sign in wanted) + "$"


def _by_name(lower: str) -> bool | None:
    if _NEVER.search(lower):
        return False
    if _IMAGES.search(lower):
        return True
    return False if _OTHERS.search(lower) else None


def check_known(unknown: Iterable[str], what: str, file: str) -> None:
    """Raises BadInput that lists the unrecognised names, if there are any."""
    names = sorted(dict.fromkeys(unknown))
    if not names:
        return
    shown = ", ".join(quoted(name) for name in names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
    help = "name all that make images with --makes-images NAME, in which `*` fits any text; the others then make none"
    raise BadInput(Problem(f"{what}: {shown}{more}", file or None, help=help))
