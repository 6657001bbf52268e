"""Heads of a discriminator that is begun from: frozen layers, finer pictures."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from impasto import recipes
from impasto.config import change
from impasto.core.checkpoints import DISCRIMINATOR, storable
from impasto.core.files import write_json, write_text
from impasto.core.images import save
from impasto.core.runs import Run
from impasto.errors import ImpastoError
from impasto.models.build import build_discriminator, build_generator
from impasto.models.impasto import with_new_heads
from impasto.models.impasto_discriminator import Discriminator
from impasto.prepare.pipeline import prepare
from impasto.prepare.source import Data
from impasto.sizes import read_sides
from impasto.train.resolve import configure
from impasto.train.steps import gan_state
from impasto.train.transfer import FREEZE, GENTLE, read_source
from tests.conftest import write_best
from tests.prepare.messy import strokes
from tests.train.test_resume import assert_equal
from tests.train.test_steps import take_steps

SMALL_HEADS = {
    "model.size": 64,
    "model.generator_width": 4,
    "model.discriminator_width": 4,
    "training.batch": 4,
}


def test_frozen_layers_stay_and_the_rest_of_each_head_learns():
    config = change(recipes.load("impasto-64"), SMALL_HEADS | {FREEZE: 2})
    before = gan_state(config, torch.device("cpu")).networks["discriminator"]
    state, _, _ = take_steps(config)
    after = dict(state.networks["discriminator"].named_parameters())
    heads = {"heads.0": 3, "heads.1": 2, "heads.2": 1, "heads.3": 0, "pixels": 4}
    for head, halvings in heads.items():
        names = [name for name in after if name.startswith(f"{head}.")]
        kept = {name for name in names if not after[name].requires_grad}
        moved = {n for n in names if not torch.equal(after[n], before.get_parameter(n))}
        assert kept.isdisjoint(moved)
        # The hinge's pushes on a head's last bias, up by reals and down by fakes, cancel at first.
        assert {n for n in names if n not in kept | moved} <= {n for n in names if n[-4:] == "bias"}
        convolutions = [name for name in kept if "parametrizations" in name]
        assert len(convolutions) == min(2, max(0, halvings - 1)), head


def test_freezing_never_takes_a_heads_last_halving():
    discriminator = Discriminator(64, 4, 64)
    discriminator.freeze(16)
    for head in (*discriminator.heads, discriminator.pixels):
        assert all(weight.requires_grad for weight in head[-1].parameters())
        assert sum(weight.requires_grad for weight in head.parameters()) > 1
    with pytest.raises(ImpastoError, match=r"needs model\.architecture impasto"):
        change(recipes.load("quick-64"), {FREEZE: 1})


def test_our_own_nets_go_on_gently_unless_told_otherwise(tmp_path):
    model = change(recipes.load("impasto-64"), SMALL_HEADS).model
    folder = write_best(tmp_path / "mine", build_generator(model), model)
    save_file(storable(build_discriminator(model).state_dict()), folder / DISCRIMINATOR)
    found = read_source(str(folder))
    asked = found.configure(None, {})
    assert (asked.optimiser.g_lr, asked.optimiser.d_lr) == (GENTLE, GENTLE)
    assert asked.optimiser.freeze_discriminator == 0
    assert asked.model == model
    assert str(GENTLE) in found.in_words(asked)
    told = found.configure(None, {"optimiser.g_lr": 1e-3, FREEZE: 2})
    assert (told.optimiser.g_lr, told.optimiser.d_lr) == (1e-3, GENTLE)
    assert "as it is" in found.in_words(told)
    assert configure(None, {}, Run(tmp_path / "run"), source=found) == asked


def test_the_same_command_goes_on_gently(tmp_path):
    model = change(recipes.load("impasto-64"), SMALL_HEADS).model
    folder = write_best(tmp_path / "mine", build_generator(model), model)
    save_file(storable(build_discriminator(model).state_dict()), folder / DISCRIMINATOR)
    run, found = Run(tmp_path / "run"), read_source(str(folder))
    settings = {f"model.{knob}": value for knob, value in model.model_dump().items()}
    begun = found.configure("impasto-64", settings)
    write_text(run.recipe, recipes.dump(begun))
    write_json(run.origin, found.origin_for(begun.model).model_dump())
    assert configure("impasto-64", settings, run) == begun
    slower = settings | {"optimiser.g_lr": 1e-4}
    with pytest.raises(ImpastoError, match=r"optimiser\.g_lr"):
        configure("impasto-64", slower, run)


@pytest.fixture
def small(tmp_path) -> Path:
    """A folder with small nets of our own, for 64×64, with their discriminator."""
    model = change(recipes.load("impasto-64"), SMALL_HEADS).model
    folder = write_best(tmp_path / "small", build_generator(model), model)
    save_file(storable(build_discriminator(model).state_dict()), folder / DISCRIMINATOR)
    return folder


@pytest.mark.parametrize(
    ("prepared", "grown"), [(64, 64), (128, 128), ("96x64", 64), ("130x128", 64), (32, 64)]
)
def test_a_generator_grows_to_the_size_of_a_prepared_set(small, prepared, grown, tmp_path, capsys):
    pictures = tmp_path / "pictures"
    save(strokes(0, 160, 160), pictures / "a.png")
    width, height = read_sides(str(prepared))
    prepare(pictures, tmp_path / "set", size=(width, height))
    run, data = Run(tmp_path / "run"), Data.parse(str(tmp_path / "set"))
    config = configure(None, {}, run, data, read_source(str(small)))
    assert config.model.size == grown
    assert ("Pictures of 128×128" in capsys.readouterr().err) == (prepared == 128)
    asked = {"model.size": 64}
    assert configure(None, asked, run, data, read_source(str(small))).model.size == 64


@pytest.mark.parametrize(
    ("recipe", "heads_anew"),
    [
        (None, set()),
        ("impasto-128", {"heads.3"}),  # on coarser maps than impasto-64 looks at
        # It looks at pictures twice as large, so that each head halves once more.
        ("impasto-256", {"heads.0", "heads.1", "heads.2", "heads.3"}),
    ],
)
def test_finer_pictures_begin_from_all_levels_that_there_are(small, recipe, heads_anew):
    found = read_source(str(small))
    settings = SMALL_HEADS | {"model.size": 256}
    config = found.configure(recipe, settings)
    assert config.optimiser.freeze_discriminator == 0
    kept = recipe != "impasto-256"
    rest = "all of its discriminator is" if kept else "its discriminator begins from nothing"
    assert f"what is finer than 64 begins from nothing; {rest}" in found.in_words(config)
    assert found.origin_for(config.model).discriminator == kept
    state = gan_state(config, torch.device("cpu"))
    for name, theirs in (
        ("generator", found.generator.network.state_dict()),
        ("discriminator", found.discriminator.weights),
    ):
        fresh = {key: w.clone() for key, w in state.networks[name].state_dict().items()}
        found.copy_weights_into(state, config.model)
        ours = state.networks[name].state_dict()
        anew = {key for key in ours if key not in theirs or not torch.equal(ours[key], theirs[key])}
        assert all(torch.equal(ours[key], fresh[key]) for key in anew)
        places = {".".join(key.split(".")[:2]) for key in anew}
        if name == "generator":
            added = {f"{part}.{side}" for part in ("levels", "gates") for side in (128, 256)}
            added |= {f"enlargements.{side}" for side in (128, 256)}
            assert places == added | {"to_picture.0", "flat_field.pattern"}
        else:
            heads = {p for p in places if not p.startswith(("mix.", "pixels."))}
            things = {"things.places", "things.wholes"}  # taken over with the others
            assert heads == (heads_anew if kept else heads_anew | things)
            assert {p.split(".")[0] for p in places} >= {"pixels"}
    assert_equal(state.averages["generator"].state_dict(), state.networks["generator"].state_dict())
    assert state.averages["generator"](torch.randn(2, config.model.latent)).shape[-1] == 256


@pytest.mark.parametrize("size", [64, 128])
def test_heads_on_coarser_maps_than_the_source_had_begin_anew(size, tmp_path):
    few = SMALL_HEADS | {"model.features_stages": [1, 2]}
    model = change(recipes.load("impasto-64"), few).model
    folder = write_best(tmp_path / "short-sighted", build_generator(model), model)
    theirs = build_discriminator(model).state_dict()
    save_file(storable(theirs), folder / DISCRIMINATOR)
    found = read_source(str(folder))
    more = few | {"model.size": size, "model.features_stages": [1, 2, 3]}
    config = found.configure("impasto-128", more)
    state = gan_state(config, torch.device("cpu"))
    fresh = {key: w.clone() for key, w in state.networks["discriminator"].state_dict().items()}
    found.copy_weights_into(state, config.model)
    ours = state.networks["discriminator"].state_dict()
    of_one_size = "pixels." if size == 128 else "-"
    for key, weights in ours.items():
        begun = key in theirs and not key.startswith(of_one_size)
        assert torch.equal(weights, (theirs if begun else fresh)[key]), key
    with pytest.raises(ImpastoError, match=r"features_stages is \(1, 2\) there and \(2, 3\) here"):
        found.configure("impasto-128", more | {"model.features_stages": [2, 3]})


def test_the_labels_directions_stay_with_their_heads():
    """The last of them is the pixels' head's, which comes after the heads on the stages."""
    labelled = SMALL_HEADS | {"model.labels": 3}
    theirs, fresh = (
        build_discriminator(
            change(recipes.load("impasto-64"), labelled | {"model.features_stages": stages}).model
        )
        for stages in ([1, 2], [1, 2, 3])
    )
    weights, new = theirs.state_dict(), fresh.state_dict()
    fresh.load_state_dict(with_new_heads(weights, new))
    name = "projections.{}.parametrizations.weight.original"
    for before, after in ((0, 0), (1, 1), (2, 3)):
        assert torch.equal(fresh.state_dict()[name.format(after)], weights[name.format(before)])


def test_heads_from_nothing_are_not_frozen(small):
    settings = SMALL_HEADS | {"model.size": 256, "optimiser.freeze_discriminator": 1}
    with pytest.raises(ImpastoError, match="no discriminator"):
        read_source(str(small)).configure("impasto-256", settings)


@pytest.mark.parametrize("size", [32, "128x64", 96, "192x192"])
def test_other_sizes_than_doubled_ones_are_refused(small, size):
    with pytest.raises(ImpastoError, match=r"model\.size is 64 there"):
        read_source(str(small)).configure(None, {"model.size": size})
