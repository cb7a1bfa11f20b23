"""A starter kit: what it says of a decision, and its files.

For each route it says where that is called, as what, and what is not known. Nothing is decided here: the routes, their
prices and their offers are those of the record, and how the offers are called is the catalogue's.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from advisor.catalogue.loader import UNSUPPORTED, Call, Catalogue, EndpointForm, Endpoints
from advisor.common.atomic_files import faults_of_writing, sync_folder
from advisor.common.diagnostics import BadInput, Problem, reason
from advisor.common.files import STANDARD_INPUT, bundled, is_folder, read_text, real, work_folder
from advisor.domain.record import Decision, ShortlistEntry
from advisor.domain.scenario import Route, Unit
from advisor.report.templates import fill
from advisor.wording.labels import SHORT, axis_name

SELF_HOST_URL = "http://127.0.0.1:8000/v1"
SELF_HOST_TOKEN = "IMAGES_SERVER_TOKEN"
_PRICES = {Route.OPEN_WEIGHT_API: "open_price", Route.CLOSED_API: "closed_price"}
_OF_PROVIDER = ("base_url", "model", "token_variable", "shape")


@dataclass(frozen=True)
class RouteTable:
    """One table of ``routes.toml``; an empty text is not known. ``notes`` are its comments.

    ``missing`` are the keys to fill in before the kit can call it, and ``why_missing`` why they are not known.
    """

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
    missing: tuple[str, ...] = ()
    why_missing: str = ""


@dataclass(frozen=True)
class Kit:
    """All that differs from one kit to the next. ``unsupported`` are offers that survive and cannot be called.

    ``decided`` is the label of the decision's own route where another one is active, else empty.
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
    decided: str = ""


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
        to_fill_in=()
        if all(table.base_url for table in tables)
        else tuple(one for one in endpoints.providers.values() if one.shape != UNSUPPORTED),
        decided=SHORT[decision.route] if decision.route and decision.route != route else "",
    )


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
    name = found.names[0] if found and found.names else ""
    why = f"the catalogue has no name to call `{model}` by" if model else "the decision names no checkpoint"
    return RouteTable(
        name=Route.SELF_HOST,
        label=SHORT[Route.SELF_HOST],
        notes=(*notes, f"{SELF_HOST_TOKEN} is only needed if the server asks for a token"),
        base_url=SELF_HOST_URL,
        model=name,
        shape="kit_server",
        provider="own-gpus",
        steps=found.steps if found and isinstance(found.steps, int) else None,
        missing=() if name else ("model",),
        why_missing="" if name else why,
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
                f"{'price' if entry.price else 'price not known; offer'} of {entry.as_of}: {entry.source}",
                *(f"to verify: {condition}" for condition in entry.conditions),
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
            notes=tuple(f"not supported: {entry.label}, {call}" for entry, call in mine),
            price_per_image=str(price) if price is not None else None,
            missing=_OF_PROVIDER,
            why_missing="the decision names no provider that this kit can call",
        )


def _why_out(decision: Decision, route: Route) -> list[str]:
    """Why a route is ruled out, by its first gate; empty for a feasible one."""
    if route in decision.feasible_routes:
        return []
    return [f"{axis_name(one.axis)}: {one.because}" for one in decision.eliminated if one.route == route][:1]


FOLDER = "starter"
"""Of the templates."""
MAX_FILES = 200
_TEMPLATE = ".j2"
_WORK = ".advisor-starter-"


def kit_files(kit: Kit, templates: Path | None = None) -> dict[str, str]:
    """The text of each file by its path in the kit, sorted. The same kit gives the same texts. Raises BadInput."""
    source = (templates or bundled("templates")) / FOLDER
    if not is_folder(source):
        help = "a templates folder is complete in itself: start from a copy of the bundled one"
        raise BadInput(Problem(f"there is no `{FOLDER}` in the templates folder", str(templates), help=help))
    paths = sorted(_paths(source))
    if len(paths) > MAX_FILES:
        what = f"there are more than {MAX_FILES} files"
        raise BadInput(Problem(what, str(source), help="check --templates"))
    named = {"kit": dataclasses.asdict(kit)}
    files = {}
    for path in paths:
        if path.endswith(_TEMPLATE):
            files[path.removesuffix(_TEMPLATE)] = fill(f"{FOLDER}/{path}", named, templates)
        else:
            files[path] = read_text(str(source / path))
    return dict(sorted(files.items()))


def _paths(source: Path) -> list[str]:
    """The paths of the files below a folder, without caches and hidden files."""
    found = []
    for folder, below, names in os.walk(source):
        below[:] = [name for name in below if not name.startswith((".", "__"))]
        where = Path(folder).relative_to(source)
        found += [(where / name).as_posix() for name in names if not name.startswith(".")]
    return found


def write_kit(files: Mapping[str, str], folder: Path) -> None:
    """Writes all of the files or none: into a folder next to it, which is then renamed.

    Raises BadInput for a folder that is not empty, and for one that cannot be written.
    """
    if str(folder) == STANDARD_INPUT:
        what = f"`{STANDARD_INPUT}` is standard output, not a folder"
        raise BadInput(Problem(what, "--out", help="name a folder; write `./-` for one of this name"))
    target = real(folder) if folder.is_symlink() else folder
    _check_empty(target, folder)
    with faults_of_writing(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        with work_folder(target.parent, _WORK) as work:
            new = work / "kit"
            for name, text in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("w", encoding="utf-8", newline="") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            new.rename(target)  # also over an empty folder, and over no other
            sync_folder(target.parent)


def _check_empty(target: Path, named: Path) -> None:
    try:
        empty = not any(target.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        what = "the folder cannot be created: a file of that name exists"
        raise BadInput(Problem(what, str(named), help="name a folder")) from None
    except (OSError, ValueError) as error:
        what = f"the folder cannot be read: {reason(error)}"
        raise BadInput(Problem(what, str(named), help="name a folder you may write to")) from None
    if not empty:
        what = "the folder is not empty, so no starter kit is written into it"
        raise BadInput(Problem(what, str(named), help="name a new folder, or empty this one"))
