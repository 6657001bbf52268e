"""The fast step against the textbook's: the same mathematics up to rounding."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.data.loader import Batches, to_tensor
from impasto.errors import ImpastoError
from impasto.train import steps
from impasto.train.steps import (
    gan_state,
    gan_step,
    gradient_norm,
    start_average,
    update_average,
    variety,
    win_rate,
)

SMALL = {"model.generator_width": 8, "model.discriminator_width": 8, "training.batch": 16}


def textbook_step(generator, discriminator, g_optimiser, d_optimiser, reals, latents):
    """The DCGAN step as one would write it first: fp32, contiguous, nothing frozen or shared."""
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(len(reals)), torch.zeros(len(reals))
    discriminator.zero_grad()
    fakes = generator(latents)
    d_loss = bce(discriminator(reals), ones) + bce(discriminator(fakes.detach()), zeros)
    d_loss.backward()
    d_optimiser.step()
    generator.zero_grad()
    g_loss = bce(discriminator(fakes), ones)
    g_loss.backward()
    g_optimiser.step()
    return d_loss.item(), g_loss.item()


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-3), ("bf16", 2e-2)])
def test_the_fast_step_is_the_textbooks_up_to_rounding(precision, tolerance):
    config = change(recipes.load("dcgan-tutorial-64"), SMALL)
    device = choose_device("cpu", precision)
    state, step = gan_state(config, device.device), gan_step(config, device)
    plain = {
        name: copy.deepcopy(network).to(memory_format=torch.contiguous_format)
        for name, network in state.networks.items()
    }
    optimisers = [
        torch.optim.Adam(plain[name].parameters(), lr=2e-4, betas=(0.5, 0.999))
        for name in ("generator", "discriminator")
    ]
    pictures = np.random.default_rng(0).integers(0, 256, (64, 64, 64, 3), dtype=np.uint8)
    batches = Batches(pictures, 16, seed=0)
    for number in range(4):
        reals = to_tensor(batches.at(number * 16), device.device)
        torch.manual_seed(number)
        fast = step(state, reals)
        torch.manual_seed(number)
        latents = torch.randn(16, 100)
        d_loss, g_loss = textbook_step(*plain.values(), *optimisers, reals.contiguous(), latents)
        assert fast["d_loss"].item() == pytest.approx(d_loss, abs=tolerance)
        assert fast["g_loss"].item() == pytest.approx(g_loss, abs=tolerance)
    assert all(weight.requires_grad for weight in state.networks["discriminator"].parameters())


def sources_step(networks, optimisers, reals, draws, halves=False, at_rest=False):
    """A published step in its source's order: D on reals and fakes, then G on latents of its own.

    With `halves` D steps on each of the two; with `at_rest` G predicts D's fakes in eval mode.
    """
    generator, discriminator = networks
    bce = nn.BCEWithLogitsLoss()

    def descend(optimiser, loss):
        for each in optimisers:
            each.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    def judged(pictures, label):
        logits = discriminator(pictures)
        return bce(logits, torch.full_like(logits, label))

    generator.train(not at_rest)
    fakes = generator(draws[0]).detach()
    generator.train()
    if halves:
        d_loss = descend(optimisers[1], judged(reals, 1.0))
        d_loss += descend(optimisers[1], judged(fakes, 0.0))
    else:
        d_loss = descend(optimisers[1], judged(reals, 1.0) + judged(fakes, 0.0))
    return d_loss, descend(optimisers[0], judged(generator(draws[1]), 1.0))


@pytest.mark.parametrize(
    ("name", "asked", "halves", "at_rest"),
    [("paint-by-numbers-64", 16, False, False), ("colour-field-2", 128, True, True)],
)
def test_a_step_has_its_sources_order(name, asked, halves, at_rest, monkeypatch):
    config, device = change(recipes.load(name), SMALL), choose_device("cpu", "fp32")
    state, step = gan_state(config, device.device), gan_step(config, device)
    for module in state.networks["discriminator"].modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # its chance is not what is compared
    plain = [
        copy.deepcopy(state.networks[which]).to(memory_format=torch.contiguous_format)
        for which in ("generator", "discriminator")
    ]
    optimisers = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in plain]
    chance = torch.Generator().manual_seed(0)
    for _ in range(3):
        reals = torch.rand(16, 3, 64, 64, generator=chance) * 2 - 1
        draws = [torch.randn(count, config.model.latent, generator=chance) for count in (16, asked)]
        given = iter(draws)
        with monkeypatch.context() as patch:
            patch.setattr(steps.torch, "randn", lambda *shape, given=given, **_: next(given))
            fast = step(state, reals)
        d_loss, g_loss = sources_step(plain, optimisers, reals, draws, halves, at_rest)
        assert fast["d_loss"].item() == pytest.approx(d_loss, abs=2e-3)
        assert fast["g_loss"].item() == pytest.approx(g_loss, abs=2e-3)
        assert next(given, None) is None


def test_samples_at_rest_leave_the_generators_statistics_alone(tiny):
    config = change(
        tiny,
        {"training.new_latents": True, "training.fakes_at_rest": True,
         "loss.discriminator_steps": 2, "model.architecture": "dcgan"},
    )  # fmt: skip
    state, _, _ = take_steps(config, 1)  # the generator has had no turn
    norms = [m for m in state.networks["generator"].modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert all(norm.num_batches_tracked == 0 and norm.training for norm in norms)
    with pytest.raises(ImpastoError, match="needs new_latents"):
        change(tiny, {"training.fakes_at_rest": True})


def test_the_same_seed_makes_the_same_weights(tiny):
    first, second = (gan_state(tiny, torch.device("cpu")) for _ in range(2))
    for name, network in first.networks.items():
        for a, b in zip(network.parameters(), second.networks[name].parameters(), strict=True):
            assert torch.equal(a, b)


def test_an_average_exists_only_where_the_recipe_wants_one(tiny):
    cpu = torch.device("cpu")
    assert gan_state(tiny, cpu).network_to_keep() is not gan_state(tiny, cpu).networks["generator"]
    state = gan_state(change(tiny, {"training.ema_half_life": None}), cpu)
    assert state.network_to_keep() is state.networks["generator"]


def weights_of(state) -> dict[str, list[torch.Tensor]]:
    return {
        name: [weight.detach().clone() for weight in network.parameters()]
        for name, network in state.networks.items()
    }


def take_steps(config, count: int = 1, seed: int = 0):
    """The state after some steps on noise, its weights before, and every step's numbers."""
    device = choose_device("cpu", "fp32")
    state, step = gan_state(config, device.device), gan_step(config, device)
    before = weights_of(state)
    size, batch = config.model.size, config.training.batch
    pictures = np.random.default_rng(seed).integers(0, 256, (64, size, size, 3), dtype=np.uint8)
    batches, numbers = Batches(pictures, batch, seed=0), []
    for number in range(count):
        numbers.append(step(state, to_tensor(batches.at(number * batch), device.device)))
        state.images += batch
        state.steps += 1
    return state, before, numbers


def moved(before: list[torch.Tensor], network: nn.Module) -> float:
    return max(
        (old - new).abs().max().item()
        for old, new in zip(before, network.parameters(), strict=True)
    )


GAMES_AND_BOUNDS = [
    {"loss.game": "least-squares"},
    {"loss.game": "hinge"},
    {"loss.game": "hinge-random-margin"},
    {"loss.game": "wasserstein", "loss.clip_weights": 0.01},
    {"loss.game": "wasserstein", "loss.gradient_penalty": 10, "model.normalisation": "generator"},
    {"loss.game": "relativistic", "loss.r1": 1, "loss.r2": 1},
    {"loss.r1": 1, "loss.penalty_every": 2},
    {"loss.label_smoothing": 0.1},
    {"optimiser.algorithm": "rmsprop"},
    {"optimiser.separate_halves": True},
    {"training.generator_batch": 8},
    {"training.new_latents": True},
    {"augment.policy": ["dihedral"], "augment.probability": 0.5},
]


@pytest.mark.parametrize("changes", GAMES_AND_BOUNDS, ids=lambda c: " ".join(map(str, c)))
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_game_moves_both_networks_by_finite_amounts(tiny, changes, precision):
    config = change(tiny, changes)
    state, before, numbers = take_steps(config, 2)
    for name, network in state.networks.items():
        assert 0 < moved(before[name], network) < 2  # clipping moves BatchNorm by 1
    assert all(torch.isfinite(value) for row in numbers for value in row.values())


def test_several_discriminator_steps_come_before_one_of_the_generator(tiny):
    config = change(tiny, {"loss.discriminator_steps": 3, "loss.game": "wasserstein"})
    state, before, numbers = take_steps(config, 2)
    assert moved(before["generator"], state.networks["generator"]) == 0
    assert all("g_loss" not in row for row in numbers)
    state, before, numbers = take_steps(config, 3)
    assert moved(before["generator"], state.networks["generator"]) > 0
    assert "g_loss" in numbers[-1]


def test_clipped_weights_stay_within_the_bound(tiny):
    config = change(tiny, {"loss.game": "wasserstein", "loss.clip_weights": 0.01})
    state, _, _ = take_steps(config, 3)
    weights = state.networks["discriminator"].parameters()
    assert max(weight.abs().max().item() for weight in weights) <= 0.01


def test_clipped_gradients_move_no_weight_of_the_discriminator_further_than_the_bound(tiny):
    bound = 1e-4
    changes = {"optimiser.algorithm": "rmsprop", "optimiser.clip_gradients": bound}
    device = choose_device("cpu", "fp32")
    for each in (changes, changes | {"optimiser.separate_halves": True}):
        config = change(tiny, each)
        state, step = gan_state(config, device.device), gan_step(config, device)
        step(state, torch.rand(4, 3, 32, 32) * 2 - 1)
        longest = {
            name: max(weight.grad.abs().max().item() for weight in network.parameters())
            for name, network in state.networks.items()
        }
        assert longest["discriminator"] == pytest.approx(bound, rel=1e-6)
        assert longest["generator"] > bound  # its own are left alone


def test_a_lazy_penalty_acts_on_its_steps_alone(tiny):
    def after(count: int, r1: float) -> list[torch.Tensor]:
        config = change(tiny, {"loss.r1": r1, "loss.penalty_every": 4, "optimiser.d_lr": 1e-9})
        device = choose_device("cpu", "fp32")
        state, step = gan_state(config, device.device), gan_step(config, device)
        for state.steps in range(count):
            torch.manual_seed(0)
            step(state, torch.rand(4, 3, 32, 32) * 2 - 1)
        return [weight.grad for weight in state.networks["discriminator"].parameters()]

    def differ(count: int) -> bool:
        pairs = zip(after(count, 0.0), after(count, 50.0), strict=True)
        return any(not torch.allclose(a, b, rtol=1e-2, atol=1e-5) for a, b in pairs)

    assert [differ(count) for count in (1, 2, 4, 5)] == [True, False, False, True]


def test_two_half_steps_are_not_one_whole_step(tiny):
    _, _, whole = take_steps(tiny, 2)
    _, _, halves = take_steps(change(tiny, {"optimiser.separate_halves": True}), 2)
    assert whole[0]["d_loss"] != halves[0]["d_loss"]  # the fakes meet a discriminator that moved


def test_a_steered_augmentation_rises_while_the_discriminator_is_sure(tiny):
    changes = {
        "augment.policy": ["colour"],
        "augment.probability": 0.0,
        "augment.target": 0.01,
        "augment.ramp_images": 1000,
        "optimiser.d_lr": 0.01,
    }
    state, _, numbers = take_steps(change(tiny, changes), 16)
    assert 0 < state.memory["probability"] <= 16 * tiny.training.batch / 1000
    assert numbers[-1]["augmented"].item() == pytest.approx(state.memory["probability"])


def test_the_reading_of_life_signs_is_there_on_the_first_step(tiny):
    _, _, (first, second) = take_steps(tiny, 2)
    assert {"win_rate", "variety", "g_gradient"} <= first.keys()
    assert {"variety", "g_gradient"}.isdisjoint(second.keys())


def test_the_win_rate_counts_pairs_that_are_ranked_right():
    assert win_rate(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 0.0])).item() == 0.75
    assert win_rate(torch.ones(3), torch.zeros(2)).item() == 1
    assert win_rate(torch.zeros(4), torch.zeros(4)).item() == 0.5


def test_several_logits_of_a_picture_vote_by_their_mean():
    real, fake = torch.tensor([[1.0, -3.0]]), torch.tensor([[0.0, 0.0]])
    assert win_rate(real, fake).item() == 0


def test_one_picture_again_and_again_has_no_variety():
    reals = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert variety(reals[:1].expand(16, -1, -1, -1), reals).item() == pytest.approx(0, abs=1e-6)
    assert variety(reals, reals).item() == pytest.approx(1)
    assert variety(reals / 2, reals).item() == pytest.approx(0.5)


def test_variety_is_of_composition_not_of_grain():
    generator = torch.Generator().manual_seed(1)
    tones = torch.randn(64, 3, 1, 1, generator=generator)
    reals = tones.expand(-1, -1, 64, 64)
    grain = 1.0 * torch.randn(64, 3, 64, 64, generator=generator)
    assert variety(grain, reals).item() < 0.2


def test_the_gradients_length_is_that_of_all_weights_together():
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(3)]
    for weight, value in zip(weights, (3.0, 4.0, None), strict=True):
        weight.grad = None if value is None else torch.tensor([value])
    assert gradient_norm(weights).item() == pytest.approx(5.0)


def test_one_update_is_an_exact_interpolation():
    network = nn.Linear(1, 1)
    average = start_average(network)
    before = average.weight.clone()
    with torch.no_grad():
        network.weight.add_(1.0)
    update_average(average, network, batch=10, images=10_000, half_life=100, ramp=1.0)
    decay = 0.5 ** (10 / 100)
    assert average.weight.item() == pytest.approx(before.item() + (1 - decay) * 1.0, abs=1e-6)


def test_after_one_half_life_a_difference_has_halved():
    network = nn.Linear(1, 1)
    average = start_average(network)
    start = average.weight.item()
    with torch.no_grad():
        network.weight.fill_(start + 1.0)
    for step in range(10):
        update_average(average, network, 10, images=10**6 + step * 10, half_life=100, ramp=1.0)
    assert average.weight.item() == pytest.approx(start + 0.5, abs=1e-5)


def test_the_ramp_lets_the_first_steps_through_almost_whole():
    network = nn.Linear(1, 1)
    average = start_average(network)
    with torch.no_grad():
        network.weight.fill_(7.0)
    update_average(average, network, batch=64, images=64, half_life=10_000, ramp=0.05)
    assert average.weight.item() == pytest.approx(7.0, abs=1e-4)


def test_running_statistics_belong_to_the_average_and_counters_are_copied():
    network = nn.BatchNorm2d(2)
    average = start_average(network)
    network(torch.randn(8, 2, 4, 4) + 5)
    update_average(average, network, batch=8, images=10**6, half_life=8, ramp=1.0)
    assert torch.allclose(average.running_mean, network.running_mean / 2)
    assert average.num_batches_tracked == network.num_batches_tracked == 1


def test_directions_of_spectral_norm_are_copied_and_weights_averaged():
    network = spectral_norm(nn.Linear(3, 3))
    average = start_average(network)
    before = average.parametrizations.weight.original.clone()
    with torch.no_grad():
        network.parametrizations.weight.original.add_(1)
    network(torch.randn(2, 3))  # a power iteration
    update_average(average, network, batch=8, images=10**6, half_life=8, ramp=1.0)
    ours, theirs = average.parametrizations.weight, network.parametrizations.weight
    assert torch.allclose(ours.original, before + 0.5, atol=1e-5)
    assert torch.equal(ours[0]._u, theirs[0]._u)
    assert torch.equal(ours[0]._v, theirs[0]._v)


def test_the_average_is_frozen_and_a_copy():
    network = nn.Linear(2, 2)
    average = start_average(network)
    assert not any(weight.requires_grad for weight in average.parameters())
    assert not average.training
    assert average.weight.data_ptr() != network.weight.data_ptr()
