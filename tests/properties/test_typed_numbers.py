"""Numbers as people write them: each is read as it is meant, or refused with what to write; none as another number."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.main import run
from advisor.common.diagnostics import BadInput
from advisor.domain.cost_model import crossover_volume, own, payback_months, rent
from advisor.domain.quantity import NotANumber, typed
from advisor.domain.scenario import FIELDS, Scenario, validated
from advisor.domain.scenario_io import parse_scenario, typed_answer
from advisor.interview.state import InterviewState

MONEY, AMOUNT, WHOLE = "closed_price", "images_per_gpu_hour", "monthly_images"
"""A field of each kind: dollars, a number with decimals, and a whole number."""


def table(rows: str) -> dict[str, str]:
    """Pairs of a text and what comes of it: ``text > result`` between semicolons."""
    pairs = [pair.split(" > ") for pair in rows.replace("\n", " ").split(";")]
    return {text.strip(" "): result.strip(" ") for text, result in pairs}


READ = table("""
    .5 > 0.5; 5. > 5; 0.5 > 0.5; 00.5 > 0.5; +5 > 5; -5 > -5; 005 > 5; 5.00 > 5; -0 > -0; 0 > 0;
    1e3 > 1000; 1E3 > 1000; 1e+3 > 1000; 5e-1 > 0.5; 1e3k > 1000000;
    1,000 > 1000; 1'000 > 1000; 1\u2019000 > 1000; 1 000 > 1000; 1_000 > 1000; 1,000,000 > 1000000; -1,000 > -1000;
    1\u00a0000 > 1000; 1\u202f000 > 1000; 1\u2009000 > 1000; 1\u2007000 > 1000;
    1,000.50 > 1000.5; 1'234'567.25 > 1234567.25; 999,999 > 999999;
    1k > 1000; 1 K > 1000; 1.5M > 1500000; 2 million > 2000000; 1,200k > 1200000; .5k > 500;
    1.000k > 1000; 3bn > 3000000000
""") | {" 5 ": "5", "5\n": "5"}
READ_AS_MONEY = table("""
    $5 > 5; 5 $ > 5; 5$ > 5; USD 5 > 5; 5 usd > 5; 5 dollars > 5; $1,000.50 > 1000.5; $1k > 1000; $.5 > 0.5;
    5 cents > 0.05; 5 cent > 0.05; 5\u00a2 > 0.05; 50 CENTS > 0.5
""")
POINTS = table("1.000 > 1; 50.000 > 50; 1.500 > 1.5; 0.500 > 0.5; 1.0000 > 1; 1.00 > 1")
"""A point is a decimal point; a whole number with a point before three digits may be meant otherwise."""
REFUSED = table("""
    0,042 > write 0.042,; 00,042 > write 00.042,; -0,042 > write -0.042,; 0,0420 > write 0.0420,; 0,5 > write 0.5,;
    1,00 > write 1.00,; ,5 > write .5,; 1,5k > write 1.5k,; 1,2345 > write 1.2345,;
    0 042 > write 0042,; 0_042 > write 0042,; 0'042 > write 0042,; 0,042,000 > write 0042000,;
    1.234,56 > write 1234.56,; 1 234,56 > write 1234.56,; 1'234,56 > write 1234.56,; 1.234.567 > write 1234567,;
    12,34,567 > write 1234567,; 1,000,00 > write 100000,; 1,,000 > write 1000,; 1__000 > write 1000,;
    1000_000 > write 1000000,; 1_000.000_1 > write a; 1,000 000 > write a; 1.000,000.5 > write a;
    \uff15\uff10\uff10 > write 500,; \u0665\u0660 > write 50,; 1\u0665 > write 15,;
    \u0966,\u0966\u096a\u0968 > write 0.042,;
    \u00bd > write a; 1\u00bd > write a; 1\u00b2 > write a; 1/2 > write a; \u2167 > write a; \u2460 > write a;
    \u22125 > write a; --5 > write a; 5- > write a; (5) > write a; 5% > write a; ~5 > write a;
    \u20ac5 > write a; 5 EUR > write a; \u00a35 > write a; \uff045 > write a; 5 \u20bd > write a;
    k > write a; e3 > write a; . > write a; , > write a; nan > write a; inf > write a; 0x10 > write a;
    1e > write a; 1e1000 > write a; 5 5k 5 > write a; 5 months > write a; 1k5 > write a; 5 kk > write a
""") | {"": "write a", "1\t000": "write a", "1\n000": "write a", "9" * 101: "write a", "1" + ",000" * 40: "write a"}
REFUSED_AS_MONEY = table("""
    $1,00 > write $1.00,; $0,042 > write $0.042,; $5 cents > write $5, or 5 cents; $ > write a; 5 $ cents > write a
""")


def said(text: str, money: bool = True, whole: bool = False) -> str:
    """The number read, or the help."""
    try:
        return str(typed(text, money, whole))
    except NotANumber as error:
        return error.help


@pytest.mark.parametrize("money", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_every_form(money: bool, whole: bool) -> None:
    assert {text: said(text, money, whole) for text in READ} == READ
    wrong = {text: found for text, help in REFUSED.items() if not (found := said(text, money, whole)).startswith(help)}
    assert not wrong
    dollars = {text: said(text, money, whole) for text in READ_AS_MONEY}
    assert dollars == READ_AS_MONEY if money else all(found.startswith("write a") for found in dollars.values())
    assert all(
        said(text, money, whole).startswith(help if money else "write") for text, help in REFUSED_AS_MONEY.items()
    )


def test_a_point_is_a_decimal_point_but_for_whole_numbers() -> None:
    assert {text: said(text) for text in POINTS} == POINTS
    whole = {text: said(text, money=False, whole=True) for text in POINTS}
    both = {"1.000": "write 1000 or 1", "50.000": "write 50000 or 50", "1.500": "write 1500 or 1.5"}
    assert whole == POINTS | both


@pytest.mark.parametrize("text", ["0,042", "1.234,56", "$1,00", "\uff15", "1,2345", "12,34,567"])
@pytest.mark.parametrize("field", [MONEY, AMOUNT, WHOLE])
def test_every_way_in_refuses_alike(field: str, text: str, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    (tmp_path / "s.yaml").write_text("residency: anywhere\n")
    options = {"open_price": "--price", MONEY: "--price", AMOUNT: "--images-per-hour", WHOLE: "--volume"}
    cost = {
        "--price": "0.03",
        "--gpu-hour": "1.2",
        "--images-per-hour": "600",
        "--overhead": "2000",
        options[field]: text,
    }
    for arguments in (
        ["decide", str(tmp_path / "s.yaml"), "--set", f"{field}={text}"],
        ["cost", *(word for pair in cost.items() for word in pair)],
    ):
        assert run(arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"error: `{text}` is ")
        assert "\n  help: write " in error
    with pytest.raises(BadInput, match="is not a"):
        parse_scenario(f'{field}: "{text}"\n', "file")


SEPARATORS = st.sampled_from([",", ".", "'", " ", "_", "\u00a0", "\u202f", "\u2009", "\u2019"])


@given(st.lists(st.text("0123456789", max_size=5), min_size=1, max_size=5), SEPARATORS, SEPARATORS, st.booleans())
def test_what_is_accepted_is_that_number(groups: list[str], between: str, last: str, money: bool) -> None:
    """Read in another way here: thousands are groups of three and begin with 1 to 9, a point is a decimal point."""
    text = between.join(groups[:-1]) + (last if len(groups) > 1 else "") + groups[-1]
    whole, point, fraction = text.partition(".")
    try:
        number = typed(text, money)
    except NotANumber:
        assert said(text, money).startswith("write ")
        return
    parts = re.split("[^0-9]", whole.strip())
    assert len(parts) == 1 or (parts[0][:1] in set("123456789") and {len(part) for part in parts[1:]} == {3})
    assert len(set(re.findall("[^0-9]", whole.strip()))) <= 1
    assert number == Decimal("".join(parts) + point + fraction.strip() or "0")


@given(st.decimals("0.000001", "999999", places=6), st.sampled_from([",", "'", " ", "\u202f"]))
def test_a_number_as_english_speakers_write_it_is_read(number: Decimal, between: str) -> None:
    assert typed(f"{number:,}".replace(",", between), money=True) == number


@given(st.decimals("0.000001", "999999", places=6), st.sampled_from(["", ".", "'", " "]), st.integers(1, 6))
def test_a_decimal_comma_is_refused_with_the_number_meant(number: Decimal, between: str, places: int) -> None:
    """All but `1,234`, whose comma separates thousands here."""
    meant = number.quantize(Decimal(1).scaleb(-places))
    text = f"{meant:,}".translate({ord(","): between, ord("."): ","})
    if re.fullmatch("[1-9][0-9]{0,2},[0-9]{3}", text):
        assert typed(text, money=True) == Decimal(text.replace(",", ""))
    else:
        assert said(text).startswith(f"write {meant}, with a decimal point")


@given(st.text(st.characters(categories=["Nd", "Nl", "No"]), min_size=1, max_size=4))
def test_other_digits_are_read_as_no_other_number(text: str) -> None:
    found = said(text)
    if text.isascii():
        assert found == str(int(text))
    elif all(unicodedata.decimal(character, None) is not None for character in text):
        assert found.startswith("write ")
        assert found.endswith("in the digits 0 to 9")
    else:
        assert found.startswith("write a number such as")


FLOATS = [0.042, 42.0, float("nan"), float("inf"), np.float64(0.03), np.float32(0.5), np.float16(2)]


@pytest.mark.parametrize("number", FLOATS)
def test_floats_are_refused_by_name(number: Any) -> None:
    refused = "floats are refused: write Decimal or text"
    for name, spec in FIELDS.items():
        if spec.quantity:
            with pytest.raises(BadInput, match=refused):
                validated({name: number}, "answers")
            with pytest.raises(ValueError, match=refused):
                Scenario(**{name: number})
            with pytest.raises(BadInput, match=refused):
                Scenario().changed(**{name: number})
            with pytest.raises(BadInput, match=refused):
                InterviewState().answer(name, number)
    for use in (
        lambda: crossover_volume(number, "1.2", 600, 2000),
        lambda: crossover_volume("0.03", "1.2", 600, number),
        lambda: rent("0.03", number),
        lambda: own("1.2", number, 2000, 1),
        lambda: payback_months(1000, number),
    ):
        with pytest.raises(TypeError, match=refused):
            use()


def test_numbers_that_are_exact_are_accepted() -> None:
    values: tuple[Any, ...] = (Decimal("0.042"), "0.042")
    for number in values:
        assert Scenario(open_price=number).open_price == Decimal("0.042")
    assert typed_answer("monthly_images", "40k", "here") == 40_000
