"""Shapes by a network that enlarges: sharp, and without any paint.

What such a network makes of a small copy of an original, and the original itself, differ by the
paint that the network leaves out. A picture that it enlarges lacks just that (the analogy A : A′ ::
B : B′ of Hertzmann et al. 2001).
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.core.files import atomic_writer
from impasto.core.images import Picture
from impasto.data.decode import Unreadable, decode_image, to_array

MOST = 1000
"""Enlarged originals that are remembered: 130 KB each at 256 pixels."""


@dataclass(frozen=True)
class Shapes:
    """A network, and what it has made of originals before."""

    enlarge: Callable[[Picture], Picture]
    times: int
    """How many times wider and higher its results are."""

    name: str
    """All that makes its results differ from another's."""

    remembered: Path
    """A folder for enlarged originals."""

    def of(self, small: Tensor) -> Tensor:
        """A picture's shapes: (1, 3, H, W) in 0–1 → `times` as wide and high."""
        return _as_tensor(self.enlarge(_as_picture(small)))

    def of_original(self, small: Tensor) -> Tensor:
        """The same of a small original; remembered, as others will want it too."""
        picture = _as_picture(small)
        digest = hashlib.sha256(f"{self.name} {self.times} {picture.shape}".encode())
        digest.update(picture.tobytes())
        file = self.remembered / f"{digest.hexdigest()[:32]}.png"
        height, width, _ = picture.shape
        found = _recalled(file, (height * self.times, width * self.times))
        if found is None:
            found = self.enlarge(picture)
            self._remember(file, found)
        return _as_tensor(found)

    def _remember(self, file: Path, picture: Picture) -> None:
        with suppress(OSError):  # it only saves time
            self.remembered.mkdir(parents=True, exist_ok=True)
            with atomic_writer(file) as opened:
                Image.fromarray(picture).save(opened, "PNG")
            kept = sorted(self.remembered.glob("*.png"), key=lambda each: each.stat().st_mtime)
            for old in kept[:-MOST]:
                old.unlink(missing_ok=True)


def _recalled(file: Path, sides: tuple[int, int]) -> Picture | None:
    """What is remembered; None where it is missing or damaged."""
    if not file.is_file():
        return None
    with suppress(Unreadable, OSError):
        picture = to_array(decode_image(file).image)
        if picture.shape == (*sides, 3):
            return picture
    return None


def _as_picture(picture: Tensor) -> Picture:
    array = (picture[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return np.ascontiguousarray(array)


def _as_tensor(picture: Picture) -> Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 255
