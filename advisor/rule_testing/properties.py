"""What holds for every scenario, each claim written as the fault it excludes, for any carrier.

The claims state what the decision procedure guarantees and do not repeat the rules: the cost inequality is written out
from its formula. For the advice, the facts of the outcome that ``decision`` computes are free truths here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Any

import z3

from advisor.decision.decide import decide
from advisor.decision.record_builder import DEFAULT_PAYBACK_LIMIT
from advisor.domain.cost_model import HOSTED, PRICE_OF, PRICES, VOLUMES
from advisor.domain.scenario import Axis, Residency, Route, Scenario
from advisor.evaluation.compiler import PLAIN, Logic, PlainReading, compile_condition, compile_rules
from advisor.evaluation.facts import answer_facts, with_terms
from advisor.evaluation.resolution import NOTHING, Applied, Folded, Silenced, eliminating_axes, fold, is_settled
from advisor.evaluation.z3_backend import EXACT, LOGIC, Symbol, Truth
from advisor.rulebook.model import Advice, Comparison, Preference, Rule, Rulebook
from advisor.rulebook.symbols import ELIMINATED, FEASIBLE, FIELD_NAMES


@dataclass(frozen=True)
class SymbolicScenario:
    """The facts, the traits of each offer, and the amounts: exact, in dollars, volumes and images per hour."""

    rulebook: Rulebook
    carrier: Logic[Any, Any]
    facts: Mapping[str, Any]
    traits: tuple[Mapping[str, Any], ...]
    amounts: Mapping[str, Any]

    @cached_property
    def gates(self) -> tuple[dict[str, Any], ...]:
        """For each offer, whether each gate surely eliminates it."""
        gates = compile_rules(self.rulebook.gates, self.carrier)
        return tuple({id: test({**self.facts, **traits})[0] for id, test in gates.items()} for traits in self.traits)

    @cached_property
    def holds(self) -> dict[str, Any]:
        """Whether the condition of each preference holds, for every set of running routes."""
        return {id: test(self.facts)[0] for id, test in compile_rules(self.rulebook.preferences, self.carrier).items()}

    @cached_property
    def survives(self) -> tuple[Any, ...]:
        """For each offer whether no gate eliminates it."""
        return tuple(self.carrier.negate(self.carrier.some(list(gates.values()))) for gates in self.gates)

    @cached_property
    def folded(self) -> Folded[Any]:
        """What gates and preferences leave."""
        return self.fold()

    def fold(self, silenced: Silenced = NOTHING, without: str | None = None) -> Folded[Any]:
        """The fold with the rules of some axes silenced, or without one rule."""
        carrier, never = self.carrier, {without: self.carrier.some([])} if without else {}
        eliminated = [eliminating_axes(self.rulebook, carrier, {**fires, **never}) for fires in self.gates]
        holds = {**self.holds, **never}
        return fold(self.rulebook, carrier, eliminated, holds, silenced)

    def applied(self, rule: Preference) -> dict[tuple[Route, Route], Any]:
        """Which pairs of routes the preference decides between, and whether it drops the second for the first."""
        drops = self.folded.applied
        return {pair: drops[Applied(rule.id, *pair)] for pair in product(rule.prefer, rule.over)}

    @cached_property
    def cost_decided(self) -> Any:
        """Whether a preference of the cost axis dropped a route."""
        applied = self.folded.applied.items()
        return self.carrier.some([drops for pair, drops in applied if self.rulebook.rules[pair.rule].axis is Axis.COST])

    @cached_property
    def several(self) -> Any:
        """Whether more than one route is left."""
        left = self.folded.left
        return self.carrier.some([self.carrier.every([left[a], left[b]]) for a, b in combinations(Route, 2)])

    @cached_property
    def recommended(self) -> dict[Route, Any]:
        """For each route whether it alone is left."""
        alone = self.carrier.negate(self.several)
        return {route: self.carrier.every([on, alone]) for route, on in self.folded.left.items()}

    def fires(self, rule: Rule) -> Any:
        """Whether a gate eliminates some offer, or a preference drops some route."""
        if isinstance(rule, Preference):
            return self.carrier.some(list(self.applied(rule).values()))
        return self.carrier.some([gates[rule.id] for gates in self.gates])

    def differ(self, left: Any, right: Any) -> Any:
        """Whether two truths are not the same."""
        every, negate = self.carrier.every, self.carrier.negate
        return self.carrier.some([every([left, negate(right)]), every([right, negate(left)])])

    def is_word(self, name: str, word: str, facts: Mapping[str, Any] | None = None) -> Any:
        """Whether a fact certainly is this word."""
        return self.carrier.compare(self.facts if facts is None else facts, Comparison(name, "eq", word))[0]


@dataclass(frozen=True)
class Example:
    """A scenario that shows something, under a rulebook whose offers may have other traits than routes.yaml states."""

    scenario: Scenario
    rulebook: Rulebook
    proved: Rulebook
    """The rulebook as it is."""

    @property
    def traits(self) -> dict[str, dict[str, str]]:
        """Offer to trait to value: the traits that must differ from routes.yaml."""
        pairs = zip(self.rulebook.offers, self.proved.offers, strict=True)
        changes = {
            offer.id: {name: value for name, value in offer.stated.items() if value != stated.stated[name]}
            for offer, stated in pairs
        }
        return {offer: traits for offer, traits in changes.items() if traits}

    @cached_property
    def world(self) -> SymbolicScenario:
        """The situation for the plain Python reading."""
        facts = with_terms(self.rulebook, answer_facts(self.scenario))
        amounts = {
            name: Fraction(int(facts[name]), 10**known.places)
            for name, known in FIELD_NAMES.items()
            if known.places is not None and name in facts
        }
        return SymbolicScenario(
            self.rulebook, PLAIN, facts, tuple(offer.traits for offer in self.rulebook.offers), amounts
        )

    @cached_property
    def fired(self) -> tuple[Rule, ...]:
        """The gates that eliminate an offer in it, and the preferences that drop a route."""
        rules: tuple[Rule, ...] = (*self.rulebook.gates, *self.rulebook.preferences)
        return tuple(rule for rule in rules if self.world.fires(rule))

    @property
    def left(self) -> tuple[Route, ...]:
        """The routes left in it."""
        return tuple(route for route, on in self.world.folded.left.items() if on)


@dataclass(frozen=True)
class Violation:
    """A fault, the rules that cause it, and the scenarios that show it: two where the amounts change between them.

    Without a scenario if the fault is that something never happens.
    """

    what: str
    rules: tuple[Rule, ...] = ()
    examples: tuple[Example, ...] = ()


@dataclass
class Findings:
    """The faults, and for each rule that was looked for a scenario in which it matters."""

    faults: list[Violation] = field(default_factory=list)
    witnesses: dict[str, Example] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """One claim about a rulebook; ``unsettled`` is the reason why Z3 found no answer, if it found none."""

    name: str
    claim: str
    milliseconds: int
    faults: tuple[Violation, ...]
    unsettled: str | None
    witnesses: Mapping[str, Example]

    @property
    def verdict(self) -> str:
        """``holds``, ``fails`` or ``unknown``."""
        return "fails" if self.faults else ("unknown" if self.unsettled else "holds")


_PREMISES = "leaves_premises"


@dataclass(frozen=True)
class Property:
    """``fault`` is true of the worlds in which the sentence does not hold."""

    name: str
    sentence: str
    fault: Callable[..., Any]
    worlds: int = 1
    trait: str | None = None
    """A trait the claim is about: the rulebook must have it, and the rules that read it cause the fault."""
    axis: Axis | None = None
    """The axis whose rules cause the fault; by default the rules that fire do."""
    always_on_too: bool = False
    """Whether it is also claimed of GPUs that are always on, and not only where GPU-hours are paid as used."""


def _undecided(world: SymbolicScenario) -> Any:
    carrier, rulebook = world.carrier, world.rulebook
    nothing = carrier.every([carrier.negate(on) for on in world.folded.left.values()])
    of_no_answer = [gate.id for gate in rulebook.gates if FIELD_NAMES.keys().isdisjoint(rulebook.reads((gate,)))]
    unexplained = carrier.every([carrier.some([gates[id] for id in of_no_answer]) for gates in world.gates])
    return carrier.some([world.several, carrier.every([nothing, carrier.some([*world.survives, unexplained])])])


def _price_counts(world: SymbolicScenario, other: SymbolicScenario) -> Any:
    carrier = world.carrier
    feasible, after = world.folded.feasible, other.folded.feasible
    return carrier.some(
        [
            *(world.differ(feasible[route], after[route]) for route in Route),
            *(carrier.every([world.folded.left[route], carrier.negate(feasible[route])]) for route in Route),
        ]
    )


def hosted_wins(world: SymbolicScenario, route: Route, volume: str) -> Any:
    """The inequality of Section 38.3.4, ``c*N < own(N)``."""
    return world.amounts[PRICE_OF[route]] * world.amounts[volume] < owning(world, volume)


def owning(world: SymbolicScenario, volume: str) -> Any:
    """What own GPUs cost: ``G*N/r + E``, or ``G*730*gpus(N) + E`` where they are always on."""
    amounts, billing = world.amounts, world.facts["gpu_billing"]
    N, G, r = amounts[volume], amounts["gpu_hour_price"], amounts["images_per_gpu_hour"]
    as_used = G * N / r
    if getattr(billing, "value", billing) == 0:
        return as_used + amounts["monthly_overhead"]
    needed = EXACT.compute("ceil", amounts["peak_to_mean"] * N, 730 * r)
    always_on = 730 * G * EXACT.compute("max", amounts["min_gpus"], needed)
    return EXACT.choose(getattr(billing, "value", billing), 1, always_on, as_used) + amounts["monthly_overhead"]


def both_ends(world: SymbolicScenario, route: Route) -> tuple[Any, Any]:
    """Whether the hosted route wins in the low month, and whether in the high one."""
    low, high = (hosted_wins(world, route, f"monthly_images_{end}") for end in ("low", "high"))
    return low, high


def _not_the_inequality(world: SymbolicScenario) -> Any:
    carrier, folded = world.carrier, world.folded
    owned, rented = folded.left[Route.SELF_HOST], carrier.some([folded.left[route] for route in HOSTED])
    faults = [carrier.every([world.cost_decided, *(carrier.negate(asked) for asked in folded.asked.values())])]
    for route, asked in folded.asked.items():
        low, high = both_ends(world, route)
        neither = [carrier.negate(low), carrier.negate(high)]
        renting_lost = carrier.every([low, high, carrier.some([owned, carrier.negate(rented)])])
        owning_lost = carrier.every([*neither, carrier.some([rented, carrier.negate(owned)])])
        decided = world.differ(world.cost_decided, carrier.negate(world.differ(low, high)))
        faults.append(carrier.every([asked, carrier.some([renting_lost, owning_lost, decided])]))
    return carrier.some(faults)


def _falls_back(world: SymbolicScenario, raised: SymbolicScenario) -> Any:
    before, after = world.amounts, raised.amounts
    return world.carrier.every(
        [
            *(after[name] == before[name] for name in PRICES),
            *(after[volume] >= before[volume] for volume in VOLUMES),
            world.folded.left[Route.SELF_HOST],
            world.carrier.some([raised.folded.left[route] for route in HOSTED]),
        ]
    )


def _leaves_the_premises(world: SymbolicScenario) -> Any:
    carrier, left = world.carrier, world.folded.left
    leaves = [world.is_word(_PREMISES, "yes", traits) for traits in world.traits]
    offers = list(zip(world.rulebook.offers, leaves, world.survives, strict=True))
    survives = [carrier.every([leaving, survives]) for _, leaving, survives in offers]
    recommended = [
        carrier.every([left[route], *(leaving for offer, leaving, _ in offers if offer.route is route)])
        for route in world.rulebook.routes
    ]
    on_premises = world.is_word("residency", Residency.ON_PREMISES)
    return carrier.every([on_premises, carrier.some([*survives, *recommended])])


def _decided_by_nothing(world: SymbolicScenario) -> Any:
    left = world.fold(frozenset(Axis)).left
    return world.carrier.some([world.carrier.negate(left[route]) for route in world.rulebook.routes])


CLAIMS = (
    Property(
        "one-route",
        "with any traits of the offers, exactly one route is left, or none because answers rule every offer out",
        _undecided,
        always_on_too=True,
    ),
    Property(
        "gates-dominate",
        "with any traits of the offers, no price and no volume changes which routes are feasible, "
        "and only a feasible route is left",
        _price_counts,
        worlds=2,
        always_on_too=True,
    ),
    Property(
        "cost-inequality",
        "wherever the inequality is asked, renting wins if c*N < G*N/r + E at both ends of the volume, owning if at "
        "neither (a tie included), and cost is silent where they differ",
        _not_the_inequality,
        axis=Axis.COST,
    ),
    Property(
        "monotone-in-volume",
        "at any prices, more volume never moves the recommendation from own GPUs to a provider",
        _falls_back,
        worlds=2,
    ),
    Property(
        "on-premises",
        "on the premises, no offer that sends data out of them survives, and no route of only such offers is left",
        _leaves_the_premises,
        trait=_PREMISES,
        always_on_too=True,
    ),
    Property(
        "axes-decide",
        "with every axis silent every route offered is left, so that an axis eliminates whatever is eliminated",
        _decided_by_nothing,
        always_on_too=True,
    ),
)


def advised(world: SymbolicScenario, advice: Advice) -> Truth:
    """Whether some route is recommended and the advice fires, over free values."""
    facts = {**world.facts, **_outcome_facts(world)}
    holds = compile_condition(advice.when, LOGIC)(facts)[0]
    return LOGIC.every([LOGIC.some(list(world.recommended.values())), holds])


def is_advised(example: Example, advice: Advice) -> bool:
    """Whether the advice fires in the decision of the example."""
    decision = decide(example.scenario, example.rulebook, matcher=PlainReading(example.rulebook))
    return any(said.rule == advice.id for said in decision.advice)


def _outcome_facts(world: SymbolicScenario) -> dict[str, Symbol]:
    asked = world.folded.asked
    none_asked = LOGIC.negate(LOGIC.some(list(asked.values())))
    settled = is_settled(LOGIC, asked, {route: both_ends(world, route) for route in HOSTED})
    unsettled = LOGIC.negate(LOGIC.some([settled, none_asked]))
    feasible = {
        route.value: Symbol({FEASIBLE: on, ELIMINATED: LOGIC.negate(on)}) for route, on in world.folded.feasible.items()
    }
    return {
        **feasible,
        "route": Symbol(world.recommended),
        "settled": Symbol({"yes": settled, "no": unsettled, "not_asked": none_asked}),
        "compared_with": Symbol({**asked, "none": none_asked}),
        "moving": Symbol(_moving(world)),
    }


def _moving(world: SymbolicScenario) -> dict[str, Truth]:
    """The assessment of moving from the current route, for every pair of routes."""
    current, cost, limit = (world.facts[name] for name in ("current_route", "migration_cost", "payback_limit_months"))
    amounts = world.amounts
    months = z3.If(limit.answered, amounts["payback_limit_months"], int(DEFAULT_PAYBACK_LIMIT))
    found: dict[str, list[Truth]] = {word: [] for word in ("worth_it", "not_yet", "never", "has_to", "not_known")}
    for now in Route:
        for then in Route:
            if now is then:
                continue
            moves = LOGIC.every([current.answered, current.value[now], world.recommended[then]])
            may_stay = LOGIC.every([moves, world.folded.feasible[now]])
            saving = _monthly(world, now) - _monthly(world, then)
            saves = LOGIC.every([may_stay, saving > 0])
            repays = amounts["migration_cost"] <= months * saving
            found["has_to"].append(LOGIC.every([moves, LOGIC.negate(world.folded.feasible[now])]))
            found["never"].append(LOGIC.every([may_stay, saving <= 0]))
            found["not_known"].append(LOGIC.every([saves, LOGIC.negate(cost.answered)]))
            found["worth_it"].append(LOGIC.every([saves, cost.answered, repays]))
            found["not_yet"].append(LOGIC.every([saves, cost.answered, LOGIC.negate(repays)]))
    said = {word: LOGIC.some(truths) for word, truths in found.items()}
    return {**said, "none": LOGIC.negate(LOGIC.some(list(said.values())))}


def _monthly(world: SymbolicScenario, route: Route) -> Any:
    """Dollars a month at the low volume."""
    amounts = world.amounts
    N = amounts["monthly_images_low"]
    if route is Route.SELF_HOST:
        return owning(world, "monthly_images_low")
    return amounts[PRICE_OF[route]] * N
