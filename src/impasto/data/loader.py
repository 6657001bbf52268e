"""Batches from a packed set: every picture once per pass, in an order that needs no memory.

Or, where it is asked for, drawn from the whole set each time, as a few published projects do.

Which pictures make a batch, and which of them are mirrored, follows from the seed and from how
many images were shown before: a resumed run sees what an uninterrupted one would have seen.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from impasto.errors import ImpastoError

_ORDER, _FLIP, _POSITION, _DRAW = 0, 1, 2, 3  # separate streams of chance from one seed

SIXFOLD: tuple[Callable[[NDArray[np.uint8]], NDArray[np.uint8]], ...] = (
    lambda pictures: pictures,
    lambda pictures: pictures[:, :, ::-1],
    lambda pictures: pictures[:, ::-1],
    lambda pictures: np.rot90(pictures, 1, (1, 2)),
    lambda pictures: np.rot90(pictures, 2, (1, 2)),
    lambda pictures: np.rot90(pictures, 3, (1, 2)),
)
"""ART-GAN's positions: as it is, both mirrorings, turned by 90°, 180° and 270°."""


class BatchSource(Protocol):
    """Where the loop gets its batches: what comes after so many images follows from that alone."""

    @property
    def batch(self) -> int:
        """Images in one batch."""
        ...

    def tensor(self, images: int, device: torch.device) -> Tensor:
        """The batch that comes after `images` images, as the step takes it, on `device`."""
        ...


class Batches:
    """Random access to the endless sequence of batches of one training."""

    def __init__(
        self,
        pictures: NDArray[np.uint8],
        batch: int,
        seed: int,
        flip: bool = False,
        sixfold: bool = False,
        only: NDArray[np.intp] | None = None,
        label_ids: NDArray[np.int64] | None = None,
        replacement: bool = False,
    ) -> None:
        """Draw from `pictures` (N, H, W, 3), usually a memory map: only a batch is in memory.

        Args:
            pictures: all of the set.
            batch: how many at once.
            seed: the order.
            flip: mirror half of them.
            sixfold: show each in one of `SIXFOLD` positions.
            only: rows of the pictures to draw from; all if not given.
            label_ids: (N,), the number of each picture's label, for `labels`.
            replacement: draw each picture from all of them, whatever came before.

        Raises:
            ImpastoError: pictures that are not square cannot be turned.
        """
        if sixfold and pictures.shape[1] != pictures.shape[2]:
            raise ImpastoError(
                "data.sixfold turns pictures on their side, so they must be square, not "
                f"{pictures.shape[2]}×{pictures.shape[1]}; set it to false or choose another size."
            )
        self.pictures, self.label_ids = pictures, label_ids
        self.only = np.arange(len(pictures)) if only is None else only
        self.batch = batch
        self.seed = seed
        self.flip = flip
        self.sixfold = sixfold
        self.replacement = replacement
        self._orders: dict[int, NDArray[np.int64]] = {}

    def rows(self, images: int) -> NDArray[np.int64]:
        """Which of the pictures make the batch that comes after `images` images: (batch,)."""
        count = len(self.only)
        if self.replacement:
            chance = np.random.default_rng((self.seed, _DRAW, images))
            return np.asarray(self.only[chance.integers(count, size=self.batch)])
        positions = np.arange(images, images + self.batch)
        epochs = positions // count
        needed = range(int(epochs[0]), int(epochs[-1]) + 1)
        self._orders = {epoch: self._order(epoch) for epoch in needed}
        drawn = [self._orders[epoch][positions[epochs == epoch] % count] for epoch in needed]
        return np.asarray(self.only[np.concatenate(drawn)])

    def at(self, images: int) -> NDArray[np.uint8]:
        """The batch that comes after `images` images: (batch, H, W, 3), uint8."""
        pictures: NDArray[np.uint8] = self.pictures[self.rows(images)]
        mirrored = self.mirrored(images)
        pictures[mirrored] = pictures[mirrored, :, ::-1]
        if self.sixfold:
            chance = np.random.default_rng((self.seed, _POSITION, images))
            drawn = chance.integers(len(SIXFOLD), size=self.batch)
            for position, turn in enumerate(SIXFOLD):
                chosen = drawn == position
                pictures[chosen] = turn(pictures[chosen])
        return pictures

    def mirrored(self, images: int) -> NDArray[np.bool_]:
        """Which pictures of that batch are mirrored: (batch,)."""
        if not self.flip:
            return np.zeros(self.batch, bool)
        chance = np.random.default_rng((self.seed, _FLIP, images))
        return np.asarray(chance.random(self.batch) < 0.5)

    def tensor(self, images: int, device: torch.device) -> Tensor:
        """`at`, as a network takes it: (batch, 3, H, W) in [−1, 1] on `device`."""
        return to_tensor(self.at(images), device)

    def labels(self, images: int, device: torch.device) -> Tensor:
        """The labels' numbers of that batch's pictures: (batch,), int64, on `device`."""
        assert self.label_ids is not None  # asked only where labels are learnt
        return _moved(torch.from_numpy(self.label_ids[self.rows(images)]), device)

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if epoch in self._orders:
            return self._orders[epoch]
        return np.random.default_rng((self.seed, _ORDER, epoch)).permutation(len(self.only))


def to_tensor(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(N, H, W, 3) uint8 → (N, 3, H, W) fp32 in [−1, 1], channels last in memory.

    The bytes travel to the device, a quarter of what floats would be.
    """
    moved = _moved(torch.from_numpy(pictures), device)
    return moved.permute(0, 3, 1, 2).to(torch.float32).div_(127.5).sub_(1.0)


def _moved(values: Tensor, device: torch.device) -> Tensor:
    """On `device`; from pinned memory, so that a step need not wait for the one before it."""
    pinned = values.pin_memory() if device.type == "cuda" else values
    return pinned.to(device, non_blocking=True)


def to_pictures(images: Tensor) -> NDArray[np.uint8]:
    """(N, 3, H, W) in [−1, 1] → (N, H, W, 3) uint8, rounded, on the CPU."""
    scaled = images.detach().float().add(1.0).mul(127.5).round_().clamp_(0, 255)
    bytes_: NDArray[np.uint8] = scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(bytes_)
