"""Writes the startup's year as pages of a costs API: ``python examples/startup-year/make_usage.py``.

The numbers are made up after the field example of Section 38.3.4: a few thousand images in the first month, two million
in the twelfth, at four cents each. No real bill stands behind them.
"""

from __future__ import annotations

import calendar
import datetime
import json
from pathlib import Path

IMAGES = (4_000, 9_000, 21_000, 46_000, 98_000, 200_000, 390_000, 700_000, 1_100_000, 1_500_000, 1_800_000, 2_000_000)
FIRST = (2025, 11)
CENTS_AN_IMAGE = 4


def pages() -> dict[str, str]:
    """The text of each file, by name: one page a month, one bucket a day."""
    files = {}
    for number, images in enumerate(IMAGES):
        years, month = divmod(FIRST[1] - 1 + number, 12)
        year, month = FIRST[0] + years, month + 1
        length = calendar.monthrange(year, month)[1]
        buckets = []
        for day in range(length):
            counted = images * (day + 1) // length - images * day // length
            start = datetime.datetime(year, month, day + 1, tzinfo=datetime.UTC)
            cents = counted * CENTS_AN_IMAGE
            buckets.append(_bucket(int(start.timestamp()), counted, f"{cents // 100}.{cents % 100:02d}"))
        head = '{\n "object": "page",\n "data": [\n'
        files[f"costs-{year}-{month:02d}.json"] = head + ",\n".join(buckets) + '\n ],\n "has_more": false\n}\n'
    return files


def _bucket(start: int, images: int, dollars: str) -> str:
    result = {
        "object": "organization.costs.result",
        "amount": {"value": 0, "currency": "usd"},
        "line_item": "image generation",
        "quantity": images,
        "quantity_unit": "images",
    }
    bucket = {"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": [result]}
    return "  " + json.dumps(bucket).replace('"value": 0', f'"value": {dollars}')


if __name__ == "__main__":
    folder = Path(__file__).parent / "usage"
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
