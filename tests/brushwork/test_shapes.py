"""Originals that a network has enlarged are remembered, and nothing wrong is believed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.brushwork import shapes as module
from impasto.brushwork.shapes import Shapes
from impasto.core.images import Picture


class Network:
    """Repeats pixels, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, picture: Picture) -> Picture:
        self.asked += 1
        return picture.repeat(2, 0).repeat(2, 1)


def small(seed: int) -> torch.Tensor:
    return torch.rand(1, 3, 6, 9, generator=torch.Generator().manual_seed(seed))


def test_an_original_is_enlarged_once(tmp_path: Path) -> None:
    network = Network()
    shapes = Shapes(network, 2, "twice", tmp_path / "shapes")
    first = shapes.of_original(small(1))
    assert first.shape == (1, 3, 12, 18)
    assert torch.allclose(first[:, :, ::2, ::2], small(1), atol=1 / 255)
    again = Shapes(network, 2, "twice", tmp_path / "shapes")
    assert torch.equal(again.of_original(small(1)), first)
    assert network.asked == 1
    again.of_original(small(2))
    Shapes(network, 2, "another", tmp_path / "shapes").of_original(small(1))
    assert network.asked == 3


def test_a_picture_of_ones_own_is_not_kept(tmp_path: Path) -> None:
    shapes = Shapes(Network(), 2, "twice", tmp_path / "shapes")
    assert torch.equal(shapes.of(small(1)), shapes.of_original(small(1)))
    assert len(list((tmp_path / "shapes").iterdir())) == 1


def test_what_is_damaged_or_of_another_size_is_made_anew(tmp_path: Path) -> None:
    shapes = Shapes(Network(), 2, "twice", tmp_path)
    right = shapes.of_original(small(1))
    (file,) = tmp_path.iterdir()
    for content in (b"", file.read_bytes()[:60]):
        file.write_bytes(content)
        assert torch.equal(shapes.of_original(small(1)), right)
    Image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(file)
    assert torch.equal(shapes.of_original(small(1)), right)


def test_so_many_are_kept_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    shapes = Shapes(Network(), 2, "twice", tmp_path)
    for seed in range(5):
        shapes.of_original(small(seed))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_disk_that_takes_nothing_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    shapes = Shapes(Network(), 2, "twice", tmp_path / "file")
    assert shapes.of_original(small(1)).shape == (1, 3, 12, 18)
