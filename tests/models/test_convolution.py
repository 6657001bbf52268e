"""The faster weight gradient against torch's own, in both directions and both precisions."""

import copy

import pytest
import torch
from torch import nn

from impasto.models.convolution import Double, Halve, weight_gradient

CASES = {
    "halve": (lambda bias: Halve(5, 7, bias), nn.Conv2d, (3, 5, 8, 12)),
    "double": (lambda bias: Double(5, 7, bias), nn.ConvTranspose2d, (3, 5, 4, 6)),
}


def gradients(layer: nn.Module, x: torch.Tensor, bf16: bool) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        y = layer(x)
    chance = torch.Generator().manual_seed(1)
    (y.float() * torch.randn(y.shape, generator=chance)).sum().backward()
    return [y.detach().float(), x.grad, *(weight.grad for weight in layer.parameters())]


def plain(layer: nn.Module, kind: type[nn.Module]) -> nn.Module:
    twin = kind(5, 7, 4, stride=2, padding=1, bias=layer.bias is not None)
    twin.load_state_dict(layer.state_dict())  # the names are torch's own
    return twin


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_outputs_and_gradients_are_torchs_up_to_rounding(case, bf16, bias):
    make, kind, shape = CASES[case]
    torch.manual_seed(0)
    layer, x = make(bias), torch.randn(shape)
    tolerance = 2e-2 if bf16 else 1e-6
    for ours, theirs in zip(
        gradients(layer, x, bf16), gradients(plain(layer, kind), x, bf16), strict=True
    ):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        assert ((ours - theirs).norm() / theirs.norm()).item() < tolerance


def test_the_matrix_product_is_the_gradient_exactly():
    fine = torch.randn(2, 3, 8, 6, dtype=torch.float64)
    weight = torch.randn(4, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.conv2d(fine, weight, None, 2, 1)
    coarse = torch.randn_like(y)
    (expected,) = torch.autograd.grad(y, weight, coarse)
    assert torch.allclose(weight_gradient(fine, coarse), expected)


@pytest.mark.parametrize("case", CASES)
def test_a_frozen_layer_still_passes_gradients_on(case):
    make, _, shape = CASES[case]
    layer = make(False).requires_grad_(False)
    x = torch.randn(shape, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x).float().sum().backward()
    assert x.grad.abs().sum() > 0
    assert layer.weight.grad is None


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_of_a_gradient_exists(case):
    """Gradient penalties differentiate twice; the faster way must not stand in theirs."""
    make, kind, shape = CASES[case]
    torch.manual_seed(0)
    layer = make(False)
    x = torch.randn(shape)
    found = []
    for each in (layer, plain(copy.deepcopy(layer), kind)):
        inputs = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            y = each(inputs)
        (slope,) = torch.autograd.grad((y.float() ** 2).sum(), inputs, create_graph=True)
        (slope.float() ** 2).sum().backward()
        found.append(each.weight.grad)
    assert ((found[0] - found[1]).norm() / found[1].norm()).item() < 3e-2
