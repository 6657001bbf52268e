"""Several processes as one: all that differs between training alone and training together.

Each process has its rows of every batch. What a batch has in common (chance, moments of BatchNorm,
means, gradients) is asked for here, and is then what one process with the whole batch would have,
up to rounding. Alone, every function returns what it was given.

Gradients are averaged by hand after `backward`, as StyleGAN3's code does: PyTorch's own wrapper
fails where a network is run twice before one step. Its SyncBatchNorm exists on GPUs only.
"""

import datetime
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from impasto.core import rank as launcher
from impasto.core.console import counted
from impasto.errors import ImpastoError, PartedError

PATIENCE = datetime.timedelta(minutes=30)
"""How long a process waits for the others, which may be judging: then it gives up."""


JOINING = datetime.timedelta(minutes=2)
"""How long they look for each other: the launcher has started them all."""


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
            _meet("nccl" if device.type == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:  # torch.distributed's errors are RuntimeErrors
            raise PartedError(
                f"The {launcher.count()} processes did not find each other "
                f"({str(error).splitlines()[0]}); look at --rdzv-endpoint, and whether all nodes "
                "were started."
            ) from error
        _wait_longer()
        self.count, self.rank, self.device = dist.get_world_size(), dist.get_rank(), device

    @property
    def leads(self) -> bool:
        """Whether this process speaks, writes and judges."""
        return self.rank == 0

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Within, this process works for itself: the others are not there to be asked."""
        before = self.count, self.rank
        self.count, self.rank = 1, 0
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
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if self.count == 1 or not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat.div_(self.count)
        end = 0
        for gradient in gradients:
            begin, end = end, end + gradient.numel()
            gradient.copy_(flat[begin:end].view_as(gradient))

    def agreed(
        self, numbers: Mapping[str, Tensor], seconds: float, stop: bool
    ) -> tuple[Mapping[str, Tensor], float, bool]:
        """What all go by after a step: means of its numbers, the leader's clock, whether to stop.

        Args:
            numbers: scalars of this process's rows.
            seconds: by this process's clock.
            stop: whether this process was asked to stop.
        """
        if self.count == 1:
            return numbers, seconds, stop
        names = sorted(numbers)
        own = [seconds if self.leads else 0.0, float(stop)]
        kept = torch.tensor(own, dtype=torch.float64, device=self.device)
        told = torch.cat([torch.stack([numbers[name].double() for name in names]), kept])
        dist.all_reduce(told)
        means = told[:-2] / self.count
        shared = {name: means[at].float() for at, name in enumerate(names)}
        return shared, told[-2].item(), bool(told[-1] > 0)

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
            if self.count == 1 or not _is_parting(error):
                raise
            raise PartedError(
                f"Another of the {self.count} processes has ended, or was silent for "
                f"{PATIENCE.seconds // 60} minutes; the same command goes on from the newest "
                "checkpoint."
            ) from error

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """The leader goes first; the others follow when it is done, and find what it has made."""
        if self.count > 1 and not self.leads:
            dist.barrier()
        yield
        if self.count > 1 and self.leads:
            dist.barrier()


def _meet(backend: str) -> None:
    """Make the group of all processes.

    The launcher's store outlives a restart, with the addresses of those that are gone: by these
    each would wait for the other. So on one machine every start has a part of the store to itself;
    several launchers do not count their starts alike, and are told to make a store for each.
    """
    store, rank, count = next(rendezvous("env://", timeout=JOINING))
    if os.environ.get("GROUP_WORLD_SIZE") == "1":
        start = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        store = PrefixStore(f"start-{start}", store)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=JOINING)


def _wait_longer() -> None:
    """From now on, since the leader judges while the others wait."""
    own = dist.distributed_c10d
    change = getattr(own, "set_timeout", None) or own._set_pg_timeout  # its older name
    change(PATIENCE)


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
