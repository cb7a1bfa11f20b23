"""Loading a catalogue: the bundled one, references between its lists, folders and files that are not one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from advisor.catalogue.entries import LISTS
from advisor.catalogue.loader import MAX_ENTRIES, bundled_catalogue, load_catalogue
from advisor.common.diagnostics import BadInput
from advisor.common.files import bundled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(bundled("catalogue"), tmp_path / "catalogue")


def refused(folder: Path) -> str:
    with pytest.raises(BadInput) as caught:
        load_catalogue(folder)
    return str(caught.value)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_bundled_catalogue_has_60_to_120_offers_images_first() -> None:
    catalogue = bundled_catalogue()
    offers = [*catalogue.hosted, *catalogue.closed, *catalogue.gpus]
    assert 60 <= len(offers) <= 120
    priced = [*catalogue.hosted, *catalogue.closed]
    assert sum(offer.unit == "image" for offer in priced) > 3 * sum(offer.unit == "video_second" for offer in priced)
    assert {name for name, entries in catalogue.lists.items() if not entries} == set()


def test_the_readme_counts_the_entries_of_each_file() -> None:
    readme = (bundled("catalogue") / "README.md").read_text(encoding="utf-8")
    counts = {
        name: int(count) for name, count in re.findall(r"^\| `(\w+)\.yaml` \|.*\| (\d+) \|$", readme, re.MULTILINE)
    }
    assert counts == {name: len(entries) for name, entries in bundled_catalogue().lists.items()}


def test_each_name_of_a_checkpoint_belongs_to_one_checkpoint() -> None:
    names = [name.lower() for model in bundled_catalogue().models for name in (model.id, *model.names)]
    assert len(names) == len(set(names))


def test_the_digest_is_of_the_content_and_not_of_its_form(folder: Path) -> None:
    before = load_catalogue(folder).digest
    assert before == bundled_catalogue().digest
    edit(folder, "hosted.yaml", "hosted:\n", "# another comment\nhosted:\n\n")
    edit(folder, "hosted.yaml", "usd: 0.003\n", "usd: 0.0030\n")
    edit(
        folder,
        "hosted.yaml",
        "    model: flux-1-schnell\n    provider: fal\n",
        "    provider: fal\n    model: flux-1-schnell\n",
    )
    head, _, entries = (folder / "gpus.yaml").read_text(encoding="utf-8").partition("gpus:\n")
    backwards = "\n\n".join(reversed(entries.strip("\n").split("\n\n")))
    (folder / "gpus.yaml").write_text(f"{head}gpus:\n{backwards}\n", encoding="utf-8")
    assert load_catalogue(folder).gpus[0].id == bundled_catalogue().gpus[-1].id
    assert load_catalogue(folder).digest == before
    edit(folder, "hosted.yaml", "usd: 0.0030\n", "usd: 0.0031\n")
    assert load_catalogue(folder).digest != before


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("hosted.yaml", "model: flux-1-schnell\n", "model: flux-1-schnel\n", "did you mean `flux-1-schnell`?"),
        (
            "hosted.yaml",
            "provider: fal\n",
            "provider: nobody\n",
            "names provider `nobody`, which is not in providers.yaml",
        ),
        ("closed.yaml", "provider: openai\n", "provider: opnai\n", "did you mean `openai`?"),
        (
            "throughput.yaml",
            "model: sdxl-1-0\n",
            "model: sdxl\n",
            "names checkpoint `sdxl`, which is not in models.yaml",
        ),
        ("models.yaml", "few_step_of: sd-3-5-large\n", "few_step_of: sd-3\n", "names checkpoint `sd-3`"),
        ("hosted.yaml", "id: flux-1-schnell-at-replicate", "id: flux-1-schnell-at-fal", "first on line 4"),
        ("closed.yaml", "id: gpt-image-2-medium-at-openai", "id: own-hardware", "duplicate offer `own-hardware`"),
        ("gpus.yaml", "id: aws-l4-us", "id: aws--l4-us", "`aws--l4-us` cannot be an id"),
        ("gpus.yaml", "gpus:\n", "offers:\n", "`offers` is not known here"),
        ("gpus.yaml", "gpus:\n", "gpus: [a]\nmore:\n", "`more` is not known here"),
        ("models.yaml", "few_step: false", "few_step: maybe", "`maybe` is not true or false"),
        ("models.yaml", "      terms: []\n", "", "has no `terms`"),
    ],
)
def test_faults_name_what_is_wrong(folder: Path, name: str, old: str, new: str, said: str) -> None:
    edit(folder, name, old, new)
    message = refused(folder)
    assert said in message
    assert f"{folder / name}" in message


def test_every_fault_is_reported_and_not_only_the_first(folder: Path) -> None:
    edit(folder, "hosted.yaml", "usd: 0.003\n", "usd: 0\n")
    edit(folder, "gpus.yaml", "regions: [us]", "regions: US")
    (folder / "throughput.yaml").unlink()
    (folder / "prices.yaml").write_text("a: 1\n")
    message = refused(folder)
    for said in (
        "`0` is not more than zero",
        "`US` is not the code",
        "part of the catalogue is missing",
        "nothing reads",
    ):
        assert said in message


def test_what_is_no_catalogue_is_refused(tmp_path: Path, folder: Path) -> None:
    assert "there is no such catalogue folder" in refused(tmp_path / "none")
    assert refused(bundled("rules")).count("part of the catalogue is missing") == len(LISTS)
    (folder / "closed.yaml").write_text("- id: a\n")
    assert "not a mapping with a list of entries" in refused(folder)
    (folder / "closed.yaml").write_text("closed:\n" + "  - {}\n" * (MAX_ENTRIES + 1))
    assert "more than 2,000" in refused(folder)


def test_an_unknown_checkpoint_is_refused_with_the_closest_one() -> None:
    with pytest.raises(BadInput, match="did you mean `flux-1-schnell`"):
        bundled_catalogue().model("flux-1-schnel")
