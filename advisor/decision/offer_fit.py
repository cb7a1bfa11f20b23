"""How the offers meet the needs of a scenario, by trait; what to verify, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import product

from advisor.decision.assessment import Assessment
from advisor.domain import record
from advisor.domain.offer import UNKNOWN, Encoded, Offer, Trait, Unknown
from advisor.domain.record import Fit
from advisor.domain.scenario import FIELDS, Axis, Route
from advisor.evaluation.compiler import PLAIN, Compiled, compile_rules
from advisor.rulebook.model import Gate, Rulebook, comparisons, names_in_order
from advisor.rulebook.symbols import FIELD_NAMES
from advisor.scenario_space.gate_outcomes import need_values

_WORST_FIRST = (Fit.NOT_MET, Fit.TO_VERIFY, Fit.OPEN, Fit.MET)


class OfferFit:
    """Every offer of a rulebook against its gates, under the answers of one scenario."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment, self._rulebook, self._answers = assessment, assessment.rulebook, assessment.answers
        self._tests = _gate_tests(assessment.rulebook)
        self._nothing_known = dict.fromkeys(assessment.rulebook.traits, UNKNOWN)

    @cached_property
    def gates_asked(self) -> tuple[str, ...]:
        """The gates that an offer could fail under these answers, whether or not one does."""
        known: dict[str, Encoded | Unknown] = {**self._answers, **self._nothing_known}
        return tuple(gate.id for gate in self._rulebook.gates if self._tests[gate.id](known)[1])

    def offers(self) -> list[record.OfferJudged]:
        """The offers with their traits as stated."""
        return [
            record.OfferJudged(offer=offer.id, route=offer.route, traits=dict(offer.stated))
            for offer in self._assessment.judgement.offers
        ]

    def traits(self) -> list[record.TraitJudged]:
        """The traits that gates read or that name an axis, with how each offer fits."""
        return [row for trait in self._rulebook.traits.values() if (row := self._trait(trait))]

    def conditions(self, shared: set[str]) -> list[record.OfferCondition]:
        """What to verify for some offers of the route; ``shared`` are the gates to verify for all of them."""
        route = self._assessment.route
        offers = self._left.get(route, []) if route else []
        return [
            record.OfferCondition(rule=gate.id, offers=found, provided=gate.provided or "")
            for gate in self._rulebook.gates
            if gate.id not in shared
            and (found := [offer.id for offer in offers if self._may_eliminate(gate, self._answers, offer)])
        ]

    def unchecked(self, shared: set[str]) -> list[record.Unchecked]:
        """The gates that could add a condition to a possible route if a question were answered."""
        open_questions = set(self._assessment.open_questions)
        found = []
        for gate in self._rulebook.gates:
            read = [name for name in names_in_order(gate.when) if name in FIELD_NAMES]
            missing = [name for name in read if name not in self._answers]
            if gate.id in shared or not missing or open_questions & set(missing):
                continue
            completed = self._completed(missing)
            if any(self._has_to_verify(gate, whole, offers) for whole in completed for offers in self._left.values()):
                found.append(record.Unchecked(rule=gate.id, fields=missing, provided=gate.provided or ""))
        return found

    @cached_property
    def _left(self) -> dict[Route, list[Offer]]:
        """The offers of each possible route that no gate eliminates."""
        judgement = self._assessment.judgement
        survive = [
            offer for offer, match in zip(judgement.offers, judgement.gates, strict=True) if not match.eliminating
        ]
        return {
            route: [offer for offer in survive if offer.route is route]
            for route in Route
            if route in self._assessment.outcomes
        }

    def _trait(self, trait: Trait) -> record.TraitJudged | None:
        gates = [gate for gate in self._rulebook.gates if trait.name in names_in_order(gate.when)]
        named = Axis(trait.name) if trait.name in list(Axis) else None
        axis = gates[0].axis if gates else named
        if axis is None:
            return None
        found = {offer.id: [self._fit(gate, offer) for gate in gates] for offer in self._assessment.judgement.offers}
        worst = {id: next((fit for fit in _WORST_FIRST if fit in fits), None) for id, fits in found.items()}
        fields = dict.fromkeys(name for gate in gates for name in names_in_order(gate.when) if name in FIELDS)
        return record.TraitJudged(
            trait=trait.name,
            label=trait.label,
            axis=axis,
            compared_with=_field_compared(trait, gates),
            fields=list(fields),
            rules=[gate.id for gate in gates if gate.id in self.gates_asked],
            fits={id: fit for id, fit in worst.items() if fit},
        )

    def _fit(self, gate: Gate, offer: Offer) -> Fit | None:
        """How an offer meets a gate; None if the gate does not apply."""
        surely, maybe = self._tests[gate.id]({**self._answers, **offer.traits})
        if surely or maybe:
            return Fit.NOT_MET if surely else Fit.TO_VERIFY
        if gate.id in self.gates_asked:
            return Fit.MET
        needs = [name for name in names_in_order(gate.when) if name in FIELDS and not FIELDS[name].optional]
        return Fit.OPEN if any(name not in self._answers for name in needs) else None

    def _completed(self, missing: Sequence[str]) -> Iterator[dict[str, Encoded]]:
        """The answers with every combination of answers to the missing questions."""
        for chosen in product(*(need_values(self._assessment.rulebook, name) for name in missing)):
            yield {**self._answers, **dict(zip(missing, chosen, strict=True))}

    def _has_to_verify(self, gate: Gate, answers: Mapping[str, Encoded], offers: list[Offer]) -> bool:
        """Whether all of these offers that survive the gate have to be verified."""
        survive = [offer for offer in offers if not self._tests[gate.id]({**answers, **offer.traits})[0]]
        return bool(survive) and all(self._may_eliminate(gate, answers, offer) for offer in survive)

    def _may_eliminate(self, gate: Gate, answers: Mapping[str, Encoded], offer: Offer) -> bool:
        """Whether the gate eliminates the offer only for some values of an unknown trait."""
        return self._tests[gate.id]({**answers, **offer.traits}) == (False, True)


@lru_cache(maxsize=8)
def _gate_tests(rulebook: Rulebook) -> dict[str, Compiled[Encoded | Unknown, bool]]:
    return compile_rules(rulebook.gates, PLAIN)


def _field_compared(trait: Trait, gates: Sequence[Gate]) -> str | None:
    """The field that a gate compares the trait with, if there is one."""
    pairs = [set(part.names) for gate in gates for part in comparisons(gate.when) if part.against_name]
    return next((name for pair in pairs if trait.name in pair for name in pair - {trait.name}), None)
