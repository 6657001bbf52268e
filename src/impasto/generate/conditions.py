"""What a picture is painted under besides its latent: a label, and truncation.

Truncation gives up variety for pictures nearer to the middle of what was learnt. What a generator's
first layers read is shrunk towards its mean, which is 0: z′ = ψ z. That is a relative of Karras et
al. 2019 (section 3.2), who shrink an intermediate latent, with no promise of better pictures, since
no training showed the generator latents that short. The truncation of Brock et al. 2019 (section
3.1), which draws numbers beyond a threshold again, is `resampled`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby, islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from impasto.core.helping import spread
from impasto.errors import ImpastoError
from impasto.generate.asked import label_position
from impasto.generate.latents import Latent, of_seed, stack
from impasto.generate.layers import Reader, readers, shrunk
from impasto.generate.sampler import BATCH, LoadedGenerator, labels_of, sample

LEAST_THRESHOLD = 0.1
"""Below it, nearly every number would be drawn again and again."""


class Conditioned(nn.Module):
    """A generator under a label and a truncation: a function of latents alone."""

    def __init__(
        self, generator: LoadedGenerator, label: str | None = None, truncation: float = 1.0
    ) -> None:
        """Prepare what the pictures share.

        Raises:
            ImpastoError: the generator does not know the label.
        """
        super().__init__()
        self.network: Any = generator.network
        self.truncation = truncation
        self.label = label_number(generator, label)
        self.eval()  # a new module is in training, and `sample` would leave the network as it is
        self._readers: list[Reader] = []
        if truncation != 1:
            self._readers = readers(self, generator.latent)

    def forward(self, latents: Tensor) -> Tensor:
        """Latents (N, L) → pictures (N, 3, H, W) in [−1, 1]."""
        with shrunk(self._readers, self.truncation):
            picture: Tensor = self.network(latents, *self._labels(latents))
        return picture

    def _labels(self, latents: Tensor) -> tuple[Tensor, ...]:
        if self.label is None:
            return ()
        return (torch.full((len(latents),), self.label, device=latents.device),)


def seeded(generator: LoadedGenerator, seed: int, label: str | None = None) -> Latent:
    """The latent that a seed stands for, under a label.

    Without one it is drawn by the seed, as often as it was trained; "" is that of pictures which
    had none.
    """
    if label is None and generator.labels:
        (number,) = labels_of([seed], generator.label_counts).tolist()
        label = (*generator.labels, "")[number]
    return replace(of_seed(seed, generator.latent), label=label)


def label_number(generator: LoadedGenerator, label: str | None) -> int | None:
    """The position of a label among those that the generator knows; None if it knows none.

    "" is no label, behind the last of them, if the generator has learnt such pictures.

    Raises:
        ImpastoError: it knows no labels and one is given, knows some and none is, or others.
    """
    unlabelled = bool(generator.labels and generator.label_counts[-1])
    return label_position(label, generator.labels, unlabelled)


def paint(generator: LoadedGenerator, latents: Iterable[Latent]) -> Iterator[NDArray[np.uint8]]:
    """Paint latents in their order, as they come, at most `BATCH` at once: (n, H, W, 3), uint8.

    Raises:
        ImpastoError: the generator does not know a label.
    """
    yield from spread("latents", painter(generator), alike(latents))


def painter(generator: LoadedGenerator) -> Callable[[list[Latent]], NDArray[np.uint8]]:
    """What paints a few latents of one truncation and, where that is not 1, of one label."""
    device, made = torch.device("cpu"), dict[tuple[str | None, float], Conditioned]()

    def paint_some(part: list[Latent]) -> NDArray[np.uint8]:
        if part[0].truncation == 1:  # under whatever labels: one pass for all
            numbers = [label_number(generator, latent.label) for latent in part]
            named = torch.tensor(numbers) if generator.labels else None
            return sample(generator.network, stack(part), device, named, generator.at_once)
        key = part[0].label, part[0].truncation
        if key not in made:
            made[key] = Conditioned(generator, *key)
        return sample(made[key], stack(part), device, batch=generator.at_once)

    return paint_some


def alike(latents: Iterable[Latent], most: int = BATCH) -> Iterator[list[Latent]]:
    """As they come, in parts that `painter` takes.

    Truncated ones go label by label: the middle that one comes nearer to is that of the label.
    """

    def kind(latent: Latent) -> tuple[float, str | None]:
        return latent.truncation, None if latent.truncation == 1 else latent.label

    for _, group in groupby(latents, key=kind):
        while part := list(islice(group, most)):
            yield part


def resampled(seed: int, size: int, threshold: float) -> Tensor:
    """A seed's latent, its numbers beyond ± `threshold` drawn again until none is: (size,).

    Raises:
        ImpastoError: the threshold is so small that drawing would hardly end.
    """
    if threshold < LEAST_THRESHOLD:
        raise ImpastoError(
            f"--truncation {threshold:g}: with --truncation-by resample, {LEAST_THRESHOLD} or more."
        )
    chance = torch.Generator().manual_seed(seed)
    row = torch.randn(size, generator=chance)
    while bool((beyond := row.abs() > threshold).any()):
        row[beyond] = torch.randn(int(beyond.sum()), generator=chance)
    return row
