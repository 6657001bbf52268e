"""Memory while painting does not grow with the pictures' size."""

import pytest
import torch
from torch import Tensor, nn

from impasto.generate.sampler import BATCH, at_once, sample
from impasto.train import decide
from impasto.train.decide import judged_at_once


class Counting(nn.Module):
    """Notes how many pictures it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def forward(self, latents: Tensor) -> Tensor:
        self.asked.append(len(latents))
        return latents[:, :3, None, None].expand(-1, 3, 2, 4)


@pytest.mark.parametrize(
    ("width", "height", "pictures"),
    [(64, 64, BATCH), (256, 256, BATCH), (512, 512, 8), (1024, 512, 4), (1024, 1024, 2)],
)
def test_fewer_large_pictures_at_once(width: int, height: int, pictures: int):
    assert at_once(width, height) == pictures


@pytest.mark.parametrize(("side", "pictures"), [(64, 1000), (256, 1000), (512, 682), (1024, 170)])
def test_a_judgement_holds_fewer_large_pictures(side: int, pictures: int, monkeypatch):
    monkeypatch.setattr(decide, "MOST_JUDGED", 1000)  # other tests judge by fewer
    assert judged_at_once(side, side) == pictures


def test_no_size_is_too_large_for_one():
    assert at_once(16384, 16384) == 1


def test_passes_are_of_that_many_and_lose_none():
    network, latents = Counting(), torch.linspace(-1, 1, 15).reshape(5, 3)
    pictures = sample(network, latents, torch.device("cpu"), batch=2)
    assert network.asked == [2, 2, 1]
    assert pictures.shape == (5, 2, 4, 3)
    assert (pictures == sample(Counting(), latents, torch.device("cpu"))).all()
