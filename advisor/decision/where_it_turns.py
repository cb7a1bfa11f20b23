"""Where an open decision turns, for the record: stretches of the unknown amounts, and the cost of own GPUs in all."""

from __future__ import annotations

from fractions import Fraction

from advisor.decision.assessment import Assessment
from advisor.domain import record
from advisor.domain.cost_model import VOLUME_ENDS, VOLUMES, to_micro_dollars
from advisor.domain.formatting import amount_text, plain
from advisor.domain.scenario import Route
from advisor.explanation.turning_points import Bill, Stretch, only_amounts, route_by_own_cost, stretches
from advisor.rulebook.symbols import FIELD_NAMES, MODEL
from advisor.scenario_space.values import bounds_of


def turning_points(assessment: Assessment) -> list[record.TurningPoint]:
    """The stretches of each open amount in which a route is certain, whatever the checkpoint and the revenue are.

    Empty if a question of another kind is open. Of several, a stretch of volumes that cost more than is computed is
    left out.
    """
    questions, amounts = assessment.open_questions, _amounts_among(assessment.open_questions)
    if not only_amounts(amounts):
        return []
    is_alone = len(questions) == 1
    found = stretches(assessment.completions, assessment.answers, amounts, is_alone)
    most = assessment.costs.largest_volume()
    bounds = {name: bounds_of(name, assessment.answers) for name in amounts}
    return [
        _turning_point(one, *bounds[one.field])
        for one in found
        if is_alone or one.field not in VOLUMES or one.least <= most
    ]


def own_cost_steps(assessment: Assessment) -> list[record.RouteByOwnCost]:
    """How the route follows from the total cost of own GPUs, if one amount is open and something else too."""
    questions = assessment.open_questions
    if not only_amounts(_amounts_among(questions)) or len(questions) == 1:
        return []
    return [
        record.RouteByOwnCost(route=step.route, unless=[_hosted_bill(assessment, bill) for bill in step.unless])
        for step in route_by_own_cost(assessment.completions, assessment.answers)
    ]


def _amounts_among(questions: tuple[str, ...]) -> tuple[str, ...]:
    """Some open questions without those on which the competing offers and their licences depend."""
    return tuple(name for name in questions if name not in (MODEL, "annual_revenue_usd"))


def _turning_point(stretch: Stretch, least: int, most: int) -> record.TurningPoint:
    """A stretch of an amount that can be from ``least`` to ``most``, in smallest steps."""
    name = FIELD_NAMES[stretch.field]
    return record.TurningPoint(
        field=stretch.field,
        from_=None if stretch.least <= least else name.decode(stretch.least),
        to=None if stretch.most >= most else name.decode(stretch.most),
        route=stretch.outcome,
    )


def _hosted_bill(assessment: Assessment, bill: Bill) -> record.HostedBill:
    scenario, costs = assessment.scenario, assessment.costs
    low, high = scenario.low, scenario.high
    volume = dict(zip(VOLUME_ENDS, (low, high), strict=True))[bill.volume]
    price = costs.price(bill.route)
    return record.HostedBill(
        route=bill.route,
        month="every" if low == high else bill.volume.removeprefix("monthly_images_"),
        bill=_amount(costs.monthly(bill.route, volume)),
        price=None if price is None else plain(price),
        own_cost=_amount(costs.monthly(Route.SELF_HOST, volume)),
    )


def _amount(cost: Fraction | None) -> str | None:
    return None if cost is None else amount_text(to_micro_dollars(cost))
