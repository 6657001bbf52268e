"""Training in several processes: everything that differs from training in one.

Each process has its rows of every batch. Whatever depends on the whole batch (random numbers,
BatchNorm's moments, means, gradients) is computed here, with the result that one process with the
whole batch would have, up to rounding. In a single process every function returns its input.

Gradients are averaged explicitly after `backward`, as in StyleGAN3's code: PyTorch's own wrapper
fails if a network runs twice before one step. Its SyncBatchNorm exists on GPUs only.
"""

import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from impasto.core import rank as launcher
from impasto.core.console import counted
from impasto.core.software import software
from impasto.errors import ImpastoError, PartedError

PATIENCE = datetime.timedelta(seconds=launcher.patience())
"""Timeout for the others, at the start and at each exchange. A process that works alone for longer
sends signs of life (`core.helping`)."""


class Ranks:
    """The processes that train together; one until `join`."""

    def __init__(self) -> None:
        """A single process."""
        self.count, self.rank = 1, 0
        self.device = torch.device("cpu")

    def join(self, device: torch.device) -> None:
        """Connect to the other processes, if the launcher has started any.

        Raises:
            PartedError: they did not come.
        """
        if not launcher.launched() or dist.is_initialized():
            return
        try:
            # Messages from the leader use Gloo, in parallel with computation on a GPU.
            _meet("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:  # torch.distributed's errors are RuntimeErrors
            raise PartedError(
                f"The {launcher.count()} processes did not find each other "
                f"({str(error).splitlines()[0]}); look at --rdzv-endpoint (without torchrun: "
                "MASTER_ADDR and MASTER_PORT), and whether all nodes were started."
            ) from error
        self.count, self.rank, self.device = dist.get_world_size(), dist.get_rank(), device

    @property
    def leads(self) -> bool:
        """Whether this process prints, writes and judges."""
        return self.rank == 0

    @property
    def everyone(self) -> int:
        """The number of all processes, even within `apart`."""
        return dist.get_world_size() if dist.is_initialized() else 1

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within this context the process works alone, without exchanges."""
        with self._as(1, 0):
            yield

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within this context, inside `apart`, all processes work together again."""
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

    def check_batch(self, *sizes: int, among: int | None = None) -> None:
        """Check that batches can be split evenly.

        Args:
            sizes: pictures in a step of the discriminator, and in one of the generator.
            among: how many processes there will be, if they have not started yet.

        Raises:
            ImpastoError: one cannot be split.
        """
        processes = among or self.count
        knobs = ("training.batch", "training.generator_batch")
        for knob, size in zip(knobs, sizes, strict=False):
            if size % processes:
                raise ImpastoError(
                    f"A batch of {counted(size, 'picture')} cannot be split evenly among "
                    f"{processes} processes; set {knob} to a multiple, or take fewer processes."
                )

    def rows(self, batch: Tensor, along: int = 0) -> Tensor:
        """This process's rows of a tensor for the whole batch."""
        if self.count == 1:
            return batch
        each = batch.shape[along] // self.count
        return batch.narrow(along, self.rank * each, each)

    def drawn(
        self, draw: Callable[..., Tensor], shape: Sequence[int], along: int = 0, **how: Any
    ) -> Tensor:
        """Random numbers for this process's rows, as if one process had drawn the whole batch.

        All generators thus stay in the same state.

        Args:
            draw: `torch.rand` or a similar function of a shape.
            shape: the shape of this process's rows.
            along: the dimension of the pictures.
            how: further arguments of `draw`.
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
        """The whole batch, gathered from the rows of all processes; without gradients."""
        if self.count == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.count)]
        dist.all_gather(parts, rows.detach().contiguous())
        return torch.cat(parts)

    @torch.no_grad()
    def average_gradients(self, weights: Sequence[nn.Parameter]) -> None:
        """Average gradients over all processes."""
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
        """Values that all use after a step: mean numbers, the leader's clock, whether to stop or
        run hooks.

        Args:
            numbers: scalars of this process's rows.
            seconds: by this process's clock.
            stop: whether this process was asked to stop.
            looks: whether hooks are due, which only the leader knows.
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
        """Check that all processes have the same software and the same settings and data.

        Args:
            facts: values that must be equal, by names for the error.

        Raises:
            ImpastoError: they differ.
        """
        if self.count == 1:
            return
        own = {"Impasto": software(), "PyTorch": str(torch.__version__)} | dict(facts)
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

    def meet_at(
        self, images: int, seconds: float, networks: Iterable[nn.Module], done: bool
    ) -> tuple[bool, float]:
        """Check that all processes are at the same image, and share what the leader knows.

        Args:
            images: images shown, in this process's state.
            seconds: time of training so far; the leader's value counts.
            networks: its networks, which must have the same weights in all processes.
            done: whether nothing is left to train; the leader's value counts.

        Returns:
            The leader's `done` and `seconds`: lengths and rates depend on the time.

        Raises:
            ImpastoError: the processes do not see the same run.
        """
        if self.count == 1:
            return done, seconds
        sums = [_sum_of_weights(network) for network in networks]
        own = torch.tensor([images, done and self.leads, seconds, *sums], dtype=torch.float64)
        told = [torch.empty_like(own, device=self.device) for _ in range(self.count)]
        dist.all_gather(told, own.to(self.device))
        first = told[0]
        if any(int(each[0]) != int(first[0]) for each in told):
            places = ", ".join(f"{int(each[0]):,}" for each in told)
            reason = f"begin at the same image ({places})"
        elif not all(torch.allclose(each[3:], first[3:], rtol=1e-6, atol=0) for each in told):
            reason = "begin with the same weights"  # of other hardware, rounding may differ
        else:
            return bool(first[1]), float(first[2])
        raise ImpastoError(
            f"The processes do not {reason}: they do not see the same run folder; give --out on a "
            "disk that all nodes share."
        )

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Within this context, losing another process raises a one-sentence error.

        Raises:
            PartedError: a process has ended, or was silent for `PATIENCE`.
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
    """Create the group of all processes.

    The launcher's store survives a restart with the addresses of ended processes, for which the
    new ones would wait. So on one machine every start uses a separate part of the store. Several
    launchers count their starts differently, and must create a new store for each.
    """
    store, rank, count = next(rendezvous("env://", timeout=PATIENCE))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = PrefixStore(f"start-{start}", store)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE)


@torch.no_grad()
def _sum_of_weights(network: nn.Module) -> float:
    """The sum of all absolute weights, by which two networks differ if any of theirs do."""
    return float(sum(weight.double().abs().sum() for weight in network.parameters()))


def _as_it_lies(values: Tensor) -> Tensor:
    """A tensor in the order of its memory, so that flattening copies whole blocks."""
    return values.permute(0, 2, 3, 1) if _channels_last(values) else values


def _as_it_lay(flat: Tensor, values: Tensor) -> Tensor:
    """A part of the flattened values, in the shape of `values`."""
    if not _channels_last(values):
        return flat.view(values.shape)
    return flat.view(values.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)


def _channels_last(values: Tensor) -> bool:
    return values.dim() == 4 and values.is_contiguous(memory_format=torch.channels_last)


class _Sum(torch.autograd.Function):
    """The sum over all processes, in the backward pass too, since every input counts in all."""

    @staticmethod
    def forward(_: Any, value: Tensor) -> Tensor:
        total = value.detach().clone().contiguous()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return cast("Tensor", _Sum.apply(gradient))


def _is_parting(error: RuntimeError) -> bool:
    """Whether an error came from communication; Gloo's are known only by their message."""
    words = str(error)
    return isinstance(error, dist.DistError) or any(
        each in words for each in ("gloo", "NCCL", "Connection closed", "Timed out waiting")
    )


RANKS = Ranks()
"""This process's view of the group."""
