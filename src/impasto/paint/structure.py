"""The picture's own structure: along which direction its edges and gradients run, and how surely;
and where it is so calm that an error shows.

The structure tensor (Förstner & Gülch 1987): products of the brightness's derivatives, averaged
over a neighbourhood. Across the structure they are large, along it small.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.paint.levels import Squares

Array = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)

WINDOW = 11
"""Pixels of the side in which contrast is measured."""

FAINT = 0.03**2
"""A variance below which contrast is no longer seen: the constant C₂ of SSIM (Wang et al. 2004)."""


RIM_SHARE, RIM_WEIGHT = 1 / 192, 2.0
"""How wide the picture's rim is, as a share of its longer side, and how much more it counts."""


def rim_width(height: int, width: int) -> int:
    """Pixels of the rim."""
    return max(1, round(RIM_SHARE * max(height, width)))


def rim(height: int, width: int) -> Array:
    """More weight for the picture's rim, where bare canvas would frame it like a dashed line.

    Returns:
        (height, width), with mean 1.
    """
    wide = rim_width(height, width)
    weight = np.full((height, width), RIM_WEIGHT, np.float32)
    weight[wide:-wide, wide:-wide] = 1
    return np.asarray(weight / weight.mean(), np.float32)


def visibility(picture: Array, masking: float) -> Array:
    """How much an error shows at each pixel: less where the picture is busy itself.

    Without it all strokes go to grass and leaves, where nobody would miss them, and few to a
    cheek or a sky.

    Args:
        picture: (H, W, 3), in [0, 1].
        masking: the power of the local variance by which the weight falls; 0 for the same
            everywhere.

    Returns:
        (H, W), with mean 1.
    """
    grey = torch.from_numpy(picture @ LUMA)[None, None]

    def mean(values: Tensor) -> Tensor:
        padded = F.pad(values, [WINDOW // 2] * 4, mode="replicate")
        return F.avg_pool2d(padded, WINDOW, 1)

    variance = (mean(grey.square()) - mean(grey).square()).clamp(min=0)
    weight = (variance + FAINT) ** -masking
    return np.asarray((weight / weight.mean())[0, 0], np.float32)


class Structure:
    """Averages of a picture's structure tensor over any squares, by sums over its corners."""

    def __init__(self, picture: Array) -> None:
        """Prepare (H, W, 3), in [0, 1]."""
        down, across = np.gradient(picture @ LUMA)
        products = np.stack([across * across, down * down, across * down], -1)
        sums = products.astype(np.float64).cumsum(0).cumsum(1)
        self.sums = np.pad(sums, ((1, 0), (1, 0), (0, 0)))

    def flow(self, squares: Squares) -> Tensor:
        """Along which direction each square's neighbourhood runs.

        Args:
            squares: N of them; as much again around each is taken into account.

        Returns:
            (N, 2): cosine and sine of twice the angle, shortened by how incoherent it is.
        """
        half, (height, width, _) = squares.side // 2, self.sums.shape
        top = np.clip(squares.top - half, 0, height - 1)
        left = np.clip(squares.left - half, 0, width - 1)
        bottom = np.clip(squares.top + squares.side + half, 0, height - 1)
        right = np.clip(squares.left + squares.side + half, 0, width - 1)
        at = self.sums
        xx, yy, xy = (at[bottom, right] - at[top, right] - at[bottom, left] + at[top, left]).T
        area = np.maximum((bottom - top) * (right - left), 1)
        strength = xx + yy + 1e-5 * area  # noise of less than one grey level is no structure
        # The gradient's double angle is (xx − yy, 2 xy); along the edge it is the opposite.
        double = np.stack([(yy - xx) / strength, -2 * xy / strength], 1)
        return torch.from_numpy(double.astype(np.float32))
