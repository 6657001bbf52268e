"""Anchors: originals with a latent of their own, which says what they show.

A discriminator says whether a sample looks like some painting, never which painting a latent should
become, so nothing holds head, shoulders and coat together. Here every original has a latent, made
from what DINOv2 sees in it. In the steps in which DINOv2 looks, the generator paints the latents of
the very originals in the batch and is drawn towards them: by DINOv2's tokens and by colours on 8×8
places, never pixel by pixel.

Painting from an instance's features: Casanova et al. 2021, "Instance-Conditioned GAN"
(arXiv 2109.05070). That representations make unlabelled pictures easier to generate: Li et al.
2023, "Return of Unconditional Generation" (arXiv 2312.03701). A latent for each picture: Bojanowski
et al. 2018, "Optimizing the Latent Space of Generative Networks" (arXiv 1707.05776). Ours needs no
second network to draw from: the first `CODES` numbers of a latent are principal components of the
features, each made normal by its ranks, so that latents drawn from N(0, 1) mean what originals' do.
"""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.config import Config
from impasto.config.loss import CODES
from impasto.core.console import track
from impasto.core.device import in_full
from impasto.core.together import RANKS
from impasto.data.dataset import Dataset
from impasto.data.loader import Batches, to_tensor
from impasto.metrics.cache import remembered
from impasto.models.impasto_discriminator import LOOKED_AT, SHOWN_AT
from impasto.models.projected import resize
from impasto.models.vision_transformer import WIDTH, dino

MOST, FITTED = 20_000, 2_000
"""Originals that have a latent, and those that the components are computed from: what it costs does
not grow with larger sets."""

PLACES, THUMBNAIL = 3, 4
"""Sides of the grids of tokens and of colours that a code is made of."""

NEARBY = 0.1
"""Deviation of the noise on a code, so that an original has a neighbourhood and not a point."""

COLOURS, COLOURS_WEIGHT = 8, 20 / 3
"""Side of the grid of colours that are compared, and what they count beside the tokens."""

TYPICAL = (0.62, 0.049, 0.36, 0.26)
TYPICAL_COLOURS = 0.44
"""Mean squared difference of two paintings, augmented: in tokens and class token of each layer, and
in colours (192 of 9,781 paintings). Apart by as much counts 1."""

_BATCH = 64

CodesAt = Callable[[int, torch.device], Tensor]
"""(images shown so far, device) → codes (N, CODES) of the next batch; NaN without one."""


def codes_at(config: Config, dataset: Dataset, batches: Batches) -> CodesAt | None:
    """The codes of a training's batches; None where it has no anchors."""
    if not config.loss.anchors:
        return None
    rows, codes = find_codes(dataset, batches.only, config.data.flip)
    number = np.full(len(dataset), -1)
    number[rows] = np.arange(len(rows))

    def at(images: int, device: torch.device) -> Tensor:
        wanted = number[batches.rows(images)]
        found = codes[batches.mirrored(images).astype(int), wanted]
        found[wanted < 0] = np.nan
        return torch.from_numpy(found).to(device)

    return at


def find_codes(
    dataset: Dataset, only: NDArray[np.intp], flip: bool
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Rows of the originals with a code, and the codes, from beside the set or laid there.

    Args:
        dataset: the packed pictures.
        only: rows that are trained on.
        flip: whether pictures are mirrored as well.

    Returns:
        (M,) and (2, M, CODES): of pictures as they are, and mirrored.
    """
    rows = np.sort(np.random.default_rng(0).permutation(only)[:MOST])
    about = {
        "format": "impasto-codes",
        "version": "1",
        "fingerprint": dataset.fingerprint,
        "rows": hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest(),
        "flip": str(flip),
    }
    path = dataset.folder / f"codes-{'mirrored-' if flip else ''}{len(rows)}.safetensors"
    sides = 2 if flip else 1
    found = remembered(path, about, (sides * len(rows), CODES), lambda: _codes(dataset, rows, flip))
    codes = found.reshape(sides, len(rows), CODES)
    return rows, codes if flip else np.repeat(codes, 2, 0)


def _codes(dataset: Dataset, rows: NDArray[np.intp], flip: bool) -> NDArray[np.float32]:
    """Codes of the pictures, then of the mirrored ones."""
    few = rows[:: -(-len(rows) // FITTED)]
    fitted = np.concatenate([_features(dataset.pictures[few[at]]) for at in _batches(len(few))])
    middle, scale = fitted.mean(0), _scale(fitted)
    *_, axes = np.linalg.svd((fitted - middle) / scale, full_matrices=False)
    axes = axes[:CODES]
    if len(axes) < CODES:  # of a very small set there are fewer directions than numbers
        axes = np.pad(axes, ((0, CODES - len(axes)), (0, 0)))
    signs = np.where(axes.sum(1) < 0, -1, 1)  # components have none of their own
    turn = ((axes * signs[:, None]) / scale).T
    parts = [
        (rows[at], mirrored) for mirrored in (False, True)[: 1 + flip] for at in _batches(len(rows))
    ]
    found = []
    for at, mirrored in track(parts, "Finding what originals show (dinov2-s)", len(parts)):
        pictures = dataset.pictures[at]
        found.append((_features(pictures[:, :, ::-1] if mirrored else pictures) - middle) @ turn)
    return as_normal(np.concatenate(found))


def _batches(count: int) -> list[slice]:
    return [slice(start, start + _BATCH) for start in range(0, count, _BATCH)]


@torch.inference_mode()
def _features(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Class tokens, a grid of tokens, a grid of colours: (N, H, W, 3) → (N, 768 + 3,456 + 48)."""
    x = to_tensor(np.array(pictures), torch.device("cpu"))
    with in_full("cpu"):
        seen = dino().tokens(_whole_patches(resize(x, SHOWN_AT)), LOOKED_AT)
    parts = [each.whole for each in seen]
    parts.append(F.adaptive_avg_pool2d(seen[-1].patches, PLACES).flatten(1))
    parts.append(F.adaptive_avg_pool2d(x, THUMBNAIL).flatten(1))
    features: NDArray[np.float32] = torch.cat(parts, 1).numpy()
    return features


def _whole_patches(x: Tensor) -> Tensor:
    """Oblong pictures with sides that are multiples of a patch."""
    height, width = (side // 14 * 14 for side in x.shape[2:])
    return x[:, :, :height, :width]


def _scale(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each number is divided by, so that the three kinds count alike: (D,)."""
    tokens = len(LOOKED_AT) * WIDTH
    kinds = (slice(0, tokens), slice(tokens, tokens + PLACES**2 * WIDTH))
    scale = np.empty(features.shape[1], np.float32)
    for kind in (*kinds, slice(kinds[-1].stop, None)):
        scale[kind] = max(np.sqrt(features[:, kind].var(0).sum()), 1e-6)
    return scale


def as_normal(components: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each column made N(0, 1) by its ranks: (N, D) → (N, D)."""
    ranks = components.argsort(0, kind="stable").argsort(0, kind="stable")
    shares = torch.from_numpy((ranks + 0.5) / len(components))
    normal: NDArray[np.float32] = torch.special.ndtri(shares).float().numpy()
    return normal


def at_anchors(latents: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Latents whose first numbers are originals' codes, and which of them (N,).

    Args:
        latents: (N, latent), drawn; rows without a code stay.
        codes: (whole batch, CODES); NaN where there is none.
    """
    codes = RANKS.rows(codes)
    near = codes + NEARBY * RANKS.drawn(torch.randn, tuple(codes.shape), device=codes.device)
    near = torch.where(codes.isnan(), latents[:, :CODES], near)
    return torch.cat([near, latents[:, CODES:]], 1), ~codes[:, 0].isnan()


def apart(
    fakes: Tensor,
    reals: Tensor,
    fake_tokens: Sequence[Tensor],
    real_tokens: Sequence[Tensor],
    known: Tensor,
) -> Tensor:
    """How far samples are from their originals, 1 for strangers: a scalar.

    Args:
        fakes: (N, 3, H, W), augmented as `reals` are.
        reals: their originals.
        fake_tokens: of each layer tokens (N, 384, h, w), then the class token (N, 384).
        real_tokens: the same of the originals, without a gradient.
        known: (N,), which of the samples have an original.
    """
    by_colour = _squares(_shrunk(fakes, COLOURS) - _shrunk(reals, COLOURS)) / TYPICAL_COLOURS
    by_token = torch.zeros_like(by_colour)
    for fake, real, typical in zip(fake_tokens, real_tokens, TYPICAL, strict=True):
        difference = fake.float() - real.float()
        if difference.dim() == 4:
            difference = F.avg_pool2d(difference, 2)  # what is where, but for a patch
        by_token = by_token + _squares(difference) / typical / len(TYPICAL)
    return ((by_token + COLOURS_WEIGHT * by_colour) * known).mean()


def _squares(difference: Tensor) -> Tensor:
    """The mean square of each row: (N, …) → (N,)."""
    return difference.square().flatten(1).mean(1)


def _shrunk(pictures: Tensor, side: int) -> Tensor:
    return F.adaptive_avg_pool2d(pictures.float(), side)
