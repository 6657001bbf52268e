"""Looking through the faster network shows the same, in both directions."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models.frozen import HalvingDepthwise, looking_glass
from impasto.models.pretrained import efficientnet_lite

STAGES = (0, 1, 2, 3, 4)


@pytest.fixture
def pictures():
    random = torch.rand(2, 3, 72, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return random.contiguous(memory_format=torch.channels_last)


def seen_and_slope(network, pictures):
    x = pictures.clone().requires_grad_()
    maps = network.stages(x, STAGES)
    (slope,) = torch.autograd.grad(sum((m * m.detach().cos()).sum() for m in maps), x)
    return [*maps, slope]


def test_features_and_gradients_are_those_of_the_network_itself(pictures):
    *ours, our_slope = seen_and_slope(looking_glass(), pictures)
    *theirs, their_slope = seen_and_slope(efficientnet_lite(), pictures)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert ((a - b).norm() / b.norm()).item() < 1e-4
    # Rounding moves a value across a kink of ReLU6 here and there, which changes a few slopes.
    assert ((our_slope - their_slope).norm() / their_slope.norm()).item() < 0.02


def test_bf16_sees_nearly_the_same(pictures):
    with torch.autocast("cpu", torch.bfloat16):
        ours = seen_and_slope(looking_glass(), pictures)[:-1]
    for a, b in zip(ours, seen_and_slope(efficientnet_lite(), pictures), strict=False):
        assert ((a - b).norm() / b.norm()).item() < 0.1


def test_the_network_it_is_made_from_is_left_as_it_was():
    looking_glass()
    assert any(isinstance(m, nn.BatchNorm2d) for m in efficientnet_lite().modules())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in looking_glass().network.blocks.modules())
    assert not any(p.requires_grad for p in looking_glass().parameters())


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("sides", [(8, 12), (7, 9)])
def test_the_spread_gradient_is_the_gradient_and_has_one_of_its_own(kernel, sides):
    torch.manual_seed(0)
    layer = HalvingDepthwise(nn.Conv2d(3, 3, kernel, groups=3)).double()
    x = torch.randn(2, 3, *sides, dtype=torch.float64, requires_grad=True)
    total = [(-(-side // 2) - 1) * 2 + kernel - side for side in sides]
    (top, left) = (zeros // 2 for zeros in total)
    padded = F.pad(x, (left, total[1] - left, top, total[0] - top))
    expected = F.conv2d(padded, layer.weight, layer.bias, stride=2, groups=3)
    assert torch.allclose(layer(x), expected)
    assert torch.autograd.gradcheck(layer, x)
    assert torch.autograd.gradgradcheck(layer, x)
