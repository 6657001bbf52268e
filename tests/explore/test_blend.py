"""Two generators made one."""

from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch import nn

from impasto.errors import ImpastoError
from impasto.explore.blend import blend, draw_blends, settle_statistics
from impasto.generate.artefact import load_generator
from tests.explore.test_mix import FAMILIES
from tests.generate.conftest import LATENT, write_generator


@pytest.mark.parametrize("family", FAMILIES)
def test_in_every_family_all_that_is_learnt_is_swapped_or_kept(tmp_path, family):
    pair = [
        load_generator(write_generator(tmp_path / str(n), seed=n, architecture=family))
        for n in (1, 2)
    ]
    made = dict(blend(*pair, 0.5, swap=4).network.named_parameters())
    a, b = (dict(each.network.named_parameters()) for each in pair)
    assert all(torch.equal(value, a[n]) or torch.equal(value, b[n]) for n, value in made.items())
    enlarging = [name for name in made if name.startswith("enlargements.")]
    assert all(torch.equal(made[name], b[name]) for name in enlarging)
    assert enlarging or family != "impasto"


@pytest.fixture
def pair(tmp_path):
    return tuple(load_generator(write_generator(tmp_path / str(n), seed=n)) for n in (1, 2))


def test_the_ends_of_a_blend_are_the_generators_themselves(pair):
    for share, end in ((0.0, pair[0]), (1.0, pair[1])):
        made = blend(*pair, share).network
        for name, value in end.network.named_parameters():
            assert torch.equal(dict(made.named_parameters())[name], value)
    middle = dict(blend(*pair, 0.5).network.named_parameters())
    a, b = (dict(each.network.named_parameters()) for each in pair)
    for name, value in middle.items():
        assert torch.allclose(value, (a[name] + b[name]) / 2, atol=1e-7)


def test_swapped_layers_come_whole_from_one_or_the_other(pair):
    made = dict(blend(*pair, 0.5, swap=8).network.named_parameters())
    a, b = (dict(each.network.named_parameters()) for each in pair)
    differ = [name for name in made if not torch.equal(a[name], b[name])]
    from_a = [name for name in differ if torch.equal(made[name], a[name])]
    from_b = [name for name in differ if torch.equal(made[name], b[name])]
    assert from_a + from_b == differ  # the coarse ones come first
    assert from_a
    assert from_b


def test_a_blends_statistics_are_measured_anew(pair):
    network = blend(*pair, 0.5).network
    assert not network.training
    seen = []
    first_norm = next(m for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    handle = first_norm.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    network(torch.randn(2_000, LATENT))
    handle.remove()
    assert torch.allclose(seen[0].mean((0, 2, 3)), first_norm.running_mean, atol=0.05)
    spread = seen[0].transpose(0, 1).flatten(1).var(1)
    assert torch.allclose(spread, first_norm.running_var, rtol=0.3)
    momentum = first_norm.momentum
    settle_statistics(network, LATENT)
    assert first_norm.momentum == momentum


def test_a_blend_says_what_it_is_and_is_shown(pair, tmp_path):
    card = blend(*pair, 0.25).card
    assert card.recipe == "impasto-64 + impasto-64 (0.25 of the second)"
    assert (card.data, card.pictures) == ("mine", 12)
    path = draw_blends(*pair, [0, 1, 2], None, tmp_path / "blend.png")
    with Image.open(path) as sheet:
        assert sheet.width > 5 * 96
        assert sheet.height > 3 * 96


def test_generators_that_do_not_go_together_are_one_sentence(pair, tmp_path):
    other = load_generator(write_generator(tmp_path / "other", architecture="paint-by-numbers"))
    with pytest.raises(ImpastoError, match="different families: architecture"):
        blend(pair[0], other, 0.5)
    with pytest.raises(ImpastoError, match="--swap 7: choose one of 4, 8"):
        blend(*pair, 0.5, swap=7)
    with pytest.raises(ImpastoError, match="say what they are"):
        blend(pair[0], replace(pair[1], card=None), 0.5)
    with pytest.raises(ImpastoError, match="labels"):
        blend(pair[0], replace(pair[1], labels=("a",)), 0.5)
