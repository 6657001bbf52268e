"""Impasto's nets: sizes, the folded enlargement, what a style does, what the heads see."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models import impasto, impasto_discriminator


@pytest.mark.parametrize(
    "size", [32, 64, 128, 1024, (128, 192), (192, 128), (64, 96), (64, 80), (112, 96)]
)
def test_pictures_and_logits_have_their_shapes_at_every_size(size):
    generator = impasto.Generator(size, 6, 2)
    height, width = (size, size) if isinstance(size, int) else size
    with torch.no_grad():
        pictures = generator(torch.randn(2, 6))
    assert pictures.shape == (2, 3, height, width)
    assert pictures.abs().max() <= 1
    logits = impasto_discriminator.Discriminator(size, 2, 64)(pictures)
    assert logits.shape[0] == 2
    if height == width:
        assert logits.shape[1] == 4 * 4 * 4


def test_a_square_is_the_same_networks_however_its_size_is_given():
    networks = []
    for size in (64, (64, 64)):
        torch.manual_seed(0)
        networks.append(
            (impasto.Generator(size, 6, 4), impasto_discriminator.Discriminator(size, 4, 64))
        )
    for one, other in zip(*networks, strict=True):
        ours, theirs = one.state_dict(), other.state_dict()
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_enlargement_is_nearest_neighbour_then_three_by_three():
    torch.manual_seed(0)
    layer, x = impasto.enlarge(3, 5), torch.randn(2, 3, 4, 6)
    weight = layer.parametrizations.weight.original  # transposed, hence turned and swapped
    fine = F.interpolate(x, scale_factor=2, mode="nearest")
    expected = F.conv2d(fine, weight.flip(2, 3).transpose(0, 1), padding=1)
    assert torch.allclose(layer(x), expected, atol=1e-6)
    (layer(x).square().sum()).backward()
    assert weight.grad.shape == (3, 5, 3, 3)


def test_a_flat_map_stays_flat():
    """No checkerboard: away from the border an even grey is enlarged to an even grey."""
    y = impasto.enlarge(4, 2)(torch.ones(1, 4, 8, 8))[..., 1:-1, 1:-1]
    assert torch.allclose(y, y[..., :1, :1].expand_as(y), atol=1e-5)


@pytest.mark.parametrize("size", [64, 256])
def test_most_arithmetic_is_where_pictures_are_coarse(size):
    macs = dict.fromkeys((4, 8, 16, 32, 64, 128, 256), 0)

    def count(module, _, y):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and y.shape[2] in macs:
            macs[y.shape[2]] += module.weight[0].numel() * y[0].numel() // module.stride[0] ** 2

    generator = impasto.Generator(size, 6, 32)
    handles = [module.register_forward_hook(count) for module in generator.modules()]
    with torch.no_grad():
        generator(torch.randn(1, 6))
    assert len(handles) > 0
    total = sum(macs.values())
    assert macs[4] + macs[8] + macs[16] > total * (0.5 if size == 64 else 0.4)


def test_only_the_direction_of_a_latent_counts():
    generator = impasto.Generator(64, 6, 2).eval()
    latents = torch.randn(2, 6)
    assert torch.allclose(generator(latents), generator(3 * latents), atol=1e-5)
    assert not torch.allclose(generator(latents), generator(-latents), atol=1e-2)


def test_the_style_speaks_at_every_coarse_level_and_gates_at_fine_ones():
    generator = impasto.Generator(128, 6, 2)
    styled = [side for side, level in generator.levels.items()
              if level.modulation.scale_and_shift is not None]  # fmt: skip
    assert styled == ["8", "16", "32"]
    assert list(generator.gates) == ["64", "128"]
    assert [side for side, level in generator.levels.items() if level.residual] == ["8", "16"]


def test_residual_blocks_begin_as_nothing():
    level = impasto.Level(4, styled=True, residual=True)
    x, style = torch.randn(2, 4, 8, 8), torch.randn(2, impasto.STYLE)
    assert torch.equal(level(x, style), level.modulation(x, style))


def test_every_weight_of_both_nets_is_taught():
    torch.manual_seed(0)
    generator, discriminator = (
        impasto.Generator(64, 6, 4),
        impasto_discriminator.Discriminator(64, 4, 64),
    )
    for module in generator.modules():  # as after a step: no block is nothing any more
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.ones_(module.weight)
    with torch.autocast("cpu", torch.bfloat16):
        logits = discriminator(generator(torch.randn(4, 6)))
    (logits.float() * torch.randn(logits.shape)).sum().backward()
    for network in (generator, discriminator):
        assert all(w.grad is not None and w.grad.abs().sum() > 0 for w in network.parameters())


def test_labels_are_heard_by_both_nets_and_every_weight_is_taught():
    torch.manual_seed(0)
    generator = impasto.Generator(32, 6, 4, labels=2)
    discriminator = impasto_discriminator.Discriminator(32, 4, 64, labels=2)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.ones_(module.weight)
    latents, labels = torch.randn(6, 6), torch.tensor([0, 1, 2, 0, 1, 2])  # 2: none of them
    with torch.autocast("cpu", torch.bfloat16):
        logits = discriminator(generator(latents, labels), labels)
    assert logits.shape == (6, 4 * 4 * 4)
    (logits.float() * torch.randn(logits.shape)).sum().backward()
    for network in (generator, discriminator):
        assert all(w.grad is not None and w.grad.abs().sum() > 0 for w in network.parameters())
    generator.eval()
    same = latents[:1].expand(3, -1)
    first, second, none = generator(same, labels[:3])
    assert (first - second).abs().mean() > 1e-3
    assert (first - none).abs().mean() > 1e-3


def test_without_labels_there_is_nothing_of_them():
    torch.manual_seed(0)
    plain = [impasto.Generator(32, 6, 4), impasto_discriminator.Discriminator(32, 4, 64)]
    after = torch.get_rng_state()
    torch.manual_seed(0)
    generator = impasto.Generator(32, 6, 4, labels=0)
    discriminator = impasto_discriminator.Discriminator(32, 4, 64, labels=0)
    assert torch.equal(after, torch.get_rng_state())
    names = [name for network in plain for name in network.state_dict()]
    assert not any("label" in name or "projection" in name for name in names)
    for network, same in zip(plain, (generator, discriminator), strict=True):
        for name, value in network.state_dict().items():
            assert torch.equal(value, same.state_dict()[name])


def test_noise_begins_as_nothing_and_is_another_field_for_every_latent():
    torch.manual_seed(0)
    noise = impasto.Noise(4, 128, (16, 16))
    x = torch.zeros(300, 4, 16, 16)
    latents = torch.randn(300, 128)
    latents = latents * (latents.square().mean(1, keepdim=True)).rsqrt()
    assert torch.equal(noise(x, latents), x)
    nn.init.ones_(noise.strength)
    fields = noise(x, latents)[:, 0].flatten(1).detach()
    assert fields.std().item() == pytest.approx(1, abs=0.05)
    # Of many paintings nothing is left: it prints no pattern.
    assert fields.mean(0).abs().max() < 5 / 300**0.5
    likeness = torch.corrcoef(fields[:50])
    assert (likeness - torch.eye(50)).abs().mean() < 0.15


def test_a_latent_is_the_same_painting_with_noise_too():
    torch.manual_seed(0)
    generator = impasto.Generator(64, 8, 2, noise=True, replicate=True).eval()
    for each in generator.noises.values():
        nn.init.normal_(each.strength)
    assert list(generator.noises) == ["8", "16", "32", "64"]
    latents = torch.randn(3, 8)
    with torch.no_grad():
        assert torch.equal(generator(latents), generator(latents))
    again = impasto.Generator(64, 8, 2, noise=True, replicate=True).eval()
    again.load_state_dict(generator.state_dict())  # its directions are not saved, but the same
    with torch.no_grad():
        assert torch.equal(generator(latents), again(latents))


def test_an_enlargement_that_goes_on_beyond_the_edge_leaves_an_even_map_even():
    torch.manual_seed(0)
    layer = impasto.enlarge(3, 5, replicate=True)
    even = torch.ones(1, 3, 4, 6)
    found = layer(even)
    assert found.shape == (1, 5, 8, 12)
    assert torch.allclose(found, found[:, :, 3:4, 3:4].expand_as(found), atol=1e-5)
    plain = impasto.enlarge(3, 5)
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(1, 3, 4, 6)
    assert torch.allclose(plain(x)[:, :, 1:-1, 1:-1], layer(x)[:, :, 1:-1, 1:-1], atol=1e-5)
