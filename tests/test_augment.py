"""Differentiable augmentation: shapes, strengths, gradients, and no touch without a policy."""

import pytest
import torch

from impasto.augment import CHANGES, augment, colour, cutout, steer, translation
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


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_that_share_of_pictures_is_changed(name, probability):
    torch.manual_seed(0)
    pictures = torch.rand(2000, 3, 8, 8) * 2 - 1

    def changed(**more) -> int:
        return (augment(pictures, [name], **more) != pictures).flatten(1).any(1).sum().item()

    every = changed()  # but for a turn or a shift by nothing
    assert every > 1500
    near = 70 if probability else 0
    assert changed(probability=probability) == pytest.approx(probability * every, abs=near)


def test_colours_change_as_strongly_as_was_published():
    """Zhao et al. 2020: brightness ±.5, saturation ×0 to 2, contrast ×.5 to 1.5."""
    torch.manual_seed(0)
    half_red = torch.tensor([[[0.5]], [[-0.25]], [[-0.25]]]) * torch.tensor([-1.0, 1.0])
    before = half_red.expand(4000, 3, 1, 2)  # all of its greys are 0, and so is its mean
    after = colour(before)
    factors = {"brightness": after.mean((1, 2, 3))}
    both = (after[:, 0] - after[:, 1])[:, 0, 1] / 0.75  # saturation times contrast
    step = torch.tensor([-1.0, 1.0]).expand(4000, 3, 1, 2)  # grey: saturation does nothing
    factors["contrast"] = (colour(step)[:, 0, 0] * torch.tensor([-0.5, 0.5])).sum(1)
    bounds = {"brightness": (-0.5, 0.5), "contrast": (0.5, 1.5)}
    for name, (least, most) in bounds.items():
        assert least <= factors[name].min() + 1e-5 < least + 0.02, name
        assert most >= factors[name].max() - 1e-5 > most - 0.02, name
    assert 0 <= both.min() + 1e-6 < 0.02
    assert 2 * 1.5 + 1e-5 >= both.max() > 2 * 1.5 * 0.95
    assert both.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("probability", "certainty", "expected"),
    [(0.5, 0.7, 0.6), (0.5, 0.5, 0.4), (0.95, 1.0, 1.0), (0.05, -1.0, 0.0)],
)
def test_the_probability_moves_by_fixed_steps_both_ways_and_stays_one(
    probability, certainty, expected
):
    assert steer(probability, certainty, 0.6, pictures=100, ramp=1000) == pytest.approx(expected)


def test_every_change_of_the_configuration_exists():
    choices = Augment.model_fields["policy"].annotation.__args__[0].__args__
    assert set(choices) == set(CHANGES)
