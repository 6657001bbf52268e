"""Convolutions that halve or double a picture, with a faster weight gradient on CPUs in bf16.

oneDNN has a matrix kernel for a convolution and for its input gradient in bf16, but without AMX
none for the weight gradient; where many channels meet few positions its loop is three to five
times slower than gathering the patches and multiplying once. Same mathematics up to rounding;
`tests/models/test_convolution.py` compares. Weights and their names are those of torch.nn.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

KERNEL, STRIDE, PADDING = 4, 2, 1
FEW = 8
"""Side of the coarse picture up to which the matrix product wins (measured: docs/log.md)."""


class Halve(nn.Conv2d):
    """(N, in, 2h, 2w) → (N, out, h, w): 4×4, stride 2, padding 1."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; the gradient goes the faster way."""
        if not _matrix_product_wins(x, x.shape[2] // STRIDE):
            return super().forward(x)
        return _with_fast_gradient(x, self.weight, self.bias, doubles=False)


class Double(nn.ConvTranspose2d):
    """(N, in, h, w) → (N, out, 2h, 2w): the transpose of `Halve`."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve; the gradient goes the faster way."""
        if output_size is not None or not _matrix_product_wins(x, x.shape[2]):
            return super().forward(x, output_size)
        return _with_fast_gradient(x, self.weight, self.bias, doubles=True)


def _matrix_product_wins(x: Tensor, coarse: int) -> bool:
    bf16 = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    return x.device.type == "cpu" and bf16 and torch.is_grad_enabled() and coarse <= FEW


def _with_fast_gradient(x: Tensor, weight: Tensor, bias: Tensor | None, doubles: bool) -> Tensor:
    # Cast out here, not inside, so that a second derivative finds its way to the weights.
    y: Tensor = _Convolve.apply(x.bfloat16(), weight.bfloat16(), doubles)
    return y if bias is None else y + bias[:, None, None].to(y.dtype)


class _Convolve(torch.autograd.Function):
    """`Halve` or `Double`: each is the other's input gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, doubles: bool) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.doubles = doubles
        return _convolve(x, weight, doubles)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        for_x = for_weight = None
        if ctx.needs_input_grad[0]:
            for_x = _convolve(gradient, weight, not ctx.doubles)
        if ctx.needs_input_grad[1]:
            fine, coarse = (gradient, x) if ctx.doubles else (x, gradient)
            for_weight = weight_gradient(fine, coarse)
        return for_x, for_weight, None


def _convolve(x: Tensor, weight: Tensor, doubles: bool) -> Tensor:
    convolution = F.conv_transpose2d if doubles else F.conv2d
    return convolution(x, weight, None, STRIDE, PADDING)


def weight_gradient(fine: Tensor, coarse: Tensor) -> Tensor:
    """Σ over pictures and positions of coarse value × the 4×4 patch of fine values under it.

    Args:
        fine: (N, F, 2h, 2w), a `Halve`'s input or a `Double`'s output gradient.
        coarse: (N, C, h, w), a `Halve`'s output gradient or a `Double`'s input.

    Returns:
        (C, F, 4, 4).
    """
    channels_fine, channels_coarse = fine.shape[1], coarse.shape[1]
    padded = F.pad(fine.permute(0, 2, 3, 1), (0, 0, PADDING, PADDING, PADDING, PADDING))
    patches = padded.unfold(1, KERNEL, STRIDE).unfold(2, KERNEL, STRIDE)  # (N, h, w, F, 4, 4)
    rows = patches.permute(0, 1, 2, 4, 5, 3).reshape(-1, KERNEL * KERNEL * channels_fine)
    columns = coarse.permute(0, 2, 3, 1).reshape(-1, channels_coarse)
    product = columns.t() @ rows
    return product.view(channels_coarse, KERNEL, KERNEL, channels_fine).permute(0, 3, 1, 2)
