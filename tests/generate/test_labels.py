"""A generator that learnt with labels: drawn, asked for, kept with the picture, refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from impasto.errors import ImpastoError
from impasto.explore.blend import blend, draw_blends
from impasto.explore.family import breed, parent
from impasto.explore.mix import between, genes
from impasto.explore.search import by_activations, by_weights
from impasto.generate.artefact import load_generator
from impasto.generate.conditions import Conditioned, label_number, paint, seeded
from impasto.generate.gallery import paint_gallery
from impasto.generate.latents import of_seed, read_latents
from impasto.generate.layers import readers
from impasto.generate.request import Request, chosen, fulfil
from impasto.generate.sampler import labels_of, latents_of, paint_seeds, sample
from tests.conftest import write_conditional
from tests.generate.conftest import LATENT


@pytest.fixture
def painter(conditional):
    return load_generator(conditional)


def pictures(painter, latents):
    return np.concatenate(list(paint(painter, latents)))


def test_the_same_seed_is_another_picture_under_another_label(painter):
    assert painter.labels == ("Klee", "Marc")
    klee, marc = pictures(painter, [seeded(painter, 3, label) for label in painter.labels])
    assert np.abs(klee.astype(int) - marc).mean() > 3
    numbers = torch.tensor([1, 0])
    raw = sample(painter.network, latents_of([3, 3], LATENT), torch.device("cpu"), numbers)
    assert np.array_equal(raw, np.stack([marc, klee]))


def test_a_seed_draws_a_label_as_often_as_it_was_learnt_and_whatever_else_is_asked():
    drawn = labels_of(range(4_000), (30, 10, 0))
    assert drawn.dtype == torch.int64
    assert abs((drawn == 0).float().mean() - 0.75) < 0.03
    assert drawn.max() == 1  # none had no label
    assert labels_of([2_345], (30, 10, 0)) == drawn[2_345]
    assert abs((labels_of(range(4_000), (0, 10, 10)) == 2).float().mean() - 0.5) < 0.03


def test_pictures_of_seeds_are_those_of_the_labels_that_they_draw(painter):
    found = paint_seeds(painter, range(40))
    assert np.array_equal(found, pictures(painter, [seeded(painter, n) for n in range(40)]))
    assert {seeded(painter, n).label for n in range(40)} == {"Klee", "Marc"}


def test_where_counts_are_not_known_every_label_is_drawn_alike(mapped):
    assert mapped.label_counts == (1, 1, 0)
    assert {seeded(mapped, n).label for n in range(40)} == {"Klee", "Marc"}


def test_pictures_without_a_label_are_drawn_but_not_offered(tmp_path, painter):
    some = load_generator(write_conditional(tmp_path / "some", {"Klee": 3, "Marc": 3}, without=6))
    labels = [seeded(some, n).label for n in range(40)]
    assert set(labels) == {"Klee", "Marc", ""}
    assert label_number(some, "") == 2
    assert "" not in some.labels
    with pytest.raises(ImpastoError, match="this generator knows Klee, Marc"):
        label_number(painter, "")  # this one has seen no such picture


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ["Klee"]},
        {"labels": ["Klee", "Klee"]},
        {"labels": ["Klee", ""]},
        {"labels": []},
        {"label_counts": [1, 2]},
        {"label_counts": [0, 0, 0]},
        {"label_counts": [-1, 2, 3]},
        {"label_counts": [10**30, 2, 3]},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_one_sentence(conditional, changes):
    card = json.loads((conditional / "model.json").read_text())
    (conditional / "model.json").write_text(json.dumps(card | changes))
    with pytest.raises(ImpastoError, match=r"names? the labels|label_counts"):
        load_generator(conditional)


def test_weights_of_another_number_of_labels_are_refused(conditional):
    card = json.loads((conditional / "model.json").read_text())
    card |= {"labels": ["a", "b", "c"], "label_counts": []}
    card["model"]["labels"] = 3
    (conditional / "model.json").write_text(json.dumps(card))
    with pytest.raises(ImpastoError, match="the generator does not fit"):
        load_generator(conditional)


def test_an_unknown_label_is_told_those_that_are_known_but_not_all_of_many(tmp_path, painter):
    with pytest.raises(ImpastoError, match=r"Monet .*Klee, Marc"):
        Conditioned(painter, "Monet")
    many = {f"painter {n} {'x' * 60}": 1 for n in range(40)}
    crowd = load_generator(write_conditional(tmp_path / "many", many))
    with pytest.raises(ImpastoError, match="and 28 more") as caught:
        Conditioned(crowd, "Monet" * 30)
    assert len(str(caught.value)) < 700


def test_the_latent_is_found_beside_the_label_and_truncation_leaves_the_label_alone(painter):
    found = readers(Conditioned(painter, "Klee"), LATENT)
    assert [reader.start for reader in found] == [0, 0]  # its first maps, and its style
    for label in painter.labels:
        middle = [replace(seeded(painter, n, label), truncation=0.0) for n in range(3)]
        same = pictures(painter, middle)
        assert (same == same[0]).all()
    ends = [replace(seeded(painter, 0, label), truncation=0.0) for label in painter.labels]
    klee, marc = pictures(painter, ends)
    assert np.abs(klee.astype(int) - marc).mean() > 3


def test_a_picture_keeps_the_label_that_its_seed_drew(conditional, painter, tmp_path):
    seed = next(n for n in range(40) if seeded(painter, n).label == "Marc")
    _, (file,) = fulfil(Request(conditional, seeds=str(seed), out=tmp_path / "a"))
    assert file.name == f"seed-{seed:06}.png"
    (kept,) = read_latents(file, LATENT)
    assert kept.label == "Marc"
    _, (again,) = fulfil(Request(conditional, files=(file,), out=tmp_path / "b"))
    assert again.read_bytes() == file.read_bytes()
    _, (asked,) = fulfil(Request(conditional, seeds=str(seed), label="Marc", out=tmp_path / "a"))
    assert asked.name == f"seed-{seed:06}-Marc.png"
    (same,) = paint_gallery(painter, [seed], tmp_path / "c")
    assert same.read_bytes() == file.read_bytes()


def test_a_sheet_of_seeds_is_named_by_them_and_one_under_a_label_otherwise(conditional, tmp_path):
    _, (sheet,) = fulfil(Request(conditional, count=4, grid=True, out=tmp_path))
    assert sheet.name == "sheet-0-3-of-4.png"
    _, (other,) = fulfil(Request(conditional, count=4, grid=True, label="Marc", out=tmp_path))
    assert other.name != sheet.name


def test_a_way_keeps_to_the_label_of_its_first_picture(conditional, painter, tmp_path):
    labels = [seeded(painter, n).label for n in range(8)]
    assert len(set(labels)) == 2
    request = Request(conditional, seeds="0-7", interpolate="slerp", grid=True, out=tmp_path)
    _, latents = chosen(request, painter)
    assert {latent.label for latent in latents} == {labels[0]}
    _, (film,) = fulfil(replace(request, seeds="0,1"))
    assert film.is_file()


def test_latents_drawn_again_keep_their_label(conditional, painter):
    request = Request(conditional, count=4, truncation=0.5, truncation_by="resample")
    _, latents = chosen(request, painter)
    assert [z.label for z in latents] == [seeded(painter, n).label for n in range(4)]


def test_children_have_the_label_of_the_nearer_parent():
    klee, marc = replace(of_seed(0, 64), label="Klee"), replace(of_seed(1, 64), label="Marc")
    way = [child.latent.label for child in between(klee, marc, list("abcd"))]
    assert way == ["Klee", "Klee", "Marc", "Marc"]
    for child in genes(klee, marc, list("abcdefgh"), seed=0):
        share = (child.latent.values == klee.values).float().mean()
        assert child.latent.label == ("Klee" if share >= 0.5 else "Marc")


def test_parents_meet_at_a_layer_under_one_label(painter, tmp_path):
    a, b = (parent(painter, text, "Marc") for text in ("3", "17"))
    assert len(breed(painter, a, b, "layers", 1, 0, tmp_path / "family")) > 2
    assert parent(painter, "3").label == seeded(painter, 3).label
    with pytest.raises(ImpastoError, match="--label"):
        breed(painter, a, parent(painter, "17", "Klee"), "layers", 1, 0, tmp_path / "other")


def test_directions_are_found_under_a_label(painter):
    network = Conditioned(painter, "Marc")
    for found in (by_weights(network, LATENT, 2), by_activations(network, LATENT, 2)):
        assert [len(direction.vector) for direction in found] == [LATENT, LATENT]


def test_generators_of_the_same_labels_are_blended(tmp_path, painter):
    other = load_generator(
        write_conditional(tmp_path / "other", {"Klee": 1, "Marc": 1})  # the same weights
    )
    for how in ({"share": 0.5}, {"share": 0.5, "swap": 8}):
        made = blend(painter, other, **how)
        assert (made.card.labels, made.card.label_counts) == (("Klee", "Marc"), (30, 10, 0))
        picture = made.network(latents_of([0], LATENT), torch.tensor([1]))
        assert torch.isfinite(picture).all()
    sheet: Path = draw_blends(painter, other, [0, 1], None, tmp_path / "blend.png")
    assert sheet.is_file()
