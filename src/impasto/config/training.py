"""Knobs of the data, the optimisers and the course of a training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impasto.config.section import Rate, Section
from impasto.sizes import Fit

LENGTHS = ("epochs", "images", "minutes")
"""The three ways to say how long a training lasts."""


class Data(Section):
    """How a folder becomes pictures of one size."""

    fit: Fit = "crop"
    """How a picture is fitted to the size: crop the centre, crop the top left, pad or stretch."""

    flip: bool = False
    """Mirror every picture half of the time. Not for pictures with writing or signatures."""

    sixfold: bool = False
    """Show every picture in six positions, as in ART-GAN: unchanged, mirrored twice, rotated."""

    replacement: bool = False
    """Draw pictures with replacement: in one pass some appear twice and others never."""

    hold_out: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of the pictures kept out of training, so that memorisation can be detected."""


class Optimiser(Section):
    """How both networks are optimised."""

    algorithm: Literal["adam", "rmsprop"] = "adam"
    """Adam (Kingma & Ba 2015), or RMSprop with decay .99, without momentum, as WGAN."""

    g_lr: Rate = 2e-4
    """Learning rate of the generator."""

    d_lr: Rate = 2e-4
    """Learning rate of the discriminator; different rates are TTUR (Heusel et al. 2017)."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Adam's decay rate of the mean of gradients."""

    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Adam's decay rate of the mean of squared gradients."""

    cool_from: Annotated[float, Field(ge=0, lt=1)] | None = None
    """From this share of the training on, both learning rates fall linearly to a twentieth."""

    decay_images: Annotated[int, Field(gt=0)] | None = None
    """Images until `lr_fall`, `beta2_end` and `loss.penalty_fall` are reached, by a cosine."""

    lr_fall: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of both learning rates that remains after `decay_images`."""

    beta2_end: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Adam's `beta2` after `decay_images`."""

    clip_gradients: Annotated[float, Field(gt=0)] | None = None
    """Clip each number of the discriminator's gradient to ± this."""

    separate_halves: bool = False
    """Step the discriminator on originals, then on samples, as in Keras code of the time."""

    freeze_discriminator: Annotated[int, Field(ge=0, le=16)] = 0
    """Freeze this many first halvings of each head (Mo et al. 2020); `impasto` only."""


class Training(Section):
    """Length, batch, intervals and judging."""

    batch: Annotated[int, Field(ge=2, le=8192)] | Literal["auto"] = 128
    """Pictures per step; `auto` chooses by device, size and number of pictures."""

    generator_batch: Annotated[int, Field(ge=2, le=8192)] | None = None
    """Latents in the generator's step, newly drawn; if empty, as in the discriminator's step."""

    new_latents: bool = False
    """Draw new latents for the generator's step; otherwise both steps use the same samples."""

    fakes_at_rest: bool = False
    """Make the discriminator's samples with BatchNorm's running means, as Keras `predict`."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of weights, order and noise. Same seed and same machine give the same weights."""

    epochs: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Length in passes over the set."""

    images: Annotated[int, Field(gt=0, le=10**15)] | None = None
    """Length in originals shown."""

    minutes: Annotated[float, Field(gt=0, le=1e9)] | None = None
    """Length in minutes of training; those of a resumed run add up."""

    ema_half_life: Annotated[float, Field(gt=0)] | None = None
    """Half-life, in images, of the averaged weights that are kept; empty: no averaging."""

    ema_ramp: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Largest half-life as a share of the images so far, so early averages are not stale."""

    settle: bool = False
    """Recompute BatchNorm's statistics for the average before it is shown or kept."""

    sample_every: Annotated[int, Field(gt=0)] | None = None
    """Images between sample sheets; empty: one after 20 seconds, then about every minute."""

    log_every: Annotated[int, Field(gt=0)] = 1_000
    """Images between lines of `stats.jsonl`."""

    judge: Literal["auto", "lite0", "lite2", "dinov2-s", "probe"] = "auto"
    """What chooses `best/`: KID on a network that is not a critic, or a probe. `auto` is
    `lite2`, or `lite0` if the discriminator does not use it."""

    judge_every: Annotated[int, Field(gt=0)] | None = 10_000
    """Smallest number of images between judgements, which choose `best/`; empty: no judging."""

    judge_share: Annotated[float, Field(gt=0, le=1)] = 0.04
    """Largest share of training time for judging; slow judgements are made less often."""

    checkpoint_minutes: Annotated[float, Field(ge=0)] = 3.0
    """Minutes between checkpoints: the most that a power cut can cost."""

    keep: Annotated[int, Field(ge=1)] = 3
    """Number of latest checkpoints that stay on disk."""

    @property
    def batch_size(self) -> int:
        """`batch` as a number: `auto` is decided before anything is built (`train.decide`)."""
        assert self.batch != "auto"
        return self.batch

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """The pictures in a step of the discriminator, and in one of the generator."""
        return self.batch_size, self.generator_batch or self.batch_size

    @model_validator(mode="after")
    def one_length(self) -> Self:
        """A training has one length."""
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(LENGTHS)}, not {len(given)}")
        return self

    @property
    def shares_samples(self) -> bool:
        """Whether the generator learns from the very pictures that the discriminator has judged."""
        return self.generator_batch is None and not self.new_latents

    @model_validator(mode="after")
    def eval_mode_fakes_need_new_latents(self) -> Self:
        """In eval mode BatchNorm learns no statistics: the generator's step needs new samples."""
        if self.fakes_at_rest and self.shares_samples:
            raise ValueError("fakes_at_rest needs new_latents; set that to true as well")
        return self
