"""Steps: what one batch does to the state. The loop knows nothing of games.

A new kind of training is a new function here that returns a `Step`; never a second loop.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from impasto.augment import augment
from impasto.config import Config
from impasto.core.device import Device
from impasto.losses import GAMES
from impasto.models.build import build_discriminator, build_generator
from impasto.train.average import start_average, update_average
from impasto.train.state import State, Step


def gan_state(config: Config, device: torch.device) -> State:
    """Networks and optimisers of a game, made from the recipe's seed."""
    torch.manual_seed(config.training.seed)
    networks = {
        "generator": build_generator(config.model),
        "discriminator": build_discriminator(config.model),
    }
    for network in networks.values():
        network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    betas = (config.optimiser.beta1, config.optimiser.beta2)
    rates = {"generator": config.optimiser.g_lr, "discriminator": config.optimiser.d_lr}
    optimisers: dict[str, torch.optim.Optimizer] = {
        name: torch.optim.Adam(network.parameters(), rates[name], betas, fused=True)
        for name, network in networks.items()
    }
    averages = {}
    if config.training.ema_half_life is not None:
        averages["generator"] = start_average(networks["generator"])
    return State(device, networks, optimisers, averages)


def gan_step(config: Config, device: Device) -> Step:
    """One step of each network, the discriminator first (Goodfellow et al. 2014, algorithm 1)."""
    game = GAMES[config.loss.game]
    policy, training = config.augment.policy, config.training

    def step(state: State, reals: Tensor) -> Mapping[str, Tensor]:
        generator, discriminator = state.networks["generator"], state.networks["discriminator"]
        latents = torch.randn(len(reals), config.model.latent, device=state.device)
        # Each autocast block casts the weights anew: they change between the blocks.
        with device.autocast():
            fakes = generator(latents)  # one pass serves both networks' steps

        # BatchNorm must see reals and fakes apart: together they would be another training.
        with device.autocast():
            real_logits = discriminator(augment(reals, policy)).float()
            fake_logits = discriminator(augment(fakes.detach(), policy)).float()
        d_loss = game.discriminator(real_logits, fake_logits)
        _descend(state.optimisers["discriminator"], d_loss)

        # Frozen, the discriminator passes gradients on but computes none for its own weights.
        discriminator.requires_grad_(False)
        with device.autocast():
            judged = discriminator(augment(fakes, policy)).float()
        g_loss = game.generator(judged)
        _descend(state.optimisers["generator"], g_loss)
        discriminator.requires_grad_(True)

        if training.ema_half_life is not None:
            update_average(
                state.averages["generator"],
                generator,
                batch=len(reals),
                images=state.images,
                half_life=training.ema_half_life,
                ramp=training.ema_ramp,
            )
        return {
            "d_loss": d_loss.detach(),
            "g_loss": g_loss.detach(),
            "d_real": real_logits.detach().sigmoid().mean(),
            "d_fake": fake_logits.detach().sigmoid().mean(),
        }

    return step


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
