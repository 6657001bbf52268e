"""What many tests need: small pictures, a tiny configuration, and one core each."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from torch import nn

from impasto import recipes
from impasto.config import Config, Model, change
from impasto.core.checkpoints import MODEL_FORMAT, MODEL_VERSION, ModelCard, write_artefact
from impasto.core.images import save
from impasto.data.colourfield import paint
from impasto.models.build import build_generator
from impasto.train import decide
from tests.chromium import CHROMIUM, QUIET

# The suite says the same of the same code every time; HYPOTHESIS_PROFILE=search looks for new
# examples, as `make fuzz` does for files.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

TINY = {
    "model.architecture": "dcgan",
    "model.initialisation": "normal",
    "model.size": 32,
    "model.latent": 8,
    "model.generator_width": 4,
    "model.discriminator_width": 4,
    "model.flat_field": False,
    "model.dinov2_every": 0,
    "loss.game": "non-saturating",
    "training.batch": 4,
    "training.images": 16,
    "training.judge_every": None,
    "training.log_every": 4,
    "training.sample_every": 8,
}
"""Knobs that make a training of a recipe take a moment."""

TINY_OPTIONS = [
    part
    for knob, value in TINY.items()
    if knob != "training.images"
    for part in ("--set", f"{knob}={'null' if value is None else value}")
]
"""The same for the command line, without the length."""


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny nets are fastest on one thread, and test processes do not fight for cores."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def few_are_judged() -> Iterator[None]:
    """A judgement in training paints 64 pictures instead of a thousand, each of which costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide, "MOST_JUDGED", 64)
        yield


@pytest.fixture
def tiny() -> Config:
    """A recipe with everything switched on, at a size that trains in a moment."""
    return change(recipes.load("impasto-64"), TINY)


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    """A folder of twelve built-in paintings of different sizes."""
    folder = tmp_path / "paintings"
    for seed in range(12):
        save(paint(seed, 72)[: 60 + seed], folder / f"{seed}.png")
    return folder


def write_best(folder: Path, network: nn.Module, model: Model, **about) -> Path:
    """A generator and its description in `folder`, as in a run's `best/`."""
    known = {"data": "mine", "pictures": 12, "images": 100, "minutes": 0.1} | about
    card = ModelCard(
        format=MODEL_FORMAT, version=MODEL_VERSION, recipe="impasto-64", model=model, **known
    )
    write_artefact(folder, network, card)
    return folder


@torch.no_grad()
def write_conditional(folder: Path, counts: dict[str, int], without: int = 0, **model) -> Path:
    """A generator that knows labels, untrained, with BatchNorm's statistics as if it were."""
    torch.manual_seed(0)
    known = {"architecture": "impasto", "initialisation": "framework", "size": 32, "latent": 8}
    chosen = Model(**known | {"generator_width": 4, "labels": len(counts)} | model)
    network = build_generator(chosen).train()
    for _ in range(30):
        network(torch.randn(16, chosen.latent), torch.arange(16) % (len(counts) + 1))
    about = {"labels": tuple(counts), "label_counts": (*counts.values(), without)}
    return write_best(folder, network, chosen, **about)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A Chromium for all tests of a module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
