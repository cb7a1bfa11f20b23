"""Reads ``routes.toml``: what differs from route to route, so that calling code need not know it."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from images.errors import ImagesError

FOLDER = Path(__file__).resolve().parents[1]
ROUTE_VARIABLE, CONFIG_VARIABLE, LOG_VARIABLE = "IMAGES_ROUTE", "IMAGES_CONFIG", "IMAGES_LOG"
_TEXTS = ("base_url", "model", "token_variable", "shape")
_NUMBERS = ("steps", "timeout_seconds", "max_retries")
_KEYS = (*_TEXTS, *_NUMBERS, "provider", "quality", "price_per_image")
_SELF_HOST = "self_host"


@dataclass(frozen=True)
class Route:
    """One way to get images. ``price_per_image`` is dollars, None where it is not known; ``steps`` are the default."""

    name: str
    base_url: str
    model: str
    shape: str
    token_variable: str = ""
    provider: str = ""
    price_per_image: Decimal | None = None
    steps: int | None = None
    quality: str = ""
    timeout_seconds: int = 120
    max_retries: int = 3

    def token(self) -> str:
        """The token from the environment; "none" where the route needs no token. Raises ImagesError."""
        if not self.token_variable:
            return "none"
        token = os.environ.get(self.token_variable, "").strip()
        if not token:
            raise _fault(f"route `{self.name}` needs a token: set the environment variable {self.token_variable}")
        return token


def load_route(name: str | None = None) -> Route:
    """The route of this name, else of ``IMAGES_ROUTE``, else the one that ``routes.toml`` names. Raises ImagesError."""
    file = Path(os.environ.get(CONFIG_VARIABLE) or FOLDER / "routes.toml")
    data = _read(file)
    name = name or os.environ.get(ROUTE_VARIABLE) or data.get("route")
    routes = data.get("routes")
    if not isinstance(routes, dict) or not isinstance(name, str):
        raise _fault(f'{file} names no route: it needs `route = "..."` and a table [routes.NAME]')
    if name not in routes:
        close = difflib.get_close_matches(name, routes, 1)
        help = f"did you mean `{close[0]}`?" if close else "it has " + ", ".join(f"`{one}`" for one in routes)
        raise _fault(f"there is no route `{name}` in {file}; {help}")
    return _route(name, routes[name], file)


def log_file() -> Path:
    """Where calls are logged: ``IMAGES_LOG``, else ``requests.jsonl`` in the working folder."""
    return Path(os.environ.get(LOG_VARIABLE) or "requests.jsonl")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _fault(f"{file} cannot be read: {error}") from None


def _route(name: str, table: Any, file: Path) -> Route:
    where = f"[routes.{name}] in {file}"
    if not isinstance(table, dict):
        raise _fault(f"{where} is not a table")
    for key in table:
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, 1)
            raise _fault(f"unknown key `{key}` of {where}" + (f"; did you mean `{close[0]}`?" if close else ""))
    needed = [key for key in _TEXTS if key != "token_variable" or name != _SELF_HOST]
    missing = [key for key in needed if not table.get(key)]
    if missing:
        raise _fault(f"fill in {', '.join(f'`{key}`' for key in missing)} of {where}")
    for key in (*_TEXTS, "provider", "quality"):
        if not isinstance(table.get(key, ""), str):
            raise _fault(f"`{key}` of {where} is not text")
    for key in _NUMBERS:
        value = table.get(key, 1)
        if type(value) is not int or value < (0 if key == "max_retries" else 1):
            raise _fault(f"`{key}` of {where} is not a whole number of at least {0 if key == 'max_retries' else 1}")
    if not table["base_url"].startswith(("http://", "https://")):
        raise _fault(f"`base_url` of {where} is no http address: `{table['base_url']}`")
    return Route(name=name, **{**table, "price_per_image": _price(table.get("price_per_image"), where)})


def _price(value: object, where: str) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        price = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        price = None
    if price is None or not price.is_finite() or price < 0:
        raise _fault(f'`price_per_image` of {where} is no amount in quotes, as "0.003": `{value}`')
    return price


def _fault(message: str) -> ImagesError:
    return ImagesError(message, "bad configuration")
