"""Offers: a trait that is not stated is unknown; files of offers, which have a digest of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled
from advisor.domain.offer import Unknown
from advisor.domain.scenario import Route
from advisor.rulebook.loader import load_rulebook

OFFERS = """
offers:
  - {id: two-gpus, route: self_host, label: two GPUs, traits: {leaves_premises: no, model_access: open}}
  - {id: some-provider, route: open_weight_api, label: a provider, traits: {leaves_premises: yes, shared_queue: no}}
"""
BUNDLED = "sha256:174ab0ac9471490d8c4eb2edbf7cb79ae1471f771953076b24e5ef80e7c4025a"
"""What the records made so far say; they are decided again by it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of offers."""
    file = tmp_path / "offers.yaml"
    file.write_text(OFFERS)
    return file


def test_offers_from_a_file_compete_in_place_of_the_bundled_ones(path: Path) -> None:
    rulebook = load_rulebook(offers=path)
    assert [(offer.id, offer.route) for offer in rulebook.offers] == [
        ("two-gpus", Route.SELF_HOST),
        ("some-provider", Route.OPEN_WEIGHT_API),
    ]
    assert rulebook.routes == (Route.SELF_HOST, Route.OPEN_WEIGHT_API)
    assert [case.offers for case in rulebook.cases] == [case.offers for case in load_rulebook().cases]


def test_a_trait_that_is_not_stated_is_unknown(path: Path) -> None:
    offer = load_rulebook(offers=path).offers[0]
    known = {name for name, value in offer.traits.items() if not isinstance(value, Unknown)}
    assert known == {"leaves_premises", "model_access"}
    assert offer.traits.keys() == offer.stated.keys() == load_rulebook().traits.keys()
    assert offer.stated["shared_queue"] == "unknown"


def test_a_folder_of_offers_is_read_file_by_file(path: Path) -> None:
    more = OFFERS.replace("two-gpus", "four-gpus").replace("some-provider", "another-provider")
    (path.parent / "more.yaml").write_text(more)
    ids = [offer.id for offer in load_rulebook(offers=path.parent).offers]
    assert ids == ["four-gpus", "another-provider", "two-gpus", "some-provider"]


def test_rules_and_offers_have_digests_of_their_own(path: Path, tmp_path: Path) -> None:
    rules, other = load_rulebook(), load_rulebook(offers=path)
    assert rules.digest == other.digest == BUNDLED
    assert rules.offers_digest != other.offers_digest
    path.write_text(OFFERS.replace("model_access: open", "model_access: open, shared_queue: unknown"))
    assert load_rulebook(offers=path).offers_digest == other.offers_digest
    path.write_text(OFFERS.replace("model_access: open", "model_access: proprietary"))
    assert load_rulebook(offers=path).offers_digest != other.offers_digest
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules")
    (folder / "advice.yaml").write_text("[]")
    shutil.rmtree(folder / "cases")
    assert load_rulebook(folder).offers_digest == rules.offers_digest


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("offers: []\n", "this file has no `offers`", 1),
        ("traits: {}\noffers: [{id: a}]\n", "`traits` is not known here", 1),
        (OFFERS.replace("two-gpus", "some-provider"), "duplicate offer `some-provider`, first in {file}:3", 4),
        (OFFERS.replace("shared_queue: no", "shared_queue: maybe"), "`maybe` is not an option of `shared_queue`", 4),
        (OFFERS.replace("shared_queue", "shared_que"), "`shared_que` is not known here", 4),
    ],
)
def test_a_faulty_file_of_offers_is_refused(path: Path, text: str, what: str, line: int) -> None:
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        load_rulebook(offers=path)
    (problem,) = refused.value.problems
    assert (problem.what, problem.file, problem.line) == (what.format(file=path), str(path), line)


def test_what_offers_leave_unknown_has_to_be_verifiable(path: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bundled("rules"), tmp_path / "rules")
    gates = folder / "gates" / "latency.yaml"
    gates.write_text("".join(line for line in gates.read_text().splitlines(True) if "provided:" not in line))
    assert load_rulebook(folder).offers
    with pytest.raises(
        BadInput, match="offer `two-gpus` leaves `shared_queue` unknown, and gate `no-queue-spikes` has no"
    ):
        load_rulebook(folder, offers=path)


def test_a_folder_without_offers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there are no offers in this folder"):
        load_rulebook(offers=tmp_path)
