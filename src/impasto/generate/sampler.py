"""Pictures out of a trained generator: the same seed always gives the same painting."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.core.checkpoints import (
    ModelCard,
)
from impasto.core.console import track
from impasto.core.helping import Job, spread
from impasto.core.threads import THREADS
from impasto.data.loader import to_pictures
from impasto.errors import ImpastoError

BATCH = 32
"""Pictures in one pass, so that memory does not depend on how many are asked."""

LARGEST_PASS = BATCH * 256**2
"""Pixels in one pass: above 256² fewer pictures, which is no slower and takes less memory."""

_LABEL = 1  # a stream of chance from a seed besides that of its latent


@dataclass(frozen=True)
class LoadedGenerator:
    """A generator ready to paint, and where it comes from."""

    network: nn.Module
    latent: int
    origin: str
    """For people: which snapshot this is."""

    card: ModelCard | None
    """The artefact's or checkpoint's description; none where its run does not say enough."""

    labels: tuple[str, ...] = ()
    """Names of the labels that the network takes as `network(latents, numbers)`; empty if none."""

    @property
    def label_counts(self) -> tuple[int, ...]:
        """How often each label is drawn, against the others; then how often none of them is."""
        known = self.card.label_counts if self.card else ()
        return known or ((1,) * len(self.labels) + (0,) if self.labels else ())

    @property
    def at_once(self) -> int:
        """How many pictures one pass paints."""
        return at_once(self.card.model.width, self.card.model.height) if self.card else BATCH

    @cached_property
    def fingerprint(self) -> str:
        """The beginning of a SHA-256 over all weights: which generator painted this?"""
        digest = hashlib.sha256()
        for name, value in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
        return digest.hexdigest()[:16]

    def about(self) -> dict[str, str]:
        """For people and programs that find one of its pictures."""
        return {"origin": self.origin, "fingerprint": self.fingerprint}


def latents_of(seeds: Iterable[int], latent: int) -> Tensor:
    """One latent from N(0, 1) for each seed, whatever else is asked: (N, latent), fp32, CPU."""
    rows = [torch.randn(latent, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(rows) if rows else torch.empty(0, latent)


def labels_of(seeds: Iterable[int], counts: Sequence[int]) -> Tensor:
    """One label for each seed, whatever else is asked, as often as `counts` says: (N,), int64."""
    ends = np.cumsum(counts)
    drawn = [np.random.default_rng((seed, _LABEL)).integers(ends[-1]) for seed in seeds]
    return torch.from_numpy(np.searchsorted(ends, np.array(drawn, np.int64), side="right"))


def at_once(width: int, height: int) -> int:
    """How many pictures of this size one pass paints."""
    return max(1, min(BATCH, LARGEST_PASS // (width * height)))


def sample(
    network: nn.Module,
    latents: Tensor,
    device: torch.device,
    labels: Tensor | None = None,
    batch: int = BATCH,
    in_training: bool = False,
) -> NDArray[np.uint8]:
    """Latents (N, latent) [and labels' numbers (N,)] → pictures (N, H, W, 3), uint8.

    BatchNorm uses its running statistics, so that a picture depends on its own latent alone.
    `batch` of them are painted in one pass; the job is called `batch` for those who help.

    Args:
        network: the generator.
        latents: what it is given.
        device: where it is.
        labels: their numbers, if it knows any.
        batch: how many pictures are painted in one pass.
        in_training: what is no number is painted black, and the guard will say so.

    Raises:
        ImpastoError: a picture is not made of numbers, since the weights are too large.
    """
    given = [latents] if labels is None else [latents, labels]
    split = list(zip(*(torch.split(each, batch) for each in given), strict=True))
    parts = spread(
        Job.BATCH,
        lambda part: paint_batch(network, device, *part),
        [(part, in_training) for part in split],
    )
    return np.concatenate(list(track(parts, "Painting", len(split), quiet=True)))


@torch.no_grad()
def paint_batch(
    network: nn.Module, device: torch.device, given: tuple[Tensor, ...], in_training: bool
) -> NDArray[np.uint8]:
    """One pass of `sample`, of what the network takes."""
    was_training = network.training
    network.eval()
    try:
        THREADS.adjust(device)
        images = network(*(part.to(device) for part in given))
        if not (in_training or bool(images.isfinite().all())):
            raise ImpastoError(
                "This generator's pictures are not numbers (NaN or infinite): its weights are "
                "damaged, or its training had failed; take another snapshot or generator."
            )
        return to_pictures(images)
    finally:
        network.train(was_training)


def paint_seeds(generator: LoadedGenerator, seeds: Iterable[int]) -> NDArray[np.uint8]:
    """The pictures of seeds, each under the label that it draws, if any: (N, H, W, 3), uint8."""
    seeds = list(seeds)
    numbers = labels_of(seeds, generator.label_counts) if generator.labels else None
    latents = latents_of(seeds, generator.latent)
    return sample(generator.network, latents, torch.device("cpu"), numbers, generator.at_once)
