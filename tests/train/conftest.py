"""A small set and the run that learns from it."""

import numpy as np
import pytest

from impasto.core.runs import Run
from impasto.data.dataset import Dataset, DatasetWriter, open_dataset
from impasto.train import guard as guarding


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    rng = np.random.default_rng(0)
    with DatasetWriter(tmp_path / "set", 32, 32) as writer:
        for number in range(20):
            writer.add(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8), str(number), "")
        writer.finish("noise", fit="none", filter="none", source="noise", options={})
    return open_dataset(tmp_path / "set")


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path / "run")


@pytest.fixture
def alarmed(monkeypatch):
    """A guard that wants more variety than there can be, from the first image on."""
    monkeypatch.setattr(guarding, "SAME", 100.0)
    monkeypatch.setattr(guarding, "GRACE_MOST", 0)
