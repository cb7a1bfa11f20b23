"""The plan of a kit for generated decisions: it has the routes that survive, and says what is not known."""

from __future__ import annotations

import datetime
import tomllib
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from advisor.catalogue.loader import bundled_catalogue, read_endpoints
from advisor.decision.decide import decide
from advisor.domain.record_parts import Status
from advisor.domain.scenario import Route
from advisor.rulebook.loader import bundled_rulebook
from advisor.starter_kit.kit import SELF_HOST_URL, kit_files, kit_of
from tests.helpers.strategies import complete_answers, examples, scenario
from tests.starter_kit.kits import DAY

CATALOGUE = bundled_catalogue()
ENDPOINTS = read_endpoints(None, CATALOGUE)
IMAGE_MODELS = [model.id for model in CATALOGUE.models if model.modality == "image"]
STATED = ("open_price", "closed_price", "gpu_hour_price")


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """Answers with some prices left to the catalogue, for one of its checkpoints."""
    found = draw(complete_answers())
    left = draw(st.sets(st.sampled_from(STATED)))
    found = {name: value for name, value in found.items() if name not in left}
    if "gpu_hour_price" in left:
        del found["images_per_gpu_hour"]
    return {**found, "model": draw(st.sampled_from(IMAGE_MODELS))}


@examples(200, 25)
@given(answers())
def test_every_route_that_survives_has_a_table_and_no_other(found: dict[str, Any]) -> None:
    on = datetime.date.fromisoformat(DAY)
    decision = decide(scenario(found), bundled_rulebook(), catalogue=CATALOGUE, decided_on=on)
    assume(decision.status is Status.RECOMMENDED)
    kit = kit_of(decision, CATALOGUE, ENDPOINTS)
    routes = [table for table in kit.tables if table.name in set(Route)]
    assert {table.name for table in routes} == {*decision.feasible_routes, Route.SELF_HOST}
    assert kit.active.name == decision.route
    assert len({table.name for table in kit.tables}) == len(kit.tables)
    surviving = {one.offer: one.price for one in decision.shortlist if one.status != "eliminated"}
    for table in kit.tables:
        if table.name not in set(Route):
            assert table.price_per_image == surviving[table.name]
        elif table.name == Route.SELF_HOST:
            assert (table.base_url, table.price_per_image) == (SELF_HOST_URL, None)
        elif table.missing:
            assert (table.base_url, table.model, table.token_variable, table.shape) == ("", "", "", "")
        assert {"base_url", "model", "shape"} - set(table.missing) <= {
            name for name, value in vars(table).items() if value
        }
        assert table.missing or table.name == Route.SELF_HOST or table.token_variable
    callable_offers = sum(not table.missing and table.name != Route.SELF_HOST for table in kit.tables)
    hosted = [one for one in decision.shortlist if one.route != Route.SELF_HOST and one.status != "eliminated"]
    assert callable_offers + len(kit.unsupported) == len(hosted)
    for route, field in ((Route.OPEN_WEIGHT_API, "open_price"), (Route.CLOSED_API, "closed_price")):
        prices = [table.price_per_image for table in kit.tables if table.name == route]
        assert not prices or field not in found or prices == [str(decision.scenario[field])]
    data = tomllib.loads(kit_files(kit)["routes.toml"])
    assert data["route"] == decision.route
    assert list(data["routes"]) == [table.name for table in kit.tables]
