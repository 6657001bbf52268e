"""Recipes: exact settings, headers, reading and writing, and each one trained for two steps."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from impasto import recipes
from impasto.config import change
from impasto.core.device import choose_device
from impasto.core.files import write_text
from impasto.core.fitting import shapes_only
from impasto.core.runs import Run
from impasto.data.loader import Batches
from impasto.errors import ImpastoError
from impasto.models.build import build_discriminator, build_generator
from impasto.train.loop import Length, train
from impasto.train.resolve import configure
from impasto.train.session import length_of
from impasto.train.steps import gan_state, gan_step

ROOT = Path(__file__).parents[1]

PUBLISHED = {
    # name: (size, latent, batch, g_lr, d_lr, beta1, fit, flip)
    "dcgan-tutorial-64": (64, 100, 128, 2e-4, 2e-4, 0.5, "crop", False),
    "paint-by-numbers-64": (64, 128, 32, 2e-4, 2e-4, 0.5, "top-left", False),
    "paint-by-numbers-128": (128, 256, 32, 1e-3, 1e-4, 0.5, "top-left", False),
    "chinese-64": (64, 100, 64, 2e-4, 2e-4, 0.5, "crop", True),
    "chinese-64-notebook": (64, 100, 64, 2e-4, 5e-5, 0.5, "crop", True),
    "chinese-128": (128, 100, 64, 2e-4, 2e-4, 0.5, "crop", True),
    "chinese-128-notebook": (128, 100, 64, 2e-4, 5e-5, 0.5, "crop", True),
    "artists-dcgan-128": (128, 100, 128, 2e-4, 2e-4, 0.5, "stretch", False),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_settings_are_the_published_ones(name):
    c = recipes.load(name)
    found = (
        c.model.size,
        c.model.latent,
        c.training.batch,
        c.optimiser.g_lr,
        c.optimiser.d_lr,
        c.optimiser.beta1,
        c.data.fit,
        c.data.flip,
    )
    assert found == PUBLISHED[name]
    assert c.optimiser.beta2 == 0.999
    assert c.training.ema_half_life is None  # none of them averaged
    assert c.augment.policy == ()


GAMES = {
    # name: (game, algorithm, g_lr, beta1, beta2, batch, latent, D steps, what else)
    "colour-field-1": ("non-saturating", "adam", 2e-4, 0.5, 0.999, 64, 100, 1, "none"),
    "colour-field-2": ("non-saturating", "adam", 2e-4, 0.5, 0.999, 64, 100, 1, "generator"),
    "colour-field-3": ("non-saturating", "adam", 2e-4, 0.5, 0.999, 64, 100, 1, "both"),
    "colour-field-4": ("non-saturating", "adam", 2e-4, 0.5, 0.999, 64, 100, 1, "generator"),
    "artists-wgan-128": ("wasserstein", "rmsprop", 5e-5, 0.5, 0.999, 128, 100, 5, "both"),
    "wgan-clip-64": ("wasserstein", "rmsprop", 5e-5, 0.5, 0.999, 64, 100, 5, "both"),
    "wgan-gp-64": ("wasserstein", "adam", 1e-4, 0.0, 0.9, 64, 128, 5, "generator"),
    "r3gan-64": ("relativistic", "adam", 2e-4, 0.0, 0.9, 256, 64, 1, "both"),
    "projected-64": ("hinge", "adam", 2e-4, 0.0, 0.99, 64, 256, 1, "both"),
    "fastgan-256": ("hinge-random-margin", "adam", 2e-4, 0.5, 0.999, 8, 256, 1, "both"),
}


@pytest.mark.parametrize("name", GAMES)
def test_games_are_the_published_ones(name):
    c = recipes.load(name)
    assert c.optimiser.d_lr == c.optimiser.g_lr
    found = (
        c.loss.game,
        c.optimiser.algorithm,
        c.optimiser.g_lr,
        c.optimiser.beta1,
        c.optimiser.beta2,
        c.training.batch,
        c.model.latent,
        c.loss.discriminator_steps,
        c.model.normalisation,
    )
    assert found == GAMES[name]


def test_what_bounds_each_discriminator_is_as_published():
    wgan, wrong, penalised, r3gan = (
        recipes.load(name)
        for name in ("wgan-clip-64", "artists-wgan-128", "wgan-gp-64", "r3gan-64")
    )
    assert (wgan.loss.clip_weights, wgan.loss.warm_up) == (0.01, True)
    assert (wrong.loss.clip_weights, wrong.optimiser.clip_gradients) == (None, 0.01)
    assert penalised.loss.gradient_penalty == 10
    assert (r3gan.loss.r1, r3gan.loss.r2, r3gan.loss.penalty_every) == (2, 2, 1)
    assert r3gan.loss.penalty_fall * 2 == pytest.approx(0.2)
    assert r3gan.optimiser.g_lr * r3gan.optimiser.lr_fall == pytest.approx(5e-5)
    assert r3gan.optimiser.beta2_end == 0.99
    assert r3gan.training.ema_half_life == 500_000


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_art_gan_shows_six_positions_in_half_batches_as_long_as_its_log(number):
    c = recipes.load(f"colour-field-{number}")
    assert (c.data.sixfold, c.data.fit, c.optimiser.separate_halves) == (True, "stretch", True)
    assert (c.data.replacement, c.training.fakes_at_rest) == (True, True)
    assert c.training.generator_batch == 128
    steps = length_of(c, 5532 // 6).images / 64
    assert steps == pytest.approx(150 * (5532 // 128), rel=0.01)  # 150 epochs of 43 steps


NEW_LATENTS = {
    "paint-by-numbers-64", "paint-by-numbers-128", "artists-wgan-128", "wgan-clip-64",
    "wgan-gp-64", "r3gan-64", "projected-64",
    *(f"colour-field-{number}" for number in (1, 2, 3, 4)),
}  # fmt: skip
SAME_LATENTS = {
    "dcgan-tutorial-64", "artists-dcgan-128", "fastgan-256",
    "chinese-64", "chinese-128", "chinese-64-notebook", "chinese-128-notebook",
}  # fmt: skip


def test_the_generator_draws_anew_where_its_source_does_and_nowhere_else():
    published = {n for n in recipes.names() if recipes.part(n, "What they did")}
    assert published == NEW_LATENTS | SAME_LATENTS
    for name in published:
        shares = recipes.load(name).training.shares_samples
        assert shares == (name in SAME_LATENTS), name


WEIGHTS = {
    # By the layers of the sources, summed by hand: kernels, biases where they have them, BatchNorm.
    "paint-by-numbers-64": (
        128 * 8192 + 8192 + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 2 * (256 + 128 + 64),
        16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 2 * (64 + 128 + 256 + 512)
        + 512 * 16 + 1,
    ),
    "paint-by-numbers-128": (
        256 * 32768 + 32768
        + 16 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 2 * (256 + 128 + 64),
        16 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + 2 * (128 + 256 + 512 + 1024)
        + 1024 * 64 + 1,
    ),
    "chinese-64": (3_576_704, 2_765_568),
    "artists-dcgan-128": (
        16 * (100 * 1024 + 1024 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
        + 2 * (1024 + 512 + 256 + 128 + 64),
        16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024 + 1024)
        + 2 * (128 + 256 + 512 + 1024),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WEIGHTS)
def test_networks_have_the_sources_weights(name):
    model = recipes.load(name).model
    with shapes_only():
        networks = (build_generator(model), build_discriminator(model))
    assert tuple(sum(w.numel() for w in net.parameters()) for net in networks) == WEIGHTS[name]


def test_every_published_recipe_says_what_differs_and_the_page_shows_it():
    page = " ".join((ROOT / "docs/reproduced.md").read_text(encoding="utf-8").split())
    for name in NEW_LATENTS | SAME_LATENTS:
        differs = recipes.part(name, "What differs")
        assert differs, name
        assert differs.removesuffix(".") in page, name


def test_a_run_of_another_recipe_is_not_taken_for_an_old_one(tmp_path):
    run = Run(tmp_path)
    write_text(run.recipe, recipes.dump(recipes.load("chinese-64-notebook")))
    with pytest.raises(ImpastoError, match="d_lr"):
        configure("chinese-64", {}, run)


def test_a_header_is_read_in_parts():
    assert recipes.part("wgan-gp-64", "Cost").startswith("3.8 M + 2.8 M weights; each")
    assert recipes.part("wgan-gp-64", "Weather") == ""


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        ("dcgan-tutorial-64", 5),
        ("paint-by-numbers-64", 100),
        ("paint-by-numbers-128", 200),
        ("chinese-64", 300),
        ("chinese-64-notebook", 300),
        ("chinese-128", 300),
        ("artists-dcgan-128", 5),
    ],
)
def test_lengths_are_the_published_ones(name, epochs):
    assert recipes.load(name).training.epochs == epochs


@pytest.mark.parametrize("name", recipes.names())
def test_two_steps_on_eight_pictures_change_both_networks(name):
    config = recipes.load(name)
    turns = {"loss.discriminator_steps": min(2, config.loss.discriminator_steps)}
    small = {"training.batch": 4, "training.images": 8, "loss.warm_up": False}
    small["model.size"] = min(config.model.width, 256)  # the same layers, fewer times
    small |= {"model.generator_width": 8, "model.discriminator_width": 8}
    if config.model.architecture == "impasto":
        small["model.features_size"] = 64
    if config.training.generator_batch is not None:
        small["training.generator_batch"] = 8
    config = change(config, small | turns)  # so that the generator has its turn as well
    device = choose_device("cpu", "fp32")
    state = gan_state(config, device.device)
    before = {
        kind: [weight.clone() for weight in network.parameters()]
        for kind, network in state.networks.items()
    }
    size = config.model.size
    pictures = np.random.default_rng(0).integers(0, 256, (8, size, size, 3), dtype=np.uint8)
    train(
        state,
        gan_step(config, device),
        Batches(
            pictures,
            4,
            config.training.seed,
            config.data.flip,
            config.data.sixfold,
            replacement=config.data.replacement,
        ),
        [],
        Length(images=8),
    )
    assert state.steps == 2
    assert state.is_finite()
    # On a last bias the hinge's pushes, up by reals and down by fakes, may cancel exactly.
    hinge = config.loss.game == "hinge"
    for kind, network in state.networks.items():
        moved = [
            not torch.equal(old, new) or (hinge and old.numel() == 1)
            for old, new in zip(before[kind], network.parameters(), strict=True)
        ]
        assert all(moved), kind


@pytest.mark.parametrize("name", recipes.names())
def test_the_header_tells_the_story_and_the_command(name):
    story, model = recipes.header(name), recipes.load(name).model
    with shapes_only():
        networks = (build_generator(model), build_discriminator(model))
    millions = [sum(w.numel() for w in network.parameters()) / 1e6 for network in networks]
    assert "{:.1f} M + {:.1f} M weights".format(*millions) in story
    named = re.findall(r"docs/[\w.-]+\.md", story)
    assert all((ROOT / page).is_file() for page in named), named
    assert "Command        impasto train FOLDER" in story


@pytest.mark.parametrize("name", recipes.names())
def test_written_and_read_again_it_is_the_same(name, tmp_path):
    config = recipes.load(name)
    assert config.name == name
    file = tmp_path / "mine.yaml"
    file.write_text(recipes.dump(config))
    assert recipes.load(str(file)) == config
    file.write_text(recipes.text(name))
    assert recipes.load(str(file)) == config


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ImpastoError, match="chinese-64"):
        recipes.load("chinese")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name: [", "not valid YAML"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"name: x\nsummary: y\n", "training: field required"),
        (b"!!python/object/apply:os.system ['true']", "not valid YAML"),
        (b"- 1", "mine.yaml"),
        (b"", "mine.yaml"),
        (b"#" * 2**21, "too large"),
    ],
)
def test_a_broken_recipe_file_is_one_sentence(tmp_path, content, sentence):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with pytest.raises(ImpastoError, match=sentence) as caught:
        recipes.load(str(file))
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_file_is_one_sentence():
    with pytest.raises(ImpastoError, match=r"nowhere\.yaml is missing"):
        recipes.load("nowhere.yaml")
