"""What each network minimises in one step."""

from contextlib import nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn

from impasto.augment import augment
from impasto.config import Config
from impasto.core.device import Chance, Device
from impasto.core.together import RANKS
from impasto.losses import (
    GAMES,
    between,
    one_centred_penalty,
    smoothing,
    stamp,
    zero_centred_penalty,
)
from impasto.models.fastgan import logits_and_reconstruction
from impasto.models.impasto_discriminator import LOOKED_AT, Discriminator
from impasto.train.anchors import apart
from impasto.train.schedule import penalty_weight
from impasto.train.state import State

LabelArgs = tuple[Tensor, ...]
"""The label ids (N,) as a further argument of both networks; empty without labels."""


class StepBatch(NamedTuple):
    """Originals, samples and labels of one step."""

    reals: Tensor
    fakes: Tensor
    label_args: LabelArgs
    fake_features: list[Tensor] | None
    """Frozen features of the augmented fakes, computed once for both steps; None if the
    discriminator has none."""

    anchors: "Anchored | None" = None


class Anchored(NamedTuple):
    """The samples of a step that have an original of their own, which is in the batch."""

    known: Tensor
    """(N,), which of them; the others were painted from latents without a code."""

    chance: Chance
    """Before the fakes were augmented: originals are changed and looked at exactly alike."""

    fakes: Tensor
    """Augmented."""


class DiscriminatorLoss(NamedTuple):
    """The discriminator's loss in one step, and the logits behind it."""

    loss: Tensor
    """Without penalties."""

    penalty: Tensor
    """Penalties and the reconstruction error, added before the gradient is taken."""

    real_logits: Tensor
    fake_logits: Tensor
    changed: Tensor
    """The augmented reals."""

    real_features: list[Tensor] | None
    """Their frozen features, if samples have originals of their own."""


def shared_fake_features(
    state: State, fakes: Tensor, known: Tensor | None, config: Config, device: Device
) -> tuple[list[Tensor] | None, Anchored | None]:
    """Augment the fakes and run the frozen network once; both losses reuse the features.

    No features if that is impossible: no frozen network, separate halves, or a penalty that needs
    the pictures. It saves time, as the frozen network costs more than the heads; both losses then
    share one augmentation. `known`: which of the fakes have an original, if any may, (N,).
    """
    discriminator = state.networks["discriminator"]
    if not isinstance(discriminator, Discriminator) or config.optimiser.separate_halves:
        return None, None
    if config.loss.r2 or config.loss.gradient_penalty:
        return None, None
    chance = None if known is None else Chance(state.device)
    with device.autocast():
        changed = augmented(fakes, state, config)
        features = discriminator.extract_features(changed)
    if known is None or chance is None:
        return features, None
    return features, Anchored(known, chance, changed)


def augmented(pictures: Tensor, state: State, config: Config) -> Tensor:
    """Pictures as the discriminator sees them, each augmented independently."""
    knobs = config.augment
    return augment(pictures, knobs.policy, state.memory["probability"], knobs.step)


def _heads_on(discriminator: nn.Module, features: list[Tensor], label_args: LabelArgs) -> Tensor:
    assert isinstance(discriminator, Discriminator)  # the only one with frozen features
    return discriminator.heads_on(features, *label_args).float()


def discriminator_loss(
    state: State, batch: StepBatch, config: Config, device: Device
) -> DiscriminatorLoss:
    """The discriminator's loss on reals and fakes."""
    reals, fakes, label_args, fake_features, anchors = batch
    discriminator = state.networks["discriminator"]
    game, loss = GAMES[config.loss.game], config.loss
    due = state.steps % loss.penalty_every == 0
    real_features = None
    with nullcontext() if anchors is None else anchors.chance.again():
        changed = augmented(reals, state, config)
        if due and loss.r1:  # before any network looks: the penalty needs the way back from logits
            changed = changed.detach().requires_grad_()
        if anchors is not None:
            assert isinstance(discriminator, Discriminator)  # checked by the configuration
            with device.autocast():
                real_features = discriminator.extract_features(changed)
    changed_fakes = fakes.detach()
    if fake_features is None:
        changed_fakes = augmented(changed_fakes, state, config)
    if due and loss.r2:
        changed_fakes = changed_fakes.float().requires_grad_()
    extra = torch.zeros((), device=state.device)
    # Reals and fakes go through BatchNorm in separate batches, each with its own statistics.
    with device.autocast():
        if loss.reconstruction:
            real_logits, error = logits_and_reconstruction(discriminator, changed)
            extra = extra + loss.reconstruction * error
        elif real_features is not None:
            real_logits = _heads_on(discriminator, real_features, label_args)
        else:
            real_logits = discriminator(changed, *label_args)
    real_logits = real_logits.float()
    with device.autocast():
        if fake_features is None:
            fake_logits = discriminator(changed_fakes, *label_args).float()
        else:
            fake_logits = _heads_on(
                discriminator, [each.detach() for each in fake_features], label_args
            )
    d_loss = game.discriminator(real_logits, fake_logits)
    if loss.label_smoothing:
        d_loss = d_loss + smoothing(real_logits, loss.label_smoothing)
    if due and loss.has_penalty:
        # Lazy regularisation: the penalty also stands for the steps without one
        # (Karras et al. 2020, arXiv 1912.04958, section 3.1).
        weight = penalty_weight(state, config) * loss.penalty_every
        if loss.r1:
            extra = extra + weight * loss.r1 / 2 * zero_centred_penalty(real_logits, changed)
        if loss.r2:
            extra = extra + weight * loss.r2 / 2 * zero_centred_penalty(fake_logits, changed_fakes)
        if loss.gradient_penalty:
            middle = between(changed, changed_fakes)
            with device.autocast():
                logits = discriminator(middle, *label_args).float()
            share = loss.gradient_penalty * loss.penalty_every
            extra = extra + share * one_centred_penalty(logits, middle)
    return DiscriminatorLoss(d_loss, extra, real_logits, fake_logits, changed, real_features)


def generator_loss(
    state: State, batch: StepBatch, config: Config, device: Device
) -> tuple[Tensor, Tensor]:
    """The generator's loss, and the fakes behind it."""
    reals, fakes, label_args, fake_features, _ = batch
    generator, discriminator = state.networks["generator"], state.networks["discriminator"]
    sample_labels = label_args
    if not config.training.shares_samples:
        whole = config.training.generator_batch or RANKS.count * len(reals)
        count = whole // RANKS.count
        every = torch.arange(whole, device=state.device) % (RANKS.count * len(reals))
        sample_labels = tuple(RANKS.rows(RANKS.gathered(each)[every]) for each in label_args)
        with device.autocast():
            fakes = generator(draw_latents(count, config, state.device), *sample_labels)
    game = GAMES[config.loss.game]
    trained = [weight for weight in discriminator.parameters() if weight.requires_grad]
    _freeze(trained, True)  # it passes gradients on without computing its own
    with device.autocast():
        if fake_features is None:
            fake_logits = discriminator(augmented(fakes, state, config), *sample_labels).float()
        else:
            fake_logits = _heads_on(discriminator, fake_features, sample_labels)
    real_logits = torch.zeros_like(fake_logits)
    if game.halves is None:  # only the relativistic generator loss needs logits of reals
        with torch.no_grad(), device.autocast():
            real_logits = discriminator(augmented(reals, state, config), *label_args).float()
    g_loss = game.generator(fake_logits, real_logits)
    if config.loss.stamp:
        g_loss = g_loss + config.loss.stamp * stamp(fakes, reals)
    _freeze(trained, False)
    return g_loss, fakes


def distance_to_originals(batch: StepBatch, d_loss: DiscriminatorLoss) -> Tensor | None:
    """How far the samples are from originals of their own, see `train.anchors`; None without."""
    if batch.anchors is None or batch.fake_features is None or d_loss.real_features is None:
        return None
    tokens = 2 * len(LOOKED_AT)  # the last of the features
    real_tokens = [each.detach() for each in d_loss.real_features[-tokens:]]
    fakes, known = batch.anchors.fakes, batch.anchors.known
    reals = d_loss.changed.detach()
    return apart(fakes, reals, batch.fake_features[-tokens:], real_tokens, known)


def draw_latents(count: int, config: Config, device: torch.device) -> Tensor:
    """Latents for `count` pictures: (count, latent)."""
    return RANKS.drawn(torch.randn, (count, config.model.latent), device=device)


def _freeze(weights: list[nn.Parameter], frozen: bool) -> None:
    for weight in weights:
        weight.requires_grad_(not frozen)
