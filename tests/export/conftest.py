"""Small generators to export."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.core.checkpoints import MODEL_FORMAT, MODEL_VERSION, ModelCard, write_artefact
from impasto.generate.sampler import Painter, load_painter
from impasto.models.build import build_generator


def used(network: nn.Module) -> nn.Module:
    """Weights and running statistics as after some training: none is 0 or 1."""
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.copy_(value + 0.1 * torch.rand_like(value))
    return network


@pytest.fixture
def artefact(tmp_path) -> Callable[..., Path]:
    """A folder with a generator, as in a run's `best/`."""

    def artefact(**model) -> Path:
        torch.manual_seed(0)
        described = Model(**{"size": 32, "latent": 20, "generator_width": 4} | model)
        card = ModelCard(
            format=MODEL_FORMAT,
            version=MODEL_VERSION,
            recipe="impasto-64",
            model=described,
            data="my *paintings* <b>",
            pictures=12,
            images=100,
            minutes=0.1,
            metrics={"kid": 0.5, "diversity": 0.4},
        )
        folder = tmp_path / "mine"
        write_artefact(folder, used(build_generator(described)), card)
        return folder

    return artefact


@pytest.fixture
def painter(artefact) -> Painter:
    return load_painter(artefact())


class Labelled(nn.Module):
    """A generator that takes labels as well."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(3, 5)
        self.layer = nn.Linear(25, 3 * 16 * 16)

    def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        both = torch.cat([latents, self.embedding(labels)], 1)
        return torch.tanh(self.layer(both)).unflatten(1, (3, 16, 16))


@pytest.fixture
def labelled() -> Painter:
    torch.manual_seed(0)
    network = Labelled().eval().requires_grad_(False)
    return Painter(network, 20, "a test", None, ("still life", "port", "snow"))
