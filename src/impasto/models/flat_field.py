"""A flat field: the pattern that a generator prints on every picture, measured and subtracted.

Telescopes and scanners are corrected in this way: a pattern that is the same in every picture comes
from the instrument, not from what it shows. It is what remains in the mean of many pictures, and
can be subtracted from each. `metrics.pattern.stamp` measures the same.
"""

from collections.abc import Iterable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from impasto.core.helping import spread
from impasto.core.threads import THREADS

DEVIATION = 2.0
"""Of the Gaussian, in pixels, whose blur is composition: what it takes away is the pattern."""

COMMON = 0.7
"""How much of the pattern the median picture must have. Of paintings it has .78 to .92; of colour
fields .53 to .60: some kinds of them print it and others not, and plain ones showed what was
subtracted (docs/log.md, "A flat field on plain pictures")."""

FAINT = 1e-30
"""Strength of a pattern that is not common: measured, and no pixel moves."""


class FlatField(nn.Module):
    """Pictures (N, 3, H, W) in [−1, 1] without the pattern that they share; at first none."""

    pattern: Tensor

    def __init__(self, height: int, width: int) -> None:
        """A pattern for pictures of so many pixels."""
        super().__init__()
        self.register_buffer("pattern", torch.zeros(3, height, width))

    def forward(self, pictures: Tensor) -> Tensor:
        """Take the pattern off; training never sees it, since nothing is measured meanwhile."""
        if self.training:
            return pictures
        return (pictures - self.pattern.to(pictures.dtype)).clamp(-1, 1)


@torch.no_grad()
def flatten(
    network: nn.Module,
    batches: Iterable[tuple[Tensor, ...]],
    others: Iterable[tuple[Tensor, ...]],
    job: str = "",
) -> float | None:
    """Measure the pattern of a generator's pictures anew, so that it is taken off from now on.

    The mean of N pictures still holds 1/N of one picture's variance, and that is printed instead:
    of 6,000 it is a tenth of a grey level. A pattern that is not `COMMON` stays on the pictures.

    Args:
        network: a generator in evaluation mode; one without a flat field stays as it is.
        batches: what to paint, as the generator takes it.
        others: what else to paint, to see how common the pattern is.
        job: by which those who help do `summed` with the same network; none, and nobody does.

    Returns:
        How much of the pattern the median picture has; None where the mean holds no more than the
        noise of so few pictures, and without a flat field.
    """
    field = field_of(network)
    if field is None:
        return None
    total, count = torch.zeros(field.pattern.shape, dtype=torch.float64), 0
    for part, pictures in spread(job, partial(summed, network), batches):
        total += part
        count += pictures
    mean = (total / count).float().to(field.pattern.device)[None]
    pattern = (mean - blurred(mean, DEVIATION))[0]
    common = _in_the_median(network, pattern, count, others)
    is_common = common is not None and common >= COMMON
    field.pattern.copy_(pattern if is_common else FAINT * pattern)
    return common


def _in_the_median(
    network: nn.Module, pattern: Tensor, count: int, batches: Iterable[tuple[Tensor, ...]]
) -> float | None:
    """How much of a pattern, the mean of `count` pictures' fine part, the median of others has.

    None if it is noise by half or more: subtracting it would add as much as it takes away.
    """
    products, energies = [], []
    for batch in batches:
        fine = painted(network, batch)
        fine = fine - blurred(fine, DEVIATION)
        products.append((fine * pattern).sum((1, 2, 3)))
        energies.append(fine.square().sum((1, 2, 3)))
    noise = torch.cat(energies).mean() / count
    own = pattern.square().sum() - noise
    return float(torch.cat(products).median() / own) if own > noise else None


def painted(network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    """Some pictures without a pattern taken off, (N, 3, H, W) in [−1, 1]."""
    set_pattern(network, None)
    device = next(network.buffers()).device
    THREADS.adjust(device)
    pictures: Tensor = network(*(each.to(device) for each in batch))
    return pictures


@torch.no_grad()
def summed(network: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, int]:
    """The sum of some pictures without a pattern taken off, (3, H, W), and how many they are."""
    pictures = painted(network, batch)
    # On the CPU, since Apple's GPUs have no numbers of 64 bits.
    return pictures.cpu().sum(0, dtype=torch.float64), len(pictures)


def set_pattern(network: nn.Module, pattern: Tensor | None) -> None:
    """Let a generator that has a flat field take this pattern off; None: nothing."""
    if field := field_of(network):
        field.pattern.copy_(torch.zeros_like(field.pattern) if pattern is None else pattern)


def field_of(network: nn.Module) -> FlatField | None:
    """A generator's flat field, if it has one."""
    found = getattr(network, "flat_field", None)
    return found if isinstance(found, FlatField) else None


def blurred(pictures: Tensor, deviation: float) -> Tensor:
    """(N, 3, H, W) under a Gaussian of so many pixels."""
    reach = int(3 * deviation)
    places = torch.arange(-reach, reach + 1, device=pictures.device, dtype=pictures.dtype)
    kernel = torch.exp(-0.5 * (places / deviation).square())
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    wide = pad(pictures, (reach, reach, reach, reach), mode="replicate")
    soft: Tensor = conv2d(conv2d(wide, kernel, groups=3), kernel.transpose(2, 3), groups=3)
    return soft
