"""Errors of pydantic validators with the two sentences that people are shown."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


def refused(what: str, help: str) -> PydanticCustomError:
    """The error for a validator to raise, of type `refused`; its context holds both sentences."""
    return PydanticCustomError("refused", "refused", {"what": what, "help": help})
