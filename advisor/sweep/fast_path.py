"""An expression for the rows that are valid beyond doubt: every answer present, in a plain form, and within bounds.

Every other row is *irregular* and left to the validator of scenario files.
So the expression may be strict, and must never accept a value that the validator would reject or parse differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import reduce
from math import ceil
from operator import and_
from typing import Any

import ibis
import ibis.expr.types as ir

from advisor.domain.cost_model import GPU_MONTH_HOURS, VOLUMES
from advisor.domain.quantity import Quantity
from advisor.domain.scenario import FIELDS, MAX_MONTHLY_COST, MAX_TEXT, FieldSpec, GpuBilling
from advisor.rulebook.symbols import MODEL
from advisor.sweep.source import STRANGE

IRREGULAR = "irregular"
_NUMBER = "number_"
LOW, EXPECTED, HIGH = VOLUMES
UNASKED: Mapping[str, str | int] = {"gpu_billing": GpuBilling.AS_USED.value, "peak_to_mean": 1, "min_gpus": 1}
"""What a row means that does not answer these; GPUs that are always on need an answer to ``peak_to_mean``."""
_TRUE, _FALSE = ("true", "True", "TRUE"), ("false", "False", "FALSE")
_MOST_STEPS = 10**15
"""Up to here doubles and their decimal text convert exactly both ways, and doubles hold every whole number."""
_MOST_A_MONTH = float(MAX_MONTHLY_COST) * 0.999
"""Dollars; below the bound, because it is compared with products of doubles."""
_NEVER = ibis.literal(False)


def with_numbers(table: ir.Table, cells: Mapping[str, str]) -> ir.Table:
    """The table with parsed numbers; ``cells`` maps each field to its column."""
    quantities = {name: quantity for name in cells if (quantity := FIELDS[name].quantity)}
    return table.mutate(
        {_NUMBER + name: _number(table[cells[name]], quantity) for name, quantity in quantities.items()}
    )


def with_irregular(table: ir.Table, cells: Mapping[str, str], needed: tuple[str, ...]) -> ir.Table:
    """The table with the column ``irregular``; ``needed`` lists the fields that every row must have."""

    def fine(name: str, column: Any) -> Any:
        if name == MODEL:  # the terms of its licence count
            return column.isnull() | (column == "") if column.type().is_string() else column.isnull()
        quantity = FIELDS[name].quantity
        is_fine = _number_fine(table[_NUMBER + name], quantity) if quantity else _word_fine(column, FIELDS[name])
        if name in needed and name not in (LOW, HIGH, *UNASKED):
            return is_fine
        return column.isnull() | (is_fine | (column == "") if column.type().is_string() else is_fine)

    truths = [fine(name, table[column]) for name, column in cells.items()]
    truths += [*_in_order(table, cells, needed), *_affordable(table, cells)]
    truths += [_load_is_known(table, cells)]
    truths += [~table[STRANGE]] if STRANGE in table.columns else []
    return table.mutate({IRREGULAR: ~reduce(and_, truths).fill_null(False)})


def survey(rows: ir.Table, cells: Mapping[str, str], needed: tuple[str, ...]) -> ir.Table:
    """One row: how many rows are irregular, and in the others the largest value of each number.

    ``gpu_billing`` is 1 if some of them have GPUs that are always on, else 0; it is absent without a column of texts.
    """
    numbers = [name for name in needed if FIELDS[name].quantity and (name not in UNASKED or name in cells)]
    found = {name: _amount(rows, cells, name) for name in numbers}
    if "gpu_billing" in cells and rows[cells["gpu_billing"]].type().is_string():
        found["gpu_billing"] = _is_always_on(rows, cells).ifelse(1, 0)
    most = {name: column.max(where=~rows[IRREGULAR]) for name, column in found.items()}
    return rows.aggregate(**{IRREGULAR: rows[IRREGULAR].sum()}, **most)


def with_answers(rows: ir.Table, cells: Mapping[str, str], needed: tuple[str, ...], any_irregular: bool) -> ir.Table:
    """The rows with a column for each needed field: words, booleans, or int64 in smallest steps.

    Irregular rows get placeholder answers, so that the numbers computed from them stay small.
    """

    def answer(name: str) -> Any:
        spec = FIELDS[name]
        if name in UNASKED:
            return _unasked(rows, cells, name)
        if spec.quantity:
            amount = _amount(rows, cells, name)
            return _steps(
                rows[IRREGULAR].ifelse(_least(spec.quantity, amount), amount) if any_irregular else amount,
                spec.quantity,
            )
        word = rows[cells[name]]
        if spec.boolean and word.type().is_string():
            word = word.isin(_TRUE)
        elif not (word.type().is_boolean() if spec.boolean else word.type().is_string()):
            word = ibis.null("boolean" if spec.boolean else "string")  # no row of it is fine
        return rows[IRREGULAR].ifelse(False if spec.boolean else str(spec.options[0]), word) if any_irregular else word

    return rows.mutate({name: answer(name) for name in needed})


def _unasked(rows: ir.Table, cells: Mapping[str, str], name: str) -> Any:
    """An answer that may be absent: irregular rows get it too."""
    default, quantity = UNASKED[name], FIELDS[name].quantity
    if name not in cells:
        return ibis.literal(int(default) * 10**quantity.places if quantity else default)
    absent = rows[IRREGULAR]
    if quantity is None:
        word = rows[cells[name]]
        if not word.type().is_string():
            return ibis.literal(default)
        return (absent | word.isnull() | (word == "")).ifelse(default, word)
    amount = rows[_NUMBER + name]
    return _steps((absent | amount.isnull()).ifelse(default, amount), quantity)


def _is_always_on(rows: ir.Table, cells: Mapping[str, str]) -> Any:
    column = rows[cells["gpu_billing"]] if "gpu_billing" in cells else None
    if column is None or not column.type().is_string():
        return _NEVER
    return (column == GpuBilling.ALWAYS_ON.value).fill_null(False)


def _load_is_known(rows: ir.Table, cells: Mapping[str, str]) -> Any:
    """Whether the busiest hour is known where GPUs are always on."""
    known = rows[_NUMBER + "peak_to_mean"].notnull() if "peak_to_mean" in cells else _NEVER
    return ~_is_always_on(rows, cells) | known


def _word_fine(column: Any, spec: FieldSpec) -> Any:
    if spec.boolean and column.type().is_boolean():
        return column.notnull()
    if not column.type().is_string():
        return _NEVER
    if not spec.options:
        return column.length() <= MAX_TEXT
    # A function of the column: DuckDB then evaluates it once per dictionary entry; `isin` is evaluated for every row.
    return ibis.array([*_TRUE, *_FALSE] if spec.boolean else list(map(str, spec.options))).contains(column)


def _floor(number: float) -> float:
    """The database's floor of a double, declared only: Ibis's casts to an integer, which fails for large doubles."""
    raise NotImplementedError


_whole: Any = ibis.udf.scalar.builtin(_floor, name="floor", signature=(("float64",), "float64"))


def _rounded(number: Any) -> Any:
    return _whole(number + 0.5)


def _number(column: Any, quantity: Quantity) -> Any:
    """Integers unchanged, everything else as doubles; null for anything but a plain number.

    Decimals with too many places, and narrower floats, are converted through their text.
    """
    kind, places = column.type(), quantity.places
    if kind.is_integer() or kind.is_float64():
        return column
    if kind.is_decimal() and kind.scale is not None and kind.scale <= places:
        return column.cast("float64")
    if kind.is_decimal() or kind.is_floating():
        column = column.cast("string")
    elif not kind.is_string():
        return ibis.null("float64")
    fraction = f"[.][0-9]{{1,{places}}}0{{0,9}}" if places else "[.]0{1,9}"
    plain = column.re_search(rf"\A(0|[1-9][0-9]{{0,14}})({fraction})?\z")
    return plain.ifelse(column, ibis.null("string")).cast("float64")


def _number_fine(number: Any, quantity: Quantity) -> Any:
    """Whether a number is within bounds and a whole number of steps.

    A double represents its shortest decimal text. That text has at most 15 digits up to ``_MOST_STEPS``, and then the
    double is ``steps / 10**places`` exactly when the text is.
    """
    scale = 10**quantity.places
    if number.type().is_integer():
        return number.between(ceil(quantity.least), int(min(quantity.most, Decimal(_MOST_STEPS) / scale)))
    bounded = number.between(float(quantity.least), min(float(quantity.most), _MOST_STEPS / scale))
    return bounded & (_rounded(number * scale) / scale == number)


def _amount(rows: ir.Table, cells: Mapping[str, str], name: str) -> Any:
    """The number of a field; a low or high month that is absent is the expected one. Null if both are."""
    names = [known for known in ((name, EXPECTED) if name in (LOW, HIGH) else (name,)) if known in cells]
    numbers = [rows[_NUMBER + known] for known in names]
    if len({number.type() for number in numbers}) > 1:
        numbers = [number.cast("float64") for number in numbers]
    return ibis.coalesce(*numbers)


def _least(quantity: Quantity, amount: Any) -> Any:
    return ceil(quantity.least) if amount.type().is_integer() else float(quantity.least)


def _steps(amount: Any, quantity: Quantity) -> Any:
    scale = 10**quantity.places
    if amount.type().is_integer():
        return amount.cast("int64") * scale
    return _rounded(amount * scale).cast("int64")


def _in_order(table: ir.Table, cells: Mapping[str, str], needed: tuple[str, ...]) -> Iterator[Any]:
    """The low, expected and high months are in order, and needed ends are present."""
    known = [name for name in (LOW, EXPECTED, HIGH) if name in cells or (name in (LOW, HIGH) and EXPECTED in cells)]
    amounts = {name: _amount(table, cells, name) for name in known}
    yield from (amounts[name].notnull() if name in amounts else _NEVER for name in (LOW, HIGH) if name in needed)
    for lesser, greater in ((LOW, EXPECTED), (EXPECTED, HIGH), (LOW, HIGH)):
        if lesser in amounts and greater in amounts:
            yield (amounts[lesser] <= amounts[greater]).fill_null(True)


def _affordable(table: ir.Table, cells: Mapping[str, str]) -> Iterator[Any]:
    """No route's monthly cost is near the maximum that is computed."""

    def dollars(name: str) -> Any:
        return _amount(table, cells, name).cast("float64")

    volumes = [name for name in (HIGH, EXPECTED, LOW) if name in cells]
    if not volumes:
        return
    volume = ibis.coalesce(*map(dollars, volumes))
    for name in ("open_price", "closed_price"):
        if name in cells:
            yield (dollars(name) * volume <= _MOST_A_MONTH).fill_null(True)
    if "gpu_hour_price" in cells and "images_per_gpu_hour" in cells:
        overhead = dollars("monthly_overhead").fill_null(0.0) if "monthly_overhead" in cells else 0.0
        own = dollars("gpu_hour_price") * volume / dollars("images_per_gpu_hour") + overhead
        yield (own <= _MOST_A_MONTH).fill_null(True)
        peak, fewest = (dollars(name).fill_null(1.0) if name in cells else 1.0 for name in ("peak_to_mean", "min_gpus"))
        hours = GPU_MONTH_HOURS * (fewest + 1) + peak * volume / dollars("images_per_gpu_hour")
        paid = dollars("gpu_hour_price") * hours + overhead
        yield (~_is_always_on(table, cells) | (paid <= _MOST_A_MONTH)).fill_null(True)
