"""Directions: found where they were hidden, saved, named, and closed to what is none."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from impasto.errors import ImpastoError
from impasto.explore.search import by_activations, by_weights, merge, rename
from impasto.generate.asked import parse_move
from impasto.generate.directions import find

SIZE = 12


def generator_that_hears(strong: torch.Tensor) -> nn.Module:
    """A generator whose first layer hears one direction ten times as loudly as all others."""
    torch.manual_seed(0)
    first = nn.Linear(SIZE, 6 * 64)
    loud = torch.eye(SIZE) + 9 * torch.outer(strong, strong)
    first.weight.data = nn.init.orthogonal_(torch.empty(6 * 64, SIZE)) @ loud
    return nn.Sequential(
        first, nn.Unflatten(1, (6, 8, 8)), nn.Tanh(), nn.Conv2d(6, 3, 3, padding=1)
    )


@pytest.fixture
def hidden():
    vector = torch.randn(SIZE, generator=torch.Generator().manual_seed(5))
    return vector / vector.norm()


@pytest.mark.parametrize(("search", "near"), [(by_weights, 0.999), (by_activations, 0.98)])
def test_the_direction_that_changes_most_is_found_first(hidden, search, near):
    found = search(generator_that_hears(hidden), SIZE, 4)
    assert abs(float(found[0].vector @ hidden)) > near
    assert found[0].share > 2 * found[1].share
    assert [d.share for d in found] == sorted((d.share for d in found), reverse=True)
    assert all(abs(float(d.vector.norm()) - 1) < 1e-5 for d in found)


@pytest.mark.parametrize("search", [by_weights, by_activations])
def test_searching_again_finds_the_same_with_the_same_sign(painter, search):
    chance = torch.get_rng_state()
    once, again = (search(painter.network, painter.latent, 3) for _ in range(2))
    assert torch.equal(chance, torch.get_rng_state())
    for a, b in zip(once, again, strict=True):
        assert torch.allclose(a.vector, b.vector, atol=1e-4)


def test_factors_are_orthogonal_and_their_shares_make_a_whole(painter):
    found = by_weights(painter.network, painter.latent, 99)
    vectors = torch.stack([d.vector for d in found])
    assert torch.allclose(vectors @ vectors.t(), torch.eye(painter.latent), atol=1e-5)
    assert abs(sum(d.share for d in found) - 1) < 1e-6


def test_names_stay_with_their_directions(painter):
    found = by_weights(painter.network, painter.latent, 3)
    named = rename(found, "weights-2=dusk")
    assert [d.name for d in merge(named, found)] == ["weights-1", "dusk", "weights-3"]
    assert find(named, "dusk", "--move") is find(named, "weights-2", "--move")
    assert rename(named, "dusk=weights-2")[1].name == "weights-2"
    with pytest.raises(ImpastoError, match="already"):
        rename(named, "weights-3=weights-2")  # which one would it be?
    others = by_activations(painter.network, painter.latent, 2)
    assert [d.name for d in merge(named, others)][:3] == ["weights-1", "dusk", "weights-3"]
    turned = [*found[:1], *(d for d in by_weights(torch_twin(), painter.latent, 3)[1:])]
    assert "dusk" not in [d.name for d in merge(named, turned)]


def torch_twin():
    """Another generator, to which a name does not belong."""
    torch.manual_seed(99)
    return nn.Sequential(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4)))


@pytest.mark.parametrize(
    "wish", ["", "weights-2", "weights-9=x", "weights-2=", "weights-2=../x", "weights-1=weights-2"]
)
def test_impossible_names_are_one_sentence(painter, wish):
    with pytest.raises(ImpastoError, match="--name"):
        rename(by_weights(painter.network, painter.latent, 3), wish)


@given(st.text(max_size=20))
def test_any_move_is_a_name_and_a_strength_or_one_sentence(text):
    try:
        name, strength = parse_move(text)
    except ImpastoError as error:
        assert "--move" in str(error)
    else:
        assert abs(strength) <= 100
        assert text.startswith(name)


@pytest.mark.parametrize("text", ["a", "a=", "a=x", "a=NaN", "a=1e400", "a=true", "a=[1]", "a=101"])
def test_moves_that_are_none_are_one_sentence(text):
    with pytest.raises(ImpastoError, match="--move"):
        parse_move(text)
