"""Choosing where and how precisely to compute."""

import os
import sys

import pytest
import torch

from impasto.core import device
from impasto.core.device import choose_device, in_full, keep_freed_memory
from impasto.errors import ImpastoError


def test_a_device_that_is_not_here_is_one_sentence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ImpastoError, match=r"--device cuda.*cpu"):
        choose_device("cuda")


def test_precision_follows_the_hardware_unless_it_is_named(monkeypatch):
    for fast in (True, False):
        monkeypatch.setattr(device, "has_fast_bf16", lambda _name, fast=fast: fast)
        assert choose_device("cpu", "auto").bf16 is fast
    assert choose_device("cpu", "bf16").bf16
    assert not choose_device("cpu", "fp32").bf16


def test_auto_prefers_cuda_and_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    try:
        chosen = choose_device("auto")
        assert (chosen.device.type, chosen.bf16, str(chosen)) == ("cuda", True, "cuda (bf16)")
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.benchmark = before[1]


def test_what_is_to_be_the_same_everywhere_is_computed_without_tf32():
    before = torch.backends.cudnn.allow_tf32
    try:
        torch.backends.cudnn.allow_tf32 = True
        with in_full("cpu"):
            assert torch.backends.cudnn.allow_tf32
        with pytest.raises(ZeroDivisionError), in_full("cuda"):
            assert not torch.backends.cudnn.allow_tf32
            raise ZeroDivisionError
        assert torch.backends.cudnn.allow_tf32
    finally:
        torch.backends.cudnn.allow_tf32 = before


def test_autocast_reaches_convolutions():
    layer = torch.nn.Conv2d(3, 4, 3)
    with choose_device("cpu", "bf16").autocast():
        assert layer(torch.zeros(1, 3, 8, 8)).dtype == torch.bfloat16
    with choose_device("cpu", "fp32").autocast():
        assert layer(torch.zeros(1, 3, 8, 8)).dtype == torch.float32


class Library:
    """A C library that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked = []

    def __getattr__(self, name):
        def function(*given):
            self.asked.append((name, *given))
            return 4096 if name == "malloc" else 0

        function.restype = None
        setattr(self, name, function)
        return function


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="for glibc alone")
def test_the_allocator_is_told_to_keep_what_is_freed(monkeypatch):
    library = Library()
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: library)
    monkeypatch.delenv("MALLOC_TOP_PAD_", raising=False)
    keep_freed_memory()
    told = [words for words in library.asked if words[0] == "mallopt"]
    # M_MMAP_MAX, M_TRIM_THRESHOLD and M_TOP_PAD of malloc.h
    assert told == [("mallopt", -4, 0), ("mallopt", -1, -1), ("mallopt", -2, 2**28)]
    assert [words[0] for words in library.asked[3:]] == ["malloc", "madvise", "free"]
    start, length, advice = library.asked[4][1:]
    assert (start, advice) == (4096, 14)  # MADV_HUGEPAGE
    assert device.HEAP - length == 2 * os.sysconf("SC_PAGE_SIZE")
    library.asked.clear()
    monkeypatch.setenv("MALLOC_TOP_PAD_", "1000")  # whoever sets it knows better
    keep_freed_memory()
    assert library.asked == []


def test_the_allocator_setting_is_harmless_twice():
    keep_freed_memory()
    keep_freed_memory()
    assert torch.zeros(10**6).sum() == 0
