"""The Hub's layout: everything a stranger needs, and nothing that runs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard as HubCard
from PIL import Image

import impasto
from impasto.errors import ImpastoError
from impasto.export.hub import write_hub


def test_the_folder_is_what_the_hub_and_impasto_read(painter, tmp_path):
    out = tmp_path / "hub"
    files = write_hub(painter, out)
    assert {file.name for file in files} == {
        "model.safetensors",
        "config.json",
        "samples.png",
        "README.md",
    }
    again = impasto.load(out)
    assert np.array_equal(again.sample(3), impasto.api.Generator(painter).sample(3))


def test_the_card_tells_data_recipe_cost_metrics_and_limits(painter, tmp_path):
    write_hub(painter, tmp_path / "hub")
    text = (tmp_path / "hub/README.md").read_text()
    card = HubCard.load(tmp_path / "hub/README.md")
    assert card.data.library_name == "impasto"
    assert card.data.pipeline_tag == "unconditional-image-generation"
    for title in ("## Data", "## Network and recipe", "## Cost", "## Metrics", "## Limits"):
        assert title in text
    for fact in ("12 pictures", "`impasto-64`", "100 pictures were shown in 0.1 minutes"):
        assert fact in text
    assert "| kid | 0.5 |" in text
    assert "diversity 0.40" in text  # said among the limits, since it is low
    assert "so few originals" in text
    assert "<b>" not in text  # the set's name is a stranger's
    assert "*paintings*" not in text


def test_the_recipe_comes_along(painter, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/recipe.yaml").write_text("name: mine\n")
    write_hub(painter, tmp_path / "hub", tmp_path / "run")
    assert yaml.safe_load((tmp_path / "hub/recipe.yaml").read_text()) == {"name": "mine"}
    assert "[recipe.yaml](recipe.yaml)" in (tmp_path / "hub/README.md").read_text()


def test_labels_are_named_and_shared(labelled, tmp_path):
    write_hub(labelled, tmp_path / "hub")
    text = (tmp_path / "hub/README.md").read_text()
    assert "3 labels: still life, port, snow." in text
    shared = impasto.load(tmp_path / "hub")
    assert shared.labels == labelled.labels
    with Image.open(tmp_path / "hub/samples.png") as sheet:
        assert np.array_equal(np.asarray(sheet)[2:34, 2:34], shared.sample(1)[0])


def test_what_has_no_description_is_not_shared(painter, tmp_path):
    with pytest.raises(ImpastoError, match="without --checkpoint"):
        write_hub(replace(painter, card=None), tmp_path / "hub")
    assert not (tmp_path / "hub").exists()


def test_the_mixins_ways_in_and_out(artefact, tmp_path):
    generator = impasto.load(artefact())
    generator.save_pretrained(tmp_path / "saved")
    again = impasto.Generator.from_pretrained(tmp_path / "saved")
    assert np.array_equal(again.sample(2, seed=5), generator.sample(2, seed=5))
    assert json.loads((tmp_path / "saved/config.json").read_text())["format"] == "impasto-generator"


def test_push_to_hub_uploads_this_layout(artefact, monkeypatch):
    from huggingface_hub import HfApi

    sent = {}

    def create(self, repo_id, **_):
        return type("Repository", (), {"repo_id": repo_id})

    def upload(self, *, repo_id, folder_path, **_):
        sent[repo_id] = {file.name for file in folder_path.iterdir()}
        return "an address"

    monkeypatch.setattr(HfApi, "create_repo", create)
    monkeypatch.setattr(HfApi, "upload_folder", upload)
    assert impasto.load(artefact()).push_to_hub("someone/mine") == "an address"
    expected = {"model.safetensors", "config.json", "samples.png", "README.md"}
    assert sent == {"someone/mine": expected}
