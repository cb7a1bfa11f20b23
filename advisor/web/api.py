"""The JSON API: a scenario in, the record out, errors by field, and an OpenAPI document."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.decision.competition import model_faults
from advisor.domain.scenario import MAX_FILE_BYTES
from advisor.domain.scenario_io import parse_scenario
from advisor.web.openapi import DECIDE, DOCUMENT, document
from advisor.web.pages import error_page
from advisor.web.query import date_of, known_pairs
from advisor.web.site import site_of
from advisor.wording import web as words

_JSON = "application/json"
_BODY = "the body"


async def decide(request: Request) -> Response:
    """The record of the scenario in the body, the bytes of ``advisor decide --json``.

    415 for another type than JSON, 413 for more bytes than a scenario file may have. Raises BadInput.
    """
    stated = request.headers.get("content-type", "")
    if stated.partition(";")[0].strip().lower() != _JSON:
        help = f"send the header `content-type: {_JSON}`"
        return error_page(request, 415, words.UNUSABLE, [Problem(f"the body is {quoted(stated)}", help=help)])
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FILE_BYTES:
            what = f"the body has more than {MAX_FILE_BYTES:,} bytes"
            return error_page(request, 413, words.TOO_LARGE, [Problem(what, help="send one scenario")])
    record = await run_in_threadpool(_record, request, bytes(body))
    return Response(record, media_type=_JSON)


def _record(request: Request, body: bytes) -> str:
    site = site_of(request)
    decided_on, _ = date_of(known_pairs(request))
    scenario = parse_scenario(_object_text(body), _BODY, check=partial(model_faults, site.catalogue))
    return site.decide(scenario, decided_on).to_json()


def _object_text(body: bytes) -> str:
    """The text of a body that begins as an object does; YAML, which files may hold, is refused. Raises BadInput."""
    help = 'send an object such as {"residency": "anywhere", "monthly_images": 50000}'
    if not body.strip():
        raise BadInput(Problem("the body is empty", _BODY, help=help))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte {quoted(hex(body[error.start]))} is not UTF-8 text"
        raise BadInput(Problem(what, _BODY, help="send the body as UTF-8")) from None
    if not text.lstrip().startswith("{"):
        raise BadInput(Problem("the body is not a JSON object", _BODY, help=help))
    return text


def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    date_of(known_pairs(request))
    return JSONResponse(document())


ROUTES = [Route(DECIDE, decide, methods=["POST"]), Route(DOCUMENT, openapi)]
