"""The routes that can serve a workload: own GPUs, and the hosted route that the rules take among hosted routes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, quoted
from advisor.decision.assessment import Assessment
from advisor.decision.competition import competing
from advisor.domain.cost_model import HOSTED, Costs, missing_amounts
from advisor.domain.offer import Encoded
from advisor.domain.record_parts import Status
from advisor.domain.scenario import FIELDS, Route, Scenario
from advisor.evaluation.durable_rules_backend import engine_reading
from advisor.evaluation.facts import priced_fields
from advisor.portfolio.portfolio import GpuPool, Portfolio, Workload
from advisor.rulebook.model import Rulebook
from advisor.rulebook.symbols import ANSWER_NAMES, MODEL, Scope
from advisor.scenario_space.completions import Outcome
from advisor.scenario_space.gate_outcomes import need_values


@dataclass(frozen=True, eq=False)
class Candidate:
    """One workload with its candidates, over all completions of its answers.

    ``owning`` holds ``self_host`` if own GPUs can serve it, None if they may not; ``hosted`` the hosted routes that it
    may take, None if it may have none.
    """

    place: int
    workload: Workload
    pool: GpuPool | None
    assessment: Assessment
    owning: frozenset[Outcome]
    hosted: frozenset[Outcome]

    @property
    def title(self) -> str:
        """The title of the workload."""
        return self.workload.title

    @property
    def can_own(self) -> bool:
        """Whether own GPUs may serve it."""
        return Route.SELF_HOST in self.owning

    @property
    def can_rent(self) -> bool:
        """Whether a hosted route may serve it."""
        return bool(self.hosted - {None})

    @property
    def must_own(self) -> bool:
        """Whether own GPUs are the only candidate, whatever the missing answers."""
        return self.owns_surely and self.hosted == {None}

    @property
    def owns_surely(self) -> bool:
        """Whether own GPUs can serve it, whatever the missing answers."""
        return self.owning == {Route.SELF_HOST}

    @property
    def hosted_route(self) -> Route | None:
        """The one hosted route that it takes, whatever the missing answers."""
        return next(iter(self.hosted)) if len(self.hosted) == 1 else None

    @property
    def is_free(self) -> bool:
        """Whether it may be owned as well as rented."""
        return self.can_own and self.can_rent

    @property
    def infeasible(self) -> bool:
        """Whether no route can serve it, whatever the missing answers."""
        return self.assessment.status is Status.INFEASIBLE

    @cached_property
    def scenario(self) -> Scenario:
        """Its answers with the prices of the catalogue; the catalogue has no price for the GPUs of a pool."""
        if self.pool is None:
            return self.assessment.scenario
        stated = self.workload.scenario
        names = ("gpu_hour_price", "images_per_gpu_hour")
        return self.assessment.scenario.changed(**{name: getattr(stated, name) for name in names})

    @cached_property
    def costs(self) -> Costs:
        """What its routes cost."""
        return Costs(self.scenario)

    @property
    def shares_gpus(self) -> bool:
        """Whether its own GPUs would be those of a pool that is always on, so that its cost depends on the others."""
        return self.pool is not None and self.pool.terms.always_on

    @cached_property
    def feasible_routes(self) -> tuple[Route, ...]:
        """The routes that can serve it, whatever the missing answers, in their fixed order."""
        feasible = self.assessment.judgement.verdict.feasible
        if len(self.owning) == 1 and len(self.hosted) == 1:
            return feasible
        surely = (self.hosted_route, *(_OWN if self.owns_surely else ()))
        return tuple(route for route in feasible if route in surely)

    def missing_needs(self) -> tuple[str, ...]:
        """The unanswered needs that change its candidates; all of them where only several together do."""
        if len(self.owning) == 1 and len(self.hosted) == 1:
            return ()
        assessment, found = self.assessment, (self.owning, self.hosted)
        needs = [name for name in assessment.unanswered if ANSWER_NAMES[name].scope is Scope.NEED]
        decisive = [
            name
            for name in needs
            if any(
                _candidates(assessment, {**assessment.answers, name: value}) != found
                for value in need_values(assessment.rulebook, name)
            )
        ]
        return tuple(decisive or needs)

    def missing_costs(self) -> tuple[str, ...]:
        """The unanswered amounts of the expected month on its candidates; the checkpoint in place of its prices."""
        answered, assessment = self.scenario.answers(), self.assessment
        routes = [route for route in Route if route in self.owning or route in self.hosted]
        found = [*missing_amounts(answered, routes), *(() if "monthly_images" in answered else ("monthly_images",))]
        of_offers = priced_fields(assessment.rulebook) if self.pool is None else frozenset[str]()
        asked = {name for name in found if name not in of_offers or name in assessment.unanswered}
        if asked != set(found) and MODEL in assessment.unanswered:
            asked.add(MODEL)
        return tuple(name for name in FIELDS if name in asked)


_OWN = frozenset((Route.SELF_HOST,))
_HOSTED = frozenset(HOSTED)


def candidates_of(
    portfolio: Portfolio, rulebook: Rulebook, catalogue: Catalogue | None, decided_on: datetime.date
) -> tuple[Candidate, ...]:
    """The candidates of each workload. Raises what ``decide`` raises, naming the workload."""
    return tuple(
        _candidate(place, workload, portfolio, rulebook, catalogue, decided_on)
        for place, workload in enumerate(portfolio.workloads)
    )


def _candidate(
    place: int,
    workload: Workload,
    portfolio: Portfolio,
    rulebook: Rulebook,
    catalogue: Catalogue | None,
    decided_on: datetime.date,
) -> Candidate:
    try:
        competes = competing(rulebook, catalogue, workload.scenario, decided_on)
        assessment = Assessment(workload.scenario, competes, engine_reading(competes))
    except BadInput as error:
        of = f"for workload {quoted(workload.title)}, "
        raise BadInput(problem._replace(what=of + problem.what) for problem in error.problems) from None
    owning, hosted = _candidates(assessment, assessment.answers)
    pool = None if workload.pool is None else portfolio.pools[workload.pool]
    return Candidate(place, workload, pool, assessment, owning, hosted)


def _candidates(
    assessment: Assessment, answers: Mapping[str, Encoded]
) -> tuple[frozenset[Outcome], frozenset[Outcome]]:
    """The outcomes among own GPUs, and among hosted routes."""
    completions = assessment.completions
    return completions.outcomes_among(answers, _OWN), completions.outcomes_among(answers, _HOSTED)
