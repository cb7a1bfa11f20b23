"""Calendar months (UTC) as text, ``2026-01``."""

from __future__ import annotations

import datetime


def month_of(day: datetime.date) -> str:
    """The month of a day."""
    return f"{day.year:04}-{day.month:02}"


def moved(month: str, by: int) -> str:
    """The month so many later, or earlier.

    >>> moved("2026-01", -1), moved("2026-11", 3)
    ('2025-12', '2027-02')
    """
    number = _number(month) + by
    return f"{number // 12:04}-{number % 12 + 1:02}"


def months_between(first: str, last: str) -> int:
    """How many months later ``last`` is.

    >>> months_between("2025-12", "2026-02")
    2
    """
    return _number(last) - _number(first)


def first_day(month: str) -> datetime.date:
    """The first day of a month."""
    return datetime.date(int(month[:4]), int(month[5:]), 1)


def first_day_after(month: str) -> datetime.date:
    """The first day of the month after."""
    return first_day(moved(month, 1))


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1
