"""Regions by lower-case codes, and what a region of a list says about the region of a scenario."""

from __future__ import annotations

from collections.abc import Iterable

_EU = "at be bg cy cz de dk ee es fi fr gr hr hu ie it lt lu lv mt nl pl pt ro se si sk"
_APAC = "au hk id in jp kr my nz ph sg th tw vn"
_OTHERS = "ae br ca ch cl gb il is mx no qa sa tr us za"
_WITHIN = {**dict.fromkeys(_EU.split(), "eu"), **dict.fromkeys(_APAC.split(), "apac")}
"""Each country of a wider region."""
KNOWN = frozenset((*_WITHIN, *_OTHERS.split(), "eu", "apac"))
_ALIASES = {"uk": "gb", "usa": "us", "el": "gr"}


def region_code(region: str | None) -> str | None:
    """The code that a text names; None for none, and for a text that is no known code.

    >>> region_code("EU"), region_code("uk"), region_code("Mars"), region_code(None)
    ('eu', 'gb', None, None)
    """
    text = (region or "").strip().lower()
    code = _ALIASES.get(text, text)
    return code if code in KNOWN else None


def lies_in(region: str | None, areas: Iterable[str]) -> str:
    """Whether a region is part of one of the areas: yes, no, or unknown where they overlap or it is not known.

    >>> [lies_in(region, ["eu", "kr"]) for region in ("eu", "de", "us", "apac", None)]
    ['yes', 'yes', 'no', 'unknown', 'unknown']
    """
    code, codes = region_code(region), _codes(areas)
    if code is None:
        return "unknown" if codes else "no"
    if code in codes or _WITHIN.get(code) in codes:
        return "yes"
    return "unknown" if any(_WITHIN.get(other) == code for other in codes) or not codes <= KNOWN else "no"


def holds_one_of(region: str | None, areas: Iterable[str]) -> str:
    """Whether one of the areas is part of the region, so that what is kept in it is kept in the region.

    >>> [holds_one_of(region, ["eu", "kr"]) for region in ("eu", "de", "us", "apac", None)]
    ['yes', 'unknown', 'no', 'yes', 'unknown']
    """
    code, codes = region_code(region), _codes(areas)
    if code is None:
        return "unknown" if codes else "no"
    if code in codes or any(_WITHIN.get(other) == code for other in codes):
        return "yes"
    return "unknown" if _WITHIN.get(code) in codes or not codes <= KNOWN else "no"


def _codes(areas: Iterable[str]) -> set[str]:
    return {_ALIASES.get(area, area) for area in areas}
