"""Directions as files."""

import json

import pytest
import safetensors.torch
import torch

from impasto.errors import ImpastoError
from impasto.explore.search import by_weights, save_directions
from impasto.generate.directions import move, moved, read_directions
from impasto.generate.latents import of_seed

MAKER = {"origin": "a test", "fingerprint": "0" * 16}


def test_directions_come_back_as_they_were_saved(painter, tmp_path):
    found = by_weights(painter.network, painter.latent, 3)
    save_directions(tmp_path, found, MAKER)
    read = read_directions(tmp_path, painter.latent)
    assert [d.name for d in read] == ["weights-1", "weights-2", "weights-3"]
    assert all(torch.equal(a.vector, b.vector) for a, b in zip(read, found, strict=True))


def test_a_latent_is_moved_by_standard_deviations_and_back(painter):
    (direction,) = by_weights(painter.network, painter.latent, 1)
    start = of_seed(1, painter.latent)
    away = move(start, [direction], ["weights-1=2.5"])
    assert torch.allclose((away.values - start.values) @ direction.vector, torch.tensor(2.5))
    assert away.seed is None  # the seed alone would paint another picture
    assert torch.allclose(moved(away, direction, -2.5).values, start.values, atol=1e-6)
    assert moved(start, direction, 0) is start


@pytest.mark.parametrize(
    "spoil",
    [
        lambda about, tensors: about.update(format="x"),
        lambda about, tensors: about.update(version=9),
        lambda about, tensors: about.update(directions={}),
        lambda about, tensors: about["directions"].pop(),
        lambda about, tensors: about["directions"][0].update(name="../../x"),
        lambda about, tensors: about["directions"][0].update(share="1"),
        lambda about, tensors: about["directions"][0].update(share=float("nan")),
        lambda about, tensors: tensors.update(directions=torch.zeros(3, 5)),
        lambda about, tensors: tensors.update(directions=torch.full((3, 8), float("nan"))),
        lambda about, tensors: tensors.update(directions=torch.zeros(3, 8, dtype=torch.int64)),
        lambda about, tensors: tensors.pop("directions"),
    ],
)
def test_what_a_stranger_might_send_is_one_sentence(painter, tmp_path, spoil):
    save_directions(tmp_path, by_weights(painter.network, painter.latent, 3), MAKER)
    about = json.loads((tmp_path / "directions.json").read_text())
    tensors = safetensors.torch.load_file(tmp_path / "directions.safetensors")
    spoil(about, tensors)
    (tmp_path / "directions.json").write_text(json.dumps(about))
    safetensors.torch.save_file(tensors, tmp_path / "directions.safetensors")
    with pytest.raises(ImpastoError):
        read_directions(tmp_path, 8)


def test_missing_and_torn_files_are_one_sentence(painter, tmp_path):
    with pytest.raises(ImpastoError, match="impasto explore directions makes them"):
        read_directions(tmp_path, 8)
    save_directions(tmp_path, by_weights(painter.network, painter.latent, 3), MAKER)
    (tmp_path / "directions.safetensors").write_bytes(b"\0" * 40)
    with pytest.raises(ImpastoError, match="is not directions"):
        read_directions(tmp_path, 8)
    (tmp_path / "directions.safetensors").unlink()
    with pytest.raises(ImpastoError, match="missing"):
        read_directions(tmp_path, 8)
