"""Every knob of a stroke network's training, frozen and checked; recipes are YAML files beside.

A recipe has one to three stages by name. `--set stage.knob=value` changes a knob.
"""

from importlib import resources
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from impasto.config import Changes, Rate, Section
from impasto.errors import ImpastoError
from impasto.reading import validated
from impasto.recipes.shelf import Shelf

StageName = Literal["generator", "discriminator", "adversarial"]
STAGES: tuple[StageName, ...] = ("generator", "discriminator", "adversarial")
DEFAULT = "strokes"
_SHELF = Shelf(resources.files("impasto.strokes") / "recipes", DEFAULT, "stroke recipe")

Weight = Annotated[float, Field(ge=0)]
Moment = Annotated[float, Field(ge=0, lt=1)]


class Adam(Section):
    """Adam for one network."""

    lr: Rate
    """Learning rate."""

    beta1: Moment = 0.9
    """Decay of the mean of gradients."""

    beta2: Moment = 0.999
    """Decay of the mean of squared gradients."""

    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Added to the gradient: this many times the weight."""

    fall: bool = False
    """Let the rate fall along half a cosine to a hundredth at the stage's end."""


class Content(Section):
    """What a drawn stroke is compared by."""

    pixel: Weight = 1.0
    """Weight of the pixels' error."""

    power: Literal[1, 2] = 1
    """1 for absolute errors, 2 for squared ones."""

    features: Literal["none", "lite0", "vgg19"] = "none"
    """Whose maps are compared: EfficientNet-Lite0 (installed), VGG19-BN (to be downloaded)."""

    layers: tuple[Weight, ...] = ()
    """Weights of the three maps' errors: lite0 at 1/2, 1/4, 1/8; VGG19-BN's layers 25, 38, 51."""

    style: Weight = 0.0
    """Weight of the error of the maps' Gram matrices."""

    normalised: bool = True
    """Whether VGG19 sees ImageNet's mean and deviation taken off, as it was trained."""


class Stage(Section):
    """How long a stage is."""

    batch: Annotated[int, Field(ge=2, le=4096)]
    """Strokes in one step."""

    epochs: Annotated[float, Field(gt=0)] | None = None
    """Length, in passes over the set."""

    images: Annotated[int, Field(gt=0)] | None = None
    """Length, in strokes shown."""

    @model_validator(mode="after")
    def one_length(self) -> Self:
        """A stage has one length."""
        if (self.epochs is None) == (self.images is None):
            raise ValueError("give exactly one of epochs and images")
        return self


class GeneratorStage(Stage):
    """The generator alone learns to draw what an action says."""

    adam: Adam
    content: Content = Content()
    half_size: bool = False
    """Draw every second batch at half the side, so that the network serves there too; `strokes`
    only."""


class DiscriminatorStage(Stage):
    """The discriminator alone learns to tell strokes from the generator's."""

    adam: Adam
    smooth: Annotated[float, Field(gt=0.5, le=1)] = 1.0
    """What a real stroke is called: below 1 the discriminator cannot become certain."""


class AdversarialStage(Stage):
    """Both learn from each other."""

    game: Literal["cross-entropy", "wgan-gp"]
    """Binary cross-entropy, or Wasserstein with gradient penalty (Gulrajani et al. 2017)."""

    generator: Adam
    discriminator: Adam
    adversarial: Weight = 1.0
    """Weight of the game in the generator's loss."""

    content_weight: Weight = 0.0
    """Weight of `content` in the generator's loss."""

    content: Content = Content()
    penalty: Weight = 0.0
    """λ of the gradient penalty."""

    critic_steps: Annotated[int, Field(ge=1, le=100)] = 1
    """Steps of the discriminator to one of the generator."""

    smooth: Annotated[float, Field(gt=0.5, le=1)] = 1.0
    """As in the stage before."""


class StrokeConfig(Section):
    """One recipe for a stroke network."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
    summary: Annotated[str, Field(max_length=100)]
    network: Literal["strokes", "neural-painter", "neural-painter-gan"]
    """The family; `strokes` draws opacities, the others strokes in colour on white paper."""

    width: Annotated[int, Field(ge=1, le=8192)]
    """Channels: of the hidden layers of `strokes`, of the first layer of `neural-painter`; those of
    `neural-painter-gan` are fixed, whatever this says."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Where all chance comes from."""

    shuffle: bool = True
    """A new order every pass; else that of the set."""

    as_published: bool = False
    """`neural-painter` with its source's faults: no first ReLU, a tanh for targets in [0, 1]."""

    begin_with: Annotated[str, Field(pattern=r"^[a-z]+$")] | None = None
    """A shipped brush whose network to begin with: another brush in a tenth of the time."""

    held_out: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Strokes that are never shown, by which the best snapshot is chosen."""

    validate_every: Annotated[int, Field(gt=0)] = 10_000
    """Strokes shown between two measurements on those."""

    checkpoint_minutes: Annotated[float, Field(ge=0)] = 1.0
    """Minutes between two checkpoints."""

    generator: GeneratorStage | None = None
    discriminator: DiscriminatorStage | None = None
    adversarial: AdversarialStage | None = None

    @model_validator(mode="after")
    def fits(self) -> Self:
        """A recipe has a stage, and its own network only the first."""
        if not self.stages():
            raise ValueError("give at least one stage")
        if self.network == "strokes" and self.stages() != ("generator",):
            raise ValueError("the network `strokes` has the stage generator only")
        if self.network != "strokes" and self.begin_with is not None:
            raise ValueError("begin_with is for the network `strokes` only")
        if self.network != "neural-painter" and self.as_published:
            raise ValueError("as_published is for the network `neural-painter` only")
        if self.network != "strokes" and self.generator and self.generator.half_size:
            raise ValueError(
                "generator.half_size is for the network `strokes` only: the others draw 64 pixels"
            )
        return self

    def stages(self) -> tuple[StageName, ...]:
        """The stages of this recipe, in order."""
        return tuple(name for name in STAGES if getattr(self, name) is not None)

    def stage(self, name: StageName) -> Stage:
        """One stage's knobs.

        Raises:
            ImpastoError: this recipe has no such stage.
        """
        found: Stage | None = getattr(self, name)
        if found is None:
            raise ImpastoError(
                f"--stage {name}: the recipe {self.name} has only {', '.join(self.stages())}."
            )
        return found


def names() -> list[str]:
    """The built-in recipes, the default first."""
    return _SHELF.names()


def load(name_or_file: str, settings: Changes | None = None) -> StrokeConfig:
    """Read a built-in recipe by name, or a file `*.yaml`, and change some knobs.

    Raises:
        ImpastoError: no such recipe, not YAML, or a knob that does not fit.
    """
    values = _SHELF.values(name_or_file)
    found = validated(StrokeConfig, values, name_or_file)
    if not settings:
        return found
    for knob, value in settings.items():
        _change(values, knob, value)
    return validated(StrokeConfig, values, f"--set {' '.join(settings)}")


def dump(config: StrokeConfig) -> str:
    """A recipe as YAML that `load` reads back to an equal one."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _change(values: dict[str, object], knob: str, value: Any) -> None:
    *sections, name = knob.split(".")
    section: Any = values
    for part in sections:
        section = section.setdefault(part, {}) if isinstance(section, dict) else None
    if not isinstance(section, dict):
        raise ImpastoError(f"--set {knob}: there is no such knob; see docs/strokes.md.")
    if sections and name in ("epochs", "images"):  # a new length replaces the old one
        section.update({"epochs": None, "images": None})
    section[name] = value
