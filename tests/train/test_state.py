"""Checkpoints on devices that fail, and on others than they were written on."""

import copy
import errno
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from impasto import recipes
from impasto.core.runs import Run
from impasto.errors import ImpastoError, UnreadableError
from impasto.train import resume
from impasto.train import state as module
from impasto.train.resume import restore_newest
from impasto.train.state import State


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


def version_99(path) -> None:
    saved = torch.load(path, weights_only=True)
    torch.save(saved | {"version": 99}, path)


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


SHORT = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ((zipfile.ZipFile, "testzip"), OSError(errno.EIO, "Input/output error"), "see to the disk"),
        ((torch, "load"), MemoryError(), "too little free memory"),
        ((torch, "load"), SHORT, "too little free memory"),
        ((nn.Linear, "load_state_dict"), SHORT, "too little free memory"),
        ((os, "open"), PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (None, None, "another version of Impasto"),
    ],
)
def test_a_checkpoint_that_may_be_whole_is_not_set_aside(run, monkeypatch, where, error, sentence):
    if where is None:
        version_99(run.checkpoint(16))
    else:
        monkeypatch.setattr(*where, failing(error))
    with pytest.raises(UnreadableError, match=sentence) as caught:
        restore_newest(made(), run)
    assert str(run.checkpoint(16)) in str(caught.value)
    assert [path.stem for path in run.checkpoints()] == ["000000008", "000000016"]


def rescue(run: Run, state: State, healthy: int) -> None:
    for images in (24, 32):  # of the failed training
        state.images = images
        state.save(run.checkpoint(images), {})
    resume._restore(recipes.load("quick-64"), state, run, healthy)


def test_going_back_deletes_nothing_before_an_older_checkpoint_is_read(run, monkeypatch):
    state = made()
    monkeypatch.setattr(torch, "load", failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(UnreadableError):
        rescue(run, state, 16)
    assert len(run.checkpoints()) == 4


def test_going_back_takes_the_one_before_a_broken_one(run):
    run.checkpoint(16).write_bytes(b"half of it")
    state = made()
    rescue(run, state, 16)
    assert state.images == 8
    assert run.checkpoints() == [run.checkpoint(8)]


def test_going_back_never_begins_anew_because_all_are_broken(run):
    for images in (8, 16):
        run.checkpoint(images).write_bytes(b"half of it")
    for _ in range(2):  # the same command again
        with pytest.raises(ImpastoError, match=r"from before the failure .* --guard warn"):
            rescue(run, made(), 16)
    assert len(run.checkpoints()) == 2


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
    with pytest.raises(ImpastoError, match="choose another --out"):
        Run(odd).locked().__enter__()
    assert not odd.exists()
    with Run(tmp_path / "café\u3000絵").locked():
        pass


def trained(algorithm: str = "adam") -> State:
    """Two networks after a step each, as in a GAN training: moments, averages, memory."""
    torch.manual_seed(0)
    networks = {name: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)) for name in ("g", "d")}
    optimisers = {}
    for name, network in networks.items():
        if algorithm == "adam":
            optimiser = torch.optim.Adam(network.parameters(), 1e-3, (0.5, 0.9), fused=True)
        else:
            optimiser = torch.optim.RMSprop(network.parameters(), 1e-3)
        network(torch.randn(8, 4)).square().sum().backward()
        optimiser.step()
        optimisers[name] = optimiser
    averages = {"g": copy.deepcopy(networks["g"])}
    return State(torch.device("cpu"), networks, optimisers, averages, {"probability": 0.5})


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a saved state, the whole ones too."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield from leaves(value[at], (*path, at))


def replaced(saved: dict[str, Any], path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    saved = copy.deepcopy(saved)
    *way, last = path
    place: Any = saved
    for step in way:
        place = place[step]
    place[last] = change(place[last])
    return saved


OTHERS: tuple[Callable[[Any], Any], ...] = (
    *(lambda _, v=v: v for v in (None, True, -1, 2**70, 0.5, float("nan"), "x", [], {}, [[1]])),
    lambda _: torch.zeros(2, 2, 2),
    lambda _: torch.zeros(1).expand(10**12),
    lambda _: torch.zeros(3, 4).to_sparse(),
    lambda _: torch.zeros((), dtype=torch.complex64),
    lambda old: old.double() if isinstance(old, torch.Tensor) else torch.zeros(3),
    lambda old: old[..., :1] if isinstance(old, torch.Tensor) and old.dim() else 7,
    lambda old: (
        torch.full_like(old, float("nan"))
        if torch.is_tensor(old) and old.is_floating_point()
        else b"x"
    ),
    lambda old: {**old, "more": 1} if isinstance(old, dict) else (1, 2),
)


@pytest.mark.parametrize("algorithm", ["adam", "rmsprop"])
def test_a_state_comes_back_whole_and_trains_on(tmp_path, algorithm):
    state, again = trained(algorithm), trained(algorithm)
    state.images, state.memory["probability"] = 8, 0.25
    state.save(tmp_path / "a.pt", {})
    again.restore(tmp_path / "a.pt")
    assert (again.images, again.memory) == (8, {"probability": 0.25})
    for optimiser in again.optimisers.values():
        optimiser.step()


@pytest.mark.parametrize("slot", ["exp_avg", "exp_avg_sq", "step"])
@pytest.mark.parametrize("wrong", [torch.zeros(1), torch.zeros(3, 4).half(), torch.zeros(10**6)])
def test_moments_that_do_not_fit_their_weight_are_refused_before_anything_changes(
    tmp_path, slot, wrong
):
    trained().save(tmp_path / "a.pt", {})
    saved = torch.load(tmp_path / "a.pt", weights_only=True)
    saved["optimisers"]["d"]["state"][0][slot] = wrong
    torch.save(saved, tmp_path / "b.pt")
    state = made_fresh()
    before = copy.deepcopy(state.networks["g"].state_dict())
    with pytest.raises(ImpastoError, match=rf"optimiser of d does not fit: {slot} of weight 0"):
        state.restore(tmp_path / "b.pt")
    after = state.networks["g"].state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert state.images == 0


def made_fresh() -> State:
    state = trained()
    for optimiser in state.optimisers.values():
        optimiser.state.clear()
    return state


def test_whatever_is_changed_in_a_checkpoint_is_one_sentence_or_harmless(tmp_path):
    chance = random.Random(0)
    trained().save(tmp_path / "a.pt", {"recipe": "x"})
    saved = torch.load(tmp_path / "a.pt", weights_only=True)
    ways = [way for way in leaves(saved) if way[0] != "about"]
    refused = 0
    for _ in range(300):
        changed = replaced(saved, chance.choice(ways), chance.choice(OTHERS))
        torch.save(changed, tmp_path / "b.pt")
        state = made_fresh()
        try:
            state.restore(tmp_path / "b.pt")
        except ImpastoError as error:
            refused += 1
            assert "b.pt" in str(error) and len(str(error)) < 1000
            continue
        for network in state.networks.values():
            network(torch.randn(8, 4)).square().sum().backward()
        for optimiser in state.optimisers.values():
            optimiser.step()
    assert refused > 200


def test_bit_rot_is_told_by_the_files_own_checksums(tmp_path):
    trained().save(tmp_path / "a.pt", {})
    content = (tmp_path / "a.pt").read_bytes()
    weight = torch.load(tmp_path / "a.pt", weights_only=True)["networks"]["g"]["0.weight"]
    rotten = bytearray(content)
    rotten[content.index(weight.numpy().tobytes()) + 5] ^= 1  # still a number, of another value
    (tmp_path / "b.pt").write_bytes(rotten)
    with pytest.raises(ImpastoError, match="not a checkpoint"):
        trained().restore(tmp_path / "b.pt")


def test_a_checkpoint_that_unpacks_to_more_than_its_size_is_not_unpacked(tmp_path):
    trained().save(tmp_path / "a.pt", {})
    with (
        zipfile.ZipFile(tmp_path / "a.pt") as old,
        zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(part.filename, old.read(part) + bytes(2**20))
    with pytest.raises(ImpastoError, match="not a checkpoint"):
        trained().restore(tmp_path / "b.pt")
