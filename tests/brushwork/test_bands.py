"""What is copied adds up, and cells lie where they lay."""

import torch

from impasto.brushwork.bands import axes_of, contrast, cut, edges, join, looks_of, resized


def test_cells_that_were_cut_are_joined_again() -> None:
    maps = torch.rand(1, 3, 12, 8)
    assert torch.equal(join(cut(maps, 2), (6, 4), 2), maps)


def test_contrast_is_the_deviation_of_lightness() -> None:
    chance = torch.Generator().manual_seed(0)
    noise = 0.5 + 0.1 * torch.randn(1, 1, 64, 64, generator=chance).expand(1, 3, 64, 64)
    assert abs(float(contrast(noise)[..., 16:-16, 16:-16].mean()) - 0.1) < 0.005
    assert float(contrast(torch.full((1, 3, 64, 64), 0.3)).max()) < 1e-3


def test_edges_are_as_steep_as_lightness_changes_over_two_pixels() -> None:
    slope = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    assert torch.allclose(edges(slope)[..., 8:-8, 8:-8], torch.tensor(2 / 63), atol=1e-4)
    step = (torch.arange(64) >= 32).float().expand(1, 3, 64, 64)
    assert float(edges(step).amax()) > 0.3
    assert float(edges(step)[..., :20].amax()) < 1e-4
    assert torch.allclose(edges(step), edges(step.mT).mT, atol=1e-6)


def test_looks_do_not_change_with_brightness_but_for_the_place() -> None:
    picture = 0.3 + 0.2 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    dark, light = looks_of(picture, 2), looks_of(picture + 0.2, 2)
    assert dark.grid == (8, 8)
    assert torch.allclose(dark.detail, light.detail, atol=1e-4)
    assert float((light.place - dark.place)[:, 0].min()) > 0.5


def test_axes_hold_most_of_what_differs() -> None:
    picture = resized(
        torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(2)), (48, 48)
    )
    details = looks_of(picture, 1).detail
    axes = axes_of(details)
    assert torch.allclose(axes.T @ axes, torch.eye(axes.shape[1]), atol=1e-4)
    assert float((details @ axes).square().sum() / details.square().sum()) > 0.9
