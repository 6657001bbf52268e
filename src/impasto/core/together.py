"""Several processes as one: all that differs between training alone and training together.

Each process has its rows of every batch. What a batch has in common (chance, moments of BatchNorm,
means, gradients) is asked for here, and is then what one process with the whole batch would have,
up to rounding. Alone, every function returns what it was given.

Gradients are averaged by hand after `backward`, as StyleGAN3's code does: PyTorch's own wrapper
fails where a network is run twice before one step. Its SyncBatchNorm exists on GPUs only.
"""

import datetime
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from impasto.core import rank as launcher
from impasto.core.console import counted
from impasto.errors import ImpastoError, PartedError

PATIENCE = datetime.timedelta(seconds=launcher.patience())
"""How long a process waits for the others, at the beginning and at each exchange: then it gives up.
Whoever works without the others tells them that it is alive (`core.helping`)."""


class Ranks:
    """The processes that train together; one, until they were joined."""

    def __init__(self) -> None:
        """Alone."""
        self.count, self.rank = 1, 0
        self.device = torch.device("cpu")

    def join(self, device: torch.device) -> None:
        """Meet the others that the launcher has started, if it has.

        Raises:
            PartedError: they did not come.
        """
        if not launcher.launched() or dist.is_initialized():
            return
        try:
            # What the leader tells the others goes by Gloo, beside a GPU's computing.
            _meet("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:  # torch.distributed's errors are RuntimeErrors
            raise PartedError(
                f"The {launcher.count()} processes did not find each other "
                f"({str(error).splitlines()[0]}); look at --rdzv-endpoint, and whether all nodes "
                "were started."
            ) from error
        self.count, self.rank, self.device = dist.get_world_size(), dist.get_rank(), device

    @property
    def leads(self) -> bool:
        """Whether this process speaks, writes and judges."""
        return self.rank == 0

    @property
    def everyone(self) -> int:
        """How many processes there are, also where one works `apart`."""
        return dist.get_world_size() if dist.is_initialized() else 1

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within, this process works for itself: the others are not there to be asked."""
        with self._as(1, 0):
            yield

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within, all are there again, where some work that was `apart` is done by all at once."""
        with self._as(self.everyone, dist.get_rank() if dist.is_initialized() else 0):
            yield

    @contextmanager
    def _as(self, count: int, rank: int) -> Iterator[None]:
        before = self.count, self.rank
        self.count, self.rank = count, rank
        try:
            yield
        finally:
            self.count, self.rank = before

    def check_batch(self, *sizes: int) -> None:
        """See whether batches can be split evenly.

        Raises:
            ImpastoError: one cannot.
        """
        for size in sizes:
            if size % self.count:
                raise ImpastoError(
                    f"A batch of {counted(size, 'picture')} cannot be split evenly among "
                    f"{self.count} processes; set training.batch to a multiple, or take fewer "
                    "processes."
                )

    def rows(self, batch: Tensor, along: int = 0) -> Tensor:
        """This process's part of what is there for the whole batch."""
        if self.count == 1:
            return batch
        each = batch.shape[along] // self.count
        return batch.narrow(along, self.rank * each, each)

    def drawn(
        self, draw: Callable[..., Tensor], shape: Sequence[int], along: int = 0, **how: Any
    ) -> Tensor:
        """Chance for this process's rows, as if one process had drawn for the whole batch.

        So random numbers have the same state in all processes.

        Args:
            draw: `torch.rand` or its like: takes a shape.
            shape: what is wanted here.
            along: the dimension of the pictures.
            how: what else `draw` takes.
        """
        whole = [side * (self.count if at == along else 1) for at, side in enumerate(shape)]
        return self.rows(draw(whole, **how), along)

    def sum(self, value: Tensor) -> Tensor:
        """Over all processes; differentiable, twice as well."""
        return value if self.count == 1 else cast("Tensor", _Sum.apply(value))

    def mean(self, value: Tensor) -> Tensor:
        """Over all processes; differentiable, twice as well."""
        return value if self.count == 1 else self.sum(value) / self.count

    def gathered(self, rows: Tensor) -> Tensor:
        """The whole batch of what each process has its rows of; without gradients."""
        if self.count == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.count)]
        dist.all_gather(parts, rows.detach().contiguous())
        return torch.cat(parts)

    @torch.no_grad()
    def average_gradients(self, weights: Sequence[nn.Parameter]) -> None:
        """Make them those of the mean over the whole batch."""
        moved = [(weight, weight.grad) for weight in weights if weight.grad is not None]
        if self.count == 1 or not moved:
            return
        flat = torch.cat([_as_it_lies(gradient).reshape(-1) for _, gradient in moved])
        dist.all_reduce(flat)
        flat.div_(self.count)
        means = torch.split(flat, [weight.numel() for weight, _ in moved])
        for (weight, gradient), mean in zip(moved, means, strict=True):
            weight.grad = _as_it_lay(mean, gradient)

    def agreed(
        self, numbers: Mapping[str, Tensor], seconds: float, stop: bool, looks: bool
    ) -> tuple[Mapping[str, Tensor], float, bool, bool]:
        """What all go by after a step: means of its numbers, the leader's clock, what comes now.

        Args:
            numbers: scalars of this process's rows.
            seconds: by this process's clock.
            stop: whether this process was asked to stop.
            looks: whether somebody is to look on before the next step, as the leader finds it.
        """
        if self.count == 1:
            return numbers, seconds, stop, looks
        names = sorted(numbers)
        own = [seconds if self.leads else 0.0, float(stop), float(looks and self.leads)]
        kept = torch.tensor(own, dtype=torch.float64, device=self.device)
        told = torch.cat([torch.stack([numbers[name].double() for name in names]), kept])
        dist.all_reduce(told)
        means = told[:-3] / self.count
        shared = {name: means[at].float() for at, name in enumerate(names)}
        clock, stops, looks_on = told[-3:].tolist()
        return shared, clock, stops > 0, looks_on > 0

    def check_same(self, facts: Mapping[str, str]) -> None:
        """See that all have the same software, and the same facts of a training.

        Args:
            facts: what is to be the same, by names that a sentence can hold.

        Raises:
            ImpastoError: a process has others.
        """
        if self.count == 1:
            return
        own = {"Impasto": _software(), "PyTorch": str(torch.__version__)} | dict(facts)
        told: list[dict[str, str]] = [{} for _ in range(self.count)]
        dist.all_gather_object(told, own)
        for rank, theirs in enumerate(told):
            for name in told[0] | theirs:
                ours, other = told[0].get(name, "missing"), theirs.get(name, "missing")
                if ours != other:
                    raise ImpastoError(
                        f"The processes do not have the same: {name} is {ours} in process 0 and "
                        f"{other} in process {rank}. Start all with one command, one Impasto and "
                        "one set of pictures."
                    )

    def meet_at(self, images: int, done: bool) -> bool:
        """Begin together: see that all are at the same image, and hear whether all is done.

        Args:
            images: where this process is.
            done: whether nothing is left to train, as the leader finds it.

        Raises:
            ImpastoError: the processes do not see the same run.
        """
        if self.count == 1:
            return done
        own = torch.tensor([images, int(done and self.leads)], device=self.device)
        told = [torch.empty_like(own) for _ in range(self.count)]
        dist.all_gather(told, own)
        if any(int(each[0]) != int(told[0][0]) for each in told):
            places = ", ".join(f"{int(each[0]):,}" for each in told)
            raise ImpastoError(
                f"The processes do not begin at the same image ({places}): they do not see the "
                "same run folder; give --out on a disk that all nodes share."
            )
        return bool(told[0][1])

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Within, the loss of another process is one sentence.

        Raises:
            PartedError: one is gone, or has not been heard of for `PATIENCE`.
        """
        try:
            yield
        except RuntimeError as error:
            if self.everyone == 1 or not _is_parting(error):
                raise
            raise PartedError(
                f"Another of the {self.everyone} processes has ended, or was silent for "
                f"{PATIENCE.total_seconds():g} seconds; the same command goes on from what was "
                "saved."
            ) from error


def _meet(backend: str) -> None:
    """Make the group of all processes.

    The launcher's store outlives a restart, with the addresses of those that are gone: by these
    each would wait for the other. So on one machine every start has a part of the store to itself;
    several launchers do not count their starts alike, and are told to make a store for each.
    """
    store, rank, count = next(rendezvous("env://", timeout=PATIENCE))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = PrefixStore(f"start-{start}", store)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE)


def _as_it_lies(values: Tensor) -> Tensor:
    """In the order of its memory, so that flattening moves whole blocks."""
    return values.permute(0, 2, 3, 1) if _channels_last(values) else values


def _as_it_lay(flat: Tensor, values: Tensor) -> Tensor:
    """A part of what was flattened so, in the shape of `values`."""
    if not _channels_last(values):
        return flat.view(values.shape)
    return flat.view(values.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)


def _channels_last(values: Tensor) -> bool:
    return values.dim() == 4 and values.is_contiguous(memory_format=torch.channels_last)


def _software() -> str:
    """Which Impasto this is: a digest of its code."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(file.read_bytes())
    return f"of code {digest.hexdigest()[:8]}"


class _Sum(torch.autograd.Function):
    """The sum over all processes: what each gives counts in all, so gradients are summed too."""

    @staticmethod
    def forward(_: Any, value: Tensor) -> Tensor:
        total = value.detach().clone().contiguous()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return cast("Tensor", _Sum.apply(gradient))


def _is_parting(error: RuntimeError) -> bool:
    """Whether it came of the wire between processes; on Gloo it is known by its words alone."""
    words = str(error)
    return isinstance(error, dist.DistError) or any(
        each in words for each in ("gloo", "NCCL", "Connection closed", "Timed out waiting")
    )


RANKS = Ranks()
"""Of this process."""
