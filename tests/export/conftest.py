"""Small generators to export."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from impasto.config import Model
from impasto.generate.artefact import load_generator
from impasto.generate.sampler import LoadedGenerator
from impasto.models.build import build_generator
from tests.conftest import write_best, write_conditional


@torch.no_grad()
def used(network: nn.Module, latent: int) -> nn.Module:
    """With running statistics and pictures as lively as after some training."""
    network.train()
    for _ in range(20):
        network(torch.randn(16, latent))
    *_, last = (value for value in network.parameters() if value.ndim > 1)
    last *= 0.5 / network.eval()(torch.randn(16, latent)).std()
    return network


def write(folder: Path, **model) -> Path:
    """A folder with a generator, as in a run's `best/`."""
    torch.manual_seed(0)
    described = Model(**{"size": 32, "latent": 20, "generator_width": 4} | model)
    network = used(build_generator(described), described.latent)
    metrics = {"kid": 0.5, "diversity": 0.4}
    return write_best(folder, network, described, data="my *paintings* <b>", metrics=metrics)


@pytest.fixture
def artefact(tmp_path) -> Callable[..., Path]:
    """Write a generator with these settings; its folder."""
    return partial(write, tmp_path / "mine")


@pytest.fixture
def painter(artefact) -> LoadedGenerator:
    return load_generator(artefact())


@pytest.fixture
def labelled(tmp_path) -> LoadedGenerator:
    """A generator that takes labels as well."""
    counts = {"still life": 5, "port": 3, "snow": 4}
    return load_generator(write_conditional(tmp_path / "labelled", counts, latent=20))
