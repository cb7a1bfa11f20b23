"""A scenario that states every price is decided alike with and without the catalogue (DESIGN, section 7)."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import given

from advisor.catalogue.loader import bundled_catalogue
from advisor.decision.decide import decide
from tests.helpers.strategies import examples, scenario, with_fleets

ON = datetime.date(2026, 11, 22)
OF_THE_CATALOGUE = {"catalogue_digest", "quotes"}


@examples(300)
@given(with_fleets())
def test_a_scenario_that_states_every_price_gives_the_same_record(answers: dict[str, Any]) -> None:
    without = decide(scenario(answers), decided_on=ON)
    catalogue = bundled_catalogue()
    found = decide(scenario(answers), catalogue=catalogue, decided_on=ON)
    assert found.model_dump(exclude=OF_THE_CATALOGUE) == without.model_dump(exclude=OF_THE_CATALOGUE)
    assert (without.catalogue_digest, without.quotes) == (None, [])
    assert found.catalogue_digest == catalogue.digest
    assert {quote.origin for quote in found.quotes} <= {"answer"}
    assert all(str(found.scenario[quote.field]) == quote.value for quote in found.quotes)
