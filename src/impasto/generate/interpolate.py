"""Ways from latent to latent: pure functions on (K, L) keys, giving (frames, L).

A latent from N(0, 1)^L lies close to a sphere of radius √L, and a generator has hardly seen any
other. A straight way between two of them leads through the inside, at worst at 1/√2 of that
radius; `slerp` and `cubic` keep to the sphere (White 2016, "Sampling Generative Networks").
"""

import math

import torch
from torch import Tensor

from impasto.errors import ImpastoError
from impasto.generate.asked import Easing, Way

_PARALLEL = 1e-4
"""Sine of an angle below which there is no arc to speak of."""


def journey(
    keys: Tensor, steps: int, way: Way = "cubic", loop: bool = False, easing: Easing = "none"
) -> Tensor:
    """A way through all keys in their order.

    Args:
        keys: (K, L), at least two.
        steps: frames from one key to the next.
        way: `slerp` along great circles, with a corner at each key; `cubic` without corners;
            `linear` straight through.
        loop: lead from the last key to the first again. The frame after the last one is then the
            first, which is not repeated: played over and over, nothing jumps or stops.
        easing: how a film starts at a key and arrives at the next.

    Returns:
        ((K−1)·steps + 1, L), or (K·steps, L) for a loop. Frame i·steps is key i itself.

    Raises:
        ImpastoError: fewer than two keys.
    """
    count = len(keys)
    if count < 2:
        raise ImpastoError("A film needs at least two pictures: --seeds 3,17, or --count 4.")
    times = ease(torch.arange(steps, dtype=torch.float64) / steps, easing)
    parts = []
    for leg in range(count if loop else count - 1):
        start, end = keys[leg], keys[(leg + 1) % count]
        if way == "cubic":
            parts.append(smooth(keys, leg, times, loop))
        else:
            parts.append((slerp if way == "slerp" else straight)(start, end, times))
    if not loop:
        parts.append(keys[-1:])
    return torch.cat(parts)


def straight(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    """(L,), (L,), (T,) → (T, L): (1 − t)·start + t·end."""
    t = times[:, None]
    way: Tensor = (1 - t) * start + t * end
    return way.to(start.dtype)


def slerp(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    """Along the arc between two directions (Shoemake 1985, eq. 3), while the length changes evenly.

    Opposite or equal directions have no one arc; the way between them is straight.

    Args:
        start: (L,).
        end: (L,).
        times: (T,), from 0 at `start` to 1 at `end`.

    Returns:
        (T, L).
    """
    a, b = start.double(), end.double()
    length_a, length_b = a.norm(), b.norm()
    if length_a == 0 or length_b == 0:
        return straight(start, end, times)
    angle = torch.arccos((a @ b / (length_a * length_b)).clamp(-1, 1))
    if angle.sin() < _PARALLEL:
        return straight(start, end, times)
    t = times[:, None]
    direction = ((1 - t) * angle).sin() * (a / length_a) + (t * angle).sin() * (b / length_b)
    length = (1 - t) * length_a + t * length_b
    arc: Tensor = direction / angle.sin() * length
    return arc.to(start.dtype)


def smooth(keys: Tensor, leg: int, times: Tensor, loop: bool) -> Tensor:
    """One leg of a way without corners that keeps to the sphere, exactly through the keys.

    Catmull & Rom's spline (1974) through the latents gives the direction, the same through their
    lengths the length.

    Args:
        keys: (K, L), all of the way's.
        leg: from key `leg` to the next.
        times: (T,), from 0 to 1.
        loop: whether the last key leads to the first.

    Returns:
        (T, L).
    """
    points = keys.double()
    curve = catmull_rom(*_around(points, leg, loop), times)
    lengths = catmull_rom(*_around(points.norm(dim=1, keepdim=True), leg, loop), times)
    direction = curve / curve.norm(dim=1, keepdim=True).clamp_min(1e-12)
    way: Tensor = direction * lengths.clamp_min(0)
    return way.to(keys.dtype)


def _around(keys: Tensor, leg: int, loop: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A leg's ends and what comes before and after; mirrored where there is nothing."""
    count = len(keys)
    start, end = keys[leg], keys[(leg + 1) % count]
    before = keys[leg - 1] if loop or leg > 0 else 2 * start - end
    after = keys[(leg + 2) % count] if loop or leg + 2 < count else 2 * end - start
    return before, start, end, after


def catmull_rom(before: Tensor, start: Tensor, end: Tensor, after: Tensor, times: Tensor) -> Tensor:
    """Catmull & Rom's spline from `start` to `end`: four of (L,), (T,) → (T, L)."""
    t = times[:, None].to(start.dtype)
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )


def circle(
    first: Tensor, second: Tensor, frames: int, centre: Tensor | None, radius: float
) -> Tensor:
    """A circle, at a nearly even pace: √(1−r²)·centre + r·(cos θ·first + sin θ·second).

    With independent latents every point of it is again a draw from N(0, 1)^L, so no frame is
    farther from what was trained than a picture of its own seed. With radius 1 the centre does
    not matter, and the circle leads through `first`, and a quarter later through `second`.

    Args:
        first: (L,).
        second: (L,).
        frames: how many; the one after the last is the first.
        centre: (L,), the picture to stay near; none for radius 1.
        radius: from just above 0 (the centre all the time) to 1.

    Returns:
        (frames, L).

    Raises:
        ImpastoError: the radius is out of range, or below 1 without a centre.
    """
    if not 0 < radius <= 1:
        raise ImpastoError(f"--radius {radius:g}: choose from just above 0 to 1.")
    if radius < 1 and centre is None:
        raise ImpastoError("--radius below 1 needs three pictures: the first is the centre.")
    angle = (torch.arange(frames, dtype=torch.float64) * (2 * math.pi / frames))[:, None]
    around = radius * (angle.cos() * first + angle.sin() * second)
    if centre is not None:
        around = around + math.sqrt(1 - radius**2) * centre
    return around.to(first.dtype)


def ease(times: Tensor, easing: Easing) -> Tensor:
    """Time from 0 to 1, slower at one end or both; 0 stays 0 and 1 stays 1."""
    if easing == "in":
        return times**2
    if easing == "out":
        return 1 - (1 - times) ** 2
    if easing == "in-out":
        return times**2 * (3 - 2 * times)
    return times
