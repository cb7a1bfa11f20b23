"""Spark and DuckDB compute the same days, to the last digit, from the same files."""

from __future__ import annotations

import importlib.util
import os
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from advisor.common.diagnostics import BadInput
from advisor.usage.model import ReadOptions
from advisor.usage.read import read_usage

_PYSPARK = importlib.util.find_spec("pyspark") is not None
_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))
ROWS = 1_000_000 if os.environ.get("ADVISOR_AGREE") else 20_000
MAPPING = (
    "meter: m\ncolumns: {at: stamp, images: images, cost: cost}\nwhere: {status: [200, 201]}\ntimezone: Europe/Berlin\n"
)
LOG = f"""
CREATE TABLE log AS SELECT
    (TIMESTAMP '2025-01-01' + to_seconds((i * (31536000.0 / {ROWS}))::BIGINT))::VARCHAR
        || (['', 'Z', '+05:30'])[1 + (i % 3)::INT] AS stamp,
    CASE WHEN hash(i) % 20 = 0 THEN 500 ELSE 200 + i % 2 END AS status,
    'request ' || i AS path,
    (hash(i + 2) % 5)::INT AS images,
    ((hash(i + 3) % 1000000)::BIGINT / 1000000 - 0.1)::DECIMAL(12, 6) AS cost
FROM range({ROWS}) numbers(i)
"""


@pytest.mark.skipif(_PYSPARK, reason="pyspark is installed")
def test_without_pyspark_it_says_what_to_install(tmp_path: Path) -> None:
    _write(tmp_path)
    with pytest.raises(BadInput, match="pyspark is not installed"):
        read_usage([str(tmp_path / "log.csv")], _options(tmp_path, "spark"))


@pytest.mark.spark
@pytest.mark.skipif(not (_PYSPARK and _JAVA), reason="needs pyspark (the extra `spark`) and Java")
@pytest.mark.parametrize("files", [["log.csv"], ["log.jsonl"], ["log.parquet"], ["log.csv", "half.csv"]])
def test_spark_and_duckdb_agree(files: list[str], tmp_path: Path) -> None:
    _write(tmp_path)
    names = [str(tmp_path / name) for name in files]
    on_duckdb = read_usage(names, _options(tmp_path, "duckdb"))
    on_spark = read_usage(names, _options(tmp_path, "spark"))
    assert on_duckdb.days
    assert on_spark == on_duckdb


def _options(folder: Path, on: str) -> ReadOptions:
    return ReadOptions(today=date(2026, 11, 23), mapping=folder / "mapping.yaml", on=on)


def _write(folder: Path) -> None:
    (folder / "mapping.yaml").write_text(MAPPING)
    with duckdb.connect() as database:
        database.execute(LOG)
        for name, how in (("csv", "FORMAT csv, HEADER"), ("jsonl", "FORMAT json"), ("parquet", "FORMAT parquet")):
            database.execute(f"COPY log TO '{folder}/log.{name}' ({how})")
        database.execute(f"COPY (FROM log WHERE status = 200) TO '{folder}/half.csv' (FORMAT csv, HEADER)")
