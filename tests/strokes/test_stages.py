"""The three stages in the one loop."""

from urllib.error import URLError

import numpy as np
import pytest
import torch

from impasto.core.device import Device
from impasto.core.runs import Run, read_lines
from impasto.errors import ImpastoError
from impasto.strokes import config as recipes
from impasto.strokes import content, stages, training
from impasto.strokes.config import Content, StrokeConfig
from impasto.strokes.content import Comparison, gram
from impasto.strokes.making import make_shards
from impasto.strokes.stroke_set import StrokeSet, import_shards
from impasto.strokes.training import train_stages
from impasto.train.loop import Length
from impasto.train.state import State

CPU = Device(torch.device("cpu"), bf16=False)
TINY = {
    "held_out": 8,
    "validate_every": 16,
    "checkpoint_minutes": 0,
    **{f"{stage}.batch": 8 for stage in recipes.STAGES},
    **{f"{stage}.images": 16 for stage in recipes.STAGES},
}
PLAIN = {f"{stage}.content.features": "lite0" for stage in ("generator", "adversarial")}

PAINTERS = ("neural-painter", "neural-painter-published")


def tiny(name: str, **changes: object) -> StrokeConfig:
    there = recipes.load(name).stages()
    kept = {
        knob: value
        for knob, value in {**TINY, **(PLAIN if name in PAINTERS else {})}.items()
        if "." not in knob or knob.split(".")[0] in there
    }
    small = {"width": 16} if name in PAINTERS else {}
    return recipes.load(name, {**kept, **small, **changes})


@pytest.fixture(scope="module")
def strokes(tmp_path_factory) -> StrokeSet:
    folder = tmp_path_factory.mktemp("strokes")
    make_shards(48, "impasto", "ink", folder)
    return import_shards(folder, folder / "set")


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_read_back_as_it_was_written(name, tmp_path):
    config = recipes.load(name)
    (tmp_path / "copy.yaml").write_text(recipes.dump(config))
    assert recipes.load(str(tmp_path / "copy.yaml")) == config


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_trains_through_all_its_stages(name, strokes, tmp_path):
    config = tiny(name)
    outcomes = train_stages(config, strokes, tmp_path, CPU, config.stages())
    assert [outcome.stage for outcome in outcomes] == list(config.stages())
    assert all(outcome.finished for outcome in outcomes)
    last = tmp_path / config.stages()[-1]
    assert (last / "best" / "generator.safetensors").exists()
    assert (last / "samples" / "000000016.png").exists()
    assert (last / "stats.jsonl").exists()


def test_resumed_a_stage_ends_as_if_it_had_not_been_stopped(strokes, tmp_path):
    def weights(folder):
        state = torch.load(Run(folder / "generator").checkpoints()[-1], weights_only=True)
        return state["networks"]["generator"]

    whole = tiny("strokes", **{"generator.images": 32})
    train_stages(whole, strokes, tmp_path / "whole", CPU, ("generator",))
    # The rate follows the length, so the first half must know it: stop it from within.
    seen = []
    real = training.train

    def until_half(state, step, batches, hooks, length, stop):
        real(state, step, batches, hooks, length, lambda: state.images >= 16)
        seen.append(state.images)

    training.train = until_half
    try:
        (outcome,) = train_stages(whole, strokes, tmp_path / "halves", CPU, ("generator",))
    finally:
        training.train = real
    assert seen == [16]
    assert not outcome.finished
    (outcome,) = train_stages(whole, strokes, tmp_path / "halves", CPU, ("generator",))
    assert outcome.finished
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "halves")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_finished_stage_is_left_as_it_is(strokes, tmp_path, capsys):
    config, run = tiny("strokes"), Run(tmp_path / "generator")
    (first,) = train_stages(config, strokes, tmp_path, CPU, ("generator",))
    before = run.metrics.read_text(), run.stats.read_text()
    capsys.readouterr()
    (again,) = train_stages(config, strokes, tmp_path, CPU, ("generator",))
    assert again.finished and again.images == first.images
    assert (run.metrics.read_text(), run.stats.read_text()) == before
    assert "is complete" in capsys.readouterr().err


def test_training_brings_the_network_nearer(strokes, tmp_path):
    config = tiny("strokes", **{"generator.images": 640, "validate_every": 320})
    train_stages(config, strokes, tmp_path, CPU, ("generator",))
    rows = read_lines(Run(tmp_path / "generator").metrics)
    assert rows[-1]["psnr"] > rows[0]["psnr"] > 5


def test_the_painter_as_published_has_its_faults_and_the_other_has_not():
    published, mended = recipes.load("neural-painter-published"), recipes.load("neural-painter")
    for config, faults in ((published, True), (mended, False)):
        brush = training.brush_of(fake_set())
        generator = stages.build_generator(recipes.load(config.name, {"width": 16}), brush)
        kinds = [type(layer).__name__ for layer in generator.first]
        assert kinds == (["Linear"] if faults else ["Linear", "ReLU"])
        torch.nn.init.constant_(generator.picture[-2].bias, -99.0)  # tanh at its end, −1
        lowest = generator(torch.rand(2, 12)).min().item()
        assert lowest == pytest.approx(-3 if faults else -1, abs=1e-3)
        for stage in (config.generator, config.adversarial):
            assert stage.content.normalised != faults
            assert (stage.content.layers, stage.content.style) == ((5.0, 15.0, 2.0), 5000.0)
        assert config.shuffle != faults
        assert (config.discriminator.smooth == config.adversarial.smooth == 1) == faults


def test_strokes_that_are_not_shuffled_come_in_their_order():
    actions = np.arange(10, dtype=np.float32)[:, None].repeat(12, 1)
    alphas = np.zeros((10, 64, 64), np.uint8)
    batches = stages.StrokeBatches(actions, alphas, 4, seed=0, shuffle=False)
    assert batches.tensor(8, CPU.device)[:, 0].tolist() == [8, 9, 0, 1]


def test_a_stage_alone_needs_what_comes_before_it(strokes, tmp_path):
    config = tiny("neural-painter")
    with pytest.raises(ImpastoError, match="train the stage generator first"):
        train_stages(config, strokes, tmp_path, CPU, ("discriminator",))


def test_a_recipe_without_that_stage_says_which_it_has():
    with pytest.raises(ImpastoError, match="has only generator"):
        recipes.load("strokes").stage("adversarial")


def test_a_run_does_not_go_on_with_other_knobs_or_strokes(strokes, tmp_path):
    train_stages(tiny("strokes"), strokes, tmp_path / "run", CPU, ("generator",))
    with pytest.raises(ImpastoError, match="begun with seed = 0, not 1"):
        train_stages(tiny("strokes", seed=1), strokes, tmp_path / "run", CPU, ("generator",))
    make_shards(48, "impasto", "ink", tmp_path / "other", seed=9)
    other = import_shards(tmp_path / "other", tmp_path / "set")
    with pytest.raises(ImpastoError, match="other strokes"):
        train_stages(tiny("strokes"), other, tmp_path / "run", CPU, ("generator",))


def test_too_few_strokes_are_said(strokes, tmp_path):
    config = tiny("strokes", **{"generator.batch": 64})
    with pytest.raises(ImpastoError, match="too few for batches of 64"):
        train_stages(config, strokes, tmp_path, CPU, ("generator",))


def states(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def same(network: torch.nn.Module, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_stage_two_leaves_the_generator_as_it_is():
    config = tiny("neural-painter")
    generator = stages.build_generator(config, training.brush_of(fake_set()))
    judge = stages.build_discriminator(config)
    adam = stages.optimiser(judge, config.discriminator.adam)
    state = State(CPU.device, {"discriminator": judge}, {"discriminator": adam})
    before, other = states(generator), states(judge)
    numbers = stages.discriminator_step(config.discriminator, CPU, Length(images=8), generator)(
        state, fake_batch()
    )
    assert same(generator, before)
    assert not same(judge, other)
    assert set(numbers) == {"d_loss", "d_real", "d_fake"}


def test_the_critic_moves_five_times_and_the_generator_once():
    config = tiny("neural-painter-gan")
    torch.manual_seed(0)
    networks = {
        "generator": stages.build_generator(config, training.brush_of(fake_set())),
        "discriminator": stages.build_discriminator(config),
    }
    knobs = config.adversarial
    optimisers = {
        "generator": stages.optimiser(networks["generator"], knobs.generator),
        "discriminator": stages.optimiser(networks["discriminator"], knobs.discriminator),
    }
    state = State(CPU.device, networks, optimisers)
    step = stages.adversarial_step(knobs, CPU, Length(images=100))
    moved = []
    for _ in range(5):
        before = networks["generator"].first.weight.clone()
        step(state, fake_batch())
        state.steps += 1
        moved.append(not torch.equal(before, networks["generator"].first.weight))
    assert moved == [False, False, False, False, True]


def fake_set() -> StrokeSet:
    return StrokeSet(None, None, None, {"brush": "ink"})


def fake_batch() -> torch.Tensor:
    random = np.random.default_rng(0)
    alphas = random.integers(0, 256, (8, 64, 64), dtype=np.uint8)
    return stages.pack(random.random((8, 12), dtype=np.float32), alphas, CPU.device)


def test_packing_is_undone():
    random = np.random.default_rng(1)
    actions = random.random((3, 12), dtype=np.float32)
    alphas = random.integers(0, 256, (3, 64, 64), dtype=np.uint8)
    first, second = stages.unpack(stages.pack(actions, alphas, CPU.device))
    assert np.array_equal(first.numpy(), actions)
    assert np.array_equal((second[:, 0] * 255).round().byte().numpy(), alphas)


def test_on_paper_a_full_stroke_is_its_colour():
    actions = torch.rand(2, 12)
    picture = stages.on_paper(actions, torch.ones(2, 1, 4, 4))
    assert torch.allclose((picture + 1) / 2, actions[:, 6:9, None, None].expand(-1, -1, 4, 4))
    assert torch.all(stages.on_paper(actions, torch.zeros(2, 1, 4, 4)) == 1)


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
    with pytest.raises(ImpastoError, match=r"cannot be downloaded \(no route\).*features=lite0"):
        Comparison(Content(features="vgg19", layers=(1, 1, 1)), CPU)
    assert content.VGG_LAYERS == (25, 38, 51)


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("generator.adam.lr", -1, "generator.adam.lr"),
        ("generator.rate", 1, "there is no generator.rate; known here: "),
        ("images", 1, "there is no images; known here: "),
        ("name.what", 1, "no such knob"),
        ("generator", None, "at least one stage"),
    ],
)
def test_a_wrong_knob_is_named(knob, value, said):
    with pytest.raises(ImpastoError, match=said):
        recipes.load("strokes", {knob: value})


def test_a_file_that_is_no_recipe_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    with pytest.raises(ImpastoError, match=r"mine\.yaml is missing"):
        recipes.load(str(path))
    path.write_text("]")
    with pytest.raises(ImpastoError, match="not valid YAML"):
        recipes.load(str(path))
    with pytest.raises(ImpastoError, match="no stroke recipe 'dcgan'"):
        recipes.load("dcgan")
