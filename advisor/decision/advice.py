"""Advice, which never changes the route: migration, the facts that advice rules read, and the figures they print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from advisor.decision.assessment import Assessment
from advisor.domain import record
from advisor.domain.cost_model import Crossover, exact, missing_amounts, payback_months, rounded, to_micro_dollars
from advisor.domain.formatting import amount_text, dollars, grouped, payback_text, plain
from advisor.domain.offer import Encoded
from advisor.domain.scenario import Route, Unit
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE

DEFAULT_PAYBACK_LIMIT = Decimal(12)


def migration_of(assessment: Assessment) -> record.Migration | None:
    """Cost and payback of moving from the current route; None if nothing has to move."""
    scenario, current, route = assessment.scenario, assessment.scenario.current_route, assessment.route
    if current is None or route is None or current is route:
        return None
    now, then = (assessment.costs.monthly(which, scenario.low) for which in (current, route))
    saving = None if now is None or then is None else now - then
    cost, limit = scenario.migration_cost, scenario.payback_limit_months
    limit = DEFAULT_PAYBACK_LIMIT if limit is None else limit
    payback = None if saving is None or cost is None else payback_months(cost, saving)
    known = saving is not None and (cost is not None or saving <= 0)
    feasible = current in assessment.judgement.verdict.feasible
    repaid = None
    if cost is not None and payback is not None and feasible and route is Route.SELF_HOST:
        repaid = assessment.costs.repaid_from(current, cost, limit)
    return record.Migration(
        current_route=current,
        current_route_feasible=feasible,
        migration_cost=None if cost is None else plain(cost),
        monthly_saving=None if saving is None else amount_text(to_micro_dollars(saving)),
        payback_months=None if payback is None else payback_text(payback, exact(limit)),
        payback_limit_months=plain(limit),
        worth_moving=(payback is not None and payback <= exact(limit)) if known else None,
        repaid_from=None if repaid is None or repaid.volume is None else str(repaid.from_volume()),
        missing=missing_amounts(scenario.answers(), (current, route), ["low"]),
    )


def advice_facts(assessment: Assessment, asked: Route | None) -> dict[str, Encoded]:
    """The outcome as facts for advice rules, with this hosted route in the cost inequality."""
    feasible, settled = assessment.judgement.verdict.feasible, assessment.settled_against(asked)
    return {
        **{route.value: FEASIBLE if route in feasible else ELIMINATED for route in Route},
        "route": str(assessment.route),
        "settled": "not_asked" if settled is None else ("yes" if settled else "no"),
        "compared_with": "none" if settled is None else str(asked),
        "moving": _moving(migration_of(assessment)),
    }


def advice_of(
    assessment: Assessment, advised: Iterable[str], migration: record.Migration | None
) -> list[record.AdviceGiven]:
    """The advice of some rules with its figures filled in."""
    rules = {rule.id: rule for rule in assessment.rulebook.advice}
    figures = _figures(assessment, migration)
    return [
        record.AdviceGiven(
            rule=id,
            axis=rules[id].axis,
            advise=rules[id].advise.format_map(figures),
            because=rules[id].because,
            source=rules[id].source,
        )
        for id in advised
    ]


def _moving(migration: record.Migration | None) -> str:
    if migration is None:
        return "none"
    if not migration.current_route_feasible:
        return "has_to"
    if migration.worth_moving is None:
        return "not_known"
    if migration.worth_moving:
        return "worth_it"
    return "never" if migration.payback_months is None else "not_yet"


def _figures(assessment: Assessment, migration: record.Migration | None) -> Mapping[str, str]:
    """The figures that advice may print, as people read them."""
    scenario, costs, constants = assessment.scenario, assessment.costs, assessment.rulebook.constants
    crossover = costs.crossover(assessment.asked)
    faster = costs.crossover(assessment.asked, constants.get("few_step_speedup", 1))
    units = "seconds of video" if scenario.unit is Unit.VIDEO_SECOND else "images"
    here = assessment.route and costs.monthly(assessment.route, scenario.monthly_images)
    closed = costs.monthly(Route.CLOSED_API, scenario.monthly_images)
    gpu_month, gpus = assessment.facts.get("gpu_month"), assessment.facts.get("gpus")
    own, expected = costs.own_gpus(overhead=Decimal(0)), scenario.monthly_images
    hours = None if own is None or expected is None else (own.hours_paid(expected), own.hours_used(expected))
    figures = {
        "units": units,
        "crossover": _volume(crossover),
        "owning_pays": _from_volume(crossover, units),
        "few_step_owning_pays": _from_volume(faster, units),
        "closed_saving": "" if not here or closed is None else dollars(to_micro_dollars(here - closed)),
        "gpu_month": "" if gpu_month is None else dollars(int(gpu_month)),
        "gpus": "" if gpus is None else _counted(int(gpus), "GPU"),
        "gpu_hours_paid": "" if hours is None else grouped(Decimal(rounded(hours[0], 0))),
        "gpu_hours_used": "" if hours is None else grouped(Decimal(rounded(hours[1], 0))),
        "payback_months": _grouped(migration.payback_months if migration else None),
        "payback_limit_months": _grouped(migration.payback_limit_months if migration else None),
    }
    return {**{name: str(value) for name, value in constants.items()}, **figures}


def _counted(number: int, thing: str) -> str:
    return f"{grouped(Decimal(number))} {thing}{'' if number == 1 else 's'}"


def _grouped(number: str | None) -> str:
    return "" if number is None else grouped(Decimal(number))


def _volume(crossover: Crossover | None) -> str:
    from_here = crossover.from_volume() if crossover else None
    return "no volume (owning never wins)" if from_here is None else grouped(from_here)


def _from_volume(crossover: Crossover | None, units: str) -> str:
    if crossover is None or crossover.volume is None:
        return "at no volume"
    return f"from {_volume(crossover)} {units} a month on" if crossover.volume else "at every volume"
