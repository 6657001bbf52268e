"""The complete state of a training, and its checkpoints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

import torch
from pydantic import ConfigDict, Field, model_validator
from torch import Tensor, nn

from impasto.core.checkpoints import read_checkpoint, write_checkpoint
from impasto.core.device import DEVICE_FAILED, chance_of, is_out_of_memory, set_chance
from impasto.core.fitting import check_tensors, fitting_state, is_odd
from impasto.core.learnt import Count
from impasto.errors import ImpastoError, UnreadableError
from impasto.reading import Record, validated


@dataclass
class Tally:
    """Sums and counts of a step's numbers, from which means are taken."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, numbers: Mapping[str, Tensor]) -> None:
        """Add a step's numbers without waiting for the device."""
        for name, value in numbers.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """Return the means so far and reset them."""
        means = {name: (value / self.counts[name]).item() for name, value in self.sums.items()}
        self.sums, self.counts = {}, {}
        return means


@dataclass
class State:
    """Networks and optimisers by name, and how far the training has come.

    The loop and the checkpoints know names only, so the same code trains and resumes a GAN with two
    networks and a regression with one.
    """

    device: torch.device
    networks: dict[str, nn.Module]
    optimisers: dict[str, torch.optim.Optimizer]
    averages: dict[str, nn.Module] = field(default_factory=dict)
    """Moving averages of some of the networks, by the same names."""

    memory: dict[str, float] = field(default_factory=dict)
    """What a step keeps for the next one, such as the augmentation probability."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    """Running means of hooks, by the hook's `persist_as`."""

    images: int = 0
    """Real pictures shown so far."""

    steps: int = 0
    seconds: float = 0.0
    """Wall-clock time of training so far, over all resumptions."""

    share: float = 0.0
    """Share of the current length that is done; not saved."""

    def network_to_keep(self, name: str = "generator") -> nn.Module:
        """The generator's moving average, or the generator itself without averaging."""
        return self.averages.get(name, self.networks[name])

    def save(self, path: Path, about: Mapping[str, str]) -> None:
        """Write all of it atomically; `about` is plain values that explain the file."""
        generators = {"cpu": torch.get_rng_state()}
        if (own := chance_of(self.device)) is not None:
            generators[self.device.type] = own
        write_checkpoint(
            path,
            {
                "about": about,
                "progress": {"images": self.images, "steps": self.steps, "seconds": self.seconds},
                "networks": _states(self.networks),
                "averages": _states(self.averages),
                "optimisers": _states(self.optimisers),
                "memory": self.memory,
                "tallies": {name: vars(tally) for name, tally in self.tallies.items()},
                "chance": generators,
            },
        )

    def restore(self, path: Path) -> None:
        """Restore a checkpoint, including the random number generators.

        Raises:
            UnreadableError: the file may be whole, but the disk, memory or its version forbid it.
            ImpastoError: the file is not a checkpoint of this training.
        """
        saved = validated(_Saved, read_checkpoint(path), f"{path} does not fit this training")
        try:
            optimisers = self._check(saved, path)
            for kind, found in (
                ("networks", saved.networks),
                ("averages", saved.averages),
                ("optimisers", optimisers),
            ):
                for name, part in getattr(self, kind).items():
                    part.load_state_dict(found[name])
            # On a different kind of device than it was saved on, it must not restart from seed 0.
            own = saved.chance.get(self.device.type)
            set_chance(self.device, own, torch.initial_seed() + saved.progress.images)
            torch.set_rng_state(saved.chance["cpu"])
        except DEVICE_FAILED:
            raise  # the file itself is fine
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise UnreadableError(
                    f"{path} cannot be restored: there is too little free memory; close other "
                    "programs and run the same command again."
                ) from error
            raise ImpastoError(
                f"{path} does not fit this training ({str(error).splitlines()[0]})."
            ) from error
        self.memory |= saved.memory
        self.tallies = {
            name: Tally(
                {key: value.reshape(()).to(self.device) for key, value in tally.sums.items()},
                {key: tally.counts[key] for key in tally.sums},
            )
            for name, tally in saved.tallies.items()
        }
        self.images, self.steps = saved.progress.images, saved.progress.steps
        self.seconds = saved.progress.seconds

    def _check(self, saved: "_Saved", path: Path) -> dict[str, object]:
        """Compare everything with its target before anything is copied.

        Returns:
            The optimisers' states.
        """
        for kind in ("networks", "averages", "optimisers"):
            if getattr(self, kind).keys() != getattr(saved, kind).keys():
                raise ImpastoError(f"{path} holds other {kind}.")
        for kind in ("networks", "averages"):
            for name, network in getattr(self, kind).items():
                found = getattr(saved, kind)[name]
                check_tensors(network.state_dict(), found, f"{path}: {name}", same_type=True)
        torch.Generator().set_state(saved.chance["cpu"])  # raises if it is not a state
        return {
            name: fitting_state(
                optimiser, saved.optimisers[name], f"{path}: the optimiser of {name}"
            )
            for name, optimiser in self.optimisers.items()
        }

    def is_finite(self) -> bool:
        """Whether every weight and running statistic is finite."""
        return all(
            bool(torch.isfinite(value).all())
            for network in (*self.networks.values(), *self.averages.values())
            for value in network.state_dict().values()
            if isinstance(value, Tensor) and value.is_floating_point()
        )


Step = Callable[[State, Tensor], Mapping[str, Tensor]]
"""What one batch does: (state, pictures (N, 3, H, W) in [−1, 1]) → scalars by name.

It changes networks and optimisers in place; the scalars are averaged and shown.
"""


class _Progress(Record):
    """Progress of a training."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    images: Count
    steps: Count
    seconds: Annotated[float, Field(ge=0)]


class _Tally(Record):
    """Running means."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)

    sums: dict[str, Tensor]
    counts: dict[str, Annotated[int, Field(ge=1, le=2**53)]]

    @model_validator(mode="after")
    def of_numbers(self) -> Self:
        """Each sum is one number and has a count."""
        for name, value in self.sums.items():
            if value.shape.numel() != 1 or not value.is_floating_point() or is_odd(value):
                raise ValueError(f"{name} is not a number")
            if name not in self.counts:
                raise ValueError(f"{name} has no count")
        return self


class _Saved(Record):
    """A checkpoint's content; its tensors are compared with their targets later."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)

    networks: dict[str, object]
    averages: dict[str, object]
    optimisers: dict[str, object]
    progress: _Progress
    memory: dict[str, float]
    chance: dict[str, Tensor]
    tallies: dict[str, _Tally] = Field(default_factory=dict)
    """Older checkpoints have none."""


def _states(
    parts: Mapping[str, nn.Module] | Mapping[str, torch.optim.Optimizer],
) -> dict[str, object]:
    return {name: part.state_dict() for name, part in parts.items()}
