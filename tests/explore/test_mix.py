"""Children, families and blends."""

import json
from dataclasses import replace
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from impasto.config import Model
from impasto.errors import ImpastoError
from impasto.explore.blend import blend, draw_blends, settle_statistics
from impasto.explore.family import breed, parent
from impasto.explore.lineage import Lineage, Member
from impasto.explore.mix import adopt_statistics, at_layers, between, genes
from impasto.generate.artefact import load_generator
from impasto.generate.gallery import paint_files
from impasto.generate.latents import of_seed, read_latents
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


def load_picture(painter, latent):
    from impasto.generate.conditions import paint

    return next(paint(painter, [latent]))[0].astype(int)


def test_parents_of_two_labels_do_not_meet_at_a_layer(mapped):
    a, b = two()
    with pytest.raises(ImpastoError, match="one label"):
        at_layers(mapped, replace(a, label="Klee"), replace(b, label="Marc"))


def test_a_family_grows_and_is_drawn(painter, tmp_path):
    a, b = two()
    first = breed(painter, a, b, "genes", 3, 0, tmp_path)
    assert [path.name for path in first] == ["child-0001.png", "child-0002.png", "child-0003.png"]
    child = parent(painter, str(first[1]))
    assert child.parents == ("seed-000001", "seed-000002")
    second = breed(painter, child, parent(painter, "9"), "between", 2, 0, tmp_path)
    third = breed(painter, a, b, "layers", 1, 0, tmp_path)
    assert [path.name for path in second] == ["child-0004.png", "child-0005.png"]
    assert len(third) == 3

    lineage = Lineage.read(tmp_path)
    assert [len(row) for row in lineage.generations()] == [2, 7, 2]  # seed 9 stands beside
    assert lineage.members["child-0004"].parents == ("child-0002", "seed-000009")
    drawing = ElementTree.parse(tmp_path / "lineage.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert len(drawing.findall(f".//{svg}image")) == 11
    assert len(drawing.findall(f".//{svg}path")) == 2 * 8
    assert "http" not in (tmp_path / "lineage.html").read_text().replace(svg[1:-1], "")
    assert all((tmp_path / f"{name}.png").is_file() for name in lineage.members)


@pytest.mark.parametrize("how", ["genes", "between", "layers"])
def test_the_same_call_twice_leaves_one_family(painter, tmp_path, how):
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in family.iterdir()}

    family, (a, b) = tmp_path / "family", two()
    first, before = breed(painter, a, b, how, 2, 0, family), files()
    first[0].unlink()  # as if it had been interrupted, or tidied away
    assert breed(painter, a, b, how, 2, 0, family) == first
    assert files() == before


def test_more_children_and_other_tosses_are_added_to_those_that_are_there(painter, tmp_path):
    a, b = two()
    first = breed(painter, a, b, "genes", 2, 0, tmp_path)
    more = breed(painter, a, b, "genes", 3, 0, tmp_path)
    assert more[:2] == first and more[2].name == "child-0003.png"
    other = breed(painter, a, b, "genes", 1, 5, tmp_path)
    assert [path.name for path in other] == ["child-0004.png"]


def test_a_child_by_another_generator_is_never_painted_over(painter, tmp_path):
    a, b = two()
    (first,) = breed(painter, a, b, "genes", 1, 0, tmp_path)
    before = first.read_bytes()
    another = load_generator(write_generator(tmp_path / "another", seed=1))
    (second,) = breed(another, a, b, "genes", 1, 0, tmp_path)
    assert second.name == "child-0002.png" and first.read_bytes() == before


def test_another_latent_of_the_same_name_is_another_member(painter, tmp_path):
    a, b = two()
    breed(painter, a, b, "genes", 1, 0, tmp_path)
    stranger = replace(of_seed(77, LATENT), name="seed-000001")
    breed(painter, stranger, b, "genes", 1, 0, tmp_path)
    members = Lineage.read(tmp_path).members
    assert members["child-0002"].parents == ("seed-000001-2", "seed-000002")
    kept = read_latents(tmp_path / "seed-000001.json", LATENT)[0]
    assert torch.equal(kept.values, a.values)


def test_a_picture_that_was_deleted_keeps_its_place(painter, tmp_path):
    a, b = two()
    breed(painter, a, b, "genes", 2, 0, tmp_path)
    (tmp_path / "child-0001.png").unlink()
    assert Lineage.read(tmp_path).draw().count("<image") == 3


def test_names_are_escaped_in_the_drawing(tmp_path):
    lineage = Lineage(tmp_path, [Member("a\u202e", (), '<script>"&\x1b\ud800')])
    drawn = ElementTree.fromstring(lineage.draw())
    assert drawn.findtext(".//{*}title") == r'a\u202e: <script>"&\x1b\ud800'
    assert "<script" not in lineage.draw()


@pytest.mark.parametrize(
    "members",
    [
        {},
        [{}],
        [{"name": "../x"}],
        [{"name": "a"}, {"name": "a"}],
        [{"name": "a", "parents": ["b"]}, {"name": "b"}],
        [{"name": "a", "parents": ["a"]}],
        [{"name": "a", "how": 3}],
        [{"name": "a", "parents": "b"}],
        [{"name": f"n{i}"} for i in range(2_001)],
    ],
)
def test_a_malformed_lineage_is_one_sentence(tmp_path, members):
    text = json.dumps({"format": "impasto-lineage", "version": 1, "members": members})
    (tmp_path / "lineage.json").write_text(text)
    with pytest.raises(ImpastoError, match=r"lineage\.json"):
        Lineage.read(tmp_path)


def test_parents_are_seeds_or_pictures_of_ours(painter, tmp_path):
    assert torch.equal(parent(painter, "5").values, of_seed(5, LATENT).values)
    paint_files(painter, [of_seed(6, LATENT)], 1, tmp_path)
    assert parent(painter, str(tmp_path / "seed-000006.png")).seed == 6
    crossed = breed(painter, *two(), "layers", 1, 0, tmp_path / "family")[0]
    with pytest.raises(ImpastoError, match="a parent is one picture"):
        parent(painter, str(crossed))
    for text in ("nothing.png", "-3", str(2**63)):
        with pytest.raises(ImpastoError):
            parent(painter, text)


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
