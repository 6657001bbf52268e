"""Beginning from a trained generator: what is taken over, what is not, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from impasto import recipes
from impasto.cli import app
from impasto.config import change
from impasto.core import shipped
from impasto.core.checkpoints import DISCRIMINATOR, read_artefact, read_checkpoint, storable
from impasto.core.images import save
from impasto.core.learnt import write_record
from impasto.core.runs import Run
from impasto.data.colourfield import paint
from impasto.errors import ImpastoError
from impasto.models.build import build_discriminator, build_generator
from impasto.train.steps import gan_state
from impasto.train.transfer import FREEZE, base_for, find_source, read_source
from tests.conftest import TINY_OPTIONS, write_best
from tests.train.test_resume import assert_equal
from tests.train.test_transfer_heads import SMALL_HEADS

QUIET = [
    part
    for knob in ("training.batch=4", "training.judge_every=null", "training.checkpoint_minutes=0")
    for part in ("--set", knob)
]
"""No word of the networks: they are the source's."""


def train(*arguments: object) -> str:
    """What the command says; it must succeed."""
    done = CliRunner().invoke(app, ["train", *map(str, arguments), "--precision", "fp32"])
    assert done.exit_code == 0, f"{done.stderr} {done.exception}"
    return done.stderr


@pytest.fixture(scope="module")
def paintings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("transfer") / "few"
    for seed in range(10):
        save(paint(seed, 48), folder / f"{seed}.png")
    return folder


@pytest.fixture(scope="module")
def source(paintings) -> Path:
    """A finished run of DCGAN's nets, very small."""
    run = paintings.parent / "many"
    train(paintings, "--out", run, "--images", 16, *TINY_OPTIONS)
    return run


@pytest.fixture(scope="module")
def whole(paintings, source) -> Path:
    """A run that began from it and was never interrupted."""
    out = paintings.parent / "whole"
    keep = ("--set", "training.keep=9")
    train(paintings, "--from", source, "--out", out, "--images", 16, *QUIET, *keep)
    return out


def test_networks_and_average_are_taken_over_and_optimisers_are_fresh(source, whole):
    _, generator = read_artefact(source / "best")
    (*_, newest) = Run(source).checkpoints()
    beginning = read_checkpoint(Run(whole).checkpoint(0))
    assert_equal(beginning["networks"]["generator"], generator)
    assert_equal(beginning["averages"]["generator"], generator)
    theirs = read_checkpoint(newest)["networks"]["discriminator"]
    assert_equal(beginning["networks"]["discriminator"], theirs)
    assert all(not part["state"] for part in beginning["optimisers"].values())
    assert beginning["progress"]["images"] == 0


def test_size_latent_and_widths_are_the_sources_if_nothing_is_said(source, whole):
    ours, theirs = (recipes.load(str(Run(run).recipe)) for run in (whole, source))
    assert ours.model == theirs.model
    assert ours.name == theirs.name == "impasto-64"
    assert ours.optimiser.freeze_discriminator == 0  # these nets have no heads to freeze


def test_the_run_and_its_generator_say_where_they_began(source, whole):
    about = json.loads((whole / "from.json").read_text())
    assert about["name"] == source.name
    assert (about["recipe"], about["images"], about["discriminator"]) == ("impasto-64", 16, True)
    assert json.loads((whole / "best/model.json").read_text())["began_from"] == source.name
    assert f"begins from {source.name} (" in Run(whole).log.read_text()
    assert f"begun from {source.name}" in Run(whole).report.read_text()


def test_a_forecast_says_where_it_would_begin_and_writes_nothing(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "colourfield:12", "--from", str(source), "--dry-run", *QUIET]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    assert f"begins     from {source.name} (impasto-64 on few, " in done.stdout
    assert f"runs/colourfield-12-from-{source.name}" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("until", [0, 8])
def test_it_resumes_to_the_bit_without_its_source(paintings, source, whole, until, tmp_path):
    cut, hidden = tmp_path / "cut", source.with_name("hidden")
    shutil.copytree(whole, cut)
    for path in Run(cut).checkpoints():
        if int(path.stem) > until:
            path.unlink()
    source.rename(hidden)
    try:
        again = ("--from", source, "--out", cut, "--images", 16, *QUIET)
        said = train(paintings, *again, "--set", "training.keep=9")
    finally:
        hidden.rename(source)
    assert "It begins from" not in said
    ended, expected = (read_checkpoint(Run(run).checkpoint(16)) for run in (cut, whole))
    assert_equal({**ended, "about": 0}, {**expected, "about": 0})


def test_the_beginning_is_kept_when_later_checkpoints_go(paintings, source, tmp_path):
    out = ("--out", tmp_path / "r", "--images", 16, "--set", "training.keep=1")
    train(paintings, "--from", source, *out, *QUIET)
    assert [int(path.stem) for path in Run(tmp_path / "r").checkpoints()] == [0, 16]


def test_a_lost_beginning_is_said_and_not_replaced_by_nothing(paintings, whole, tmp_path):
    shutil.copytree(whole, tmp_path / "cut")
    shutil.rmtree(tmp_path / "cut/checkpoints")
    words = ["train", paintings, "--out", tmp_path / "cut", "--images", 32]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(done.exception, ImpastoError)
    assert "starting checkpoint" in str(done.exception)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model.size": 64}, r"model\.size is 32 .* set it to 32"),
        ({"model.latent": 9}, r"model\.latent is 8 .* 9"),
        ({"model.generator_width": 8}, r"model\.generator_width is 4 there"),
        ({"model.discriminator_width": 8}, r"model\.discriminator_width is 4 there"),
        ({FREEZE: 1}, "needs model.architecture impasto"),
    ],
)
def test_other_networks_are_refused_in_a_sentence_that_names_the_knob(source, settings, sentence):
    with pytest.raises(ImpastoError, match=sentence):
        read_source(str(source)).configure(None, settings)


def test_a_recipe_of_another_family_is_refused(source):
    with pytest.raises(ImpastoError, match=r"model\.architecture is dcgan .* r3gan"):
        read_source(str(source)).configure("r3gan-64", {})


def test_a_generator_alone_meets_a_discriminator_from_nothing(source, whole, tmp_path):
    alone = read_source(str(source / "best"))
    assert alone.name == source.name  # not "best"
    assert alone.discriminator is None
    config = alone.configure(None, {"model.discriminator_width": 8})
    state = gan_state(config, torch.device("cpu"))
    fresh = state.networks["discriminator"].state_dict()
    fresh = {name: value.clone() for name, value in fresh.items()}
    alone.copy_weights_into(state, config.model)
    assert_equal(state.networks["discriminator"].state_dict(), fresh)
    assert "begins from nothing" in alone.in_words(config)


@pytest.mark.parametrize(
    ("begin", "run", "sentence"),
    [
        ("nowhere", "new", "no folder nowhere"),
        ("other", "whole", "from many, not .*other"),
        ("other", "many", "from nothing, not .*other"),
        ("auto", "torn", r"was to begin from many .*--from many --out .*torn\)"),
        ("nothing", "whole", "from many, not .*nothing"),
    ],
)
def test_a_run_has_one_beginning(whole, source, begin, run, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = {"whole": whole, "many": source}
    (tmp_path / "torn").mkdir()
    shutil.copy(whole / "from.json", tmp_path / "torn/from.json")
    with pytest.raises(ImpastoError, match=sentence):
        find_source(begin, Run(places.get(run, tmp_path / run)))


@pytest.mark.slow
def test_a_run_that_began_from_a_base_and_was_broken_off_begins_again(paintings, tmp_path):
    """Between its first record and its recipe: the same command must do."""
    run = Run(tmp_path / "run")
    base = read_source("paintings-64")
    write_record(run.origin, base.origin_for(recipes.load("impasto-64").model))
    assert find_source("auto", run) is None
    knobs = [*QUIET, "--set", "model.dinov2_every=0", "--set", "model.flat_field=false"]
    said = train(paintings, "--out", run.folder, "--images", 4, *knobs)
    assert "It begins from paintings-64" in said
    assert run.began_from() == "paintings-64"


def test_a_run_that_goes_on_reads_no_source(whole, source):
    assert find_source("auto", Run(whole)) is None
    assert find_source(str(source), Run(whole)) is None


def test_a_shipped_generator_brings_its_discriminator(source, tmp_path, monkeypatch):
    package = tmp_path / "package"
    shutil.copytree(source / "best", package / "poppies-32")
    (*_, newest) = Run(source).checkpoints()
    weights = read_checkpoint(newest)["networks"]["discriminator"]
    save_file(storable(weights, torch.float16), package / "poppies-32" / DISCRIMINATOR)
    monkeypatch.setattr(shipped, "WEIGHTS", package)
    monkeypatch.chdir(tmp_path)
    found = find_source("poppies-32", Run(tmp_path / "new"))
    assert found is not None
    assert found.name == "poppies-32"
    config = found.configure(None, {})
    state = gan_state(config, torch.device("cpu"))
    found.copy_weights_into(state, config.model)
    for name, value in state.networks["discriminator"].state_dict().items():
        assert value.dtype == weights[name].dtype
        assert torch.allclose(value.float(), weights[name].float(), atol=1e-3)


def test_broken_discriminators_are_passed_over_and_foreign_ones_refused(source, tmp_path):
    shutil.copytree(source, tmp_path / "run")
    for path in Run(tmp_path / "run").checkpoints():
        path.write_bytes(b"broken")
    assert read_source(str(tmp_path / "run")).discriminator is None
    foreign = read_source(str(source))
    foreign.discriminator.weights.popitem()
    config = foreign.configure(None, {})
    with pytest.raises(ImpastoError, match="discriminator does not fit"):
        foreign.copy_weights_into(gan_state(config, torch.device("cpu")), config.model)


def test_other_labels_than_it_has_learnt_are_refused(source):
    found = read_source(str(source))
    named = replace(found, card=found.card.model_copy(update={"labels": ("Klee", "Marc")}))
    config = found.configure(None, {})
    state = gan_state(config, torch.device("cpu"))
    named.copy_weights_into(state, config.model, ("Klee", "Marc"))
    with pytest.raises(ImpastoError, match=r"Klee, Marc, .* Macke"):
        named.copy_weights_into(state, config.model, ("Macke",))


@pytest.fixture
def base(tmp_path, monkeypatch) -> Path:
    """The package's folder with two bases of very small nets, at 32² and at 64²."""
    package = tmp_path / "package"
    for size in (32, 64):
        model = change(recipes.load("impasto-64"), NOISY | {"model.size": size}).model
        folder = write_best(package / f"paintings-{size}", build_generator(model).eval(), model)
        weights = build_discriminator(model).state_dict()
        save_file(storable(weights, torch.float16), folder / DISCRIMINATOR)
    monkeypatch.setattr(shipped, "WEIGHTS", package)
    return package


NOISY = SMALL_HEADS | {"model.latent": 8, "model.dinov2_every": 0, "model.features_size": 64}


@pytest.mark.parametrize(
    ("asked", "begun"),
    [
        ({}, "paintings-64"),
        ({"model.size": 32}, "paintings-32"),
        ({"model.size": 128}, "paintings-64"),  # grown
        ({"model.size": "64x96"}, None),
        ({"model.latent": 9}, None),
        ({"model.generator_width": 8}, None),
        ({"model.architecture": "dcgan"}, None),
        ({"model.labels": 3}, "paintings-64"),
    ],
)
@pytest.mark.usefixtures("base")
def test_a_base_is_begun_from_where_its_networks_are_those_that_are_asked_for(asked, begun):
    settings = NOISY | asked
    model = change(recipes.load("impasto-64"), settings).model
    found = base_for("impasto-64", settings, model)
    assert (found and found.name) == begun
    if found is not None:
        config = found.configure("impasto-64", settings)
        found.copy_weights_into(gan_state(config, torch.device("cpu")), config.model)


@pytest.mark.usefixtures("base")
def test_unless_told_otherwise_a_training_begins_from_a_base_and_says_so(paintings, tmp_path):
    options = [part for knob, value in NOISY.items() for part in ("--set", f"{knob}={value}")]
    options += ["--images", 8, "--set", "training.judge_every=null", "--set", "model.size=32"]
    options += ["--set", "model.flat_field=false"]
    said = train(paintings, "--out", tmp_path / "a", *options)
    assert "It begins from paintings-32 (" in said
    assert Run(tmp_path / "a").began_from() == "paintings-32"
    said = train(paintings, "--out", tmp_path / "a", *options, "--images", 16)  # goes on
    assert "It begins from" not in said
    said = train(paintings, "--out", tmp_path / "b", "--from", "nothing", *options)
    assert "It begins from" not in said
    assert not Run(tmp_path / "b").began_from()


@pytest.mark.parametrize("theirs", [False, True])
@pytest.mark.parametrize("ours", [False, True])
def test_parts_that_only_one_of_two_networks_has_begin_anew_or_are_left(theirs, ours, tmp_path):
    """Noise, continued edges and a pattern that is taken off need not be in the source."""
    parts = ("model.noise", "model.flat_field")
    settings = SMALL_HEADS | {"model.dinov2_every": 0, "model.features_size": 64}
    models = {
        have: change(recipes.load("impasto-64"), settings | dict.fromkeys(parts, have)).model
        for have in (False, True)
    }
    network = build_generator(models[theirs]).eval()
    if theirs:
        network.flat_field.pattern.fill_(0.3)
    found = read_source(str(write_best(tmp_path / "g", network, models[theirs])))
    asked = settings | dict.fromkeys(parts, ours)
    if theirs and not ours:
        with pytest.raises(ImpastoError, match=r"model\.noise is True .* False"):
            found.configure("impasto-64", asked)
        return
    config = found.configure("impasto-64", asked)
    state = gan_state(config, torch.device("cpu"))
    found.copy_weights_into(state, config.model)
    for name, value in state.networks["generator"].state_dict().items():
        if name.startswith("flat_field."):
            assert not value.any()
        elif theirs or not name.startswith("noises."):
            assert torch.allclose(value, network.state_dict()[name].to(value.dtype)), name


def test_heads_on_dinov2_are_taken_over_or_begin_anew_or_are_left(source, tmp_path):
    settings = SMALL_HEADS | {"model.features_size": 64, "model.noise": False}
    for theirs, ours in ((0, 3), (3, 0), (3, 3), (3, 5)):
        model = change(recipes.load("impasto-64"), settings | {"model.dinov2_every": theirs}).model
        folder = write_best(tmp_path / f"{theirs}-{ours}", build_generator(model).eval(), model)
        weights = build_discriminator(model).state_dict()
        save_file(storable(weights, torch.float16), folder / DISCRIMINATOR)
        found = read_source(str(folder))
        config = found.configure("impasto-64", settings | {"model.dinov2_every": ours})
        state = gan_state(config, torch.device("cpu"))
        found.copy_weights_into(state, config.model)
        got = state.networks["discriminator"].state_dict()
        for name, value in got.items():
            if name in weights and value.is_floating_point():
                assert torch.allclose(value, weights[name].float(), atol=1e-2), name
