"""The choice of device and precision, and an allocator that keeps freed memory."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from impasto.core import rank
from impasto.core.console import counted
from impasto.errors import ImpastoError

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
PrecisionChoice = Literal["auto", "fp32", "bf16"]

DEVICE_FAILED: tuple[type[Exception], ...] = (
    torch.OutOfMemoryError,
    getattr(torch, "AcceleratorError", torch.OutOfMemoryError),
)
"""`RuntimeError`s of a GPU that is out of memory or broken; no file is to blame for these."""

HEAP = 4 * 2**30
"""Bytes of address space reserved for huge pages at the start of a training."""


@dataclass(frozen=True)
class Device:
    """Device and precision of the networks."""

    device: torch.device
    bf16: bool

    def autocast(self) -> AbstractContextManager[object]:
        """A context with convolutions and products in bf16; weights and losses stay fp32."""
        if self.bf16:
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def __str__(self) -> str:
        count = torch.get_num_threads()
        threads = f", {counted(count, 'thread')}"
        precision = "bf16" if self.bf16 else "fp32"
        return f"{self.device.type} ({precision}{threads if self.device.type == 'cpu' else ''})"


def choose_device(device: DeviceChoice = "auto", precision: PrecisionChoice = "auto") -> Device:
    """Choose the fastest device and the fastest precision that it runs natively.

    Raises:
        ImpastoError: the requested device or precision is not available.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name = next(kind for kind in available if available[kind]) if device == "auto" else device
    if not available[name]:
        raise ImpastoError(
            f"--device {name}: not available on this machine; use one of "
            f"{', '.join(kind for kind, there in available.items() if there)}, or auto."
        )
    if name == "cuda":
        if rank.launched():
            if rank.here() >= torch.cuda.device_count():
                raise ImpastoError(
                    f"There are more processes than GPUs ({torch.cuda.device_count()}) on this "
                    "machine; start one for each, or use --device cpu."
                )
            torch.cuda.set_device(rank.here())
        # TF32 for what stays fp32, and the fastest kernel for shapes that never change.
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    bf16 = precision == "bf16" or (precision == "auto" and has_fast_bf16(name))
    return Device(torch.device(name), bf16)


def has_fast_bf16(device: str) -> bool:
    """Whether the hardware runs bf16; emulated bf16 is slower than fp32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        # A private function of PyTorch, hence the fallback: fp32 always works.
        checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(getattr(torch.cpu, check, bool)() for check in checks)
    return False


@contextmanager
def in_full(device: str) -> Iterator[None]:
    """Within this context, a GPU computes fp32 convolutions in full: TF32 keeps only ten bits."""
    if device != "cuda":
        yield
        return
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out; on a CPU torch's is a plain `RuntimeError`, known by its message."""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or "DefaultCPUAllocator" in str(error)


def chance_of(device: torch.device) -> Tensor | None:
    """The state of a GPU's random number generator; None on a CPU, which uses PyTorch's default."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    if device.type == "mps":
        return torch.mps.get_rng_state()
    return None


class Chance:
    """The state of all random number generators that training on a device uses, at one moment."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._states = torch.get_rng_state(), chance_of(device)

    @contextmanager
    def again(self) -> Iterator[None]:
        """In the body, draw again what was drawn since that moment; then go on as before."""
        later = Chance(self.device)
        self._restore()
        try:
            yield
        finally:
            later._restore()

    def _restore(self) -> None:
        default, own = self._states
        torch.set_rng_state(default)
        if own is not None:
            set_chance(self.device, own, 0)


def set_chance(device: torch.device, state: Tensor | None, seed: int) -> None:
    """Restore the state that `chance_of` returned, or use a seed if there is none."""
    if device.type == "cuda":
        if state is None:
            torch.cuda.manual_seed(seed)
        else:
            torch.cuda.set_rng_state(state, device)
    elif device.type == "mps":
        if state is None:
            torch.mps.manual_seed(seed)
        else:
            torch.mps.set_rng_state(state)


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next step, in huge pages, instead of returning it.

    A training step frees and reallocates the same hundreds of megabytes. By default each large
    tensor is a new `mmap`, whose small pages fault in one by one. One heap that never shrinks
    avoids that; docs/log.md has the gain from it and from huge pages.

    Must run before the first large allocation. Does nothing with another C library, or if the user
    has set glibc's MALLOC_TOP_PAD_.
    """
    if not sys.platform.startswith("linux") or "MALLOC_TOP_PAD_" in os.environ:
        return
    library = ctypes.CDLL(None)
    try:
        mallopt, malloc, free = library.mallopt, library.malloc, library.free
        madvise = library.madvise
    except AttributeError:  # musl has no mallopt
        return
    mmap_max, trim_threshold, top_pad = -4, -1, -2  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD
    mallopt(mmap_max, 0)
    mallopt(trim_threshold, -1)  # never
    mallopt(top_pad, 2**28)
    # Grow the heap once without touching it, so that the advice covers what will be used: this
    # takes addresses, not memory. A kernel without huge pages ignores the advice.
    malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    free.argtypes = [ctypes.c_void_p]
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    page, huge_pages = os.sysconf("SC_PAGE_SIZE"), 14  # MADV_HUGEPAGE
    block = malloc(HEAP)
    if block:
        first = -(-block // page) * page
        madvise(first, HEAP - 2 * page, huge_pages)
        free(block)
