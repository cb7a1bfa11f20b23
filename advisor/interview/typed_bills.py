"""A price as people know it: a monthly bill and the images it was for, such as ``1900/45000``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from advisor.domain.quantity import NotANumber, typed

_MAX_TYPED = 200
_QUOTIENT = re.compile(r"(?P<bill>[^/]+)/(?P<images>[^/]+)")
_SENTENCE = re.compile(
    r"(?:(?:my|our|the)\s+)?(?:monthly\s+)?bill\s*(?:is|was|of|:|=)?\s*(?:about\s+)?(?P<bill>.*?)"
    r"(?:\s+(?:a|per|each)\s+month)?(?:\s*(?:/|\bfor\b|\bper\b)\s*(?P<images>[^/]*))?",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"\s*(?:(?:images?|pictures?|seconds?(?: of video)?)(?:\s+(?:a|per|each)\s+month)?)\s*$", re.IGNORECASE
)


class TypedBill(NamedTuple):
    """A bill in dollars, and how many images it was for; None where that was not typed."""

    bill: Decimal
    images: Decimal | None


def typed_bill(text: str) -> TypedBill | None:
    """The bill in a text; None for a text that is no bill. Raises NotANumber for a number in it that is none.

    >>> typed_bill("1900/45000"), typed_bill("my bill is $1,900 a month"), typed_bill("0.03")
    (TypedBill(bill=Decimal('1900'), images=Decimal('45000')), TypedBill(bill=Decimal('1900'), images=None), None)
    >>> typed_bill("our bill was 1.9k for 45k images")
    TypedBill(bill=Decimal('1900'), images=Decimal('45000'))
    """
    if len(text) > _MAX_TYPED:
        return None
    match = _SENTENCE.fullmatch(text.strip()) or _QUOTIENT.fullmatch(text.strip())
    if not match:
        return None
    images = _UNITS.sub("", match["images"] or "").strip()
    bill = typed(match["bill"].strip(), money=True)
    if match["images"] is not None and not images:
        raise NotANumber("the images that the bill was for are missing", "write the bill and the images: 1900/45000")
    return TypedBill(bill, typed(images, money=False, whole=True) if images else None)
