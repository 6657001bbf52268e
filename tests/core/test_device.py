"""Choosing where and how precisely to compute."""

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


def test_the_allocator_setting_is_harmless_twice():
    keep_freed_memory()
    keep_freed_memory()
    assert torch.zeros(10**6).sum() == 0
