"""``advisor cost`` with GPUs that are always on: its figures against the independent reference, and its faults."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.cli.main import run
from tests.helpers import reference
from tests.helpers.strategies import examples

EXERCISE = ["--price", "0.03", "--gpu-hour", "1.20", "--images-per-hour", "600", "--overhead", "2000"]


def cost(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["cost", *arguments]) == 0
    return capsys.readouterr().out


@settings(examples(500), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 200), st.integers(1, 300), st.integers(1, 90), st.integers(1000, 9000), st.integers(1, 4))
def test_both_sides_of_the_crossover_and_of_every_range(
    capsys: pytest.CaptureFixture[str], price: int, hour: int, per_hour: int, peak: int, fewest: int
) -> None:
    answers: dict[str, Any] = {
        "open_price": Decimal(price).scaleb(-2),
        "gpu_hour_price": Decimal(hour).scaleb(-2),
        "images_per_gpu_hour": Decimal(per_hour),
        "monthly_overhead": Decimal(100),
        "gpu_billing": "always_on",
        "peak_to_mean": Decimal(peak).scaleb(-3),
        "min_gpus": fewest,
    }
    amounts = [str(answers[name]) for name in ("open_price", "gpu_hour_price", "images_per_gpu_hour", "peak_to_mean")]
    flags = ["--price", "--gpu-hour", "--images-per-hour", "--peak-to-mean"]
    typed = [part for pair in zip(flags, amounts, strict=True) for part in pair]
    line, _ = cost(
        capsys, *typed, "--overhead", "100", "--always-on", "--min-gpus", str(fewest), "--volume", "10"
    ).splitlines()
    first = line.replace(",", "").split(";")[0]
    ranges = re.findall(r"from (\d+) to (\d+)", line.replace(",", ""))

    def owns(n: int) -> bool:
        return bool(reference.own(answers, Fraction(n)) <= Fraction(answers["open_price"]) * n)

    for start, end in [(int(start), int(end)) for start, end in ranges]:
        assert owns(start)
        assert owns(end)
        assert not owns(end + 1)
        assert start == 1 or not owns(start - 1)
    if "none" in first:
        assert Fraction(price, 100) <= Fraction(hour, 100) * Fraction(peak, 1000) / per_hour
        return
    (at,) = map(int, re.findall(r"\d+", first))
    assert owns(at)
    assert at == 1 or not owns(at - 1)
    assert owns(at * 7)


def test_the_line_names_the_gpus_and_the_ranges_below_the_crossover(capsys: pytest.CaptureFixture[str]) -> None:
    shown = cost(capsys, *EXERCISE, "--always-on", "--peak-to-mean", "3", "--min-gpus", "2", "--volume", "500000")
    assert shown == (
        "crossover: 125,067 images a month\n"
        "at 500,000 images a month self-hosting costs no more: hosted $15,000, self-hosted $5,504 a month with 4 GPUs\n"
    )
    near = cost(capsys, *EXERCISE[2:], "--price", "0.0087", "--always-on", "--peak-to-mean", "3")
    assert near == (
        "crossover: 1,035,403 images a month; self-hosting also costs no more from 834,023 to 876,000, "
        "from 934,713 to 1,022,000\n"
    )
    dear = cost(capsys, *EXERCISE[2:], "--price", "0.005", "--always-on", "--peak-to-mean", "3")
    assert dear == "crossover: none, self-hosting never wins (the price $0.005 is not above G*P/r)\n"


def test_where_both_cost_the_same_self_hosting_is_not_said_to_lose(capsys: pytest.CaptureFixture[str]) -> None:
    figures = ["--price", "0.002", "--gpu-hour", "1.20", "--images-per-hour", "600", "--overhead"]
    assert cost(capsys, *figures, "0", "--volume", "5") == (
        "crossover: none, self-hosting is never cheaper (the price $0.002 is not above G/r)\n"
        "at 5 images a month self-hosting costs no more: hosted $0.01, self-hosted $0.01 a month\n"
    )
    dearer = cost(capsys, *figures, "0.000001")
    assert dearer == "crossover: none, self-hosting never wins (the price $0.002 is not above G/r)\n"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--always-on"], "`--always-on` needs `--peak-to-mean`"),
        (["--min-gpus", "2"], "only GPUs that are always on have it"),
        (["--always-on", "--peak-to-mean", "0.5"], "`0.5` is less than 1"),
        (["--always-on", "--peak-to-mean", "2", "--min-gpus", "1.5"], "`1.5` is not a whole number"),
    ],
)
def test_faults(capsys: pytest.CaptureFixture[str], arguments: list[str], what: str) -> None:
    assert run(["cost", *EXERCISE, *arguments]) == 2
    assert what in capsys.readouterr().err
