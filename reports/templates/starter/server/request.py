"""The body of `POST /v1/images/generations`: OpenAI's fields, and three that vLLM-Omni and SGLang name the same way."""

import json
import secrets
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from server.pipeline import SEEDS, Order

MOST_BYTES = 64 * 1024
"""The longest body in bytes."""

MOST_CHARACTERS = 4000
MOST_IMAGES = 8
MOST_STEPS = 100
LEAST_SIDE, MOST_SIDE, SIDE_MULTIPLE = 64, 2048, 16
"""Sides in pixels; 16 is the product of the decoder's and the patches' enlargement in FLUX, 8 in Stable Diffusion."""

FieldFault = tuple[str | None, str]
"""The request's field, None for the body as a whole, and what is wrong with it. Never holds the value sent: a prompt
must not reach a log."""


class BadBody(Exception):
    """The body asks for something that this server does not do."""

    def __init__(self, field: str | None, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def _size(text: str) -> str:
    sides = text.split("x")
    if text == "auto":
        return text
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() and len(side) < 6 for side in sides):
        raise ValueError("must be two numbers of pixels such as `1024x1024`, or `auto`")
    if not all(LEAST_SIDE <= int(side) <= MOST_SIDE and int(side) % SIDE_MULTIPLE == 0 for side in sides):
        raise ValueError(f"must have sides from {LEAST_SIDE} to {MOST_SIDE} that are multiples of {SIDE_MULTIPLE}")
    return text


class ImageRequest(BaseModel):
    """What is asked for. A field that is not listed is refused: one that is left out silently would change what is
    measured and paid for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    model: str | None = None
    n: Annotated[int, Field(ge=1, le=MOST_IMAGES)] = 1
    size: Annotated[str, AfterValidator(_size)] | None = None
    response_format: Literal["b64_json"] | None = None
    user: Annotated[str, Field(max_length=256)] | None = None
    num_inference_steps: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    seed: Annotated[int, Field(ge=0, lt=SEEDS)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=20, strict=False)] | None = None

    def order(self, default_steps: int | None) -> Order:
        """What the pipeline is asked for; a seed is drawn if none was sent."""
        width, height = map(int, self.size.split("x")) if self.size not in (None, "auto") else (None, None)
        return Order(
            prompt=self.prompt,
            seed=secrets.randbelow(SEEDS) if self.seed is None else self.seed,
            n=self.n,
            width=width,
            height=height,
            steps=self.num_inference_steps or default_steps,
            guidance_scale=self.guidance_scale,
        )


def read_body(body: bytes) -> ImageRequest:
    """The request of a JSON body.

    Raises:
        BadBody: with the first field that is wrong.
    """
    try:
        return ImageRequest.model_validate_json(body)
    except ValidationError as fault:
        raise BadBody(*_first(fault.errors(include_url=False, include_context=False, include_input=False)[0])) from None


def _first(fault: Any) -> FieldFault:
    field = str(fault["loc"][0]) if fault["loc"] else None
    if fault["type"] == "json_invalid":
        return None, "the body is not valid JSON"
    if fault["type"] == "extra_forbidden":
        name = field if field is not None and field.isidentifier() and len(field) < 64 else "?"
        return name, f"unknown field `{name}`; this server takes {', '.join(ImageRequest.model_fields)}"
    if fault["type"] == "missing":
        return field, f"`{field}` is missing"
    if field == "response_format":
        return field, "`response_format` must be `b64_json`: this server keeps no files to link to"
    problem = fault["msg"].removeprefix("Value error, ")
    return field, f"`{field}`: {problem[0].lower()}{problem[1:]}" if field else "the body must be a JSON object"


def error_body(message: str, kind: str, field: str | None = None, code: str | None = None) -> bytes:
    """OpenAI's shape of an error."""
    return json.dumps({"error": {"message": message, "type": kind, "param": field, "code": code}}).encode()
