"""How alike two pictures look."""

import pytest
import torch

from impasto.brush.brushes import load_brush
from impasto.paint import perception
from impasto.paint.optimise import Batch, Limits, descend
from impasto.paint.perception import choose_loss, perceptual_loss


def test_the_perceptual_loss_is_nothing_for_the_same_and_sees_a_shifted_edge():
    target = torch.zeros(2, 3, 32, 32)
    target[..., 12:] = 1
    target[1] = target[1].transpose(1, 2).clone()
    flat, care = target.flatten(2), torch.ones(2, 1, 1024)
    some = Batch(flat, torch.zeros_like(flat), care, torch.zeros(2, 2), 0 * care)
    assert float(perceptual_loss(some)(some.target)) == pytest.approx(0, abs=1e-4)
    shifted = target.roll(4, -1).flatten(2).requires_grad_()
    loss = perceptual_loss(some)(shifted)
    loss.backward()
    assert float(loss.detach()) > 1
    assert shifted.grad is not None
    assert float(shifted.grad.abs().max()) > 0


def test_both_is_the_sum_and_neither_sees_what_does_not_matter():
    generator = torch.Generator().manual_seed(0)
    target, painted = (torch.rand(2, 3, 1024, generator=generator) for _ in range(2))
    care = torch.ones(2, 1, 1024)
    some = Batch(target, target, care, torch.zeros(2, 2), 0 * care)
    parts = sum(float(choose_loss(name)(some)(painted)) for name in ("pixels", "perceptual"))
    assert float(choose_loss("both")(some)(painted)) == pytest.approx(parts, rel=1e-4)
    unseen = Batch(target, target, 0 * care, torch.zeros(2, 2), 0 * care)
    assert float(choose_loss("both")(unseen)(painted)) == pytest.approx(0, abs=1e-4)


def test_the_aim_is_looked_at_once_for_all_steps(monkeypatch):
    looked, maps = [], perception._maps

    def counted(squares, care):
        looked.append(squares)
        return maps(squares, care)

    monkeypatch.setattr(perception, "_maps", counted)
    target, care = torch.rand(1, 3, 1024), torch.ones(1, 1, 1024)
    some = Batch(target, target, care, torch.zeros(1, 2), 0 * care)
    network, limits = load_brush("dry").network, Limits.of(0.2, 1.0)
    descend(torch.full((1, 2, 9), 0.5), some, network, limits, 3, choose_loss("both"))
    assert sum(one is target for one in looked) == 1
    assert len(looked) == 4
