"""Every knob of a training, frozen and checked; the string under each field documents it.

A recipe (`impasto recipes`) is one `Config` written as YAML. `--set section.knob=value` changes
a knob for one run. Nothing here needs torch, so that help and listings are instant.
"""

import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from impasto.errors import ImpastoError
from impasto.families import FAMILIES, Family, that
from impasto.reading import Record, first_fault, validated
from impasto.sizes import Fit, check_paintable, read_sides, write_sides

Rate = Annotated[float, Field(gt=0, le=1)]
Width = Annotated[int, Field(ge=1, le=2048)]
Stages = Annotated[tuple[Annotated[int, Field(ge=0, le=4)], ...], Field(min_length=1, max_length=5)]


if TYPE_CHECKING:
    Architecture = str
else:
    Architecture = Literal[*FAMILIES]


class Section(Record):
    """A frozen group of knobs that refuses names it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


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


class Model(Section):
    """The two networks."""

    architecture: Architecture = "dcgan"
    """The network family; `src/impasto/models/` has one file for each."""

    size: int | str = 64
    """Side of a square picture: 32, 64, 128, 256, 512 or 1024; `impasto` also paints `192x128`."""

    as_published: bool = False
    """`paint-by-numbers`, `projected`, `fastgan`: exactly as published, or as in our first form."""

    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    """Length of the latent: how many random numbers a picture is made from."""

    generator_width: Width = 64
    """Channels of the generator's last hidden layer; each coarser layer has twice as many."""

    discriminator_width: Width = 64
    """Channels of the discriminator's first layer; each coarser layer has twice as many."""

    normalisation: Literal["none", "generator", "both"] = "both"
    """Networks with BatchNorm, in `dcgan` and `art-gan`; a gradient penalty needs D without."""

    initialisation: Literal["normal", "framework"] = "normal"
    """`normal`: weights N(0, .02), BatchNorm N(1, .02), as DCGAN; `framework`: the family's own."""

    features_size: Annotated[int, Field(ge=64, le=512)] = 224
    """Side in pixels of the frozen network's input, in `projected` and `impasto`."""

    features_stages: Stages = (1, 2, 3)
    """Stages of the frozen network that get a head, 0 (stride 2) to 4 (32); `impasto` only."""

    noise: bool = False
    """Add noise of learnt strength to the maps from 8² to 64² (StyleGAN); `impasto` only."""

    edges: Literal["zeros", "replicate"] = "zeros"
    """Padding of the generator's maps up to 16²; `impasto` only."""

    flat_field: bool = False
    """Measure the pattern that all samples share when a training ends, and subtract it from each;
    `impasto` only."""

    things_every: Annotated[int, Field(ge=0, le=64)] = 0
    """Use a second critic, on DINOv2, every so many steps; 0: never. `impasto` only."""

    labels: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Number of labels; `--conditional` sets it from the data. `impasto` only."""

    @field_validator("size", mode="plain")
    @classmethod
    def paintable(cls, size: object) -> int | str:
        """Every stage halves or doubles the picture; a square is written as one number."""
        width, height = read_sides(size)
        check_paintable(width, height)
        return write_sides(width, height)

    @model_validator(mode="after")
    def others_paint_squares(self) -> Self:
        """The published families are for squares whose side is a power of two."""
        odd = self.width & (self.width - 1) or self.width != self.height
        if odd and not self.family.any_size:
            raise ValueError(
                f"size {self.size} is for the architecture {that('any_size')} alone; "
                f"{self.architecture} "
                "paints squares of 32, 64, 128, 256, 512 or 1024 pixels"
            )
        return self

    @property
    def family(self) -> Family:
        """What the architecture can do."""
        return FAMILIES[self.architecture]

    @property
    def width(self) -> int:
        """Of a picture, in pixels."""
        return read_sides(self.size)[0]

    @property
    def height(self) -> int:
        """Of a picture, in pixels."""
        return read_sides(self.size)[1]

    @model_validator(mode="after")
    def some_learn_labels(self) -> Self:
        """Published nets stay as published."""
        if self.labels and not self.family.labels:
            raise ValueError(
                f"{self.architecture} learns no labels, only {that('labels')} does; leave out "
                "--conditional (or set labels to 0), or choose a recipe with that architecture"
            )
        return self


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
    """γ of the same penalty on samples."""

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
    """As in WGAN's code, 100 of them for the first 25 generator steps and for every 500th."""

    stamp: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the penalty on a fine pattern that all samples share and the originals do not."""

    reconstruction: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the discriminator's reconstruction loss; `fastgan` only."""

    @model_validator(mode="after")
    def smoothing_needs_labels(self) -> Self:
        """Only the games with labels 0 and 1 can smooth them."""
        if self.label_smoothing and self.game != "non-saturating":
            raise ValueError(f"label_smoothing has no meaning in the {self.game} game; set it to 0")
        return self


class Augment(Section):
    """Differentiable augmentation of originals and samples alike, so that it does not leak."""

    policy: tuple[Literal["colour", "translation", "cutout", "dihedral"], ...] = ()
    """The changes: `colour`, `translation`, `cutout` (Zhao et al. 2020), `dihedral`; or none."""

    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of pictures that are changed; with `target`, the share at the start."""

    step: Annotated[int, Field(ge=1, le=64)] = 1
    """Translate by multiples of this many pixels: 4 lets D see the grid of upsampling."""

    target: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Adapt the probability until mean sign D(real) reaches this (Karras et al. 2020: .6)."""

    ramp_images: Annotated[int, Field(gt=0)] = 100_000
    """Images in which an adapted probability can rise from 0 to 1."""


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
    def resting_samples_teach_no_generator(self) -> Self:
        """A generator that rests learns no statistics, so its own step needs other samples."""
        if self.fakes_at_rest and self.shares_samples:
            raise ValueError("fakes_at_rest needs new_latents; set that to true as well")
        return self


LENGTHS = ("epochs", "images", "minutes")
"""The three ways to say how long a training lasts."""


class Config(Section):
    """One training, whole."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    """The recipe's name: lower case, digits and hyphens."""

    summary: Annotated[str, Field(max_length=100)]
    """One line for the list of recipes."""

    data: Data = Data()
    model: Model = Model()
    loss: Loss = Loss()
    augment: Augment = Augment()
    optimiser: Optimiser = Optimiser()
    training: Training

    @model_validator(mode="after")
    def knobs_fit_together(self) -> Self:
        """Some knobs mean something only beside certain others."""
        family = self.model.family
        if self.loss.reconstruction and not family.redraws:
            raise ValueError(
                f"loss.reconstruction needs model.architecture {that('redraws')}; set it to 0"
            )
        if self.optimiser.freeze_discriminator and not family.freezes:
            raise ValueError(
                f"optimiser.freeze_discriminator needs model.architecture {that('freezes')}; "
                "set it to 0"
            )
        if self.optimiser.separate_halves and (
            self.loss.game == "relativistic"
            or self.loss.r1
            or self.loss.r2
            or self.loss.gradient_penalty
            or self.loss.reconstruction
        ):
            raise ValueError(
                "optimiser.separate_halves allows neither the relativistic game nor penalties nor "
                "loss.reconstruction"
            )
        return self


def parse_config(value: Any, where: str) -> Config:
    """Check plain values (from YAML or JSON) and make a `Config` from them.

    Args:
        value: a mapping of sections.
        where: the file or option that it came from, for the error.

    Raises:
        ImpastoError: one sentence naming the first knob that is wrong and why.
    """
    return validated(Config, value, where)


OPTIONS = {
    **{f"training.{length}": f"--{length}" for length in LENGTHS},
    **{"training.seed": "--seed", "model.size": "--size"},
}
"""Knobs that have an option of their own beside `--set`."""


def change(config: Config, settings: dict[str, Any], where: str = "") -> Config:
    """A copy of `config` with some knobs changed.

    Args:
        config: what to start from.
        settings: knob (`optimiser.g_lr`) to new value, as text or plain value.
        where: what asked for it, for the error; the options of these knobs if not given.

    Raises:
        ImpastoError: a knob does not exist or a value does not fit it.
    """
    values = config.model_dump()
    for knob, value in settings.items():
        *sections, name = knob.split(".")
        section: Any = values
        for part in sections:
            section = section.get(part) if isinstance(section, dict) else None
        if not isinstance(section, dict) or name not in section or isinstance(section[name], dict):
            raise ImpastoError(
                f"{where or '--set'}: there is no knob {knob!r}; `impasto recipes --knobs` lists "
                "them all."
            )
        if sections == ["training"] and name in LENGTHS:  # a new length replaces the old one
            section.update(dict.fromkeys(LENGTHS))
        section[name] = value
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        fault = first_fault(error, Config)
        raise ImpastoError(f"{where or _asked(error, settings)}: {fault}.") from error


def _asked(error: ValidationError, settings: dict[str, Any]) -> str:
    """The options whose values the first fault may lie in: `--minutes nan`."""
    path = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
    about = [k for k in settings if k == path or path.startswith(f"{k}.") or k.startswith(path)]
    shown = {k: " ".join(str(settings[k]).split())[:40] for k in about or settings}
    named = [f"{OPTIONS.get(k, f'--set {k}')} {value}" for k, value in shown.items()]
    return " and ".join(named[:3]) or "the recipe"


def knobs(section: type[Section] = Config, prefix: str = "") -> list[tuple[str, str, str]]:
    """Every knob as (name, what it accepts, documentation), in reading order."""
    rows = []
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            rows += knobs(field.annotation, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, _accepts(field.annotation), field.description or ""))
    return rows


def _accepts(annotation: Any) -> str:
    """`int`, `float or nothing`, `a | b`: a readable name of a type."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _accepts(arguments[0])
    if origin is Literal:
        return " | ".join(str(argument) for argument in arguments)
    if origin in (types.UnionType, typing.Union):
        return " or ".join("nothing" if a is type(None) else _accepts(a) for a in arguments)
    if origin is tuple:
        return f"list of {_accepts(arguments[0])}"
    return {int: "whole number", float: "number", bool: "true | false", str: "text"}.get(
        annotation, str(annotation)
    )
