"""What a claim is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Claim:
    """One statement of a memo. ``kind`` names the macro that phrases it, ``section`` where it stands.

    ``rules`` and ``fields`` are what it rests on; ``figures`` what a template may print.
    """

    id: str
    section: str
    kind: str
    rules: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
