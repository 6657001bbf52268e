"""The stroke network: exact geometry, gradients that point the right way, any size."""

import numpy as np
import pytest
import torch

from impasto.brush.actions import curve, geometry_of, random_actions
from impasto.models import strokes as module
from impasto.models.strokes import StrokeNetwork, maps, nearest


def strokes(count: int = 8, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(geometry_of(random_actions(count, np.random.default_rng(seed))))


def test_each_pixels_point_is_the_nearest_of_the_curve():
    geometry = strokes(40)
    through, end, start = geometry[:, 2:4] * 64, geometry[:, 4:6] * 64, geometry[:, 6:8] * 64
    bend = 2 * (start + end - 2 * through)
    lean = end - start - bend
    line = torch.arange(64.0) + 0.5
    x, y = line[None, None, :], line[None, :, None]
    t = nearest(start, lean, bend, x, y)[:, None]
    at = start[:, :, None, None] + t * (lean[:, :, None, None] + t * bend[:, :, None, None])
    found = torch.hypot(x - at[:, 0], y - at[:, 1])

    path = torch.from_numpy(curve(geometry.numpy(), 2000) * 64)
    pixels = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).reshape(1, -1, 2)
    exact = torch.cat([torch.cdist(pixels, some[None]).amin(2) for some in path])
    difference = found.flatten(1) - exact
    assert difference.min() > -0.05  # nothing is nearer than the nearest
    assert difference.abs().quantile(0.99) < 0.1


@pytest.mark.parametrize("size", [16, 33, 64, 96])
@pytest.mark.parametrize("sided", [False, True])
def test_any_size_gives_opacities(size, sided):
    alphas = StrokeNetwork(sided=sided)(strokes(), size)
    assert alphas.shape == (8, 1, size, size)
    assert alphas.min() >= 0
    assert alphas.max() <= 1


def test_sided_maps_differ_in_the_sign_of_distance_alone():
    plain, sided = maps(strokes(), 64), maps(strokes(), 64, sided=True)
    assert torch.equal(plain[:, 0], sided[:, 0].abs())
    assert (sided[:, 0] < 0).any()
    assert torch.equal(plain[:, 1:], sided[:, 1:])


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    network, geometry = StrokeNetwork().double(), strokes(3).double().requires_grad_()
    weights = torch.rand(3, 1, 64, 64, dtype=torch.double)
    (network(geometry) * weights).sum().backward()
    step = 1e-4
    # The nearest point is held fixed in the gradient: along the curve's ends and where the
    # nearest branch changes the two may differ, so directions are compared, not digits.
    for number in range(9):
        moved = [geometry.detach().clone() for _ in range(2)]
        moved[0][:, number] += step
        moved[1][:, number] -= step
        up, down = ((network(some) * weights).sum((1, 2, 3)) for some in moved)
        numeric = ((up - down) / (2 * step)).detach()
        analytic = geometry.grad[:, number]
        assert torch.allclose(numeric, analytic, rtol=0.35, atol=0.3 * numeric.abs().max()), number
        alike = torch.cosine_similarity(numeric, analytic, dim=0)
        moves_points = number in range(2, 8)  # of the curve: pressures and sizes move none
        assert alike > (0.8 if moves_points else 0.999), number
        near = 0.25 if moves_points else 0.01
        assert analytic.norm().item() == pytest.approx(numeric.norm().item(), rel=near), number


def test_with_the_nearest_points_held_gradients_are_exact(monkeypatch):
    torch.manual_seed(0)
    network, geometry = StrokeNetwork().double(), strokes(40).double().requires_grad_()
    weights = torch.rand(40, 1, 64, 64, dtype=torch.double)

    def hold(name: str) -> None:
        found, real = [], getattr(module, name)

        def first(*given):
            found.extend([] if found else [real(*given)])
            return found[0]

        monkeypatch.setattr(module, name, first)

    def total(geometry: torch.Tensor) -> torch.Tensor:  # before the sigmoid, which is in fp32
        return (network.texture(maps(geometry, 64)) * weights).sum((1, 2, 3))

    hold("nearest")
    hold("along")
    total(geometry).sum().backward()
    step = 1e-8  # shorter than the way to most kinks
    for number in range(9):
        moved = [geometry.detach().clone() for _ in range(2)]
        moved[0][:, number] += step
        moved[1][:, number] -= step
        numeric = ((total(moved[0]) - total(moved[1])) / (2 * step)).detach()
        analytic = geometry.grad[:, number]
        assert torch.allclose(numeric, analytic, rtol=1e-3, atol=1e-3 * numeric.abs().max()), number


def test_a_stroke_of_no_length_has_finite_gradients():
    geometry = torch.full((1, 9), 0.5, requires_grad=True)
    StrokeNetwork()(geometry).sum().backward()
    assert torch.isfinite(geometry.grad).all()
