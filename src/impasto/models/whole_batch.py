"""Layers that see the whole batch, also where its rows lie on several processes."""

from typing import Any

import torch
from torch import Tensor, nn

from impasto.core.together import RANKS

Given = tuple[Tensor, Tensor | None, Tensor | None]
"""Rows (N, C, …), weight and bias (C,)."""


class _OfTheWholeBatch:
    """Mean and variance of all processes' rows together, as one process with all of them has them.

    Each process's own two are put together by Chan's formula, which loses no digits where means
    are large; gradients pass back to all rows.
    """

    def forward(self: nn.modules.batchnorm._BatchNorm, x: Tensor) -> Tensor:  # type: ignore[misc]
        """(N, C, …), this process's rows → same shape."""
        if RANKS.count == 1 or not self.training:
            return super().forward(x)  # type: ignore[misc,no-any-return]
        y, mean, variance = _Normalised.apply(x, self.weight, self.bias, self.eps)
        _remember(self, mean, variance, RANKS.count * x.numel() // x.shape[1])
        return y  # type: ignore[no-any-return]


class _Normalised(torch.autograd.Function):
    """BatchNorm by PyTorch's own kernels, with one exchange each way.

    Forwards the moments are exchanged, backwards the two sums that every row's gradient needs.
    Where the gradient is itself to be differentiated, as penalties do, it is made of plain
    operations.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        none = torch.zeros(2, x.shape[1], device=x.device)  # in fp32, and so the moments are
        own = torch.stack(torch.batch_norm_update_stats(x, none[0], none[1], 0.0))
        means, variances = RANKS.gathered(own[None]).unbind(1)  # (processes, C) each
        mean, variance = _put_together(means, variances)
        y = torch.native_batch_norm(x, weight, bias, mean, variance, False, 0.0, eps)[0]
        ctx.save_for_backward(x, weight, bias, mean, variance)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, mean, variance = ctx.saved_tensors
        if torch.is_grad_enabled():
            return (
                *_differentiable(ctx.needs_input_grad, (x, weight, bias), gradient, ctx.eps),
                None,
            )
        if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
            gradient = gradient.contiguous(memory_format=torch.channels_last)
        # As if the moments were constants; then the gradient through the moments is subtracted.
        of_x, of_weight, of_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        if ctx.needs_input_grad[0]:
            count = RANKS.count * x.numel() // x.shape[1]
            shift, slope = RANKS.sum(torch.stack([of_bias, of_weight]).float()) / count
            scale = (variance + ctx.eps).rsqrt()
            outer = scale if weight is None else scale * weight
            slope = outer * scale * slope
            none, one = torch.zeros_like(mean), torch.ones_like(mean)
            owed = (x, slope, outer * shift - mean * slope, none, one, False, 0.0, 0.0)
            of_x -= torch.native_batch_norm(*owed)[0]
        found = (of_x, of_weight, of_bias)
        needed = ctx.needs_input_grad
        return (*(of if wanted else None for of, wanted in zip(found, needed, strict=False)), None)


def _put_together(means: Tensor, variances: Tensor) -> tuple[Tensor, Tensor]:
    """Moments (processes, C) of equally many rows each → those of all rows (C,)."""
    mean = means.mean(0)
    return mean, (variances + (means - mean).square()).mean(0)


def _differentiable(
    needed: tuple[bool, ...], given: Given, gradient: Tensor, eps: float
) -> list[Tensor | None]:
    """The gradients of rows, weight and bias, which can be differentiated once more."""
    with torch.enable_grad():
        y = _normalised(*given, eps)
    asked = [each for each, wanted in zip(given, needed, strict=False) if wanted]
    found = iter(torch.autograd.grad(y, asked, gradient, create_graph=True))  # type: ignore[arg-type]
    return [next(found) if wanted else None for wanted in needed[:3]]


def _normalised(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """The same as `_Normalised`, of plain operations."""
    places = [0, *range(2, x.dim())]
    values = x.float()
    own = torch.stack([values.mean(places), values.var(places, correction=0)])
    mine = torch.arange(RANKS.count, device=x.device) == RANKS.rank
    mean, variance = _put_together(*RANKS.sum(mine[:, None, None] * own).unbind(1))
    shape = (1, -1, *(1 for _ in places[1:]))
    y = (values - mean.view(shape)) * (variance + eps).rsqrt().view(shape)
    if weight is not None and bias is not None:
        y = torch.addcmul(bias.view(shape), y, weight.view(shape))
    return y.to(x.dtype)


@torch.no_grad()
def _remember(
    norm: nn.modules.batchnorm._BatchNorm, mean: Tensor, variance: Tensor, count: int
) -> None:
    """Move the running statistics, as torch.nn does: with Bessel's correction."""
    if norm.running_mean is None or norm.running_var is None:
        return
    assert norm.num_batches_tracked is not None  # it has them all or none
    norm.num_batches_tracked += 1
    share = norm.momentum if norm.momentum is not None else 1 / norm.num_batches_tracked.item()
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance * (count / max(1, count - 1)), share)


class BatchNorm1d(_OfTheWholeBatch, nn.BatchNorm1d):
    """Of (N, C)."""


class BatchNorm2d(_OfTheWholeBatch, nn.BatchNorm2d):
    """Of (N, C, H, W)."""


class Dropout(nn.Dropout):
    """Drops what one process would drop that has the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, …) → same shape."""
        if not self.training:
            return x
        kept = RANKS.drawn(torch.rand, x.shape, device=x.device) >= self.p
        return x * kept / (1 - self.p)
