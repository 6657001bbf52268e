"""Impasto from Python: small, light to import, and the same pictures as the command line."""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import impasto
from impasto.cli import app
from impasto.core.checkpoints import LAYOUTS
from tests.export.conftest import artefact, labelled, painter  # noqa: F401 -- fixtures


def test_importing_it_costs_next_to_nothing():
    program = "import sys, impasto; print('torch' in sys.modules, len(dir(impasto)) > 3)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]
    with pytest.raises(AttributeError, match="no attribute 'paint_me'"):
        _ = impasto.paint_me


def test_the_interface_is_this():
    """Change it with care: others' notebooks depend on it."""
    found = {
        name: str(inspect.signature(member))
        for name, member in vars(impasto.Generator).items()
        if name[0] != "_" and callable(member)
    }
    of_pictures = "*, label: str | None = None, truncation: float = 1.0"
    assert str(inspect.signature(impasto.load)).startswith(
        "(source: str | pathlib.Path, checkpoint: str = 'best')"
    )
    assert found["sample"].startswith(f"(self, n: int = 1, seed: int = 0, {of_pictures})")
    assert found["images"].startswith(f"(self, n: int = 1, seed: int = 0, {of_pictures})")
    assert found["paint"].startswith("(self, latents: ")
    assert found["latents"].startswith("(self, seeds: ")
    public = {name for name in vars(impasto.Generator) if name[0] != "_"}
    assert public == {
        *("from_pretrained", "images", "labels", "latent", "latents", "network"),
        *("origin", "paint", "sample"),
    }


def test_samples_are_arrays_and_images_of_the_same_seeds(artefact):  # noqa: F811
    generator = impasto.load(artefact())
    pictures = generator.sample(3, seed=7)
    assert pictures.shape == (3, 32, 32, 3)
    assert pictures.dtype == np.uint8
    assert np.array_equal(pictures[1], generator.sample(1, seed=8)[0])
    assert np.array_equal(generator.paint(generator.latents([7, 8, 9])), pictures)
    images = generator.images(3, seed=7)
    assert all(isinstance(image, Image.Image) for image in images)
    assert np.array_equal(np.asarray(images[2]), pictures[2])
    assert generator.sample(0).shape == (0, 32, 32, 3)
    assert "impasto-64" in repr(generator)


def test_the_command_line_paints_the_same(artefact, tmp_path):  # noqa: F811
    folder = artefact()
    arguments = ["generate", str(folder), "--seeds", "7", "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.stderr
    picture = next((tmp_path / "out").rglob("*.png"))
    assert np.array_equal(np.asarray(Image.open(picture)), impasto.load(folder).sample(1, 7)[0])


def test_labels_and_truncation_are_arguments(labelled):  # noqa: F811
    generator = impasto.Generator(labelled)
    assert generator.labels == ("still life", "port", "snow")
    port, snow = (generator.sample(1, label=label) for label in ("port", "snow"))
    assert not np.array_equal(port, snow)
    short = generator.sample(1, label="port", truncation=0.2)
    assert not np.array_equal(short, port)
    with pytest.raises(impasto.ImpastoError, match="still life, port, snow"):
        generator.sample(1, label="harbour")


def test_without_a_label_each_seed_draws_one(labelled):  # noqa: F811
    generator = impasto.Generator(labelled)
    of_each = {label: generator.sample(8, label=label) for label in generator.labels}
    for at, picture in enumerate(generator.sample(8)):
        assert any(np.array_equal(picture, found[at]) for found in of_each.values())
    latents = generator.latents(range(8))
    assert np.array_equal(generator.paint(latents, label="snow"), of_each["snow"])
    with pytest.raises(impasto.ImpastoError, match="still life, port, snow"):
        generator.paint(latents)


@pytest.mark.parametrize("latents", [[1, 2, 3], [[float("nan")] * 20], "words", [[[0.0] * 20]]])
def test_latents_that_are_none_are_one_sentence(latents, artefact):  # noqa: F811
    with pytest.raises(impasto.ImpastoError, match="latents must be"):
        impasto.load(artefact()).paint(latents)


@pytest.mark.parametrize("truncation", [-0.1, 4.1, float("nan"), float("inf")])
def test_truncation_beyond_its_range_is_one_sentence(truncation, artefact):  # noqa: F811
    with pytest.raises(impasto.ImpastoError, match="from 0 to 4"):
        impasto.load(artefact()).sample(1, truncation=truncation)


def test_what_is_not_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def offline(*_, **__):
        raise OSError("the network is away.\nand more")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(impasto.ImpastoError, match=r"\(the network is away\)\.$"):
        impasto.load("nobody/nothing")
    with pytest.raises(impasto.ImpastoError, match="no folder"):
        impasto.load(tmp_path / "none")


def test_a_name_on_the_hub_is_downloaded_as_two_files(artefact, monkeypatch, tmp_path):  # noqa: F811
    impasto.load(artefact()).save_pretrained(tmp_path / "cached")
    asked = {}

    def download(name, **rest):
        asked.update(rest, name=name)
        return str(tmp_path / "cached")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert impasto.load("someone/mine").sample(1).shape == (1, 32, 32, 3)
    assert asked["name"] == "someone/mine"
    assert asked["allow_patterns"] == ["config.json", "model.safetensors"]
    impasto.Generator.from_pretrained("someone/mine", revision="main", token="secret")
    assert (asked["revision"], asked["token"]) == ("main", "secret")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("which", "content"),
    [
        (0, b"{"),
        (0, b"[]"),
        (0, b"{}"),
        (0, b'{"format": "impasto-generator", "version": 1}'),
        (0, b'{"format": "impasto-generator", "version": 99}'),
        (0, b"[" * 100_000),
        (1, b""),
        (1, b"\xff" * 64),
        (1, b"\x10\0\0\0\0\0\0\0" + b"not json, really"),
    ],
)
def test_a_strangers_generator_is_read_or_refused(layout, which, content, artefact):  # noqa: F811
    folder = artefact()
    for ours, theirs in zip(LAYOUTS[0], layout, strict=True):
        (folder / ours).rename(folder / theirs)
    assert impasto.load(folder).sample(1).shape == (1, 32, 32, 3)
    (folder / layout[which]).write_bytes(content)
    with pytest.raises(impasto.ImpastoError) as refused:
        impasto.load(folder)
    assert "\n" not in str(refused.value)


def test_another_librarys_config_is_refused(artefact):  # noqa: F811
    folder = artefact()
    (folder / "model.json").unlink()
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(impasto.ImpastoError, match="does not describe"):
        impasto.load(folder)


def test_an_onnx_file_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08\x07" * 50)
    with pytest.raises(impasto.ImpastoError, match=r"a\.onnx"):
        impasto.load(tmp_path / "a.onnx")
