"""The licence matrix: each checkpoint, on own hardware, under each need, as its licence says, with the clause.

The expectations are derived by hand from the licences, not from models.yaml: ``+`` admitted, ``-`` eliminated, ``?``
admitted with a condition to verify.
"""

from __future__ import annotations

import datetime
import json
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from license_expression import get_license_index

from advisor.catalogue.entries import ModelForm
from advisor.catalogue.loader import bundled_catalogue
from advisor.catalogue.traits import CatalogueOffer, competing_offers, self_host_conditions, traits_of
from advisor.domain.scenario import validated
from advisor.evaluation.compiler import PlainReading
from advisor.evaluation.facts import answer_facts
from advisor.rulebook.loader import load_rulebook
from advisor.rulebook.model import Rulebook

DAY = datetime.date(2026, 11, 27)
CATALOGUE = bundled_catalogue()

#                     commercial  $500k  $2M  training  eu  us  kr  no region
MATRIX = {
    "sdxl-1-0":           "+         +     +     +      +   +   +   +",
    "sd-3-5-large":       "+         +     -     ?      +   +   +   +",
    "sd-3-5-large-turbo": "+         +     -     ?      +   +   +   +",
    "sd-3-5-medium":      "+         +     -     ?      +   +   +   +",
    "flux-1-schnell":     "+         +     +     +      +   +   +   +",
    "flux-1-dev":         "?         +     +     ?      +   +   +   +",
    "flux-1-krea-dev":    "?         +     +     ?      +   +   +   +",
    "flux-2-klein-4b":    "+         +     +     +      +   +   +   +",
    "flux-2-klein-9b":    "?         ?     ?     ?      ?   ?   ?   ?",
    "qwen-image":         "+         +     +     +      +   +   +   +",
    "z-image-turbo":      "+         +     +     +      +   +   +   +",
    "hidream-i1-full":    "+         +     +     +      +   +   +   +",
    "hidream-i1-fast":    "+         +     +     +      +   +   +   +",
    "sana-sprint-1-6b":   "?         ?     ?     ?      ?   ?   ?   ?",
    "wan-2-1-i2v-14b":    "+         +     +     +      +   +   +   +",
    "cogvideox-2b":       "+         +     +     +      +   +   +   +",
    "cogvideox-5b":       "?         +     +     ?      +   +   +   +",
    "hunyuanvideo":       "+         +     +     -      -   +   -   ?",
}  # fmt: skip
CLAUSES = {
    ("sd-3-5-large", "revenue_cap_usd"): "above $1,000,000 of annual revenue",
    ("sd-3-5-large", "training_on_outputs"): "foundational generative model",
    ("flux-1-dev", "commercial_use"): "section 4(a) forbids",
    ("flux-1-dev", "training_on_outputs"): "competes with FLUX.1 [dev]",
    ("flux-2-klein-9b", "commercial_use"): "non-commercial",
    ("sana-sprint-1-6b", "commercial_use"): "was not read",
    ("cogvideox-5b", "commercial_use"): "basic commercial licence",
    ("hunyuanvideo", "training_on_outputs"): "improve any other AI model",
    ("hunyuanvideo", "excluded_regions"): "does not apply in the EU, the United Kingdom and South Korea",
}
"""What the clause of a term that does not simply admit has to say."""
REVENUES = (None, 500_000, 2_000_000)
REGIONS = ("eu", "us", "kr", None)
WORST_FIRST = "-?+"
OF_WORD = {"yes": "+", "no": "-", "unknown": "?"}


def expected(model: str, commercial: bool, revenue: int | None, region: str | None, training: bool) -> str:
    use, little, much, trained, *regions = MATRIX[model].split()
    marks = [regions[REGIONS.index(region)]]
    marks += [use] if commercial else []
    marks += {None: [], 500_000: [little], 2_000_000: [much]}[revenue]
    marks += [trained] if training else []
    return min(marks, key=WORST_FIRST.index)


def own_hardware(model: ModelForm, region: str | None) -> CatalogueOffer:
    unit = "image" if model.modality == "image" else "video_second"
    offers = competing_offers(CATALOGUE, model.id, unit, region, DAY)
    return next(offer for offer in offers if offer.id == f"{model.id}--own-hardware")


@cache
def rulebook_of(folder: Path, region: str | None) -> Rulebook:
    """The bundled rules over the own-hardware offer of every checkpoint."""
    known = load_rulebook(cases=False).traits
    offers = []
    for model in CATALOGUE.models:
        offer = own_hardware(model, region)
        traits = {name: int(word) if word.isdigit() else word for name, word in offer.traits.items() if name in known}
        offers.append({"id": model.id, "route": str(offer.route), "label": offer.label, "traits": traits})
    file = folder / f"{region}.yaml"
    file.write_text(json.dumps({"offers": offers}), encoding="utf-8")
    return load_rulebook(offers=file, cases=False)


def judged(
    rulebook: Rulebook, commercial: bool, revenue: int | None, training: bool, on_premises: bool
) -> dict[str, str]:
    """The mark of each checkpoint by the gates of the rulebook."""
    answers = {
        "output_use": "commercial" if commercial else "internal",
        "annual_revenue_usd": revenue,
        "train_on_outputs": training,
        "residency": "on_premises" if on_premises else "anywhere",
    }
    scenario = validated({name: answer for name, answer in answers.items() if answer is not None}, "the scenario")
    matches = PlainReading(rulebook).gates(answer_facts(scenario))
    marks = ["-" if match.eliminating else "?" if match.to_verify else "+" for match in matches]
    return {offer.id: mark for offer, mark in zip(rulebook.offers, marks, strict=True)}


def test_the_matrix_has_every_checkpoint() -> None:
    assert list(MATRIX) == [model.id for model in CATALOGUE.models]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("on_premises", [False, True])
def test_the_gates_admit_what_the_licences_allow(tmp_path: Path, region: str | None, on_premises: bool) -> None:
    rulebook = rulebook_of(tmp_path, region)
    for commercial, revenue, training in product((False, True), REVENUES, (False, True)):
        marks = judged(rulebook, commercial, revenue, training, on_premises)
        for model in CATALOGUE.models:
            licensed = OF_WORD[traits_of(model, region)["licensed_in_region"]]
            mark = min(marks[model.id], licensed, key=WORST_FIRST.index)
            assert mark == expected(model.id, commercial, revenue, region, training), (model.id, commercial, revenue)


def test_a_rented_gpu_never_stays_on_the_premises() -> None:
    for model in CATALOGUE.models:
        unit = "image" if model.modality == "image" else "video_second"
        offers = competing_offers(CATALOGUE, model.id, unit, "eu", DAY)
        assert {offer.id.endswith("--own-hardware"): offer.traits["leaves_premises"] for offer in offers} in (
            {True: "no", False: "yes"},
            {True: "no"},
        )


@pytest.mark.parametrize(("model", "term"), CLAUSES)
def test_the_clause_says_why(model: str, term: str) -> None:
    clauses = {str(name): text for name, text in CATALOGUE.model(model).licence.clauses.items()}
    assert CLAUSES[model, term] in clauses[term]


def test_every_term_that_does_not_simply_admit_has_its_clause() -> None:
    for model in CATALOGUE.models:
        licence = model.licence
        plain = {"yes", "none", ()}
        for term in ("commercial_use", "revenue_cap_usd", "training_on_outputs", "excluded_regions"):
            if getattr(licence, term) not in plain:
                assert term in licence.clauses, (model.id, term)


def test_a_licence_that_has_to_be_paid_for_is_a_condition_that_names_it() -> None:
    for model in CATALOGUE.models:
        paid = model.licence.commercial_use == "paid"
        assert paid == (model.licence.paid_licence is not None)
        said = [text for text in self_host_conditions(model) if text.startswith("commercial use is covered by")]
        assert len(said) == paid
        assert not paid or str(model.licence.paid_licence) in said[0]


def test_two_checkpoints_under_one_licence_have_the_same_terms() -> None:
    by_name: dict[str, set[str]] = {}
    for model in CATALOGUE.models:
        licence = model.licence.model_dump(mode="json", exclude={"terms", "self_host_terms"})
        by_name.setdefault(model.licence.name, set()).add(json.dumps(licence, sort_keys=True))
    assert {name: len(found) for name, found in by_name.items() if len(found) > 1} == {}


def test_licence_keys_are_known_to_license_expression() -> None:
    known = {entry.get("spdx_license_key") for entry in get_license_index()}
    keys = {model.licence.key for model in CATALOGUE.models} - {None}
    assert keys
    assert keys <= known
