"""Where a generator reads its latent: found by looking, so that any family will do."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from impasto.errors import ImpastoError

_ALIKE = 1 - 1e-5
"""Cosine from which two rows count as the same up to their length."""


@dataclass(frozen=True)
class Reader:
    """A layer whose input is the latent, or holds it."""

    name: str
    module: nn.Linear | nn.ConvTranspose2d | nn.Conv2d

    start: int
    """At which of the layer's inputs the latent begins: after a label's numbers, for example."""

    size: int
    """How many numbers the latent has."""

    def matrix(self) -> Tensor:
        """What the layer does to the latent, as one matrix: (outputs, L), fp32.

        A (transposed) convolution on a single position is a matrix product as well: each of its
        kernel's positions is an output.
        """
        weight = self.module.weight.detach().float()
        if isinstance(self.module, nn.ConvTranspose2d):  # (in, out, kernel, kernel)
            rows = weight.flatten(1).t()
        else:  # (out, in[, kernel, kernel])
            rows = weight.flatten(2).transpose(1, 2).flatten(0, 1) if weight.ndim > 2 else weight
        return rows[:, self.start : self.start + self.size]


@torch.no_grad()
def readers(network: nn.Module, size: int) -> list[Reader]:
    """The layers that read the latent itself, be it put on a sphere first or beside a label.

    Args:
        network: latents (N, size) → pictures.
        size: how many numbers a latent has.

    Raises:
        ImpastoError: no linear layer or convolution reads it.
    """
    latents = torch.randn(3, size, generator=torch.Generator().manual_seed(0))
    found: list[Reader] = []
    with ExitStack() as hooks:
        for name, module in network.named_modules():
            if not isinstance(module, nn.Linear | nn.ConvTranspose2d | nn.Conv2d):
                continue
            if isinstance(module, nn.ConvTranspose2d | nn.Conv2d) and module.groups > 1:
                continue

            def note_reader(
                module: nn.Linear | nn.ConvTranspose2d | nn.Conv2d,
                inputs: tuple[Tensor, ...],
                name: str = name,
            ) -> None:
                start = _begins_at(inputs[0], latents)
                if start is not None:
                    found.append(Reader(name, module, start, size))

            handle = module.register_forward_pre_hook(note_reader)
            hooks.callback(handle.remove)
        network(latents)
    if not found:
        raise ImpastoError(
            "No layer of this generator takes the latent itself, so it can have neither "
            "directions by weights (--method activations finds others) nor a truncation."
        )
    return found


def _begins_at(given: Tensor, latents: Tensor) -> int | None:
    """Where rows that point the way `latents` do begin in a layer's input; None if nowhere."""
    count, size = latents.shape
    rows = given.detach().float().cpu()
    if rows.shape[0] != count or rows[0].numel() != rows.shape[1] or rows.shape[1] < size:
        return None  # another batch, more than one position, or too few numbers
    rows = rows.flatten(1)
    for start in {0, rows.shape[1] - size}:  # a label's numbers stand before or after
        part = rows[:, start : start + size]
        if bool((torch.cosine_similarity(part, latents) > _ALIKE).all()):
            return start
    return None


@contextmanager
def shrunk(found: list[Reader], factor: float) -> Iterator[None]:
    """Within, these layers read the latent multiplied by `factor`.

    Not the latent itself is multiplied, since some generators put it on a sphere first.
    """
    with ExitStack() as hooks:
        for reader in found:

            def shrink(
                _: nn.Module, inputs: tuple[Tensor, ...], reader: Reader = reader
            ) -> tuple[Tensor, ...]:
                given = inputs[0].clone()
                given[:, reader.start : reader.start + reader.size] *= factor
                return (given, *inputs[1:])

            handle = reader.module.register_forward_pre_hook(shrink)
            hooks.callback(handle.remove)
        yield


def parts_of(network: nn.Module) -> dict[str, nn.Module]:
    """All modules inside by name, but for those that only make another one's weights."""
    return {
        name: module
        for name, module in network.named_modules()
        if name and "parametrizations" not in name.split(".")
    }


@torch.no_grad()
def layers_by_side(network: nn.Module, size: int) -> dict[int, nn.Module]:
    """For each side of maps, from coarse to fine, the module that puts out the last ones.

    That is a whole block where it adds to what its parts put out, else the innermost of them.

    Only the way to the picture counts: a branch that looks back at coarse maps, as FastGAN's
    gates do, runs after finer ones. The picture itself is no layer.

    Args:
        network: latents (N, size) → pictures.
        size: how many numbers a latent has.

    Raises:
        ImpastoError: the generator has no maps.
    """
    found: dict[int, nn.Module] = {}
    latest: Tensor | None = None

    def note_map(module: nn.Module, _: object, output: object) -> None:
        nonlocal latest
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[1] <= 3:
            return
        side = min(output.shape[2:])
        if side > 1 and side >= max(found, default=0) and output is not latest:
            found[side], latest = module, output

    handles = [part.register_forward_hook(note_map) for part in parts_of(network).values()]
    try:
        network(torch.zeros(1, size))
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise ImpastoError(
            "This generator has no maps between the latent and the picture to swap or cross at; "
            "mix "
            "by --how genes or between, blend by --share."
        )
    return found
