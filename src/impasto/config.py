"""Every knob of a training, frozen and checked; the text under each field is its documentation.

A recipe (`impasto recipes`) is one `Config` written as YAML. `--set section.knob=value` changes
a knob for one run. Nothing here needs torch, so that help and listings are instant.
"""

import types
import typing
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from impasto.errors import ImpastoError

Fit = Literal["crop", "top-left", "pad", "stretch"]
Rate = Annotated[float, Field(gt=0, le=1)]
Width = Annotated[int, Field(ge=1, le=2048)]


class Section(BaseModel):
    """A frozen group of knobs that refuses names it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class Data(Section):
    """How a folder becomes pictures of one size."""

    fit: Fit = "crop"
    """How a picture becomes a square: cut from the centre, cut from the top left, pad, stretch."""

    flip: bool = False
    """Show every picture mirrored half of the time. Not for writing or signatures."""


class Model(Section):
    """The two networks."""

    architecture: Literal["dcgan", "paint-by-numbers"] = "dcgan"
    """The family: `src/impasto/models/` has one file for each."""

    size: Annotated[int, Field(ge=32, le=1024)] = 64
    """Width and height of a picture in pixels: 32, 64, 128, 256, 512 or 1024."""

    latent: Annotated[int, Field(ge=1, le=4096)] = 100
    """How many numbers a picture is made from."""

    generator_width: Width = 64
    """Channels of the generator's last hidden layer; each coarser layer has twice as many."""

    discriminator_width: Width = 64
    """Channels of the discriminator's first layer; each coarser layer has twice as many."""

    initialisation: Literal["normal", "framework"] = "normal"
    """`normal`: weights N(0, .02), BatchNorm N(1, .02), as DCGAN; `framework`: PyTorch's own."""

    @field_validator("size")
    @classmethod
    def power_of_two(cls, size: int) -> int:
        """Every stage halves or doubles the picture."""
        if size & (size - 1):
            raise ValueError("must be a power of two: 32, 64, 128, 256, 512 or 1024")
        return size


class Loss(Section):
    """The game that the two networks play."""

    game: Literal["non-saturating"] = "non-saturating"
    """`non-saturating`: binary cross-entropy with hard labels (Goodfellow et al. 2014)."""


class Augment(Section):
    """Differentiable augmentation: real and generated pictures alike, so that it does not leak."""

    policy: tuple[Literal["colour", "translation", "cutout"], ...] = ()
    """Any of `colour`, `translation`, `cutout` (Zhao et al. 2020); empty for none."""


class Optimiser(Section):
    """Adam for both networks."""

    g_lr: Rate = 2e-4
    """Learning rate of the generator."""

    d_lr: Rate = 2e-4
    """Learning rate of the discriminator. Different rates are TTUR (Heusel et al. 2017)."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Adam's decay of the mean of gradients."""

    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Adam's decay of the mean of squared gradients."""


class Training(Section):
    """How long, how often, how many."""

    batch: Annotated[int, Field(ge=2, le=8192)] = 128
    """Pictures in one step."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """The source of all chance: weights, order, noise. Same seed, same machine: same weights."""

    epochs: Annotated[float, Field(gt=0)] | None = None
    """Length, in passes over the set."""

    images: Annotated[int, Field(gt=0)] | None = None
    """Length, in real pictures shown."""

    minutes: Annotated[float, Field(gt=0)] | None = None
    """Length, in minutes of training (resumed minutes add up)."""

    ema_half_life: Annotated[float, Field(gt=0)] | None = None
    """The generator that is kept is a moving average over about this many images; none if empty."""

    ema_ramp: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Half-life never exceeds this share of the images so far: no stale average early on."""

    sample_every: Annotated[int, Field(gt=0)] = 10_000
    """Images between two sample sheets of the same 64 latents."""

    log_every: Annotated[int, Field(gt=0)] = 1_000
    """Images between two lines of `stats.jsonl`."""

    judge_every: Annotated[int, Field(gt=0)] | None = 50_000
    """Images between two measurements of KID, by which `best/` is chosen; empty for none."""

    checkpoint_minutes: Annotated[float, Field(ge=0)] = 3.0
    """Minutes between two checkpoints: the most that a power cut can cost."""

    keep: Annotated[int, Field(ge=1)] = 3
    """How many of the latest checkpoints stay on disk."""

    @model_validator(mode="after")
    def one_length(self) -> Self:
        """A training has one length."""
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(LENGTHS)}, not {len(given)}")
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


def parse_config(value: Any, where: str) -> Config:
    """Check plain values (from YAML or JSON) and make a `Config` of them.

    Args:
        value: a mapping of sections.
        where: the file or option that it came from, for the error.

    Raises:
        ImpastoError: one sentence naming the first knob that is wrong and why.
    """
    try:
        return Config.model_validate(value)
    except ValidationError as error:
        raise ImpastoError(f"{where}: {describe_validation_error(error)}") from error


def describe_validation_error(error: ValidationError) -> str:
    """The first thing that is wrong, as one sentence that names the knob."""
    first = error.errors(include_url=False)[0]
    knob = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        parent = first["loc"][:-1]
        return f"there is no {knob}; known here: {', '.join(_names_at(parent))}."
    reason = first["msg"].removeprefix("Value error, ")
    return f"{knob}: {reason[:1].lower()}{reason[1:]}."


def change(config: Config, settings: dict[str, Any], where: str = "The settings") -> Config:
    """A copy of `config` with some knobs changed.

    Args:
        config: what to start from.
        settings: knob (`optimiser.g_lr`) to new value, as text or plain value.
        where: the option that asked for it, for the error.

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
                f"{where}: there is no knob {knob!r}; `impasto recipes --knobs` lists them all."
            )
        if sections == ["training"] and name in LENGTHS:  # a new length replaces the old one
            section.update(dict.fromkeys(LENGTHS))
        section[name] = value
    return parse_config(values, where)


def knobs(section: type[Section] = Config, prefix: str = "") -> list[tuple[str, str, str]]:
    """Every knob as (name, what it accepts, documentation), in reading order."""
    rows = []
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            rows += knobs(field.annotation, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, _accepts(field.annotation), field.description or ""))
    return rows


def _names_at(path: tuple[int | str, ...]) -> list[str]:
    section: type[Section] = Config
    for part in path:
        annotation = section.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            section = annotation
    return list(section.model_fields)


def _accepts(annotation: Any) -> str:
    """`int`, `float or nothing`, `a | b`: a type as a person would say it."""
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
