"""Batches from a packed set: every picture once per pass, in an order that needs no memory.

Which pictures make a batch, and which of them are mirrored, follows from the seed and from how
many images were shown before: a resumed run sees what an uninterrupted one would have seen.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ORDER, _FLIP = 0, 1  # separate streams of chance from one seed


class Batches:
    """Random access to the endless sequence of batches of one training."""

    def __init__(
        self, pictures: NDArray[np.uint8], batch: int, seed: int, flip: bool = False
    ) -> None:
        """Draw from `pictures` (N, H, W, 3), usually a memory map: only a batch is in memory."""
        self.pictures = pictures
        self.batch = batch
        self.seed = seed
        self.flip = flip
        self._orders: dict[int, NDArray[np.int64]] = {}

    def at(self, images: int) -> NDArray[np.uint8]:
        """The batch that comes after `images` images: (batch, H, W, 3), uint8."""
        count = len(self.pictures)
        positions = np.arange(images, images + self.batch)
        epochs = positions // count
        needed = range(int(epochs[0]), int(epochs[-1]) + 1)
        self._orders = {epoch: self._order(epoch) for epoch in needed}
        rows = np.concatenate(
            [self._orders[epoch][positions[epochs == epoch] % count] for epoch in needed]
        )
        pictures: NDArray[np.uint8] = self.pictures[rows]
        if self.flip:
            chance = np.random.default_rng((self.seed, _FLIP, images))
            mirrored = chance.random(self.batch) < 0.5
            pictures[mirrored] = pictures[mirrored, :, ::-1]
        return pictures

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if epoch in self._orders:
            return self._orders[epoch]
        return np.random.default_rng((self.seed, _ORDER, epoch)).permutation(len(self.pictures))


def to_tensor(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(N, H, W, 3) uint8 → (N, 3, H, W) fp32 in [−1, 1], channels last in memory.

    The bytes travel to the device, a quarter of what floats would be.
    """
    bytes_ = torch.from_numpy(pictures)
    if device.type == "cuda":
        bytes_ = bytes_.pin_memory()
    moved = bytes_.to(device, non_blocking=True)
    return moved.permute(0, 3, 1, 2).to(torch.float32).div_(127.5).sub_(1.0)


def to_pictures(images: Tensor) -> NDArray[np.uint8]:
    """(N, 3, H, W) in [−1, 1] → (N, H, W, 3) uint8, rounded, on the CPU."""
    scaled = images.detach().float().add(1.0).mul(127.5).round_().clamp_(0, 255)
    bytes_: NDArray[np.uint8] = scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(bytes_)
