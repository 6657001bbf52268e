"""Checkpoints on devices that fail, and on others than they were written on."""

import os

import pytest
import torch
from torch import nn

from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.train import state as module
from impasto.train.state import State
from impasto.train.watch import restore_newest


@pytest.fixture
def run(tmp_path) -> Run:
    """Two checkpoints, after 8 and 16 images."""
    run = Run(tmp_path)
    for images in (8, 16):
        state = made()
        state.images = images
        state.save(run.checkpoint(images), {})
    return run


def made() -> State:
    return State(torch.device("cpu"), {"net": nn.Linear(2, 2)}, {})


def test_a_gpu_without_memory_is_no_fault_of_the_checkpoints(run, monkeypatch):
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(nn.Linear, "load_state_dict", full)
    with pytest.raises(torch.OutOfMemoryError):
        restore_newest(made(), run)
    assert [path.stem for path in run.checkpoints()] == ["000000008", "000000016"]


def test_a_broken_checkpoint_is_set_aside_and_the_one_before_is_taken(run):
    run.checkpoint(16).write_bytes(b"half of it")
    state = made()
    restore_newest(state, run)
    assert state.images == 8
    assert run.checkpoint(16).with_suffix(".broken").exists()


def test_with_none_left_it_says_so_and_throws_nothing_away(run):
    for images in (8, 16):
        run.checkpoint(images).write_bytes(b"half of it")
    with pytest.raises(ImpastoError, match=r"No checkpoint .* choose another --out"):
        restore_newest(made(), run)
    assert len(list((run.folder / "checkpoints").glob("*.broken"))) == 2


def test_a_devices_own_chance_goes_on_and_begins_elsewhere_at_another_seed(run, monkeypatch):
    given = []
    monkeypatch.setattr(module, "chance_of", lambda device: torch.tensor([5], dtype=torch.uint8))
    monkeypatch.setattr(module, "set_chance", lambda *how: given.append(how))
    state = made()
    state.device = torch.device("meta")
    for images in (8, 16):  # as written by a CPU, read on a device that has its own
        state.restore(run.checkpoint(images))
    (_, first, at_8), (_, second, at_16) = given
    assert first is None and second is None
    assert at_8 != at_16

    state.save(run.checkpoint(24), {})
    state.restore(run.checkpoint(24))
    assert torch.equal(given[-1][1], torch.tensor([5], dtype=torch.uint8))


def test_a_name_that_tensorboard_cannot_write_to_is_refused_before_anything_is_written(tmp_path):
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(ImpastoError, match="no readable text; choose another --out"):
        Run(odd).locked().__enter__()
    assert not odd.exists()
    with Run(tmp_path / "café\u3000絵").locked():
        pass
