"""Checks that tensors from a file fit their targets, all of them before any is loaded.

PyTorch checks only the shapes of weights. Everything else, above all an optimiser's moments of a
wrong shape, would reach compiled code unchecked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from impasto.errors import ImpastoError

HUGE = 1e6
"""No weight, mean or variance of a working network is larger: its layers would overflow."""


@contextmanager
def shapes_only() -> Iterator[None]:
    """Build networks without memory and without numbers, as targets for the weights of a file."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Draws no initial weights.

    On `meta` there is nothing to draw, but the first draw imports `torch._dynamo`: two seconds.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__module__", None) == nn.init.__name__:
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def load_weights(network: nn.Module, weights: Any, where: str) -> None:
    """Load weights into a network if all of them fit; otherwise leave it unchanged.

    Raises:
        ImpastoError: as `check_tensors`.
    """
    check_tensors(network.state_dict(), weights, where)
    network.load_state_dict(weights)


def check_tensors(
    expected: Mapping[str, Tensor], found: Any, where: str, same_type: bool = False
) -> None:
    """Compare names, shapes and types, and check that all values are finite.

    Args:
        expected: tensors of the right shapes and types; on `meta` they cost no memory.
        found: the tensors of a file.
        where: the file and what it should hold, for the error.
        same_type: floats must be as wide as expected; otherwise any width is accepted.

    Raises:
        ImpastoError: names the first one that does not fit, and why.
    """
    if not isinstance(found, Mapping):
        raise ImpastoError(f"{where} does not fit: it holds no tensors by name.")
    for name in sorted(expected.keys() | found.keys(), key=str):
        if name not in expected:
            raise ImpastoError(f"{where} does not fit: {str(name)[:80]} is not known here.")
        if name not in found:
            raise ImpastoError(f"{where} does not fit: {name} is missing.")
        _check(found[name], expected[name].shape, expected[name].dtype, where, name, same_type)


def fitting_state(optimiser: torch.optim.Optimizer, found: Any, where: str) -> dict[str, object]:
    """Check an optimiser's saved state against its weights and settings.

    Returns:
        An argument for `optimiser.load_state_dict`; nothing has been loaded.

    Raises:
        ImpastoError: names the first part that does not fit, and why.
    """
    own = optimiser.state_dict()["param_groups"]
    groups = found.get("param_groups") if isinstance(found, dict) else None
    states = found.get("state") if isinstance(found, dict) else None
    if not isinstance(groups, list) or not isinstance(states, dict) or len(groups) != len(own):
        raise ImpastoError(f"{where} does not fit: it is not the state of such an optimiser.")
    for saved, group in zip(groups, own, strict=True):
        if not isinstance(saved, dict) or saved.get("params") != group["params"]:
            raise ImpastoError(f"{where} does not fit: it belongs to other weights.")
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    slots = _slots(optimiser, weights[0].device)
    for index, state in states.items():
        if type(index) is not int or not 0 <= index < len(weights) or not isinstance(state, dict):
            raise ImpastoError(f"{where} does not fit: it belongs to other weights.")
        if state and state.keys() != slots.keys():  # empty before a weight's first step
            raise ImpastoError(
                f"{where} does not fit: of weight {index} it must hold {', '.join(slots)}."
            )
        for name, value in state.items():
            single = slots[name].dim() == 0
            shape = slots[name].shape if single else weights[index].shape
            kind = slots[name].dtype if single else weights[index].dtype
            _check(value, shape, kind, where, f"{name} of weight {index}", True)
    laid = {index: _laid_as(weights[index], state) for index, state in states.items()}
    settings = [_settings(*both, where) for both in zip(own, groups, strict=True)]
    return {"state": laid, "param_groups": settings}


def _laid_as(weight: Tensor, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Moments in the order of their weight in memory: fused optimisers go through both alike."""
    return {
        name: torch.empty_like(weight).copy_(value)
        if value.shape == weight.shape and value.stride() != weight.stride()
        else value
        for name, value in state.items()
    }


def is_odd(value: Tensor) -> bool:
    """Whether it is sparse, quantised or without data: no training writes such tensors."""
    return value.layout is not torch.strided or value.is_quantized or value.device.type == "meta"


def _slots(optimiser: torch.optim.Optimizer, device: torch.device) -> dict[str, Tensor]:
    """The entries that such an optimiser keeps per weight, found by a step on a small weight."""
    weight = nn.Parameter(torch.zeros(2, device=device))
    weight.grad = torch.zeros_like(weight)
    probe = type(optimiser)([weight], **optimiser.defaults)
    probe.step()
    return dict(probe.state[weight])


def _check(
    value: Any, shape: torch.Size, kind: torch.dtype, where: str, name: str, same_type: bool
) -> None:
    """Check one tensor, its shape first, so that later checks are bounded by the target's size."""
    if not isinstance(value, Tensor) or is_odd(value):
        raise ImpastoError(f"{where} does not fit: {name} is no plain tensor.")
    if value.shape != shape:
        raise ImpastoError(
            f"{where} does not fit: {name} is {tuple(value.shape)}, not {tuple(shape)}."
        )
    alike = value.is_floating_point() == kind.is_floating_point and not value.is_complex()
    if value.dtype != kind if same_type else not alike:
        raise ImpastoError(f"{where} does not fit: {name} is {value.dtype}, not {kind}.")
    if kind.is_floating_point and not bool(torch.isfinite(value.to(kind)).all()):
        raise ImpastoError(
            f"{where} holds weights that are not numbers: {name} is NaN or infinite."
        )
    # A training may resume from odd values; a generator with NaN would only paint black.
    if kind.is_floating_point and not same_type and bool((value.abs() > HUGE).any()):
        raise ImpastoError(
            f"{where} holds impossibly large numbers: {name} reaches "
            f"{value.abs().max().item():.0e}; take another snapshot of it."
        )


def _settings(own: dict[str, object], saved: dict[str, object], where: str) -> dict[str, object]:
    """A parameter group with the saved numbers; switches that select compiled code stay."""
    found = dict(own)
    for knob, value in own.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if knob in saved and knob != "params" and (number or isinstance(value, tuple)):
            if not _alike(saved[knob], value):
                raise ImpastoError(f"{where} does not fit: {knob} cannot be {saved[knob]!r:.40}.")
            found[knob] = saved[knob]
    return found


def _alike(value: Any, own: Any) -> bool:
    if isinstance(own, tuple):
        return isinstance(value, tuple) and len(value) == len(own) and all(map(_alike, value, own))
    return type(value) in (int, float) and abs(value) < 2**63  # NaN is not
