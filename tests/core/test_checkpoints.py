"""Checkpoints and artefacts: atomic, safe, and refused in one sentence."""

import errno
import os
import pickle

import pytest
import safetensors.torch
import torch

from impasto.config import Model
from impasto.core.checkpoints import (
    MODEL_FORMAT,
    MODEL_VERSION,
    ModelCard,
    read_artefact,
    read_checkpoint,
    read_weights,
    write_artefact,
    write_checkpoint,
)
from impasto.core.files import write_json
from impasto.errors import ImpastoError


class Bomb:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return (os.system, ("touch bomb-went-off",))


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        format=MODEL_FORMAT,
        version=MODEL_VERSION,
        recipe="impasto-64",
        model=Model(size=32, latent=8, generator_width=4),
        data="mine",
        pictures=12,
        images=100,
        minutes=0.1,
    )


def test_a_checkpoint_comes_back_as_it_was(tmp_path):
    content = {"networks": {"g": {"w": torch.randn(3, 3)}}, "progress": {"images": 4}}
    write_checkpoint(tmp_path / "a.pt", content)
    again = read_checkpoint(tmp_path / "a.pt")
    assert torch.equal(again["networks"]["g"]["w"], content["networks"]["g"]["w"])
    assert again["progress"] == {"images": 4}


def test_code_in_a_checkpoint_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": "impasto-checkpoint", "version": 1, "x": Bomb()}, "torch.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Bomb()))
    for name in ("torch.pt", "plain.pt"):
        with pytest.raises(ImpastoError, match="not a checkpoint"):
            read_checkpoint(tmp_path / name)
    assert not (tmp_path / "bomb-went-off").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x80\x02.", b"text"])
def test_a_broken_checkpoint_is_one_sentence(tmp_path, content):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(ImpastoError, match="not a checkpoint"):
        read_checkpoint(tmp_path / "a.pt")


def test_checkpoints_of_others_and_of_the_future_are_refused(tmp_path):
    torch.save({"weights": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(ImpastoError, match="not a checkpoint of Impasto"):
        read_checkpoint(tmp_path / "other.pt")
    torch.save({"format": "impasto-checkpoint", "version": 99}, tmp_path / "future.pt")
    with pytest.raises(ImpastoError, match="another version"):
        read_checkpoint(tmp_path / "future.pt")
    with pytest.raises(ImpastoError, match="no checkpoint"):
        read_checkpoint(tmp_path / "none.pt")


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    write_checkpoint(path, {"progress": 1})

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(path, {"progress": 2})
    assert read_checkpoint(path)["progress"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["a.pt"]


def test_an_artefact_comes_back_as_it_was(tmp_path, card):
    network = torch.nn.Linear(2, 3)
    write_artefact(tmp_path / "best", network, card)
    again, weights = read_artefact(tmp_path / "best")
    assert again == card
    assert torch.equal(weights["weight"], network.weight)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "other"}, "does not describe a generator"),
        ({"version": 99}, "another version"),
        ({"model": {"size": 33}}, r"model\.size"),
        ({"model": {"generator_width": 10**9}}, r"model\.generator_width"),
        ({"images": "many"}, "images"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_hostile_description_is_one_sentence(tmp_path, card, change, sentence):
    write_artefact(tmp_path, torch.nn.Linear(1, 1), card)
    write_json(tmp_path / "model.json", card.model_dump(mode="json") | change)
    with pytest.raises(ImpastoError, match=sentence):
        read_artefact(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x10\0\0\0\0\0\0\0{not json at all}"])
def test_broken_weights_are_one_sentence(tmp_path, card, content):
    write_artefact(tmp_path, torch.nn.Linear(1, 1), card)
    (tmp_path / "generator.safetensors").write_bytes(content)
    with pytest.raises(ImpastoError, match="not a safetensors file"):
        read_artefact(tmp_path)


def test_missing_weights_are_one_sentence(tmp_path, card):
    write_artefact(tmp_path, torch.nn.Linear(1, 1), card)
    (tmp_path / "generator.safetensors").unlink()
    with pytest.raises(ImpastoError, match="is missing"):
        read_artefact(tmp_path)


def test_the_shared_file_is_plain_safetensors(tmp_path, card):
    write_artefact(tmp_path, torch.nn.Linear(2, 3), card)
    assert set(safetensors.torch.load_file(tmp_path / "generator.safetensors")) == {
        "weight",
        "bias",
    }


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_numbers_of_one_byte_are_read_as_numbers_that_can_be_calculated_with(tmp_path, kind):
    file = tmp_path / "discriminator.safetensors"
    weights = {"weight": torch.linspace(-1, 1, 9).to(kind), "count": torch.arange(3)}
    safetensors.torch.save_file(weights, file)
    found = read_weights(file)
    assert found["weight"].dtype == torch.float32
    assert torch.equal(found["weight"], weights["weight"].float())
    assert torch.equal(found["count"], weights["count"])
