"""Layers that see the whole batch, also where its rows lie on several processes."""

import torch
from torch import Tensor, nn

from impasto.core.together import RANKS


class _OfTheWholeBatch:
    """Mean and variance of all processes' rows together, as one process with all of them has them.

    Each process's own two are put together by Chan's formula, which loses no digits where means
    are large; gradients pass back to all rows.
    """

    def forward(self: nn.modules.batchnorm._BatchNorm, x: Tensor) -> Tensor:  # type: ignore[misc]
        """(N, C, …), this process's rows → same shape."""
        if RANKS.count == 1 or not self.training:
            return super().forward(x)  # type: ignore[misc,no-any-return]
        places = [0, *range(2, x.dim())]
        values = x.float()
        own = torch.stack([values.mean(places), values.var(places, correction=0)])
        mine = torch.arange(RANKS.count, device=x.device) == RANKS.rank
        means, variances = RANKS.sum(mine[:, None, None] * own).unbind(1)  # (processes, C) each
        mean = means.mean(0)
        variance = (variances + (means - mean).square()).mean(0)
        _remember(self, mean, variance, RANKS.count * x.numel() // x.shape[1])
        shape = (1, -1, *(1 for _ in places[1:]))
        scale = (variance + self.eps).rsqrt()
        y = (values - mean.view(shape)) * scale.view(shape)
        if self.affine:
            y = torch.addcmul(self.bias.view(shape), y, self.weight.view(shape))
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
