import numpy as np
import pytest
import torch

from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.metrics import inception

library = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")


@pytest.fixture(autouse=True)
def forgotten():
    """The network is loaded once a process: forget it before and after."""
    inception._network.cache_clear()
    yield
    inception._network.cache_clear()


def test_weights_are_checked_and_never_unpickled(monkeypatch):
    """Stands in for the download: the network's own first weights, asked for as they must be."""
    asked = {}

    def published(address, **options):
        asked.update(options, address=address)
        return {"weights": torch.ones(1)}

    read = []
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", published)
    monkeypatch.setattr(
        library.FeatureExtractorInceptionV3,
        "load_state_dict",
        lambda network, weights: read.append(weights),
    )
    extractor = inception.inception_extractor()
    assert asked["weights_only"]
    assert asked["check_hash"]
    assert asked["address"].startswith("https://")
    assert read == [{"weights": torch.ones(1)}]
    assert extractor.name == "inception@299"
    pictures = np.stack([paint(seed, 32) for seed in range(2)])
    found = extractor(pictures)
    assert found.shape == (2, extractor.dimensions)
    assert found.dtype == np.float32
    assert not np.array_equal(found[0], found[1])
    theirs = inception._network()(torch.from_numpy(pictures).permute(0, 3, 1, 2))[0]
    assert np.array_equal(found, theirs.numpy())


@pytest.mark.parametrize("error", [OSError("no route"), RuntimeError("invalid hash value")])
def test_weights_that_cannot_be_had_are_one_sentence(monkeypatch, error):
    def broken(address, **options):
        raise error

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", broken)
    with pytest.raises(ImpastoError, match=f"could not be had .{error}.; save https.* as .*pth"):
        inception.inception_extractor()


def test_without_the_package_the_way_out_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(
        ImpastoError, match=r"pip install 'impasto\[inception\]'.*leave inception out"
    ):
        inception.inception_extractor()
