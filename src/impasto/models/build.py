"""From a recipe's `model` section to networks: the one place where models meet configuration."""

from torch import nn

from impasto.config import Model
from impasto.models import (
    art_gan,
    critic,
    dcgan,
    fastgan,
    impasto,
    paint_by_numbers,
    projected,
    r3gan,
)


def build_generator(model: Model) -> nn.Module:
    """Latents (N, latent) → pictures (N, 3, H, W) in [−1, 1]; weights by global chance.

    Where the model knows labels, numbers (N,) of labels are a second argument, of both networks.
    """
    size, latent, width = model.width, model.latent, model.generator_width
    network: nn.Module
    match model.architecture:
        case "dcgan":
            network = dcgan.generator(size, latent, width, model.normalisation != "none")
        case "paint-by-numbers":
            network = paint_by_numbers.generator(size, latent, width, model.as_published)
        case "art-gan":
            network = art_gan.generator(size, latent, width, model.normalisation)
        case "r3gan":
            network = r3gan.Generator(size, latent, width)
        case "fastgan":
            network = fastgan.Generator(size, latent, width, published=model.as_published)
        case "projected":
            network = projected.generator(size, latent, width, model.as_published)
        case "impasto":
            sides = (model.height, model.width)
            network = impasto.Generator(
                sides, latent, width, model.labels, model.noise, model.edges == "replicate"
            )
    return initialise(network, model)


def build_discriminator(model: Model) -> nn.Module:
    """Pictures (N, 3, H, W) in [−1, 1] → logits (N, …); weights by global chance."""
    size, width = model.width, model.discriminator_width
    network: nn.Module
    match model.architecture:
        case "dcgan":
            network = dcgan.discriminator(size, width, model.normalisation == "both")
        case "paint-by-numbers":
            network = paint_by_numbers.discriminator(size, width, model.as_published)
        case "art-gan":
            network = art_gan.discriminator(size, width, model.normalisation)
        case "r3gan":
            network = r3gan.Discriminator(size, width)
        case "fastgan":
            network = fastgan.Discriminator(size, width)
        case "projected":
            network = projected.Discriminator(width, max(size, model.features_size))
        case "impasto":
            sides = (model.height, model.width)
            seen = (model.features_size, model.features_stages)
            network = critic.Discriminator(
                sides, width, *seen, labels=model.labels, things=model.things_every > 0
            )
    return initialise(network, model)


def critics(model: Model) -> tuple[str, ...]:
    """The feature networks through which the discriminator looks: none of them may judge."""
    looks = model.architecture in ("projected", "impasto")
    return (*(["lite0"] if looks else []), *(["dinov2-s"] if model.things_every else []))


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
