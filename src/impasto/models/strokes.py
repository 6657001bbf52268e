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

    def __init__(self, width: int = 16, depth: int = 2, radius: float = 0.0) -> None:
        """A network of `depth` hidden layers of `width` channels.

        Args:
            width: channels of the hidden layers.
            depth: 3×3 layers between the first and the last.
            radius: logarithm that the brush adds to twice the action's size.
        """
        super().__init__()
        self.radius = radius
        layers: list[nn.Module] = [nn.Conv2d(MAPS, width, 1), nn.ReLU()]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        self.texture = nn.Sequential(*layers, nn.Conv2d(width, 1, 1))

    def forward(self, geometry: Tensor, size: int = SIDE) -> Tensor:
        """Draw strokes.

        Args:
            geometry: (N, 9) in [0, 1]: pressure, size, control x and y, end x and y, start x
                and y, entry pressure.
            size: the pictures' side in pixels.

        Returns:
            Opacity (N, 1, size, size) in [0, 1], differentiable in the geometry.
        """
        logits = self.texture(maps(geometry, size, self.radius))
        return torch.sigmoid(logits.float())


def maps(geometry: Tensor, size: int, radius: float = 0.0) -> Tensor:
    """What the texture follows from, pixel by pixel: (N, 9) → (N, `MAPS`, size, size)."""
    scale = size / SIDE
    through, end, start = geometry[:, 2:4] * size, geometry[:, 4:6] * size, geometry[:, 6:8] * size
    bend = 2 * (start + end - 2 * through)  # B(t) = start + t·(lean + t·bend)
    lean = end - start - bend
    line = torch.arange(size, device=geometry.device, dtype=geometry.dtype) + 0.5
    x, y = line[None, None, :], line[None, :, None]
    with torch.no_grad():
        t = nearest(start, lean, bend, x, y)
    at_x, at_y = (
        start[:, i, None, None] + t * (lean[:, i, None, None] + t * bend[:, i, None, None])
        for i in (0, 1)
    )
    reach = torch.exp(2 * geometry[:, 1] + (radius + math.log(scale)))[:, None, None]
    distance = torch.sqrt((x - at_x) ** 2 + (y - at_y) ** 2 + 1e-4) / reach
    with torch.no_grad():
        length = along(lean, bend)[:, None, None]
    travelled = t * length / reach
    left = (1 - t) * length / reach
    entry, last = geometry[:, 8, None, None] * HARDEST, geometry[:, 0, None, None] * HARDEST
    middle = (entry + last) / 2
    coming, going = (4 * t).clamp(max=1), (4 * t - 3).clamp(min=0)
    force = entry + (middle - entry) * coming + (last - middle) * going
    return torch.stack(
        [
            distance.clamp(max=FAR),
            torch.exp(-(distance**2)),
            force,
            torch.log(reach).expand_as(t) / 2,
            travelled.clamp(max=FAR) / FAR,
            left.clamp(max=FAR) / FAR,
        ],
        1,
    )


def nearest(start: Tensor, lean: Tensor, bend: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The parameter of each pixel's nearest point on its curve: (N, 2) each → (N, H, W).

    The best of `COARSE` points, then two of Newton's steps on the derivative of the squared
    distance, which is a cubic in t.
    """
    ts = torch.linspace(0, 1, COARSE, device=start.device, dtype=start.dtype)
    px = start[:, :1] + ts * (lean[:, :1] + ts * bend[:, :1])  # (N, COARSE)
    py = start[:, 1:] + ts * (lean[:, 1:] + ts * bend[:, 1:])
    dx, dy = x - px[:, :, None], y.transpose(1, 2) - py[:, :, None]  # (N, COARSE, size)
    best: Tensor | None = None
    found = torch.zeros((), dtype=start.dtype, device=start.device)
    dx, dy = dx**2, dy**2
    for i in range(COARSE):
        squared = dx[:, i, None, :] + dy[:, i, :, None]
        if best is None:
            best, found = squared, torch.zeros_like(squared)
        else:
            found = torch.where(squared < best, ts[i], found)
            best = torch.minimum(squared, best)
    t = found
    a, b, c, d = _cubic(start, lean, bend, x, y)
    for _ in range(2):
        value = ((a * t + b) * t + c) * t + d
        slope = (3 * a * t + 2 * b) * t + c
        t = (t - value / slope.clamp(min=1e-3)).clamp(0, 1)
    return t


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
    return (speeds[0] + 4 * speeds[1] + 2 * speeds[2] + 4 * speeds[3] + speeds[4]) / 12
