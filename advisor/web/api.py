"""The JSON API: a scenario in, the record out, errors by field, and an OpenAPI document."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import advisor
from advisor.common.diagnostics import BadInput, Problem, quoted
from advisor.decision.competition import model_faults
from advisor.domain.record import Decision
from advisor.domain.scenario import MAX_FILE_BYTES, Scenario
from advisor.domain.scenario_io import parse_scenario
from advisor.web.pages import Refusal
from advisor.web.query import date_of, known_pairs
from advisor.web.site import site_of
from advisor.wording import web as words

DECIDE, DOCUMENT = "/api/decide", "/api/openapi.json"
_SCHEMAS = "#/components/schemas/"
_JSON, _BODY = "application/json", "the body"
_REFUSED = {
    413: f"The body has more than {MAX_FILE_BYTES:,} bytes.",
    415: "The body is not declared as JSON.",
    422: "The body is not a scenario, or the date is no date. Every fault is listed, with its field.",
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rent or own?",
            "version": advisor.__version__,
            "description": "Decides between own GPUs, an open-weight API and a closed API for generating images.",
        },
        "paths": {DECIDE: {"post": _decide()}},
        "components": {"schemas": {**_with_parts(Scenario), **_with_parts(Decision), "Errors": _ERRORS}},
    }


def _decide() -> dict[str, Any]:
    day = {
        "name": "date",
        "in": "query",
        "description": "The day of the decision; today by default.",
        "schema": {"type": "string", "format": "date"},
    }
    refused = {str(status): _answer(what, "Errors") for status, what in _REFUSED.items()}
    return {
        "operationId": "decide",
        "summary": "Decide on a scenario",
        "description": "Answers that are not known are left out, or null; the record says what they leave open.",
        "parameters": [day],
        "requestBody": {"required": True, "content": {_JSON: {"schema": {"$ref": _SCHEMAS + "Scenario"}}}},
        "responses": {"200": _answer("The record, as `advisor decide --json` prints it.", "Decision"), **refused},
    }


def _answer(what: str, schema: str) -> dict[str, Any]:
    return {"description": what, "content": {_JSON: {"schema": {"$ref": _SCHEMAS + schema}}}}


def _with_parts(model: type[Scenario] | type[Decision]) -> dict[str, Any]:
    """The schema of a model and those of its parts, by name."""
    schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


_TEXT_OR_NULL = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_ERRORS: dict[str, Any] = {
    "title": "Errors",
    "type": "object",
    "required": ["errors"],
    "additionalProperties": False,
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["field", "message", "help"],
                "additionalProperties": False,
                "properties": {"field": _TEXT_OR_NULL, "message": {"type": "string"}, "help": _TEXT_OR_NULL},
            },
        }
    },
}


async def decide(request: Request) -> Response:
    """The record of the scenario in the body, the bytes of ``advisor decide --json``. Raises BadInput, Refusal."""
    stated = request.headers.get("content-type", "")
    if stated.partition(";")[0].strip().lower() != _JSON:
        help = f"send the header `content-type: {_JSON}`"
        raise Refusal(415, Problem(f"the body is {quoted(stated)}" if stated else words.NO_TYPE, help=help))
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FILE_BYTES:
            what = f"the body has more than {MAX_FILE_BYTES:,} bytes"
            raise Refusal(413, Problem(what, help="send one scenario"))
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
