"""EfficientNet-Lite as a pair of eyes: its weights frozen, cheap to look through both ways.

Tan & Le 2019 (arXiv 1905.11946) in its variant without squeeze-and-excitation and with ReLU6.
Frozen, BatchNorm is a scale and a shift, which the convolution before it takes over once and for
all. Pictures are looked at upside down, with kernels turned likewise: before a convolution with
stride 2 TensorFlow puts the odd zero at the far end, PyTorch at the near one, and so no map need
be copied into a larger one. And the input gradient of a depthwise convolution with stride 2, for
which oneDNN has only a slow reference loop, is a depthwise convolution with stride 1 of the
gradient spread out by zeros: two thirds of a projected discriminator's step were on this way
back. docs/log.md has the figures.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Variant = Literal["lite0", "lite1", "lite2"]

STAGES = {
    "lite0": (16, 24, 40, 112, 320),
    "lite1": (16, 24, 40, 112, 320),
    "lite2": (16, 24, 48, 120, 352),
}
"""Channels of the maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's side."""

DEPTH = {"lite0": 1.0, "lite1": 1.1, "lite2": 1.2}
"""How many times as many blocks as lite0 a variant has in a group, but for the outer ones."""

GROUPS = ((3, 1, 1), (3, 2, 2), (5, 2, 2), (3, 2, 3), (5, 1, 3), (5, 2, 4), (3, 1, 1))
"""Kernel, stride of the first block and number of blocks (of lite0) in each group of blocks."""

ENDS = (0, 1, 2, 4, 6)
"""After which groups the maps of a stage are ready."""

EPSILON = 1e-3
"""What BatchNorm adds to a variance in the published network."""


class EfficientNetLite(nn.Module):
    """A frozen EfficientNet-Lite.

    Pictures go in as a generator paints them, in [−1, 1]. Gradients flow through it to the
    picture, twice if need be, never into its weights.
    """

    def __init__(self, variant: Variant, published: Sequence[Tensor]) -> None:
        """The network of `published` weights.

        Args:
            variant: which of them.
            published: the tensors of its published state in their order: for each convolution its
                weight, then BatchNorm's weight, bias, mean, variance and count; last the
                classifier's weight and bias, which are left out. They decide all widths.

        Raises:
            ValueError: they are not those of this variant.
        """
        super().__init__()
        self.variant = variant
        *layers, classes, _ = published
        rest = _folded(layers)
        self.stem = Layer(next(rest), stride=2)
        self.groups = nn.ModuleList(
            nn.Sequential(
                *(
                    Block(rest, kernel, stride if first else 1, expanding=number > 0)
                    for first in [True] + [False] * (_blocks(variant, number) - 1)
                )
            )
            for number, (kernel, stride, _) in enumerate(GROUPS)
        )
        self.head = Layer(next(rest))
        if (left := len(list(rest))) or classes.shape[1] != len(self.head.weight):
            raise ValueError(f"not the weights of EfficientNet-{variant}: {left} layers too many")

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) in [−1, 1] → pooled features (N, 1280), before the classifier."""
        x = self.stem(x.flip(2, 3))
        for group in self.groups:
            x = group(x)
        pooled: Tensor = self.head(x).mean((2, 3))
        return pooled

    def stages(self, x: Tensor, which: Sequence[int] = (0, 1, 2, 3, 4)) -> list[Tensor]:
        """(N, 3, H, W) in [−1, 1] → the maps of the stages `which`, see `STAGES`.

        Groups behind the last one asked for are not computed.
        """
        wanted = [ENDS[stage] for stage in which]
        maps = {}
        x = self.stem(x.flip(2, 3))
        for number, group in enumerate(self.groups[: max(wanted) + 1]):
            maps[number] = x = group(x)
        return [maps[number].flip(2, 3) for number in wanted]


class Block(nn.Module):
    """Widen, look around in each channel, narrow; and the way around it where shapes agree."""

    def __init__(self, rest: "Iterator[Folded]", kernel: int, stride: int, expanding: bool) -> None:
        super().__init__()
        widen = [Layer(next(rest))] if expanding else []
        folded = next(rest)
        if folded[0].shape[1:] != (1, kernel, kernel):
            raise ValueError(f"a depthwise kernel of {kernel}×{kernel} expected")
        around = HalvingDepthwise(*folded) if stride == 2 else Layer(folded)
        narrow = Layer(next(rest), linear=True)
        self.layers = nn.Sequential(*widen, around, narrow)
        inputs = (widen[0].weight if widen else folded[0]).shape[1 if widen else 0]
        self.residual = stride == 1 and inputs == len(narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C', H / stride, W / stride)."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


Folded = tuple[Tensor, Tensor]
"""Weight and bias of a convolution that does its BatchNorm's work."""


class Layer(nn.Module):
    """A convolution, depthwise if its weight is, and ReLU6."""

    weight: Tensor
    bias: Tensor

    def __init__(self, folded: Folded, stride: int = 1, linear: bool = False) -> None:
        super().__init__()
        self.register_buffer("weight", folded[0])
        self.register_buffer("bias", folded[1])
        self.stride, self.linear = stride, linear

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C', ⌈H / stride⌉, ⌈W / stride⌉)."""
        kernel = self.weight.shape[2]
        groups = x.shape[1] // self.weight.shape[1]
        y = F.conv2d(x, self.weight, self.bias, self.stride, kernel // 2, groups=groups)
        return y if self.linear else F.relu6(y, inplace=True)


class HalvingDepthwise(nn.Module):
    """A depthwise convolution with stride 2, its weights frozen, and ReLU6."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
        weight, bias = self.weight, self.bias
        if torch.is_autocast_enabled(x.device.type):
            dtype = torch.get_autocast_dtype(x.device.type)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        y: Tensor = _Halve.apply(x, weight, bias)
        return F.relu6(y, inplace=True)


class _Halve(torch.autograd.Function):
    """The convolution of `HalvingDepthwise`, and its gradient for the picture only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.sides = x.shape[2:]
        return F.conv2d(x, weight, bias, 2, weight.shape[2] // 2, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,), (weight,) = gradients, ctx.saved_tensors
        # In the order of channels last at once: turned round, zeros cost two fifths of it.
        shape, order = (*gradient.shape[:2], *ctx.sides), torch.channels_last
        spread = torch.empty(
            shape, dtype=gradient.dtype, device=gradient.device, memory_format=order
        )
        spread.zero_()[:, :, ::2, ::2] = gradient
        around = weight.shape[2] // 2
        return F.conv2d(spread, weight.flip(2, 3), padding=around, groups=len(weight)), None, None


def _folded(layers: Sequence[Tensor]) -> "Iterator[Folded]":
    """Each convolution's weight times its BatchNorm's scale, turned, and the shift that is left."""
    for start in range(0, len(layers), 6):
        convolution, weight, bias, mean, variance, _ = layers[start : start + 6]
        scale = weight * (variance + EPSILON).rsqrt()
        folded = (convolution * scale[:, None, None, None]).flip(2, 3)
        yield folded.contiguous(memory_format=torch.channels_last), bias - mean * scale


def _blocks(variant: Variant, number: int) -> int:
    outer = number in (0, len(GROUPS) - 1)
    return 1 if outer else math.ceil(GROUPS[number][2] * DEPTH[variant])
