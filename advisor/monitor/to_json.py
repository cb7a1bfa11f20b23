"""What was watched, as JSON for other programs. Amounts and volumes are decimal text."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import advisor
from advisor.domain.cost_model import rounded
from advisor.domain.formatting import amount_text, payback_text, plain
from advisor.monitor.current_costs import CostsNow, costs_now
from advisor.monitor.model import Month, NotComparable, Overspend, Span, Thresholds, Trend, Watched
from advisor.monitor.view_model import micro_dollars, payback_limit, plain_number

Form = Callable[[Fraction], str]


def watched_json(watched: Watched) -> str:
    """The verdict and its figures; the same input gives the same bytes.

    Volumes are whole images, N* has two places, prices and sums up to six. Where a number is a range, its ends stand
    beside it as ``_low`` and ``_high``.
    """
    decision, now, costs = watched.decision, watched.now, costs_now(watched)
    last = watched.overspend[-1].so_far if watched.overspend else None
    data = {
        "verdict": watched.verdict,
        "months": [_month(month) for month in watched.months],
        "trailing_volume": _expected(watched.trailing_volume, _images),
        "crossover": _expected(watched.crossover, _crossover),
        "months_since_crossing": watched.months_since_crossing,
        "overspend": _expected(last, _amount),
        **_ends("trailing_volume", watched.trailing_volume, _images),
        "trailing_months": list(watched.trailing_months),
        **_ends("crossover", watched.crossover, _crossover),
        **_ends("overspend", last, _amount),
        "overspend_by_month": [_overspend(month) for month in watched.overspend],
        "crossed_in": watched.crossed_in,
        "compared": watched.compared,
        "why_not_comparable": _why(watched.why_not_comparable) if watched.why_not_comparable else None,
        "paid_price": _expected(watched.paid_price, _amount),
        **_ends("paid_price", watched.paid_price, _amount),
        "list_price": _maybe(watched.list_price, _amount),
        "list_crossover": _maybe(watched.list_crossover, _crossover),
        "few_step_crossover": _maybe(watched.few_step_crossover, _crossover),
        "few_step_speedup": watched.few_step_speedup,
        "trend": _trend(watched.trend) if watched.trend else None,
        "costs_at_crossover": _costs(costs, watched.crossover),
        "costs_at_trailing_volume": _costs(costs, watched.trailing_volume),
        "migration_cost": _maybe(watched.migration_cost, _amount),
        "payback_months": _maybe(watched.payback_months, lambda months: payback_text(months, payback_limit(watched))),
        "status_now": now.status if now else None,
        "route_now": now.route if now else None,
        "deciding_axis_now": watched.now_axis,
        "thresholds": _thresholds(watched.thresholds),
        "notes": list(watched.notes),
        "decision_file": watched.decision_file,
        "decided_on": decision.decided_on,
        "status": decision.status,
        "route": decision.route,
        "deciding_axis": decision.deciding_axis,
        "title": decision.scenario.get("title"),
        "on": watched.on,
        "advisor_version": advisor.__version__,
        "rulebook_digest": now.rulebook_digest if now else decision.rulebook_digest,
    }
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    # The name of a file may hold bytes that are no text; written like this they are JSON.
    return text.encode(errors="backslashreplace").decode()


def _month(month: Month) -> dict[str, Any]:
    return {
        "month": month.month,
        "images": _expected(month.images, _images),
        "requests": month.requests,
        "cost": _maybe(month.cost, _amount),
        "complete": month.complete,
        "volume_basis": month.basis,
        **_ends("images", month.images, _images),
        "missing": month.missing,
        "why_partial": month.why_partial,
        "state": month.state,
        "paid_price": _expected(month.paid_price, _amount),
        **_ends("paid_price", month.paid_price, _amount),
        "images_without_cost": _maybe(month.without_cost, _images),
    }


def _overspend(month: Overspend) -> dict[str, Any]:
    return {
        "month": month.month,
        "over": _amount(month.over.expected),
        **_ends("over", month.over, _amount),
        "so_far": _amount(month.so_far.expected),
        **_ends("so_far", month.so_far, _amount),
        "estimated": month.estimated,
    }


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "growth_per_month": f"{trend.growth_per_month:.4f}",
        "months_used": trend.months_used,
        "earliest": trend.earliest,
        "expected": trend.expected,
        "latest": trend.latest,
        "horizon": trend.horizon,
    }


def _costs(costs: CostsNow | None, volume: Span | None) -> dict[str, str | None] | None:
    """What a month of this volume costs, where there is one and the amounts are known."""
    if costs is None or volume is None:
        return None
    return {
        "hosted": _amount(costs.hosted(volume.expected)),
        "hosted_at_list_price": _maybe(costs.list_price, lambda price: _amount(price * volume.expected)),
        "own": _amount(costs.own(volume.expected)),
        "own_few_step": _amount(costs.few_step(volume.expected)),
    }


def _thresholds(rules: Thresholds) -> dict[str, Any]:
    return {
        "stable_months": rules.stable_months,
        "margin": plain_number(rules.margin),
        "most_variation": plain_number(rules.most_variation),
        "clear_months": rules.clear_months,
        "clear_below": plain_number(rules.clear_below),
        "strict": rules.strict,
        "strict_months": rules.strict_months,
    }


def _ends(name: str, span: Span | None, form: Form) -> dict[str, str | None]:
    """Both ends of a number, where there is one."""
    return {f"{name}_low": form(span.low) if span else None, f"{name}_high": form(span.high) if span else None}


def _expected(span: Span | None, form: Form) -> str | None:
    return form(span.expected) if span else None


def _why(why: NotComparable) -> dict[str, Any]:
    price = _maybe(why.price, _amount)
    return {"reason": why.reason, "fields": list(why.fields), "axis": why.axis, "route": why.route, "price": price}


def _maybe(value: Fraction | None, form: Form) -> str | None:
    return None if value is None else form(value)


def _images(value: Fraction) -> str:
    return plain(Decimal(rounded(value, 0)))


def _crossover(value: Fraction) -> str:
    return rounded(value, 2)


def _amount(value: Fraction) -> str:
    return amount_text(micro_dollars(value))
