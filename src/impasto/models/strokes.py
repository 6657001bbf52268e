"""The stroke network: where is the curve, exactly; what does paint look like there, learnt.

Each pixel's nearest point on the stroke's curve is computed, not learnt, and a few maps of it
(how far in radii, how hard the pen presses there, how far the stroke's ends) go through a small
convolutional network. It knows no positions, so it draws anywhere and at any size.
"""

import math

import torch
from torch import Tensor, nn

SIDE = 64
"""The side in pixels at which a radius of exp(2·size) is meant."""

COARSE = 12
"""Points of the curve that are compared before Newton's steps."""

FAR = 4.0
"""Distances are measured in radii up to this one."""

HARDEST = 0.8
"""The pen's pressure at an action's pressure of 1."""

MAPS = 6


class StrokeNetwork(nn.Module):
    """From geometry to opacity."""

    def __init__(
        self, width: int = 16, depth: int = 2, radius: float = 0.0, sided: bool = False
    ) -> None:
        """A network of `depth` hidden 3×3 layers.

        Args:
            width: channels of the hidden layers, at half the picture's side.
            depth: 3×3 layers between the first and the last.
            radius: logarithm that the brush adds to twice the action's size.
            sided: whether the left of the path looks different from its right.
        """
        super().__init__()
        self.radius, self.sided = radius, sided
        layers: list[nn.Module] = [nn.Conv2d(MAPS, width, 2, stride=2), nn.ReLU()]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        self.texture = nn.Sequential(*layers, nn.Conv2d(width, 4, 1), nn.PixelShuffle(2))

    def forward(self, geometry: Tensor, size: int = SIDE) -> Tensor:
        """Draw strokes.

        Args:
            geometry: (N, 9) in [0, 1]: pressure, size, control x and y, end x and y, start x
                and y, entry pressure.
            size: the pictures' side in pixels.

        Returns:
            Opacity (N, 1, size, size) in [0, 1], differentiable in the geometry.
        """
        logits = self.texture(maps(geometry, size, self.radius, self.sided))
        return torch.sigmoid(logits[..., :size, :size].float())


def maps(geometry: Tensor, size: int, radius: float = 0.0, sided: bool = False) -> Tensor:
    """What the texture follows from, pixel by pixel.

    Args:
        geometry: (N, 9) in [0, 1].
        size: the side in pixels.
        radius: logarithm that the brush adds to twice the action's size.
        sided: whether distances to the left of the path are negative.

    Returns:
        (N, `MAPS`, size, size), the side rounded up to an even number.
    """
    even = size + size % 2
    through, end, start = geometry[:, 2:4] * size, geometry[:, 4:6] * size, geometry[:, 6:8] * size
    bend = 2 * (start + end - 2 * through)  # B(t) = start + t·(lean + t·bend)
    lean = end - start - bend
    line = torch.arange(even, device=geometry.device, dtype=geometry.dtype) + 0.5
    x, y = line[None, None, :], line[None, :, None]
    with torch.no_grad():
        t = nearest(start, lean, bend, x, y)
        length = along(lean, bend)[:, None, None]
    at_x, at_y = (
        start[:, i, None, None] + t * (lean[:, i, None, None] + t * bend[:, i, None, None])
        for i in (0, 1)
    )
    off_x, off_y = x - at_x, y - at_y
    logarithm = (2 * geometry[:, 1] + (radius + math.log(size / SIDE)))[:, None, None]
    thin = torch.exp(-logarithm)
    distance = torch.sqrt(off_x**2 + off_y**2 + 1e-4) * thin
    steps = length * thin
    away = distance.clamp(max=FAR)
    if sided:
        with torch.no_grad():
            way_x, way_y = (lean[:, i, None, None] + 2 * t * bend[:, i, None, None] for i in (0, 1))
            side = torch.sign(way_x * off_y - way_y * off_x)
        away = away * side
    entry, last = geometry[:, 8, None, None] * HARDEST, geometry[:, 0, None, None] * HARDEST
    middle = (entry + last) / 2
    coming, going = (4 * t).clamp(max=1), (4 * t - 3).clamp(min=0)
    force = entry + (middle - entry) * coming + (last - middle) * going
    return torch.stack(
        [
            away,
            torch.exp(-(distance**2)),
            force,
            (logarithm / 2).expand_as(t),
            (t * steps).clamp(max=FAR) / FAR,
            ((1 - t) * steps).clamp(max=FAR) / FAR,
        ],
        1,
    )


def nearest(start: Tensor, lean: Tensor, bend: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The parameter of each pixel's nearest point on its curve: (N, 2) each → (N, H, W).

    The best of `COARSE` points and one of Newton's steps (on the derivative of the squared
    distance, a cubic in t) for each 2×2 pixels, then a second step for each pixel.
    """
    ts = torch.linspace(0, 1, COARSE, device=start.device, dtype=start.dtype)
    px = start[:, :1] + ts * (lean[:, :1] + ts * bend[:, :1])  # (N, COARSE)
    py = start[:, 1:] + ts * (lean[:, 1:] + ts * bend[:, 1:])
    half_x, half_y = (x[..., ::2] + 0.5), (y[:, ::2] + 0.5)
    dx = (half_x - px[:, :, None]) ** 2  # (N, COARSE, W / 2)
    dy = (half_y.transpose(1, 2) - py[:, :, None]) ** 2
    best = dx[:, 0, None, :] + dy[:, 0, :, None]
    t = torch.zeros_like(best)
    for number in range(1, COARSE):
        squared = dx[:, number, None, :] + dy[:, number, :, None]
        t = torch.where(squared < best, ts[number], t)
        best = torch.minimum(squared, best)
    t = _newton(t, *_cubic(start, lean, bend, half_x, half_y))
    t = t.repeat_interleave(2, 1).repeat_interleave(2, 2)
    return _newton(t, *_cubic(start, lean, bend, x, y))


def _newton(t: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """One step towards a root of a·t³ + b·t² + c·t + d within [0, 1]."""
    value = ((a * t + b) * t + c) * t + d
    slope = (3 * a * t + 2 * b) * t + c
    return (t - value / slope.clamp(min=1e-3)).clamp(0, 1)


def _cubic(
    start: Tensor, lean: Tensor, bend: Tensor, x: Tensor, y: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Half the derivative of |B(t) − pixel|², as coefficients of t³, t², t and 1."""

    def dot(one: Tensor, other: Tensor) -> Tensor:
        return (one * other).sum(1)[:, None, None]

    off_x, off_y = start[:, 0, None, None] - x, start[:, 1, None, None] - y  # (N,1,W), (N,H,1)
    across = lean[:, 0, None, None] * off_x + lean[:, 1, None, None] * off_y
    turned = bend[:, 0, None, None] * off_x + bend[:, 1, None, None] * off_y
    return (
        2 * dot(bend, bend),
        3 * dot(lean, bend),
        dot(lean, lean) + 2 * turned,
        across,
    )


def along(lean: Tensor, bend: Tensor) -> Tensor:
    """The curve's length by Simpson's rule over its speed: (N, 2), (N, 2) → (N,)."""
    speeds = [(lean + 2 * t * bend).norm(dim=1) for t in (0.0, 0.25, 0.5, 0.75, 1.0)]
    ends, quarters = speeds[0] + speeds[4], speeds[1] + speeds[3]
    length: Tensor = (ends + 4 * quarters + 2 * speeds[2]) / 12
    return length
