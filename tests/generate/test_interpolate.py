"""Ways through the latent space: through the keys, even, closed where they should be."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.errors import ImpastoError
from impasto.generate.interpolate import circle, ease, journey, slerp

LATENT = 64


def keys(count, seed=0):
    return torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))


WAYS, EASINGS = ("slerp", "linear", "cubic"), ("none", "in", "out", "in-out")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("loop", [False, True])
def test_a_way_leads_exactly_through_its_keys(way, easing, loop):
    chosen = keys(4)
    walk = journey(chosen, 10, way, loop, easing)
    assert walk.shape == ((40 if loop else 31), LATENT)
    for number, key in enumerate(chosen):
        assert torch.allclose(walk[10 * number], key, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_in_a_loop_the_last_frame_meets_the_first(way):
    walk = journey(keys(3), 25, way, loop=True)
    steps = (walk.roll(-1, 0) - walk).norm(dim=1)  # from each frame to the next, round the end
    assert steps[-1] < 1.5 * steps.median()
    assert steps.min() > 0  # and no frame is shown twice


def test_an_arc_keeps_to_the_shell_and_a_straight_way_does_not():
    chosen = keys(2)
    lengths = chosen.norm(dim=1)
    low, high = float(lengths.min()), float(lengths.max())
    for way in ("slerp", "cubic"):
        walk = journey(chosen, 50, way).norm(dim=1)
        assert low * 0.999 <= walk.min()
        assert walk.max() <= high * 1.001
    assert journey(chosen, 50, "linear").norm(dim=1).min() < 0.8 * low


def test_an_arc_has_an_even_pace():
    a = keys(1)[0]
    b = a.roll(1) * a.norm() / a.roll(1).norm()
    walk = torch.stack([a, *slerp(a, b, torch.linspace(0.1, 1, 10))])
    angles = torch.arccos(torch.cosine_similarity(walk[1:], walk[:-1], dim=1))
    assert angles.std() < 0.01 * angles.mean()


def corner(walk, at):
    """The angle between arriving and leaving, in degrees."""
    before, after = walk[at] - walk[at - 1], walk[at + 1] - walk[at]
    return math.degrees(torch.arccos(torch.cosine_similarity(before, after, dim=0).clamp(-1, 1)))


def test_the_cubic_way_turns_no_corners():
    open_way, closed = journey(keys(4), 100, "cubic"), journey(keys(4), 100, "cubic", loop=True)
    assert max(corner(open_way, 100), corner(open_way, 200)) < 5
    assert corner(torch.cat([closed, closed]), 400) < 5  # where the loop closes
    assert corner(journey(keys(4), 100, "slerp"), 100) > 20


@pytest.mark.parametrize("radius", [1.0, 0.3])
def test_a_circle_is_closed_even_and_as_long_as_a_latent(radius):
    centre, first, second = keys(3)
    walk = circle(first, second, 60, centre if radius < 1 else None, radius)
    steps = (walk.roll(-1, 0) - walk).norm(dim=1)
    assert steps.max() < 1.5 * steps.min()
    assert walk.norm(dim=1).min() > 0.7 * LATENT**0.5
    assert walk.norm(dim=1).max() < 1.4 * LATENT**0.5
    if radius == 1:
        assert torch.allclose(walk[0], first, atol=1e-5)
        assert torch.allclose(walk[15], second, atol=1e-5)
    else:
        assert torch.cosine_similarity(walk, centre[None], dim=1).min() > 0.85


def test_equal_opposite_and_empty_latents_have_a_way_too():
    a = keys(1)[0]
    for b in (a.clone(), -a, torch.zeros(LATENT)):
        walk = slerp(a, b, torch.linspace(0, 1, 5))
        assert torch.isfinite(walk).all()
        assert torch.allclose(walk[0], a, atol=1e-4)
        assert torch.allclose(walk[-1], b, atol=1e-4)
    assert torch.isfinite(journey(torch.stack([a, a, -a]), 5, "cubic", loop=True)).all()


@settings(max_examples=50)
@given(st.floats(0, 1), st.sampled_from(EASINGS))
def test_easing_keeps_both_ends_and_never_turns_back(time, easing):
    found = ease(torch.tensor([0.0, time, 1.0], dtype=torch.float64), easing)
    assert found[0] == 0
    assert found[2] == 1
    assert 0 <= found[1] <= 1
    times = ease(torch.linspace(0, 1, 50), easing)
    assert (times.diff() >= 0).all()


def test_easing_is_slow_where_it_says():
    t = torch.tensor([0.1, 0.9])
    assert ease(t, "in")[0] < 0.1
    assert ease(t, "out")[1] > 0.9
    assert ease(t, "in-out")[0] < 0.1
    assert ease(t, "in-out")[1] > 0.9


def test_ways_that_are_none_are_one_sentence():
    with pytest.raises(ImpastoError, match="two pictures"):
        journey(keys(1), 10)
    a, b = keys(2)
    for radius in (0, -1, 1.5, float("nan")):
        with pytest.raises(ImpastoError, match="--radius"):
            circle(a, b, 10, a, radius)
    with pytest.raises(ImpastoError, match="three pictures"):
        circle(a, b, 10, None, 0.5)
