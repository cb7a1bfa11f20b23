"""What a starter kit says of a decision: for each route where it is called, as what, and what is not known.

Nothing is decided here: the routes, their prices and their offers are those of the record, and how the offers are
called is the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from advisor.catalogue.endpoints import UNSUPPORTED, Call, EndpointForm, Endpoints
from advisor.catalogue.loader import Catalogue
from advisor.common.diagnostics import BadInput, Problem
from advisor.domain.record import Decision, ShortlistEntry
from advisor.domain.scenario import Route, Unit
from advisor.wording.labels import SHORT, axis_name

SELF_HOST_URL = "http://127.0.0.1:8000/v1"
SELF_HOST_TOKEN = "IMAGES_SERVER_TOKEN"
_PRICES = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
_FILL_IN = "fill in base_url, model, token_variable and shape: the decision names no provider that this kit can call"


@dataclass(frozen=True)
class RouteTable:
    """One table of ``routes.toml``; an empty text is not known. ``notes`` are its comments."""

    name: str
    label: str
    notes: tuple[str, ...]
    base_url: str = ""
    model: str = ""
    token_variable: str = ""
    shape: str = ""
    provider: str = ""
    quality: str = ""
    price_per_image: str | None = None
    steps: int | None = None

    @property
    def complete(self) -> bool:
        """Whether the kit can call it as it is."""
        return bool(self.base_url and self.model and self.shape)


@dataclass(frozen=True)
class Kit:
    """All that differs from one kit to the next. ``unsupported`` are offers that survive and cannot be called.

    ``to_fill_in`` are the providers of the catalogue that the kit can call, if a hosted route names none.
    """

    title: str | None
    decided_on: str
    deciding_axis: str
    active: RouteTable
    tables: tuple[RouteTable, ...]
    unsupported: tuple[tuple[str, str], ...]
    ruled_out: tuple[tuple[str, str], ...]
    to_fill_in: tuple[EndpointForm, ...] = ()


def kit_of(decision: Decision, catalogue: Catalogue | None, endpoints: Endpoints, active: Route | None = None) -> Kit:
    """The kit of a decision with a route; ``active`` is another feasible route to start with. Raises BadInput."""
    if decision.scenario.get("unit") == Unit.VIDEO_SECOND:
        what = "the starter kit makes images, and this decision is by the second of video"
        raise BadInput(Problem(what, field="unit", help="use the client of the provider that the memo names"))
    route = active or decision.route
    if route is None or route not in decision.feasible_routes:
        feasible = ", ".join(f"`{one}`" for one in decision.feasible_routes)
        help = f"feasible here: {feasible}" if feasible else "`advisor explain` says what to relax"
        raise BadInput(Problem(f"the decision rules `{route}` out", file="--route", help=help))
    calls = _calls(decision, catalogue, endpoints)
    tables = [_own_gpus(decision, catalogue)]
    for hosted in _PRICES:
        if hosted in decision.feasible_routes:
            tables += _hosted(decision, hosted, calls)
    return Kit(
        title=decision.scenario.get("title"),
        decided_on=decision.decided_on,
        deciding_axis=axis_name(decision.deciding_axis) if decision.deciding_axis else "",
        active=next(table for table in tables if table.name == route),
        tables=tuple(tables),
        unsupported=tuple((entry.label, call) for entry, call in calls if isinstance(call, str)),
        ruled_out=tuple((SHORT[one], why) for one in Route for why in _why_out(decision, one)),
        to_fill_in=() if all(table.base_url for table in tables) else _callable(endpoints),
    )


def _callable(endpoints: Endpoints) -> tuple[EndpointForm, ...]:
    return tuple(one for one in endpoints.providers.values() if one.shape != UNSUPPORTED)


def _calls(
    decision: Decision, catalogue: Catalogue | None, endpoints: Endpoints
) -> list[tuple[ShortlistEntry, Call | str]]:
    """The hosted offers that the decision lets survive, cheapest first, and how each is called or why it cannot be."""
    offers = [*catalogue.hosted, *catalogue.closed] if catalogue else []
    providers = {offer.id: offer.provider for offer in offers}
    left = [entry for entry in decision.shortlist if entry.route in _PRICES and entry.status != "eliminated"]
    return [(entry, endpoints.call(entry.offer, providers.get(entry.offer))) for entry in left]


def _own_gpus(decision: Decision, catalogue: Catalogue | None) -> RouteTable:
    model = _model(decision)
    found = next((one for one in catalogue.models if one.id == model), None) if catalogue and model else None
    notes = [f"{SHORT[Route.SELF_HOST]}: the server of this kit, or vLLM-Omni or SGLang (docs/self_hosting.md)"]
    notes += [f"not feasible as decided: {why}" for why in _why_out(decision, Route.SELF_HOST)]
    notes += [] if found else ["fill in model: the decision names no checkpoint"]
    return RouteTable(
        name=Route.SELF_HOST,
        label=SHORT[Route.SELF_HOST],
        notes=(*notes, f"{SELF_HOST_TOKEN} is only needed if the server asks for a token"),
        base_url=SELF_HOST_URL,
        model=found.names[0] if found and found.names else "",
        shape="kit_server",
        provider="own-gpus",
        steps=found.steps if found and isinstance(found.steps, int) else None,
    )


def _model(decision: Decision) -> str | None:
    """The checkpoint that the decision rests on."""
    if model := decision.scenario.get("model"):
        return str(model)
    chosen = [entry.model for entry in decision.shortlist if entry.status == "chosen" and entry.model]
    return chosen[0] if chosen else None


def _hosted(decision: Decision, route: Route, calls: list[tuple[ShortlistEntry, Call | str]]) -> Iterator[RouteTable]:
    """The table of a route, for the cheapest offer that can be called, and one for each other offer that can."""
    mine = [(entry, call) for entry, call in calls if entry.route == route]
    usable = [(entry, call) for entry, call in mine if isinstance(call, Call)]
    cheaper = takewhile(lambda one: isinstance(one[1], str), mine)
    skipped = [f"cheaper, and not supported: {entry.label}, {call}" for entry, call in cheaper]
    for number, (entry, call) in enumerate(usable):
        yield RouteTable(
            name=entry.offer if number else str(route),
            label=entry.label,
            notes=(
                entry.label,
                *([] if number else skipped),
                f"price of {entry.as_of}: {entry.source}",
                *_conditions(entry),
            ),
            base_url=call.base_url,
            model=call.model,
            token_variable=call.token_variable,
            shape=call.shape,
            provider=call.provider,
            quality=call.quality or "",
            price_per_image=entry.price,
        )
    if not usable:
        price = decision.scenario.get(_PRICES[route]) or next((entry.price for entry, _ in mine), None)
        yield RouteTable(
            name=route,
            label=SHORT[route],
            notes=(_FILL_IN, *(f"not supported: {entry.label}, {call}" for entry, call in mine)),
            price_per_image=str(price) if price is not None else None,
        )


def _conditions(entry: ShortlistEntry) -> list[str]:
    return [f"to verify: {condition}" for condition in entry.conditions]


def _why_out(decision: Decision, route: Route) -> list[str]:
    """Why a route is ruled out, by its first gate; empty for a feasible one."""
    if route in decision.feasible_routes:
        return []
    return [f"{axis_name(one.axis)}: {one.because}" for one in decision.eliminated if one.route == route][:1]
