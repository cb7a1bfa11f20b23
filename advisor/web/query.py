"""The answers in a query string, by field name, with ``unknown`` for *don't know*, and the day of the decision."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlencode

from starlette.requests import Request

from advisor.common.diagnostics import BadInput, Problem, did_you_mean, quoted
from advisor.decision.competition import model_faults
from advisor.domain.record import Decision
from advisor.interview.question_view import InterviewViews
from advisor.interview.state import InterviewState
from advisor.web.site import Site, site_of

DATE, CHANGE, ASKED, KEPT = "date", "change", "asked", "kept"
"""The keys that are no answers: the day, the question to change, the question a form answers, its earlier answer."""
DO, BACK, NOTED = "do", "back", "noted"
"""More of them: what another button of a form does, the page to return to, the question whose answer is confirmed."""
CHECK = "check"
MAX_QUERY = 8_000
"""Bytes of a query string; a link with every answer and estimate has about 1,500."""
MAX_KEYS = 80
_WHERE = "the link"


@dataclass(frozen=True)
class Query:
    """A query string over a site: the answers so far, the day of the decision, and the keys that are no answers.

    ``dated`` says whether the day is in the query; else it is today.
    """

    site: Site
    state: InterviewState
    decided_on: datetime.date
    dated: bool
    change: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def views(self) -> InterviewViews:
        """The interview as of the day."""
        return self.site.views(self.decided_on)

    def decide(self) -> Decision:
        """The decision on the answers. Raises what ``decide`` raises."""
        return self.site.decide(self.state.scenario(), self.decided_on)

    def string(self, state: InterviewState | None = None, /, **more: str) -> str:
        """The query string of answers, by default these, with more keys."""
        return urlencode({**self.pairs(state), **more})

    @property
    def start(self) -> str:
        """The address of the start page, on the same day."""
        return f"/?{urlencode(self._day)}" if self.dated else "/"

    @property
    def _day(self) -> dict[str, str]:
        return {DATE: self.decided_on.isoformat()} if self.dated else {}

    def pairs(self, state: InterviewState | None = None) -> dict[str, str]:
        """The keys of ``string`` with their texts, as a form carries them."""
        return {**(state or self.state).to_mapping(), **self._day}


def pairs_of(request: Request) -> dict[str, str]:
    """The keys of a query, each once. Raises BadInput for a query that is too long, or a key that comes twice."""
    if len(request.url.query) > MAX_QUERY:
        what = f"the link is longer than {MAX_QUERY:,} characters"
        raise BadInput(Problem(what, help="start again, or shorten the title"))
    pairs = request.query_params.multi_items()
    if len(pairs) > MAX_KEYS:
        raise BadInput(Problem(f"the link has more than {MAX_KEYS} answers", help="start again"))
    found: dict[str, str] = {}
    for name, text in pairs:
        if name in found and found[name] != text:
            raise BadInput(Problem(f"the link answers {quoted(name)} twice", field=name, help="leave one of them out"))
        found[name] = text
    return found


def date_of(pairs: Mapping[str, str]) -> tuple[datetime.date, bool]:
    """The day of the decision, and whether it is in the query; today by default. Raises BadInput."""
    text = pairs.get(DATE)
    if not text:
        return datetime.date.today(), False
    try:
        day = datetime.date.fromisoformat(text)
        if day.isoformat() != text:  # other ways to write a date, such as that of a week
            raise ValueError
        return day, True
    except ValueError:
        help = "write YYYY-MM-DD, a day that exists"
        raise BadInput(Problem(f"{quoted(text)} is not a date", _WHERE, field=DATE, help=help)) from None


def day_of(pairs: Mapping[str, str]) -> dict[str, str]:
    """The key of the day in a query; none where the day is today. Raises BadInput."""
    day, dated = date_of(pairs)
    return {DATE: day.isoformat()} if dated else {}


def query_of(request: Request, *others: str) -> Query:
    """The query of a request; ``others`` are the keys besides the answers that a path reads.

    Raises BadInput for whatever is not an answer, and for answers that contradict one another.
    """
    return read_query(pairs_of(request), site_of(request), *others)


def read_query(pairs: dict[str, str], site: Site, *others: str) -> Query:
    """``query_of`` for the keys of a query."""
    pairs = dict(pairs)
    decided_on, dated = date_of(pairs)
    extra = {name: pairs.pop(name) for name in (DATE, CHANGE, *others) if name in pairs}
    state = InterviewState.from_mapping(pairs, _WHERE)
    if faults := model_faults(site.catalogue, state.scenario()):
        raise BadInput(fault._replace(file=_WHERE) for fault in faults)
    return Query(site, state, decided_on, dated, extra.get(CHANGE) or None, extra)


def known_pairs(request: Request, *known: str) -> dict[str, str]:
    """The keys of a query of a path that reads no answers: these and the day. Raises BadInput for any other."""
    pairs = pairs_of(request)
    for name in pairs:
        if name not in (DATE, *known):
            help = did_you_mean(name, (DATE, *known)) or f"known here: {', '.join((DATE, *known))}"
            raise BadInput(Problem(f"{quoted(name)} is not known here", _WHERE, key=name, help=help))
    return pairs
