"""Anchors: originals have latents of their own, and samples are drawn towards them."""

import numpy as np
import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.config.loss import CODES
from impasto.core.device import Chance, choose_device
from impasto.data.loader import Batches
from impasto.errors import ImpastoError
from impasto.models.vision_transformer import is_installed
from impasto.train import anchors
from impasto.train.anchors import apart, as_normal, at_anchors, codes_at, find_codes
from impasto.train.guard import rescue_changes
from impasto.train.steps import gan_state, gan_step

CPU = torch.device("cpu")

SMALL = {
    "model.generator_width": 8,
    "model.discriminator_width": 8,
    "model.dinov2_every": 1,
    "training.batch": 4,
    "loss.anchors": 6,
}

needs_dino = pytest.mark.skipif(not is_installed(), reason="DINOv2's weights are not installed")


def test_ranks_make_any_column_normal():
    skewed = np.exp(np.random.default_rng(0).normal(size=(1001, 3))).astype(np.float32)
    normal = as_normal(skewed)
    assert np.abs(normal.mean(0)).max() < 1e-5
    assert np.allclose(normal.std(0), 1, atol=0.01)
    assert (normal.argsort(0) == skewed.argsort(0)).all()


def test_latents_get_the_codes_that_there_are():
    latents = torch.randn(3, CODES + 8, generator=torch.Generator().manual_seed(1))
    codes = torch.full((3, CODES), 5.0)
    codes[1] = torch.nan
    found, known = at_anchors(latents, codes)
    assert known.tolist() == [True, False, True]
    assert torch.equal(found[1], latents[1])
    assert torch.equal(found[:, CODES:], latents[:, CODES:])
    assert (found[0, :CODES] - 5).abs().max() < 6 * anchors.NEARBY


def test_a_sample_that_is_its_original_is_not_apart_and_a_stranger_is():
    pictures = torch.rand(4, 3, 16, 16) * 2 - 1
    tokens = [torch.randn(4, 384, 6, 6), torch.randn(4, 384)] * 2
    all_known = torch.ones(4, dtype=torch.bool)
    assert float(apart(pictures, pictures, tokens, tokens, all_known)) == 0
    strangers = [each.flip(0) for each in tokens]
    far = apart(pictures.flip(0), pictures, strangers, tokens, all_known)
    assert float(far) > 1
    half = torch.tensor([True, True, False, False])
    assert 0 < float(apart(pictures.flip(0), pictures, strangers, tokens, half)) < float(far)
    assert float(apart(pictures.flip(0), pictures, strangers, tokens, ~all_known)) == 0


def test_chance_repeats_what_was_drawn_and_then_goes_on():
    torch.manual_seed(3)
    chance = Chance(CPU)
    first, second = torch.rand(4), torch.rand(4)
    torch.manual_seed(3)
    torch.rand(4)
    with chance.again():
        assert torch.equal(torch.rand(4), first)
    assert torch.equal(torch.rand(4), second)


@needs_dino
def test_codes_are_found_once_and_lie_beside_the_set(dataset, monkeypatch):
    only = np.arange(len(dataset))
    rows, codes = find_codes(dataset, only, flip=True)
    assert codes.shape == (2, len(rows), CODES)
    assert np.isfinite(codes).all()
    assert not np.array_equal(codes[0], codes[1])

    monkeypatch.setattr(anchors, "_codes", None)  # would fail if it were asked again
    again = find_codes(dataset, only, flip=True)[1]
    assert np.array_equal(codes, again)


@needs_dino
def test_of_a_larger_set_only_some_have_codes(dataset, monkeypatch):
    monkeypatch.setattr(anchors, "MOST", 3)
    config = change(recipes.load("impasto-64"), SMALL)
    batches = Batches(dataset.pictures, len(dataset), 0)
    at = codes_at(config, dataset, batches)
    assert at is not None
    assert (~at(0, CPU)[:, 0].isnan()).sum() == 3
    assert codes_at(change(config, {"loss.anchors": 0}), dataset, batches) is None


@needs_dino
@pytest.mark.slow
def test_samples_come_closer_to_their_originals(dataset):
    """At rates high enough to see it in a few dozen steps."""
    size = {"model.size": dataset.width, "optimiser.g_lr": 3e-3, "loss.stamp": 0}
    config = change(recipes.load("impasto-64"), SMALL | size)
    batches = Batches(dataset.pictures, 4, 0)
    device = choose_device("cpu")
    step = gan_step(config, device, None, codes_at(config, dataset, batches))
    state, far = gan_state(config, CPU), []
    for _ in range(60):
        far.append(float(step(state, batches.tensor(state.images, CPU))["anchors"]))
        state.images, state.steps = state.images + 4, state.steps + 1
    assert np.mean(far[-10:]) < 0.8 * np.mean(far[:10])


@needs_dino
def test_a_penalty_on_originals_goes_with_anchors(dataset):
    """As after a rescue."""
    config = change(recipes.load("impasto-64"), SMALL | {"model.size": dataset.width})
    config = change(config, rescue_changes(config, "collapsed"))
    assert config.loss.r1
    batches = Batches(dataset.pictures, 4, 0)
    device = choose_device("cpu", "fp32")
    step = gan_step(config, device, None, codes_at(config, dataset, batches))
    state = gan_state(config, CPU)
    numbers = step(state, batches.tensor(0, CPU))
    assert all(bool(torch.isfinite(value)) for value in numbers.values())
    assert float(numbers["anchors"]) > 0
    assert state.is_finite()


@pytest.mark.parametrize(
    "knobs",
    [
        {"model.dinov2_every": 0},
        {"model.latent": CODES},
        {"training.new_latents": True},
        {"data.sixfold": True},
        {"loss.r2": 1.0},
        {"model.architecture": "projected"},
    ],
)
def test_what_it_needs_is_said(knobs):
    with pytest.raises(ImpastoError, match=r"loss\.anchors needs"):
        change(recipes.load("impasto-64"), {"loss.anchors": 6} | knobs)
