"""Strokes are found by exact comparison and moved downhill."""

import numpy as np
import pytest
import torch

from impasto.brush.brushes import load_brush
from impasto.paint.optimise import (
    MARGIN,
    XS,
    YS,
    Batch,
    Dictionary,
    Limits,
    best_colours,
    descend,
    layered,
    pixel_loss,
    pursue,
)

SIDE = 16
LIMITS = Limits.of(0.2, 1.0, 0.2)


@pytest.fixture(scope="module")
def network():
    return load_brush("dry").network


@pytest.fixture(scope="module")
def dictionary(network):
    return Dictionary.drawn(network, LIMITS, SIDE, 64, seed=0)


def batch(squares: int = 3, seed: int = 0) -> Batch:
    chance = torch.Generator().manual_seed(seed)
    target, canvas = (torch.rand(squares, 3, SIDE**2, generator=chance) for _ in range(2))
    care = torch.rand(squares, 1, SIDE**2, generator=chance).round()
    return Batch(target, canvas, care, torch.zeros(squares, 2), torch.zeros_like(care))


def test_the_chosen_stroke_leaves_less_error_than_any_other(dictionary):
    some = batch()
    chosen = pursue(some, dictionary, 1, follow=0)[:, 0]
    for square in range(len(some)):
        one = some.part(square, square + 1)
        errors = []
        for alpha in dictionary.alpha:  # each laid for real, with its best colour
            weights, through = layered(alpha[None, None])
            colours = best_colours(weights, through, one)
            painted = through[:, None] * one.canvas + colours.transpose(1, 2) @ weights
            errors.append(float(pixel_loss(one)(painted)))
        best = dictionary.geometry[int(torch.tensor(errors).argmin())]
        assert torch.equal(chosen[square], best)


def test_the_second_stroke_is_chosen_on_top_of_the_first(dictionary):
    some = batch()
    pair = pursue(some, dictionary, 2, follow=0)
    assert torch.equal(pair[:, :1], pursue(some, dictionary, 1, follow=0))
    assert not torch.equal(pair[:, 0], pair[:, 1])


def test_strokes_follow_the_structure_where_errors_are_alike(dictionary):
    """A flat square: only the structure says how to stroke; one that follows it is preferred."""
    flat = torch.full((1, 3, SIDE**2), 0.8)
    upright = torch.tensor([[-1.0, 0.0]])  # twice 90°
    care = torch.ones(1, 1, SIDE**2)
    some = Batch(flat, torch.full_like(flat, 0.2), care, upright, 0 * care)
    free, led = (
        dictionary.heading[(dictionary.geometry == pursue(some, dictionary, 1, f)[0]).all(1)][0, 0]
        for f in (0.0, 1.0)
    )
    assert led < -0.5
    assert led <= free


def test_weights_and_what_shines_through_add_up():
    alphas = torch.rand(2, 4, 9, generator=torch.Generator().manual_seed(0))
    weights, through = layered(alphas)
    assert torch.allclose(weights.sum(1) + through, torch.ones(2, 9), atol=1e-6)
    assert torch.equal(weights[:, -1], alphas[:, -1])  # the last lies on top


def test_going_downhill_lowers_the_error_and_keeps_the_limits(network, dictionary):
    some = batch()
    start = pursue(some, dictionary, 2, follow=0)

    def error(geometry: torch.Tensor) -> float:
        with torch.no_grad():
            alphas = network(geometry.reshape(-1, 9), SIDE).reshape(3, 2, -1)
        weights, through = layered(alphas)
        colours = best_colours(weights, through, some)
        painted = through[:, None] * some.canvas + colours.transpose(1, 2) @ weights
        return float(pixel_loss(some)(painted))

    moved = descend(start, some, network, LIMITS, steps=12)
    assert error(moved) < 0.995 * error(start)
    assert torch.equal(LIMITS.clamp(moved), moved)
    assert torch.equal(descend(start, some, network, LIMITS, steps=0), start)


def test_the_dictionary_is_assorted_and_within_limits(dictionary):
    assert torch.equal(LIMITS.clamp(dictionary.geometry), dictionary.geometry)
    assert dictionary.heading[:, 0].min() < -0.8
    assert dictionary.heading[:, 0].max() > 0.8
    assert dictionary.geometry[:, 1].max() - dictionary.geometry[:, 1].min() > 0.6


def test_strokes_may_come_to_the_rim_of_the_picture():
    ends = [(True, False, False, False), (False, True, True, True)]  # left, top, right, bottom
    limits = LIMITS.up_to_the_rim(np.array(ends))
    first, second = (limits.part(at, at + 1) for at in range(2))
    assert (first.low[..., XS] == 0).all()
    assert torch.allclose(first.low[..., YS], torch.tensor(MARGIN))
    assert torch.equal(first.high[0, 0], LIMITS.high)
    assert torch.allclose(second.low[..., XS], torch.tensor(MARGIN))
    assert (second.low[..., YS] == 0).all()
    assert (second.high[..., XS + YS] == 1).all()
    others = [n for n in range(9) if n not in XS + YS]
    assert torch.equal(second.low[0, 0, others], LIMITS.low[others])
    far = torch.tensor([-2.0, 2.0]).view(2, 1, 1).expand(2, 3, 9)
    assert limits.clamp(far)[:, 0].tolist() == [limits.low[0, 0].tolist(), [1.0] * 9]
