"""What holds for every response: headers, hosts, and errors as pages."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from advisor.web.security import POLICY

PATHS = (
    "/",
    "/question",
    "/healthz",
    "/static/web.css",
    "/static/page.css",
    "/no-such-page",
    "/portfolio",
    "/portfolio/example",
    "/question?monthly_images=many",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_the_policy(path: str, client: TestClient) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "localhost.evil.example", ""])
def test_another_name_is_refused(host: str, client: TestClient) -> None:
    assert client.get("/", headers={"host": host}).status_code == 421
    assert client.get("/", headers={"host": "127.0.0.1:8765"}).status_code == 200


def test_an_answer_that_cannot_be_read_is_placed_by_field(client: TestClient) -> None:
    found = client.get("/question?residency=everywhere")
    assert found.status_code == 422
    assert "<code>residency</code>" in found.text
    assert "did you mean" in found.text


def test_no_page_and_no_method(client: TestClient) -> None:
    assert client.get("/no-such-page").status_code == 404
    assert client.post("/question").status_code == 405
    assert client.get("/static/../site.py").status_code == 404
