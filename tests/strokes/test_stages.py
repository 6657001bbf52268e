"""The three stages in the one loop."""

import numpy as np
import pytest
import torch

from impasto.core.device import Device
from impasto.errors import ImpastoError
from impasto.strokes import config as recipes
from impasto.strokes import stages, training
from impasto.strokes.config import StrokeConfig
from impasto.strokes.stroke_set import About, StrokeSet
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
    return StrokeSet(None, None, None, About(count=1, fingerprint="", brush="ink"))


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
