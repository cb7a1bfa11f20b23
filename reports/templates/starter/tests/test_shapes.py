"""``differences.csv``: every shape says of every field whether it is sent, and from where that is known."""

from __future__ import annotations

import csv
import datetime

from stubs import SHAPES

from images.adapters import ADAPTERS
from images.config import FOLDER
from images.shapes import IMAGES_API, shapes

FIELDS = {"steps", "seed", "size", "n"}


def rows() -> list[dict[str, str]]:
    with (FOLDER / "differences.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_shape_has_a_stub_and_a_way_to_be_called() -> None:
    assert set(shapes()) == set(SHAPES) == {*IMAGES_API, *ADAPTERS}


def test_every_row_has_its_source_and_date() -> None:
    for row in rows():
        assert row["source"].startswith(("https://", "pypi:", "npm:", "server/")), row
        assert datetime.date.fromisoformat(row["as_of"]).year >= 2026
        assert row["sent"] in ("yes", "no", "unknown")
        assert (row["sent"] != "yes") or row["name"]


def test_every_shape_states_the_fields_of_generate_once() -> None:
    assert len({(row["shape"], row["field"]) for row in rows()}) == len(rows())
    for shape, fields in shapes().items():
        assert set(fields) >= FIELDS, shape
        assert fields["size"].name in ("size", "width height", "image_size", "aspect_ratio")
