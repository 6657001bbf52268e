"""BatchNorm over rows that lie on several processes: here two that have the same rows."""

import pytest
import torch
from torch import Tensor, nn

from impasto.core.together import RANKS
from impasto.models.whole_batch import BatchNorm1d, BatchNorm2d


@pytest.fixture
def twins(monkeypatch):
    """Another process that has what this one has."""
    monkeypatch.setattr(RANKS, "count", 2)
    monkeypatch.setattr(RANKS, "gathered", lambda rows: torch.cat([rows, rows]))
    monkeypatch.setattr(RANKS, "sum", lambda value: 2 * value)


def rows(shape: tuple[int, ...], kind: torch.dtype) -> Tensor:
    chance = torch.Generator().manual_seed(0)
    x = (3 * torch.randn(shape, generator=chance) + 1).to(kind)
    return x.to(memory_format=torch.channels_last) if len(shape) == 4 else x


def played(norm: nn.Module, x: Tensor) -> list[Tensor]:
    """What comes out, and all gradients."""
    x = x.clone().requires_grad_()
    y = norm(x)
    y.backward(torch.linspace(-1, 1, y.numel()).view(y.shape).to(y.dtype))
    return [y.detach(), x.grad, *(weight.grad for weight in norm.parameters())]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(6, 5, 8, 8), (6, 5)])
@pytest.mark.usefixtures("twins")
def test_it_is_that_of_one_process_with_all_rows(shape, kind, affine):
    ours, theirs = (
        (BatchNorm2d, nn.BatchNorm2d) if len(shape) == 4 else (BatchNorm1d, nn.BatchNorm1d)
    )
    x, one, other = rows(shape, kind), ours(5, affine=affine), theirs(5, affine=affine)
    for mine, reference in zip(played(one, x), played(other, x), strict=True):
        near = 3e-2 if kind == torch.bfloat16 else 1e-5
        assert mine.dtype == reference.dtype
        assert torch.allclose(mine, reference, rtol=near, atol=near)
    assert torch.allclose(one.running_mean, other.running_mean, atol=1e-3)
    bessel = one.running_var - 0.9, other.running_var - 0.9  # twice as many rows: less correction
    assert torch.allclose(*bessel, rtol=0.2)


@pytest.mark.usefixtures("twins")
def test_its_gradient_can_be_differentiated_again(monkeypatch):
    """As penalties do; the sum of two processes is differentiable, so it is twice the own one."""
    monkeypatch.setattr(RANKS, "sum", lambda value: 2 * value if value.dim() < 3 else _both(value))
    found = []
    for norm in (BatchNorm2d(5), nn.BatchNorm2d(5)):
        x = rows((6, 5, 4, 4), torch.float32).requires_grad_()
        (slope,) = torch.autograd.grad(norm(x).pow(3).sum(), x, create_graph=True)
        slope.square().sum().backward()
        found.append([x.grad, norm.weight.grad])
    for mine, reference in zip(*found, strict=True):
        assert torch.allclose(mine, reference, rtol=1e-3, atol=1e-3 * float(reference.abs().max()))


def _both(value: Tensor) -> Tensor:
    """Moments in the place of the one process, in that of the other as well."""
    return value + value.flip(0)
