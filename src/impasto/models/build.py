"""Builds the networks of a recipe's `model` section; each family has its own file."""

from importlib import import_module
from typing import Any

from torch import nn

from impasto.config import Model


def build_generator(model: Model) -> nn.Module:
    """Latents (N, latent) → pictures (N, 3, H, W) in [−1, 1]; weights from the global RNG.

    With labels, both networks take label ids (N,) as a second argument.
    """
    return initialise(_file_of(model).generator_of(model), model)


def build_discriminator(model: Model) -> nn.Module:
    """Pictures (N, 3, H, W) in [−1, 1] → logits (N, …); weights from the global RNG."""
    return initialise(_file_of(model).discriminator_of(model), model)


def frozen_networks(model: Model) -> tuple[str, ...]:
    """The frozen networks that the discriminator uses; none of them may judge its samples."""
    return model.family.looks_through + (("dinov2-s",) if model.dinov2_every else ())


def _file_of(model: Model) -> Any:
    """The family's module, with `generator_of` and `discriminator_of`."""
    return import_module(f"impasto.models.{model.architecture.replace('-', '_')}")


def initialise(network: nn.Module, model: Model) -> nn.Module:
    """DCGAN's initialisation (section 4: N(0, .02)); BatchNorm scale N(1, .02) as in its code."""
    if model.initialisation == "normal":
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d) and module.affine:
                nn.init.normal_(module.weight, 1.0, 0.02)
                nn.init.zeros_(module.bias)
    return network
