"""The loss that looks at content."""

from urllib.error import URLError

import pytest
import torch

from impasto.errors import ImpastoError
from impasto.strokes import content
from impasto.strokes.config import Content
from impasto.strokes.content import Comparison, gram
from tests.strokes.test_stages import CPU


def test_the_perceptual_loss_is_zero_for_the_same_and_grows_with_the_difference():
    compare = Comparison(Content(features="lite0", layers=(1, 1, 1), style=1.0), CPU)
    reals = torch.rand(2, 3, 64, 64) * 2 - 1
    zero, parts = compare(reals, reals)
    some, _ = compare(reals + 0.05 * torch.randn_like(reals), reals)
    more, _ = compare(torch.zeros_like(reals), reals)
    assert zero == 0
    assert 0 < some < more
    assert set(parts) == {"pixel", "perceptual", "style"}


def test_gram_matrices_do_not_know_places():
    maps = torch.rand(1, 4, 6, 6)
    mixed = maps.flatten(2)[:, :, torch.randperm(36)].unflatten(2, (6, 6))
    assert torch.allclose(gram(maps), gram(mixed), atol=1e-6)


def test_without_vggs_weights_one_sentence_names_the_way_out(monkeypatch):
    def no_network(*_: object, weights_only: bool, **__: object) -> None:
        assert weights_only  # nothing that a server sends is run
        raise URLError("no route")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", no_network)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", no_network)
    with pytest.raises(
        ImpastoError, match=r"cannot be downloaded \(no route\).*features=lite0.*content_weight=15"
    ):
        Comparison(Content(features="vgg19", layers=(1, 1, 1)), CPU)
    assert content.VGG_LAYERS == (25, 38, 51)
