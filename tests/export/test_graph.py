"""ONNX paints what PyTorch paints."""

import builtins
import typing

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.errors import ImpastoError
from impasto.explore.mix import at_layers
from impasto.export.graph import TOLERANCE, compact, compare, to_onnx, write_onnx
from impasto.generate.artefact import load_generator
from impasto.generate.conditions import Conditioned, seeded
from impasto.generate.layers import layers_by_side
from impasto.generate.sampler import LoadedGenerator, latents_of

pytestmark = pytest.mark.slow

FAMILIES = typing.get_args(Model.model_fields["architecture"].annotation)


PUBLISHED = ("paint-by-numbers", "projected")
"""Families that older runs have in another form."""


@pytest.mark.parametrize(
    ("architecture", "published"),
    [*((family, False) for family in FAMILIES), *((family, True) for family in PUBLISHED)],
)
def test_every_family_paints_the_same_in_onnx(architecture, published, artefact, tmp_path):
    size = 256 if architecture == "fastgan" else 32
    width = 16 if architecture == "r3gan" else 4
    about = {"architecture": architecture, "as_published": published}
    folder = artefact(size=size, generator_width=width, **about)
    painter = load_generator(folder)
    assert write_onnx(painter, tmp_path / "a.onnx") <= TOLERANCE
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    for count in (1, 5):  # another number of pictures than it was written with
        latents = latents_of(range(count), painter.latent)
        (found,) = session.run(["pictures"], {"latents": latents.numpy()})
        with torch.inference_mode():
            expected = painter.network(latents).numpy()
        assert found.shape == (count, 3, size, size)
        assert np.abs(found - expected).max() <= TOLERANCE
    assert expected.std() > 0.03  # not a grey sheet


def test_labels_are_an_input(labelled, tmp_path):
    assert write_onnx(labelled, tmp_path / "a.onnx") <= TOLERANCE
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    assert [entry.name for entry in session.get_inputs()] == ["latents", "labels"]
    latents, labels = latents_of([0, 0, 1], 20), torch.tensor([0, 2, 1])
    (found,) = session.run(None, {"latents": latents.numpy(), "labels": labels.numpy()})
    with torch.inference_mode():
        expected = labelled.network(latents, labels).numpy()
    assert np.abs(found - expected).max() <= TOLERANCE
    assert np.abs(found[0] - found[1]).mean() > 0.02


@pytest.mark.parametrize("known", [False, True])
def test_the_last_picture_lends_its_manner_where_a_page_asks_for_it(known, labelled, painter):
    generator = labelled if known else painter
    levels = layers_by_side(Conditioned(generator, "port" if known else None), generator.latent)
    graph = to_onnx(generator, list(levels.values()))
    assert compare(graph, generator) <= TOLERANCE  # nothing is lent
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    a, b = (seeded(generator, seed, "port" if known else None) for seed in (1, 2))
    feed = {"latents": torch.stack([a.values, b.values]).numpy()}
    wanted = {8: 1.0, 16: 0.5}
    feed["shares"] = np.array([wanted.get(side, 0) for side in levels], np.float32)
    feed |= {"labels": np.array([1, 1])} if known else {}
    (found,) = session.run(None, feed)
    (child,) = at_layers(generator, a, b, wanted)
    assert np.abs((found[0].transpose(1, 2, 0) + 1) * 127.5 - child.picture).max() <= 1


def test_the_file_describes_itself(painter, tmp_path):
    write_onnx(painter, tmp_path / "a.onnx")
    graph = onnx.load(tmp_path / "a.onnx")
    about = {entry.key: entry.value for entry in graph.metadata_props}
    assert about["impasto.origin"] == painter.origin
    assert "-1 to 1" in about["impasto.pictures"]


def test_fewer_bytes_look_the_same(artefact):
    painter = load_generator(artefact(generator_width=16))
    whole = to_onnx(painter)
    size, bounds = len(whole.SerializeToString()), {"fp16": (0.55, 0.01), "int8": (0.35, 0.1)}
    for weights, (share, tolerance) in bounds.items():
        small = compact(whole, weights)
        assert len(small.SerializeToString()) < share * size
        assert 0 < compare(small, painter) < tolerance
    assert compare(compact(whole, "fp32"), painter) < TOLERANCE


def test_an_export_that_paints_otherwise_is_not_written(painter, tmp_path, monkeypatch):
    monkeypatch.setattr("impasto.export.graph.compare", lambda *_: 0.01)
    with pytest.raises(ImpastoError, match="differ from PyTorch's by"):
        write_onnx(painter, tmp_path / "a.onnx")
    assert not (tmp_path / "a.onnx").exists()


def test_what_onnx_cannot_say_is_one_sentence(tmp_path):
    class Odd(nn.Module):
        def forward(self, x):
            return x if x.sum().item() > 0 else -x

    with pytest.raises(ImpastoError, match="cannot be written as ONNX") as refused:
        to_onnx(LoadedGenerator(Odd(), 20, "a test", None))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_package_is_named_with_its_remedy(package, painter, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return real(name, *rest)

    graph = to_onnx(painter)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImpastoError, match=r"pip install 'impasto\[export\]'"):
        compare(graph, painter) if package == "onnxruntime" else to_onnx(painter)
