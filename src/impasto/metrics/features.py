"""Feature extractors with names, since a distance means nothing without its features' name.

Every extractor resizes with the one antialiased bicubic filter of `core.images` (Pillow's
kernel, run by PyTorch in floating point and clamped, not rounded): the filter alone moves FID
(Parmar et al. 2022).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from impasto.core.console import track
from impasto.core.device import in_full
from impasto.core.helping import Job, spread
from impasto.errors import ImpastoError
from impasto.models.frozen import Variant
from impasto.models.pretrained import NATIVE, POOLED, lite_features, to_input
from impasto.models.vision_transformer import PATCH, WIDTH, dino

Extract = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(N, H, W, 3) uint8 → (N, D) float32."""

SMALL, LARGE = 128, 256
"""The sides in pixels that pictures are judged at: up to 128² themselves, and beyond."""

DINO = "dinov2-s"
"""The network's name in metrics: `kid_dinov2-s`."""

_DINO_SIDES = {SMALL: 9 * PATCH, LARGE: 16 * PATCH}
"""Its patches are 14 pixels wide: what comes nearest to the two sides, without a patch cut."""

_DINO_BATCH = 16

NETWORKS = (*NATIVE, DINO)
"""The feature networks that pip brings."""


@dataclass(frozen=True)
class Extractor:
    """A way to turn pictures into vectors, and what to call numbers that are made of them."""

    name: str
    """Goes after the measure: `KID-lite0@128` for features `lite0@128`."""

    dimensions: int
    """Numbers a picture."""

    extract: Extract
    """(N, H, W, 3) uint8 → (N, dimensions) float32."""

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features of a few pictures, (N, H, W, 3) uint8 → (N, dimensions) float32."""
        return self.extract(pictures)


def efficientnet(
    variant: Variant = "lite0", side: int | None = None, device: str = "cpu"
) -> Extractor:
    """Pooled features of an EfficientNet-Lite trained on ImageNet, before its classifier.

    Args:
        variant: judge with another one than the discriminator projects on, if it does.
        side: pictures are resized to `side` × `side` pixels first; the side that the network
            was trained at if not given. Features at different sides are different features.
            Pictures that are not square are squeezed, originals and generated ones alike: so
            both keep all of their pixels, and one network's pooled maps stay as it learnt them.
        device: where it looks; in fp32 without TF32, so that the features are the same up to
            rounding.

    Raises:
        ImpastoError: there is no such variant, or a side that the network cannot see at.
    """
    if variant not in NATIVE:
        raise ImpastoError(f"There are no features {variant!r}; name one of {', '.join(NATIVE)}.")
    if side is not None and not 32 <= side <= 1024:
        raise ImpastoError(
            f"Features cannot be computed at {side} pixels; choose a side from 32 to 1024."
        )
    chosen = NATIVE[variant] if side is None else side
    extract = partial(lite_features, variant=variant, size=chosen, device=device)
    return Extractor(f"{variant}@{chosen}", POOLED, extract)


def judge_extractor(network: str, side: int, device: str = "cpu") -> Extractor:
    """The extractor that judges pictures whose longer side is `side`, by a network of this name.

    Small pictures are looked at as at 128², the smallest side that sees a checkerboard on 64²
    (`docs/log.md`); larger ones at 256², where their detail still shows.

    Raises:
        ImpastoError: there is no such network.
    """
    if network not in NETWORKS:
        raise ImpastoError(f"There is no network {network!r}; name one of {', '.join(NETWORKS)}.")
    shown = SMALL if side <= SMALL else LARGE
    if network == DINO:
        return dinov2(_DINO_SIDES[shown], device)
    return efficientnet(cast(Variant, network), shown, device)


def dinov2(side: int = 16 * PATCH, device: str = "cpu") -> Extractor:
    """DINOv2-S's class token: what a picture shows, where EfficientNet sees how it is made.

    Args:
        side: pictures are resized to this many pixels a side, a multiple of 14.
        device: where it looks, in fp32.

    Raises:
        ImpastoError: its weights are not installed.
    """
    dino(device)  # said now if they are not
    return Extractor(f"{DINO}@{side}", WIDTH, partial(_class_tokens, side=side, device=device))


@torch.inference_mode()
def _class_tokens(pictures: NDArray[np.uint8], side: int, device: str) -> NDArray[np.float32]:
    network, found = dino(device), []
    with in_full(device):
        for start in range(0, len(pictures), _DINO_BATCH):
            x = to_input(pictures[start : start + _DINO_BATCH], side, device)
            found.append(network(x).cpu().numpy())
    return np.concatenate(found)


def features_of(
    pictures: NDArray[np.uint8],
    extractor: Extractor,
    batch: int = 64,
    quiet: bool = False,
    what: str = "Looking",
) -> NDArray[np.float32]:
    """Features of any number of pictures, batch by batch under a progress bar.

    Args:
        pictures: (N, H, W, 3), uint8, RGB; a memory map is read as it goes.
        extractor: what looks at them.
        batch: pictures that are in memory at once; fewer above 256².
        quiet: no progress bar (inside a training, which has its own).
        what: is done, in the words of the progress bar.

    Returns:
        (N, dimensions), float32.

    Raises:
        ImpastoError: the pictures are not such an array.
    """
    check_pictures(pictures)
    batch = max(1, min(batch, 64 * 256**2 // max(1, pictures.shape[1] * pictures.shape[2])))
    found = np.empty((len(pictures), extractor.dimensions), dtype=np.float32)
    starts = range(0, len(pictures), batch)
    parts = ((extractor, np.asarray(pictures[start : start + batch])) for start in starts)
    seen = track(
        spread(Job.LOOK, look, parts), f"{what} ({extractor.name})", len(starts), quiet=quiet
    )
    for start, rows in zip(starts, seen, strict=True):
        found[start : start + batch] = rows
    return found


def look(part: tuple[Extractor, NDArray[np.uint8]]) -> NDArray[np.float32]:
    """What an extractor sees in a few pictures: the job `look` of those who help."""
    extractor, pictures = part
    return extractor(pictures)


def check_pictures(pictures: NDArray[np.uint8]) -> None:
    """Refuse what is not (N, H, W, 3) uint8.

    Raises:
        ImpastoError: it is another shape or type.
    """
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or pictures.dtype != np.uint8:
        raise ImpastoError(
            "Pictures must be an array (N, height, width, 3) of uint8, "
            f"not {pictures.shape} of {pictures.dtype}."
        )
