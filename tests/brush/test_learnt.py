"""A stroke network that was trained, as a brush."""

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from impasto.brush.brushes import load_brush
from impasto.brush.choice import drawn_by, known_brush
from impasto.brush.learnt import StrokeCard, find_learnt, is_learnt
from impasto.brush.settings import SETTINGS
from impasto.errors import ImpastoError
from impasto.models.strokes import StrokeNetwork


def kept(folder: Path, width: int = 8, **changes) -> Path:
    """What a stage's `best/` holds."""
    folder.mkdir(parents=True)
    card = {"recipe": "strokes", "network": "strokes", "width": width, "brush": "oil"}
    card |= {"images": 16, "minutes": 0.1, "psnr": 9.0, "held_out": 8} | changes
    (folder / "model.json").write_text(json.dumps(StrokeCard(**card).model_dump()))
    weights = StrokeNetwork(width).state_dict()
    safetensors.torch.save_file(weights, folder / "generator.safetensors")
    return folder


@pytest.mark.parametrize("place", ["", "generator", "generator/best"])
def test_a_run_a_stage_or_its_best_is_a_brush(tmp_path, place):
    kept(tmp_path / "run/generator/best")
    brush = load_brush(str(tmp_path / "run" / place))
    assert brush.name == "oil"
    assert brush.settings is SETTINGS["oil"]
    assert brush.network.texture[0].out_channels == 8
    assert not any(weight.requires_grad for weight in brush.network.parameters())
    assert known_brush(str(tmp_path / "run")) is SETTINGS["oil"]
    assert drawn_by(str(tmp_path / "run")) == "oil"


def test_the_public_files_are_by_the_dry_brush(tmp_path):
    assert find_learnt(kept(tmp_path / "best", brush=None)).brush == "dry"


def test_a_brush_that_comes_with_us_is_meant_before_a_folder(tmp_path, monkeypatch):
    kept(tmp_path / "ink")
    monkeypatch.chdir(tmp_path)
    assert not is_learnt("ink")
    assert drawn_by("ink") == "ink"
    assert drawn_by("./ink") == "oil"


def test_a_folder_without_a_network_is_one_sentence(tmp_path):
    with pytest.raises(ImpastoError, match="holds no stroke network"):
        known_brush(str(tmp_path))


def test_the_run_of_a_painting_generator_is_one_sentence(tmp_path):
    (tmp_path / "best").mkdir()
    (tmp_path / "best/model.json").write_text('{"format": "impasto-generator", "version": 1}')
    with pytest.raises(ImpastoError, match="not of a stroke network"):
        known_brush(str(tmp_path))


def test_a_network_that_draws_pictures_is_one_sentence(tmp_path):
    with pytest.raises(ImpastoError, match="neural-painter"):
        known_brush(str(kept(tmp_path / "best", network="neural-painter")))


def test_a_brush_that_nobody_knows_is_one_sentence(tmp_path):
    with pytest.raises(ImpastoError, match="sponge"):
        known_brush(str(kept(tmp_path / "best", brush="sponge")))


def test_weights_that_claim_to_be_wide_take_no_memory(tmp_path):
    folder = kept(tmp_path / "best")
    weights = StrokeNetwork(8).state_dict() | {"texture.0.weight": torch.zeros(1_000_000, 6, 2, 1)}
    safetensors.torch.save_file(weights, folder / "generator.safetensors")
    with pytest.raises(ImpastoError, match="does not fit"):
        load_brush(str(folder))
