"""Convolutions in the order that is fastest, against torch's own: values and all gradients."""

import copy

import pytest
import torch
from torch import nn

from impasto.models.convolution import (
    Double,
    FromVector,
    Halve,
    ToVector,
    double_by_phases,
    double_by_product,
    halve_by_product,
    weight_gradient,
)

CASES = {
    "halve": (Halve(5, 7), (3, 5, 8, 12)),
    "double": (Double(5, 7), (3, 5, 4, 6)),
    "halve, no bias": (Halve(5, 7, bias=False), (3, 5, 8, 12)),
    "double, no bias": (Double(5, 7, bias=False), (3, 5, 4, 6)),
    "halve, odd sides": (Halve(5, 7), (3, 5, 9, 7)),
    "from a picture": (Halve(3, 7, bias=False), (2, 3, 20, 12)),
    "to a picture": (Double(5, 3), (2, 5, 10, 6)),
    "halve, tiny and wide": (Halve(3, 256), (2, 3, 8, 12)),
    "double, tiny and wide": (Double(256, 5), (2, 256, 4, 6)),
    "halve, tiny and wide, no bias": (Halve(3, 256, bias=False), (2, 3, 8, 12)),
    "double, tiny and wide, no bias": (Double(256, 5, bias=False), (2, 256, 4, 6)),
    "double, many positions": (Double(5, 7), (2, 5, 10, 6)),
    "to a vector": (ToVector(5, 2), (3, 5, 4, 4)),
    "from a vector": (FromVector(5, 7), (3, 5, 1, 1)),
}


def case_of(name: str, channels_last: bool = True) -> tuple[nn.Module, torch.Tensor]:
    layer, shape = CASES[name]
    torch.manual_seed(0)
    x = torch.randn(shape)
    if channels_last:
        return copy.deepcopy(layer).to(memory_format=torch.channels_last), x.contiguous(
            memory_format=torch.channels_last
        )
    return copy.deepcopy(layer), x


def gradients(layer: nn.Module, x: torch.Tensor, bf16: bool) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        y = layer(x)
    chance = torch.Generator().manual_seed(1)
    (y.float() * torch.randn(y.shape, generator=chance)).sum().backward()
    return [y.detach().float(), x.grad, *(weight.grad for weight in layer.parameters())]


def plain(layer: nn.Module) -> nn.Module:
    transposed = isinstance(layer, nn.ConvTranspose2d)
    twin = (nn.ConvTranspose2d if transposed else nn.Conv2d)(
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,
        layer.stride,
        layer.padding,
        bias=layer.bias is not None,
    )
    twin.load_state_dict(layer.state_dict())  # the names are torch's own
    return twin


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients_are_torchs_up_to_rounding(case, bf16, channels_last):
    layer, x = case_of(case, channels_last)
    tolerance = 2e-2 if bf16 else 1e-6
    for ours, theirs in zip(
        gradients(layer, x, bf16), gradients(plain(layer), x, bf16), strict=True
    ):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        assert ((ours - theirs).norm() / theirs.norm()).item() < tolerance


@pytest.mark.parametrize("case", CASES)
def test_without_gradients_the_picture_is_the_same(case):
    layer, x = case_of(case)
    with torch.no_grad():
        found = layer(x)
    assert torch.allclose(found, layer(x), atol=1e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bf16", [False, True])
def test_what_follows_may_change_the_result_in_place(case, bf16):
    """A discriminator without normalisation has a LeakyReLU right behind."""
    layer, x = case_of(case)
    behind = nn.Sequential(layer, nn.LeakyReLU(0.2, inplace=True))
    apart = nn.Sequential(layer, nn.LeakyReLU(0.2))
    for one, other in zip(gradients(behind, x, bf16), gradients(apart, x, bf16), strict=True):
        assert torch.equal(one, other)


def test_the_matrix_product_is_the_gradient_exactly():
    fine = torch.randn(2, 3, 8, 6, dtype=torch.float64)
    weight = torch.randn(4, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.conv2d(fine, weight, None, 2, 1)
    coarse = torch.randn_like(y)
    (expected,) = torch.autograd.grad(y, weight, coarse)
    assert torch.allclose(weight_gradient(fine, coarse), expected)


def test_four_phases_make_the_doubled_picture_exactly():
    coarse = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    weight = torch.randn(5, 3, 4, 4, dtype=torch.float64)
    expected = torch.nn.functional.conv_transpose2d(coarse, weight, None, 2, 1)
    assert torch.allclose(double_by_phases(coarse, weight), expected)


def test_the_two_products_are_the_layers_exactly():
    fine = torch.randn(2, 3, 8, 6, dtype=torch.float64)
    weight = torch.randn(5, 3, 4, 4, dtype=torch.float64)
    coarse = torch.nn.functional.conv2d(fine, weight, None, 2, 1)
    assert torch.allclose(halve_by_product(fine, weight), coarse)
    expected = torch.nn.functional.conv_transpose2d(coarse, weight, None, 2, 1)
    assert torch.allclose(double_by_product(coarse, weight), expected)


@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_a_frozen_layer_still_passes_gradients_on(case, bf16):
    layer, x = case_of(case)
    layer.requires_grad_(False)
    x.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        layer(x).float().sum().backward()
    assert x.grad.abs().sum() > 0
    assert layer.weight.grad is None


@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_a_gradient_of_a_gradient_exists(case, bf16):
    """Gradient penalties differentiate twice; the faster way must not stand in theirs."""
    layer, x = case_of(case)
    found = []
    for each in (layer, plain(layer)):
        inputs = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            y = each(inputs)
        (slope,) = torch.autograd.grad((y.float() ** 2).sum(), inputs, create_graph=True)
        (slope.float() ** 2).sum().backward()
        found.append((each.weight.grad, inputs.grad))
    for ours, theirs in zip(*found, strict=True):
        assert ((ours - theirs).norm() / theirs.norm()).item() < (3e-2 if bf16 else 1e-5)
