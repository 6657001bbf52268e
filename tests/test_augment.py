"""Differentiable augmentation: shapes, strengths, gradients, and no touch without a policy."""

import pytest
import torch

from impasto.augment import CHANGES, augment, colour, cutout, translation
from impasto.config import Augment


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_no_policy_changes_nothing(pictures):
    assert augment(pictures, ()) is pictures


@pytest.mark.parametrize("name", CHANGES)
def test_shape_stays_and_gradients_flow(pictures, name):
    pictures.requires_grad_()
    changed = augment(pictures, [name])
    assert changed.shape == pictures.shape
    changed.sum().backward()
    assert torch.isfinite(pictures.grad).all()
    assert pictures.grad.abs().sum() > 0


@pytest.mark.parametrize("name", CHANGES)
def test_pictures_of_one_batch_are_changed_differently(name):
    same = torch.rand(1, 3, 32, 32).expand(32, 3, 32, 32)
    changed = augment(same, [name])
    assert len({tuple(picture.flatten()[::37].tolist()) for picture in changed}) > 5


def test_translation_moves_a_point_by_an_eighth_at_most_and_fills_with_grey():
    point = torch.full((200, 3, 32, 32), -1.0)
    point[:, :, 16, 16] = 1.0
    moved = translation(point)
    rows, columns = (moved[:, 0] == 1.0).nonzero()[:, 1:].T
    assert len(rows) == 200
    assert (rows - 16).abs().max() == 4
    assert (columns - 16).abs().max() == 4
    assert (moved == 0).any()  # 0 in [−1, 1] is beyond the edge


def test_translation_by_steps_keeps_the_phase_of_a_grid():
    point = torch.full((400, 3, 64, 64), -1.0)
    point[:, :, 33, 30] = 1.0
    moved = augment(point, ["translation"], step=4)
    rows, columns = (moved[:, 0] == 1.0).nonzero()[:, 1:].T
    assert set((rows - 33).tolist()) == {-8, -4, 0, 4, 8}
    assert set((columns - 30).tolist()) == {-8, -4, 0, 4, 8}


def test_cutout_blanks_half_the_side():
    ones = torch.ones(64, 3, 32, 32)
    blanked = (cutout(ones) == 0).float().mean((1, 2, 3))
    assert blanked.max() == pytest.approx(0.25)
    assert blanked.min() >= 1 / 16  # a corner: a quarter of the square


def test_colour_keeps_a_grey_picture_grey():
    grey = torch.rand(8, 1, 8, 8).expand(8, 3, 8, 8)
    changed = colour(grey)
    assert torch.allclose(changed[:, 0], changed[:, 2], atol=1e-6)


def test_every_change_of_the_configuration_exists():
    choices = Augment.model_fields["policy"].annotation.__args__[0].__args__
    assert set(choices) == set(CHANGES)
