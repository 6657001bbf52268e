"""From a recipe's `model` section to networks: the one place where models meet configuration."""

from torch import nn

from impasto.config import Model
from impasto.models import dcgan, paint_by_numbers

FAMILIES = {"dcgan": dcgan, "paint-by-numbers": paint_by_numbers}


def build_generator(model: Model) -> nn.Module:
    """Latents (N, latent) → pictures (N, 3, size, size) in [−1, 1]; weights by global chance."""
    family = FAMILIES[model.architecture]
    network = family.generator(model.size, model.latent, model.generator_width)
    return initialise(network, model)


def build_discriminator(model: Model) -> nn.Module:
    """Pictures (N, 3, size, size) in [−1, 1] → logits (N,); weights by global chance."""
    family = FAMILIES[model.architecture]
    return initialise(family.discriminator(model.size, model.discriminator_width), model)


def initialise(network: nn.Module, model: Model) -> nn.Module:
    """DCGAN's initialisation (section 4: N(0, .02)); BatchNorm scale N(1, .02) as in its code."""
    if model.initialisation == "normal":
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                nn.init.normal_(module.weight, 0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1.0, 0.02)
                nn.init.zeros_(module.bias)
    return network
