"""How much of a base a training takes over: all of it for near pictures, half for far ones."""

import numpy as np
import pytest

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.core.runs import Run
from impasto.data.colourfield import paint
from impasto.data.dataset import Dataset, DatasetWriter, open_dataset
from impasto.generate.sampler import paint_seeds
from impasto.prepare.source import Data
from impasto.train import nearness
from impasto.train.nearness import FAR, distance_to, note
from impasto.train.resolve import Resolved, distance_decides, resolve_config
from impasto.train.transfer import FREEZE, read_source

BASE = "paintings-64"


def a_set(folder, pictures) -> Dataset:
    with DatasetWriter(folder, *pictures.shape[2:0:-1]) as writer:
        for number, picture in enumerate(pictures):
            writer.add(picture, str(number))
        writer.finish("set", fit="none", filter="none", source="set", options={})
    return open_dataset(folder)


@pytest.fixture(scope="module")
def near(tmp_path_factory) -> Dataset:
    """What the base itself paints."""
    pictures = paint_seeds(read_source(BASE).generator, range(40))
    return a_set(tmp_path_factory.mktemp("near"), pictures)


@pytest.fixture(scope="module")
def far(tmp_path_factory) -> Dataset:
    """Colour fields, which it has never seen."""
    pictures = np.stack([paint(seed, 64) for seed in range(40)])
    return a_set(tmp_path_factory.mktemp("far"), pictures)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(nearness, "_known", {})


def distance_of(dataset: Dataset) -> float:
    return distance_to(dataset, np.arange(len(dataset)), read_source(BASE))


def test_its_own_pictures_are_near_and_colour_fields_far(near, far):
    assert distance_of(near) < 0.05
    assert distance_of(far) > FAR


def test_larger_pictures_are_compared_at_the_bases_size(near, tmp_path, monkeypatch):
    large = near.pictures.repeat(2, axis=1).repeat(2, axis=2)
    found = a_set(tmp_path / "large", large)
    first = distance_of(found)
    assert first < 0.1
    monkeypatch.setattr(nearness, "_known", {})
    monkeypatch.setattr(nearness, "fit_picture", lambda *_: pytest.fail("reduced again"))
    assert distance_of(found) == first


def test_what_the_base_paints_is_looked_at_once_a_set(near, monkeypatch):
    first = distance_of(near)
    monkeypatch.setattr(nearness, "_known", {})
    monkeypatch.setattr(nearness, "paint_seeds", lambda *_: pytest.fail("painted again"))
    assert distance_of(near) == first


def test_who_was_told_a_distance_does_not_measure_it(near, monkeypatch):
    told = []
    monkeypatch.setattr(nearness, "tell_all", lambda job, what: told.append(what))
    distance = distance_of(near)
    monkeypatch.setattr(nearness, "_known", {})
    note(told[0])
    monkeypatch.setattr(nearness, "kid", lambda *_: pytest.fail("measured again"))
    assert distance_of(near) == distance


def test_pictures_that_are_held_out_decide_nothing(near, far, tmp_path):
    mixed = a_set(tmp_path / "mixed", np.concatenate([near.pictures, far.pictures]))
    assert distance_to(mixed, np.arange(40), read_source(BASE)) < 0.05


def test_too_few_pictures_have_no_distance(tmp_path):
    config = recipes.load("impasto-64")
    assert not distance_decides(config, 9)
    assert distance_decides(config, 10)
    assert not distance_decides(change(config, {"data.hold_out": 0.2}), 11)
    few = a_set(tmp_path / "few", np.stack([paint(seed, 64) for seed in range(9)]))
    assert resolved(few, tmp_path / "run").source.discriminator is not None


def resolved(dataset: Dataset, out, begin="auto", **settings) -> Resolved:
    data, device = Data.parse(str(dataset.folder)), choose_device("cpu")
    return resolve_config("impasto-64", settings, Run(out), data, device, begin)


def test_near_pictures_take_over_both_networks_gently(near, tmp_path):
    found = resolved(near, tmp_path / "run")
    assert found.source.discriminator is not None
    assert found.config.optimiser.d_lr == 3e-4
    assert "all of its discriminator is trained on" in found.source.in_words(found.config)


def test_far_pictures_take_over_the_generator_alone_at_the_recipes_rates(far, tmp_path):
    found = resolved(far, tmp_path / "run")
    assert found.source.name == BASE
    assert found.source.discriminator is None
    assert (found.config.optimiser.g_lr, found.config.optimiser.d_lr) == (1e-3, 1e-3)
    said = found.source.in_words(found.config)
    assert "its discriminator begins from nothing, as these pictures are far from its own" in said


def test_before_pictures_are_prepared_both_ways_are_told(far, tmp_path):
    data, device = Data.parse(str(far.folder)), choose_device("cpu")
    found = resolve_config("impasto-64", {}, Run(tmp_path), data, device, prepare=False)
    said = found.source.in_words(found.config)
    assert "all of its discriminator is trained on" in said
    assert "its generator alone is taken over if your pictures prove far" in said


def test_a_base_that_is_named_is_taken_over_as_it_is(far, tmp_path):
    assert resolved(far, tmp_path / "a", begin=BASE).source.discriminator is not None
    frozen = resolved(far, tmp_path / "b", **{FREEZE: 1})  # asks for its discriminator
    assert frozen.source.discriminator is not None
    nothing_frozen = resolved(far, tmp_path / "c", **{FREEZE: 0})  # as it is anyway
    assert nothing_frozen.source.discriminator is None


def test_a_recipe_that_freezes_asks_for_the_bases_discriminator(far, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(recipes.dump(change(recipes.load("impasto-64"), {FREEZE: 2})))
    data, device = Data.parse(str(far.folder)), choose_device("cpu")
    found = resolve_config(str(mine), {}, Run(tmp_path / "run"), data, device)
    assert found.source.discriminator is not None
