"""Knobs of what the networks learn from each other: losses, penalties, augmentation."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from impasto.config.section import Section

CODES = 64
"""Numbers of a latent that say what an original shows, where training has anchors."""


class Loss(Section):
    """The losses of the two networks, and what constrains the discriminator."""

    game: Literal[
        "non-saturating",
        "least-squares",
        "wasserstein",
        "hinge",
        "hinge-random-margin",
        "relativistic",
    ] = "non-saturating"
    """The losses; `src/impasto/losses.py` has a paper and an equation for each."""

    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """Target for originals is 1 minus this (Salimans et al. 2016); `non-saturating` only."""

    r1: Annotated[float, Field(ge=0)] = 0.0
    """γ of the penalty γ/2·‖∇D‖² on originals (Mescheder et al. 2018)."""

    r2: Annotated[float, Field(ge=0)] = 0.0
    """γ of the penalty γ/2·‖∇D‖² on samples (Mescheder et al. 2018)."""

    gradient_penalty: Annotated[float, Field(ge=0)] = 0.0
    """λ of (‖∇D‖−1)² between originals and samples (WGAN-GP, Gulrajani et al. 2017)."""

    penalty_every: Annotated[int, Field(ge=1)] = 1
    """Apply penalties every so many discriminator steps, that many times as strong."""

    penalty_fall: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of `r1` and `r2` that remains after `optimiser.decay_images`."""

    clip_weights: Annotated[float, Field(gt=0)] | None = None
    """Clip the discriminator's weights to ± this (WGAN, Arjovsky et al. 2017)."""

    discriminator_steps: Annotated[int, Field(ge=1, le=1000)] = 1
    """Discriminator steps, each on new pictures, per generator step."""

    warm_up: bool = False
    """100 discriminator steps per generator step for the first 25 generator steps and at every
    500th, as in WGAN's code."""

    stamp: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the penalty on a fine pattern that all samples share and the originals do not."""

    anchors: Annotated[float, Field(ge=0)] = 0.0
    """Initial weight, falling to 0 at the end, of the pull of samples towards originals by what
    DINOv2 sees, see `train/anchors.py`; `impasto` with `model.dinov2_every` only."""

    reconstruction: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the discriminator's reconstruction loss; `fastgan` only."""

    @property
    def has_penalty(self) -> bool:
        """Whether the discriminator has a penalty on its gradient."""
        return bool(self.r1 or self.r2 or self.gradient_penalty)

    @model_validator(mode="after")
    def smoothing_needs_labels(self) -> Self:
        """Only the loss with targets 0 and 1 can smooth them."""
        if self.label_smoothing and self.game != "non-saturating":
            raise ValueError(f"label_smoothing has no meaning in the {self.game} game; set it to 0")
        return self


class Augment(Section):
    """Differentiable augmentation of originals and samples alike, so that it does not leak."""

    policy: tuple[Literal["colour", "translation", "cutout", "dihedral"], ...] = ()
    """The changes: `colour`, `translation`, `cutout` (Zhao et al. 2020), `dihedral`; or none."""

    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Probability of each change, for each picture by itself; with `target`, at the start."""

    step: Annotated[int, Field(ge=1, le=64)] = 1
    """Translate by multiples of this many pixels: 4 lets D see the grid of upsampling."""

    target: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Adapt the probability until mean sign D(real) reaches this (Karras et al. 2020: .6)."""

    ramp_images: Annotated[int, Field(gt=0)] = 100_000
    """Images in which an adapted probability can rise from 0 to 1."""
