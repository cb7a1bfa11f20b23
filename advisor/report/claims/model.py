"""A claim: what a memo states once, with its basis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Claim:
    """One statement of a memo. ``kind`` names the macro that phrases it, ``section`` the part of the memo.

    ``rules`` and ``fields`` are its basis; ``figures`` holds what a template may print.
    """

    id: str
    section: str
    kind: str
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
