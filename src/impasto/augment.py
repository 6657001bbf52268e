"""Differentiable augmentation: what the discriminator sees, real or not, is changed alike.

Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training"
(arXiv 2006.10738), section 3.2; strengths as in its experiments. Since reals and fakes go through
the same changes, the generator is not taught to paint them. How often pictures are changed may be
steered by how sure the discriminator is of the reals (Karras et al. 2020, arXiv 2006.06676).
"""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.config import Augment
from impasto.core.images import Picture, grid
from impasto.core.together import RANKS
from impasto.data.loader import to_pictures, to_tensor

VERSIONS = 9
"""Of each original, on a preview."""


def colour(x: Tensor) -> Tensor:
    """Brightness ±.5, saturation ×0–2, contrast ×.5–1.5. (N, 3, H, W) in [−1, 1] → same shape."""
    brightness, saturation, contrast = RANKS.drawn(
        torch.rand, (3, len(x), 1, 1, 1), 1, device=x.device
    )
    x = x + (brightness - 0.5)
    grey = x.mean(1, keepdim=True)
    x = torch.lerp(grey, x, 2 * saturation)
    middle = x.mean((1, 2, 3), keepdim=True)
    return torch.lerp(middle, x, contrast + 0.5)


def translation(x: Tensor, step: int = 1, share: float = 1 / 8) -> Tensor:
    """Shift by up to an eighth each way, grey (0) beyond the edge. (N, 3, H, W) → same shape.

    Args:
        x: pictures.
        step: pixels of which every shift is a multiple. A generator that doubles leaves a grid of
            2 and 4 pixels; shifted by any pixel, pictures no longer show where it lies, the
            discriminator cannot punish it and the generator keeps it.
        share: of the side, how far at most.
    """
    count, _, height, width = x.shape
    reach_y, reach_x = int(height * share) // step, int(width * share) // step
    shift_y = step * _whole(-reach_y, reach_y + 1, x)
    shift_x = step * _whole(-reach_x, reach_x + 1, x)
    # One ring of zeros, and every index outside clamped onto it.
    padded = F.pad(x, (1, 1, 1, 1))
    rows = (torch.arange(height, device=x.device) + shift_y + 1).clamp(0, height + 1)
    columns = (torch.arange(width, device=x.device) + shift_x + 1).clamp(0, width + 1)
    each = torch.arange(count, device=x.device)[:, None, None]
    picked = padded.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def cutout(x: Tensor, share: float = 1 / 2) -> Tensor:
    """Blank a square of half the side somewhere. (N, 3, H, W) → same shape."""
    height, width = x.shape[2:]
    size_y, size_x = int(height * share), int(width * share)
    centre_y = _whole(0, height + (1 - size_y % 2), x)
    centre_x = _whole(0, width + (1 - size_x % 2), x)
    rows = (torch.arange(height, device=x.device) - centre_y + size_y // 2) // max(size_y, 1)
    columns = (torch.arange(width, device=x.device) - centre_x + size_x // 2) // max(size_x, 1)
    hole = (rows == 0)[:, None, :, None] & (columns == 0)[:, None, None, :]
    return x * (~hole).to(x.dtype)


def dihedral(x: Tensor) -> Tensor:
    """One of the eight turns and mirrorings of a square. (N, 3, S, S) → same shape."""
    mirrored, flipped, transposed = (
        RANKS.drawn(torch.rand, (3, len(x), 1, 1, 1), 1, device=x.device) < 0.5
    )
    x = torch.where(mirrored, x.flip(3), x)
    x = torch.where(flipped, x.flip(2), x)
    return torch.where(transposed, x.transpose(2, 3), x) if x.shape[2] == x.shape[3] else x


def _whole(least: int, beyond: int, x: Tensor) -> Tensor:
    """A whole number by chance for each picture: (N, 1)."""
    return RANKS.drawn(partial(torch.randint, least, beyond), (len(x), 1), device=x.device)


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "dihedral": dihedral,
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}


def augment(x: Tensor, policy: Iterable[str], probability: float = 1.0, step: int = 1) -> Tensor:
    """Apply the named changes in turn. (N, 3, H, W) in [−1, 1] → same shape, differentiable.

    Args:
        x: pictures.
        policy: names from `CHANGES`.
        probability: the share of pictures that each change is applied to, by chance.
        step: pixels of which a translation is a multiple.
    """
    for name in policy:
        changed = translation(x, step) if name == "translation" else CHANGES[name](x)
        if probability < 1:
            chosen = RANKS.drawn(torch.rand, (len(x), 1, 1, 1), device=x.device) < probability
            changed = torch.where(chosen, changed, x)
        x = changed
    return x


def preview_sheet(
    pictures: NDArray[np.uint8], knobs: Augment, count: int = 8, seed: int = 0
) -> Picture:
    """A sheet of originals, each followed by `VERSIONS` changed ones.

    Args:
        pictures: (N, H, W, 3), uint8, of which some are chosen.
        knobs: how to change them.
        count: rows at most.
        seed: of the choice and of the changes.
    """
    rows = np.random.default_rng(seed).permutation(len(pictures))[:count]
    originals = np.asarray(pictures[np.sort(rows)])
    torch.manual_seed(seed)
    columns = [originals]
    for _ in range(VERSIONS):
        reals = to_tensor(originals, torch.device("cpu"))
        columns.append(to_pictures(augment(reals, knobs.policy, knobs.probability, knobs.step)))
    sheet = np.stack(columns, 1).reshape(-1, *originals.shape[1:])
    return grid(sheet, columns=1 + VERSIONS)


def steer(probability: float, certainty: float, target: float, pictures: int, ramp: int) -> float:
    """The next probability: up while the discriminator is surer of reals than it should be.

    Karras et al. 2020 (arXiv 2006.06676), equation 1 and section 3.2: r_t = E[sign D(real)] is
    held at a target by steps of fixed size.

    Args:
        probability: in [0, 1], now.
        certainty: mean sign of the logits of reals since the last step, in [−1, 1].
        target: where it should be.
        pictures: reals shown since the last step.
        ramp: pictures in which the probability could go from 0 to 1.
    """
    step = pictures / ramp * (1 if certainty > target else -1)
    return min(max(probability + step, 0.0), 1.0)
