"""Which device, which precision, and an allocator that does not give its pages back."""

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
"""What a GPU without memory, or a broken one, raises: `RuntimeError`s that are no file's fault."""

HEAP = 4 * 2**30
"""Bytes of address space that are set aside for huge pages at the start of a training."""


@dataclass(frozen=True)
class Device:
    """Where and how precisely the networks run."""

    device: torch.device
    bf16: bool

    def autocast(self) -> AbstractContextManager[object]:
        """Convolutions and products in bf16 within; weights and losses stay fp32."""
        if self.bf16:
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def __str__(self) -> str:
        count = torch.get_num_threads()
        threads = f", {counted(count, 'thread')}"
        precision = "bf16" if self.bf16 else "fp32"
        return f"{self.device.type} ({precision}{threads if self.device.type == 'cpu' else ''})"


def choose_device(device: DeviceChoice = "auto", precision: PrecisionChoice = "auto") -> Device:
    """Pick the fastest device here and the fastest precision that it runs natively.

    Raises:
        ImpastoError: the device or precision that was asked for is not to be had.
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
    """Whether bf16 runs in hardware here; emulated bf16 is slower than fp32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        # Private to PyTorch, hence the fallback: without an answer, fp32 is always right.
        checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(getattr(torch.cpu, check, bool)() for check in checks)
    return False


@contextmanager
def in_full(device: str) -> Iterator[None]:
    """On a GPU, fp32 convolutions within as a CPU has them: TF32 would keep ten bits of each."""
    if device != "cuda":
        yield
        return
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


def chance_of(device: torch.device) -> Tensor | None:
    """The state of a device's own random numbers; None on a CPU, whose are PyTorch's own."""
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    if device.type == "mps":
        return torch.mps.get_rng_state()
    return None


def set_chance(device: torch.device, state: Tensor | None, seed: int) -> None:
    """Give a device's random numbers a state that `chance_of` told; where none was, a seed."""
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

    A training step frees and takes back the same hundreds of megabytes. By default each large
    tensor is a fresh `mmap`, whose small pages fault in one by one. One heap that never shrinks
    ends that; what it and the huge pages bring is in docs/log.md.

    Must run before the first large allocation; does nothing where the C library is another, or
    where the user has set glibc's own MALLOC_TOP_PAD_.
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
    # The heap is grown once, untouched, so that the advice covers what will be used: it costs
    # addresses, not memory. Where the kernel gives no huge pages the advice is ignored.
    malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    free.argtypes = [ctypes.c_void_p]
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    page, huge_pages = os.sysconf("SC_PAGE_SIZE"), 14  # MADV_HUGEPAGE
    block = malloc(HEAP)
    if block:
        first = -(-block // page) * page
        madvise(first, HEAP - 2 * page, huge_pages)
        free(block)
