"""Games and penalties against the formulas of their papers, and networks with known gradients."""

import math

import pytest
import torch
from torch import nn

from impasto.config import Loss
from impasto.losses import (
    GAMES,
    between,
    one_centred_penalty,
    smoothing,
    stamp,
    zero_centred_penalty,
)
from impasto.models import fastgan

REALS = torch.tensor([2.0, -0.5, 0.0], dtype=torch.float64)
FAKES = torch.tensor([-1.0, 0.25, 3.0], dtype=torch.float64)


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


PAIRS = list(zip(REALS.tolist(), FAKES.tolist(), strict=True))
BY_HAND = {
    # game: (discriminator's loss, generator's), written out in plain numbers
    "non-saturating": (
        -mean(math.log(sigmoid(x)) for x, _ in PAIRS)
        - mean(math.log(1 - sigmoid(y)) for _, y in PAIRS),
        -mean(math.log(sigmoid(y)) for _, y in PAIRS),
    ),
    "least-squares": (
        mean((x - 1) ** 2 / 2 for x, _ in PAIRS) + mean(y**2 / 2 for _, y in PAIRS),
        mean((y - 1) ** 2 / 2 for _, y in PAIRS),
    ),
    "wasserstein": (mean(y for _, y in PAIRS) - mean(x for x, _ in PAIRS), -2.25 / 3),
    "hinge": (
        mean(max(0, 1 - x) for x, _ in PAIRS) + mean(max(0, 1 + y) for _, y in PAIRS),
        -2.25 / 3,
    ),
    "relativistic": (
        mean(math.log(1 + math.exp(y - x)) for x, y in PAIRS),
        mean(math.log(1 + math.exp(x - y)) for x, y in PAIRS),
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_game_is_its_papers_formula(name):
    game = GAMES[name]
    d_loss, g_loss = BY_HAND[name]
    assert game.discriminator(REALS, FAKES).item() == pytest.approx(d_loss)
    assert game.generator(FAKES, REALS).item() == pytest.approx(g_loss)


def test_cross_entropy_is_the_librarys():
    bce = nn.functional.binary_cross_entropy_with_logits
    library = bce(REALS, torch.ones_like(REALS)) + bce(FAKES, torch.zeros_like(FAKES))
    ours = GAMES["non-saturating"].discriminator(REALS, FAKES)
    assert ours.item() == pytest.approx(library.item())


def test_the_random_margin_lies_between_eight_tenths_and_one():
    game, zeros = GAMES["hinge-random-margin"], torch.zeros(2000)
    assert game.halves is not None
    losses = torch.stack([game.halves[0](zeros[:1]) for _ in range(500)])
    assert losses.min() >= 0.8
    assert losses.max() <= 1.0
    assert losses.std() == pytest.approx(0.2 / math.sqrt(12), rel=0.15)
    beyond = torch.full((5,), 1.0)
    assert game.discriminator(beyond, -beyond).item() == 0


def test_at_equilibrium_the_game_is_worth_two_log_two():
    zeros = torch.zeros(5)
    worth = GAMES["non-saturating"].discriminator(zeros, zeros).item()
    assert worth == pytest.approx(2 * math.log(2))


@pytest.mark.parametrize("name", GAMES)
def test_extreme_logits_stay_finite(name):
    extreme = torch.tensor([-1e4, 1e4])
    assert math.isfinite(GAMES[name].discriminator(extreme, extreme.flip(0)).item())
    assert math.isfinite(GAMES[name].generator(extreme, extreme.flip(0)).item())


@pytest.mark.parametrize("name", sorted(set(GAMES) - {"hinge-random-margin"}))
def test_halves_add_up_to_the_whole(name):
    game = GAMES[name]
    if game.halves is None:
        assert name == "relativistic"
    else:
        whole = game.halves[0](REALS) + game.halves[1](FAKES)
        assert whole.item() == pytest.approx(game.discriminator(REALS, FAKES).item())


@pytest.mark.parametrize("name", GAMES)
def test_the_generator_is_pushed_towards_being_believed(name):
    fakes = FAKES.clone().requires_grad_()
    GAMES[name].generator(fakes, REALS).backward()
    assert (fakes.grad < 0).any()
    assert (fakes.grad <= 0).all() or name == "least-squares"


def test_a_relativistic_generator_compares_and_the_others_do_not():
    for name, game in GAMES.items():
        moved = game.generator(FAKES, REALS + 1) - game.generator(FAKES, REALS)
        assert (moved.item() != 0) == (name == "relativistic")


def test_several_logits_of_a_picture_count_like_one_of_their_mean_where_the_game_is_linear():
    heads = torch.randn(4, 7, generator=torch.Generator().manual_seed(0))
    game = GAMES["wasserstein"]
    several, one = game.generator(heads, heads), game.generator(heads.mean(1), heads)
    assert several.item() == pytest.approx(one.item(), abs=1e-6)


def test_label_smoothing_is_cross_entropy_with_a_softer_label():
    soft = nn.functional.binary_cross_entropy_with_logits(REALS, torch.full_like(REALS, 0.9))
    hard = nn.functional.binary_cross_entropy_with_logits(REALS, torch.ones_like(REALS))
    assert (hard + smoothing(REALS, 0.1)).item() == pytest.approx(soft.item())


def linear(slope: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    return (pictures * slope).sum((1, 2, 3))


def test_penalties_of_a_linear_discriminator_are_known():
    slope = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(1))
    pictures = torch.randn(5, 3, 4, 4).requires_grad_()
    length = slope.square().sum().sqrt().item()
    zero = zero_centred_penalty(linear(slope, pictures), pictures)
    one = one_centred_penalty(linear(slope, pictures), pictures)
    assert zero.item() == pytest.approx(length**2, rel=1e-5)
    assert one.item() == pytest.approx((length - 1) ** 2, rel=1e-4)


def test_a_penalty_teaches_the_discriminator_by_its_second_derivative():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus(), nn.Flatten(), nn.Linear(16, 2))
    pictures = torch.randn(6, 3, 4, 4).requires_grad_()
    zero_centred_penalty(network(pictures), pictures).backward()
    assert all(weight.grad.abs().sum() > 0 for weight in network[0].parameters())


def test_a_flat_discriminator_has_a_finite_gradient():
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 1))
    nn.init.zeros_(network[1].weight)
    middle = between(torch.randn(3, 3, 4, 4), torch.randn(3, 3, 4, 4))
    one_centred_penalty(network(middle), middle).backward()
    assert torch.isfinite(network[1].weight.grad).all()


def test_between_lies_on_the_lines():
    reals, fakes = torch.zeros(50, 3, 4, 4), torch.ones(50, 3, 4, 4)
    middle = between(reals, fakes)
    assert middle.requires_grad
    assert torch.equal(middle.amin((1, 2, 3)), middle.amax((1, 2, 3)))  # one share a picture
    assert middle.min() >= 0
    assert middle.max() <= 1
    assert middle.detach().std() > 0.2


def test_every_game_of_the_configuration_has_an_entry():
    choices = Loss.model_fields["game"].annotation.__args__
    assert set(choices) == set(GAMES)


def test_penalties_do_not_grow_with_the_number_of_logits():
    """A discriminator that says the same K times is no steeper than one that says it once."""
    pictures = torch.randn(3, 3, 4, 4, requires_grad=True)
    once = (pictures.flatten(1) ** 2).sum(1, keepdim=True)
    often = once.expand(-1, 64)
    for penalty in (zero_centred_penalty, one_centred_penalty):
        torch.testing.assert_close(penalty(often, pictures), penalty(once, pictures))


def test_penalties_of_fastgans_25_logits_are_of_each_pictures_mean():
    """Against the gradients of all 25, one by one: R1, R2 and the gradient penalty."""
    torch.manual_seed(0)
    discriminator = fastgan.Discriminator(32, 1).eval()  # BatchNorm would mix pictures
    pictures = torch.randn(2, 3, 32, 32, requires_grad=True)
    logits = discriminator(pictures)
    assert logits.shape == (2, 25)
    each = [torch.autograd.grad(one, pictures, retain_graph=True)[0] for one in logits.sum(0)]
    steepness = torch.stack(each).mean(0).square().sum((1, 2, 3))
    torch.testing.assert_close(zero_centred_penalty(logits, pictures), steepness.mean())
    wanted = (steepness.sqrt() - 1).square().mean()
    torch.testing.assert_close(one_centred_penalty(logits, pictures), wanted)


def shared(seed, count, size=24):
    """Noise that is different in every picture."""
    return 0.3 * torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_a_stamp_costs_its_energy_and_pictures_without_one_nothing():
    pattern = torch.zeros(3, 24, 24)
    pattern[:, 2::4, 2::4] = 0.4
    fine = pattern - pattern.mean()
    clean = torch.stack([stamp(shared(n, 64), shared(n + 100, 64)) for n in range(8)]).mean()
    printed = stamp(shared(0, 64) + pattern, shared(100, 64))
    assert abs(float(clean)) < 2e-4
    assert float(printed) == pytest.approx(float(fine.square().mean()), rel=0.3)
    # What originals share as well is theirs.
    both = stamp(shared(0, 64) + pattern, shared(100, 64) + pattern)
    assert abs(float(both)) < 5e-4


def test_descending_on_it_takes_the_stamp_away():
    pattern = torch.zeros(3, 24, 24)
    pattern[:, 2::4, 2::4] = 0.4
    pattern.requires_grad_()
    optimiser = torch.optim.Adam([pattern], 0.02)
    for step in range(60):
        optimiser.zero_grad()
        stamp(shared(step, 16) + pattern, shared(step + 500, 16)).backward()
        optimiser.step()
    middle = pattern.detach()[:, 4:-4, 4:-4]
    assert float((middle - middle.mean((1, 2), keepdim=True)).square().mean()) < 0.3 * 0.0094


@pytest.mark.parametrize("game", GAMES)
def test_the_loss_of_guessing_is_that_of_logits_at_zero(game):
    undecided = torch.zeros(10_000)
    with torch.random.fork_rng(devices=[]):
        found = float(GAMES[game].discriminator(undecided, undecided))
    assert GAMES[game].guessing == pytest.approx(found, abs=0.01)
