"""The JSON API: the record of the command line, and errors by field."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from starlette.testclient import TestClient

from advisor.cli.main import run
from advisor.domain.record import Decision
from advisor.domain.scenario import MAX_FILE_BYTES, Scenario
from tests.helpers.json_schema import valid
from tests.helpers.strategies import examples, scenario, with_fleets
from tests.web.conftest import DATE, site

EXAMPLES = sorted(Path("examples").glob("*.scenario.yaml"))
URL = f"/api/decide?date={DATE}"
WHOLE = {"quality": "open_suffices", "monthly_images": 50000}


def posted(client: TestClient, body: str | bytes, url: str = URL, kind: str = "application/json") -> Any:
    found = client.post(url, content=body, headers={"content-type": kind})
    assert found.headers["content-type"] == "application/json"
    return found


def errors(client: TestClient, body: str | bytes, status: int = 422) -> list[dict[str, str | None]]:
    found = posted(client, body)
    assert found.status_code == status, found.text
    assert all(set(one) == {"field", "message", "help"} for one in found.json()["errors"])
    return list(found.json()["errors"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name.removesuffix(".scenario.yaml"))
def test_the_record_is_that_of_the_command_line(
    path: Path, client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps(yaml.safe_load(path.read_text()))
    run(["decide", str(path), "--json", "--date", DATE])
    found = posted(client, body)
    assert found.status_code == 200
    assert found.text == capsys.readouterr().out


@pytest.mark.fuzz
@examples(200, 10)
@given(answers=with_fleets())
def test_numbers_stay_exact(answers: dict[str, Any], client: TestClient) -> None:
    numbers = {name: value for name, value in answers.items() if isinstance(value, int | Decimal)}
    numbers = {name: value for name, value in numbers.items() if not isinstance(value, bool)}
    others = {name: value for name, value in answers.items() if name not in numbers}
    parts = [json.dumps(others)[1:-1], *(f'"{name}": {value:f}' for name, value in numbers.items())]
    found = posted(client, "{" + ", ".join(parts) + "}")
    assert found.text == site().decide(scenario(answers), date.fromisoformat(DATE)).to_json()


def test_an_unknown_field_names_the_closest(client: TestClient) -> None:
    (one,) = errors(client, '{"latnecy": "tolerant"}')
    assert one["field"] == "latnecy"
    assert one["help"] == "did you mean `latency`?"


def test_a_wrong_type_is_placed_at_its_field(client: TestClient) -> None:
    found = errors(client, '{"latency": ["tolerant"], "monthly_images": "many", "title": 3}')
    assert {one["field"] for one in found} == {"latency", "monthly_images", "title"}


def test_a_key_that_comes_twice_is_placed(client: TestClient) -> None:
    (one,) = errors(client, '{"latency": "tolerant", "latency": "predictable"}')
    assert one["field"] == "latency"
    assert str(one["message"]).startswith("duplicate key `latency`")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("3", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("latency: tolerant", "not a JSON object"),
        ("{", "not valid JSON"),
        ('{"latency": }', "not valid JSON"),
        ('{"latency": "tolerant",}', "trailing comma"),
        ("{} {}", "something follows"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"title": "a\x00b"}', "not valid JSON"),
        ('{"a": ' + "[" * 10_000 + "]" * 10_000 + "}", "nested too deep"),
        ('{"a": ' + '{"a": ' * 10_000 + "1" + "}" * 10_000 + "}", "nested too deep"),
    ],
)
def test_what_is_no_scenario_is_refused(body: str | bytes, message: str, client: TestClient) -> None:
    (one,) = errors(client, body)
    assert message in str(one["message"])
    assert one["help"]


@pytest.mark.parametrize("depth", [2, 50, 300, 700, 950])
def test_deep_values_are_no_answers(depth: int, client: TestClient) -> None:
    for opening, closing in (("[", "]"), ('{"a": ', "}")):
        body = '{"latency": ' + opening * depth + "1" + closing * depth + "}"
        assert errors(client, body)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999999999", "-1", "0", "true", "1e-30", "9" * 5_000]
)
def test_no_amount(value: str, client: TestClient) -> None:
    (one,) = errors(client, f'{{"monthly_images": {value}}}')
    assert one["field"] == "monthly_images"


def test_another_type_than_json_is_refused(client: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=a", "json"):
        found = posted(client, "{}", kind=kind)
        assert found.status_code == 415
        assert "application/json" in found.json()["errors"][0]["help"]
        assert "``" not in found.json()["errors"][0]["message"]
    assert posted(client, "{}", kind="Application/JSON; charset=utf-8").status_code == 200


def test_too_many_bytes_are_refused(client: TestClient) -> None:
    body = json.dumps(WHOLE)
    assert posted(client, body + " " * (MAX_FILE_BYTES - len(body))).status_code == 200
    (one,) = errors(client, body + " " * (MAX_FILE_BYTES - len(body) + 1), 413)
    assert "200,000" in str(one["message"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date=tomorrow", "date"),
        ("date=2026-02-30", "date"),
        ("dat=2026-01-01", "dat"),
        ("latency=tolerant", "latency"),
    ],
)
def test_the_query_holds_the_day_alone(query: str, field: str, client: TestClient) -> None:
    found = posted(client, "{}", f"/api/decide?{query}")
    assert found.status_code == 422
    assert found.json()["errors"][0]["field"] == field


def test_other_methods_and_paths_answer_as_json(client: TestClient) -> None:
    for method, path, status in (("GET", "/api/decide", 405), ("DELETE", "/api/decide", 405), ("GET", "/api/no", 404)):
        found = client.request(method, path)
        assert found.status_code == status
        (one,) = found.json()["errors"]
        assert set(one) == {"field", "message", "help"}
        assert "/api/openapi.json" in one["help"]


def test_the_openapi_document_describes_what_is_sent_and_answered(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    local = json.loads(json.dumps(schemas).replace("#/components/schemas/", "#/$defs/"))
    named = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {name.partition('"')[0] for name in named} <= set(schemas)
    operation = document["paths"]["/api/decide"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Scenario")
    assert valid(WHOLE, local["Scenario"], local)
    assert not valid({"latnecy": "tolerant"}, local["Scenario"], local)
    exact = json.loads(posted(client, json.dumps(WHOLE)).text, parse_float=Decimal)
    assert valid(exact, local["Decision"], local)
    assert not valid({**exact, "more": 1}, local["Decision"], local)
    assert valid(posted(client, "[]").json(), local["Errors"], local)
    assert set(operation["responses"]) == {"200", "413", "415", "422"}


def test_a_name_of_a_schema_means_one_thing() -> None:
    for name, schema in Scenario.model_json_schema()["$defs"].items():
        others = Decision.model_json_schema()["$defs"]
        assert others.get(name, schema) == schema
