"""One training, whole: a recipe, checked, and changed knob by knob."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from impasto.config.loss import CODES, Augment, Loss
from impasto.config.networks import Model
from impasto.config.section import Section
from impasto.config.training import LENGTHS, Data, Optimiser, Training
from impasto.errors import ImpastoError
from impasto.families import families_heeding, families_with
from impasto.reading import first_fault, validated

OPTIONS = {
    **{f"training.{length}": f"--{length}" for length in LENGTHS},
    **{"training.seed": "--seed", "model.size": "--size"},
}
"""Knobs that have an option of their own beside `--set`."""


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
                f"loss.reconstruction needs model.architecture {families_with('redraws')}; "
                "set it to 0"
            )
        if self.loss.anchors and not self._can_have_anchors():
            raise ValueError(
                f"loss.anchors needs model.architecture {_heeding('dinov2_every')} with "
                f"model.dinov2_every and a model.latent above {CODES}, and allows none of "
                "training.generator_batch, training.new_latents, data.sixfold, "
                "optimiser.separate_halves, loss.r2 and loss.gradient_penalty; set it to 0"
            )
        if self.optimiser.freeze_discriminator and not family.freezes:
            raise ValueError(
                "optimiser.freeze_discriminator needs model.architecture "
                f"{families_with('freezes')}; set it to 0"
            )
        if self.optimiser.separate_halves and (
            self.loss.game == "relativistic" or self.loss.has_penalty or self.loss.reconstruction
        ):
            raise ValueError(
                "optimiser.separate_halves allows neither the relativistic game nor penalties nor "
                "loss.reconstruction"
            )
        sizes = {self.training.batch, self.training.generator_batch} - {None, "auto"}
        if self.loss.game == "relativistic" and len(sizes) > 1:
            raise ValueError(
                "the relativistic game compares samples with as many originals: leave "
                "training.generator_batch empty (null), or set it to training.batch"
            )
        return self

    def _can_have_anchors(self) -> bool:
        """Whether DINOv2 looks at the very samples that the generator is trained on."""
        alike = self.training.shares_samples and not self.optimiser.separate_halves
        unchanged = not (self.loss.r2 or self.loss.gradient_penalty or self.data.sixfold)
        second = self.model.dinov2_every > 0 and "dinov2_every" in self.model.family.heeds
        seen = second and self.model.latent > CODES
        return alike and unchanged and seen


def parse_config(value: Any, where: str) -> Config:
    """Check plain values (from YAML or JSON) and make a `Config` from them.

    Args:
        value: a mapping of sections.
        where: the file or option that it came from, for the error.

    Raises:
        ImpastoError: one sentence naming the first knob that is wrong and why.
    """
    return validated(Config, value, where)


Changes = Mapping[str, object]
"""Knobs (`optimiser.g_lr`) with new values, as text or plain value; not checked yet."""

FORMER_KNOBS = {
    f"{name}.{old}": f"{name}.{new}"
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    for old, new in field.annotation.former_names.items()
}
"""Former name of a knob (`model.things_every`) → its name today."""


def with_current_names(settings: Changes) -> dict[str, object]:
    """The same settings, each under the name that its knob has today."""
    return {FORMER_KNOBS.get(knob, knob): value for knob, value in settings.items()}


def change(config: Config, settings: Changes, where: str = "") -> Config:
    """A copy of `config` with some knobs changed.

    Args:
        config: what to start from.
        settings: knob (`optimiser.g_lr`) to new value, as text or plain value.
        where: what asked for it, for the error; the options of these knobs if not given.

    Raises:
        ImpastoError: a knob does not exist or a value does not fit it.
    """
    values = config.model_dump()
    settings = with_current_names(settings)
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


def refuse_unheeded(config: Config, settings: Changes) -> None:
    """Refuse knobs of `model` that are asked for but that the architecture ignores.

    Not part of `Config`: a run of another family may hold such a knob, from a recipe whose
    architecture was changed.

    Args:
        config: with the settings.
        settings: knobs that were asked for.

    Raises:
        ImpastoError: one of them would have no effect.
    """
    usual = Model.model_fields
    for knob, value in with_current_names(settings).items():
        section, _, name = knob.partition(".")
        ignored = families_heeding(name) and name not in config.model.family.heeds
        if section == "model" and ignored and getattr(config.model, name) != usual[name].default:
            raise ImpastoError(
                f"--set {knob}={value}: it has no effect in {config.model.architecture}, only in "
                f"{_heeding(name)}; leave it out, or choose a recipe with that architecture."
            )


def _heeding(knob: str) -> str:
    return " or ".join(families_heeding(knob))


def _asked(error: ValidationError, settings: Changes) -> str:
    """The options whose values the first fault may lie in: `--minutes nan`."""
    path = ".".join(map(str, error.errors(include_url=False)[0]["loc"]))
    about = [k for k in settings if k == path or path.startswith(f"{k}.") or k.startswith(path)]
    shown = {k: " ".join(str(settings[k]).split())[:40] for k in about or settings}
    named = [f"{OPTIONS.get(k, f'--set {k}')} {value}" for k, value in shown.items()]
    return " and ".join(named[:3]) or "the recipe"
