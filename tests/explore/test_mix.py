"""Children, families and blends."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from impasto.config import Model
from impasto.errors import ImpastoError
from impasto.explore.mix import adopt_statistics, at_layers, between, genes
from impasto.generate.artefact import load_generator
from impasto.generate.latents import of_seed
from impasto.generate.layers import layers_by_side
from tests.generate.conftest import LATENT, write_generator

FAMILIES = get_args(Model.model_fields["architecture"].annotation)


def two(size=LATENT):
    return of_seed(1, size), of_seed(2, size)


def test_children_between_lead_evenly_from_one_parent_to_the_other():
    a, b = two(64)
    children = between(a, b, ["x", "y", "z"])
    nearness = [torch.cosine_similarity(c.latent.values, a.values, dim=0) for c in children]
    assert nearness == sorted(nearness, reverse=True)
    assert [c.how for c in children] == [f"{n}% of the way" for n in (25, 50, 75)]
    assert children[0].latent.parents == ("seed-000001", "seed-000002")


def test_genes_come_from_one_parent_or_the_other_and_from_both():
    a, b = two(200)
    for child in genes(a, b, ["x", "y", "z"], seed=4):
        from_a = child.latent.values == a.values
        assert (from_a | (child.latent.values == b.values)).all()
        assert 60 < from_a.sum() < 140
    same, other = genes(a, b, ["x"], seed=4), genes(a, b, ["x"], seed=5)
    assert torch.equal(same[0].latent.values, genes(a, b, ["y"], seed=4)[0].latent.values)
    assert not torch.equal(same[0].latent.values, other[0].latent.values)


def test_a_map_adopts_the_statistics_of_another():
    maps, like = torch.randn(1, 4, 8, 8), 3 * torch.randn(1, 4, 8, 8) + 2
    found = adopt_statistics(maps, like)
    assert torch.allclose(found.mean((2, 3)), like.mean((2, 3)), atol=1e-5)
    assert torch.allclose(found.std((2, 3)), like.std((2, 3)), atol=1e-4)
    assert torch.allclose(adopt_statistics(maps, maps), maps, atol=1e-4)


def test_crossing_at_a_layer_changes_the_picture_unless_both_are_one(painter):
    a, b = two()
    assert list(layers_by_side(painter.network, LATENT)) == [4, 8, 16]
    own = load_picture(painter, a)
    for child in at_layers(painter, a, b):
        assert child.latent is None
        assert np.abs(child.picture.astype(int) - own).mean() > 1
    for child in at_layers(painter, a, a):
        assert np.abs(child.picture.astype(int) - own).max() <= 2
    assert np.array_equal(load_picture(painter, a), own)  # no hook was left behind


def test_a_manner_is_taken_at_some_levels_as_far_as_is_said(painter):
    a, b = two()
    own = load_picture(painter, a).astype(int)
    (none,) = at_layers(painter, a, b, {8: 0.0})
    assert np.abs(none.picture.astype(int) - own).max() <= 1
    whole = {child.how: child.picture.astype(int) for child in at_layers(painter, a, b)}
    (one,) = at_layers(painter, a, b, {8: 1.0})
    assert np.array_equal(one.picture, whole[one.how])
    (half,) = at_layers(painter, a, b, {8: 0.5, 16: 1.0})
    assert half.how == "seed-000001 in the manner of seed-000002: 50% at 8×8, 100% at 16×16"
    assert np.abs(half.picture.astype(int) - one.picture).mean() > 1
    with pytest.raises(ImpastoError, match="no level 32; it has 4, 8, 16"):
        at_layers(painter, a, b, {32: 1.0})


def test_a_branch_that_looks_back_is_no_layer_to_cross_at(tmp_path):
    painter = load_generator(write_generator(tmp_path / "fast", architecture="fastgan"))
    inner = layers_by_side(painter.network, LATENT)
    assert list(inner) == [4, 8, 16, 32]
    assert inner[4] is painter.network.first[-1]  # not a gate's pooled 4×4
    a, b = two()
    own = load_picture(painter, a)
    for child in at_layers(painter, a, b):
        assert np.abs(child.picture.astype(int) - own).max() > 1


@pytest.mark.parametrize("family", FAMILIES)
def test_in_every_family_crossing_at_any_layer_changes_the_picture(tmp_path, family):
    painter = load_generator(write_generator(tmp_path / family, architecture=family))
    a, b = two()
    with torch.no_grad():  # untrained ones of some families paint nearly one grey
        for weight in painter.network.parameters():
            weight.mul_(2 if weight.ndim > 1 else 1)
    own = load_picture(painter, a)
    for child in at_layers(painter, a, b):
        assert np.abs(child.picture.astype(int) - own).max() > 1, child.how


def load_picture(painter, latent):
    from impasto.generate.conditions import paint

    return next(paint(painter, [latent]))[0].astype(int)


def test_parents_of_two_labels_do_not_meet_at_a_layer(mapped):
    a, b = two()
    with pytest.raises(ImpastoError, match="one label"):
        at_layers(mapped, replace(a, label="Klee"), replace(b, label="Marc"))
