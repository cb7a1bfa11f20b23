"""A page of HTML read strictly: what it holds, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
_IN_SVG = frozenset({"svg"})
_FETCHING = ("src", "srcset", "data", "poster", "action")


@dataclass
class Element:
    """One element, its text with that of everything in it, and where it stands."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[str, ...]
    text: str = ""


@dataclass
class Page:
    """The elements of a page in their order."""

    elements: list[Element] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        """The elements with one of these tags."""
        return [element for element in self.elements if element.tag in tags]

    def by_id(self) -> dict[str, Element]:
        """Every element that has an id."""
        return {element.attributes["id"]: element for element in self.elements if "id" in element.attributes}

    def outline(self) -> list[tuple[str, tuple[str, ...]]]:
        """What stands in what, without texts."""
        return [(element.tag, element.parents) for element in self.elements]


class _Strict(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag not in _VOID:
            self.open.append(self.page.elements[-1])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert any(element.tag in _IN_SVG for element in self.open), f"<{tag}/> stands outside SVG"
        self._begin(tag, attrs)

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        assert not names or max(names.values()) == 1, f"an attribute of <{tag}> stands twice: {attrs}"
        parents = tuple(element.tag for element in self.open)
        self.page.elements.append(Element(tag, {name: value or "" for name, value in attrs}, parents))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        self.page.comments.append(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration stands in the page: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction stands in the page: {data}")


def read_page(text: str) -> Page:
    """The page; fails where an element is not closed in its place, an id or an attribute stands twice, or a link
    leads nowhere, and where anything would be fetched or run."""
    assert text.startswith("<!doctype html>\n")
    parser = _Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    page = parser.page
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    assert [id for id, count in ids.items() if count > 1] == []
    for element in page.elements:
        assert element.tag not in (
            "script",
            "iframe",
            "object",
            "embed",
            "link",
            "base",
            "form",
            "foreignobject",
            "img",
        )
        for name, value in element.attributes.items():
            assert not name.startswith("on"), f"{element.tag} runs {value}"
            assert name not in _FETCHING, f"{element.tag} fetches {value}"
            if name in ("href", "xlink:href"):
                assert value.startswith("#"), f"a link leads out: {value}"
                assert value[1:] in ids, f"a link leads nowhere: {value}"
    return page
