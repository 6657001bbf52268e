"""Convolutions as in DCGAN, computed in the way that is fastest on a CPU.

Parameters, their names and the mathematics are those of torch.nn (up to rounding:
`tests/models/test_convolution.py` compares); what differs is the order of the same products.

- Weight gradients in bf16: oneDNN has a matrix kernel for a convolution and for its input
  gradient, but without AMX none for the weight gradient; where many channels meet few positions
  its loop is three to five times slower than gathering the patches and multiplying once.
- Many channels at few positions, in bf16: a kernel for convolutions has too few rows to fill a
  tile with; the whole batch's patches in one matrix product have enough.
- Three channels at the fine side (a picture): a transposed convolution to so few leaves most
  lanes of its loop empty. Its four phases side by side are one dense 3×3 convolution.
- A transposed convolution's bias: its gradient is a sum over positions. Inside torch's own backward
  pass that sum costs a quarter to two thirds of the rest, with AMX in bf16 two to four times the
  rest; apart, next to nothing.
- One position at the coarse side: the layer is a matrix product, and is computed as one.

What each brings is in docs/log.md.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.grad import conv2d_weight

KERNEL, STRIDE, PADDING = 4, 2, 1
FEW = 8
"""Side of the coarse picture up to which the matrix product wins (measured: docs/log.md)."""

TINY, WIDE = 6, 256
"""Side and channels of the coarse picture up to and from which both directions are products."""

THIN = 4
"""Channels of the fine picture up to which the four phases side by side win."""


class Halve(nn.Conv2d):
    """(N, in, 2h, 2w) → (N, out, h, w): 4×4, stride 2, padding 1. An odd side loses its last."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve; the gradient goes the faster way."""
        odd = x.shape[2] % STRIDE or x.shape[3] % STRIDE  # `Double` would not give it back
        if odd or not _other_order_wins(x, self.in_channels, x.shape[2] // STRIDE):
            return super().forward(x)
        return _with_fast_gradient(x, self.weight, self.bias, doubles=False)


class Double(nn.ConvTranspose2d):
    """(N, in, h, w) → (N, out, 2h, 2w): the transpose of `Halve`."""

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, KERNEL, STRIDE, PADDING, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve; the gradient goes the faster way."""
        if output_size is not None:
            return super().forward(x, output_size)
        if _other_order_wins(x, self.out_channels, x.shape[2]):
            return _with_fast_gradient(x, self.weight, self.bias, doubles=True)
        if self.bias is None or not _learns_on_the_cpu(x):
            return super().forward(x)
        y = F.conv_transpose2d(x, self.weight, None, STRIDE, PADDING)
        return y.add_(self.bias[:, None, None].to(y.dtype))


class ToVector(nn.Conv2d):
    """(N, in, 4, 4) → (N, out, 1, 1): the end of a discriminator."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, KERNEL, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """One matrix product; with channels last, nothing is copied."""
        return F.linear(_as_rows(x), _as_rows(self.weight))[:, :, None, None]


class FromVector(nn.ConvTranspose2d):
    """(N, in, 1, 1) → (N, out, 4, 4): the beginning of a generator."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, KERNEL, bias=False)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """One matrix product; with channels last, nothing is copied."""
        product = x.flatten(1) @ _as_rows(self.weight)
        return product.view(-1, KERNEL, KERNEL, self.out_channels).permute(0, 3, 1, 2)


def _autocasts() -> bool:
    return torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def _learns_on_the_cpu(x: Tensor) -> bool:
    return x.device.type == "cpu" and torch.is_grad_enabled()


def _other_order_wins(x: Tensor, fine_channels: int, coarse: int) -> bool:
    if not _learns_on_the_cpu(x):
        return False
    return fine_channels <= THIN or (_autocasts() and coarse <= FEW)


def _with_fast_gradient(x: Tensor, weight: Tensor, bias: Tensor | None, doubles: bool) -> Tensor:
    if _autocasts():
        # Cast out here, not inside, so that a second derivative finds its way to the weights.
        x, weight = x.bfloat16(), weight.bfloat16()
    y: Tensor = _Convolve.apply(x, weight, doubles)
    return y if bias is None else y + bias[:, None, None].to(y.dtype)


class _Convolve(torch.autograd.Function):
    """`Halve` or `Double`: each is the other's input gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, doubles: bool) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.doubles = doubles
        y = _Convolve._convolved(x, weight, doubles)
        # torch refuses to change a view in place that was made in here, as a LeakyReLU would.
        return y.clone() if y._is_view() else y

    @staticmethod
    def _convolved(x: Tensor, weight: Tensor, doubles: bool) -> Tensor:
        coarse = x.shape[2] if doubles else x.shape[2] // STRIDE
        tiny = x.dtype == torch.bfloat16 and coarse <= TINY and len(weight) >= WIDE
        if not doubles:
            if tiny:
                return halve_by_product(x, weight)
            return F.conv2d(x, weight, None, STRIDE, PADDING)
        if weight.shape[1] <= THIN:
            return double_by_phases(x, weight)
        if tiny:
            return double_by_product(x, weight)
        return F.conv_transpose2d(x, weight, None, STRIDE, PADDING)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        for_x = for_weight = None
        if ctx.needs_input_grad[0]:
            for_x = _Convolve.apply(gradient, weight, not ctx.doubles)
        if ctx.needs_input_grad[1]:
            fine, coarse = (gradient, x) if ctx.doubles else (x, gradient)
            if fine.dtype == torch.bfloat16 and coarse.shape[2] <= FEW:
                for_weight = weight_gradient(fine, coarse)
            else:
                for_weight = conv2d_weight(  # type: ignore[no-untyped-call]
                    fine, weight.shape, coarse, STRIDE, PADDING
                )
        return for_x, for_weight, None


def double_by_phases(x: Tensor, weight: Tensor) -> Tensor:
    """`Double` as a 3×3 convolution to the four phases of the fine picture, then interleaved.

    Row 2i+p of the fine picture takes rows i−1, i, i+1 of the coarse one through the kernel's rows
    p+3, p+1, p−1, where these exist: padded by one, the kernel falls into 3 × 2 (row, phase).

    Args:
        x: (N, C, h, w).
        weight: (C, F, 4, 4), as in torch.nn.ConvTranspose2d.

    Returns:
        (N, F, 2h, 2w), channels last.
    """
    (coarse, fine), (height, width) = weight.shape[:2], x.shape[2:]
    taps = F.pad(weight, (1, 1, 1, 1)).view(coarse, fine, 3, 2, 3, 2).flip(2, 4)
    kernel = taps.permute(3, 5, 1, 0, 2, 4).reshape(4 * fine, coarse, 3, 3)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    phases = F.conv2d(x, kernel, padding=1).permute(0, 2, 3, 1)
    phases = phases.view(-1, height, width, 2, 2, fine).transpose(2, 3)
    return phases.reshape(-1, 2 * height, 2 * width, fine).permute(0, 3, 1, 2)


def halve_by_product(x: Tensor, weight: Tensor) -> Tensor:
    """`Halve` as one matrix product: patches × kernel.

    Args:
        x: (N, F, 2h, 2w).
        weight: (C, F, 4, 4), as in torch.nn.Conv2d.

    Returns:
        (N, C, h, w), channels last.
    """
    height, width = x.shape[2] // STRIDE, x.shape[3] // STRIDE
    product = _patches(x) @ _as_rows(weight).t()
    return product.view(-1, height, width, len(weight)).permute(0, 3, 1, 2)


def double_by_product(x: Tensor, weight: Tensor) -> Tensor:
    """`Double` as one matrix product, whose overlapping patches are added up.

    Row k = 2a+p of the patch under coarse row i is row 2(i+a)+p of the fine picture, padded by
    one; so the four pairs (a, b) are four sums of whole blocks.

    Args:
        x: (N, C, h, w).
        weight: (C, F, 4, 4), as in torch.nn.ConvTranspose2d.

    Returns:
        (N, F, 2h, 2w), channels last.
    """
    count, coarse, height, width = x.shape
    fine = weight.shape[1]
    product = x.permute(0, 2, 3, 1).reshape(-1, coarse) @ _as_rows(weight)
    parts = product.view(count, height, width, 2, 2, 2, 2, fine)  # … a, p, b, q, F
    total = x.new_zeros(count, height + 1, 2, width + 1, 2, fine)
    for a in range(2):
        for b in range(2):
            part = parts[:, :, :, a, :, b].transpose(2, 3)
            total[:, a : a + height, :, b : b + width] += part
    padded = total.view(count, 2 * height + 2, 2 * width + 2, fine)
    return padded[:, PADDING:-PADDING, PADDING:-PADDING].contiguous().permute(0, 3, 1, 2)


def weight_gradient(fine: Tensor, coarse: Tensor) -> Tensor:
    """Σ over pictures and positions of coarse value × the 4×4 patch of fine values under it.

    Args:
        fine: (N, F, 2h, 2w), a `Halve`'s input or a `Double`'s output gradient.
        coarse: (N, C, h, w), a `Halve`'s output gradient or a `Double`'s input.

    Returns:
        (C, F, 4, 4).
    """
    channels_fine, channels_coarse = fine.shape[1], coarse.shape[1]
    columns = coarse.permute(0, 2, 3, 1).reshape(-1, channels_coarse)
    product = columns.t() @ _patches(fine)
    return product.view(channels_coarse, KERNEL, KERNEL, channels_fine).permute(0, 3, 1, 2)


def _patches(fine: Tensor) -> Tensor:
    """(N, F, 2h, 2w) → (N·h·w, 4·4·F): what each coarse position sees."""
    padded = F.pad(fine.permute(0, 2, 3, 1), (0, 0, PADDING, PADDING, PADDING, PADDING))
    patches = padded.unfold(1, KERNEL, STRIDE).unfold(2, KERNEL, STRIDE)  # (N, h, w, F, 4, 4)
    return patches.permute(0, 1, 2, 4, 5, 3).reshape(-1, KERNEL * KERNEL * fine.shape[1])


def _as_rows(weight: Tensor) -> Tensor:
    """(C, F, 4, 4) → (C, 4·4·F); with channels last, nothing is copied."""
    return weight.permute(0, 2, 3, 1).flatten(1)
