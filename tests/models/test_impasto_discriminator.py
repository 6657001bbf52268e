"""The discriminator on frozen networks."""

import pytest
import torch

from impasto.models import impasto_discriminator


@pytest.mark.parametrize("features_size", [64, 96, 128])
@pytest.mark.parametrize("size", [(64, 80), (96, 112)])
def test_heads_are_taught_by_maps_with_odd_sides(size, features_size):
    """112 × 96 is looked at as 75 × 64, 80 × 64 as 120 × 96: some halves are not whole."""
    torch.manual_seed(0)
    discriminator = impasto_discriminator.Discriminator(size, 4, features_size)
    pictures = torch.randn(2, 3, *size).bfloat16().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        logits = discriminator(pictures)
    (logits.float() * torch.randn(logits.shape)).sum().backward()
    assert pictures.grad.abs().sum() > 0
    assert all(w.grad.abs().sum() > 0 for w in discriminator.parameters())


def test_the_frozen_network_is_not_the_discriminators():
    discriminator = impasto_discriminator.Discriminator(64, 4, 64)
    own = sum(w.numel() for w in (*discriminator.heads.parameters(),
                                  *discriminator.pixels.parameters()))  # fmt: skip
    assert sum(w.numel() for w in discriminator.parameters()) == own
    assert not any("glass" in name or "network" in name for name in discriminator.state_dict())


def test_the_pixels_have_a_head_of_their_own():
    """A pattern of single pixels, which the frozen network at half its size cannot see."""
    torch.manual_seed(0)
    with_pixels = impasto_discriminator.Discriminator(128, 4, 64).eval()
    y, x = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    flat = torch.zeros(1, 3, 128, 128)
    grid = flat + ((x + y) % 2 * 2 - 1) * 0.3
    change = (with_pixels(grid) - with_pixels(flat)).abs()[0]
    assert change[-16:].mean() > 5 * change[:-16].mean()


def test_a_label_adds_its_projection_to_each_heads_logits():
    """The difference between two labels is an inner product with the coarsest maps."""
    torch.manual_seed(0)
    discriminator = impasto_discriminator.Discriminator(32, 4, 64, labels=3).eval()
    maps = []
    *_, last = discriminator.pixels.children()
    last.register_forward_pre_hook(lambda _, given: maps.append(given[0]))
    pictures = torch.rand(2, 3, 32, 32) * 2 - 1
    a, b = (discriminator(pictures, torch.full((2,), label)) for label in (0, 3))
    directions = discriminator.projections[-1].weight
    wanted = torch.einsum("c,nchw->nhw", directions[0] - directions[3], maps[0]).flatten(1)
    assert torch.allclose((a - b)[:, -16:], wanted, atol=1e-5)
    assert (a - b)[:, :-16].abs().min(0).values.max() > 0


def test_the_second_critic_looks_now_and_then_and_teaches_the_generator():
    torch.manual_seed(0)
    discriminator = impasto_discriminator.Discriminator(32, 2, 64, dinov2=True)
    pictures = torch.randn(3, 3, 32, 32, requires_grad=True)
    torch.manual_seed(1)
    whole = discriminator(pictures)
    assert whole.shape == (3, 4 * 16 + 2 * (9 + 16))
    whole[:, 64:].sum().backward()
    assert pictures.grad.abs().sum() > 0
    discriminator.skip_dinov2 = True
    assert discriminator(pictures).shape == (3, 64)


def test_dinos_grid_lies_elsewhere_in_every_look():
    torch.manual_seed(0)
    heads = impasto_discriminator.DinoHeads(2)
    pictures = torch.randn(1, 3, 48, 64)
    looks = [heads.extract_features(pictures) for _ in range(4)]
    assert looks[0][0].shape == (1, 384, 6, 8)
    assert looks[0][1].shape == (1, 384)
    assert not all(torch.equal(looks[0][0], other[0]) for other in looks[1:])
