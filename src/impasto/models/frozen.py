"""A pretrained network made cheap to look through: the same function, fewer milliseconds.

A projected discriminator spends most of a step in its frozen network, two thirds of that on the
way back to the picture. Frozen, BatchNorm is a scale and a shift that the convolution before it
can take over. And the input gradient of a depthwise convolution with stride 2, for which oneDNN
has only a slow reference loop, is a depthwise convolution with stride 1 of the gradient spread
out by zeros. What each brings is in docs/log.md.
"""

import copy
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import fuse_conv_bn_weights

from impasto.models.pretrained import EfficientNetLite, Variant, efficientnet_lite


@cache
def looking_glass(variant: Variant = "lite0", device: str = "cpu") -> EfficientNetLite:
    """EfficientNet-Lite for looking through, its features as `efficientnet_lite`'s to rounding.

    Made once a process and device. Gradients flow to the picture, twice if need be.

    Raises:
        ImpastoError: the package that holds its weights is not installed.
    """
    glass = copy.deepcopy(efficientnet_lite(variant, device))
    network = glass.network
    network.bn1 = _fold(network.conv_stem, network.bn1)
    for block in (block for stage in network.blocks for block in stage):
        first = ("conv_pw", "conv_dw", "conv_pwl") if hasattr(block, "conv_pwl") else ()
        for number, name in enumerate(first or ("conv_dw", "conv_pw"), 1):
            norm = _fold(getattr(block, name), getattr(block, f"bn{number}"))
            setattr(block, f"bn{number}", norm)
        if block.conv_dw.stride == (2, 2):
            block.conv_dw = HalvingDepthwise(block.conv_dw)
    glass.requires_grad_(False)
    return glass.to(memory_format=torch.channels_last)


class HalvingDepthwise(nn.Module):
    """A depthwise convolution with stride 2 and TensorFlow's padding, its weights frozen."""

    weight: Tensor
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.register_buffer("weight", convolution.weight.detach())
        self.register_buffer("bias", cast(Tensor, convolution.bias).detach())

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C, ⌈H/2⌉, ⌈W/2⌉)."""
        weight, bias = self.weight, self.bias
        if torch.is_autocast_enabled(x.device.type):
            dtype = torch.get_autocast_dtype(x.device.type)
            x, weight, bias = x.to(dtype), weight.to(dtype), bias.to(dtype)
        y: Tensor = _Halve.apply(x, weight)
        return y + bias[:, None, None]


class _Halve(torch.autograd.Function):
    """The convolution of `HalvingDepthwise`, and its gradient for the picture only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.sides = x.shape[2:]
        before, after = zip(*(_padding(side, weight.shape[2]) for side in ctx.sides), strict=True)
        padded = F.pad(x, (before[1], after[1], before[0], after[0]))
        return F.conv2d(padded, weight, stride=2, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,), (weight,) = gradients, ctx.saved_tensors
        kernel, (height, width) = weight.shape[2], ctx.sides
        spread = gradient.new_zeros(
            *gradient.shape[:2], *(2 * side - 1 for side in gradient.shape[2:])
        ).contiguous(memory_format=torch.channels_last)
        spread[:, :, ::2, ::2] = gradient
        around = [kernel - 1 - _padding(side, kernel)[0] for side in ctx.sides]
        full = F.conv2d(spread, weight.flip(2, 3), padding=around, groups=len(weight))
        return full[:, :, :height, :width], None


def _padding(side: int, kernel: int) -> tuple[int, int]:
    """Zeros before and after: as few as give ⌈side / 2⌉ windows, the odd one after."""
    zeros = max(0, (-(-side // 2) - 1) * 2 + kernel - side)
    return zeros // 2, zeros - zeros // 2


def _fold(convolution: nn.Conv2d, norm: Any) -> nn.Module:
    """Give the convolution its BatchNorm's scale and shift; returns the activation that is left."""
    weight, bias = fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    convolution.weight, convolution.bias = weight, bias
    return cast(nn.Module, norm.act)
