"""A decision whose prices are from the catalogue is monitored with them, and made anew with the catalogue at hand."""

from __future__ import annotations

import datetime
from fractions import Fraction

from advisor.catalogue.loader import bundled_catalogue
from advisor.catalogue.overlays import parse_discounts, with_overlays
from advisor.decision.decide import decide
from advisor.domain.scenario import Route, validated
from advisor.monitor.evaluate import Baseline
from advisor.monitor.model import Span
from advisor.rulebook.loader import bundled_rulebook
from tests.helpers.strategies import EXERCISE, scenario

ON = datetime.date(2026, 11, 22)
UNPRICED = {name: value for name, value in EXERCISE.items() if "price" not in name and name != "images_per_gpu_hour"}
CATALOGUE = bundled_catalogue()
DECISION = decide(scenario({**UNPRICED, "model": "flux-1-schnell"}), catalogue=CATALOGUE, decided_on=ON)


def baseline() -> Baseline:
    priced = validated(DECISION.priced_scenario, "the record")
    return Baseline(DECISION, priced, bundled_rulebook(), None, {}, CATALOGUE)


def test_the_crossover_is_that_of_the_record() -> None:
    price = baseline().list_price
    assert price == Fraction(next(quote.value for quote in DECISION.quotes if quote.field == "open_price"))
    crossover = baseline().crossover(Span.of(price))
    assert crossover is not None
    assert str(round(float(crossover.expected), 2)) == DECISION.crossovers[Route.OPEN_WEIGHT_API]
    assert baseline().why_not_comparable(Span.of(price)) is None


def test_a_decision_made_anew_has_the_price_that_was_paid_and_the_catalogue_for_the_rest() -> None:
    anew = baseline().decided_at(Span.of(Fraction(5_000_000)), Span.of(Fraction("0.002")), ON)
    assert (DECISION.route, anew.route) == ("open_weight_api", "self_host")
    assert anew.catalogue_digest == CATALOGUE.digest
    origins = {quote.field: (quote.origin, quote.value) for quote in anew.quotes}
    assert origins["open_price"] == ("answer", "0.002")
    assert origins["gpu_hour_price"][0] == origins["images_per_gpu_hour"][0] == "catalogue"


def test_another_catalogue_is_noticed_and_a_decision_without_one_has_none() -> None:
    other = with_overlays(CATALOGUE.lists, [], parse_discounts(["nscale=20%"]))
    assert not baseline().other_catalogue
    assert Baseline(DECISION, scenario(DECISION.priced_scenario), bundled_rulebook(), None, {}, other).other_catalogue
    stated = decide(scenario(EXERCISE), decided_on=ON)
    without = Baseline(stated, scenario(EXERCISE), bundled_rulebook(), None, {}, other)
    assert not without.other_catalogue
    assert without.decided_at(Span.of(Fraction(5_000)), None, ON).catalogue_digest is None
