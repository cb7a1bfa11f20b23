"""The forms of a page, filled in and sent as a browser without JavaScript does: controls in their order on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.testclient import TestClient

from advisor.interview.state import InterviewState
from advisor.web.query import ASKED, BACK, CHANGE, DATE, DO, KEPT, NOTED

_NO_ANSWERS = (ASKED, BACK, CHANGE, DATE, DO, KEPT, NOTED)


@dataclass
class Control:
    """A control of a form: its name, its type, its value, and whether it is sent as it is."""

    name: str
    type: str
    value: str
    sent: bool


@dataclass
class Form:
    """A form of a page."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    def url(self, filled: Mapping[str, str] | None = None, do: str | None = None) -> str:
        """The address that the form leads to; ``filled`` is typed or chosen, ``do`` the value of another button."""
        filled = dict(filled or {})
        pairs = []
        for control in self.controls:
            if control.type == "radio":
                wanted = filled.get(control.name)
                if control.value == wanted or (wanted is None and control.sent):
                    pairs.append((control.name, control.value))
            elif control.type in ("hidden", "text"):
                pairs.append((control.name, filled.get(control.name, control.value)))
        unknown = set(filled) - {control.name for control in self.controls if control.type != "hidden"}
        assert not unknown, f"the form has no {unknown}"
        for name, value in filled.items():
            options = [control.value for control in self.controls if control.name == name and control.type == "radio"]
            assert not options or value in options, f"{name} has no option {value}"
        if do:
            assert Control("do", "submit", do, False) in self.controls, f"the form has no button {do}"
            pairs.append(("do", do))
        return f"{self.action}?{urlencode(pairs)}"


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found["action"], found["method"]))
        elif tag == "a":
            self.links.append(found["href"])
        elif tag in ("input", "button") and "name" in found:
            type = found.get("type", "submit")
            value = found.get("value", "")
            self.forms[-1].controls.append(Control(found["name"], type, value, "checked" in found))


def form_of(page: str) -> Form:
    """The form of a question or of a worksheet."""
    parser = _Forms()
    parser.feed(page)
    assert len(parser.forms) == 1
    return parser.forms[0]


def links_of(page: str) -> list[str]:
    """Where the links of a page lead."""
    parser = _Forms()
    parser.feed(page)
    return parser.links


def state_of(url: str) -> InterviewState:
    """The answers that an address holds."""
    pairs = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return InterviewState.from_mapping({name: text for name, text in pairs.items() if name not in _NO_ANSWERS})


def asked_in(form: Form) -> str:
    """The question that a form asks."""
    return next(control.value for control in form.controls if control.name == ASKED)


def followed(client: TestClient, url: str) -> tuple[str, str]:
    """The address that redirects lead to, and its page."""
    for _ in range(3):
        response = client.get(url)
        if response.status_code != 303:
            assert response.status_code == 200, (url, response.status_code)
            return url, response.text
        url = response.headers["location"]
    raise AssertionError("redirects without end")
