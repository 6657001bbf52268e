"""What is copied adds up, and cells lie where they lay."""

import torch

from impasto.brushwork.bands import axes_of, contrast, cut, join, looks_of, resized


def test_cells_that_were_cut_are_joined_again() -> None:
    maps = torch.rand(1, 3, 12, 8)
    assert torch.equal(join(cut(maps, 2), (6, 4), 2), maps)


def test_contrast_is_the_deviation_of_lightness() -> None:
    chance = torch.Generator().manual_seed(0)
    noise = 0.5 + 0.1 * torch.randn(1, 1, 64, 64, generator=chance).expand(1, 3, 64, 64)
    assert abs(float(contrast(noise)[..., 16:-16, 16:-16].mean()) - 0.1) < 0.005
    assert float(contrast(torch.full((1, 3, 64, 64), 0.3)).max()) < 1e-3


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
