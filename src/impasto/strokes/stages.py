"""The three stages of a stroke network, as steps of the one training loop.

A batch is one tensor: each row is an action's twelve numbers and then its stroke's opacities. A
generator of the family `strokes` learns opacities, the others strokes in colour on white paper.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.brush.actions import COLOUR_AT, GEOMETRY_AT
from impasto.brush.settings import BrushSettings
from impasto.core.device import Device, chance_of, set_chance
from impasto.data.loader import Batches
from impasto.losses import GAMES, between, one_centred_penalty, smoothing
from impasto.models.neural_painter import (
    ConditionalCritic,
    ConditionalGenerator,
    PainterDiscriminator,
    PainterGenerator,
)
from impasto.models.strokes import StrokeNetwork
from impasto.strokes.config import (
    Adam,
    AdversarialStage,
    DiscriminatorStage,
    GeneratorStage,
    StrokeConfig,
)
from impasto.strokes.content import Comparison
from impasto.train.loop import Length
from impasto.train.schedule import fallen
from impasto.train.state import State, Step

SIDE = 64
FALL = 0.01
"""A falling rate ends at this share of its beginning."""


class StrokeBatches:
    """Rows of actions and opacities, every one once a pass; resumed, it goes on where it was."""

    def __init__(
        self,
        actions: NDArray[np.float32],
        alphas: NDArray[np.uint8],
        batch: int,
        seed: int,
        shuffle: bool = True,
    ) -> None:
        """Draw from (N, 12) and (N, 64, 64), usually memory maps."""
        self.actions, self.alphas, self.batch, self.shuffle = actions, alphas, batch, shuffle
        self._order = Batches(alphas, batch, seed)

    def tensor(self, images: int, device: torch.device) -> Tensor:
        """The batch after `images` strokes: (batch, 12 + 64·64), float32."""
        in_turn = np.arange(images, images + self.batch) % len(self.actions)
        return pack(*self._at(self._order.rows(images) if self.shuffle else in_turn), device)

    def _at(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        return self.actions[rows], self.alphas[rows]


def pack(actions: NDArray[np.float32], alphas: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(N, 12) and (N, 64, 64) → (N, 12 + 64·64), float32; opacities in [0, 1]."""
    bytes_ = torch.from_numpy(np.array(alphas).reshape(len(alphas), -1))  # maps are read-only
    opacities = bytes_.to(device).float() / 255
    return torch.cat([torch.from_numpy(np.array(actions)).to(device), opacities], 1)


def unpack(batch: Tensor) -> tuple[Tensor, Tensor]:
    """`pack`, backwards: actions (N, 12) and opacities (N, 1, 64, 64)."""
    return batch[:, :12], batch[:, 12:].reshape(-1, 1, SIDE, SIDE)


def on_paper(actions: Tensor, alphas: Tensor) -> Tensor:
    """Strokes in their colours on white: (N, 12), (N, 1, H, W) → (N, 3, H, W) in [−1, 1]."""
    return 1 - 2 * alphas * (1 - actions[:, COLOUR_AT, None, None])


def build_generator(config: StrokeConfig, brush: BrushSettings) -> nn.Module:
    """The network that draws."""
    if config.network == "strokes":
        return StrokeNetwork(config.width, radius=brush.radius.base, sided=brush.bristles > 0)
    if config.network == "neural-painter":
        return PainterGenerator(config.width, config.as_published)
    return ConditionalGenerator()


def build_discriminator(config: StrokeConfig) -> nn.Module:
    """The network that tells strokes from drawn ones."""
    if config.network == "neural-painter":
        return PainterDiscriminator(published=config.as_published)
    return ConditionalCritic()


def drawn(generator: nn.Module, actions: Tensor, size: int = SIDE) -> Tensor:
    """What a generator draws: opacity (N, 1, S, S) in [0, 1], or (N, 3, 64, 64) in [−1, 1]."""
    if isinstance(generator, StrokeNetwork):
        alphas: Tensor = generator(actions[:, GEOMETRY_AT], size)
        return alphas
    picture: Tensor = generator(actions)
    return picture


def wanted(generator: nn.Module, actions: Tensor, alphas: Tensor) -> Tensor:
    """What it should have drawn, in the same form."""
    return alphas if isinstance(generator, StrokeNetwork) else on_paper(actions, alphas)


def optimiser(network: nn.Module, adam: Adam) -> torch.optim.Optimizer:
    """Adam over one network."""
    betas, decay = (adam.beta1, adam.beta2), adam.weight_decay
    return torch.optim.Adam(network.parameters(), adam.lr, betas, weight_decay=decay, fused=True)


def generator_step(stage: GeneratorStage, device: Device, length: Length) -> Step:
    """Stage 1: draw what the action says."""
    compare = Comparison(stage.content, device)

    def step(state: State, batch: Tensor) -> Mapping[str, Tensor]:
        actions, alphas = unpack(batch)
        generator = state.networks["generator"]
        half = stage.half_size and state.steps % 2 == 1
        if half:
            alphas = F.avg_pool2d(alphas, 2)
        with device.autocast():
            strokes = drawn(generator, actions, alphas.shape[-1]).float()
        loss, numbers = compare(strokes, wanted(generator, actions, alphas))
        set_rate(state, "generator", stage.adam, length)
        descend(state.optimisers["generator"], loss)
        return {"loss": loss.detach(), **numbers}

    return step


def discriminator_step(
    stage: DiscriminatorStage, device: Device, length: Length, generator: nn.Module
) -> Step:
    """Stage 2: a binary classifier of strokes against those of a finished generator.

    The generator is frozen: its parameters get no gradient, and BatchNorm keeps its statistics.
    """
    generator.eval().requires_grad_(False)

    def step(state: State, batch: Tensor) -> Mapping[str, Tensor]:
        actions, alphas = unpack(batch)
        with torch.no_grad(), device.autocast():
            fakes = drawn(generator, actions).float()
        set_rate(state, "discriminator", stage.adam, length)
        return _judge(state, actions, on_paper(actions, alphas), fakes, stage.smooth, device)

    return step


def adversarial_step(stage: AdversarialStage, device: Device, length: Length) -> Step:
    """Stage 3: both, the discriminator first."""
    compare = Comparison(stage.content, device) if stage.content_weight else None
    gan = GAMES["wasserstein" if stage.game == "wgan-gp" else "non-saturating"]

    def step(state: State, batch: Tensor) -> Mapping[str, Tensor]:
        actions, alphas = unpack(batch)
        generator, discriminator = state.networks["generator"], state.networks["discriminator"]
        reals = on_paper(actions, alphas)
        with device.autocast():
            fakes = drawn(generator, actions).float()
        set_rate(state, "discriminator", stage.discriminator, length)
        set_rate(state, "generator", stage.generator, length)
        if stage.game == "wgan-gp":
            numbers = _criticise(state, actions, reals, fakes.detach(), stage)
        else:
            numbers = _judge(state, actions, reals, fakes.detach(), stage.smooth, device)
        if (state.steps + 1) % stage.critic_steps:
            return numbers
        # Frozen parameters let gradients through to the stroke and gather none themselves.
        discriminator.requires_grad_(False)
        with device.autocast():
            judged = discriminator(fakes, actions).float()
        loss = stage.adversarial * gan.generator(judged, judged.detach())
        numbers["g_loss"] = loss.detach()
        if compare is not None:
            content, parts = compare(fakes, reals)
            loss = loss + stage.content_weight * content
            numbers |= parts
        descend(state.optimisers["generator"], loss)
        discriminator.requires_grad_(True)
        return numbers

    return step


def _judge(
    state: State, actions: Tensor, reals: Tensor, fakes: Tensor, smooth: float, device: Device
) -> dict[str, Tensor]:
    """One step of a binary classifier."""
    discriminator = state.networks["discriminator"]
    with device.autocast():
        real = discriminator(reals, actions).float()
        fake = discriminator(fakes, actions).float()
    loss = GAMES["non-saturating"].discriminator(real, fake) + smoothing(real, 1 - smooth)
    descend(state.optimisers["discriminator"], loss)
    return {
        "d_loss": loss.detach(),
        "d_real": real.detach().sigmoid().mean(),
        "d_fake": fake.detach().sigmoid().mean(),
    }


def _criticise(
    state: State, actions: Tensor, reals: Tensor, fakes: Tensor, stage: AdversarialStage
) -> dict[str, Tensor]:
    """One step of a Wasserstein critic (Gulrajani et al. 2017, algorithm 1), in fp32 throughout.

    The penalty's gradient is a second derivative, which reduced precision would spoil.
    """
    critic = state.networks["discriminator"]
    real, fake = critic(reals, actions), critic(fakes, actions)
    mixed = between(reals, fakes)
    penalty = one_centred_penalty(critic(mixed, actions), mixed)
    distance = real.mean() - fake.mean()
    descend(state.optimisers["discriminator"], stage.penalty * penalty - distance)
    return {
        "d_loss": (stage.penalty * penalty - distance).detach(),
        "d_real": real.detach().mean(),
        "d_fake": fake.detach().mean(),
    }


def set_rate(state: State, name: str, adam: Adam, length: Length) -> None:
    """The learning rate that is due now."""
    if adam.fall:
        for group in state.optimisers[name].param_groups:
            group["lr"] = fallen(adam.lr, adam.lr * FALL, state.images, length.images)


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down the loss."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


@torch.inference_mode()
def psnr(generator: nn.Module, batch: Tensor, device: Device) -> tuple[float, Tensor]:
    """How close a generator comes, in dB over all pixels together, and what it drew.

    The chance that a generator draws is the same at every call and touches no other.
    """
    actions, alphas = unpack(batch)
    was_training = generator.training
    generator.eval()
    own = chance_of(device.device)
    with torch.random.fork_rng(devices=[]), device.autocast():
        torch.manual_seed(0)  # every device's
        strokes = torch.cat([drawn(generator, some).float() for some in torch.split(actions, 100)])
    set_chance(device.device, own, 0)
    generator.train(was_training)
    span = 1.0 if isinstance(generator, StrokeNetwork) else 2.0
    error = (strokes - wanted(generator, actions, alphas)).square().mean() / span**2
    return float(-10 * torch.log10(error)), strokes
