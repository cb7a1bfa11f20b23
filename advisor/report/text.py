"""The memo as plain text for a terminal: the same Markdown, wrapped, its tables aligned."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from advisor.common.terminal import table
from advisor.domain.record import Decision
from advisor.report import limits
from advisor.report.memo_parts import NOTES_START, without_front_matter
from advisor.report.templates import MEMO, bounded, memo_markdown, tidy

WIDTH = 100
_UNDERLINES = {"h1": "=", "h2": "-"}


def memo_text(decision: Decision, templates: Path | None = None) -> str:
    """The memo in lines of at most ``WIDTH`` characters if its words allow, without the place for review notes."""
    return bounded(limits.FILLING, templates, MEMO, text_of, memo_markdown(decision, templates))


def text_of(memo: str, width: int = WIDTH) -> str:
    """A memo in Markdown as ``memo_text`` shows it, in lines of at most ``width`` characters if its words allow."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tree = SyntaxTreeNode(parser.parse(without_front_matter(memo)))
    return tidy("\n".join(line for block in _without_notes(tree.children) for line in (*_lines(block, width), "")))


def _without_notes(blocks: list[SyntaxTreeNode]) -> list[SyntaxTreeNode]:
    """The blocks before the heading of the review notes, which belong to a file."""
    at = next((at for at, block in enumerate(blocks) if _inline_text(block) == NOTES_START), None)
    return blocks if at is None else blocks[: at - 1]


def _lines(block: SyntaxTreeNode, width: int) -> Iterator[str]:
    if block.type == "heading":
        title = _inline_text(block)
        yield from _wrapped(title, width)
        if block.tag in _UNDERLINES:
            yield _UNDERLINES[block.tag] * min(len(title), width)
    elif block.type in ("bullet_list", "ordered_list"):
        for number, item in enumerate(block.children, 1):
            yield from _item(item, "* " if block.type == "bullet_list" else f"{number}. ", width)
    elif block.type == "blockquote":
        for child in block.children:
            yield from (f"| {line}" for line in _lines(child, width - 2))
    elif block.type == "fence":
        yield from (f"    {line}" for line in block.content.rstrip("\n").split("\n"))
    elif block.type == "table":
        head, *rows = (
            [_inline_text(cell) for cell in row.children] for part in block.children for row in part.children
        )
        yield from (line.rstrip() for line in table(head, [("", rows)], width))
    else:
        yield from _wrapped(_inline_text(block), width)


def _item(item: SyntaxTreeNode, bullet: str, width: int) -> Iterator[str]:
    first, *others = (line for child in item.children for line in _lines(child, width - len(bullet)))
    yield from (bullet + first, *(" " * len(bullet) + line for line in others))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _inline_text(block: SyntaxTreeNode) -> str:
    """The text of a block without its markup."""
    return "".join(
        " " if node.type in ("softbreak", "hardbreak") else node.content
        for node in block.walk()
        if node.type in ("text", "code_inline", "softbreak", "hardbreak")
    )
