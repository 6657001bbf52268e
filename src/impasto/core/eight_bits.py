"""Weights in eight bits: of each large matrix whole numbers, and one step for each of its rows.

A number moves by half a step at most, a 254th of the largest in its row. `tools/ship.py` stores
discriminators so, and generators if asked: half of the bytes that half precision would need.
"""

import torch
from torch import Tensor

from impasto.errors import ImpastoError

LARGE = 2**12
"""Numbers of a matrix from which it is stored in eight bits."""

STEPS = ".steps"
"""What the name of a matrix's steps ends with."""

_MOST = 127

_SMALL_FLOATS = (torch.float8_e4m3fn, torch.float8_e5m2)
"""Eight bits a number without steps: so the first discriminators that shipped are stored."""


def in_eight_bits(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights with every large matrix as int8, its steps beside it as NAME.steps.

    Args:
        weights: finite numbers. A matrix has two or more dimensions; a row is what the first one
            counts, such as one output channel of a convolution.
    """
    found = {}
    for name, value in weights.items():
        if value.is_floating_point() and value.dim() > 1 and value.numel() > LARGE:
            steps = value.detach().float().flatten(1).abs().amax(1) / _MOST
            steps = steps.clamp_min(torch.finfo(torch.float32).tiny)  # a row of zeros has a step
            found[name] = (value.detach().float() / _along(steps, value)).round().to(torch.int8)
            found[name + STEPS] = steps
        else:
            found[name] = value
    return found


def in_floats(weights: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """The same weights as numbers that can be calculated with: what was in eight bits in float32.

    Args:
        weights: as a file has them; it may come from a stranger.
        source: what they were read from, for the error.

    Raises:
        ImpastoError: a matrix has no step for each of its rows, or numbers are floats of eight bits
            or fewer that Impasto does not write.
    """
    steps_of = {name: weights[name + STEPS] for name in weights if name + STEPS in weights}
    used = {name + STEPS for name in steps_of}
    found = {}
    for name, value in weights.items():
        if name in steps_of:
            found[name] = _multiplied(value, steps_of[name], f"{source} is broken: {name}")
        elif value.dtype in _SMALL_FLOATS:
            found[name] = value.float()  # PyTorch stores such floats and cannot add them
        elif value.is_floating_point() and value.element_size() == 1:
            raise ImpastoError(f"{source} is broken: {name} holds {value.dtype}.")
        elif name not in used:
            found[name] = value
    return found


def _multiplied(value: Tensor, steps: Tensor, what: str) -> Tensor:
    if value.dtype != torch.int8 or steps.dtype not in (torch.float16, torch.float32):
        raise ImpastoError(f"{what} is not stored as whole numbers of eight bits and steps.")
    if value.dim() < 1 or steps.shape != value.shape[:1]:
        raise ImpastoError(f"{what} has not one step for each row.")
    return value.float().mul_(_along(steps.float(), value))


def _along(steps: Tensor, value: Tensor) -> Tensor:
    """A number for each row of `value`, to be multiplied with it."""
    return steps.view(-1, *[1] * (value.dim() - 1))
