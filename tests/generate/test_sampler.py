"""Painting with a trained generator: repeatable, and closed to what is not one."""

import json
import os

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import ImpastoError
from impasto.generate.artefact import _generator_in, load_generator
from impasto.generate.asked import parse_seeds
from impasto.generate.gallery import paint_gallery
from impasto.generate.sampler import latents_of, paint_seeds, sample
from impasto.models.build import build_generator


def test_a_seed_gives_the_same_latent_whatever_else_is_asked():
    assert torch.equal(latents_of([5, 6, 7], 8)[1], latents_of([6], 8)[0])
    assert latents_of([], 8).shape == (0, 8)
    assert not torch.equal(*latents_of([0, 1], 8))


def test_latents_are_standard_normal():
    latents = latents_of(range(2_000), 10)
    assert abs(latents.mean()) < 0.03
    assert abs(latents.std() - 1) < 0.03


def test_the_same_seed_paints_the_same_picture(artefact, tmp_path):
    painter = load_generator(artefact)
    (one,) = paint_gallery(painter, [7], tmp_path / "one")
    many = paint_gallery(painter, range(40), tmp_path / "many")
    assert one.name == many[7].name == "seed-000007.png"
    assert one.read_bytes() == many[7].read_bytes()
    assert one.read_bytes() != many[8].read_bytes()


def test_a_sheet_holds_the_same_pictures(artefact, tmp_path):
    painter = load_generator(artefact)
    (sheet,) = paint_gallery(painter, [3, 4, 5, 6], tmp_path, as_grid=True)
    (single,) = paint_gallery(painter, [3], tmp_path)
    with Image.open(sheet) as s, Image.open(single) as one:
        assert np.array_equal(np.asarray(s)[2:34, 2:34], np.asarray(one))


def test_sampling_leaves_a_network_in_training_as_it_was(tiny):
    network = build_generator(tiny.model)
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    chance = torch.get_rng_state()
    sample(network, latents_of(range(3), tiny.model.latent), torch.device("cpu"))
    assert network.training
    assert torch.equal(chance, torch.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_folder_without_a_generator_is_refused(tmp_path):
    with pytest.raises(ImpastoError, match="holds no generator"):
        load_generator(tmp_path)
    with pytest.raises(ImpastoError, match="no folder"):
        load_generator(tmp_path / "none")
    (tmp_path / "recipe.yaml").touch()
    with pytest.raises(ImpastoError, match="only begun"):
        load_generator(tmp_path)
    with pytest.raises(ImpastoError, match="no checkpoints"):
        load_generator(tmp_path, "last")


def test_a_description_larger_than_its_weights_is_refused_without_the_memory(artefact):
    card = json.loads((artefact / "model.json").read_text())
    card["model"] |= {"size": 1024, "generator_width": 2048}  # half a petabyte of weights
    (artefact / "model.json").write_text(json.dumps(card))
    with pytest.raises(ImpastoError, match="the generator does not fit"):
        load_generator(artefact)


def test_labels_that_its_network_does_not_take_are_refused(artefact):
    card = json.loads((artefact / "model.json").read_text())
    (artefact / "model.json").write_text(json.dumps(card | {"labels": ["Marc"]}))
    with pytest.raises(ImpastoError, match="does not name the labels"):
        load_generator(artefact)


def test_weights_that_are_not_numbers_are_refused(artefact):
    file = artefact / "generator.safetensors"
    weights = safetensors.torch.load_file(file)
    weights["1.weight"][0] = float("nan")
    safetensors.torch.save_file(weights, file)
    with pytest.raises(ImpastoError, match="not numbers"):
        load_generator(artefact)


def test_pictures_that_are_not_numbers_are_refused(artefact):
    generator = load_generator(artefact)
    generator.network.register_forward_hook(lambda *_: torch.full((1, 3, 8, 8), float("nan")))
    with pytest.raises(ImpastoError, match="not numbers"):
        paint_seeds(generator, [0])


@pytest.mark.parametrize("file", ["model.json", "config.json"])
def test_a_description_that_is_a_pipe_is_called_one(artefact, file):
    (artefact / "model.json").unlink()
    os.mkfifo(artefact / file)
    with pytest.raises(ImpastoError, match=rf"{file} is a pipe, not a file"):
        load_generator(artefact)


def test_half_precision_weights_are_welcome(artefact):
    file = artefact / "generator.safetensors"
    halved = {
        name: value.half() if value.is_floating_point() else value
        for name, value in safetensors.torch.load_file(file).items()
    }
    safetensors.torch.save_file(halved, file)
    assert next(load_generator(artefact).network.parameters()).dtype == torch.float32


def test_seeds_are_numbers_and_ranges():
    assert parse_seeds("1,5,9-12") == [1, 5, 9, 10, 11, 12]
    assert parse_seeds(" 7 ") == [7]
    assert len(parse_seeds("0-999999")) == 1_000_000


@pytest.mark.parametrize(
    "text", ["", "a", "1-", "-1", "5-1", "1,,2", "1.5", "0-1000000", "9" * 30, "0-5,0-999999"]
)
def test_wrong_seeds_are_one_sentence(text):
    with pytest.raises(ImpastoError, match="--seeds"):
        parse_seeds(text)


@given(st.text(max_size=12))
def test_any_text_is_seeds_or_one_sentence(text):
    try:
        assert all(seed >= 0 for seed in parse_seeds(text))
    except ImpastoError as error:
        assert "\n" not in str(error) or "\n" in text


@pytest.mark.parametrize("weights", [None, {}, [1], torch.zeros(3), "x"])
def test_a_checkpoint_whose_generator_is_of_another_type_holds_none(tmp_path, weights):
    saved = {"averages": {}, "networks": {"generator": weights}}
    with pytest.raises(ImpastoError, match="holds no generator"):
        _generator_in(saved, tmp_path)
