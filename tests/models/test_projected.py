"""The projected discriminator: what is frozen, what is random and saved, what is trained."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models import projected
from impasto.models.pretrained import efficientnet_lite


@pytest.fixture
def discriminator():
    torch.manual_seed(0)
    return projected.Discriminator(width=2, features_size=128)


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_four_heads_judge_each_picture(discriminator, pictures):
    assert discriminator(pictures).shape == (2, 4)  # maps of 128² end at 4², one logit each
    at_224 = projected.Discriminator(width=1, features_size=224)
    assert at_224(pictures[:1]).shape == (1, 4 * 4**2)


def test_heads_have_the_published_widths():
    published = projected.Discriminator()
    found = [
        [m.in_channels for m in head.modules() if isinstance(m, nn.Conv2d)]
        for head in published.heads
    ]
    assert found == [
        [64, 64, 128, 256, 512],
        [64, 128, 256, 512],
        [128, 256, 512],
        [256, 512],
    ]


def test_the_frozen_network_is_neither_counted_nor_saved(discriminator):
    trained = sum(weight.numel() for weight in discriminator.parameters())
    heads = sum(weight.numel() for weight in discriminator.heads.parameters())
    assert trained == heads
    assert not any("network" in name for name in discriminator.state_dict())


def test_thawing_everything_trains_heads_only(discriminator, pictures):
    """A step freezes and thaws the whole discriminator; what is random must stay as it is."""
    discriminator.requires_grad_(False).requires_grad_(True)
    optimiser = torch.optim.Adam(discriminator.parameters(), 0.1)
    before = {name: value.clone() for name, value in discriminator.state_dict().items()}
    frozen = {n: v.clone() for n, v in efficientnet_lite().state_dict().items()}
    discriminator(pictures).mean().backward()
    optimiser.step()
    after = discriminator.state_dict()
    assert all(torch.equal(after[n], before[n]) for n in before if n.startswith("mix."))
    assert not torch.equal(*(s["heads.0.0.bias"] for s in (before, after)))
    assert all(torch.equal(v, frozen[n]) for n, v in efficientnet_lite().state_dict().items())
    assert all(p.grad is None for p in efficientnet_lite().parameters())


def test_pictures_get_gradients_through_all_of_it(discriminator, pictures):
    discriminator.requires_grad_(False)
    pictures.requires_grad_(True)
    with torch.autocast("cpu", torch.bfloat16):
        logits = discriminator(pictures)
    for number in range(logits.shape[1]):
        (slope,) = torch.autograd.grad(logits[:, number].float().sum(), pictures, retain_graph=True)
        assert slope.abs().sum() > 0


def test_a_saved_discriminator_judges_alike(discriminator, pictures):
    torch.manual_seed(9)
    other = projected.Discriminator(width=2, features_size=128)
    assert not torch.equal(other.eval()(pictures), discriminator.eval()(pictures))
    other.load_state_dict(discriminator.state_dict())
    assert torch.equal(other.eval()(pictures), discriminator.eval()(pictures))


def test_heads_change_no_map_by_more_than_its_norm(discriminator):
    """Spectral norm: the largest singular value of each kernel, as a matrix, is one."""
    discriminator.train()
    for _ in range(30):  # power iterations
        discriminator.heads[3](torch.randn(2, 8, 16, 16))
    weight = discriminator.heads[3][0].weight
    assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.05)


def test_mixing_before_the_resize_is_mixing_after_it():
    """The authors resize, then mix; the other order costs a quarter and is the same function."""
    mixing = projected.RandomMixing([3, 5], 4)
    fine, coarse = torch.randn(2, 3, 8, 8), torch.randn(2, 5, 4, 4)
    (finest, coarsest) = mixing([fine, coarse])

    def doubled(x):
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)

    (first, second), (one, two) = mixing.across_channels, mixing.across_scales
    expected_coarsest = two(doubled(second(coarse)))
    expected_finest = one(doubled(first(fine) + expected_coarsest))
    assert torch.allclose(coarsest, expected_coarsest, atol=1e-5)
    assert torch.allclose(finest, expected_finest, atol=1e-5)
    assert mixing.channels == [4, 4]


def test_pictures_of_any_proportion_are_resized_by_their_shorter_side():
    assert projected.resize(torch.zeros(1, 3, 96, 64), 128).shape == (1, 3, 192, 128)
    assert projected.resize(torch.zeros(1, 3, 256, 512), 128).shape == (1, 3, 128, 256)
    half = torch.zeros(1, 3, 256, 512, dtype=torch.bfloat16)  # as a generator paints them
    assert projected.resize(half, 128).shape == (1, 3, 128, 256)


@pytest.mark.parametrize("doubled", [True, False])
def test_maps_with_odd_sides_are_mixed_at_the_finer_ones_sides(doubled):
    mixing = projected.RandomMixing([3, 4, 5], 4, doubled)
    maps = [torch.randn(1, 3, 18, 7), torch.randn(1, 4, 9, 4), torch.randn(1, 5, 5, 2)]
    factor = 2 if doubled else 1
    assert [mixed.shape[2:] for mixed in mixing(maps)] == [
        (factor * height, factor * width) for height, width in ((18, 7), (9, 4), (5, 2))
    ]


@pytest.mark.parametrize("size", [64, 256])
def test_the_generator_is_their_light_one(size):
    generator = projected.generator(size, latent=6, width=8)
    latents = torch.randn(2, 6)
    assert generator(latents).shape == (2, 3, size, size)
    convolutions = [m for m in generator.doublings.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == len(generator.doublings)
    every = [m for m in generator.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert all(hasattr(m, "parametrizations") for m in every)  # spectral norm
    assert not any(isinstance(m, nn.Tanh) for m in generator.modules())
    assert generator.to_picture[0].bias is not None
    generator.eval()  # on a sphere: only the direction of a latent counts
    assert torch.allclose(generator(latents), generator(3 * latents), atol=1e-5)
