"""A small untrained generator as an artefact, and one with a mapping and labels."""

from pathlib import Path

import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import LoadedGenerator
from impasto.models.build import build_generator
from tests.conftest import write_best, write_conditional

SIZE, LATENT = 32, 8


def write_generator(folder: Path, seed: int = 0, **model) -> Path:
    """An untrained generator in `folder`, loud enough that its pictures differ."""
    torch.manual_seed(seed)
    chosen = Model(size=SIZE, latent=LATENT, generator_width=4, **model)
    network = build_generator(chosen)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(1e-3)
    return write_best(folder, network, chosen)


@pytest.fixture
def artefact(tmp_path) -> Path:
    return write_generator(tmp_path / "best")


@pytest.fixture
def painter(artefact) -> LoadedGenerator:
    return load_generator(artefact)


class Mapped(nn.Module):
    """A generator with labels, a mapping, and pictures that are not square."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.mapping = Mapping()
        self.synthesis = nn.Sequential(
            nn.Linear(6, 3 * 16 * 24), nn.Unflatten(1, (3, 16, 24)), nn.Tanh()
        )

    def forward(self, latents, labels):
        return self.synthesis(self.mapping(latents, labels))


class Mapping(nn.Module):
    """Latents and labels → intermediate latents whose mean is not 0."""

    def __init__(self) -> None:
        super().__init__()
        self.of_label = nn.Embedding(2, 3)
        self.layers = nn.Sequential(nn.Linear(3 + LATENT, 6), nn.ReLU())

    def forward(self, latents, labels):
        return self.layers(torch.cat([self.of_label(labels), latents], 1))


@pytest.fixture
def mapped() -> LoadedGenerator:
    network = Mapped().eval().requires_grad_(False)
    return LoadedGenerator(network, LATENT, "a generator with labels", None, ("Klee", "Marc"))


@pytest.fixture
def conditional(tmp_path) -> Path:
    """The folder of a generator of the family that learns labels; Marc had a third of Klee's."""
    return write_conditional(tmp_path / "conditional", {"Klee": 30, "Marc": 10})
